//! Connections.

use async_trait::async_trait;
use roster_application::ports::{ConnectionStore, Sealed, StoreError};
use roster_domain::{Connection, ConnectionId, OrganizationId, Version};
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::rows::connections;

#[async_trait]
impl ConnectionStore for PostgresStore {
    async fn create_connection(&self, connection: &Connection, credentials: &Sealed) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await.store()?;
        // From here on nobody adds users to the organization; see the function in the migrations.
        sqlx::query!("SELECT lock_connections($1)", connection.organization_id.uuid())
            .execute(&mut *transaction)
            .await
            .store()?;
        sqlx::query!(
            "INSERT INTO connections (
                 organization_id, id, vendor, label, base_url, api_version, allow_private_addresses, credentials,
                 paused_reason, paused_at, created_at, updated_at, version
             )
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            connection.organization_id.uuid(),
            connection.id.uuid(),
            connection.vendor.name(),
            connection.label,
            connection.base_url.as_str(),
            connection.options.api_version,
            connection.options.allow_private_addresses,
            credentials.as_bytes(),
            connection.paused.as_ref().map(|pause| pause.reason.as_str()),
            connection.paused.as_ref().map(|pause| pause.since),
            connection.created_at,
            connection.updated_at,
            connection.version,
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        // A statement of its own, because it sees the users who were committed before the lock was had.
        sqlx::query!(
            "INSERT INTO accounts (organization_id, user_id, connection_id, desired_version, next_attempt_at, updated_at)
             SELECT u.organization_id, u.id, $2, u.version, $3, $3
             FROM users u
             WHERE u.organization_id = $1 AND u.deleted_at IS NULL",
            connection.organization_id.uuid(),
            connection.id.uuid(),
            connection.created_at,
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        transaction.commit().await.store()?;
        self.signal.made_due();
        Ok(())
    }

    async fn connections(
        &self,
        organization: OrganizationId,
        after: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<Connection>, StoreError> {
        let rows = connections!(
            "WHERE organization_id = $1 AND id > $2
             ORDER BY id
             LIMIT $3",
            organization.uuid(),
            // Nobody has the least UUID.
            after.map_or(Uuid::nil(), ConnectionId::uuid),
            i64::from(limit),
        )
        .fetch_all(&self.pool)
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
        connections!("WHERE organization_id = $1 AND id = $2", organization.uuid(), id.uuid(),)
            .fetch_optional(&self.pool)
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
                 vendor = $4, label = $5, base_url = $6, api_version = $7, allow_private_addresses = $8,
                 credentials = coalesce($9, credentials), paused_reason = $10, paused_at = $11, updated_at = $12,
                 version = $13
             WHERE organization_id = $1 AND id = $2 AND version = $3",
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
            connection.paused.as_ref().map(|pause| pause.since),
            connection.updated_at,
            connection.version,
        )
        .execute(&self.pool)
        .await
        .store()?;
        if updated.rows_affected() == 0 {
            return Err(StoreError::Stale);
        }
        if connection.paused.is_none() {
            self.signal.made_due();
        }
        Ok(())
    }

    async fn delete_connection(&self, organization: OrganizationId, id: ConnectionId) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await.store()?;
        // Whoever writes a user at the same time gives it an account here, which must find its connection.
        sqlx::query!("SELECT lock_connections($1)", organization.uuid())
            .execute(&mut *transaction)
            .await
            .store()?;
        let deleted = sqlx::query!(
            "DELETE FROM connections WHERE organization_id = $1 AND id = $2",
            organization.uuid(),
            id.uuid(),
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        transaction.commit().await.store()?;
        Ok(deleted.rows_affected() > 0)
    }
}
