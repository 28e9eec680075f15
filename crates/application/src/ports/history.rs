//! What happened to users: who changed them, and how the vendors took it.

use std::time::Duration;

use async_trait::async_trait;
use roster_domain::{Actor, ConnectionId, Deed, OrganizationId, Timestamp, UserId, Vendor, Version};
use uuid::Uuid;

use super::StoreError;

/// Histories in persistence. They are written along with what they tell of: see [`super::UserStore`] and
/// [`super::AccountQueue::record`].
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// Up to `limit` entries about a user, the newest first, before a given one. Those of a deleted user stay until they
    /// are purged.
    async fn history(
        &self,
        organization: OrganizationId,
        user: UserId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, StoreError>;

    /// Forgets entries from before a time. Returns how many.
    async fn purge_history(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// One thing that happened to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Sorts by time.
    pub id: Uuid,
    /// What happened.
    pub event: HistoryEvent,
}

/// What happened to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryEvent {
    /// Somebody changed the record.
    Change(ChangeRecord),
    /// A vendor was called.
    Call {
        /// Over which connection. It may have been deleted since.
        connection_id: ConnectionId,
        /// The vendor at the other end.
        vendor: Vendor,
        /// What was asked, and what came of it.
        call: CallRecord,
    },
}

/// A change of a user's record. What was in the fields is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRecord {
    /// The entry's id: a `UUIDv7`.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Who, and through which surface.
    pub actor: Actor,
    /// What was done.
    pub deed: Deed,
    /// The fields that differ, by the names that `/v1` has for them.
    pub fields: Vec<String>,
    /// The connection that the user was assigned to or taken off.
    pub connection_id: Option<ConnectionId>,
    /// The version of the user from then on.
    pub version: Version,
}

impl ChangeRecord {
    /// The id of what follows from the change and is told along with it, and of which there may be several: behind the
    /// change itself, in the order of their places.
    #[must_use]
    pub fn following(&self, place: usize) -> Uuid {
        Uuid::from_u128(self.id.as_u128().wrapping_add(1 + place as u128))
    }
}

/// A call to a vendor and what came of it. Never holds a body or a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// The entry's id: a `UUIDv7`.
    pub id: Uuid,
    /// When it was begun.
    pub at: Timestamp,
    /// What was asked: the name of a step.
    pub operation: String,
    /// What came of it, in one word: `done`, `absent`, `differs` where the vendor answers with other fields than the
    /// user has, or the class of the failure.
    pub outcome: String,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// What the vendor said, in plain words, where it failed.
    pub message: Option<String>,
    /// How long it took, to the millisecond.
    pub took: Duration,
}
