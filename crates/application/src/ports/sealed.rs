//! Everything that is sealed in persistence, so that it can be sealed anew with another key.

use async_trait::async_trait;
use roster_domain::{ConnectionId, OrganizationId, UserId};

use super::{Sealed, StoreError};

/// Everything that is sealed and kept. Answers to requests with an `Idempotency-Key` are not among it: they are forgotten
/// within a day.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait SealedStore: Send + Sync {
    /// Up to `limit` sealed values of all organizations, in the order of their places, after a given one.
    async fn sealed(&self, after: Option<SealedAt>, limit: u32) -> Result<Vec<(SealedAt, Sealed)>, StoreError>;

    /// Puts one in the place of another. MUST return `false`, and change nothing, if meanwhile something else, or nothing,
    /// is there. Nothing else about the record changes, its version included.
    async fn reseal(&self, at: &SealedAt, was: &Sealed, now: &Sealed) -> Result<bool, StoreError>;
}

/// Where a sealed value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SealedAt {
    /// A connection's credentials.
    Connection(OrganizationId, ConnectionId),
    /// A user's initial password.
    Password(OrganizationId, UserId),
}
