//! Accounts as a queue: claim, call, record.

use async_trait::async_trait;
use roster_application::ports::{AccountQueue, Claim, ClaimKey, Settled, Settlement, StoreError, UniqueKey};
use roster_domain::{Attention, Timestamp, VendorKey};
use uuid::Uuid;

use crate::SqliteStore;
use crate::error::IntoStoreError;
use crate::rows::{ClaimRow, Place};

#[async_trait]
impl AccountQueue for SqliteStore {
    async fn claim(&self, now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<Claim>, StoreError> {
        let (due_by, lease) = (now.timestamp_micros(), lease_until.timestamp_micros());
        let limit = i64::from(limit);
        let mut transaction = self.begin().await?;
        let mut rows = sqlx::query_as!(
            ClaimRow,
            r#"
            SELECT
                a.organization_id AS "organization_id: Uuid", a.user_id AS "user_id: Uuid",
                a.connection_id AS "connection_id: Uuid", a.claim_token, a.desired_version, a.applied_version,
                a.vendor_user_id, a.vendor_active AS "vendor_active: bool", a.intent, a.invite_url, a.attempts,
                a.next_attempt_at, a.last_error, a.attention_cause, a.attention_message, a.attention_remedy,
                a.attention_since, a.removed_at, a.updated_at,
                u.external_id, u.email, u.first_name, u.last_name, u.phone_country_code, u.phone_number, u.locale,
                u.roles, u.metadata, u.npi, u.therapy_licence, u.note_identifier, u.default_note_template_ids,
                u.specialty_kind, u.specialty_name, u.speech_locale, u.secondary_speech_locale, u.customer_id,
                u.default_session_type, u.pronoun, u.date_of_birth, u.active AS "active: bool", u.created_at AS user_created_at, u.updated_at AS user_updated_at,
                u.deleted_at, u.version AS user_version,
                c.vendor, c.label, c.base_url, c.api_version,
                c.allow_private_addresses AS "allow_private_addresses: bool", c.credentials, c.paused_reason,
                c.paused_at, c.created_at AS connection_created_at, c.updated_at AS connection_updated_at,
                c.version AS connection_version
            FROM accounts a
            JOIN users u ON u.organization_id = a.organization_id AND u.id = a.user_id
            JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
            WHERE a.next_attempt_at <= ?1
              AND (a.lease_until IS NULL OR a.lease_until <= ?1)
              AND c.paused_at IS NULL
            ORDER BY a.next_attempt_at
            LIMIT ?2
            "#,
            due_by,
            limit,
        )
        .fetch_all(&mut *transaction)
        .await
        .store()?;
        for row in &mut rows {
            row.claim_token += 1;
            sqlx::query!(
                "UPDATE accounts SET lease_until = ?4, claim_token = ?5
                 WHERE organization_id = ?1 AND user_id = ?2 AND connection_id = ?3",
                row.organization_id,
                row.user_id,
                row.connection_id,
                lease,
                row.claim_token,
            )
            .execute(&mut *transaction)
            .await
            .store()?;
        }
        transaction.commit().await.store()?;
        Ok(rows
            .into_iter()
            .filter_map(|row| row.into_claim(lease_until).map_err(report).ok())
            .collect())
    }

    async fn announce(&self, claim: &ClaimKey, intent: &VendorKey, lease_until: Timestamp) -> Result<bool, StoreError> {
        let announced = sqlx::query!(
            "UPDATE accounts SET intent = ?5, lease_until = ?6
             WHERE organization_id = ?1 AND user_id = ?2 AND connection_id = ?3
               AND claim_token = ?4 AND lease_until IS NOT NULL",
            claim.organization_id.uuid(),
            claim.user_id.uuid(),
            claim.connection_id.uuid(),
            claim.token,
            intent.as_str(),
            lease_until.timestamp_micros(),
        )
        .execute(&mut *self.writer().await?)
        .await
        .store()?;
        Ok(announced.rows_affected() > 0)
    }

    async fn renew(&self, claim: &ClaimKey, lease_until: Timestamp) -> Result<bool, StoreError> {
        let renewed = sqlx::query!(
            "UPDATE accounts SET lease_until = ?5
             WHERE organization_id = ?1 AND user_id = ?2 AND connection_id = ?3
               AND claim_token = ?4 AND lease_until IS NOT NULL",
            claim.organization_id.uuid(),
            claim.user_id.uuid(),
            claim.connection_id.uuid(),
            claim.token,
            lease_until.timestamp_micros(),
        )
        .execute(&mut *self.writer().await?)
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
                vendor_user_id = ?5, vendor_active = ?6, applied_version = ?7, intent = ?8,
                invite_url = coalesce(?9, invite_url),
                -- In each line: the user was changed since the claim, or it was not. One that was has a clean slate
                -- already, and stays due; only the floor still holds.
                attempts = CASE WHEN desired_version > ?10 THEN attempts ELSE coalesce(?11, attempts) END,
                last_error = CASE WHEN desired_version > ?10 THEN NULL WHEN ?12 THEN last_error ELSE ?13 END,
                next_attempt_at = CASE
                    WHEN desired_version > ?10 THEN max(?14, coalesce(CASE WHEN ?12 THEN retry_floor ELSE ?15 END, ?14))
                    ELSE ?16
                END,
                attention_cause = CASE WHEN desired_version > ?10 THEN NULL ELSE ?17 END,
                attention_message = CASE WHEN desired_version > ?10 THEN NULL ELSE ?18 END,
                attention_remedy = CASE WHEN desired_version > ?10 THEN NULL ELSE ?19 END,
                attention_since = CASE WHEN desired_version > ?10 THEN NULL ELSE ?20 END,
                removed_at = CASE WHEN desired_version > ?10 THEN NULL ELSE ?21 END,
                retry_floor = CASE WHEN ?12 THEN retry_floor ELSE ?15 END,
                lease_until = NULL, updated_at = ?14
            WHERE organization_id = ?1 AND user_id = ?2 AND connection_id = ?3
              AND claim_token = ?4 AND lease_until IS NOT NULL
            RETURNING next_attempt_at <= ?14 AS "due?: bool"
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
            now.timestamp_micros(),
            ending.floor,
            ending.next_attempt_at,
            ending.attention.map(|attention| attention.cause.name()),
            ending.attention.map(|attention| attention.message.as_str()),
            ending.attention.map(|attention| attention.remedy.name()),
            ending.attention.map(|attention| attention.since.timestamp_micros()),
            ending.removed_at,
        )
        .fetch_all(&mut *self.writer().await?)
        .await
        .store_unique(UniqueKey::VendorUserId)?;
        if recorded.contains(&Some(true)) {
            self.made_due();
        }
        Ok(!recorded.is_empty())
    }

