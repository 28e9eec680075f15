//! Accounts as the queue that they are: claim, call, record.

use async_trait::async_trait;
use roster_domain::{
    Account, Attention, Connection, ConnectionId, Departures, Drift, Known, OrganizationId, Timestamp, User, UserId,
    VendorKey, Version,
};
use uuid::Uuid;

use super::{CallRecord, Sealed, StoreError};

/// Accounts as a queue. There is none beside the rows: what is behind and due is the queue.
///
/// Each connection is worked on by one worker at a time, who owns it by a lease that is renewed every other second, so
/// that limits hold across processes. Within a connection, each account that is under way is claimed with a lease of its
/// own and a fencing token, which outlasts every call: a worker who lost the connection finishes what it sent.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait AccountQueue: Send + Sync {
    /// Takes ownership, until a time, of up to `limit` connections at which an account is due at `now`: those that the
    /// worker does not own yet first, the longest due before the others.
    ///
    /// MUST pass over connections that are paused, and those that another worker owns beyond `now`. No connection may be
    /// owned by two at once, whoever asks. One that others take, or that is locked, at the same moment MAY be passed over;
    /// it is found with the next look. One that the worker owns already is returned with the others; as long as it owns it
    /// for half of the time asked for, the ownership MAY stay as it is.
    ///
    /// Each comes with what its vendor asked for in `Retry-After`, whichever worker it asked: see [`Owned::not_before`].
    async fn own(&self, worker: Uuid, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Owned>, StoreError>;

    /// Extends ownership, and never shortens it. Returns those that the worker still owned, which MUST NOT include one that
    /// another worker took since, nor one that it gave up; one whose time is up, and which nobody took, is owned again. A
    /// connection that is paused is kept all the same.
    async fn keep(
        &self,
        worker: Uuid,
        connections: &[ConnectionKey],
        until: Timestamp,
    ) -> Result<Vec<ConnectionKey>, StoreError>;

    /// Ends ownership, so that others can take over at once, and wakes them. Connections that the worker does not own are
    /// passed over.
    async fn disown(&self, worker: Uuid, connections: &[ConnectionKey]) -> Result<(), StoreError>;

    /// Takes up to `limit` accounts of a connection that are due (`next_attempt_at` is not after `now`), the longest due
    /// first, and leases them until `lease_until`.
    ///
    /// MUST claim nothing if the worker does not own the connection at `now`, or the connection is paused; that costs the
    /// same however many are due there. MUST skip
    /// accounts under a lease that ends after `now`. Each claim MUST carry a fencing token higher than all before it for
    /// that account. No account may be claimed twice at once, whoever asks. The user comes with the account even when it
    /// is deleted.
    async fn claim(
        &self,
        worker: Uuid,
        connection: &ConnectionKey,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError>;

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
    /// (`desired_version` is above `settlement.version`, or the user is assigned and was not, or the other way round), the
    /// account MUST stay due, now or at the floor, its failed attempts as they are; no person is asked, nothing is held,
    /// the user does not count as removed, and what is known of the vendor is stored all the same. Where the user is
    /// assigned otherwise, `applied_version` stays below the version, which is not what the vendor has. MUST return
    /// `Conflict(VendorUserId)`, and store nothing, if another user of the connection, who is not removed, has the vendor's
    /// id.
    ///
    /// A departure that was approved while it was claimed is not held, but due at once. An approval is spent when somebody
    /// whom the vendor had denied is there again. An account that came in sync, and
    /// is not to be read back as far as the claim knew, MUST be due at once if the connection began meanwhile to read
    /// accounts back. What the vendor asked for in `Retry-After` stands until the next settlement, and is handed to whoever
    /// owns the connection: see [`Owned::not_before`].
    ///
    /// The calls go to the user's history, and a password that was delivered is forgotten if it is still the one that is
    /// kept, in the same step.
    async fn record(&self, claim: &ClaimKey, settlement: &Settlement, now: Timestamp) -> Result<bool, StoreError>;

    /// Ends the leases of claims that were not begun, so that they are due at once. Claims that no longer hold
    /// are passed over.
    async fn release(&self, claims: &[ClaimKey]) -> Result<(), StoreError>;

    /// When the worker should look for connections to own: the earliest time at which an account is due (or its lease ends,
    /// if that is later) at a connection that is not paused and not among those given; where another worker owns the
    /// connection, when that ends, if it is later still. `None` when there is nothing at all to wait for. The cost MUST NOT
    /// grow with the number of accounts that are due.
    async fn next_due(&self, worker: Uuid, except: &[ConnectionKey]) -> Result<Option<Timestamp>, StoreError>;

    /// When the next account of a connection becomes due, or its lease ends, if that is later.
    async fn next_due_at(&self, connection: &ConnectionKey) -> Result<Option<Timestamp>, StoreError>;

    /// How many users leave a connection, each once:
    ///
    /// - those who left since a time;
    /// - those who are at the vendor, active or in doubt, and should not be active, because they are deleted, deactivated or
    ///   not assigned;
    /// - where who leaves is deleted, also those who are inactive there already, and are deleted or not assigned here;
    /// - those whom the vendor denied, while nothing has followed from it.
    ///
    /// Departures that were approved are not among them.
    ///
    /// How many there are of them all (`of`: who is at the vendor, and who left since that time) is counted only as far as
    /// it matters: MUST be exact where more than `percent` in a hundred leave; where fewer do, it MAY be any number of
    /// which those who leave are not more than that. 0 counts all. The cost MUST grow with those who leave, and not with
    /// the users of the connection.
    async fn departures(&self, connection: &ConnectionKey, count: DepartureCount) -> Result<Departures, StoreError>;

    /// Ends all leases, of accounts and of connections. Only for a store that one process owns alone: after a crash it need
    /// not wait for its own leases to run out. A store that is shared MUST leave leases alone and return 0. Otherwise
    /// returns how many leases of accounts it ended.
    async fn reclaim(&self) -> Result<u64, StoreError>;
}

/// A connection that a worker owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// The connection.
    pub connection: Connection,
    /// The latest time, if it is still to come, that the vendor named in a `Retry-After` which was recorded: until then it
    /// is not to be called, for whichever account it said so, and whichever worker it told.
    pub not_before: Option<Timestamp>,
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
    /// The user's initial password, until a vendor has it.
    pub password: Option<Sealed>,
    /// Whether somebody approved that the user leaves, with the version that is claimed.
    pub departure_is_approved: bool,
}

