//! Connections.

use async_trait::async_trait;
use roster_application::ports::{ConnectionStore, Hold, Sealed, StoreError, StoredOptions, UniqueKey};
use roster_domain::{Assignment, Connection, ConnectionId, OrganizationId, Timestamp, Version};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::SqliteStore;
use crate::accounts::unlink;
use crate::error::IntoStoreError;
use crate::floors;
use crate::groups::choose_the_rest;
use crate::read_backs::set_read_backs;
use crate::rows::{Place, connections};
use crate::users::json;

#[async_trait]
impl ConnectionStore for SqliteStore {
    async fn create_connection(&self, connection: &Connection, credentials: &Sealed) -> Result<(), StoreError> {
        // The accounts are made by a trigger, within the same statement.
        sqlx::query!(
            "INSERT INTO connections (
                 organization_id, id, vendor, label, base_url, options, credentials, paused_reason, paused_at,
                 created_at, updated_at, version
             )
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            connection.organization_id.uuid(),
            connection.id.uuid(),
            connection.vendor.name(),
            connection.label,
            connection.base_url.as_str(),
            json(&StoredOptions::of(&connection.options))?,
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
        let mut transaction = self.begin().await?;
        let Some(before) = connection_of(&mut transaction, connection).await? else {
            return Err(StoreError::Stale);
        };
        let is_widened =
            before.options.assignment != Assignment::All && connection.options.assignment == Assignment::All;
        let is_narrowed =
            before.options.assignment != Assignment::Chosen && connection.options.assignment == Assignment::Chosen;
        let updated = sqlx::query!(
            "UPDATE connections SET
                 vendor = ?4, label = ?5, base_url = ?6, options = ?7, credentials = coalesce(?8, credentials),
                 paused_reason = ?9, paused_at = ?10, updated_at = ?11, version = ?12
             WHERE organization_id = ?1 AND id = ?2 AND version = ?3",
            connection.organization_id.uuid(),
            connection.id.uuid(),
            expected,
            connection.vendor.name(),
            connection.label,
            connection.base_url.as_str(),
            json(&StoredOptions::of(&connection.options))?,
            credentials.map(Sealed::as_bytes),
            connection.paused.as_ref().map(|pause| pause.reason.as_str()),
            connection.paused.as_ref().map(|pause| pause.since.timestamp_micros()),
            connection.updated_at.timestamp_micros(),
            connection.version,
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        if updated.rows_affected() == 0 {
            return Err(StoreError::Stale);
        }
        if is_widened {
            take_all(&mut transaction, connection, connection.updated_at).await?;
        }
        if is_narrowed {
            choose_the_rest(&mut transaction, connection).await?;
        }
        if credentials.is_some() || connection.base_url != before.base_url {
            let now = connection.updated_at;
            floors::lift(&mut transaction, connection.organization_id, connection.id, now).await?;
        }
        let read_backs = connection.options.read_backs_after(&before.options);
        set_read_backs(&mut transaction, connection, read_backs).await?;
        transaction.commit().await.store()?;
        if connection.paused.is_none() {
            self.made_due();
        }
        Ok(())
    }

    async fn lift_floors(
        &self,
        organization: OrganizationId,
        id: ConnectionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        if floors::lift(&mut transaction, organization, id, now).await? == 0 {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE connections SET version = version + 1, updated_at = ?3 WHERE organization_id = ?1 AND id = ?2",
            organization.uuid(),
            id.uuid(),
            now.timestamp_micros(),
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        transaction.commit().await.store()?;
        self.made_due();
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

    async fn holds(&self, organization: OrganizationId) -> Result<Vec<Hold>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT
                   connection_id AS "connection_id!: Uuid", count(*) AS "count!: i64",
                   min(held_since) AS "since!: i64"
               FROM accounts
               WHERE organization_id = ?1 AND held_since IS NOT NULL
               GROUP BY connection_id
               ORDER BY connection_id"#,
            organization.uuid(),
        )
        .fetch_all(&self.readers)
        .await
        .store()?;
        rows.into_iter()
            .map(|row| {
                let place = Place::new("accounts", format_args!("those at connection {}", row.connection_id));
                Ok(Hold {
                    connection_id: ConnectionId::new(row.connection_id),
                    count: row.count.unsigned_abs(),
                    since: place.time("held_since", row.since)?,
                })
            })
            .collect()
    }

    async fn approve(
        &self,
        organization: OrganizationId,
        connection: ConnectionId,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let now = now.timestamp_micros();
        let mut transaction = self.begin().await?;
        let exists = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM connections WHERE organization_id = ?1 AND id = ?2) AS "exists!: bool""#,
            organization.uuid(),
            connection.uuid(),
        )
        .fetch_one(&mut *transaction)
        .await
        .store()?;
        if !exists {
            return Ok(None);
        }
        let approved = sqlx::query!(
            "UPDATE accounts SET
                 cleared_version = desired_version, held_since = NULL,
                 next_attempt_at = max(?3, coalesce(retry_floor, ?3)), attempts = 0, last_error = NULL, updated_at = ?3
             WHERE organization_id = ?1 AND connection_id = ?2 AND held_since IS NOT NULL",
            organization.uuid(),
            connection.uuid(),
            now,
        )
        .execute(&mut *transaction)
        .await
        .store()?
        .rows_affected();
        transaction.commit().await.store()?;
        if approved > 0 {
            self.made_due();
        }
        Ok(Some(approved))
    }
}

/// The connection as it is stored.
async fn connection_of(
    transaction: &mut SqliteConnection,
    connection: &Connection,
) -> Result<Option<Connection>, StoreError> {
    let row = connections!(
        "WHERE organization_id = ?1 AND id = ?2",
        connection.organization_id.uuid(),
        connection.id.uuid(),
    )
    .fetch_optional(transaction)
    .await
    .store()?;
    row.map(|row| row.try_into().map(|(connection, _): (Connection, Sealed)| connection))
        .transpose()
}

/// Gives everybody who is not deleted an account at a connection that takes all users, and assigns those who were taken
/// off.
async fn take_all(
    transaction: &mut SqliteConnection,
    connection: &Connection,
    now: Timestamp,
) -> Result<(), StoreError> {
    unlink(&mut *transaction, connection.organization_id, connection.id, None).await?;
    sqlx::query!(
        "INSERT INTO accounts (
             organization_id, user_id, connection_id, desired_version, desired_active, next_attempt_at, updated_at
         )
         SELECT u.organization_id, u.id, ?2, u.version, u.active, ?3, ?3
         FROM users u
         WHERE u.organization_id = ?1 AND u.deleted_at IS NULL
         ON CONFLICT (organization_id, user_id, connection_id) DO UPDATE SET
             is_assigned = 1,
             applied_version = min(applied_version, desired_version - 1),
             next_attempt_at = max(excluded.next_attempt_at, coalesce(retry_floor, excluded.next_attempt_at)),
             attempts = 0, last_error = NULL, attention_cause = NULL, attention_message = NULL,
             attention_remedy = NULL, attention_since = NULL, held_since = NULL, cleared_version = NULL,
             removed_at = NULL, updated_at = excluded.updated_at
         WHERE NOT is_assigned",
        connection.organization_id.uuid(),
        connection.id.uuid(),
        now.timestamp_micros(),
    )
    .execute(transaction)
    .await
    .store_unique(UniqueKey::VendorUserId)?;
    Ok(())
}
