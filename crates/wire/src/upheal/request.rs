//! What is sent, as the dialect reads it: leniently, and with everything that is wrong. Fields that are not named here
//! are passed over.

use roster_domain::{Change, Fault, FieldPath, Given, PhoneChanges, Rule, UserChanges, Violations};
use serde::Deserialize;

use super::Version;
use crate::field::Field;

/// What stands where a user's id would, in paths that lead elsewhere.
const PATHS: [&str; 2] = ["check", "providers"];

/// A [`super::NewProviderV1`] or [`super::NewProviderV2`] as it comes in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(missing_docs, reason = "the strict types say what each field is")]
pub struct NewProviderRequest {
    pub partner_user_id: Field,
    pub first_name: Field,
    pub last_name: Field,
    pub email: Field,
    pub phone_number: Field,
    pub phone_country_code: Field,
    pub locale: Field,
    pub default_session_type: Field,
    pub default_note_template_ids: Field,
    pub national_provider_identifier: Field,
    pub therapy_licence: Field,
    pub note_identifier: Field,
}

/// A [`super::ProviderChangesV1`] or [`super::ProviderChangesV2`] as it comes in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(missing_docs, reason = "the strict types say what each field is")]
pub struct ProviderRequest {
    pub default_session_type: Field,
    pub default_note_template_ids: Field,
    pub national_provider_identifier: Field,
    pub therapy_licence: Field,
    pub note_identifier: Field,
}

/// A [`super::UserChangesV1`] or [`super::UserChangesV2`] as it comes in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(missing_docs, reason = "the strict types say what each field is")]
pub struct UserRequest {
    pub first_name: Field,
    pub last_name: Field,
    pub pronoun: Field,
    pub date_of_birth: Field,
    pub default_session_type: Field,
    pub default_note_template_ids: Field,
}

impl NewProviderRequest {
    /// What it says about the user, by the fields that the version knows.
    #[must_use]
    pub fn into_changes(self, version: Version) -> UserChanges {
        let provider = ProviderRequest {
            default_session_type: self.default_session_type,
            default_note_template_ids: self.default_note_template_ids,
            national_provider_identifier: self.national_provider_identifier,
            therapy_licence: self.therapy_licence,
            note_identifier: self.note_identifier,
        };
        let mut violations = Violations::none();
        let v = &mut violations;
        let person = UserChanges {
            external_id: partner_user_id(self.partner_user_id, v),
            first_name: required(self.first_name, &FieldPath::of("firstName"), v),
            last_name: required(self.last_name, &FieldPath::of("lastName"), v),
            email: required(self.email, &FieldPath::of("email"), v),
            phone: phone(self.phone_country_code, self.phone_number, v),
            locale: self.locale.text(&FieldPath::of("locale"), v),
            ..UserChanges::default()
        };
        let provider = provider.into_changes(version);
        violations.extend(provider.unreadable);
        UserChanges {
            npi: provider.npi,
            therapy_licence: provider.therapy_licence,
            default_session_type: provider.default_session_type,
            default_note_template_ids: provider.default_note_template_ids,
            note_identifier: provider.note_identifier,
            unreadable: violations,
            ..person
        }
    }
}

impl ProviderRequest {
    /// What it says about the user, by the fields that the version knows.
    #[must_use]
    pub fn into_changes(self, version: Version) -> UserChanges {
        let mut violations = Violations::none();
        let v = &mut violations;
        let both = UserChanges {
            npi: self
                .national_provider_identifier
                .text(&FieldPath::of("nationalProviderIdentifier"), v),
            therapy_licence: self.therapy_licence.text(&FieldPath::of("therapyLicence"), v),
            ..UserChanges::default()
        };
        let changes = match version {
            Version::V1 => UserChanges {
                default_session_type: session_type(self.default_session_type, v),
                ..both
            },
            Version::V2 => UserChanges {
                default_note_template_ids: templates(self.default_note_template_ids, v),
                note_identifier: self.note_identifier.text(&FieldPath::of("noteIdentifier"), v),
                ..both
            },
        };
        UserChanges {
            unreadable: violations,
            ..changes
        }
    }
}

impl UserRequest {
    /// What it says about the user, by the fields that the version knows.
    #[must_use]
    pub fn into_changes(self, version: Version) -> UserChanges {
        let mut violations = Violations::none();
        let v = &mut violations;
        let both = UserChanges {
            first_name: not_null(self.first_name, &FieldPath::of("firstName"), v),
            last_name: not_null(self.last_name, &FieldPath::of("lastName"), v),
            pronoun: self.pronoun.text(&FieldPath::of("pronoun"), v),
            date_of_birth: self.date_of_birth.text(&FieldPath::of("dateOfBirth"), v),
            ..UserChanges::default()
        };
        let changes = match version {
            Version::V1 => UserChanges {
                default_session_type: session_type(self.default_session_type, v),
                ..both
            },
            Version::V2 => UserChanges {
                default_note_template_ids: templates(self.default_note_template_ids, v),
                ..both
            },
        };
        UserChanges {
            unreadable: violations,
            ..changes
        }
    }
}

fn session_type(field: Field, violations: &mut Violations) -> Change<String> {
    field.text(&FieldPath::of("defaultSessionType"), violations)
}

fn templates(field: Field, violations: &mut Violations) -> Change<Vec<String>> {
    field.texts(&FieldPath::of("defaultNoteTemplateIds"), violations)
}

/// The two parts of a telephone number, which are one thing in the domain.
fn phone(country_code: Field, number: Field, violations: &mut Violations) -> Change<PhoneChanges> {
    let changes = PhoneChanges {
        number: number.text(&FieldPath::of("phoneNumber"), violations),
        country_code: country_code.text(&FieldPath::of("phoneCountryCode"), violations),
    };
    if changes == PhoneChanges::default() {
        Change::Keep
    } else {
        Change::Set(changes)
    }
}

/// A text that must be given.
pub(super) fn required(field: Field, at: &FieldPath, violations: &mut Violations) -> Change<String> {
    if field.is_absent() {
        violations.push(Fault::new(Rule::Required, Given::nothing()).at(at.clone()));
    }
    not_null(field, at, violations)
}

/// A text that may be left out, and not be null.
fn not_null(field: Field, at: &FieldPath, violations: &mut Violations) -> Change<String> {
    match field.text(at, violations) {
        Change::Clear => {
            violations.push(Fault::new(Rule::NotNull, Given::kind("null")).at(at.clone()));
            Change::Keep
        }
        given => given,
    }
}

/// The id in the partner's system. Two texts are paths of this API itself, so that a user could not be named by them.
fn partner_user_id(field: Field, violations: &mut Violations) -> Change<String> {
    let path = FieldPath::of("partnerUserId");
    let change = field.text(&path, violations);
    if let Some(text) = change.as_set()
        && PATHS.contains(&text.as_str())
    {
        let expected = "another id than check and providers, which are paths of this API";
        violations.push(Fault::new(Rule::Format { expected }, Given::value(text)).at(path));
    }
    change
}
