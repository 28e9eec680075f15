//! The use cases by which callers prove who they are.

mod assertion;
mod passwords;
mod public_key;
#[cfg(test)]
mod tests;
mod tokens;

use std::sync::Arc;

use roster_domain::{ApiClient, ApiClientId, ApiClientKind, Organization, Timestamp};

pub use assertion::{AssertionError, AudienceClaim, Claims, check_claims};
pub use passwords::{hash_password, verify_password};
pub use public_key::check_public_key;
pub use tokens::{AccessClaims, Audience, TokenError, TokenKey, Tokens, UserClaims};

use crate::api_clients::digest;
use crate::error::Error;
use crate::ports::{ApiClientStore, Clock, KeySets};

/// Who is calling, and for which organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The organization that the caller acts for.
    pub organization: Organization,
    /// The client that proved who it is.
    pub client: ApiClient,
}

/// The use cases by which callers prove who they are.
#[derive(Clone)]
pub struct Authentication {
    clients: Arc<dyn ApiClientStore>,
    key_sets: Arc<dyn KeySets>,
    clock: Arc<dyn Clock>,
}

impl Authentication {
    /// Puts the use cases together.
    #[must_use]
    pub fn new(clients: Arc<dyn ApiClientStore>, key_sets: Arc<dyn KeySets>, clock: Arc<dyn Clock>) -> Self {
        Self {
            clients,
            key_sets,
            clock,
        }
    }

    /// The time by which tokens are judged.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whoever holds an API key; `None` if nobody does.
    pub async fn by_api_key(&self, key: &str) -> Result<Option<Caller>, Error> {
        let found = self.clients.client_by_key_digest(&digest(key)).await?;
        Ok(found.map(|(client, organization)| Caller { organization, client }))
    }

    /// The OAuth client that a token was issued to; `None` if it was deleted since.
    pub async fn by_client_id(&self, id: ApiClientId) -> Result<Option<Caller>, Error> {
        let found = self.clients.client(id).await?;
        Ok(found
            .filter(|(client, _)| matches!(client.kind, ApiClientKind::OAuthClient(_)))
            .map(|(client, organization)| Caller { organization, client }))
    }

    /// The OAuth client that signed an assertion (RFC 7523) for one of the audiences; each assertion with a `jti`
    /// counts once.
    pub async fn by_assertion(&self, assertion: &str, audiences: &[String]) -> Result<Caller, AssertionError> {
        assertion::authenticate(self, assertion, audiences).await
    }
}
