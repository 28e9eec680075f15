//! Users.

use async_trait::async_trait;
use roster_application::directory::stored;
use roster_application::ports::{InCustomer, Order, Sealed, StoreError, UniqueKey, UserQuery, UserStore, UserWrite};
use roster_domain::scim::index_user;
use roster_domain::{CustomerId, Email, ExternalId, OrganizationId, Role, Timestamp, User, UserId, UserName, Version};
use serde::Serialize;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::SqliteStore;
use crate::error::{IntoStoreError, is_unique_violation};
use crate::history::tell;
use crate::rows::users;

mod remove;
mod replace;
mod restore;

use remove::remove;
use replace::replace;
use restore::bring_back;

#[async_trait]
impl UserStore for SqliteStore {
    async fn create_user<'a>(&self, write: UserWrite<'a>) -> Result<(), StoreError> {
        let UserWrite { user, password, change } = write;
        let columns = Columns::of(user)?;
        let mut transaction = self.begin().await?;
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
            password.map(Sealed::as_bytes),
            columns.user_name,
            columns.user_name_folded,
            columns.scim,
            columns.search,
        )
        .fetch_all(&mut *transaction)
        .await;
        let created = match created {
            Err(refusal) if is_unique_violation(&refusal) => {
                let key = if id_is_taken(&mut transaction, &columns).await? {
                    Some(UniqueKey::Id)
                } else {
                    standing_against(&mut transaction, &columns).await?
                };
                return Err(conflict(key, refusal));
            }
            created => created.store()?,
        };
        tell(&mut transaction, user.organization_id, user.id, change).await?;
        transaction.commit().await.store()?;
        if created.contains(&true) {
            self.made_due();
        }
        Ok(())
    }

    async fn update_user<'a>(&self, write: UserWrite<'a>, expected: Version) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        if write.user.deleted_at.is_some() {
            remove(&mut transaction, write, expected).await?;
        } else {
            replace(&mut transaction, write, expected, false).await?;
        }
        transaction.commit().await.store()?;
        self.made_due();
        Ok(())
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
        let mut transaction = self.begin().await?;
        replace(&mut transaction, write, expected, true).await?;
        bring_back(&mut transaction, user).await?;
        transaction.commit().await.store()?;
        self.made_due();
        Ok(())
    }

    async fn has_initial_password(&self, organization: OrganizationId, id: UserId) -> Result<bool, StoreError> {
        let kept = sqlx::query_scalar!(
            r#"SELECT initial_password IS NOT NULL AS "has!: bool" FROM users WHERE organization_id = ?1 AND id = ?2"#,
            organization.uuid(),
            id.uuid(),
        )
        .fetch_optional(&self.readers)
        .await
        .store()?;
        Ok(kept.unwrap_or(false))
    }

    async fn user(&self, organization: OrganizationId, id: UserId) -> Result<Option<User>, StoreError> {
        users!(
            "WHERE organization_id = ?1 AND id = ?2 AND deleted_at IS NULL",
            organization.uuid(),
            id.uuid()
        )
        .fetch_optional(&self.readers)
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
            "WHERE organization_id = ?1 AND external_id = ?2 AND deleted_at IS NULL",
            organization.uuid(),
            external_id.as_str(),
        )
        .fetch_optional(&self.readers)
        .await
        .store()?
        .map(User::try_from)
        .transpose()
    }

    async fn user_by_email(&self, organization: OrganizationId, email: &Email) -> Result<Option<User>, StoreError> {
        users!(
            "WHERE organization_id = ?1 AND email_folded = ?2 AND deleted_at IS NULL",
            organization.uuid(),
            email.folded(),
        )
        .fetch_optional(&self.readers)
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
        let deleted_before = deleted_before.timestamp_micros();
        let purged = sqlx::query!(
            "DELETE FROM users
             WHERE deleted_at < ?1
               AND NOT EXISTS (
                   SELECT 1 FROM accounts a
                   WHERE a.organization_id = users.organization_id AND a.user_id = users.id
                     AND (a.removed_at IS NULL OR a.applied_version < a.desired_version)
               )",
            deleted_before,
        )
        .execute(&mut *self.writer().await?)
        .await
        .store()?;
        Ok(purged.rows_affected())
    }
}

/// The error for what stands against a write. The transaction keeps it from going away while that is looked at.
fn conflict(key: Option<UniqueKey>, refusal: sqlx::Error) -> StoreError {
    key.map_or_else(|| StoreError::Internal(refusal.into()), StoreError::Conflict)
}

async fn id_is_taken(writer: &mut SqliteConnection, columns: &Columns<'_>) -> Result<bool, StoreError> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM users WHERE organization_id = ?1 AND id = ?2) AS "taken!: bool""#,
        columns.organization_id,
        columns.id,
    )
    .fetch_one(writer)
    .await
    .store()
}

