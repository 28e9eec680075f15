//! The vendors' own user APIs, spoken inbound.
//!
//! One folder a vendor. What they have in common is here, in pieces that a dialect picks from: an [`Api`] says where one is and
//! names its [`Scheme`] of authentication, its [`ErrorShape`] and its [`Versions`]; a [`Dialect`] is the state that its handlers
//! get; a [`Mount`] puts handlers behind all that and describes them; [`paging`] and [`rate_limit`] do what they say.
//! Handlers return a [`crate::refusal::Refusal`] as it is, and [`request`] reads bodies and parameters so that all
//! violations are reported together.

mod api;
mod corti;
mod dialect;
#[cfg(test)]
pub(crate) mod memory;
mod mount;
mod nabla;
mod nabla_connect;
mod nabla_core;
mod openapi;
mod paging;
mod rate_limit;
mod registry;
mod request;
mod scheme;
mod upheal;
mod versions;

use axum::Router;

use crate::Services;
use crate::sandbox::Sandbox;

pub(crate) use api::{Api, ErrorShape};
pub(crate) use dialect::{Callers, Dialect};
pub(crate) use mount::Mount;
pub(crate) use registry::{Document, Registry};
pub(crate) use scheme::Scheme;
pub(crate) use versions::Versions;

/// Every dialect. A new one is one line here.
fn register(registry: &mut Registry<'_>) {
    nabla_core::register(registry);
    nabla_connect::register(registry);
    upheal::register(registry);
    corti::register(registry);
}

/// The routes of every dialect. Each prefix is nested with a fallback of its own, so that unknown paths below it are
/// answered in the vendor's shape; the router as a whole has no fallback, for it is merged with others. With them come the
/// APIs that they are of.
pub(crate) fn routes(services: &Services, sandbox: Option<&Sandbox>) -> (Router, Vec<Api>) {
    let mut registry = Registry::new(Some(services), sandbox);
    register(&mut registry);
    (registry.router, registry.apis)
}

/// The specifications of every dialect.
pub(crate) fn documents() -> Vec<Document> {
    let mut registry = Registry::new(None, None);
    register(&mut registry);
    registry.documents
}
