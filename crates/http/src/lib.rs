//! Roster's inbound HTTP: `/v1`, the vendors' dialects, the sandbox and operations.
//!
//! The only place that knows status codes. Handlers read a request, call one use case, and write its outcome in the
//! shape of their surface; what is refused is a `Refusal` until the very end, when the surface gives it a body.

mod bearer;
mod body;
mod dialects;
mod docs;
pub mod json;
mod layers;
mod operations;
mod refusal;
pub mod sandbox;
mod unreadable;
mod v1;

use std::sync::Arc;

use async_trait::async_trait;
use axum::{Router, middleware};
use roster_application::accounts::Accounts;
use roster_application::api_clients::ApiClients;
use roster_application::authentication::{Authentication, Tokens};
use roster_application::connections::Connections;
use roster_application::idempotency::Idempotency;
use roster_application::organizations::Organizations;
use roster_application::ports::{Clock, Ids};
use roster_application::sessions::Sessions;
use roster_application::users::Users;
use utoipa::openapi::OpenApi;

use crate::sandbox::Sandbox;

/// Everything that handlers work with.
#[derive(Clone)]
pub struct Services {
    /// Users.
    pub users: Users,
    /// Accounts.
    pub accounts: Accounts,
    /// Connections.
    pub connections: Connections,
    /// API clients.
    pub api_clients: ApiClients,
    /// Organizations.
    pub organizations: Organizations,
    /// Who is calling.
    pub authentication: Authentication,
    /// The tokens that callers are given.
    pub tokens: Tokens,
    /// User sessions.
    pub sessions: Sessions,
    /// Requests with an `Idempotency-Key`.
    pub idempotency: Idempotency,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether the process can serve.
    pub readiness: Arc<dyn Readiness>,
    /// The URLs under which callers know this server, without a slash at the end; the first is the one that is shown. Client
    /// assertions must be made out to one of them. Never taken from a `Host` header, which callers choose.
    pub public_urls: Vec<String>,
}

/// Whether the process can serve, for `/readyz`.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// `Ok` if it can; otherwise what is missing, in words that are safe to show.
    async fn check(&self) -> Result<(), String>;
}

/// The whole of Roster's HTTP, ready to be served.
///
/// With a sandbox, its routes are there as well, and the dialects obey its faults.
pub fn router(services: Services, sandbox: Option<Sandbox>) -> Router {
    let services = Arc::new(services);
    let mut routes = Router::new()
        .merge(v1::routes(&services))
        .merge(dialects::routes(&services, sandbox.as_ref()))
        .merge(operations::routes(&services))
        .merge(docs::routes());
    if let Some(sandbox) = sandbox {
        routes = routes.merge(sandbox::routes(&services, &sandbox));
    }
    // Whatever no surface has given a body, a path that none of them owns above all, is a problem of `/v1`.
    layers::guarded_outside(routes.fallback(v1::unknown_path), v1::problem::render)
        .layer(middleware::from_fn_with_state(services.ids.clone(), layers::observe))
}

/// `/healthz` and `/readyz` alone, for a process that serves nothing else but can be asked how it is.
pub fn operations_router(services: Services) -> Router {
    let services = Arc::new(services);
    let routes = operations::routes(&services).fallback(v1::unknown_path);
    layers::guarded_outside(routes, v1::problem::render)
        .layer(middleware::from_fn_with_state(services.ids.clone(), layers::observe))
}

/// The specification of `/v1`, OpenAPI 3.1.
#[must_use]
pub fn openapi_v1() -> OpenApi {
    v1::specification()
}
