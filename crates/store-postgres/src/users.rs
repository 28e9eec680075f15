//! Users.

use async_trait::async_trait;
use roster_application::directory::stored;
use roster_application::ports::{InCustomer, Order, Sealed, StoreError, UserQuery, UserStore, UserWrite};
use roster_domain::scim::index_user;
use roster_domain::{
    ApiClientId, ConnectionId, CustomerId, Email, ExternalId, OrganizationId, Role, Timestamp, User, UserId, UserName,
    Version,
};
use serde_json::Value;
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::rows::users;

mod remove;
mod replace;
mod restore;

use remove::remove;
use replace::replace;
use restore::bring_back;

#[async_trait]
impl UserStore for PostgresStore {
    async fn create_user<'a>(&self, write: UserWrite<'a>) -> Result<(), StoreError> {
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
        .fetch_one(&self.pool)
        .await
        .store()?;
        if accounts > 0 {
            self.signal.made_due();
        }
        Ok(())
    }

    async fn update_user<'a>(&self, write: UserWrite<'a>, expected: Version) -> Result<(), StoreError> {
        let outcome = if write.user.deleted_at.is_some() {
            let mut transaction = self.pool.begin().await.store()?;
            let outcome = remove(&mut transaction, write, expected).await?;
            if outcome.is_changed {
                transaction.commit().await.store()?;
            }
            outcome
        } else {
            replace(&self.pool, write, expected, false).await?
        };
        if outcome.is_behind {
            self.signal.made_due();
        }
        if outcome.is_changed {
            Ok(())
        } else {
            Err(StoreError::Stale)
        }
    }

    async fn deleted_user<'a>(
        &self,
        organization: OrganizationId,
        external_id: Option<&'a ExternalId>,
        user_name: Option<&'a UserName>,
    ) -> Result<Option<User>, StoreError> {
        self.tombstone(organization, external_id, user_name).await
    }

    async fn restore_user<'a>(&self, write: UserWrite<'a>, expected: Version) -> Result<(), StoreError> {
        let user = write.user;
        let mut transaction = self.pool.begin().await.store()?;
        if !replace(&mut *transaction, write, expected, true).await?.is_changed {
            return Err(StoreError::Stale);
        }
        bring_back(&mut transaction, user).await?;
        transaction.commit().await.store()?;
        self.signal.made_due();
        Ok(())
    }

    async fn has_initial_password(&self, organization: OrganizationId, id: UserId) -> Result<bool, StoreError> {
        let kept = sqlx::query_scalar!(
            r#"SELECT initial_password IS NOT NULL AS "has!: bool" FROM users WHERE organization_id = $1 AND id = $2"#,
            organization.uuid(),
            id.uuid(),
        )
        .fetch_optional(&self.pool)
        .await
        .store()?;
        Ok(kept.unwrap_or(false))
    }

    async fn user(&self, organization: OrganizationId, id: UserId) -> Result<Option<User>, StoreError> {
        users!(
            "WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL",
            organization.uuid(),
            id.uuid()
        )
        .fetch_optional(&self.pool)
        .await
        .store()?
        .map(User::try_from)
        .transpose()
    }

    async fn user_by_external_id(
        &self,
        organization: OrganizationId,
        external_id: &ExternalId,
    ) -> Result<Option<User>, StoreError> {
        users!(
            "WHERE organization_id = $1 AND external_id = $2 AND deleted_at IS NULL",
            organization.uuid(),
            external_id.as_str(),
        )
        .fetch_optional(&self.pool)
        .await
        .store()?
        .map(User::try_from)
        .transpose()
    }

    async fn user_by_email(&self, organization: OrganizationId, email: &Email) -> Result<Option<User>, StoreError> {
        users!(
            "WHERE organization_id = $1 AND email_folded = $2 AND deleted_at IS NULL",
            organization.uuid(),
            email.folded(),
        )
        .fetch_optional(&self.pool)
        .await
        .store()?
        .map(User::try_from)
        .transpose()
    }

    async fn users(&self, organization: OrganizationId, query: &UserQuery) -> Result<Vec<User>, StoreError> {
        // A key names one user at the most: that one is found by its index, and the rest of the query is compared here.
        let named = match (&query.external_id, &query.email) {
            (Some(external_id), _) => self.user_by_external_id(organization, external_id).await?,
            (None, Some(email)) => self.user_by_email(organization, email).await?,
            (None, None) => return self.page(organization, query).await,
        };
        let asked_for = named.into_iter().filter(|user| is_asked_for(user, query));
        Ok(asked_for.skip(query.skip as usize).collect())
    }

    async fn purge_users(&self, deleted_before: Timestamp) -> Result<u64, StoreError> {
        let purged = sqlx::query!(
            "DELETE FROM users u
             WHERE u.deleted_at < $1
               AND NOT EXISTS (
                   SELECT FROM accounts a
                   WHERE a.organization_id = u.organization_id AND a.user_id = u.id
                     AND (a.removed_at IS NULL OR a.applied_version < a.desired_version)
               )",
            deleted_before,
        )
        .execute(&self.pool)
        .await
        .store()?;
        Ok(purged.rows_affected())
    }
}

