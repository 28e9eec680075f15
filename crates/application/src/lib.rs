//! What Roster does, and what it needs for that.
//!
//! The use cases are here, and the [`ports`]: traits that the adapters implement; [`recent_clients`] is what stores share to do so. Nothing in this crate knows SQL,
//! HTTP or a vendor's JSON, and a port method is one atomic step: no transaction crosses a port.

pub mod accounts;
pub mod acting;
pub mod api_clients;
pub mod authentication;
pub mod connections;
pub mod convergence;
pub mod credentials;
pub mod customers;
pub mod directory;
pub mod error;
pub mod groups;
pub mod history;
pub mod idempotency;
pub mod links;
pub mod organizations;
pub mod ports;
pub mod preview;
pub mod pull;
pub mod recent_clients;
mod rivals;
pub mod rotation;
pub mod sessions;
#[cfg(test)]
mod testing;
pub mod users;

pub use acting::Acting;
pub use error::{Conflicting, Error, Missing};
