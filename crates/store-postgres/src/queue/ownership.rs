//! Who works on which connection, and when there is something to work on.

use roster_application::ports::{ConnectionKey, Owned, Sealed, StoreError};
use roster_domain::{Connection, ConnectionId, OrganizationId, Timestamp};
use uuid::Uuid;

use super::report;
use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::rows::ConnectionRow;

impl PostgresStore {
    /// Looks first, and writes only where something is to be taken: workers ask after every change of a user, and what
    /// one of them owns for at least half of the time asked for needs no writing.
    pub(super) async fn own_connections(
        &self,
        worker: Uuid,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Owned>, StoreError> {
        let candidates = sqlx::query!(
            r#"
            SELECT
                c.organization_id, c.id, c.vendor, c.label, c.base_url, c.options, c.credentials, c.paused_reason,
                c.paused_at, c.created_at, c.updated_at, c.version,
                c.owner IS NOT DISTINCT FROM $1 AND c.owned_until >= $3 AS "is_owned!",
                (
                    -- The end of an index.
                    SELECT max(a.retry_floor) FROM accounts a
                    WHERE a.organization_id = c.organization_id AND a.connection_id = c.id AND a.retry_floor > $2
                ) AS not_before
            FROM connections c
            CROSS JOIN LATERAL (
                SELECT a.next_attempt_at FROM accounts a
                WHERE a.organization_id = c.organization_id AND a.connection_id = c.id
                  AND a.next_attempt_at <= $2 AND (a.lease_until IS NULL OR a.lease_until <= $2)
                ORDER BY a.next_attempt_at
                LIMIT 1
            ) AS longest
            WHERE c.paused_at IS NULL AND (c.owner IS NULL OR c.owner = $1 OR c.owned_until <= $2)
            -- Those that the worker has already do not keep it from others, however many they are.
            ORDER BY c.owner IS NOT DISTINCT FROM $1, longest.next_attempt_at, c.organization_id, c.id
            LIMIT $4
            "#,
            worker,
            now,
            now + (until - now) / 2,
            i64::from(limit),
        )
        .fetch_all(&self.ready)
        .await
        .store()?;
        let free: Vec<_> = candidates
            .iter()
            .filter(|row| !row.is_owned)
            .map(|row| (row.organization_id, row.id))
            .collect();
        let taken = if free.is_empty() {
            Vec::new()
        } else {
            self.take(worker, now, until, free).await?
        };
        Ok(candidates
            .into_iter()
            .filter(|row| row.is_owned || taken.contains(&(row.organization_id, row.id)))
            .filter_map(|row| {
                let not_before = row.not_before;
                let row = ConnectionRow {
                    organization_id: row.organization_id,
                    id: row.id,
                    vendor: row.vendor,
                    label: row.label,
                    base_url: row.base_url,
                    options: row.options,
                    credentials: row.credentials,
                    paused_reason: row.paused_reason,
                    paused_at: row.paused_at,
                    created_at: row.created_at,
                    updated_at: row.updated_at,
                    version: row.version,
                };
                let read: Result<(Connection, Sealed), StoreError> = row.try_into();
                let (connection, _) = read.map_err(report).ok()?;
                Some(Owned { connection, not_before })
            })
            .collect())
    }

    /// Takes those connections that are still free. Returns which.
    async fn take(
        &self,
        worker: Uuid,
        now: Timestamp,
        until: Timestamp,
        free: Vec<(Uuid, Uuid)>,
    ) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
        let (organizations, connections): (Vec<_>, Vec<_>) = free.into_iter().unzip();
        let taken = sqlx::query!(
            "WITH free AS (
                 SELECT c.organization_id, c.id
                 FROM unnest($4::uuid[], $5::uuid[]) AS f (organization_id, id)
                 JOIN connections c USING (organization_id, id)
                 WHERE c.paused_at IS NULL AND (c.owner IS NULL OR c.owner = $1 OR c.owned_until <= $2)
                 -- Workers who take at the same time pass each other by. Not FOR UPDATE: that would pass by connections
                 -- at which users get accounts at this moment, too.
                 FOR NO KEY UPDATE OF c SKIP LOCKED
             )
             UPDATE connections c SET owner = $1, owned_until = $3
             FROM free
             WHERE c.organization_id = free.organization_id AND c.id = free.id
             RETURNING c.organization_id, c.id",
            worker,
            now,
            until,
            &organizations,
            &connections,
        )
        .fetch_all(&self.ready)
        .await
        .store()?;
        Ok(taken.into_iter().map(|row| (row.organization_id, row.id)).collect())
    }

    pub(super) async fn keep_connections(
        &self,
        worker: Uuid,
        connections: &[ConnectionKey],
        until: Timestamp,
    ) -> Result<Vec<ConnectionKey>, StoreError> {
        let (organizations, connections) = columns(connections);
        let kept = sqlx::query!(
            "UPDATE connections c SET owned_until = greatest(c.owned_until, $4)
             FROM unnest($2::uuid[], $3::uuid[]) AS k (organization_id, id)
             WHERE c.organization_id = k.organization_id AND c.id = k.id AND c.owner = $1
             RETURNING c.organization_id, c.id",
            worker,
            &organizations,
            &connections,
            until,
        )
        .fetch_all(&self.ready)
        .await
        .store()?;
        let kept = kept.into_iter().map(|row| ConnectionKey {
            organization_id: OrganizationId::new(row.organization_id),
            connection_id: ConnectionId::new(row.id),
        });
        Ok(kept.collect())
    }

    pub(super) async fn disown_connections(
        &self,
        worker: Uuid,
        connections: &[ConnectionKey],
    ) -> Result<(), StoreError> {
        let (organizations, connections) = columns(connections);
        let disowned = sqlx::query!(
            "UPDATE connections c SET owner = NULL, owned_until = NULL
             FROM unnest($2::uuid[], $3::uuid[]) AS k (organization_id, id)
             WHERE c.organization_id = k.organization_id AND c.id = k.id AND c.owner = $1",
            worker,
            &organizations,
            &connections,
        )
        .execute(&self.ready)
        .await
        .store()?;
        if disowned.rows_affected() > 0 {
            // Others may take over at once what is due there.
            self.signal.made_due();
        }
        Ok(())
    }

    /// For each connection the first entry of an index, and the few rows that are leased.
    pub(super) async fn next_to_own(
        &self,
        worker: Uuid,
        except: &[ConnectionKey],
    ) -> Result<Option<Timestamp>, StoreError> {
        let (organizations, connections) = columns(except);
        sqlx::query_scalar!(
            "SELECT min(greatest(due.at, CASE WHEN c.owner <> $1 THEN c.owned_until END))
             FROM connections c
             CROSS JOIN LATERAL (
                 -- least() passes over nulls.
                 SELECT least(
                     (
                         SELECT a.next_attempt_at FROM accounts a
                         WHERE a.organization_id = c.organization_id AND a.connection_id = c.id
                           AND a.next_attempt_at IS NOT NULL AND a.lease_until IS NULL
                         ORDER BY a.next_attempt_at
                         LIMIT 1
                     ),
                     (
                         SELECT min(greatest(a.next_attempt_at, a.lease_until)) FROM accounts a
                         WHERE a.organization_id = c.organization_id AND a.connection_id = c.id
                           AND a.next_attempt_at IS NOT NULL AND a.lease_until IS NOT NULL
                     )
                 ) AS at
             ) AS due
             WHERE due.at IS NOT NULL AND c.paused_at IS NULL
               AND NOT EXISTS (
                   SELECT FROM unnest($2::uuid[], $3::uuid[]) AS k (organization_id, id)
                   WHERE k.organization_id = c.organization_id AND k.id = c.id
               )",
            worker,
            &organizations,
            &connections,
        )
        .fetch_one(&self.ready)
        .await
        .store()
    }

    pub(super) async fn next_to_claim(&self, connection: &ConnectionKey) -> Result<Option<Timestamp>, StoreError> {
        sqlx::query_scalar!(
            "SELECT least(
                 (
                     SELECT a.next_attempt_at FROM accounts a
                     WHERE a.organization_id = $1 AND a.connection_id = $2
                       AND a.next_attempt_at IS NOT NULL AND a.lease_until IS NULL
                     ORDER BY a.next_attempt_at
                     LIMIT 1
                 ),
                 (
                     SELECT min(greatest(a.next_attempt_at, a.lease_until)) FROM accounts a
                     WHERE a.organization_id = $1 AND a.connection_id = $2
                       AND a.next_attempt_at IS NOT NULL AND a.lease_until IS NOT NULL
                 )
             )",
            connection.organization_id.uuid(),
            connection.connection_id.uuid(),
        )
        .fetch_one(&self.ready)
        .await
        .store()
    }
}

/// Keys as two columns.
fn columns(keys: &[ConnectionKey]) -> (Vec<Uuid>, Vec<Uuid>) {
    keys.iter()
        .map(|key| (key.organization_id.uuid(), key.connection_id.uuid()))
        .unzip()
}
