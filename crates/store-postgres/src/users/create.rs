//! New users: one alone, or many at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use roster_application::ports::{Sealed, StoreError, UserWrite};
use roster_domain::{ApiClientId, ConnectionId, Timestamp, Version};
use serde_json::Value;
use uuid::Uuid;

use super::columns::Columns;
use super::owned::{OwnedWrite, array_literal};
use crate::crowd::{Reply, Work, each, one_each, tell_each};
use crate::error::IntoStoreError;
use crate::ready::Ready;
use crate::wake::Signal;

/// Stores one new user.
pub(super) async fn create_alone(ready: &Ready, signal: &Signal, write: UserWrite<'_>) -> Result<(), StoreError> {
    let UserWrite { user, password, change } = write;
    let columns = Columns::of(user);
    let accounts = sqlx::query_scalar!(
        r#"
        WITH created AS (
            INSERT INTO users (
                organization_id, id, external_id, email, email_folded, first_name, last_name, phone_country_code,
                phone_number, locale, roles, metadata, npi, therapy_licence, note_identifier,
                default_note_template_ids, specialty_kind, specialty_name, speech_locale,
                secondary_speech_locale, active, created_at, updated_at, deleted_at, version, customer_id,
                default_session_type, pronoun, date_of_birth, initial_password, user_name, user_name_folded, scim,
                search
            )
            VALUES (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                $23, $24, $25, $26, $27, $28, $29, $30, $39, $40, $41, $42
            )
            RETURNING organization_id, id, version, updated_at, active AND deleted_at IS NULL AS is_active
        ),
        told AS (
            INSERT INTO audit_log (
                organization_id, user_id, id, at, surface, client_id, deed, fields, connection_id, version
            )
            SELECT organization_id, id, $31, $32, $33, $34, $35, $36, $37, $38 FROM created
        ),
        behind AS (
            -- The function, and not the table, so that a connection that is made at the same time is not missed.
            INSERT INTO accounts (
                organization_id, user_id, connection_id, desired_version, desired_active, next_attempt_at,
                updated_at
            )
            SELECT u.organization_id, u.id, c.id, u.version, u.is_active, u.updated_at, u.updated_at
            FROM created u CROSS JOIN LATERAL connections_for_accounts(u.organization_id, u.id) AS c (id)
            RETURNING 1
        )
        SELECT count(*) AS "accounts!" FROM behind
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
        user.created_at,
        user.updated_at,
        user.deleted_at,
        user.version,
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
    )
    .fetch_one(ready)
    .await
    .store()?;
    if accounts > 0 {
        signal.made_due();
    }
    Ok(())
}

/// Stores new users in groups.
pub(crate) struct Creations {
    pub(crate) ready: Ready,
    pub(crate) signal: Arc<Signal>,
}

impl Work for Creations {
    type Item = OwnedWrite;
    type Answer = ();

