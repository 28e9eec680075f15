//! Histories.

use async_trait::async_trait;
use roster_application::ports::{ChangeRecord, HistoryEntry, HistoryStore, StoreError};
use roster_domain::{ApiClientId, ConnectionId, Deed, OrganizationId, Timestamp, User, UserId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::SqliteStore;
use crate::error::IntoStoreError;
use crate::rows::HistoryRow;
use crate::users::json;

#[async_trait]
impl HistoryStore for SqliteStore {
    async fn history(
        &self,
        organization: OrganizationId,
        user: UserId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        // Each half is a walk down its key that ends after so many rows.
        sqlx::query_as!(
            HistoryRow,
            r#"
            SELECT
                id AS "id!: Uuid", at AS "at!: i64", connection_id AS "connection_id?: Uuid",
                surface AS "surface?: String", client_id AS "client_id?: Uuid", deed AS "deed?: String",
                fields AS "fields?: String", version AS "version?: i64", vendor AS "vendor?: String",
                operation AS "operation?: String", outcome AS "outcome?: String", status AS "status?: i64",
                message AS "message?: String", took_ms AS "took_ms?: i64"
            FROM (
                SELECT * FROM (
                    SELECT
                        id, at, connection_id, surface, client_id, deed, fields, version, NULL AS vendor,
                        NULL AS operation, NULL AS outcome, NULL AS status, NULL AS message, NULL AS took_ms
                    FROM audit_log
                    WHERE organization_id = ?1 AND user_id = ?2 AND id < ?3
                    ORDER BY id DESC
                    LIMIT ?4
                )
                UNION ALL
                SELECT * FROM (
                    SELECT
                        id, at, connection_id, NULL, NULL, NULL, NULL, NULL, vendor, operation, outcome, status,
                        message, took_ms
                    FROM events
                    WHERE organization_id = ?1 AND user_id = ?2 AND id < ?3
                    ORDER BY id DESC
                    LIMIT ?4
                )
            )
            ORDER BY id DESC
            LIMIT ?4
            "#,
            organization.uuid(),
            user.uuid(),
            // Nothing has the greatest UUID, and a bound that is always there is one that the index serves.
            before.unwrap_or(Uuid::max()),
            i64::from(limit),
        )
        .fetch_all(&self.readers)
        .await
        .store()?
        .into_iter()
        .map(HistoryEntry::try_from)
        .collect()
    }

    async fn purge_history(&self, before: Timestamp) -> Result<u64, StoreError> {
        let before = before.timestamp_micros();
        let mut transaction = self.begin().await?;
        let changes = sqlx::query!("DELETE FROM audit_log WHERE at < ?1", before)
            .execute(&mut *transaction)
            .await
            .store()?;
        let calls = sqlx::query!("DELETE FROM events WHERE at < ?1", before)
            .execute(&mut *transaction)
            .await
            .store()?;
        transaction.commit().await.store()?;
        Ok(changes.rows_affected() + calls.rows_affected())
    }
}

/// Stores a change in a user's history, within the transaction that makes it.
pub(crate) async fn tell(
    transaction: &mut SqliteConnection,
    organization: OrganizationId,
    user: UserId,
    change: &ChangeRecord,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO audit_log (
             organization_id, user_id, id, at, surface, client_id, deed, fields, connection_id, version
         )
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        organization.uuid(),
        user.uuid(),
        change.id,
        change.at.timestamp_micros(),
        change.actor.surface.name(),
        change.actor.client.map(ApiClientId::uuid),
        change.deed.name(),
        json(&change.fields)?,
        change.connection_id.map(ConnectionId::uuid),
        change.version,
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}

/// Tells the history of a user who was just deleted of the groups that the user left by it, so many of them.
pub(crate) async fn tell_left(
    transaction: &mut SqliteConnection,
    user: &User,
    deleted: &ChangeRecord,
    groups: usize,
) -> Result<(), StoreError> {
    let told: Vec<_> = (0..groups)
        .map(|place| Told {
            user: user.id,
            id: deleted.following(place),
            deed: Deed::Left,
            connection: None,
        })
        .collect();
    let left = ChangeRecord {
        fields: Vec::new(),
        ..deleted.clone()
    };
    tell_all(transaction, user.organization_id, &left, &told).await
}

/// What is told of one of many users.
pub(crate) struct Told {
    pub(crate) user: UserId,
    pub(crate) id: Uuid,
    pub(crate) deed: Deed,
    pub(crate) connection: Option<ConnectionId>,
}

/// Stores a change in the histories of many users, with the version of each.
pub(crate) async fn tell_all(
    transaction: &mut SqliteConnection,
    organization: OrganizationId,
    change: &ChangeRecord,
    told: &[Told],
) -> Result<(), StoreError> {
    if told.is_empty() {
        return Ok(());
    }
    let hex = |id: Uuid| id.simple().to_string();
    let rows: Vec<_> = told
        .iter()
        .map(|told| {
            let connection = told.connection.map(|connection| hex(connection.uuid()));
            (hex(told.user.uuid()), hex(told.id), told.deed.name(), connection)
        })
        .collect();
    sqlx::query!(
        "INSERT INTO audit_log (
             organization_id, user_id, id, at, surface, client_id, deed, fields, connection_id, version
         )
         SELECT u.organization_id, u.id, unhex(value ->> 1), ?3, ?4, ?5, value ->> 2, ?6, unhex(value ->> 3), u.version
         -- In this order: the other way round, the list is read once for each user of the organization.
         FROM json_each(?2) CROSS JOIN users u ON u.organization_id = ?1 AND u.id = unhex(value ->> 0)",
        organization.uuid(),
        json(&rows)?,
        change.at.timestamp_micros(),
        change.actor.surface.name(),
        change.actor.client.map(ApiClientId::uuid),
        json(&change.fields)?,
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}
