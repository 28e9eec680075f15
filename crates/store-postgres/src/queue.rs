//! Accounts as a queue: claim, call, record.

use async_trait::async_trait;
use roster_application::ports::{AccountQueue, Claim, ClaimKey, Settled, Settlement, StoreError};
use roster_domain::{Attention, Timestamp, VendorKey};

use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::rows::ClaimRow;

#[async_trait]
impl AccountQueue for PostgresStore {
    async fn claim(&self, now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<Claim>, StoreError> {
        let rows = sqlx::query_as!(
            ClaimRow,
            r#"
            WITH due AS (
                SELECT a.organization_id, a.user_id, a.connection_id
                FROM accounts a
                JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
                WHERE a.next_attempt_at <= $1
                  AND (a.lease_until IS NULL OR a.lease_until <= $1)
                  AND c.paused_at IS NULL
                ORDER BY a.next_attempt_at
                LIMIT $3
                -- Workers who claim at the same time pass each other by.
                FOR UPDATE OF a SKIP LOCKED
            ),
            claimed AS (
                UPDATE accounts a SET lease_until = $2, claim_token = a.claim_token + 1
                FROM due
                WHERE a.organization_id = due.organization_id
                  AND a.user_id = due.user_id
                  AND a.connection_id = due.connection_id
                RETURNING a.*
            )
            SELECT
                a.organization_id, a.user_id, a.connection_id, a.claim_token, a.desired_version, a.applied_version,
                a.vendor_user_id, a.vendor_active, a.intent, a.invite_url, a.attempts, a.next_attempt_at, a.last_error,
                a.attention_cause, a.attention_message, a.attention_remedy, a.attention_since, a.removed_at,
                a.updated_at,
                u.external_id, u.email, u.first_name, u.last_name, u.phone_country_code, u.phone_number, u.locale,
                u.roles, u.metadata, u.npi, u.therapy_licence, u.note_identifier, u.default_note_template_ids,
                u.specialty_kind, u.specialty_name, u.speech_locale, u.secondary_speech_locale, u.customer_id,
                u.default_session_type, u.pronoun, u.date_of_birth, u.active,
                u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.deleted_at,
                u.version AS user_version,
                c.vendor, c.label, c.base_url, c.api_version, c.allow_private_addresses, c.credentials,
                c.paused_reason, c.paused_at, c.created_at AS connection_created_at,
                c.updated_at AS connection_updated_at, c.version AS connection_version
            FROM claimed a
            JOIN users u ON u.organization_id = a.organization_id AND u.id = a.user_id
            JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
            ORDER BY a.next_attempt_at, a.organization_id, a.user_id, a.connection_id
            "#,
            now,
            lease_until,
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await
        .store()?;
        Ok(rows
            .into_iter()
            .filter_map(|row| row.into_claim(lease_until).map_err(report).ok())
            .collect())
    }

    async fn announce(&self, claim: &ClaimKey, intent: &VendorKey, lease_until: Timestamp) -> Result<bool, StoreError> {
        let announced = sqlx::query!(
            "UPDATE accounts SET intent = $5, lease_until = $6
             WHERE organization_id = $1 AND user_id = $2 AND connection_id = $3
               AND claim_token = $4 AND lease_until IS NOT NULL",
            claim.organization_id.uuid(),
            claim.user_id.uuid(),
            claim.connection_id.uuid(),
            claim.token,
            intent.as_str(),
            lease_until,
        )
        .execute(&self.pool)
        .await
        .store()?;
        Ok(announced.rows_affected() > 0)
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
        .execute(&self.pool)
        .await
        .store()?;
        Ok(renewed.rows_affected() > 0)
    }

    async fn record(&self, claim: &ClaimKey, settlement: &Settlement, now: Timestamp) -> Result<bool, StoreError> {
        let ending = Ending::of(&settlement.settled, now);
        let known = &settlement.known;
        let recorded = sqlx::query_scalar!(
            r#"
            UPDATE accounts SET
                vendor_user_id = $5, vendor_active = $6, applied_version = $7, intent = $8,
                invite_url = coalesce($9, invite_url),
                -- In each line: the user was changed since the claim, or it was not. One that was has a clean slate
                -- already, and stays due; only the floor still holds.
                attempts = CASE WHEN desired_version > $10 THEN attempts ELSE coalesce($11, attempts) END,
                last_error = CASE WHEN desired_version > $10 THEN NULL WHEN $12 THEN last_error ELSE $13 END,
                next_attempt_at = CASE
                    WHEN desired_version > $10 THEN greatest($14, CASE WHEN $12 THEN retry_floor ELSE $15 END)
                    ELSE $16
                END,
                attention_cause = CASE WHEN desired_version > $10 THEN NULL ELSE $17 END,
                attention_message = CASE WHEN desired_version > $10 THEN NULL ELSE $18 END,
                attention_remedy = CASE WHEN desired_version > $10 THEN NULL ELSE $19 END,
                attention_since = CASE WHEN desired_version > $10 THEN NULL ELSE $20::timestamptz END,
                removed_at = CASE WHEN desired_version > $10 THEN NULL ELSE $21::timestamptz END,
                retry_floor = CASE WHEN $12 THEN retry_floor ELSE $15 END,
                lease_until = NULL, updated_at = $14
            WHERE organization_id = $1 AND user_id = $2 AND connection_id = $3
              AND claim_token = $4 AND lease_until IS NOT NULL
            RETURNING next_attempt_at <= $14 AS "due"
            "#,
            claim.organization_id.uuid(),
            claim.user_id.uuid(),
            claim.connection_id.uuid(),
            claim.token,
            known.vendor_user_id.as_ref().map(roster_domain::VendorUserId::as_str),
            known.active,
            known.applied_version,
            known.intent.as_ref().map(VendorKey::as_str),
            settlement.invite_url,
            settlement.version,
            ending.attempts,
            ending.untried,
            ending.error,
            now,
            ending.floor,
            ending.next_attempt_at,
            ending.attention.map(|attention| attention.cause.name()),
            ending.attention.map(|attention| without_nul(&attention.message)),
            ending.attention.map(|attention| attention.remedy.name()),
            ending.attention.map(|attention| attention.since),
            ending.removed_at,
        )
        .fetch_optional(&self.pool)
        .await
        .store()?;
        if recorded.flatten() == Some(true) {
            self.signal.made_due();
        }
        Ok(recorded.is_some())
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
        .execute(&self.pool)
        .await
        .store()?;
        self.signal.made_due();
        Ok(())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        sqlx::query_scalar!(
            "SELECT min(greatest(a.next_attempt_at, a.lease_until))
             FROM accounts a
             JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
             WHERE a.next_attempt_at IS NOT NULL AND c.paused_at IS NULL",
        )
        .fetch_one(&self.pool)
        .await
        .store()
    }

    async fn reclaim(&self) -> Result<u64, StoreError> {
        // Other processes may hold leases here, and nobody can tell theirs from ours.
        Ok(0)
    }
}

/// A row that cannot be read must not keep the others from being worked on. Its lease runs out, and it is reported again.
#[expect(clippy::needless_pass_by_value, reason = "it is handed on by `map_err`")]
fn report(corrupt: StoreError) {
    tracing::error!(error = &corrupt as &dyn std::error::Error, "an account was passed over");
}

/// How a claim ended, as values of columns.
struct Ending<'a> {
    next_attempt_at: Option<Timestamp>,
    floor: Option<Timestamp>,
    /// `None` leaves the attempts as they are.
    attempts: Option<i32>,
    error: Option<String>,
    attention: Option<&'a Attention>,
    removed_at: Option<Timestamp>,
    /// Nothing was tried, so that what is known of earlier attempts stays.
    untried: bool,
}

impl<'a> Ending<'a> {
    fn of(settled: &'a Settled, now: Timestamp) -> Self {
        let nothing = Self {
            next_attempt_at: None,
            floor: None,
            attempts: None,
            error: None,
            attention: None,
            removed_at: None,
            untried: false,
        };
        match settled {
            Settled::InSync => Self {
                attempts: Some(0),
                ..nothing
            },
            Settled::Removed => Self {
                attempts: Some(0),
                removed_at: Some(now),
                ..nothing
            },
            Settled::Retry {
                at,
                floor,
                attempts,
                error,
            } => Self {
                next_attempt_at: Some(floor.map_or(*at, |floor| floor.max(*at))),
                floor: *floor,
                attempts: Some(i32::try_from(*attempts).unwrap_or(i32::MAX)),
                error: Some(without_nul(error)),
                ..nothing
            },
            Settled::Attention(attention) => Self {
                attention: Some(attention),
                ..nothing
            },
            Settled::GivenBack => Self {
                next_attempt_at: Some(now),
                untried: true,
                ..nothing
            },
        }
    }
}

/// Words that may quote a vendor, without the one character that PostgreSQL cannot store.
fn without_nul(words: &str) -> String {
    words.replace('\0', "")
}
