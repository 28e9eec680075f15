//! How the vendor calls what Roster knows by other names, and how it writes it.

use roster_domain::{Change, Email, NoteTemplateId, PersonName, SessionType, User, Violations};
use serde::{Serialize, Serializer};

/// The vendor's names for fields whose names differ.
const NAMES: [(&str, &[&str]); 11] = [
    ("external_id", &["partnerUserId"]),
    ("first_name", &["firstName"]),
    ("last_name", &["lastName"]),
    ("phone.country_code", &["phoneCountryCode"]),
    ("phone.number", &["phoneNumber"]),
    ("npi", &["nationalProviderIdentifier"]),
    ("therapy_licence", &["therapyLicence"]),
    ("note_identifier", &["noteIdentifier"]),
    ("default_note_template_ids", &["defaultNoteTemplateIds"]),
    ("default_session_type", &["defaultSessionType"]),
    ("date_of_birth", &["dateOfBirth"]),
];

/// The same violations, in the fields of the vendor's requests. Fields that the vendor does not have keep their names.
#[must_use]
pub fn in_vendors_names(violations: Violations) -> Violations {
    violations.renamed(&NAMES)
}

/// Where a user signs up and receives clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserUrls {
    /// The page on which the user signs up. Whoever has it can do so: it cannot be guessed.
    pub invite_url: String,
    /// The user's own room, for them and their clients. It cannot be guessed either.
    pub private_room_link: String,
}

/// What the documents require of every user, and a user who was made elsewhere may lack: written as an empty text then.
pub(super) fn required(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

pub(super) fn first_name(user: &User) -> Option<&str> {
    user.profile.first_name.as_ref().map(PersonName::as_str)
}

pub(super) fn last_name(user: &User) -> Option<&str> {
    user.profile.last_name.as_ref().map(PersonName::as_str)
}

pub(super) fn email(user: &User) -> Option<&str> {
    user.profile.email.as_ref().map(Email::as_str)
}

pub(super) fn partner_user_id(user: &User) -> Option<String> {
    user.profile.external_id.as_ref().map(ToString::to_string)
}

pub(super) fn npi(user: &User) -> Option<String> {
    user.profile.npi.as_ref().map(ToString::to_string)
}

pub(super) fn therapy_licence(user: &User) -> Option<String> {
    user.profile.therapy_licence.as_ref().map(ToString::to_string)
}

pub(super) fn note_identifier(user: &User) -> Option<String> {
    user.profile
        .note_identifier
        .map(|identifier| identifier.name().to_owned())
}

pub(super) fn phone_number(user: &User) -> Option<String> {
    user.profile.phone.as_ref()?.number.as_ref().map(ToString::to_string)
}

pub(super) fn phone_country_code(user: &User) -> Option<String> {
    user.profile
        .phone
        .as_ref()?
        .country_code
        .as_ref()
        .map(ToString::to_string)
}

pub(super) fn templates(user: &User) -> Vec<String> {
    user.profile
        .default_note_template_ids
        .iter()
        .map(NoteTemplateId::to_string)
        .collect()
}

/// What is not set is `Standard`, which is the vendor's default.
pub(super) fn session_type(user: &User) -> String {
    let session_type = user.profile.default_session_type.unwrap_or(SessionType::Standard);
    session_type.name().to_owned()
}

pub(super) fn pronoun(user: &User) -> Option<String> {
    user.profile.pronoun.map(|pronoun| pronoun.name().to_owned())
}

pub(super) fn date_of_birth(user: &User) -> Option<String> {
    user.profile.date_of_birth.as_ref().map(ToString::to_string)
}

/// Writes a change that is not left out: null clears.
pub(super) fn change<T: Serialize, S: Serializer>(change: &Change<T>, serializer: S) -> Result<S::Ok, S::Error> {
    change.as_set().serialize(serializer)
}
