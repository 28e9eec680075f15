//! Changes of users.

use roster_application::ports::{Sealed, StoreError, UserWrite};
use roster_domain::{ApiClientId, ConnectionId, Version};
use sqlx::PgExecutor;

use super::columns::Columns;
use crate::error::{IntoStoreError, held_by_another};

/// What came of a change.
pub(super) struct Outcome {
    /// Whether there was such a user at that version.
    pub(super) is_changed: bool,
    /// Whether accounts were made due.
    pub(super) is_behind: bool,
}

/// Puts a user in place of the one that is stored: of one who is not deleted, or of a tombstone.
#[expect(clippy::too_many_lines, reason = "it is one statement, so that it is one round trip")]
pub(super) async fn replace(
    executor: impl PgExecutor<'_>,
    write: UserWrite<'_>,
    expected: Version,
    was_deleted: bool,
) -> Result<Outcome, StoreError> {
    let UserWrite { user, password, change } = write;
    let columns = Columns::of(user);
    let outcome = sqlx::query!(
        r#"
        WITH held AS (
            -- By others, as far as is committed. It is asked before anything is written: two who take each other's keys
            -- would else write and then wait in a circle, until the database finds that out.
            SELECT
                EXISTS (
                    SELECT FROM users o
                    WHERE o.organization_id = $1 AND o.external_id = $3 AND o.deleted_at IS NULL AND o.id <> $2
                ) AS external_id,
                EXISTS (
                    SELECT FROM users o
                    WHERE o.organization_id = $1 AND o.email_folded = $5 AND o.deleted_at IS NULL AND o.id <> $2
                ) AS email,
                EXISTS (
                    SELECT FROM users o
                    WHERE o.organization_id = $1 AND o.user_name_folded = $40 AND o.deleted_at IS NULL AND o.id <> $2
                ) AS user_name
            FROM users
            -- A tombstone holds no keys.
            WHERE organization_id = $1 AND id = $2 AND version = $25 AND (deleted_at IS NOT NULL) = $43
              AND $23::timestamptz IS NULL
        ),
        changed AS (
            UPDATE users SET
                external_id = $3, email = $4, email_folded = $5, first_name = $6, last_name = $7,
                phone_country_code = $8, phone_number = $9, locale = $10, roles = $11, metadata = $12, npi = $13,
                therapy_licence = $14, note_identifier = $15, default_note_template_ids = $16,
                specialty_kind = $17, specialty_name = $18, speech_locale = $19, secondary_speech_locale = $20,
                active = $21, updated_at = $22, deleted_at = $23, version = $24, customer_id = $26,
                default_session_type = $27, pronoun = $28, date_of_birth = $29, user_name = $39,
                user_name_folded = $40, scim = $41, search = $42,
                -- A tombstone keeps none.
                initial_password = CASE WHEN $23::timestamptz IS NULL THEN coalesce($30, initial_password) END
            WHERE organization_id = $1 AND id = $2 AND version = $25 AND (deleted_at IS NOT NULL) = $43
              AND NOT EXISTS (SELECT FROM held h WHERE h.external_id OR h.email OR h.user_name)
            RETURNING organization_id, id, version, updated_at, active AND deleted_at IS NULL AS is_active
        ),
        told AS (
            INSERT INTO audit_log (
                organization_id, user_id, id, at, surface, client_id, deed, fields, connection_id, version
            )
            SELECT organization_id, id, $31, $32, $33, $34, $35, $36, $37, $38 FROM changed
        ),
        behind AS (
            -- Not a plain UPDATE: that would miss the account of a connection that was committed after this
            -- statement began. An INSERT that meets a row changes the row as it is now.
            INSERT INTO accounts AS a (
                organization_id, user_id, connection_id, desired_version, desired_active, next_attempt_at, updated_at
            )
            SELECT u.organization_id, u.id, c.id, u.version, u.is_active, u.updated_at, u.updated_at
            FROM changed u CROSS JOIN LATERAL connections_for_accounts(u.organization_id, u.id) AS c (id)
            ON CONFLICT (organization_id, user_id, connection_id) DO UPDATE SET
                desired_version = excluded.desired_version, desired_active = excluded.desired_active,
                -- greatest() passes over nulls.
                next_attempt_at = greatest(excluded.next_attempt_at, a.retry_floor),
                attempts = 0, last_error = NULL, attention_cause = NULL, attention_message = NULL,
                attention_remedy = NULL, attention_since = NULL, held_since = NULL,
                updated_at = excluded.updated_at
            RETURNING 1
        )
        SELECT
            EXISTS (SELECT FROM changed) AS "changed!", EXISTS (SELECT FROM behind) AS "behind!",
            (
                -- In the order in which the indexes are.
                SELECT CASE
                    WHEN external_id THEN 'users_external_id_key'
                    WHEN email THEN 'users_email_key'
                    WHEN user_name THEN 'users_user_name_key'
                END
                FROM held
            ) AS held
        "#,
        user.organization_id.uuid(),
        user.id.uuid(),
        columns.external_id,
        columns.email,
        columns.email_folded,
        columns.first_name,
        columns.last_name,
        columns.phone_country_code,
        columns.phone_number,
        columns.locale,
        &columns.roles as &[&str],
        columns.metadata,
        columns.npi,
        columns.therapy_licence,
        columns.note_identifier,
        &columns.default_note_template_ids as &[&str],
        columns.specialty_kind,
        columns.specialty_name,
        columns.speech_locale,
        columns.secondary_speech_locale,
        user.active,
        user.updated_at,
        user.deleted_at,
        user.version,
        expected,
        columns.customer_id,
        columns.default_session_type,
        columns.pronoun,
        columns.date_of_birth,
        password.map(Sealed::as_bytes),
        change.id,
        change.at,
        change.actor.surface.name(),
        change.actor.client.map(ApiClientId::uuid),
        change.deed.name(),
        &change.fields,
        change.connection_id.map(ConnectionId::uuid),
        change.version,
        columns.user_name,
        columns.user_name_folded,
        columns.scim,
        columns.search,
        was_deleted,
    )
    .fetch_one(executor)
    .await
    .store()?;
    if let Some(held) = outcome.held {
        return Err(held_by_another(&held));
    }
    Ok(Outcome {
        is_changed: outcome.changed,
        is_behind: outcome.behind,
    })
}
