//! What a request says about a user, before it is checked.

use std::collections::BTreeMap;

use crate::fields::Password;
use crate::scim::Attributes;
use crate::violation::Violations;

/// What a request says about one field. Left out, null, or given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// The field is left out: it stays as it is.
    #[default]
    Keep,
    /// The field is null: it is cleared.
    Clear,
    /// The field is given.
    Set(T),
}

impl<T> Change<T> {
    /// Whether the request leaves the field out.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// Whether the field is null.
    pub fn is_clear(&self) -> bool {
        matches!(self, Self::Clear)
    }

    /// Turns the value that is given into another.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(change(value)),
        }
    }

    /// The value that is given.
    pub fn as_set(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}

impl<T> From<Option<T>> for Change<T> {
    /// A value sets; none keeps.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Keep, Self::Set)
    }
}

/// Everything a request may say about a user, as raw text. For a user who is new, the fields that are left
/// out are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserChanges {
    /// See [`crate::ExternalId`].
    pub external_id: Change<String>,
    /// See [`crate::Email`].
    pub email: Change<String>,
    /// See [`crate::PersonName`].
    pub first_name: Change<String>,
    /// See [`crate::PersonName`].
    pub last_name: Change<String>,
    /// See [`crate::Phone`]; its parts merge.
    pub phone: Change<PhoneChanges>,
    /// See [`crate::Locale`].
    pub locale: Change<String>,
    /// See [`crate::Role`]; replaced as a whole.
    pub roles: Change<Vec<String>>,
    /// Whether the user may work. Cannot be cleared.
    pub active: Change<bool>,
    /// See [`crate::Metadata`]; replaced as a whole.
    pub metadata: Change<BTreeMap<String, String>>,
    /// See [`crate::Npi`].
    pub npi: Change<String>,
    /// See [`crate::TherapyLicence`].
    pub therapy_licence: Change<String>,
    /// See [`crate::NoteIdentifier`].
    pub note_identifier: Change<String>,
    /// See [`crate::NoteTemplateId`]; replaced as a whole.
    pub default_note_template_ids: Change<Vec<String>>,
    /// See [`crate::SessionType`].
    pub default_session_type: Change<String>,
    /// See [`crate::Pronoun`].
    pub pronoun: Change<String>,
    /// See [`crate::DateOfBirth`].
    pub date_of_birth: Change<String>,
    /// See [`crate::Settings`]; its parts merge.
    pub settings: Change<SettingsChanges>,
    /// See [`crate::CustomerId`]. That there is such a customer is checked where the user is stored.
    pub customer_id: Change<String>,
    /// See [`crate::UserName`].
    pub user_name: Change<String>,
    /// What an identity provider says of the user beyond what Roster keeps in fields of its own; replaced as a whole.
    pub scim: Change<Attributes>,
    /// An initial password for vendors that take one. Checked already, so that the raw text goes no further than the
    /// surface. It becomes part of no record: see [`crate::Revision::password`].
    pub password: Change<Password>,
    /// What the surface already found wrong (wrong JSON types, unknown fields), so that everything is
    /// reported together.
    pub unreadable: Violations,
}

/// What a request says about a phone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhoneChanges {
    /// See [`crate::PhoneCountryCode`].
    pub country_code: Change<String>,
    /// See [`crate::PhoneNumber`].
    pub number: Change<String>,
}

/// What a request says about settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsChanges {
    /// See [`crate::Specialty`]; its parts merge.
    pub specialty: Change<SpecialtyChanges>,
    /// See [`crate::SpeechLocale`].
    pub speech_locale: Change<String>,
    /// See [`crate::SpeechLocale`].
    pub secondary_speech_locale: Change<String>,
}

/// What a request says about a specialty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpecialtyChanges {
    /// See [`crate::SpecialtyKind`].
    pub kind: Change<String>,
    /// The specialty in words. Dropped by itself when the kind changes to one that has none.
    pub other_specialty_name: Change<String>,
}
