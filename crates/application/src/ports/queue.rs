//! Accounts as the queue that they are: claim, call, record.

use async_trait::async_trait;
use roster_domain::{
    Account, Attention, Connection, ConnectionId, Known, OrganizationId, Timestamp, User, UserId, VendorKey, Version,
};

use super::{Sealed, StoreError};

/// Accounts as a queue. There is none beside the rows: what is behind and due is the queue.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait AccountQueue: Send + Sync {
    /// Takes up to `limit` accounts that are due (`next_attempt_at` is not after `now`), of connections that are not paused, the
    /// longest due first, and leases them until `lease_until`.
    ///
    /// MUST skip accounts under a lease that ends after `now`. Each claim MUST carry a fencing token higher than
    /// all before it for that account. No account may be claimed twice at once, whoever asks. The user comes
    /// with the account even when it is deleted.
    async fn claim(&self, now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<Claim>, StoreError>;

    /// Stores, before a create is sent, under which key it is sent, and extends the lease.
    ///
    /// MUST return `false`, and store nothing, if the claim no longer holds: another claim was made since, or it was recorded or
    /// released.
    async fn announce(&self, claim: &ClaimKey, intent: &VendorKey, lease_until: Timestamp) -> Result<bool, StoreError>;

    /// Extends the lease. MUST return `false` if the claim no longer holds.
    async fn renew(&self, claim: &ClaimKey, lease_until: Timestamp) -> Result<bool, StoreError>;

    /// Stores what came of a claim and ends its lease.
    ///
    /// MUST return `false`, and store nothing, if the claim no longer holds. Where the user was changed since the claim
    /// (`desired_version` is above `settlement.version`), the account MUST stay due, now or at the floor, no person is
    /// asked, and what is known of the vendor is stored all the same. MUST return
    /// `Conflict(VendorUserId)`, and store nothing, if another user of the connection has the vendor's id.
    async fn record(&self, claim: &ClaimKey, settlement: &Settlement, now: Timestamp) -> Result<bool, StoreError>;

    /// Ends the leases of claims that were not begun, so that they are due at once. Claims that no longer hold
    /// are passed over.
    async fn release(&self, claims: &[ClaimKey]) -> Result<(), StoreError>;

    /// When the next account that is not paused becomes due or its lease ends, whichever is later for that account; `None` when
    /// there is nothing at all to wait for.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Ends all leases. Only for a store that one process owns alone: after a crash it need not wait for its own
    /// leases to run out. A store that is shared MUST leave leases alone and return 0. Otherwise returns how many
    /// it ended.
    async fn reclaim(&self) -> Result<u64, StoreError>;
}

/// An account that a worker took, with all it needs for the call.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Which account, and by which right.
    pub key: ClaimKey,
    /// Until when nobody else takes it.
    pub lease_until: Timestamp,
    /// The account.
    pub account: Account,
    /// The user, as it is now.
    pub user: User,
    /// The connection.
    pub connection: Connection,
    /// The connection's credentials.
    pub credentials: Sealed,
}

/// Which account was claimed, and the fencing token by which its claim is told from later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClaimKey {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The user.
    pub user_id: UserId,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The fencing token.
    pub token: i64,
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// The version of the user that the claim carried.
    pub version: Version,
    /// What is known of the user at the vendor now. `applied_version` is stored as it stands here.
    pub known: Known,
    /// The page on which the user signs up; `None` keeps the one that is stored.
    pub invite_url: Option<String>,
    /// How it ended.
    pub settled: Settled,
}

/// How a claim ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// The vendor has what it should have. Failed attempts start anew.
    InSync,
    /// The user is gone from the vendor.
    Removed,
    /// To be tried again.
    Retry {
        /// Not before this time, for this version of the user.
        at: Timestamp,
        /// Not before this time, whatever version: what the vendor asked for in `Retry-After`.
        floor: Option<Timestamp>,
        /// Failed attempts so far, this one included.
        attempts: u32,
        /// What went wrong, in plain words.
        error: String,
    },
    /// A person is asked, and nothing is tried until then.
    Attention(Attention),
    /// Nothing was tried, because the connection is paused or the worker stops: due at once, attempts unchanged.
    GivenBack,
}
