//! Connections.

use async_trait::async_trait;
use roster_application::ports::{ConnectionStore, Hold, Sealed, StoreError, StoredOptions};
use roster_domain::{Assignment, Connection, ConnectionId, OrganizationId, ReadBacks, Timestamp, Version};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::PostgresStore;
use crate::accounts::unlink;
use crate::error::IntoStoreError;
use crate::floors;
use crate::groups::choose_the_rest;
use crate::locks;
use crate::read_backs::set_read_backs;
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
                 organization_id, id, vendor, label, base_url, options, credentials, paused_reason, paused_at,
                 created_at, updated_at, version
             )
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            connection.organization_id.uuid(),
            connection.id.uuid(),
            connection.vendor.name(),
            connection.label,
            connection.base_url.as_str(),
            Json(StoredOptions::of(&connection.options)) as _,
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
        if connection.options.assignment == Assignment::All {
            take_all(&mut transaction, connection, connection.created_at).await?;
        }
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
        .fetch_all(&self.ready)
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
            .fetch_optional(&self.ready)
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
        // The options change with the version only, so that this holds if the write does.
        let Some((before, _)) = self.connection(connection.organization_id, connection.id).await? else {
            return Err(StoreError::Stale);
        };
        if before.version != expected {
            return Err(StoreError::Stale);
        }
        let is_widened =
            before.options.assignment != Assignment::All && connection.options.assignment == Assignment::All;
        let is_narrowed =
            before.options.assignment != Assignment::Chosen && connection.options.assignment == Assignment::Chosen;
        let read_backs = connection.options.read_backs_after(&before.options);
        let mut transaction = self.pool.begin().await.store()?;
        if is_widened || is_narrowed || read_backs != ReadBacks::Kept {
            sqlx::query!("SELECT lock_connections($1)", connection.organization_id.uuid())
                .execute(&mut *transaction)
                .await
                .store()?;
            // All at once, since several things are done to them.
            locks::accounts_at(&mut transaction, connection.organization_id, connection.id).await?;
        }
        // Accounts before the connection is locked, which its owner must be able to keep all the while.
        set_read_backs(&mut transaction, connection, read_backs).await?;
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
        let updated = sqlx::query!(
            "UPDATE connections SET
                 vendor = $4, label = $5, base_url = $6, options = $7, credentials = coalesce($8, credentials),
                 paused_reason = $9, paused_at = $10, updated_at = $11, version = $12
             WHERE organization_id = $1 AND id = $2 AND version = $3",
            connection.organization_id.uuid(),
            connection.id.uuid(),
            expected,
            connection.vendor.name(),
            connection.label,
            connection.base_url.as_str(),
            Json(StoredOptions::of(&connection.options)) as _,
            credentials.map(Sealed::as_bytes),
            connection.paused.as_ref().map(|pause| pause.reason.as_str()),
            connection.paused.as_ref().map(|pause| pause.since),
            connection.updated_at,
            connection.version,
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        if updated.rows_affected() == 0 {
            return Err(StoreError::Stale);
        }
        transaction.commit().await.store()?;
        if connection.paused.is_none() {
            self.signal.made_due();
        }
        Ok(())
    }

    async fn lift_floors(
        &self,
        organization: OrganizationId,
        id: ConnectionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await.store()?;
        if floors::lift(&mut transaction, organization, id, now).await? == 0 {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE connections SET version = version + 1, updated_at = $3 WHERE organization_id = $1 AND id = $2",
            organization.uuid(),
            id.uuid(),
            now,
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        transaction.commit().await.store()?;
        self.signal.made_due();
        Ok(())
    }

    async fn delete_connection(&self, organization: OrganizationId, id: ConnectionId) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await.store()?;
        // Whoever writes a user at the same time gives it an account here, which must find its connection.
        sqlx::query!("SELECT lock_connections($1)", organization.uuid())
            .execute(&mut *transaction)
            .await
            .store()?;
        // Accounts before the connection, which go with it: everybody locks them in this order.
        locks::accounts_at(&mut transaction, organization, id).await?;
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

    async fn holds(&self, organization: OrganizationId) -> Result<Vec<Hold>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT connection_id, count(*) AS "count!", min(held_since) AS "since!"
               FROM accounts
               WHERE organization_id = $1 AND held_since IS NOT NULL
               GROUP BY connection_id
               ORDER BY connection_id"#,
            organization.uuid(),
        )
        .fetch_all(&self.ready)
        .await
        .store()?;
        let holds = rows.into_iter().map(|row| Hold {
            connection_id: ConnectionId::new(row.connection_id),
            count: row.count.unsigned_abs(),
            since: row.since,
        });
        Ok(holds.collect())
    }

    async fn approve(
        &self,
        organization: OrganizationId,
        connection: ConnectionId,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let approved = sqlx::query!(
            r#"
            WITH held AS (
                SELECT organization_id, user_id, connection_id FROM accounts
                WHERE organization_id = $1 AND connection_id = $2 AND held_since IS NOT NULL
                -- In the order in which everybody locks accounts, so that nobody waits in a circle.
                ORDER BY organization_id, user_id, connection_id
                FOR UPDATE
            ),
            approved AS (
                UPDATE accounts a SET
                    cleared_version = a.desired_version, held_since = NULL,
                    next_attempt_at = greatest($3, a.retry_floor), attempts = 0, last_error = NULL, updated_at = $3
                FROM held
                WHERE a.organization_id = held.organization_id
                  AND a.user_id = held.user_id
                  AND a.connection_id = held.connection_id
                RETURNING 1
            )
            SELECT
                EXISTS (SELECT FROM connections WHERE organization_id = $1 AND id = $2) AS "exists!",
                (SELECT count(*) FROM approved) AS "count!"
            "#,
            organization.uuid(),
            connection.uuid(),
            now,
        )
        .fetch_one(&self.ready)
        .await
        .store()?;
        if approved.count > 0 {
            self.signal.made_due();
        }
        Ok(approved.exists.then_some(approved.count.unsigned_abs()))
    }
}

/// Gives everybody who is not deleted an account at a connection that takes all users, and assigns those who were taken
/// off. The connections must be locked, and then the accounts there.
async fn take_all(transaction: &mut PgConnection, connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    unlink(&mut *transaction, connection.organization_id, connection.id, None).await?;
    // A statement of its own, because it sees the users who were committed before the lock was had.
    sqlx::query!(
        "INSERT INTO accounts AS a (
             organization_id, user_id, connection_id, desired_version, desired_active, next_attempt_at, updated_at
         )
         SELECT u.organization_id, u.id, $2, u.version, u.active, $3, $3
         FROM users u
         WHERE u.organization_id = $1 AND u.deleted_at IS NULL
         -- In the order in which everybody locks accounts.
         ORDER BY u.id
         ON CONFLICT (organization_id, user_id, connection_id) DO UPDATE SET
             is_assigned = true,
             applied_version = least(a.applied_version, a.desired_version - 1),
             next_attempt_at = greatest(excluded.next_attempt_at, a.retry_floor),
             attempts = 0, last_error = NULL, attention_cause = NULL, attention_message = NULL,
             attention_remedy = NULL, attention_since = NULL, held_since = NULL, cleared_version = NULL,
             removed_at = NULL, updated_at = excluded.updated_at
         WHERE NOT a.is_assigned",
        connection.organization_id.uuid(),
        connection.id.uuid(),
        now,
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}
