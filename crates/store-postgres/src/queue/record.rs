//! What came of a claim.

use roster_application::ports::{CallRecord, ClaimKey, Sealed, Settled, Settlement, StoreError};
use roster_domain::{Attention, Timestamp, VendorKey};
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::IntoStoreError;

impl PostgresStore {
    #[expect(clippy::too_many_lines, reason = "it is one statement, so that it is one round trip")]
    pub(super) async fn record_alone(
        &self,
        claim: &ClaimKey,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let ending = Ending::of(&settlement.settled, now);
        let known = &settlement.known;
        let calls = Calls::of(&settlement.calls);
        let recorded = sqlx::query_scalar!(
            r#"
            WITH person AS (
                -- Users before accounts: everybody locks them in this order.
                SELECT u.id FROM users u
                WHERE u.organization_id = $1 AND u.id = $2 AND $28::bytea IS NOT NULL
                FOR NO KEY UPDATE
            ),
            held AS (
                SELECT
                    a.organization_id, a.user_id, a.connection_id,
                    -- The user was changed, or assigned otherwise, since the claim. The account has a clean slate then,
                    -- and stays due; only the floor still holds.
                    a.desired_version > $10 OR a.is_assigned <> $11 AS is_outdated,
                    -- The departure was approved while it was being held.
                    $22 AND a.cleared_version IS NOT DISTINCT FROM a.desired_version AS is_cleared
                FROM accounts a
                WHERE a.organization_id = $1 AND a.user_id = $2 AND a.connection_id = $3
                  AND a.claim_token = $4 AND a.lease_until IS NOT NULL
                  AND (SELECT count(*) FROM person) >= 0
                FOR UPDATE
            ),
            recorded AS (
                UPDATE accounts a SET
                    vendor_user_id = $5, is_missing = $36, vendor_active = $6, intent = $8, invite_url = coalesce($9, a.invite_url),
                    -- Who is assigned otherwise has the same version, which is not what the vendor has.
                    applied_version = CASE
                        WHEN a.is_assigned <> $11 THEN least($7, a.desired_version - 1) ELSE $7
                    END,
                    attempts = CASE WHEN held.is_outdated THEN a.attempts ELSE coalesce($12, a.attempts) END,
                    last_error = CASE WHEN held.is_outdated THEN NULL WHEN $13 THEN a.last_error ELSE $14 END,
                    next_attempt_at = CASE
                        WHEN held.is_outdated OR held.is_cleared
                        THEN greatest($15, CASE WHEN $13 THEN a.retry_floor ELSE $16 END)
                        -- In sync, and claimed by somebody who did not know that accounts are read back now.
                        WHEN a.read_back_wanted AND $27 AND $23::timestamptz IS NULL THEN coalesce($17, $15)
                        ELSE $17
                    END,
                    attention_cause = CASE WHEN held.is_outdated THEN NULL ELSE $18 END,
                    attention_message = CASE WHEN held.is_outdated THEN NULL ELSE $19 END,
                    attention_remedy = CASE WHEN held.is_outdated THEN NULL ELSE $20 END,
                    attention_since = CASE WHEN held.is_outdated THEN NULL ELSE $21::timestamptz END,
                    held_since = CASE
                        WHEN held.is_outdated OR held.is_cleared THEN NULL
                        WHEN $22 THEN coalesce(a.held_since, $15)
                        WHEN $13 THEN a.held_since
                    END,
                    removed_at = CASE WHEN held.is_outdated THEN NULL ELSE $23::timestamptz END,
                    left_at = CASE WHEN $24 THEN $15 ELSE a.left_at END,
                    -- Who was missing and is there again may be missed another time.
                    cleared_version = CASE WHEN a.is_missing AND NOT $36 THEN NULL ELSE a.cleared_version END,
                    -- What was reported stands until the vendor was seen to be as it should be.
                    drift_message = CASE WHEN $27 THEN $25 ELSE coalesce($25, a.drift_message) END,
                    drift_since = CASE WHEN $27 THEN $26 ELSE coalesce($26, a.drift_since) END,
                    retry_floor = CASE WHEN $13 THEN a.retry_floor ELSE $16 END,
                    read_back_wanted = false, lease_until = NULL, updated_at = $15
                FROM held
                WHERE a.organization_id = held.organization_id
                  AND a.user_id = held.user_id
                  AND a.connection_id = held.connection_id
                RETURNING a.organization_id, a.user_id, a.connection_id, a.next_attempt_at
            ),
            told AS (
                INSERT INTO events (
                    organization_id, user_id, connection_id, vendor, id, at, operation, outcome, status, message,
                    took_ms
                )
                SELECT
                    recorded.organization_id, recorded.user_id, recorded.connection_id, c.vendor,
                    e.id, e.at, e.operation, e.outcome, e.status, e.message, e.took_ms
                FROM recorded
                JOIN connections c ON c.organization_id = recorded.organization_id AND c.id = recorded.connection_id
                CROSS JOIN unnest(
                    $29::uuid[], $30::timestamptz[], $31::text[], $32::text[], $33::integer[], $34::text[],
                    $35::bigint[]
                ) AS e (id, at, operation, outcome, status, message, took_ms)
            ),
            forgotten AS (
                -- Not the one that was set meanwhile.
                UPDATE users u SET initial_password = NULL
                FROM recorded
                WHERE u.organization_id = recorded.organization_id AND u.id = recorded.user_id
                  AND u.initial_password = $28
            )
            SELECT next_attempt_at <= $15 AS "due" FROM recorded
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
            settlement.is_assigned,
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
            ending.held,
            ending.removed_at,
            settlement.left,
            settlement.drift.as_ref().map(|drift| without_nul(&drift.message)),
            settlement.drift.as_ref().map(|drift| drift.since),
            ending.settles_drift,
            settlement.delivered.as_ref().map(Sealed::as_bytes),
            &calls.ids,
            &calls.times,
            &calls.operations as &[&str],
            &calls.outcomes as &[&str],
            &calls.statuses as &[Option<i32>],
            &calls.messages as &[Option<String>],
            &calls.took,
            known.is_missing,
        )
        .fetch_optional(&self.ready)
        .await
        .store()?;
        if recorded.flatten() == Some(true) {
            self.signal.made_due();
        }
        Ok(recorded.is_some())
    }
}

