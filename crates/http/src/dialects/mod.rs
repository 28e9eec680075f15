//! The vendors' own user APIs, spoken inbound.
//!
//! One folder a vendor. What they have in common is here: a [`Dialect`] says who is calling and how its vendor writes
//! errors, a [`Mount`] puts its routes behind both, handlers return a [`crate::refusal::Refusal`] as it is, and [`request`]
//! reads bodies and parameters so that all violations are reported together.

mod dialect;
#[cfg(test)]
pub(crate) mod memory;
mod mount;
mod nabla_core;
mod request;

use std::sync::Arc;

use axum::Router;

use crate::Services;
use crate::sandbox::Sandbox;

pub(crate) use dialect::Dialect;
pub(crate) use mount::Mount;

/// The routes of every dialect. Each prefix is nested with a fallback of its own, so that unknown paths below it are
/// answered in the vendor's shape; the router as a whole has no fallback, for it is merged with others.
pub(crate) fn routes(services: &Arc<Services>, sandbox: Option<&Sandbox>) -> Router {
    Router::new().merge(nabla_core::routes(services, sandbox))
}
