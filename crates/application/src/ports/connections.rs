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

    /// Replaces a connection and, if given, its credentials. Accounts of a connection that is no longer paused are
    /// due as they were. If it takes all users from now on, MUST make an account for, or assign, each who has none or is not
    /// assigned; if it no longer does, those who are assigned stay so.
    ///
    /// MUST return `Stale`, and write nothing, if the stored version is not `expected` or there is no such connection.
    async fn update_connection(
        &self,
        connection: &Connection,
        credentials: Option<&Sealed>,
        expected: Version,
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
