//! The sandbox: the dialects stand in for the real vendors, faults included.
//!
//! One organization plays one vendor. Calls to a dialect by that organization are noted, and obey the faults that were
//! set for the vendor; nobody else's calls do. Everything is kept in memory: a sandbox is one process, and begins anew
//! with it. See `docs/sandbox.md`.

mod answer;
mod calls;
mod endpoints;
mod fault;
mod faults;
mod intercept;
mod request;
mod sever;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use roster_domain::{Organization, OrganizationId, Vendor};

use crate::Services;

use calls::CallLog;
pub(crate) use calls::{Call, note_answers};
pub(crate) use fault::Operation;
use faults::Faults;
pub(crate) use intercept::intercept;
pub use sever::{SeverConnections, Severed};

/// The sandbox of this process: which organization plays which vendor, the faults that are set, and the calls that
/// came. Clones are the same sandbox.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    default_organization: OrganizationId,
    played_by: BTreeMap<Vendor, Organization>,
    faults: Mutex<Faults>,
    calls: Mutex<CallLog>,
}

impl Sandbox {
    /// A sandbox without faults. `default_organization` is the one whose API keys open `/sandbox`; each vendor is
    /// played by an organization of its own.
    pub fn new(
        default_organization: OrganizationId,
        played_by: impl IntoIterator<Item = (Vendor, Organization)>,
    ) -> Self {
        Self(Arc::new(Inner {
            default_organization,
            played_by: played_by.into_iter().collect(),
            faults: Mutex::default(),
            calls: Mutex::default(),
        }))
    }

    /// The organization that plays a vendor.
    fn organization(&self, vendor: Vendor) -> Option<&Organization> {
        self.0.played_by.get(&vendor)
    }

    /// Whether an organization is the one that plays a vendor.
    pub(crate) fn plays(&self, vendor: Vendor, organization: OrganizationId) -> bool {
        self.organization(vendor)
            .is_some_and(|player| player.id == organization)
    }

    // What is behind a lock is whole at every moment, so a panic elsewhere does not spoil it.

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn calls(&self) -> MutexGuard<'_, CallLog> {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The routes under `/sandbox`, to be merged: no fallback at the top.
pub(crate) fn routes(services: &Arc<Services>, sandbox: &Sandbox) -> Router {
    let state = endpoints::Endpoints {
        sandbox: sandbox.clone(),
        users: services.users.clone(),
        authentication: services.authentication.clone(),
    };
    Router::new().nest("/sandbox", endpoints::router(state))
}
