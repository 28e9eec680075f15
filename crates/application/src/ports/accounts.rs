//! Accounts in persistence, as people look at them. The worker's side is [`super::AccountQueue`].

use async_trait::async_trait;
use roster_domain::{Account, AccountStatus, ConnectionId, OrganizationId, Timestamp, UserId, VendorUserId};

use super::{ChangeRecord, StoreError};

/// Accounts in persistence, as people look at them.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// The accounts of a user, deleted users included, in the order of their connections' ids.
    async fn accounts_of_user(&self, organization: OrganizationId, user: UserId) -> Result<Vec<Account>, StoreError>;

    /// The account to which a vendor's id belongs at a connection: the one that has it, or else, of those that were removed
    /// with it, the one that was last. Deleted users are included.
    async fn account_of_vendor_user(
        &self,
        organization: OrganizationId,
        connection: ConnectionId,
        id: &VendorUserId,
    ) -> Result<Option<Account>, StoreError>;

    /// Up to `query.limit` accounts of an organization, in the order of user and connection.
    ///
    /// The status filter MUST select exactly those whose [`Account::status`] it names.
    async fn accounts(&self, organization: OrganizationId, query: &AccountQuery) -> Result<Vec<Account>, StoreError>;

    /// Makes an account that is behind due again: now, or when the vendor's `Retry-After` floor allows. Its
    /// failed attempts start anew and a person is no longer asked. A departure that is held stays so, and is looked at anew.
    /// A lease is left alone. An account that is not behind is left as it is.
    ///
    /// Returns the account as it is then; `None` if there is no such account.
    async fn retry_account(
        &self,
        organization: OrganizationId,
        user: UserId,
        connection: ConnectionId,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError>;

    /// Assigns a user to a connection, or takes the user off, and stores the change in the history. The account is made if
    /// there is none, also for a user who is taken off, and is due at once, or when the vendor's `Retry-After` floor allows.
    /// It is behind, although the version is the same: `applied_version` MUST fall below `desired_version`. Its failed
    /// attempts start anew, a person is no longer asked, a departure is neither held nor approved any more, and the user no
    /// longer counts as removed. A lease is left alone. Where the user was removed, and another user has its vendor's id
    /// now, the account MUST forget that id.
    ///
    /// An account that stands so already is left as it is, and nothing is told. At a connection that takes all users nobody
    /// is taken off: that is asked for in vain, and is not an error. Returns the account as it is then; `None` if there is
    /// no such user who is not deleted, or no such connection.
    async fn assign(
        &self,
        organization: OrganizationId,
        user: UserId,
        connection: ConnectionId,
        is_assigned: bool,
        change: &ChangeRecord,
    ) -> Result<Option<Account>, StoreError>;
}

/// Which accounts, and from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountQuery {
    /// Only those behind this one.
    pub after: Option<AccountPosition>,
    /// The most to return; at least 1.
    pub limit: u32,
    /// Only those that stand so.
    pub status: Option<AccountStatus>,
    /// Only those at this connection.
    pub connection_id: Option<ConnectionId>,
}

/// Where a page of accounts ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountPosition {
    /// The user.
    pub user_id: UserId,
    /// The connection.
    pub connection_id: ConnectionId,
}
