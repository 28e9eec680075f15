//! Roster's inbound HTTP: `/v1`, the vendors' dialects, the sandbox and operations.
//!
//! The only place that knows status codes. Handlers read a request, call one use case, and write its outcome in the
//! shape of their surface; what is refused is a [`refusal::Refusal`] until the very end, when the surface gives it a body.

mod bearer;
mod body;
mod refusal;

use std::sync::Arc;

use async_trait::async_trait;
use roster_application::accounts::Accounts;
use roster_application::api_clients::ApiClients;
use roster_application::authentication::{Authentication, Tokens};
use roster_application::connections::Connections;
use roster_application::idempotency::Idempotency;
use roster_application::organizations::Organizations;
use roster_application::ports::{Clock, Ids};
use roster_application::sessions::Sessions;
use roster_application::users::Users;

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
