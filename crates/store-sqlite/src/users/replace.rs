//! Changes of users.

use roster_application::ports::{Sealed, StoreError};
use roster_domain::{ApiClientId, ConnectionId, Version};
use sqlx::SqliteConnection;

use super::columns::{Columns, Row};
use super::{conflict, json, standing_against};
use crate::error::{IntoStoreError, is_unique_violation, is_unique_violation_of};

/// Puts a user in place of the one that is stored: of one who is not deleted, or of a tombstone.
pub(super) async fn replace(
    writer: &mut SqliteConnection,
    row: &Row,
    expected: Version,
    was_deleted: bool,
) -> Result<(), StoreError> {
    let Row { user, change, .. } = row;
    let columns = Columns::of(row);
    // The accounts are changed by a trigger, within the same statement; the count does not include them. The history is told
    // along, as for a new user.
    let updated = sqlx::query!(
        "UPDATE users SET
             external_id = ?, email = ?, email_folded = ?, first_name = ?, last_name = ?, phone_country_code = ?,
             phone_number = ?, locale = ?, roles = ?, metadata = ?, npi = ?, therapy_licence = ?, note_identifier = ?,
             default_note_template_ids = ?, specialty_kind = ?, specialty_name = ?, speech_locale = ?,
             secondary_speech_locale = ?, active = ?, updated_at = ?, deleted_at = ?, version = ?, customer_id = ?,
             default_session_type = ?, pronoun = ?, date_of_birth = ?, user_name = ?, user_name_folded = ?, scim = ?,
             search = ?,
             -- A tombstone keeps none.
             initial_password = CASE WHEN ? IS NULL THEN coalesce(?, initial_password) END
         WHERE organization_id = ? AND id = ? AND version = ? AND (deleted_at IS NOT NULL) = ?;

         INSERT INTO audit_log (
             organization_id, user_id, id, at, surface, client_id, deed, fields, connection_id, version
         )
         SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE changes() > 0",
        columns.external_id,
        columns.email,
        columns.email_folded,
        columns.first_name,
        columns.last_name,
        columns.phone_country_code,
        columns.phone_number,
        columns.locale,
        columns.roles,
        columns.metadata,
        columns.npi,
        columns.therapy_licence,
        columns.note_identifier,
        columns.default_note_template_ids,
        columns.specialty_kind,
        columns.specialty_name,
        columns.speech_locale,
        columns.secondary_speech_locale,
        user.active,
        columns.updated_at,
        columns.deleted_at,
        user.version,
        columns.customer_id,
        columns.default_session_type,
        columns.pronoun,
        columns.date_of_birth,
        columns.user_name,
        columns.user_name_folded,
        columns.scim,
        columns.search,
        columns.deleted_at,
        row.password.as_ref().map(Sealed::as_bytes),
        columns.organization_id,
        columns.id,
        expected,
        was_deleted,
        columns.organization_id,
        columns.id,
        change.id,
        change.at.timestamp_micros(),
        change.actor.surface.name(),
        change.actor.client.map(ApiClientId::uuid),
        change.deed.name(),
        json(&change.fields)?,
        change.connection_id.map(ConnectionId::uuid),
        change.version,
    )
    .execute(&mut *writer)
    .await;
    let updated = match updated {
        // Of the history there is nothing that a caller could have chosen otherwise.
        Err(fault) if is_unique_violation_of("audit_log", &fault) => {
            return Err(StoreError::Internal(fault.into()));
        }
        Err(refusal) if is_unique_violation(&refusal) => {
            let key = standing_against(&mut *writer, &columns).await?;
            return Err(conflict(key, refusal));
        }
        updated => updated.store()?,
    };
    if updated.rows_affected() == 0 {
        return Err(StoreError::Stale);
    }
    Ok(())
}
