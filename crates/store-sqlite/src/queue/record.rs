//! What came of a claim.

use roster_application::ports::{ClaimKey, Sealed, Settled, Settlement, StoreError, UniqueKey};
use roster_domain::{Attention, Timestamp, VendorKey};
use sqlx::SqliteConnection;

use crate::SqliteStore;
use crate::crowd::{Conduct, Written};
use crate::error::IntoStoreError;
use crate::users::json;

impl SqliteStore {
    pub(super) async fn record_settlement(
        &self,
        claim: &ClaimKey,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.writes
            .write(
                Conduct::RefusedFirst,
                (*claim, settlement.clone(), now),
                |(claim, settlement, now), writer| Box::pin(record(writer, claim, settlement, *now)),
            )
            .await
    }
}

/// Records what came of a claim. Only the first statement can be refused.
async fn record(
    writer: &mut SqliteConnection,
    claim: &ClaimKey,
    settlement: &Settlement,
    now: Timestamp,
) -> Result<Written<bool>, StoreError> {
    let ending = Ending::of(&settlement.settled, now);
    let known = &settlement.known;
    let recorded = sqlx::query_scalar!(
        r#"
        UPDATE accounts SET
            vendor_user_id = ?5, is_missing = ?28, vendor_active = ?6, intent = ?8, invite_url = coalesce(?9, invite_url),
            -- Who is assigned otherwise has the same version, which is not what the vendor has.
            applied_version = CASE WHEN is_assigned <> ?11 THEN min(?7, desired_version - 1) ELSE ?7 END,
            -- In each line that begins so: the user was changed, or assigned otherwise, since the claim. The account
            -- has a clean slate then, and stays due; only the floor still holds.
            attempts = CASE WHEN held.is_outdated THEN attempts ELSE coalesce(?12, attempts) END,
            last_error = CASE WHEN held.is_outdated THEN NULL WHEN ?13 THEN last_error ELSE ?14 END,
            next_attempt_at = CASE
                WHEN held.is_outdated OR held.is_cleared
                THEN max(?15, coalesce(CASE WHEN ?13 THEN retry_floor ELSE ?16 END, ?15))
                -- In sync, and claimed by somebody who did not know that accounts are read back now.
                WHEN read_back_wanted AND ?27 AND ?23 IS NULL THEN coalesce(?17, ?15)
                ELSE ?17
            END,
            attention_cause = CASE WHEN held.is_outdated THEN NULL ELSE ?18 END,
            attention_message = CASE WHEN held.is_outdated THEN NULL ELSE ?19 END,
            attention_remedy = CASE WHEN held.is_outdated THEN NULL ELSE ?20 END,
            attention_since = CASE WHEN held.is_outdated THEN NULL ELSE ?21 END,
            held_since = CASE
                WHEN held.is_outdated OR held.is_cleared THEN NULL
                WHEN ?22 THEN coalesce(held_since, ?15)
                WHEN ?13 THEN held_since
            END,
            removed_at = CASE WHEN held.is_outdated THEN NULL ELSE ?23 END,
            left_at = CASE WHEN ?24 THEN ?15 ELSE left_at END,
            -- Who was missing and is there again may be missed another time.
            cleared_version = CASE WHEN is_missing AND NOT ?28 THEN NULL ELSE cleared_version END,
            -- What was reported stands until the vendor was seen to be as it should be.
            drift_message = CASE WHEN ?27 THEN ?25 ELSE coalesce(?25, drift_message) END,
            drift_since = CASE WHEN ?27 THEN ?26 ELSE coalesce(?26, drift_since) END,
            retry_floor = CASE WHEN ?13 THEN retry_floor ELSE ?16 END,
            read_back_wanted = 0, lease_until = NULL, updated_at = ?15
        FROM (
            SELECT
                desired_version > ?10 OR is_assigned <> ?11 AS is_outdated,
                -- The departure was approved while it was being held.
                ?22 AND cleared_version IS desired_version AS is_cleared
            FROM accounts
            WHERE organization_id = ?1 AND user_id = ?2 AND connection_id = ?3
        ) AS held
        WHERE organization_id = ?1 AND user_id = ?2 AND connection_id = ?3
          AND claim_token = ?4 AND lease_until IS NOT NULL
        RETURNING next_attempt_at <= ?15 AS "due?: bool"
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
        now.timestamp_micros(),
        ending.floor,
        ending.next_attempt_at,
        ending.attention.map(|attention| attention.cause.name()),
        ending.attention.map(|attention| attention.message.as_str()),
        ending.attention.map(|attention| attention.remedy.name()),
        ending.attention.map(|attention| attention.since.timestamp_micros()),
        ending.held,
        ending.removed_at,
        settlement.left,
        settlement.drift.as_ref().map(|drift| drift.message.as_str()),
        settlement.drift.as_ref().map(|drift| drift.since.timestamp_micros()),
        ending.settles_drift,
        known.is_missing,
    )
    .fetch_all(&mut *writer)
    .await
    .store_unique(UniqueKey::VendorUserId)?;
    if recorded.is_empty() {
        return Ok(Written::quietly(false));
    }
    tell_calls(&mut *writer, claim, settlement).await?;
    if let Some(delivered) = &settlement.delivered {
        forget_password(&mut *writer, claim, delivered).await?;
    }
    Ok(Written {
        answer: true,
        makes_due: recorded.contains(&Some(true)),
    })
}

