//! The use cases by which callers prove who they are.

mod assertion;
mod passwords;
mod public_key;
#[cfg(test)]
mod tests;
mod tokens;

use std::sync::Arc;

use roster_domain::{ApiClient, ApiClientId, ApiClientKind, Email, Organization, Surface, Timestamp};
use secrecy::SecretString;

pub use assertion::{AssertionError, AudienceClaim, Claims, check_claims};
use passwords::nobodys_hash;
pub use passwords::{hash_password, verify_password};
pub use public_key::check_public_key;
pub use tokens::{AccessClaims, Audience, TokenError, TokenKey, Tokens, UserClaims};

use crate::api_clients::digest;
use crate::error::Error;
use crate::ports::{ApiClientStore, ClientSecret, Clock, KeySets};

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

    /// Whoever holds an API key that opens the surface; `None` if nobody does.
    pub async fn by_api_key(&self, key: &str, opening: Surface) -> Result<Option<Caller>, Error> {
        let found = self.clients.client_by_key_digest(&digest(key)).await?;
        Ok(found.and_then(|found| admit(found, opening)))
    }

    /// The OAuth client or service account that a token was issued to, if it opens the surface; `None` also if it was deleted
    /// since. An API key is issued no tokens, and found by none.
    pub async fn by_client_id(&self, id: ApiClientId, opening: Surface) -> Result<Option<Caller>, Error> {
        let found = self.clients.client(id).await?;
        Ok(found
            .filter(|(client, _)| !matches!(client.kind, ApiClientKind::ApiKey))
            .and_then(|found| admit(found, opening)))
    }

    /// The service account of an e-mail address and a password, if it opens the surface; `None` for every login that is wrong,
    /// whatever is wrong with it. That takes as long where there is no such account as where the password is another, so
    /// that nobody learns which addresses are known.
    pub async fn by_service_account(
        &self,
        email: &str,
        password: SecretString,
        opening: Surface,
    ) -> Result<Option<Caller>, Error> {
        let account = match Email::new(email) {
            Ok(email) => self.clients.service_account(email.folded()).await?,
            Err(_) => None,
        };
        let (caller, hash) = match account {
            Some((client, ClientSecret::PasswordHash(hash), organization)) => {
                (admit((client, organization), opening), hash)
            }
            _ => (None, nobodys_hash().await?),
        };
        let is_right = verify_password(password, hash).await?;
        Ok(caller.filter(|_| is_right))
    }

    /// The OAuth client that signed an assertion (RFC 7523) for one of the audiences, and opens the surface; each assertion
    /// with a `jti` counts once.
    pub async fn by_assertion(
        &self,
        assertion: &str,
        audiences: &[String],
        opening: Surface,
    ) -> Result<Caller, AssertionError> {
        assertion::authenticate(self, assertion, audiences, opening).await
    }
}

/// The one way from a client that was found to a caller: through the surface that the client is about to open. One that is
/// limited to another is not there, so that a key that leaks tells nothing about itself where it opens nothing.
fn admit((client, organization): (ApiClient, Organization), opening: Surface) -> Option<Caller> {
    client.opens(opening).then_some(Caller { organization, client })
}
