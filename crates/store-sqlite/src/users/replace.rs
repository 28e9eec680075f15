//! Changes of users.

use roster_application::ports::{Sealed, StoreError};
use roster_domain::Version;
use sqlx::SqliteConnection;

use super::columns::{Columns, Row};
use super::{conflict, standing_against};
use crate::error::{IntoStoreError, is_unique_violation};
use crate::history::tell;

/// Puts a user in place of the one that is stored: of one who is not deleted, or of a tombstone.
pub(super) async fn replace(
    writer: &mut SqliteConnection,
    row: &Row,
    expected: Version,
    was_deleted: bool,
) -> Result<(), StoreError> {
    let Row { user, change, .. } = row;
    let columns = Columns::of(row);
    // The accounts are changed by a trigger, within the same statement; the count does not include them.
    let updated = sqlx::query!(
        "UPDATE users SET
             external_id = ?3, email = ?4, email_folded = ?5, first_name = ?6, last_name = ?7,
             phone_country_code = ?8, phone_number = ?9, locale = ?10, roles = ?11, metadata = ?12, npi = ?13,
             therapy_licence = ?14, note_identifier = ?15, default_note_template_ids = ?16,
             specialty_kind = ?17, specialty_name = ?18, speech_locale = ?19, secondary_speech_locale = ?20,
             active = ?21, updated_at = ?22, deleted_at = ?23, version = ?24, customer_id = ?26,
             default_session_type = ?27, pronoun = ?28, date_of_birth = ?29, user_name = ?31,
             user_name_folded = ?32, scim = ?33, search = ?34,
             -- A tombstone keeps none.
             initial_password = CASE WHEN ?23 IS NULL THEN coalesce(?30, initial_password) END
         WHERE organization_id = ?1 AND id = ?2 AND version = ?25 AND (deleted_at IS NOT NULL) = ?35",
        columns.organization_id,
        columns.id,
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
        expected,
        columns.customer_id,
        columns.default_session_type,
        columns.pronoun,
        columns.date_of_birth,
        row.password.as_ref().map(Sealed::as_bytes),
        columns.user_name,
        columns.user_name_folded,
        columns.scim,
        columns.search,
        was_deleted,
    )
    .execute(&mut *writer)
    .await;
    let updated = match updated {
        Err(refusal) if is_unique_violation(&refusal) => {
            let key = standing_against(&mut *writer, &columns).await?;
            return Err(conflict(key, refusal));
        }
        updated => updated.store()?,
    };
    if updated.rows_affected() == 0 {
        return Err(StoreError::Stale);
    }
    tell(writer, user.organization_id, user.id, change).await?;
    Ok(())
}
