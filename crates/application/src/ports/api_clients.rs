//! API clients in persistence.

use std::fmt;

use async_trait::async_trait;
use roster_domain::{ApiClient, ApiClientId, Organization, OrganizationId, Timestamp};

use super::StoreError;

/// What is kept of a client's secret: never the secret itself.
#[derive(Clone, PartialEq, Eq)]
pub enum ClientSecret {
    /// There is none: the client signs with a key of its own.
    None,
    /// The BLAKE3 digest of an API key.
    KeyDigest([u8; 32]),
    /// The Argon2id hash of a password, in PHC string format.
    PasswordHash(String),
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::KeyDigest(_) => "KeyDigest(…)",
            Self::PasswordHash(_) => "PasswordHash(…)",
        })
    }
}

/// What became of a client that another one wanted to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientDeletion {
    /// It was deleted.
    Deleted,
    /// The organization has no such client.
    Absent,
    /// The other one is no client of the organization any more; nothing was done.
    ByNobody,
}

/// API clients in persistence.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait ApiClientStore: Send + Sync {
    /// Stores a new client.
    ///
    /// MUST return `Conflict(Id)`, `Conflict(ApiKey)` or `Conflict(ServiceAccountEmail)` if another client, of
    /// any organization, has the same, and then store nothing.
    async fn create_client(&self, client: &ApiClient, secret: &ClientSecret) -> Result<(), StoreError>;

    /// Up to `limit` clients of an organization in the order of their ids, after a given one.
    async fn clients(
        &self,
        organization: OrganizationId,
        after: Option<ApiClientId>,
        limit: u32,
    ) -> Result<Vec<ApiClient>, StoreError>;

    /// A client by its id, in whatever organization, with that organization: for authentication only.
    async fn client(&self, id: ApiClientId) -> Result<Option<(ApiClient, Organization)>, StoreError>;

    /// The client whose API key has this digest, with its organization: for authentication only.
    async fn client_by_key_digest(&self, digest: &[u8; 32]) -> Result<Option<(ApiClient, Organization)>, StoreError>;

    /// The service account of an e-mail address (without regard to case), with the hash of its password and its
    /// organization: for authentication only.
    async fn service_account(
        &self,
        folded_email: &str,
    ) -> Result<Option<(ApiClient, ClientSecret, Organization)>, StoreError>;

    /// Deletes a client. `false` if the organization has no such client. Afterwards nothing the client holds
    /// opens anything.
    ///
    /// MUST, whatever it returns, not return before no process finds the client any more: see
    /// [`RecentClients`](crate::recent_clients::RecentClients).
    async fn delete_client(&self, organization: OrganizationId, id: ApiClientId) -> Result<bool, StoreError>;

    /// Deletes a client, as [`ApiClientStore::delete_client`] does, for another one.
    ///
    /// MUST look at both in one step: of two clients that delete each other one is left, also when they do so at once.
    async fn delete_client_for(
        &self,
        organization: OrganizationId,
        id: ApiClientId,
        by: ApiClientId,
    ) -> Result<ClientDeletion, StoreError>;

    /// Notes that a client used an assertion (`jti` of RFC 7519), until it expires anyway.
    ///
    /// MUST return `true` exactly once per client and `jti`, also when asked many times at once and by many
    /// processes. Entries that expired before `now` MAY be forgotten.
    async fn use_assertion(
        &self,
        client: ApiClientId,
        jti: &str,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}
