//! The log of calls that the sandbox's organizations made.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock};

use axum::extract::{OriginalUri, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use roster_domain::{OrganizationId, Timestamp, Vendor};

use super::Sandbox;
use super::fault::Operation;
use super::sever::Sever;

/// The most calls that are kept of each vendor.
const MOST: usize = 1_000;

/// A call to a dialect, once it is known who makes it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(super) vendor: Vendor,
    pub(super) organization: OrganizationId,
    pub(super) operation: Operation,
    pub(super) at: Timestamp,
    pub(super) method: Method,
    /// Without the query, which may hold what is none of a log's business.
    pub(super) path: String,
    slot: Option<Slot>,
}

/// A call that is noted.
#[derive(Debug, Clone)]
pub(super) struct Noted {
    /// Counts up from 1 over all vendors.
    pub(super) id: u64,
    /// The call.
    pub(super) call: Call,
    /// The kind of the fault that struck it.
    pub(super) fault: Option<&'static str>,
    /// The status that it was answered with; `None` while it is under way, and for one that gets no answer.
    pub(super) status: Option<StatusCode>,
}

/// Where a call leaves its number for [`note_answers`], which only sees the request and the answer.
type Slot = Arc<OnceLock<(Vendor, u64)>>;

/// The calls of each vendor, the oldest first.
#[derive(Debug, Default)]
pub(super) struct CallLog {
    noted: BTreeMap<Vendor, VecDeque<Noted>>,
    last_id: u64,
}

impl Call {
    /// Describes the call that a request makes.
    pub(crate) fn of(
        request: &Parts,
        vendor: Vendor,
        organization: OrganizationId,
        operation: Operation,
        at: Timestamp,
    ) -> Self {
        // Inside a nested router the request's own URI has lost its prefix.
        let uri = request
            .extensions
            .get::<OriginalUri>()
            .map_or(&request.uri, |OriginalUri(uri)| uri);
        Self {
            vendor,
            organization,
            operation,
            at,
            method: request.method.clone(),
            path: uri.path().to_owned(),
            slot: request.extensions.get::<Slot>().cloned(),
        }
    }
}

impl CallLog {
    /// Notes a call as it begins.
    pub(super) fn note(&mut self, call: Call, fault: Option<&'static str>) {
        self.last_id += 1;
        let id = self.last_id;
        if let Some(slot) = &call.slot {
            // A request makes one call, so the slot is empty.
            slot.get_or_init(|| (call.vendor, id));
        }
        let noted = self.noted.entry(call.vendor).or_default();
        if noted.len() == MOST {
            noted.pop_front();
        }
        noted.push_back(Noted {
            id,
            call,
            fault,
            status: None,
        });
    }

    fn answered(&mut self, vendor: Vendor, id: u64, status: StatusCode) {
        let noted = self.noted.entry(vendor).or_default();
        if let Ok(index) = noted.binary_search_by_key(&id, |noted| noted.id) {
            noted[index].status = Some(status);
        }
    }

    /// The calls to a vendor, or to all, in the order in which they came.
    pub(super) fn list(&self, vendor: Option<Vendor>) -> Vec<Noted> {
        let of_vendor = |(of, _): &(&Vendor, _)| vendor.is_none_or(|vendor| vendor == **of);
        let mut calls: Vec<Noted> = self
            .noted
            .iter()
            .filter(of_vendor)
            .flat_map(|(_, noted)| noted)
            .cloned()
            .collect();
        calls.sort_unstable_by_key(|noted| noted.id);
        calls
    }
}

/// Notes the statuses of answers as they leave the dialect, in the vendor's own numbers. Goes around everything that
/// shapes an answer.
pub(crate) async fn note_answers(State(sandbox): State<Sandbox>, mut request: Request, next: Next) -> Response {
    let slot = Slot::default();
    request.extensions_mut().insert(slot.clone());
    let response = next.run(request).await;
    if let Some((vendor, id)) = slot.get()
        && !Sever::is_on(&response)
    {
        sandbox.calls().answered(*vendor, *id, response.status());
    }
    response
}
