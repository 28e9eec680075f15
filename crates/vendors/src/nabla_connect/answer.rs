//! A user as the vendor answers it: read leniently, and compared with the record.

use roster_application::ports::RemoteUser;
use roster_domain::{Email, ExternalId, SpeechLocale, User, VendorUserId};
use roster_wire::nabla_connect::{LocaleName, Specialty};
use serde::Deserialize;

/// A user in an answer. The external id must be there, since nothing else says who is meant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct ReportedUser {
    /// The id that was sent.
    pub(super) external_provider_id: String,
    #[serde(default)]
    provider_email: Option<String>,
    #[serde(default)]
    settings: Option<Settings>,
}

/// Settings in an answer. Kinds and locales that nobody knows are kept as they come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    specialty: Option<Specialty>,
    /// The language dictated in.
    pub(super) speech_locale: Option<LocaleName>,
    secondary_speech_locale: Option<LocaleName>,
}

impl ReportedUser {
    /// What the vendor has set; nothing where it tells null.
    pub(super) fn settings(&self) -> Settings {
        self.settings.clone().unwrap_or_default()
    }

    /// Whether the address is the record's, in any case. One that is not told is taken to be the one that was sent, which the
    /// vendor would have refused otherwise.
    pub(super) fn has_email_of(&self, user: &User) -> bool {
        self.provider_email
            .as_ref()
            .is_none_or(|told| Email::new(told).ok() == user.profile.email)
    }

    /// The user, compared with the record. The vendor tells nothing of being active: whom it has may work there. A record
    /// without speech locale takes whatever the vendor has, since it always has one.
    pub(super) fn compared(self, user: &User) -> RemoteUser {
        let (wanted, told) = (&user.profile.settings, self.settings());
        let external_id = user.profile.external_id.as_ref().map(ExternalId::as_str);
        let is_as_it_should_be = [
            (
                "external_provider_id",
                external_id == Some(self.external_provider_id.as_str()),
            ),
            ("provider_email", self.has_email_of(user)),
            ("settings.specialty", told.has_specialty_of(wanted)),
            (
                "settings.speech_locale",
                wanted.speech_locale().is_none() || is(told.speech_locale.as_ref(), wanted.speech_locale()),
            ),
            ("settings.secondary_speech_locale", told.has_second_locale_of(wanted)),
        ];
        let differing: Vec<&'static str> = is_as_it_should_be
            .into_iter()
            .filter_map(|(field, matches)| (!matches).then_some(field))
            .collect();
        RemoteUser {
            id: VendorUserId::new(self.external_provider_id),
            active: true,
            matches: differing.is_empty(),
            invite_url: None,
            differing,
        }
    }
}

impl Settings {
    /// Whether the specialty is the record's.
    pub(super) fn has_specialty_of(&self, wanted: &roster_domain::Settings) -> bool {
        self.specialty == wanted.specialty().map(Specialty::from)
    }

    /// Whether the second locale is the record's.
    pub(super) fn has_second_locale_of(&self, wanted: &roster_domain::Settings) -> bool {
        is(self.secondary_speech_locale.as_ref(), wanted.secondary_speech_locale())
    }
}

/// Whether two locales are the same, by the vendor's name or by a language tag in any spelling.
fn is(told: Option<&LocaleName>, wanted: Option<&SpeechLocale>) -> bool {
    match (told, wanted) {
        (Some(told), Some(wanted)) => SpeechLocale::new(told.tag()).is_ok_and(|told| told == *wanted),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
