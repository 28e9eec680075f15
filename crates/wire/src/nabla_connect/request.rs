//! What is sent to make or change a user: strictly as clients write it, leniently as the dialect reads it.

use roster_domain::{
    Change, Fault, FieldPath, Given, Rule, SettingsChanges, SpecialtyChanges, SpecialtyKind, SpeechLocale, UserChanges,
    Violations,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Settings, schema};
use crate::field::Field;
use crate::speech_locale;

/// `POST /users`, as clients write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserBody {
    /// The e-mail address; for a known external provider id the one on file.
    pub provider_email: String,
    /// The provider's id in the customer's own system: at most 256 characters.
    pub external_provider_id: String,
    /// Specialty and speech locales; left out, they stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
}

impl UserBody {
    /// What makes the vendor's user equal to this one; `None` where the user has no address or no external id, without which
    /// the vendor takes nobody. Settings of which nothing is set are left out: the vendor has no way to clear them all.
    #[must_use]
    pub fn of(user: &roster_domain::User) -> Option<Self> {
        let profile = &user.profile;
        Some(Self {
            provider_email: profile.email.as_ref()?.as_str().to_owned(),
            external_provider_id: profile.external_id.as_ref()?.as_str().to_owned(),
            settings: Settings::of(&profile.settings),
        })
    }
}

/// Makes the user of an external provider id, or changes it. Fields that are not named here are passed over, as the vendor does.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[schema(as = NablaConnectUserRequest)]
pub struct UserRequest {
    /// The e-mail address, at most 254 bytes. For a known external provider id it must be the one on file, in any case.
    #[serde(default)]
    #[schema(schema_with = schema::provider_email, required = true)]
    pub provider_email: Field,
    /// The provider's id in the customer's own system.
    #[serde(default)]
    #[schema(schema_with = schema::external_provider_id, required = true)]
    pub external_provider_id: Field,
    /// Specialty and speech locales; left out or null, they stay as they are.
    #[serde(default)]
    #[schema(schema_with = schema::settings_in_requests, required = false)]
    pub settings: Field,
}

/// [`Settings`] as they come in: a member that is left out stays as it is, null clears.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct SettingsRequest {
    specialty: Field,
    speech_locale: Field,
    secondary_speech_locale: Field,
}

/// A [`super::Specialty`] as it comes in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct SpecialtyRequest {
    kind: Field,
    other_specialty_name: Field,
}

/// The violations noted here bear the vendor's names; those that the domain finds later bear the domain's, `email` and
/// `external_id`, for the two that differ.
impl From<UserRequest> for UserChanges {
    fn from(request: UserRequest) -> Self {
        let mut unreadable = Violations::none();
        let v = &mut unreadable;
        Self {
            email: required(request.provider_email, &FieldPath::of("provider_email"), v),
            external_id: required(request.external_provider_id, &FieldPath::of("external_provider_id"), v),
            settings: settings(request.settings, &FieldPath::of("settings"), v),
            unreadable,
            ..Self::default()
        }
    }
}

/// A text that must be there. Left out or null, it is noted and kept.
fn required(field: Field, at: &FieldPath, violations: &mut Violations) -> Change<String> {
    let given = if field.is_absent() {
        Given::nothing()
    } else {
        match field.text(at, violations) {
            Change::Clear => Given::kind("null"),
            text => return text,
        }
    };
    violations.push(Fault::new(Rule::Required, given).at(at.clone()));
    Change::Keep
}

fn settings(field: Field, at: &FieldPath, v: &mut Violations) -> Change<SettingsChanges> {
    let settings = field.object::<SettingsRequest>(at, v).map(|request| {
        let specialty = specialty(request.specialty, &at.then("specialty"), v);
        let is_given = !request.speech_locale.is_absent();
        let first = locale(request.speech_locale, &at.then("speech_locale"), v);
        let at = at.then("secondary_speech_locale");
        let mut second = locale(request.secondary_speech_locale, &at, v);
        if is_given && first.is_keep() {
            // Beside a first one that cannot be read, whether a second goes with it cannot be said, but whether it is
            // a locale can.
            if let Change::Set(tag) = std::mem::take(&mut second) {
                v.check(&at, SpeechLocale::new(tag));
            }
        }
        SettingsChanges {
            specialty,
            speech_locale: first,
            secondary_speech_locale: second,
        }
    });
    match settings {
        // The document lets settings be left out, and has null for them in answers only. Clients that send back what they
        // were answered mean no change.
        Change::Clear => Change::Keep,
        settings => settings,
    }
}

fn specialty(field: Field, at: &FieldPath, v: &mut Violations) -> Change<SpecialtyChanges> {
    match field.object::<SpecialtyRequest>(at, v) {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(request) => {
            let kind = required(request.kind, &at.then("kind"), v);
            let name = request.other_specialty_name.text(&at.then("other_specialty_name"), v);
            if kind.is_keep() {
                // A specialty always names its kind. Without one, whether a name goes with it cannot be said, but
                // whether it is a name can.
                check_name(name, at, v);
                return Change::Keep;
            }
            Change::Set(SpecialtyChanges {
                kind,
                other_specialty_name: name,
            })
        }
    }
}

fn check_name(name: Change<String>, specialty: &FieldPath, violations: &mut Violations) {
    if let Change::Set(name) = name
        && let Ok(other) = SpecialtyKind::new(SpecialtyKind::OTHER)
        && let Err(found) = roster_domain::Specialty::new(other, Some(name), specialty)
    {
        violations.extend(found);
    }
}

fn locale(field: Field, at: &FieldPath, v: &mut Violations) -> Change<String> {
    field.text(at, v).map(|text| speech_locale::tag(&text).to_owned())
}
