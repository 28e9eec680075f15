//! Roster's inbound HTTP: `/v1`, SCIM, the vendors' dialects, the sandbox and operations.
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
mod scim;
#[cfg(test)]
mod tests;
mod unread;
mod unreadable;
mod v1;

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use roster_application::accounts::Accounts;
use roster_application::api_clients::ApiClients;
use roster_application::authentication::{Authentication, Tokens};
use roster_application::connections::Connections;
use roster_application::customers::Customers;
use roster_application::directory::Directory;
use roster_application::groups::Groups;
use roster_application::history::Histories;
use roster_application::idempotency::Idempotency;
use roster_application::links::Links;
use roster_application::organizations::Organizations;
use roster_application::ports::{Clock, Ids};
use roster_application::preview::Previews;
use roster_application::sessions::Sessions;
use roster_application::users::Users;
use utoipa::openapi::OpenApi;

use crate::dialects::Api;
use crate::sandbox::Sandbox;

/// Everything that handlers work with.
#[derive(Clone)]
pub struct Services {
    /// Users.
    pub users: Users,
    /// Accounts.
    pub accounts: Accounts,
    /// What happened to users.
    pub histories: Histories,
    /// What would be sent to vendors.
    pub previews: Previews,
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
    /// Customers, as Corti knows them.
    pub customers: Customers,
    /// Searches of identity providers.
    pub directory: Directory,
    /// Groups of users.
    pub groups: Groups,
    /// The links that vendors show for users.
    pub links: Links,
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
    /// What can be chosen about the dialects.
    pub dialects: DialectSettings,
}

/// What can be chosen about the dialects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialectSettings {
    /// What the invitation links in Upheal's dialect begin with, without a slash at the end.
    pub upheal_invite_url: String,
    /// What the links to private rooms in Upheal's dialect begin with, without a slash at the end.
    pub upheal_room_url: String,
    /// How many requests each API key may make of Upheal's dialect in a minute. `None` is the vendor's 300, and no limit in
    /// the sandbox; 0 is no limit; any other number holds in the sandbox, too.
    pub upheal_requests_per_minute: Option<u32>,
}

/// As the vendors have it.
impl Default for DialectSettings {
    fn default() -> Self {
        Self {
            upheal_invite_url: "https://app.upheal.io/invite".to_owned(),
            upheal_room_url: "https://upheal.io".to_owned(),
            upheal_requests_per_minute: None,
        }
    }
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
    let (dialects, apis) = dialects::routes(&services, sandbox.as_ref());
    let mut routes = Router::new()
        .merge(v1::routes(&services))
        .merge(scim::routes(&services))
        .merge(dialects)
        .merge(operations::routes(&services))
        .merge(docs::routes(listed(&apis)));
    if let Some(sandbox) = sandbox {
        routes = routes.merge(sandbox::routes(&services, &sandbox));
    }
    // Whatever no surface has given a body, a path that none of them owns above all, is a problem of `/v1`.
    let routes = routes.fallback(v1::unknown_path);
    layers::observed(routes, v1::problem::render, services.ids.clone())
}

/// `/healthz` and `/readyz` alone, for a process that serves nothing else but can be asked how it is.
pub fn operations_router(services: Services) -> Router {
    let services = Arc::new(services);
    let routes = operations::routes(&services).fallback(v1::unknown_path);
    layers::observed(routes, v1::problem::render, services.ids.clone())
}

/// Every specification that is served, OpenAPI 3.1, by its name: `v1` first, then one for each API of each dialect.
#[must_use]
pub fn openapi_documents() -> Vec<(&'static str, OpenApi)> {
    let of_dialects = dialects::documents().into_iter();
    let of_dialects = of_dialects.map(|document| (document.api.name, document.openapi));
    [("v1", v1::specification())].into_iter().chain(of_dialects).collect()
}

/// The titles of the specifications, of `/v1` and these APIs, and the paths that they are served at.
fn listed(apis: &[Api]) -> Vec<(String, String)> {
    let of_dialects = apis.iter().map(|api| (api.title.to_owned(), api.openapi_path()));
    let of_v1 = ("Roster".to_owned(), v1::OPENAPI_PATH.to_owned());
    [of_v1].into_iter().chain(of_dialects).collect()
}
