//! Who works on which connection, and when there is something to work on.

use std::collections::HashSet;

use roster_application::ports::{ConnectionKey, Owned, Sealed, StoreError};
use roster_domain::{Connection, ConnectionId, OrganizationId, Timestamp};
use uuid::Uuid;

use super::report;
use crate::SqliteStore;
use crate::error::IntoStoreError;
use crate::rows::{ConnectionRow, Place};
use crate::users::json;

impl SqliteStore {
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
                c.organization_id AS "organization_id: Uuid", c.id AS "id: Uuid", c.vendor, c.label, c.base_url,
                c.options, c.credentials, c.paused_reason, c.paused_at, c.created_at, c.updated_at, c.version,
                c.owner IS ?1 AND c.owned_until >= ?3 AS "is_owned!: bool",
                (
                    SELECT a.next_attempt_at FROM accounts a INDEXED BY accounts_due
                    WHERE a.organization_id = c.organization_id AND a.connection_id = c.id
                      AND a.next_attempt_at <= ?2 AND (a.lease_until IS NULL OR a.lease_until <= ?2)
                    ORDER BY a.next_attempt_at
                    LIMIT 1
                ) AS "longest?: i64",
                (
                    -- The end of an index.
                    SELECT max(a.retry_floor) FROM accounts a INDEXED BY accounts_floor
                    WHERE a.organization_id = c.organization_id AND a.connection_id = c.id AND a.retry_floor > ?2
                ) AS "not_before?: i64"
            FROM connections c
            WHERE c.paused_at IS NULL AND (c.owner IS NULL OR c.owner = ?1 OR c.owned_until <= ?2)
              AND "longest?: i64" IS NOT NULL
            -- Those that the worker has already do not keep it from others, however many they are.
            ORDER BY c.owner IS ?1, "longest?: i64", c.organization_id, c.id
            LIMIT ?4
            "#,
            worker,
            now.timestamp_micros(),
            (now + (until - now) / 2).timestamp_micros(),
            i64::from(limit),
        )
        .fetch_all(&self.readers)
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
                let place = Place::new("accounts", format_args!("those at connection {}", row.id));
                let not_before = place
                    .optional_time("retry_floor", row.not_before)
                    .map_err(report)
                    .ok()?;
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
        let taken = sqlx::query!(
            r#"
            UPDATE connections SET owner = ?2, owned_until = ?4
            WHERE (organization_id, id) IN (SELECT unhex(value ->> 0), unhex(value ->> 1) FROM json_each(?1))
              AND paused_at IS NULL AND (owner IS NULL OR owner = ?2 OR owned_until <= ?3)
            RETURNING organization_id AS "organization_id: Uuid", id AS "id: Uuid"
            "#,
            json(&hex(free))?,
            worker,
            now.timestamp_micros(),
            until.timestamp_micros(),
        )
        .fetch_all(&mut *self.writer().await?)
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
        let kept = sqlx::query!(
            r#"
            UPDATE connections SET owned_until = max(owned_until, ?3)
            WHERE (organization_id, id) IN (SELECT unhex(value ->> 0), unhex(value ->> 1) FROM json_each(?1))
              AND owner = ?2
            RETURNING organization_id AS "organization_id: Uuid", id AS "id: Uuid"
            "#,
            json(&hex(connections.iter().map(key)))?,
            worker,
            until.timestamp_micros(),
        )
        .fetch_all(&mut *self.writer().await?)
        .await
        .store()?;
        let kept: HashSet<_> = kept.into_iter().map(|row| (row.organization_id, row.id)).collect();
        Ok(connections
            .iter()
            .filter(|connection| kept.contains(&key(connection)))
            .copied()
            .collect())
    }

    pub(super) async fn disown_connections(
        &self,
        worker: Uuid,
        connections: &[ConnectionKey],
    ) -> Result<(), StoreError> {
        let disowned = sqlx::query!(
            "UPDATE connections SET owner = NULL, owned_until = NULL
             WHERE (organization_id, id) IN (SELECT unhex(value ->> 0), unhex(value ->> 1) FROM json_each(?1))
               AND owner = ?2",
            json(&hex(connections.iter().map(key)))?,
            worker,
        )
        .execute(&mut *self.writer().await?)
        .await
        .store()?;
        if disowned.rows_affected() > 0 {
            // Others may take over at once what is due there.
            self.made_due();
        }
        Ok(())
    }

    /// For each connection the first entry of an index, and the few rows that are leased. SQLite, which keeps no count of
    /// them, would look at all of the organization's accounts instead.
    pub(super) async fn next_to_own(
        &self,
        worker: Uuid,
        except: &[ConnectionKey],
    ) -> Result<Option<Timestamp>, StoreError> {
        let connections = sqlx::query!(
            r#"
            SELECT
                c.organization_id AS "organization_id: Uuid", c.id AS "id: Uuid", c.owner AS "owner: Uuid",
                c.owned_until,
                (
                    SELECT a.next_attempt_at FROM accounts a INDEXED BY accounts_due
                    WHERE a.organization_id = c.organization_id AND a.connection_id = c.id
                      AND a.next_attempt_at IS NOT NULL AND a.lease_until IS NULL
                    ORDER BY a.next_attempt_at
                    LIMIT 1
                ) AS "due: i64",
                (
                    SELECT min(max(a.next_attempt_at, a.lease_until)) FROM accounts a INDEXED BY accounts_leased
                    WHERE a.organization_id = c.organization_id AND a.connection_id = c.id
                      AND a.next_attempt_at IS NOT NULL AND a.lease_until IS NOT NULL
                ) AS "leased: i64"
            FROM connections c
            WHERE c.paused_at IS NULL
            "#,
        )
        .fetch_all(&self.readers)
        .await
        .store()?;
        let next = connections
            .into_iter()
            .filter(|row| {
                let key = ConnectionKey {
                    organization_id: OrganizationId::new(row.organization_id),
                    connection_id: ConnectionId::new(row.id),
                };
                !except.contains(&key)
            })
            .filter_map(|row| {
                let due = earliest(row.due, row.leased)?;
                let owned_until = row.owned_until.filter(|_| row.owner != Some(worker));
                Some(owned_until.map_or(due, |until| due.max(until)))
            })
            .min();
        Place::new("accounts", "the account that is due next").optional_time("next_attempt_at", next)
    }

    pub(super) async fn next_to_claim(&self, connection: &ConnectionKey) -> Result<Option<Timestamp>, StoreError> {
        let next = sqlx::query!(
            r#"
            SELECT
                (
                    SELECT a.next_attempt_at FROM accounts a INDEXED BY accounts_due
                    WHERE a.organization_id = ?1 AND a.connection_id = ?2
                      AND a.next_attempt_at IS NOT NULL AND a.lease_until IS NULL
                    ORDER BY a.next_attempt_at
                    LIMIT 1
                ) AS "due: i64",
                (
                    SELECT min(max(a.next_attempt_at, a.lease_until)) FROM accounts a INDEXED BY accounts_leased
                    WHERE a.organization_id = ?1 AND a.connection_id = ?2
                      AND a.next_attempt_at IS NOT NULL AND a.lease_until IS NOT NULL
                ) AS "leased: i64"
            "#,
            connection.organization_id.uuid(),
            connection.connection_id.uuid(),
        )
        .fetch_one(&self.readers)
        .await
        .store()?;
        let place = Place::new("accounts", "the account that is due next");
        place.optional_time("next_attempt_at", earliest(next.due, next.leased))
    }
}

/// The earlier of two times of which either may be absent.
fn earliest(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).min()
}

fn key(connection: &ConnectionKey) -> (Uuid, Uuid) {
    (connection.organization_id.uuid(), connection.connection_id.uuid())
}

/// Ids as SQL reads them from JSON.
fn hex(connections: impl IntoIterator<Item = (Uuid, Uuid)>) -> Vec<(String, String)> {
    let hex = |id: Uuid| id.simple().to_string();
    connections
        .into_iter()
        .map(|(organization, connection)| (hex(organization), hex(connection)))
        .collect()
}