    async fn release(&self, claims: &[ClaimKey]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for claim in claims {
            let (organization, user, connection) = (
                claim.organization_id.uuid(),
                claim.user_id.uuid(),
                claim.connection_id.uuid(),
            );
            sqlx::query!(
                "UPDATE accounts SET lease_until = NULL
                 WHERE organization_id = ?1 AND user_id = ?2 AND connection_id = ?3 AND claim_token = ?4",
                organization,
                user,
                connection,
                claim.token,
            )
            .execute(&mut *transaction)
            .await
            .store()?;
        }
        transaction.commit().await.store()?;
        self.made_due();
        Ok(())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let due = sqlx::query_scalar!(
            r#"SELECT min(max(a.next_attempt_at, coalesce(a.lease_until, a.next_attempt_at))) AS "due: i64"
               FROM accounts a
               JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
               WHERE a.next_attempt_at IS NOT NULL AND c.paused_at IS NULL"#,
        )
        .fetch_one(&self.readers)
        .await
        .store()?;
        Place::new("accounts", "the account that is due next").optional_time("next_attempt_at", due)
    }

    async fn reclaim(&self) -> Result<u64, StoreError> {
        let reclaimed = sqlx::query!("UPDATE accounts SET lease_until = NULL WHERE lease_until IS NOT NULL")
            .execute(&mut *self.writer().await?)
            .await
            .store()?;
        self.made_due();
        Ok(reclaimed.rows_affected())
    }
}

/// A row that cannot be read must not keep the others from being worked on. Its lease runs out, and it is reported again.
#[expect(clippy::needless_pass_by_value, reason = "it is handed on by `map_err`")]
fn report(corrupt: StoreError) {
    tracing::error!(error = &corrupt as &dyn std::error::Error, "an account was passed over");
}

/// How a claim ended, as values of columns.
struct Ending<'a> {
    next_attempt_at: Option<i64>,
    floor: Option<i64>,
    /// `None` leaves the attempts as they are.
    attempts: Option<i64>,
    error: Option<&'a str>,
    attention: Option<&'a Attention>,
    removed_at: Option<i64>,
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
                removed_at: Some(now.timestamp_micros()),
                ..nothing
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
                ..nothing
            },
            Settled::Attention(attention) => Self {
                attention: Some(attention),
                ..nothing
            },
            Settled::GivenBack => Self {
                next_attempt_at: Some(now.timestamp_micros()),
                untried: true,
                ..nothing
            },
        }
    }
}