impl PostgresStore {
    async fn page(&self, organization: OrganizationId, query: &UserQuery) -> Result<Vec<User>, StoreError> {
        // Nobody has the least or the greatest UUID, and a bound that is always there is one that the index serves.
        let after = query.after.map(UserId::uuid);
        let (oldest, newest) = (after.unwrap_or(Uuid::nil()), after.unwrap_or(Uuid::max()));
        macro_rules! page {
            ($in_customer:literal $behind:literal, $after:expr, $order:literal $(, $customer:expr)?) => {
                users!(
                    "WHERE organization_id = $1 AND deleted_at IS NULL AND " $in_customer " AND " $behind "
                       AND ($3::boolean IS NULL OR active = $3)
                     ORDER BY " $order "
                     LIMIT $4 OFFSET $5",
                    organization.uuid(),
                    $after,
                    query.active,
                    i64::from(query.limit),
                    i64::from(query.skip)
                    $(, $customer.as_str())?
                )
                .fetch_all(&self.pool)
                .await
                .store()?
            };
        }
        // The customer stands in the order, too: PostgreSQL does not see that it is the same in all of them where it is
        // null, and would sort.
        let rows = match (&query.customer, query.order) {
            (None, Order::OldestFirst) => page!("TRUE" "id > $2", oldest, "id"),
            (None, Order::NewestFirst) => page!("TRUE" "id < $2", newest, "id DESC"),
            (Some(InCustomer::Default), Order::OldestFirst) => {
                page!("customer_id IS NULL" "id > $2", oldest, "customer_id, id")
            }
            (Some(InCustomer::Default), Order::NewestFirst) => {
                page!("customer_id IS NULL" "id < $2", newest, "customer_id DESC, id DESC")
            }
            (Some(InCustomer::Named(customer)), Order::OldestFirst) => {
                page!("customer_id = $6" "id > $2", oldest, "customer_id, id", customer)
            }
            (Some(InCustomer::Named(customer)), Order::NewestFirst) => {
                page!("customer_id = $6" "id < $2", newest, "customer_id DESC, id DESC", customer)
            }
        };
        rows.into_iter().map(User::try_from).collect()
    }
}

/// Whether a user who was found by one key is one that the query asks for.
fn is_asked_for(user: &User, query: &UserQuery) -> bool {
    let behind = |after: UserId| match query.order {
        Order::OldestFirst => user.id > after,
        Order::NewestFirst => user.id < after,
    };
    let in_customer = |customer: &InCustomer| match customer {
        InCustomer::Default => user.profile.customer_id.is_none(),
        InCustomer::Named(id) => user.profile.customer_id.as_ref() == Some(id),
    };
    query.after.is_none_or(behind)
        && query.active.is_none_or(|active| user.active == active)
        && (query.email.is_none() || query.email == user.profile.email)
        && query.customer.as_ref().is_none_or(in_customer)
}