/// Which connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionKey {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The connection.
    pub connection_id: ConnectionId,
}

/// Which departures are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepartureCount {
    /// Since when those who left count.
    pub since: Timestamp,
    /// The share, in percent, above which it matters how many there are of them all.
    pub percent: u8,
    /// Whether who leaves is deleted at the vendor.
    pub deletes: bool,
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
    /// Whether the user was assigned, as the claim carried it.
    pub is_assigned: bool,
    /// What is known of the user at the vendor now. `applied_version` is stored as it stands here.
    pub known: Known,
    /// The page on which the user signs up; `None` keeps the one that is stored.
    pub invite_url: Option<String>,
    /// How it ended.
    pub settled: Settled,
    /// What was found at the vendor that is not as Roster left it, where that is only reported.
    pub drift: Option<Drift>,
    /// Whether the user was deactivated or deleted at the vendor by this claim, which counts as a departure.
    pub left: bool,
    /// The initial password that the vendor was given by this claim.
    pub delivered: Option<Sealed>,
    /// The calls that were made, in their order.
    pub calls: Vec<CallRecord>,
}

/// How a claim ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// The vendor has what it should have. Failed attempts start anew.
    InSync {
        /// When the account is due again, to be read back.
        read_back_at: Option<Timestamp>,
    },
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
    /// The user's departure waits until the connection's mass change is approved.
    Held,
    /// Nothing was tried, because the connection is paused or the worker stops: due at once, attempts unchanged.
    GivenBack,
}
