//! Answers that are given twice for one request that came twice.

use async_trait::async_trait;
use roster_domain::{OrganizationId, Timestamp};
use uuid::Uuid;

use super::{Sealed, StoreError};

/// What tells one request from another: the caller's key, and what was asked with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The `Idempotency-Key` header.
    pub key: String,
    /// A digest of method, path and body.
    pub fingerprint: [u8; 32],
}

/// What became of the wish to begin a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    /// The request is begun. Whatever it makes MUST get this id.
    Now(Uuid),
    /// An earlier process began the request and fell silent; whatever it made got this id. Look before doing it
    /// again.
    Resumed(Uuid),
    /// The request is under way elsewhere.
    InProgress,
    /// The request was answered.
    Answered(Sealed),
    /// The key was used for another request.
    Mismatch,
}

/// Requests with an `Idempotency-Key`, in persistence.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// Begins a request, with the id that what it makes will get.
    ///
    /// Of many who begin the same key at once, exactly one MUST get `Now`. One that was begun before
    /// `silent_before` and not answered MUST be `Resumed`, with the id it was begun with, by exactly one of many.
    async fn begin(
        &self,
        key: &IdempotencyKey,
        id: Uuid,
        now: Timestamp,
        silent_before: Timestamp,
    ) -> Result<Begun, StoreError>;

    /// Stores the answer.
    async fn answer(&self, key: &IdempotencyKey, answer: &Sealed, now: Timestamp) -> Result<(), StoreError>;

    /// Forgets a request that had no effect, so that the key may be used again. An answered one is left as it is.
    async fn abandon(&self, key: &IdempotencyKey) -> Result<(), StoreError>;

    /// Forgets requests that were begun before a time. Returns how many.
    async fn purge_idempotency_keys(&self, begun_before: Timestamp) -> Result<u64, StoreError>;
}
