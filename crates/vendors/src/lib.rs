//! The vendors' APIs as Roster calls them: one module a vendor, behind the `VendorGateway` port.
//!
//! - [`Egress`] is the only way out: it bounds time and size, follows no redirect and keeps to public addresses;
//! - [`NablaCore`] is a vendor's client; [`Gateway`] leads a connection to the client of its vendor;
//! - [`HttpKeySets`] fetches the key sets that OAuth clients publish.

mod egress;
mod gateway;
mod key_sets;
mod nabla_core;
mod oauth;
mod outcome;
mod single_flight;

pub use egress::{Egress, EgressError, EgressLimits};
pub use gateway::Gateway;
pub use key_sets::HttpKeySets;
pub use nabla_core::{DEFAULT_API_VERSION as NABLA_CORE_API_VERSION, NablaCore};
