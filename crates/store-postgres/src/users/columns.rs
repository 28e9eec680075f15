//! A user as values of columns.

use roster_application::directory::stored;
use roster_domain::scim::index_user;
use roster_domain::{CustomerId, Email, ExternalId, Role, User, UserName};
use serde_json::Value;

/// A user's profile as values of columns.
pub(super) struct Columns<'a> {
    pub(super) external_id: Option<&'a str>,
    pub(super) email: Option<&'a str>,
    pub(super) email_folded: Option<&'a str>,
    pub(super) first_name: Option<&'a str>,
    pub(super) last_name: Option<&'a str>,
    pub(super) phone_country_code: Option<&'a str>,
    pub(super) phone_number: Option<&'a str>,
    pub(super) locale: Option<&'a str>,
    pub(super) roles: Vec<&'static str>,
    pub(super) metadata: Option<Value>,
    pub(super) npi: Option<&'a str>,
    pub(super) therapy_licence: Option<&'a str>,
    pub(super) note_identifier: Option<&'static str>,
    pub(super) default_note_template_ids: Vec<&'a str>,
    pub(super) specialty_kind: Option<&'a str>,
    pub(super) specialty_name: Option<&'a str>,
    pub(super) speech_locale: Option<&'a str>,
    pub(super) secondary_speech_locale: Option<&'a str>,
    pub(super) customer_id: Option<&'a str>,
    pub(super) default_session_type: Option<&'static str>,
    pub(super) pronoun: Option<&'static str>,
    pub(super) date_of_birth: Option<String>,
    pub(super) user_name: Option<&'a str>,
    pub(super) user_name_folded: Option<&'a str>,
    pub(super) scim: Value,
    pub(super) search: Value,
}

impl<'a> Columns<'a> {
    pub(super) fn of(user: &'a User) -> Self {
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
