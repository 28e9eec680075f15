//! Accounts as a queue: own, claim, call, record.

mod announce;
mod departures;
mod ownership;
mod record;
mod records;

use async_trait::async_trait;
use roster_application::ports::{
    AccountQueue, Claim, ClaimKey, ConnectionKey, DepartureCount, Owned, Settlement, StoreError,
};
use roster_domain::{Departures, Timestamp, VendorKey};
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::rows::ClaimRow;

pub(crate) use announce::Announcements;
use announce::{Announcement, announce_alone};
use records::Record;
pub(crate) use records::Records;

#[async_trait]
impl AccountQueue for PostgresStore {
    async fn own(&self, worker: Uuid, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Owned>, StoreError> {
        self.own_connections(worker, now, until, limit).await
    }

    async fn keep(
        &self,
        worker: Uuid,
        connections: &[ConnectionKey],
        until: Timestamp,
    ) -> Result<Vec<ConnectionKey>, StoreError> {
        self.keep_connections(worker, connections, until).await
    }

    async fn disown(&self, worker: Uuid, connections: &[ConnectionKey]) -> Result<(), StoreError> {
        self.disown_connections(worker, connections).await
    }

    async fn claim(
        &self,
        worker: Uuid,
        connection: &ConnectionKey,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let rows = sqlx::query_as!(
            ClaimRow,
            r#"
            WITH due AS (
                SELECT a.organization_id, a.user_id, a.connection_id
                FROM accounts a
                WHERE a.organization_id = $1 AND a.connection_id = $2
                  AND a.next_attempt_at <= $4
                  AND (a.lease_until IS NULL OR a.lease_until <= $4)
                  -- Asked once and before all else: a join would look at every account of a connection that may not be
                  -- worked on.
                  AND (
                      SELECT c.owner = $3 AND c.owned_until > $4 AND c.paused_at IS NULL
                      FROM connections c
                      WHERE c.organization_id = $1 AND c.id = $2
                  )
                ORDER BY a.next_attempt_at
                LIMIT $6
                -- Whoever claims at the same time is passed by.
                FOR UPDATE OF a SKIP LOCKED
            ),
            claimed AS (
                UPDATE accounts a SET lease_until = $5, claim_token = a.claim_token + 1
                FROM due
                WHERE a.organization_id = due.organization_id
                  AND a.user_id = due.user_id
                  AND a.connection_id = due.connection_id
                RETURNING a.*
            )
            SELECT
                a.organization_id, a.user_id, a.connection_id, a.claim_token, a.desired_version, a.applied_version,
                a.vendor_user_id, a.is_missing, a.vendor_active, a.intent, a.invite_url, a.attempts, a.next_attempt_at, a.last_error,
                a.attention_cause, a.attention_message, a.attention_remedy, a.attention_since, a.removed_at,
                a.is_assigned, a.held_since, a.drift_message, a.drift_since,
                a.cleared_version IS NOT DISTINCT FROM u.version AS "departure_is_approved!", a.updated_at,
                u.external_id, u.email, u.first_name, u.last_name, u.phone_country_code, u.phone_number, u.locale,
                u.roles, u.metadata, u.npi, u.therapy_licence, u.note_identifier, u.default_note_template_ids,
                u.specialty_kind, u.specialty_name, u.speech_locale, u.secondary_speech_locale, u.customer_id,
                u.default_session_type, u.pronoun, u.date_of_birth, u.user_name, u.scim, u.active, u.initial_password,
                u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.deleted_at,
                u.version AS user_version,
                c.vendor, c.label, c.base_url, c.options, c.credentials, c.paused_reason, c.paused_at,
                c.created_at AS connection_created_at, c.updated_at AS connection_updated_at,
                c.version AS connection_version
            FROM claimed a
            JOIN users u ON u.organization_id = a.organization_id AND u.id = a.user_id
            JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
            ORDER BY a.next_attempt_at, a.user_id
            "#,
            connection.organization_id.uuid(),
            connection.connection_id.uuid(),
            worker,
            now,
            lease_until,
            i64::from(limit),
        )
        .fetch_all(&self.ready)
        .await
        .store()?;
        Ok(rows
            .into_iter()
            .filter_map(|row| row.into_claim(lease_until).map_err(report).ok())
            .collect())
    }

    async fn announce(&self, claim: &ClaimKey, intent: &VendorKey, lease_until: Timestamp) -> Result<bool, StoreError> {
        let announcement = || Announcement {
            claim: *claim,
            intent: intent.clone(),
            lease_until,
        };
        let alone = announce_alone(&self.ready, claim, intent, lease_until);
        self.crowds.announcements.ask(announcement, alone).await
    }

    async fn renew(&self, claim: &ClaimKey, lease_until: Timestamp) -> Result<bool, StoreError> {
        let renewed = sqlx::query!(
            "UPDATE accounts SET lease_until = $5
             WHERE organization_id = $1 AND user_id = $2 AND connection_id = $3
               AND claim_token = $4 AND lease_until IS NOT NULL",
            claim.organization_id.uuid(),
            claim.user_id.uuid(),
            claim.connection_id.uuid(),
            claim.token,
            lease_until,
        )
        .execute(&self.ready)
        .await
        .store()?;
        Ok(renewed.rows_affected() > 0)
    }

    async fn record(&self, claim: &ClaimKey, settlement: &Settlement, now: Timestamp) -> Result<bool, StoreError> {
        let alone = self.record_alone(claim, settlement, now);
        if settlement.delivered.is_some() {
            return alone.await;
        }
        let record = || Record {
            claim: *claim,
            settlement: settlement.clone(),
            now,
        };
        self.crowds.records.ask(record, alone).await
    }

    async fn release(&self, claims: &[ClaimKey]) -> Result<(), StoreError> {
        let organizations: Vec<_> = claims.iter().map(|claim| claim.organization_id.uuid()).collect();
        let users: Vec<_> = claims.iter().map(|claim| claim.user_id.uuid()).collect();
        let connections: Vec<_> = claims.iter().map(|claim| claim.connection_id.uuid()).collect();
        let tokens: Vec<_> = claims.iter().map(|claim| claim.token).collect();
        sqlx::query!(
            "WITH held AS (
                 SELECT a.organization_id, a.user_id, a.connection_id
                 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[])
                     AS r (organization_id, user_id, connection_id, token)
                 JOIN accounts a USING (organization_id, user_id, connection_id)
                 WHERE a.claim_token = r.token AND a.lease_until IS NOT NULL
                 -- In the order in which everybody locks accounts, so that nobody waits in a circle.
                 ORDER BY a.organization_id, a.user_id, a.connection_id
                 FOR UPDATE OF a
             )
             UPDATE accounts a SET lease_until = NULL
             FROM held
             WHERE a.organization_id = held.organization_id
               AND a.user_id = held.user_id
               AND a.connection_id = held.connection_id",
            &organizations,
            &users,
            &connections,
            &tokens,
        )
        .execute(&self.ready)
        .await
        .store()?;
        self.signal.made_due();
        Ok(())
    }

    async fn next_due(&self, worker: Uuid, except: &[ConnectionKey]) -> Result<Option<Timestamp>, StoreError> {
        self.next_to_own(worker, except).await
    }

    async fn next_due_at(&self, connection: &ConnectionKey) -> Result<Option<Timestamp>, StoreError> {
        self.next_to_claim(connection).await
    }

    async fn departures(&self, connection: &ConnectionKey, count: DepartureCount) -> Result<Departures, StoreError> {
        self.count_departures(connection, count).await
    }

    async fn reclaim(&self) -> Result<u64, StoreError> {
        // Other processes may hold leases here, and nobody can tell theirs from ours.
        Ok(0)
    }
}

/// A row that cannot be read must not keep the others from being worked on. Its lease runs out, and it is reported again.
#[expect(clippy::needless_pass_by_value, reason = "it is handed on by `map_err`")]
fn report(corrupt: StoreError) {
    tracing::error!(error = &corrupt as &dyn std::error::Error, "a row was passed over");
}
