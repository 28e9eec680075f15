//! Connections in persistence.

use async_trait::async_trait;
use roster_domain::{Connection, ConnectionId, OrganizationId, Timestamp, Version};

use super::{Sealed, StoreError};

/// Connections in persistence.
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// Stores a new connection and, if it takes all users, for every user of the organization who is not deleted an account
    /// that is due at once. All or nothing. A user who is created at the same time MUST have an account afterwards.
    ///
    /// MUST return `Conflict(Id)` if the id is taken.
    async fn create_connection(&self, connection: &Connection, credentials: &Sealed) -> Result<(), StoreError>;

    /// Up to `limit` connections of an organization in the order of their ids, after a given one.
    async fn connections(
        &self,
        organization: OrganizationId,
        after: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<Connection>, StoreError>;

    /// The connection of an id, with its credentials.
    async fn connection(
        &self,
        organization: OrganizationId,
        id: ConnectionId,
    ) -> Result<Option<(Connection, Sealed)>, StoreError>;

    /// Replaces a connection and, if given, its credentials. Who owns it stays its owner. Accounts of a connection that is
    /// no longer paused are due as they were. If it takes all users from now on, MUST make an account for, or assign, each
    /// who has none or is not assigned; if it no longer does, those who are assigned stay so.
    ///
    /// What becomes of read-backs is as [`ConnectionOptions::read_backs_after`](roster_domain::ConnectionOptions::read_backs_after)
    /// says. Where all are to be read back within a time, each account that is in sync and at the vendor, and is not due
    /// before, MUST become due within that time, evenly spread; one that is claimed at that moment MUST be due once that
    /// claim is recorded, if the claim leaves it in sync and did not know of it. Where nobody looks any more, accounts that
    /// are in sync MUST be due no more and what was found at the vendor is forgotten, except for those that are claimed:
    /// they are claimed once more, and then no more. Accounts that are behind, or about which a person is asked, are left as
    /// they are.
    ///
    /// Where the credentials are given, or the base URL is another, what the vendor asked for in `Retry-After` no longer
    /// holds: MUST be as [`lift_floors`](Self::lift_floors) has it.
    ///
    /// MUST return `Stale`, and write nothing, if the stored version is not `expected` or there is no such connection.
    async fn update_connection(
        &self,
        connection: &Connection,
        credentials: Option<&Sealed>,
        expected: Version,
    ) -> Result<(), StoreError>;

    /// Forgets what the vendor asked for in `Retry-After`, for all accounts of a connection: those that wait for it MUST be
    /// due at `now`, whatever their times were. If there are any, the connection MUST have another version afterwards, by
    /// which its owner learns of it. Nothing happens if there is no such connection.
    async fn lift_floors(
        &self,
        organization: OrganizationId,
        id: ConnectionId,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Deletes a connection and its accounts. Users at the vendor are left as they are. `false` if there is no
    /// such connection.
    async fn delete_connection(&self, organization: OrganizationId, id: ConnectionId) -> Result<bool, StoreError>;

    /// The connections of an organization at which departures are held, in the order of their ids.
    async fn holds(&self, organization: OrganizationId) -> Result<Vec<Hold>, StoreError>;

    /// Approves all departures that are held at a connection: they are due at once, and not held again unless their users
    /// change. Returns how many; `None` if there is no such connection.
    async fn approve(
        &self,
        organization: OrganizationId,
        connection: ConnectionId,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError>;
}

/// Departures that wait for approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The connection.
    pub connection_id: ConnectionId,
    /// How many users should leave.
    pub count: u64,
    /// Since when the first of them waits.
    pub since: Timestamp,
}