/// A user's profile as values of columns.
struct Columns<'a> {
    external_id: Option<&'a str>,
    email: Option<&'a str>,
    email_folded: Option<&'a str>,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    phone_country_code: Option<&'a str>,
    phone_number: Option<&'a str>,
    locale: Option<&'a str>,
    roles: Vec<&'static str>,
    metadata: Option<Value>,
    npi: Option<&'a str>,
    therapy_licence: Option<&'a str>,
    note_identifier: Option<&'static str>,
    default_note_template_ids: Vec<&'a str>,
    specialty_kind: Option<&'a str>,
    specialty_name: Option<&'a str>,
    speech_locale: Option<&'a str>,
    secondary_speech_locale: Option<&'a str>,
    customer_id: Option<&'a str>,
    default_session_type: Option<&'static str>,
    pronoun: Option<&'static str>,
    date_of_birth: Option<String>,
    user_name: Option<&'a str>,
    user_name_folded: Option<&'a str>,
    scim: Value,
    search: Value,
}

impl<'a> Columns<'a> {
    fn of(user: &'a User) -> Self {
        let profile = &user.profile;
        let phone = profile.phone.as_ref();
        let settings = &profile.settings;
        let specialty = settings.specialty();
        Self {
            external_id: profile.external_id.as_ref().map(ExternalId::as_str),
            email: profile.email.as_ref().map(Email::as_str),
            email_folded: profile.email.as_ref().map(Email::folded),
            first_name: profile.first_name.as_ref().map(roster_domain::PersonName::as_str),
            last_name: profile.last_name.as_ref().map(roster_domain::PersonName::as_str),
            phone_country_code: phone
                .and_then(|phone| phone.country_code.as_ref())
                .map(roster_domain::PhoneCountryCode::as_str),
            phone_number: phone
                .and_then(|phone| phone.number.as_ref())
                .map(roster_domain::PhoneNumber::as_str),
            locale: profile.locale.as_ref().map(roster_domain::Locale::as_str),
            roles: profile.roles.iter().copied().map(Role::name).collect(),
            metadata: profile.metadata.as_ref().map(|metadata| metadata.iter().collect()),
            npi: profile.npi.as_ref().map(roster_domain::Npi::as_str),
            therapy_licence: profile
                .therapy_licence
                .as_ref()
                .map(roster_domain::TherapyLicence::as_str),
            note_identifier: profile.note_identifier.map(roster_domain::NoteIdentifier::name),
            default_note_template_ids: profile
                .default_note_template_ids
                .iter()
                .map(roster_domain::NoteTemplateId::as_str)
                .collect(),
            specialty_kind: specialty.map(|specialty| specialty.kind().as_str()),
            specialty_name: specialty.and_then(|specialty| specialty.other_specialty_name()),
            speech_locale: settings.speech_locale().map(roster_domain::SpeechLocale::as_str),
            secondary_speech_locale: settings
                .secondary_speech_locale()
                .map(roster_domain::SpeechLocale::as_str),
            customer_id: profile.customer_id.as_ref().map(CustomerId::as_str),
            default_session_type: profile.default_session_type.map(roster_domain::SessionType::name),
            pronoun: profile.pronoun.map(roster_domain::Pronoun::name),
            date_of_birth: profile.date_of_birth.map(|date| date.to_string()),
            user_name: profile.user_name.as_ref().map(UserName::as_str),
            user_name_folded: profile.user_name.as_ref().map(UserName::folded),
            scim: stored::to_json(&profile.scim),
            search: stored::to_json(&index_user(user)),
        }
    }
}
