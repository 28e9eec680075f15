//! What the sandbox tells of its faults and calls.

use roster_domain::Timestamp;
use serde::Serialize;

use super::calls::Noted;
use super::fault::{Effect, Operation};
use super::faults::Fault;

/// A list, whole.
#[derive(Debug, Serialize)]
pub(super) struct Data<T> {
    data: Vec<T>,
}

impl<T> FromIterator<T> for Data<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self {
            data: items.into_iter().collect(),
        }
    }
}

/// A fault that is set. Every key is always there.
#[derive(Debug, Serialize)]
pub(super) struct FaultAnswer {
    id: u64,
    vendor: &'static str,
    operation: Option<Operation>,
    fault: Effect,
    every: u32,
    times: Option<u32>,
    remaining: Option<u32>,
    fired: u32,
}

impl From<&Fault> for FaultAnswer {
    fn from(fault: &Fault) -> Self {
        let aim = &fault.aim;
        Self {
            id: fault.id,
            vendor: aim.vendor.name(),
            operation: aim.operation,
            fault: aim.fault.clone(),
            every: aim.every,
            times: aim.times,
            remaining: fault.remaining(),
            fired: fault.fired,
        }
    }
}

/// A call that came. Every key is always there.
#[derive(Debug, Serialize)]
pub(super) struct CallAnswer {
    id: u64,
    time: Timestamp,
    vendor: &'static str,
    operation: Operation,
    method: String,
    path: String,
    status: Option<u16>,
    fault: Option<&'static str>,
}

impl From<&Noted> for CallAnswer {
    fn from(noted: &Noted) -> Self {
        let call = &noted.call;
        Self {
            id: noted.id,
            time: call.at,
            vendor: call.vendor.name(),
            operation: call.operation,
            method: call.method.to_string(),
            path: call.path.clone(),
            status: noted.status.map(|status| status.as_u16()),
            fault: noted.fault,
        }
    }
}
