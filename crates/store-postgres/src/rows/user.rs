//! Users as rows.

use std::collections::BTreeMap;
use std::str::FromStr;

use roster_application::directory::stored;
use roster_application::ports::StoreError;
use roster_domain::scim::Attributes;
use roster_domain::{
    CustomerId, DateOfBirth, Email, ExternalId, FieldPath, Locale, Metadata, NoteIdentifier, NoteTemplateId, Npi,
    OrganizationId, PersonName, Phone, PhoneCountryCode, PhoneNumber, Profile, Pronoun, Role, SessionType, Settings,
    Specialty, SpecialtyKind, SpeechLocale, TherapyLicence, Timestamp, User, UserId, UserName, Version,
};
use serde_json::Value;
use uuid::Uuid;

use super::Place;

/// Reads users, all columns: `users!("WHERE …", arguments…)`. The text may be in several pieces.
macro_rules! users {
    ($($rest:literal)+ $(, $argument:expr)* $(,)?) => {
        $crate::rows::users_from!("users " $($rest)+ $(, $argument)*)
    };
}
pub(crate) use users;

/// Reads users, all columns, from whatever has them: `users_from!("… AS users", arguments…)`.
macro_rules! users_from {
    ($($from:literal)+ $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            $crate::rows::UserRow,
            "SELECT
                 organization_id, id, external_id, email, first_name, last_name, phone_country_code, phone_number,
                 locale, roles, metadata, npi, therapy_licence, note_identifier, default_note_template_ids,
                 specialty_kind, specialty_name, speech_locale, secondary_speech_locale, customer_id,
                 default_session_type, pronoun, date_of_birth, active, created_at,
                 updated_at, deleted_at, version, user_name, scim
             FROM " $(+ $from)+
            $(, $argument)*
        )
    };
}
pub(crate) use users_from;

/// The columns of users, for queries that are put together when they are asked; `u` is the user.
pub(crate) const COLUMNS_OF_USERS: &str = "\
    u.organization_id, u.id, u.external_id, u.email, u.first_name, u.last_name, u.phone_country_code, u.phone_number, \
    u.locale, u.roles, u.metadata, u.npi, u.therapy_licence, u.note_identifier, u.default_note_template_ids, \
    u.specialty_kind, u.specialty_name, u.speech_locale, u.secondary_speech_locale, u.customer_id, \
    u.default_session_type, u.pronoun, u.date_of_birth, u.active, u.created_at, u.updated_at, u.deleted_at, u.version, \
    u.user_name, u.scim";

/// A row of `users`, without the columns that only serve to compare.
#[derive(sqlx::FromRow)]
pub(crate) struct UserRow {
    pub(crate) organization_id: Uuid,
    pub(crate) id: Uuid,
    pub(crate) external_id: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) phone_country_code: Option<String>,
    pub(crate) phone_number: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) metadata: Option<Value>,
    pub(crate) npi: Option<String>,
    pub(crate) therapy_licence: Option<String>,
    pub(crate) note_identifier: Option<String>,
    pub(crate) default_note_template_ids: Vec<String>,
    pub(crate) specialty_kind: Option<String>,
    pub(crate) specialty_name: Option<String>,
    pub(crate) speech_locale: Option<String>,
    pub(crate) secondary_speech_locale: Option<String>,
    pub(crate) customer_id: Option<String>,
    pub(crate) default_session_type: Option<String>,
    pub(crate) pronoun: Option<String>,
    pub(crate) date_of_birth: Option<String>,
    pub(crate) active: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
    pub(crate) version: Version,
    pub(crate) user_name: Option<String>,
    pub(crate) scim: Value,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let place = Place::new("users", row.id);
        Ok(Self {
            id: UserId::new(row.id),
            organization_id: OrganizationId::new(row.organization_id),
            active: row.active,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
            version: row.version,
            profile: profile(row, &place)?,
        })
    }
}

fn profile(row: UserRow, place: &Place) -> Result<Profile, StoreError> {
    let phone = Phone {
        country_code: place.check_optional("phone_country_code", row.phone_country_code, PhoneCountryCode::new)?,
        number: place.check_optional("phone_number", row.phone_number, PhoneNumber::new)?,
    };
    let specialty = specialty(row.specialty_kind, row.specialty_name, place)?;
    let speech_locale = place.check_optional("speech_locale", row.speech_locale, SpeechLocale::new)?;
    let secondary = place.check_optional(
        "secondary_speech_locale",
        row.secondary_speech_locale,
        SpeechLocale::new,
    )?;
    let settings = Settings::new(specialty, speech_locale, secondary, &FieldPath::root());
    Ok(Profile {
        external_id: place.check_optional("external_id", row.external_id, ExternalId::new)?,
        email: place.check_optional("email", row.email, Email::new)?,
        first_name: place.check_optional("first_name", row.first_name, PersonName::new)?,
        last_name: place.check_optional("last_name", row.last_name, PersonName::new)?,
        phone: (phone != Phone::default()).then_some(phone),
        locale: place.check_optional("locale", row.locale, Locale::new)?,
        roles: list("roles", row.roles, |name| Role::from_str(&name), place)?,
        metadata: row.metadata.map(|value| metadata(value, place)).transpose()?,
        npi: place.check_optional("npi", row.npi, Npi::new)?,
        therapy_licence: place.check_optional("therapy_licence", row.therapy_licence, TherapyLicence::new)?,
        note_identifier: place.check_optional("note_identifier", row.note_identifier, |name| {
            NoteIdentifier::from_str(&name)
        })?,
        default_note_template_ids: list(
            "default_note_template_ids",
            row.default_note_template_ids,
            NoteTemplateId::new,
            place,
        )?,
        default_session_type: place.check_optional("default_session_type", row.default_session_type, |name| {
            SessionType::from_str(&name)
        })?,
        pronoun: place.check_optional("pronoun", row.pronoun, |name| Pronoun::from_str(&name))?,
        date_of_birth: place.check_optional("date_of_birth", row.date_of_birth, DateOfBirth::new)?,
        settings: place.check("secondary_speech_locale", settings)?,
        customer_id: place.check_optional("customer_id", row.customer_id, CustomerId::new)?,
        user_name: place.check_optional("user_name", row.user_name, UserName::new)?,
        scim: attributes(row.scim, place)?,
    })
}

fn specialty(kind: Option<String>, name: Option<String>, place: &Place) -> Result<Option<Specialty>, StoreError> {
    match place.check_optional("specialty_kind", kind, SpecialtyKind::new)? {
        Some(kind) => place
            .check("specialty_name", Specialty::new(kind, name, &FieldPath::root()))
            .map(Some),
        None if name.is_some() => Err(place.corrupt("specialty_name", "stands without specialty_kind")),
        None => Ok(None),
    }
}

fn metadata(value: Value, place: &Place) -> Result<Metadata, StoreError> {
    let entries: BTreeMap<String, String> =
        serde_json::from_value(value).map_err(|_| place.corrupt("metadata", "must be an object of strings"))?;
    place.check("metadata", Metadata::new(entries, &FieldPath::root()))
}

/// What is kept for identity providers.
fn attributes(value: Value, place: &Place) -> Result<Attributes, StoreError> {
    stored::from_json(value).ok_or_else(|| place.corrupt("scim", "must be an object of attributes"))
}

fn list<T>(
    column: &'static str,
    values: Vec<String>,
    check: impl Fn(String) -> Result<T, roster_domain::Fault>,
    place: &Place,
) -> Result<Vec<T>, StoreError> {
    values
        .into_iter()
        .map(|value| place.check(column, check(value)))
        .collect()
}