/// What of another user stands against a user. Asked only after a write was refused.
async fn standing_against(
    writer: &mut SqliteConnection,
    columns: &Columns<'_>,
) -> Result<Option<UniqueKey>, StoreError> {
    let taken = sqlx::query!(
        r#"
        SELECT
            EXISTS (
                SELECT 1 FROM users
                WHERE organization_id = ?1 AND id <> ?2 AND external_id = ?3 AND deleted_at IS NULL
            ) AS "external_id!: bool",
            EXISTS (
                SELECT 1 FROM users
                WHERE organization_id = ?1 AND id <> ?2 AND email_folded = ?4 AND deleted_at IS NULL
            ) AS "email!: bool",
            EXISTS (
                SELECT 1 FROM users
                WHERE organization_id = ?1 AND id <> ?2 AND user_name_folded = ?5 AND deleted_at IS NULL
            ) AS "user_name!: bool"
        "#,
        columns.organization_id,
        columns.id,
        columns.external_id,
        columns.email_folded,
        columns.user_name_folded,
    )
    .fetch_one(writer)
    .await
    .store()?;
    Ok(taken
        .external_id
        .then_some(UniqueKey::ExternalId)
        .or(taken.email.then_some(UniqueKey::Email))
        .or(taken.user_name.then_some(UniqueKey::UserName)))
}

impl SqliteStore {
    async fn page(&self, organization: OrganizationId, query: &UserQuery) -> Result<Vec<User>, StoreError> {
        // Nobody has the least or the greatest UUID, and a bound that is always there is one that the index serves.
        let after = query.after.map(UserId::uuid);
        let (oldest, newest) = (after.unwrap_or(Uuid::nil()), after.unwrap_or(Uuid::max()));
        macro_rules! page {
            ($in_customer:literal $behind:literal, $after:expr, $order:literal $(, $customer:expr)?) => {
                users!(
                    "WHERE organization_id = ?1 AND deleted_at IS NULL AND " $in_customer " AND " $behind "
                       AND (?3 IS NULL OR active = ?3)
                     ORDER BY " $order "
                     LIMIT ?4 OFFSET ?5",
                    organization.uuid(),
                    $after,
                    query.active,
                    i64::from(query.limit),
                    i64::from(query.skip)
                    $(, $customer.as_str())?
                )
                .fetch_all(&self.readers)
                .await
                .store()?
            };
        }
        // The customer stands in the order, too, so that the same index is walked for every one of them.
        let rows = match (&query.customer, query.order) {
            (None, Order::OldestFirst) => page!("TRUE" "id > ?2", oldest, "id"),
            (None, Order::NewestFirst) => page!("TRUE" "id < ?2", newest, "id DESC"),
            (Some(InCustomer::Default), Order::OldestFirst) => {
                page!("customer_id IS NULL" "id > ?2", oldest, "customer_id, id")
            }
            (Some(InCustomer::Default), Order::NewestFirst) => {
                page!("customer_id IS NULL" "id < ?2", newest, "customer_id DESC, id DESC")
            }
            (Some(InCustomer::Named(customer)), Order::OldestFirst) => {
                page!("customer_id = ?6" "id > ?2", oldest, "customer_id, id", customer)
            }
            (Some(InCustomer::Named(customer)), Order::NewestFirst) => {
                page!("customer_id = ?6" "id < ?2", newest, "customer_id DESC, id DESC", customer)
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
    organization_id: Uuid,
    id: Uuid,
    external_id: Option<&'a str>,
    email: Option<&'a str>,
    email_folded: Option<&'a str>,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    phone_country_code: Option<&'a str>,
    phone_number: Option<&'a str>,
    locale: Option<&'a str>,
    roles: String,
    metadata: Option<String>,
    npi: Option<&'a str>,
    therapy_licence: Option<&'a str>,
    note_identifier: Option<&'static str>,
    default_note_template_ids: String,
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
    scim: String,
    search: String,
    created_at: i64,
    updated_at: i64,
    deleted_at: Option<i64>,
}

impl<'a> Columns<'a> {
    fn of(user: &'a User) -> Result<Self, StoreError> {
        let profile = &user.profile;
        let phone = profile.phone.as_ref();
        let settings = &profile.settings;
        let specialty = settings.specialty();
        let roles: Vec<_> = profile.roles.iter().copied().map(Role::name).collect();
        let templates: Vec<_> = profile
            .default_note_template_ids
            .iter()
            .map(roster_domain::NoteTemplateId::as_str)
            .collect();
        Ok(Self {
            organization_id: user.organization_id.uuid(),
            id: user.id.uuid(),
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
            roles: json(&roles)?,
            metadata: profile
                .metadata
                .as_ref()
                .map(|metadata| json(metadata.entries()))
                .transpose()?,
            npi: profile.npi.as_ref().map(roster_domain::Npi::as_str),
            therapy_licence: profile
                .therapy_licence
                .as_ref()
                .map(roster_domain::TherapyLicence::as_str),
            note_identifier: profile.note_identifier.map(roster_domain::NoteIdentifier::name),
            default_note_template_ids: json(&templates)?,
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
            scim: stored::to_json(&profile.scim).to_string(),
            search: stored::to_json(&index_user(user)).to_string(),
            created_at: user.created_at.timestamp_micros(),
            updated_at: user.updated_at.timestamp_micros(),
            deleted_at: user.deleted_at.map(|time| time.timestamp_micros()),
        })
    }
}

pub(crate) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Internal(error.into()))
}
