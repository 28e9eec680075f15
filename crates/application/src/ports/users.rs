//! Users in persistence.

use async_trait::async_trait;
use roster_domain::{CustomerId, Email, ExternalId, OrganizationId, Timestamp, User, UserId, UserName, Version};

use super::{ChangeRecord, Sealed, StoreError};

/// Users in persistence. Deleted users are invisible to every method that reads.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Stores a new user and, for every connection of the organization that takes all users, an account that is due at
    /// once (`desired_version` is the user's version, `applied_version` is 0), and the change in the history. All or nothing, in one round trip. An initial
    /// password is kept beside the user until it is forgotten.
    ///
    /// MUST return `Reference` if the user's customer is not there; `Conflict(Id)`, `Conflict(ExternalId)`, `Conflict(Email)` or `Conflict(UserName)` if another user stands against it;
    /// deleted users do not stand against anything but their ids. Of many who create the same external id at
    /// once, exactly one MUST succeed.
    async fn create_user<'a>(&self, write: UserWrite<'a>) -> Result<(), StoreError>;

    /// Replaces a user, raises `desired_version` of all its accounts to the user's version, and stores the change in the
    /// history. All or nothing, and in one round trip unless the user becomes a tombstone.
    ///
    /// An account whose `desired_version` is raised MUST become due: now, or when the vendor's `Retry-After`
    /// floor of an earlier call allows. Its failed attempts start anew, a person is no longer asked, and a departure is no
    /// longer held. A lease on it is left alone. The id of the last known state at the vendor is kept.
    ///
    /// MUST return `Stale`, and write nothing, if the stored version is not `expected`, or the user is deleted or
    /// absent; `Reference` if the user's customer is not there; `Conflict(ExternalId)`, `Conflict(Email)` or `Conflict(UserName)` if another
    /// user stands against it. A user with `deleted_at` set becomes a tombstone: it frees its external id and e-mail, and leaves
    /// all groups. Each of them MUST become what [`without_member`](super::without_member) makes of it, in the same step, and the
    /// history is told of each ([`ChangeRecord::following`]), behind the change itself.
    ///
    /// An initial password replaces the one that is kept; without one, that stays, except that a tombstone keeps none.
    async fn update_user<'a>(&self, write: UserWrite<'a>, expected: Version) -> Result<(), StoreError>;

    /// The user who was deleted last of those who had this external id, or else of those who had this `userName`, or else of those
    /// who had none, and were shown by this e-mail address, or else (without an address) by this external id; and is still kept.
    async fn deleted_user<'a>(
        &self,
        organization: OrganizationId,
        external_id: Option<&'a ExternalId>,
        user_name: Option<&'a UserName>,
    ) -> Result<Option<User>, StoreError>;

    /// Puts a user in place of the tombstone that the user has become. As [`UserStore::create_user`] makes accounts that are
    /// missing, and as [`UserStore::update_user`] makes those that are there due again, at connections that take all users.
    /// Accounts elsewhere are driven to be gone as before, and the user is in no group until somebody puts it into one.
    ///
    /// MUST return `Stale`, and write nothing, if the stored version is not `expected`, or the user is absent or not deleted;
    /// else as `create_user`.
    async fn restore_user<'a>(&self, write: UserWrite<'a>, expected: Version) -> Result<(), StoreError>;

    /// Whether an initial password of a user is kept, which waits for a vendor that takes one.
    async fn has_initial_password(&self, organization: OrganizationId, id: UserId) -> Result<bool, StoreError>;

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

/// A user as it is to be stored, with what is stored along with it.
#[derive(Debug, Clone, Copy)]
pub struct UserWrite<'a> {
    /// The user.
    pub user: &'a User,
    /// An initial password, sealed. A claim hands it out until a vendor has it.
    pub password: Option<&'a Sealed>,
    /// The change, for the history.
    pub change: &'a ChangeRecord,
}

/// Which users, and from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserQuery {
    /// Only those behind this one, in the order asked for.
    pub after: Option<UserId>,
    /// Leave out so many of those that are asked for, in the order asked for. For surfaces whose pages have numbers; the
    /// cost grows with it.
    pub skip: u32,
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
    /// Only those in this customer.
    pub customer: Option<InCustomer>,
}

/// A customer whose users are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InCustomer {
    /// The organization's default customer: users who are in no other.
    Default,
    /// The one of this id.
    Named(CustomerId),
}

impl UserQuery {
    /// The first so many users of all.
    #[must_use]
    pub fn first(limit: u32) -> Self {
        Self {
            after: None,
            skip: 0,
            limit,
            order: Order::OldestFirst,
            external_id: None,
            email: None,
            active: None,
            customer: None,
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