/// How a claim ended, as values of columns.
#[derive(Default)]
pub(super) struct Ending<'a> {
    pub(super) next_attempt_at: Option<Timestamp>,
    pub(super) floor: Option<Timestamp>,
    /// `None` leaves the attempts as they are.
    pub(super) attempts: Option<i32>,
    pub(super) error: Option<String>,
    pub(super) attention: Option<&'a Attention>,
    pub(super) removed_at: Option<Timestamp>,
    /// The departure waits for approval.
    pub(super) held: bool,
    /// Nothing was tried, so that what is known of earlier attempts stays.
    pub(super) untried: bool,
    /// The vendor was seen to be as it should be, except for what is reported now.
    pub(super) settles_drift: bool,
}

impl<'a> Ending<'a> {
    pub(super) fn of(settled: &'a Settled, now: Timestamp) -> Self {
        match settled {
            Settled::InSync { read_back_at } => Self {
                next_attempt_at: *read_back_at,
                attempts: Some(0),
                settles_drift: true,
                ..Self::default()
            },
            Settled::Removed => Self {
                attempts: Some(0),
                removed_at: Some(now),
                settles_drift: true,
                ..Self::default()
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
                ..Self::default()
            },
            Settled::Attention(attention) => Self {
                attention: Some(attention),
                ..Self::default()
            },
            Settled::Held => Self {
                held: true,
                ..Self::default()
            },
            Settled::GivenBack => Self {
                next_attempt_at: Some(now),
                untried: true,
                ..Self::default()
            },
        }
    }
}

/// Calls, column by column.
#[derive(Default)]
pub(super) struct Calls<'a> {
    pub(super) ids: Vec<Uuid>,
    pub(super) times: Vec<Timestamp>,
    pub(super) operations: Vec<&'a str>,
    pub(super) outcomes: Vec<&'a str>,
    pub(super) statuses: Vec<Option<i32>>,
    pub(super) messages: Vec<Option<String>>,
    pub(super) took: Vec<i64>,
}

impl<'a> Calls<'a> {
    pub(super) fn of(calls: impl IntoIterator<Item = &'a CallRecord>) -> Self {
        let mut columns = Self::default();
        for call in calls {
            columns.ids.push(call.id);
            columns.times.push(call.at);
            columns.operations.push(call.operation.as_str());
            columns.outcomes.push(call.outcome.as_str());
            columns.statuses.push(call.status.map(i32::from));
            columns.messages.push(call.message.as_deref().map(without_nul));
            columns
                .took
                .push(i64::try_from(call.took.as_millis()).unwrap_or(i64::MAX));
        }
        columns
    }
}

/// Words that may quote a vendor, without the one character that PostgreSQL cannot store.
pub(super) fn without_nul(words: &str) -> String {
    words.replace('\0', "")
}
