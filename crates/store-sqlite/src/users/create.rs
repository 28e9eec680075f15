//! New users.

use roster_application::ports::{Sealed, StoreError, UniqueKey};
use sqlx::SqliteConnection;

use super::columns::{Columns, Row};
use super::{conflict, id_is_taken, standing_against};
use crate::crowd::Written;
use crate::error::{IntoStoreError, is_unique_violation};
use crate::history::tell;

/// Stores a new user. Only the first statement can be refused.
pub(super) async fn create(writer: &mut SqliteConnection, row: &Row) -> Result<Written<()>, StoreError> {
    let Row { user, change, .. } = row;
    let columns = Columns::of(row);
    // The accounts are made by a trigger, within the same statement.
    let created = sqlx::query_scalar!(
        r#"
        INSERT INTO users (
            organization_id, id, external_id, email, email_folded, first_name, last_name, phone_country_code,
            phone_number, locale, roles, metadata, npi, therapy_licence, note_identifier,
            default_note_template_ids, specialty_kind, specialty_name, speech_locale,
            secondary_speech_locale, active, created_at, updated_at, deleted_at, version, customer_id,
            default_session_type, pronoun, date_of_birth, initial_password, user_name, user_name_folded, scim,
            search
        )
        VALUES (
            ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
            ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34
        )
        RETURNING EXISTS (SELECT 1 FROM connections WHERE organization_id = ?1 AND takes_all) AS "behind!: bool"
        "#,
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
        columns.created_at,
        columns.updated_at,
        columns.deleted_at,
        user.version,
        columns.customer_id,
        columns.default_session_type,
        columns.pronoun,
        columns.date_of_birth,
        row.password.as_ref().map(Sealed::as_bytes),
        columns.user_name,
        columns.user_name_folded,
        columns.scim,
        columns.search,
    )
    .fetch_all(&mut *writer)
    .await;
    let created = match created {
        Err(refusal) if is_unique_violation(&refusal) => {
            let key = if id_is_taken(&mut *writer, &columns).await? {
                Some(UniqueKey::Id)
            } else {
                standing_against(&mut *writer, &columns).await?
            };
            return Err(conflict(key, refusal));
        }
        created => created.store()?,
    };
    tell(writer, user.organization_id, user.id, change).await?;
    Ok(Written {
        answer: (),
        makes_due: created.contains(&true),
    })
}
