//! What a vendor's API needs at run time, whatever its endpoints. What needs no state is in its [`super::Api`].

use axum::http::request::Parts;
use roster_application::authentication::{Authentication, Caller, Tokens};
use roster_domain::{Timestamp, Vendor};

use crate::Services;
use crate::refusal::Refusal;

/// What a vendor's API needs at run time, whatever its endpoints. It is the state that its handlers get.
pub(crate) trait Dialect: Send + Sync + 'static {
    /// Whose API this is.
    fn vendor(&self) -> Vendor;

    /// How callers are recognised.
    fn callers(&self) -> &Callers;

    /// What must hold of this caller and this request before the handler runs: the caller's version, its rate limit, the
    /// project in the path. What is found out may be left among the request's extensions.
    fn admit(&self, _caller: &Caller, _request: &mut Parts) -> impl Future<Output = Result<(), Refusal>> + Send {
        async { Ok(()) }
    }
}

/// How callers are recognised: who holds which credentials, and what the tokens say that they were given.
#[derive(Clone)]
pub(crate) struct Callers {
    /// Who holds which credentials.
    pub(crate) authentication: Authentication,
    /// The tokens that callers are given.
    pub(crate) tokens: Tokens,
}

impl Callers {
    /// Those of a server.
    pub(crate) fn of(services: &Services) -> Self {
        Self {
            authentication: services.authentication.clone(),
            tokens: services.tokens.clone(),
        }
    }

    /// The time by which tokens are judged and calls are noted.
    pub(crate) fn now(&self) -> Timestamp {
        self.authentication.now()
    }
}
