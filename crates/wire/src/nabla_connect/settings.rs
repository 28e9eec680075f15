//! Specialty and speech locales, as both sides write them.

use roster_domain::SpeechLocale;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;
use crate::speech_locale;

/// Specialty and speech locales. All keys are always written; what is not set is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NablaConnectSettings)]
pub struct Settings {
    /// The medical specialty. The vendor's document lets requests clear it, so answers have null for it.
    #[schema(required = true)]
    pub specialty: Option<Specialty>,
    /// The language dictated in. Never null: [`LocaleName::DEFAULT`] holds until one is set.
    #[schema(schema_with = schema::locale_in_answers)]
    pub speech_locale: LocaleName,
    /// The second language dictated in.
    #[schema(schema_with = schema::locale_in_answers_or_null, required = true)]
    pub secondary_speech_locale: Option<LocaleName>,
}

/// A medical specialty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NablaConnectSpecialty)]
pub struct Specialty {
    /// The kind, such as `GENERAL_MEDICINE`. The list is open.
    #[schema(schema_with = schema::kind)]
    pub kind: String,
    /// The specialty in words, for the kind `OTHER`.
    #[schema(schema_with = schema::other_specialty_name, required = true)]
    pub other_specialty_name: Option<String>,
}

/// A speech locale as it is written: by the vendor's name (`ENGLISH_US`), or as a language tag (`nl-NL`) where the
/// vendor has no name. Read in either spelling, and written back in the one that it was read in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocaleName(String);

impl LocaleName {
    /// What a user dictates in until somebody says otherwise. The vendor's document speaks of defaults and does not name
    /// them; this is the locale of its examples.
    pub const DEFAULT: &'static str = "ENGLISH_US";

    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language tag that the name stands for. It has not been checked: a name that nobody knows is its own tag.
    #[must_use]
    pub fn tag(&self) -> &str {
        speech_locale::tag(&self.0)
    }
}

impl From<&SpeechLocale> for LocaleName {
    fn from(locale: &SpeechLocale) -> Self {
        Self(speech_locale::name(locale).unwrap_or(locale.as_str()).to_owned())
    }
}

impl Settings {
    /// A user's settings; `None` where nothing is set.
    #[must_use]
    pub fn of(settings: &roster_domain::Settings) -> Option<Self> {
        if settings.is_empty() {
            return None;
        }
        let first = settings.speech_locale().map(LocaleName::from);
        Some(Self {
            specialty: settings.specialty().map(Specialty::from),
            speech_locale: first.unwrap_or_else(|| LocaleName(LocaleName::DEFAULT.to_owned())),
            secondary_speech_locale: settings.secondary_speech_locale().map(LocaleName::from),
        })
    }
}

impl From<&roster_domain::Specialty> for Specialty {
    fn from(specialty: &roster_domain::Specialty) -> Self {
        Self {
            kind: specialty.kind().as_str().to_owned(),
            other_specialty_name: specialty.other_specialty_name().map(str::to_owned),
        }
    }
}
