//! Histories.

use async_trait::async_trait;
use roster_application::ports::{ChangeRecord, HistoryEntry, HistoryStore, StoreError};
use roster_domain::{ApiClientId, ConnectionId, Deed, OrganizationId, Timestamp, User, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::rows::HistoryRow;

#[async_trait]
impl HistoryStore for PostgresStore {
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
            (
                SELECT
                    id AS "id!", at AS "at!", connection_id, surface AS "surface?", client_id, deed AS "deed?",
                    fields AS "fields?", version AS "version?", NULL::text AS vendor, NULL::text AS operation,
                    NULL::text AS outcome, NULL::integer AS status, NULL::text AS message, NULL::bigint AS took_ms
                FROM audit_log
                WHERE organization_id = $1 AND user_id = $2 AND id < $3
                ORDER BY id DESC
                LIMIT $4
            )
            UNION ALL
            (
                SELECT
                    id, at, connection_id, NULL, NULL, NULL, NULL, NULL, vendor, operation, outcome, status, message,
                    took_ms
                FROM events
                WHERE organization_id = $1 AND user_id = $2 AND id < $3
                ORDER BY id DESC
                LIMIT $4
            )
            ORDER BY 1 DESC
            LIMIT $4
            "#,
            organization.uuid(),
            user.uuid(),
            // Nothing has the greatest UUID, and a bound that is always there is one that the index serves.
            before.unwrap_or(Uuid::max()),
            i64::from(limit),
        )
        .fetch_all(&self.ready)
        .await
        .store()?
        .into_iter()
        .map(HistoryEntry::try_from)
        .collect()
    }

    async fn purge_history(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin().await.store()?;
        let changes = sqlx::query!("DELETE FROM audit_log WHERE at < $1", before)
            .execute(&mut *transaction)
            .await
            .store()?;
        let calls = sqlx::query!("DELETE FROM events WHERE at < $1", before)
            .execute(&mut *transaction)
            .await
            .store()?;
        transaction.commit().await.store()?;
        Ok(changes.rows_affected() + calls.rows_affected())
    }
}

/// Stores a change in a user's history, within the transaction that makes it.
pub(crate) async fn tell(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    user: UserId,
    change: &ChangeRecord,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO audit_log (
             organization_id, user_id, id, at, surface, client_id, deed, fields, connection_id, version
         )
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        organization.uuid(),
        user.uuid(),
        change.id,
        change.at,
        change.actor.surface.name(),
        change.actor.client.map(ApiClientId::uuid),
        change.deed.name(),
        &change.fields,
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
    transaction: &mut PgConnection,
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
    transaction: &mut PgConnection,
    organization: OrganizationId,
    change: &ChangeRecord,
    told: &[Told],
) -> Result<(), StoreError> {
    if told.is_empty() {
        return Ok(());
    }
    let users: Vec<_> = told.iter().map(|told| told.user.uuid()).collect();
    let ids: Vec<_> = told.iter().map(|told| told.id).collect();
    let deeds: Vec<_> = told.iter().map(|told| told.deed.name()).collect();
    let connections: Vec<_> = told
        .iter()
        .map(|told| told.connection.map(ConnectionId::uuid))
        .collect();
    sqlx::query!(
        "INSERT INTO audit_log (
             organization_id, user_id, id, at, surface, client_id, deed, fields, connection_id, version
         )
         SELECT u.organization_id, u.id, told.id, $6, $7, $8, told.deed, $9, told.connection_id, u.version
         FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::uuid[]) AS told (user_id, id, deed, connection_id)
         JOIN users u ON u.organization_id = $1 AND u.id = told.user_id",
        organization.uuid(),
        &users,
        &ids,
        &deeds as &[&str],
        &connections as &[Option<Uuid>],
        change.at,
        change.actor.surface.name(),
        change.actor.client.map(ApiClientId::uuid),
        &change.fields,
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}
