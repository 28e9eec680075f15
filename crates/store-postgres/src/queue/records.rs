//! What came of many claims at once.

use std::sync::Arc;

use roster_application::ports::{ClaimKey, Settlement};
use roster_domain::{Timestamp, VendorKey, VendorUserId, Version};
use uuid::Uuid;

use super::announce::account_of;
use super::record::{Calls, Ending, without_nul};
use crate::crowd::{Reply, Work, each, one_each, tell_each};
use crate::ready::Ready;
use crate::wake::Signal;

/// Records what came of claims in groups. Those with a password that was delivered go alone: they lock their users, too.
pub(crate) struct Records {
    pub(crate) ready: Ready,
    pub(crate) signal: Arc<Signal>,
}

/// What came of one claim.
pub(crate) struct Record {
    pub(super) claim: ClaimKey,
    pub(super) settlement: Settlement,
    pub(super) now: Timestamp,
}

impl Work for Records {
    type Item = Record;
    type Answer = bool;

    /// Claims that do not hold, and accounts that somebody else has locked, are left out, and hear why when going alone.
    #[expect(clippy::too_many_lines, reason = "it is one statement, so that it is one round trip")]
    async fn many(&self, items: Vec<Record>) -> Result<Vec<Reply<bool>>, sqlx::Error> {
        let records = one_each(&items, |record| account_of(&record.claim));
        let records = records.as_slice();
        let endings = each(records, |record| Ending::of(&record.settlement.settled, record.now));
        let endings = endings.as_slice();
        let calls = Calls::of(records.iter().flat_map(|record| &record.settlement.calls));
        let told: Vec<ClaimKey> = records
            .iter()
            .flat_map(|record| std::iter::repeat_n(record.claim, record.settlement.calls.len()))
            .collect();
        let recorded = sqlx::query!(
            r#"
            WITH held AS MATERIALIZED (
                SELECT
                    r.*,
                    -- See the statement for one.
                    a.desired_version > r.version OR a.is_assigned <> r.is_assigned AS is_outdated,
                    r.is_held AND a.cleared_version IS NOT DISTINCT FROM a.desired_version AS is_cleared
                FROM unnest(
                        $1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::boolean[], $7::bigint[],
                        $8::text[], $9::text[], $10::bigint[], $11::boolean[], $12::integer[], $13::boolean[],
                        $14::text[], $15::timestamptz[], $16::timestamptz[], $17::timestamptz[], $18::text[],
                        $19::text[], $20::text[], $21::timestamptz[], $22::boolean[], $23::timestamptz[],
                        $24::boolean[], $25::text[], $26::timestamptz[], $27::boolean[], $28::boolean[]
                    ) AS r (
                        organization_id, user_id, connection_id, token, vendor_user_id, vendor_active,
                        applied_version, intent, invite_url, version, is_assigned, attempts, untried, error, at,
                        floor, next_attempt_at, attention_cause, attention_message, attention_remedy,
                        attention_since, is_held, removed_at, has_left, drift_message, drift_since, settles_drift,
                        is_missing
                    )
                JOIN accounts a USING (organization_id, user_id, connection_id)
                WHERE a.claim_token = r.token AND a.lease_until IS NOT NULL
                -- In the order in which everybody locks accounts. Whoever is locked already is not waited for.
                ORDER BY a.organization_id, a.user_id, a.connection_id
                FOR UPDATE OF a SKIP LOCKED
            ),
            recorded AS (
                UPDATE accounts a SET
                    vendor_user_id = held.vendor_user_id, is_missing = held.is_missing, vendor_active = held.vendor_active, intent = held.intent, invite_url = coalesce(held.invite_url, a.invite_url),
                    -- Who is assigned otherwise has the same version, which is not what the vendor has.
                    applied_version = CASE
                        WHEN a.is_assigned <> held.is_assigned THEN least(held.applied_version, a.desired_version - 1) ELSE held.applied_version
                    END,
                    attempts = CASE WHEN held.is_outdated THEN a.attempts ELSE coalesce(held.attempts, a.attempts) END,
                    last_error = CASE WHEN held.is_outdated THEN NULL WHEN held.untried THEN a.last_error ELSE held.error END,
                    next_attempt_at = CASE
                        WHEN held.is_outdated OR held.is_cleared
                        THEN greatest(held.at, CASE WHEN held.untried THEN a.retry_floor ELSE held.floor END)
                        -- In sync, and claimed by somebody who did not know that accounts are read back now.
                        WHEN a.read_back_wanted AND held.settles_drift AND held.removed_at IS NULL THEN coalesce(held.next_attempt_at, held.at)
                        ELSE held.next_attempt_at
                    END,
                    attention_cause = CASE WHEN held.is_outdated THEN NULL ELSE held.attention_cause END,
                    attention_message = CASE WHEN held.is_outdated THEN NULL ELSE held.attention_message END,
                    attention_remedy = CASE WHEN held.is_outdated THEN NULL ELSE held.attention_remedy END,
                    attention_since = CASE WHEN held.is_outdated THEN NULL ELSE held.attention_since END,
                    held_since = CASE
                        WHEN held.is_outdated OR held.is_cleared THEN NULL
                        WHEN held.is_held THEN coalesce(a.held_since, held.at)
                        WHEN held.untried THEN a.held_since
                    END,
                    removed_at = CASE WHEN held.is_outdated THEN NULL ELSE held.removed_at END,
                    left_at = CASE WHEN held.has_left THEN held.at ELSE a.left_at END,
                    -- Who was missing and is there again may be missed another time.
                    cleared_version = CASE WHEN a.is_missing AND NOT held.is_missing THEN NULL ELSE a.cleared_version END,
                    -- What was reported stands until the vendor was seen to be as it should be.
                    drift_message = CASE WHEN held.settles_drift THEN held.drift_message ELSE coalesce(held.drift_message, a.drift_message) END,
                    drift_since = CASE WHEN held.settles_drift THEN held.drift_since ELSE coalesce(held.drift_since, a.drift_since) END,
                    retry_floor = CASE WHEN held.untried THEN a.retry_floor ELSE held.floor END,
                    read_back_wanted = false, lease_until = NULL, updated_at = held.at
                FROM held
                WHERE a.organization_id = held.organization_id
                  AND a.user_id = held.user_id
                  AND a.connection_id = held.connection_id
                RETURNING a.organization_id, a.user_id, a.connection_id, a.next_attempt_at <= held.at AS is_due
            ),
            told AS (
                INSERT INTO events (
                    organization_id, user_id, connection_id, vendor, id, at, operation, outcome, status, message,
                    took_ms
                )
                SELECT
                    e.organization_id, e.user_id, e.connection_id, c.vendor, e.id, e.at, e.operation, e.outcome,
                    e.status, e.message, e.took_ms
                FROM unnest(
                        $29::uuid[], $30::uuid[], $31::uuid[], $32::uuid[], $33::timestamptz[], $34::text[],
                        $35::text[], $36::integer[], $37::text[], $38::bigint[]
                    ) AS e (
                        organization_id, user_id, connection_id, id, at, operation, outcome, status, message, took_ms
                    )
                JOIN connections c ON c.organization_id = e.organization_id AND c.id = e.connection_id
                -- IS TRUE keeps it from becoming a join, which would compare everybody with everybody.
                WHERE ((e.organization_id, e.user_id, e.connection_id) IN (
                    SELECT organization_id, user_id, connection_id FROM recorded
                )) IS TRUE
            )
            SELECT organization_id, user_id, connection_id, is_due FROM recorded
            "#,
            &each(records, |record| record.claim.organization_id.uuid()) as &[Uuid],
            &each(records, |record| record.claim.user_id.uuid()) as &[Uuid],
            &each(records, |record| record.claim.connection_id.uuid()) as &[Uuid],
            &each(records, |record| record.claim.token) as &[i64],
            &each(records, |record| record.settlement.known.vendor_user_id.as_ref().map(VendorUserId::as_str)) as &[Option<&str>],
            &each(records, |record| record.settlement.known.active) as &[Option<bool>],
            &each(records, |record| record.settlement.known.applied_version) as &[Version],
            &each(records, |record| record.settlement.known.intent.as_ref().map(VendorKey::as_str)) as &[Option<&str>],
            &each(records, |record| record.settlement.invite_url.as_deref()) as &[Option<&str>],
            &each(records, |record| record.settlement.version) as &[Version],
            &each(records, |record| record.settlement.is_assigned) as &[bool],
            &each(endings, |ending| ending.attempts) as &[Option<i32>],
            &each(endings, |ending| ending.untried) as &[bool],
            &each(endings, |ending| ending.error.as_deref()) as &[Option<&str>],
            &each(records, |record| record.now) as &[Timestamp],
            &each(endings, |ending| ending.floor) as &[Option<Timestamp>],
            &each(endings, |ending| ending.next_attempt_at) as &[Option<Timestamp>],
            &each(endings, |ending| ending.attention.map(|attention| attention.cause.name())) as &[Option<&str>],
            &each(endings, |ending| ending.attention.map(|attention| without_nul(&attention.message))) as &[Option<String>],
            &each(endings, |ending| ending.attention.map(|attention| attention.remedy.name())) as &[Option<&str>],
            &each(endings, |ending| ending.attention.map(|attention| attention.since)) as &[Option<Timestamp>],
            &each(endings, |ending| ending.held) as &[bool],
            &each(endings, |ending| ending.removed_at) as &[Option<Timestamp>],
            &each(records, |record| record.settlement.left) as &[bool],
            &each(records, |record| record.settlement.drift.as_ref().map(|drift| without_nul(&drift.message))) as &[Option<String>],
            &each(records, |record| record.settlement.drift.as_ref().map(|drift| drift.since)) as &[Option<Timestamp>],
            &each(endings, |ending| ending.settles_drift) as &[bool],
            &each(records, |record| record.settlement.known.is_missing) as &[bool],
            &each(&told, |claim| claim.organization_id.uuid()) as &[Uuid],
            &each(&told, |claim| claim.user_id.uuid()) as &[Uuid],
            &each(&told, |claim| claim.connection_id.uuid()) as &[Uuid],
            &calls.ids,
            &calls.times,
            &calls.operations as &[&str],
            &calls.outcomes as &[&str],
            &calls.statuses as &[Option<i32>],
            &calls.messages as &[Option<String>],
            &calls.took,
        )
        .fetch_all(&self.ready)
        .await?;
        if recorded.iter().any(|row| row.is_due == Some(true)) {
            self.signal.made_due();
        }
        let recorded = recorded
            .into_iter()
            .map(|row| ((row.organization_id, row.user_id, row.connection_id), true));
        Ok(tell_each(&items, |record| account_of(&record.claim), recorded))
    }
}
