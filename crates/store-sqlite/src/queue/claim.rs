//! Accounts that are taken to be worked on.

use roster_application::ports::{Claim, ConnectionKey, StoreError};
use roster_domain::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::report;
use crate::crowd::Written;
use crate::error::IntoStoreError;
use crate::rows::ClaimRow;

/// Claims what is due, in one question to the connection's thread: it sees what there is as it was before, and takes it.
/// Nothing that is stored can stand against it.
pub(super) async fn claim(
    writer: &mut SqliteConnection,
    worker: Uuid,
    connection: &ConnectionKey,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Written<Vec<Claim>>, StoreError> {
    let (organization, id) = (connection.organization_id.uuid(), connection.connection_id.uuid());
    let (at, limit) = (now.timestamp_micros(), i64::from(limit));
    let mut rows = sqlx::query_as!(
        ClaimRow,
        r#"
        SELECT
            a.organization_id AS "organization_id: Uuid", a.user_id AS "user_id: Uuid",
            a.connection_id AS "connection_id: Uuid", a.claim_token, a.desired_version, a.applied_version,
            a.vendor_user_id, a.is_missing AS "is_missing: bool",
            a.vendor_active AS "vendor_active: bool", a.intent, a.invite_url, a.attempts,
            a.next_attempt_at, a.last_error, a.attention_cause, a.attention_message, a.attention_remedy,
            a.attention_since, a.removed_at, a.is_assigned AS "is_assigned: bool", a.held_since, a.drift_message,
            a.drift_since, a.cleared_version IS u.version AS "departure_is_approved!: bool", a.updated_at,
            u.external_id, u.email, u.first_name, u.last_name, u.phone_country_code, u.phone_number, u.locale,
            u.roles, u.metadata, u.npi, u.therapy_licence, u.note_identifier, u.default_note_template_ids,
            u.specialty_kind, u.specialty_name, u.speech_locale, u.secondary_speech_locale, u.customer_id,
            u.default_session_type, u.pronoun, u.date_of_birth, u.user_name, u.scim, u.active AS "active: bool", u.initial_password,
            u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.deleted_at,
            u.version AS user_version,
            c.vendor, c.label, c.base_url, c.options, c.credentials, c.paused_reason, c.paused_at,
            c.created_at AS connection_created_at, c.updated_at AS connection_updated_at,
            c.version AS connection_version
        FROM connections c
        -- After the connection: the other way round, every account of one that may not be worked on would be looked
        -- at.
        CROSS JOIN accounts a ON a.organization_id = c.organization_id AND a.connection_id = c.id
        JOIN users u ON u.organization_id = a.organization_id AND u.id = a.user_id
        WHERE c.organization_id = ? AND c.id = ?
          AND a.next_attempt_at <= ?
          AND (a.lease_until IS NULL OR a.lease_until <= ?)
          AND c.owner = ? AND c.owned_until > ? AND c.paused_at IS NULL
        -- To the end, as the index has it: the same are taken below.
        ORDER BY a.next_attempt_at, a.user_id
        LIMIT ?;

        UPDATE accounts SET lease_until = ?, claim_token = claim_token + 1
        WHERE organization_id = ? AND connection_id = ? AND user_id IN (
            SELECT a.user_id
            FROM connections c
            CROSS JOIN accounts a ON a.organization_id = c.organization_id AND a.connection_id = c.id
            WHERE c.organization_id = ? AND c.id = ?
              AND a.next_attempt_at <= ?
              AND (a.lease_until IS NULL OR a.lease_until <= ?)
              AND c.owner = ? AND c.owned_until > ? AND c.paused_at IS NULL
            ORDER BY a.next_attempt_at, a.user_id
            LIMIT ?
        )
        "#,
        organization,
        id,
        at,
        at,
        worker,
        at,
        limit,
        lease_until.timestamp_micros(),
        organization,
        id,
        organization,
        id,
        at,
        at,
        worker,
        at,
        limit,
    )
    .fetch_all(writer)
    .await
    .store()?;
    for row in &mut rows {
        row.claim_token += 1;
    }
    let claims = rows
        .into_iter()
        .filter_map(|row| row.into_claim(lease_until).map_err(report).ok());
    Ok(Written::quietly(claims.collect()))
}