    /// Whoever meets another user, in the group or in the table, and whoever's organization is having a connection made or
    /// removed, is left out, and hears why when going alone.
    #[expect(clippy::too_many_lines, reason = "it is one statement, so that it is one round trip")]
    async fn many(&self, items: Vec<OwnedWrite>) -> Result<Vec<Reply<()>>, sqlx::Error> {
        let mut writes = one_each(&items, OwnedWrite::key);
        // Groups of other processes meet the same external ids in the same order, and do not wait in a circle.
        writes.sort_by(|one, other| one.user.profile.external_id.cmp(&other.user.profile.external_id));
        let writes = writes.as_slice();
        let columns: Vec<Columns<'_>> = writes.iter().map(|write| Columns::of(&write.user)).collect();
        let columns = columns.as_slice();
        let organizations: BTreeSet<_> = writes.iter().map(|write| write.user.organization_id.uuid()).collect();
        let organizations: Vec<_> = organizations.into_iter().collect();
        let created = sqlx::query!(
            r#"
            WITH open AS MATERIALIZED (
                -- As share_connections, but without waiting for whoever makes or removes a connection, which takes as
                -- long as the organization is large: that is for users of that organization alone to wait for.
                SELECT o.organization_id FROM unnest($43::uuid[]) AS o (organization_id)
                WHERE pg_try_advisory_xact_lock_shared(1919906676, hashtext(o.organization_id::text))
            ),
            created AS (
                INSERT INTO users (
                    organization_id, id, external_id, email, email_folded, first_name, last_name, phone_country_code,
                    phone_number, locale, roles, metadata, npi, therapy_licence, note_identifier,
                    default_note_template_ids, specialty_kind, specialty_name, speech_locale,
                    secondary_speech_locale, active, created_at, updated_at, deleted_at, version, customer_id,
                    default_session_type, pronoun, date_of_birth, initial_password, user_name, user_name_folded,
                    scim, search
                )
                SELECT
                    r.organization_id, r.id, r.external_id, r.email, r.email_folded, r.first_name, r.last_name,
                    r.phone_country_code, r.phone_number, r.locale, r.roles::text[], r.metadata, r.npi,
                    r.therapy_licence, r.note_identifier, r.default_note_template_ids::text[], r.specialty_kind,
                    r.specialty_name, r.speech_locale, r.secondary_speech_locale, r.active, r.created_at,
                    r.updated_at, r.deleted_at, r.version, r.customer_id, r.default_session_type, r.pronoun,
                    r.date_of_birth, r.initial_password, r.user_name, r.user_name_folded, r.scim, r.search
                FROM unnest(
                    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::text[], $14::text[], $15::text[],
                    $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::boolean[],
                    $22::timestamptz[], $23::timestamptz[], $24::timestamptz[], $25::bigint[], $26::text[],
                    $27::text[], $28::text[], $29::text[], $30::bytea[], $31::text[], $32::text[], $33::jsonb[],
                    $34::jsonb[]
                ) AS r (
                    organization_id, id, external_id, email, email_folded, first_name, last_name, phone_country_code,
                    phone_number, locale, roles, metadata, npi, therapy_licence, note_identifier,
                    default_note_template_ids, specialty_kind, specialty_name, speech_locale,
                    secondary_speech_locale, active, created_at, updated_at, deleted_at, version, customer_id,
                    default_session_type, pronoun, date_of_birth, initial_password, user_name, user_name_folded,
                    scim, search
                )
                WHERE r.organization_id IN (SELECT organization_id FROM open)
                  -- The foreign key would refuse the whole group.
                  AND (r.customer_id IS NULL OR EXISTS (
                      SELECT FROM customers c
                      WHERE c.organization_id = r.organization_id AND c.customer_id = r.customer_id
                  ))
                ON CONFLICT DO NOTHING
                RETURNING organization_id, id, version, updated_at, active AND deleted_at IS NULL AS is_active
            ),
            told AS (
                INSERT INTO audit_log (
                    organization_id, user_id, id, at, surface, client_id, deed, fields, connection_id, version
                )
                SELECT
                    t.organization_id, t.user_id, t.id, t.at, t.surface, t.client_id, t.deed, t.fields::text[],
                    t.connection_id, t.version
                FROM unnest(
                    $1::uuid[], $2::uuid[], $35::uuid[], $36::timestamptz[], $37::text[], $38::uuid[], $39::text[],
                    $40::text[], $41::uuid[], $42::bigint[]
                ) AS t (
                    organization_id, user_id, id, at, surface, client_id, deed, fields, connection_id, version
                )
                -- IS TRUE keeps it from becoming a join, which would compare everybody with everybody.
                WHERE ((t.organization_id, t.user_id) IN (SELECT organization_id, id FROM created)) IS TRUE
            ),
            places AS MATERIALIZED (
                -- Once for an organization and not for each of its users: who is new was assigned nowhere.
                SELECT o.organization_id, c.id AS connection_id
                FROM open o
                CROSS JOIN LATERAL
                    connections_for_accounts(o.organization_id, '00000000-0000-0000-0000-000000000000') AS c (id)
            ),
            behind AS (
                INSERT INTO accounts (
                    organization_id, user_id, connection_id, desired_version, desired_active, next_attempt_at,
                    updated_at
                )
                SELECT u.organization_id, u.id, p.connection_id, u.version, u.is_active, u.updated_at, u.updated_at
                FROM created u JOIN places p USING (organization_id)
                RETURNING 1
            )
            SELECT organization_id, id, EXISTS (SELECT FROM behind) AS "is_behind!" FROM created
            "#,
            &each(writes, |write| write.user.organization_id.uuid()) as &[Uuid],
            &each(writes, |write| write.user.id.uuid()) as &[Uuid],
            &each(columns, |of| of.external_id) as &[Option<&str>],
            &each(columns, |of| of.email) as &[Option<&str>],
            &each(columns, |of| of.email_folded) as &[Option<&str>],
            &each(columns, |of| of.first_name) as &[Option<&str>],
            &each(columns, |of| of.last_name) as &[Option<&str>],
            &each(columns, |of| of.phone_country_code) as &[Option<&str>],
            &each(columns, |of| of.phone_number) as &[Option<&str>],
            &each(columns, |of| of.locale) as &[Option<&str>],
            &each(columns, |of| array_literal(&of.roles)) as &[String],
            &each(columns, |of| of.metadata.as_ref()) as &[Option<&Value>],
            &each(columns, |of| of.npi) as &[Option<&str>],
            &each(columns, |of| of.therapy_licence) as &[Option<&str>],
            &each(columns, |of| of.note_identifier) as &[Option<&str>],
            &each(columns, |of| array_literal(&of.default_note_template_ids)) as &[String],
            &each(columns, |of| of.specialty_kind) as &[Option<&str>],
            &each(columns, |of| of.specialty_name) as &[Option<&str>],
            &each(columns, |of| of.speech_locale) as &[Option<&str>],
            &each(columns, |of| of.secondary_speech_locale) as &[Option<&str>],
            &each(writes, |write| write.user.active) as &[bool],
            &each(writes, |write| write.user.created_at) as &[Timestamp],
            &each(writes, |write| write.user.updated_at) as &[Timestamp],
            &each(writes, |write| write.user.deleted_at) as &[Option<Timestamp>],
            &each(writes, |write| write.user.version) as &[Version],
            &each(columns, |of| of.customer_id) as &[Option<&str>],
            &each(columns, |of| of.default_session_type) as &[Option<&str>],
            &each(columns, |of| of.pronoun) as &[Option<&str>],
            &each(columns, |of| of.date_of_birth.as_deref()) as &[Option<&str>],
            &each(writes, |write| write.password.as_ref().map(Sealed::as_bytes)) as &[Option<&[u8]>],
            &each(columns, |of| of.user_name) as &[Option<&str>],
            &each(columns, |of| of.user_name_folded) as &[Option<&str>],
            &each(columns, |of| &of.scim) as &[&Value],
            &each(columns, |of| &of.search) as &[&Value],
            &each(writes, |write| write.change.id) as &[Uuid],
            &each(writes, |write| write.change.at) as &[Timestamp],
            &each(writes, |write| write.change.actor.surface.name()) as &[&str],
            &each(writes, |write| write.change.actor.client.map(ApiClientId::uuid)) as &[Option<Uuid>],
            &each(writes, |write| write.change.deed.name()) as &[&str],
            &each(writes, |write| array_literal(&write.change.fields)) as &[String],
            &each(writes, |write| write.change.connection_id.map(ConnectionId::uuid)) as &[Option<Uuid>],
            &each(writes, |write| write.change.version) as &[Version],
            &organizations,
        )
        .fetch_all(&self.ready)
        .await?;
        if created.iter().any(|row| row.is_behind) {
            self.signal.made_due();
        }
        let created = created.into_iter().map(|row| ((row.organization_id, row.id), ()));
        Ok(tell_each(&items, OwnedWrite::key, created))
    }
}
