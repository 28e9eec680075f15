//! The vendors' APIs as Roster calls them: one module a vendor, behind the `VendorGateway` port.
//!
//! - [`Egress`] is the only way out: it bounds time and size, follows no redirect and keeps to public addresses;
//! - [`NablaCore`], [`NablaConnect`], [`Upheal`] and [`Corti`] are the vendors' clients; [`Gateway`] leads a connection to
//!   the one of its vendor;
//! - [`HttpKeySets`] fetches the key sets that OAuth clients publish.

mod access_token;
mod base_url;
mod corti;
mod egress;
mod gateway;
mod key_sets;
mod nabla;
mod nabla_connect;
mod nabla_core;
mod oauth;
mod outcome;
mod paths;
mod single_flight;
mod tokens;
mod upheal;

pub use corti::Corti;
pub use egress::{Egress, EgressError, EgressLimits};
pub use gateway::Gateway;
pub use key_sets::HttpKeySets;
pub use nabla_connect::{DEFAULT_API_VERSION as NABLA_CONNECT_API_VERSION, NablaConnect};
pub use nabla_core::{DEFAULT_API_VERSION as NABLA_CORE_API_VERSION, NablaCore};
pub use upheal::Upheal;
