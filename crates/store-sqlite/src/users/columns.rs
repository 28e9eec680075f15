//! Users as values of columns.

use roster_application::directory::stored;
use roster_application::ports::{ChangeRecord, Sealed, StoreError, UserWrite};
use roster_domain::scim::index_user;
use roster_domain::{CustomerId, Email, ExternalId, Role, User, UserName};
use uuid::Uuid;

use super::json;

/// A user as it is to be stored, for as long as that takes. What can be put together beforehand is: others wait for the
/// connection that writes.
pub(super) struct Row {
    pub(super) user: User,
    pub(super) password: Option<Sealed>,
    pub(super) change: ChangeRecord,
    documents: Documents,
}

/// The columns that hold what SQLite has no type for.
struct Documents {
    roles: String,
    metadata: Option<String>,
    default_note_template_ids: String,
    date_of_birth: Option<String>,
    scim: String,
    search: String,
}

impl Row {
    pub(super) fn of(write: UserWrite<'_>) -> Result<Self, StoreError> {
        let UserWrite { user, password, change } = write;
        Ok(Self {
            user: user.clone(),
            password: password.cloned(),
            change: change.clone(),
            documents: Documents::of(user)?,
        })
    }
}

impl Documents {
    fn of(user: &User) -> Result<Self, StoreError> {
        let profile = &user.profile;
        let roles: Vec<_> = profile.roles.iter().copied().map(Role::name).collect();
        let templates: Vec<_> = profile
            .default_note_template_ids
            .iter()
            .map(roster_domain::NoteTemplateId::as_str)
            .collect();
        Ok(Self {
            roles: json(&roles)?,
            metadata: profile
                .metadata
                .as_ref()
                .map(|metadata| json(metadata.entries()))
                .transpose()?,
            default_note_template_ids: json(&templates)?,
            date_of_birth: profile.date_of_birth.map(|date| date.to_string()),
            scim: stored::to_json(&profile.scim).to_string(),
            search: stored::to_json(&index_user(user)).to_string(),
        })
    }
}

/// A user's profile as values of columns.
pub(super) struct Columns<'a> {
    pub(super) organization_id: Uuid,
    pub(super) id: Uuid,
    pub(super) external_id: Option<&'a str>,
    pub(super) email: Option<&'a str>,
    pub(super) email_folded: Option<&'a str>,
    pub(super) first_name: Option<&'a str>,
    pub(super) last_name: Option<&'a str>,
    pub(super) phone_country_code: Option<&'a str>,
    pub(super) phone_number: Option<&'a str>,
    pub(super) locale: Option<&'a str>,
    pub(super) roles: &'a str,
    pub(super) metadata: Option<&'a str>,
    pub(super) npi: Option<&'a str>,
    pub(super) therapy_licence: Option<&'a str>,
    pub(super) note_identifier: Option<&'static str>,
    pub(super) default_note_template_ids: &'a str,
    pub(super) specialty_kind: Option<&'a str>,
    pub(super) specialty_name: Option<&'a str>,
    pub(super) speech_locale: Option<&'a str>,
    pub(super) secondary_speech_locale: Option<&'a str>,
    pub(super) customer_id: Option<&'a str>,
    pub(super) default_session_type: Option<&'static str>,
    pub(super) pronoun: Option<&'static str>,
    pub(super) date_of_birth: Option<&'a str>,
    pub(super) user_name: Option<&'a str>,
    pub(super) user_name_folded: Option<&'a str>,
    pub(super) scim: &'a str,
    pub(super) search: &'a str,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    pub(super) deleted_at: Option<i64>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(row: &'a Row) -> Self {
        let Row { user, documents, .. } = row;
        let profile = &user.profile;
        let phone = profile.phone.as_ref();
        let settings = &profile.settings;
        let specialty = settings.specialty();
        Self {
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
            roles: &documents.roles,
            metadata: documents.metadata.as_deref(),
            npi: profile.npi.as_ref().map(roster_domain::Npi::as_str),
            therapy_licence: profile
                .therapy_licence
                .as_ref()
                .map(roster_domain::TherapyLicence::as_str),
            note_identifier: profile.note_identifier.map(roster_domain::NoteIdentifier::name),
            default_note_template_ids: &documents.default_note_template_ids,
            specialty_kind: specialty.map(|specialty| specialty.kind().as_str()),
            specialty_name: specialty.and_then(|specialty| specialty.other_specialty_name()),
            speech_locale: settings.speech_locale().map(roster_domain::SpeechLocale::as_str),
            secondary_speech_locale: settings
                .secondary_speech_locale()
                .map(roster_domain::SpeechLocale::as_str),
            customer_id: profile.customer_id.as_ref().map(CustomerId::as_str),
            default_session_type: profile.default_session_type.map(roster_domain::SessionType::name),
            pronoun: profile.pronoun.map(roster_domain::Pronoun::name),
            date_of_birth: documents.date_of_birth.as_deref(),
            user_name: profile.user_name.as_ref().map(UserName::as_str),
            user_name_folded: profile.user_name.as_ref().map(UserName::folded),
            scim: &documents.scim,
            search: &documents.search,
            created_at: user.created_at.timestamp_micros(),
            updated_at: user.updated_at.timestamp_micros(),
            deleted_at: user.deleted_at.map(|time| time.timestamp_micros()),
        }
    }
}
