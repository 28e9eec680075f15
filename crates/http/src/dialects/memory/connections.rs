//! Connections in memory.

use async_trait::async_trait;
use roster_application::ports::{ConnectionStore, Hold, Sealed, StoreError};
use roster_domain::{Assignment, Connection, ConnectionId, OrganizationId, Timestamp, Version};

use super::Memory;

#[async_trait]
impl ConnectionStore for Memory {
    async fn create_connection(&self, connection: &Connection, credentials: &Sealed) -> Result<(), StoreError> {
        let mut connections = self.connections.lock().unwrap();
        connections.push((connection.clone(), credentials.clone()));
        if connection.options.assignment == Assignment::All {
            self.account_for_everybody(connection);
        }
        Ok(())
    }

    async fn connections(
        &self,
        organization: OrganizationId,
        after: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<Connection>, StoreError> {
        let connections = self.connections.lock().unwrap();
        let found = connections
            .iter()
            .map(|(connection, _)| connection)
            .filter(|connection| {
                connection.organization_id == organization && after.is_none_or(|after| connection.id > after)
            });
        Ok(found.take(limit as usize).cloned().collect())
    }

    async fn connection(
        &self,
        organization: OrganizationId,
        id: ConnectionId,
    ) -> Result<Option<(Connection, Sealed)>, StoreError> {
        let connections = self.connections.lock().unwrap();
        let found = connections
            .iter()
            .find(|(connection, _)| connection.organization_id == organization && connection.id == id);
        Ok(found.cloned())
    }

    async fn update_connection(
        &self,
        connection: &Connection,
        credentials: Option<&Sealed>,
        expected: Version,
    ) -> Result<(), StoreError> {
        let mut connections = self.connections.lock().unwrap();
        let stored = connections
            .iter_mut()
            .find(|(stored, _)| stored.id == connection.id && stored.version == expected);
        let (stored, sealed) = stored.ok_or(StoreError::Stale)?;
        *stored = connection.clone();
        if let Some(credentials) = credentials {
            *sealed = credentials.clone();
        }
        Ok(())
    }

    /// Nothing here waits for a vendor.
    async fn lift_floors(&self, _: OrganizationId, _: ConnectionId, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn delete_connection(&self, organization: OrganizationId, id: ConnectionId) -> Result<bool, StoreError> {
        let mut connections = self.connections.lock().unwrap();
        let before = connections.len();
        connections.retain(|(connection, _)| connection.organization_id != organization || connection.id != id);
        self.accounts
            .lock()
            .unwrap()
            .retain(|account| account.connection_id != id);
        Ok(connections.len() < before)
    }

    async fn holds(&self, organization: OrganizationId) -> Result<Vec<Hold>, StoreError> {
        let accounts = self.accounts.lock().unwrap();
        let mut holds: Vec<Hold> = Vec::new();
        for account in accounts
            .iter()
            .filter(|account| account.organization_id == organization)
        {
            let Some(since) = account.held_since else { continue };
            match holds
                .iter_mut()
                .find(|hold| hold.connection_id == account.connection_id)
            {
                Some(hold) => {
                    hold.count += 1;
                    hold.since = hold.since.min(since);
                }
                None => holds.push(Hold {
                    connection_id: account.connection_id,
                    count: 1,
                    since,
                }),
            }
        }
        holds.sort_by_key(|hold| hold.connection_id);
        Ok(holds)
    }

    async fn approve(
        &self,
        organization: OrganizationId,
        connection: ConnectionId,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        if self.connection(organization, connection).await?.is_none() {
            return Ok(None);
        }
        let mut accounts = self.accounts.lock().unwrap();
        let mut approved = 0;
        for account in accounts
            .iter_mut()
            .filter(|account| account.connection_id == connection)
        {
            if account.held_since.take().is_some() {
                account.next_attempt_at = Some(now);
                approved += 1;
            }
        }
        Ok(Some(approved))
    }
}
