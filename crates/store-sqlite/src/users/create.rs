//! New users.

use roster_application::ports::{Sealed, StoreError, UniqueKey};
use roster_domain::{ApiClientId, ConnectionId};
use sqlx::SqliteConnection;

use super::columns::{Columns, Row};
use super::{conflict, id_is_taken, json, standing_against};
use crate::crowd::Written;
use crate::error::{IntoStoreError, is_unique_violation, is_unique_violation_of};

/// Stores a new user. Only the first statement can be refused.
pub(super) async fn create(writer: &mut SqliteConnection, row: &Row) -> Result<Written<()>, StoreError> {
    let Row { user, change, .. } = row;
    let columns = Columns::of(row);
    // The accounts are made by a trigger, within the same statement. The history is told along: each question to the
    // connection's thread costs as much as a row.
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
            ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
        )
        RETURNING EXISTS (SELECT 1 FROM connections WHERE organization_id = ? AND takes_all) AS "behind!: bool";

        INSERT INTO audit_log (
            organization_id, user_id, id, at, surface, client_id, deed, fields, connection_id, version
        )
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
        columns.organization_id,
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
    .fetch_all(&mut *writer)
    .await;
    let created = match created {
        // Of the history there is nothing that a caller could have chosen otherwise.
        Err(fault) if is_unique_violation_of("audit_log", &fault) => {
            return Err(StoreError::Internal(fault.into()));
        }
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
    Ok(Written {
        answer: (),
        makes_due: created.contains(&true),
    })
}
