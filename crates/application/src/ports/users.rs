//! Users in persistence.

use async_trait::async_trait;
use roster_domain::{Email, ExternalId, OrganizationId, Timestamp, User, UserId, Version};

use super::StoreError;

/// Users in persistence. Deleted users are invisible to every method that reads.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Stores a new user and, for every connection of the organization, an account that is due at once
    /// (`desired_version` is the user's version, `applied_version` is 0). All or nothing, in one round trip.
    ///
    /// MUST return `Conflict(Id)`, `Conflict(ExternalId)` or `Conflict(Email)` if another user stands against it;
    /// deleted users do not stand against external id and e-mail. Of many who create the same external id at
    /// once, exactly one MUST succeed.
    async fn create_user(&self, user: &User) -> Result<(), StoreError>;

    /// Replaces a user and raises `desired_version` of all its accounts to the user's version. All or nothing,
    /// in one round trip.
    ///
    /// An account whose `desired_version` is raised MUST become due: now, or when the vendor's `Retry-After`
    /// floor of an earlier call allows. Its failed attempts start anew and a person is no longer asked. A
    /// lease on it is left alone. The id of the last known state at the vendor is kept.
    ///
    /// MUST return `Stale`, and write nothing, if the stored version is not `expected`, or the user is deleted or
    /// absent; `Conflict(ExternalId)` or `Conflict(Email)` if another user stands against it. A user with
    /// `deleted_at` set becomes a tombstone: it frees its external id and e-mail.
    async fn update_user(&self, user: &User, expected: Version) -> Result<(), StoreError>;

    /// The user of an id.
    async fn user(&self, organization: OrganizationId, id: UserId) -> Result<Option<User>, StoreError>;

    /// The user of an external id, compared exactly.
    async fn user_by_external_id(
        &self,
        organization: OrganizationId,
        external_id: &ExternalId,
    ) -> Result<Option<User>, StoreError>;

    /// The user of an e-mail address, compared without regard to case.
    async fn user_by_email(&self, organization: OrganizationId, email: &Email) -> Result<Option<User>, StoreError>;

    /// Up to `query.limit` users in the order of their ids, which is that of their creation.
    ///
    /// Walking with `after` set to the last id seen MUST visit every user who is there throughout exactly once,
    /// whatever is created and deleted meanwhile.
    async fn users(&self, organization: OrganizationId, query: &UserQuery) -> Result<Vec<User>, StoreError>;

    /// Forgets tombstones from before a time whose accounts are all removed or absent, with those accounts.
    /// Returns how many.
    async fn purge_users(&self, deleted_before: Timestamp) -> Result<u64, StoreError>;
}

/// Which users, and from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserQuery {
    /// Only those behind this one, in the order asked for.
    pub after: Option<UserId>,
    /// The most to return; at least 1.
    pub limit: u32,
    /// In which order.
    pub order: Order,
    /// Only the one with this external id.
    pub external_id: Option<ExternalId>,
    /// Only the one with this e-mail address, without regard to case.
    pub email: Option<Email>,
    /// Only those who are active, or are not.
    pub active: Option<bool>,
}

impl UserQuery {
    /// The first so many users of all.
    #[must_use]
    pub fn first(limit: u32) -> Self {
        Self {
            after: None,
            limit,
            order: Order::OldestFirst,
            external_id: None,
            email: None,
            active: None,
        }
    }
}

/// In which order users are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By creation, oldest first.
    OldestFirst,
    /// By creation, newest first.
    NewestFirst,
}