/// Stores calls in the user's history.
async fn tell_calls(
    writer: &mut SqliteConnection,
    claim: &ClaimKey,
    settlement: &Settlement,
) -> Result<(), StoreError> {
    if settlement.calls.is_empty() {
        return Ok(());
    }
    let calls: Vec<_> = settlement
        .calls
        .iter()
        .map(|call| {
            let took = i64::try_from(call.took.as_millis()).unwrap_or(i64::MAX);
            let (id, at) = (call.id.simple().to_string(), call.at.timestamp_micros());
            (id, at, &call.operation, &call.outcome, call.status, &call.message, took)
        })
        .collect();
    sqlx::query!(
        "INSERT INTO events (
             organization_id, user_id, connection_id, vendor, id, at, operation, outcome, status, message, took_ms
         )
         SELECT
             c.organization_id, ?2, c.id, c.vendor, unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3,
             value ->> 4, value ->> 5, value ->> 6
         FROM connections c CROSS JOIN json_each(?4)
         WHERE c.organization_id = ?1 AND c.id = ?3",
        claim.organization_id.uuid(),
        claim.user_id.uuid(),
        claim.connection_id.uuid(),
        json(&calls)?,
    )
    .execute(writer)
    .await
    .store()?;
    Ok(())
}

/// Forgets the initial password that a vendor has, but not one that was set meanwhile.
async fn forget_password(
    writer: &mut SqliteConnection,
    claim: &ClaimKey,
    delivered: &Sealed,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE users SET initial_password = NULL
         WHERE organization_id = ?1 AND id = ?2 AND initial_password = ?3",
        claim.organization_id.uuid(),
        claim.user_id.uuid(),
        delivered.as_bytes(),
    )
    .execute(writer)
    .await
    .store()?;
    Ok(())
}

/// How a claim ended, as values of columns.
#[derive(Default)]
struct Ending<'a> {
    next_attempt_at: Option<i64>,
    floor: Option<i64>,
    /// `None` leaves the attempts as they are.
    attempts: Option<i64>,
    error: Option<&'a str>,
    attention: Option<&'a Attention>,
    removed_at: Option<i64>,
    /// The departure waits for approval.
    held: bool,
    /// Nothing was tried, so that what is known of earlier attempts stays.
    untried: bool,
    /// The vendor was seen to be as it should be, except for what is reported now.
    settles_drift: bool,
}

impl<'a> Ending<'a> {
    fn of(settled: &'a Settled, now: Timestamp) -> Self {
        match settled {
            Settled::InSync { read_back_at } => Self {
                next_attempt_at: read_back_at.map(|at| at.timestamp_micros()),
                attempts: Some(0),
                settles_drift: true,
                ..Self::default()
            },
            Settled::Removed => Self {
                attempts: Some(0),
                removed_at: Some(now.timestamp_micros()),
                settles_drift: true,
                ..Self::default()
            },
            Settled::Retry {
                at,
                floor,
                attempts,
                error,
            } => Self {
                next_attempt_at: Some(floor.map_or(*at, |floor| floor.max(*at)).timestamp_micros()),
                floor: floor.map(|floor| floor.timestamp_micros()),
                attempts: Some(i64::from(*attempts)),
                error: Some(error),
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
                next_attempt_at: Some(now.timestamp_micros()),
                untried: true,
                ..Self::default()
            },
        }
    }
}
