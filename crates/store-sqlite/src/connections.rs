//! Connections.

use async_trait::async_trait;
use roster_application::ports::{ConnectionStore, Sealed, StoreError, UniqueKey};
use roster_domain::{Connection, ConnectionId, OrganizationId, Version};
use uuid::Uuid;

use crate::SqliteStore;
use crate::error::IntoStoreError;
use crate::rows::connections;

#[async_trait]
impl ConnectionStore for SqliteStore {
    async fn create_connection(&self, connection: &Connection, credentials: &Sealed) -> Result<(), StoreError> {
        // The accounts are made by a trigger, within the same statement.
        sqlx::query!(
            "INSERT INTO connections (
                 organization_id, id, vendor, label, base_url, api_version, allow_private_addresses, credentials,
                 paused_reason, paused_at, created_at, updated_at, version
             )
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            connection.organization_id.uuid(),
            connection.id.uuid(),
            connection.vendor.name(),
            connection.label,
            connection.base_url.as_str(),
            connection.options.api_version,
            connection.options.allow_private_addresses,
            credentials.as_bytes(),
            connection.paused.as_ref().map(|pause| pause.reason.as_str()),
            connection.paused.as_ref().map(|pause| pause.since.timestamp_micros()),
            connection.created_at.timestamp_micros(),
            connection.updated_at.timestamp_micros(),
            connection.version,
        )
        .execute(&mut *self.writer().await?)
        .await
        .store_unique(UniqueKey::Id)?;
        self.made_due();
        Ok(())
    }

    async fn connections(
        &self,
        organization: OrganizationId,
        after: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<Connection>, StoreError> {
        let rows = connections!(
            "WHERE organization_id = ?1 AND id > ?2
             ORDER BY id
             LIMIT ?3",
            organization.uuid(),
            // Nobody has the least UUID.
            after.map_or(Uuid::nil(), ConnectionId::uuid),
            i64::from(limit),
        )
        .fetch_all(&self.readers)
        .await
        .store()?;
        rows.into_iter()
            .map(|row| row.try_into().map(|(connection, _): (Connection, Sealed)| connection))
            .collect()
    }

    async fn connection(
        &self,
        organization: OrganizationId,
        id: ConnectionId,
    ) -> Result<Option<(Connection, Sealed)>, StoreError> {
        connections!("WHERE organization_id = ?1 AND id = ?2", organization.uuid(), id.uuid(),)
            .fetch_optional(&self.readers)
            .await
            .store()?
            .map(TryInto::try_into)
            .transpose()
    }

    async fn update_connection(
        &self,
        connection: &Connection,
        credentials: Option<&Sealed>,
        expected: Version,
    ) -> Result<(), StoreError> {
        let updated = sqlx::query!(
            "UPDATE connections SET
                 vendor = ?4, label = ?5, base_url = ?6, api_version = ?7, allow_private_addresses = ?8,
                 credentials = coalesce(?9, credentials), paused_reason = ?10, paused_at = ?11, updated_at = ?12,
                 version = ?13
             WHERE organization_id = ?1 AND id = ?2 AND version = ?3",
            connection.organization_id.uuid(),
            connection.id.uuid(),
            expected,
            connection.vendor.name(),
            connection.label,
            connection.base_url.as_str(),
            connection.options.api_version,
            connection.options.allow_private_addresses,
            credentials.map(Sealed::as_bytes),
            connection.paused.as_ref().map(|pause| pause.reason.as_str()),
            connection.paused.as_ref().map(|pause| pause.since.timestamp_micros()),
            connection.updated_at.timestamp_micros(),
            connection.version,
        )
        .execute(&mut *self.writer().await?)
        .await
        .store()?;
        if updated.rows_affected() == 0 {
            return Err(StoreError::Stale);
        }
        if connection.paused.is_none() {
            self.made_due();
        }
        Ok(())
    }

    async fn delete_connection(&self, organization: OrganizationId, id: ConnectionId) -> Result<bool, StoreError> {
        let deleted = sqlx::query!(
            "DELETE FROM connections WHERE organization_id = ?1 AND id = ?2",
            organization.uuid(),
            id.uuid(),
        )
        .execute(&mut *self.writer().await?)
        .await
        .store()?;
        Ok(deleted.rows_affected() > 0)
    }
}
