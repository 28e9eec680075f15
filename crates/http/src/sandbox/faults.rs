//! The faults that are set, and whose turn it is.

use roster_domain::Vendor;

use super::fault::{Effect, Operation};

/// The most faults that are kept; beyond it the oldest are forgotten, those first that have nothing left to do.
const MOST: usize = 1_000;

/// What a fault is aimed at, and how often it strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Aim {
    /// Whose calls.
    pub(super) vendor: Vendor,
    /// Only calls for this; without it every call but those for a token.
    pub(super) operation: Option<Operation>,
    /// What happens.
    pub(super) fault: Effect,
    /// On each so many-th of those calls; 1 is each.
    pub(super) every: u32,
    /// How often in all; without it until the fault is deleted.
    pub(super) times: Option<u32>,
}

/// A fault that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Counts up from 1.
    pub(super) id: u64,
    /// What it is aimed at.
    pub(super) aim: Aim,
    /// How many calls it has seen.
    pub(super) seen: u64,
    /// How often it struck.
    pub(super) fired: u32,
}

/// The faults that are set, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Faults {
    set: Vec<Fault>,
    last_id: u64,
}

impl Fault {
    /// How often it will still strike; `None` until it is deleted.
    pub(super) fn remaining(&self) -> Option<u32> {
        self.aim.times.map(|times| times.saturating_sub(self.fired))
    }

    fn is_aimed_at(&self, vendor: Vendor, operation: Operation) -> bool {
        let aimed = match self.aim.operation {
            Some(only) => only == operation,
            // A client without a token makes no call at all, so that faults would hit it and not the call they are for.
            None => operation != Operation::Token,
        };
        aimed && self.aim.vendor == vendor && self.remaining() != Some(0)
    }
}

impl Faults {
    /// Sets one more fault.
    pub(super) fn add(&mut self, aim: Aim) -> Fault {
        if self.set.len() >= MOST {
            let done = self.set.iter().position(|fault| fault.remaining() == Some(0));
            self.set.remove(done.unwrap_or(0));
        }
        self.last_id += 1;
        let fault = Fault {
            id: self.last_id,
            aim,
            seen: 0,
            fired: 0,
        };
        self.set.push(fault.clone());
        fault
    }

    /// What happens to the next call. The oldest fault whose turn it is strikes; those set after it do not see the
    /// call.
    pub(super) fn strike(&mut self, vendor: Vendor, operation: Operation) -> Option<Effect> {
        self.set
            .iter_mut()
            .filter(|fault| fault.is_aimed_at(vendor, operation))
            .find_map(|fault| {
                fault.seen += 1;
                let due = fault.seen.is_multiple_of(u64::from(fault.aim.every));
                due.then(|| {
                    fault.fired += 1;
                    fault.aim.fault.clone()
                })
            })
    }

    /// Every fault, also those with nothing left to do.
    pub(super) fn all(&self) -> &[Fault] {
        &self.set
    }

    /// Forgets the faults of a vendor, or all.
    pub(super) fn clear(&mut self, vendor: Option<Vendor>) {
        self.set
            .retain(|fault| vendor.is_some_and(|vendor| fault.aim.vendor != vendor));
    }
}
