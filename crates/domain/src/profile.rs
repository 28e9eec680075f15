//! The part of a user's record that requests change, and how a change is applied to it.

use std::str::FromStr;

use crate::changes::{Change, PhoneChanges, SettingsChanges, SpecialtyChanges, UserChanges};
use crate::customer::CustomerId;
use crate::fields::{
    DateOfBirth, Email, ExternalId, Locale, Metadata, NoteIdentifier, NoteTemplateId, NoteTemplateIds, Npi, PersonName,
    Phone, PhoneCountryCode, PhoneNumber, Pronoun, Role, SessionType, Settings, Specialty, SpecialtyKind, SpeechLocale,
    TherapyLicence, UserName,
};
use crate::scim::Attributes;
use crate::violation::{Fault, FieldPath, Given, Rule, Violations};

/// Who a clinician is and how they work. Every field may be empty; what a vendor needs beyond that is a
/// matter of [`crate::Capabilities`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// The id in the customer's own system; unique in the organization.
    pub external_id: Option<ExternalId>,
    /// The e-mail address; unique in the organization without regard to case.
    pub email: Option<Email>,
    /// The first name.
    pub first_name: Option<PersonName>,
    /// The last name.
    pub last_name: Option<PersonName>,
    /// The telephone number; `None` where neither part is known.
    pub phone: Option<Phone>,
    /// The language the user reads.
    pub locale: Option<Locale>,
    /// The roles, sorted, each at most once.
    pub roles: Vec<Role>,
    /// Free key-value data; `None` and an empty dictionary are kept apart, as Nabla does.
    pub metadata: Option<Metadata>,
    /// The National Provider Identifier.
    pub npi: Option<Npi>,
    /// The therapist's licence.
    pub therapy_licence: Option<TherapyLicence>,
    /// How notes refer to the user.
    pub note_identifier: Option<NoteIdentifier>,
    /// The note templates to begin with, in the order of preference, each at most once.
    pub default_note_template_ids: Vec<NoteTemplateId>,
    /// The kind of session that notes are written for by default, where Upheal's V1 is used.
    pub default_session_type: Option<SessionType>,
    /// How the user is referred to.
    pub pronoun: Option<Pronoun>,
    /// The day of birth; of the clinician, and never of a patient.
    pub date_of_birth: Option<DateOfBirth>,
    /// Specialty and speech.
    pub settings: Settings,
    /// The customer that the user belongs to at Corti; `None` is the organization's default customer.
    pub customer_id: Option<CustomerId>,
    /// The name by which an identity provider knows the user.
    pub user_name: Option<UserName>,
    /// What an identity provider says of the user beyond the fields above, and is given back (see [`crate::scim`]).
    pub scim: Attributes,
}

impl Profile {
    /// The profile after a change, or everything that is wrong with the change: every field is checked, also
    /// after the first violation.
    pub fn apply(&self, changes: &UserChanges) -> Result<Self, Violations> {
        let mut violations = changes.unreadable.clone();
        let v = &mut violations;
        let next = Self {
            external_id: text(
                self.external_id.as_ref(),
                &changes.external_id,
                "external_id",
                ExternalId::new,
                v,
            ),
            email: text(self.email.as_ref(), &changes.email, "email", Email::new, v),
            first_name: text(
                self.first_name.as_ref(),
                &changes.first_name,
                "first_name",
                PersonName::new,
                v,
            ),
            last_name: text(
                self.last_name.as_ref(),
                &changes.last_name,
                "last_name",
                PersonName::new,
                v,
            ),
            phone: phone(self.phone.as_ref(), &changes.phone, v),
            locale: text(self.locale.as_ref(), &changes.locale, "locale", Locale::new, v),
            roles: roles(&self.roles, &changes.roles, v),
            metadata: metadata(self.metadata.as_ref(), &changes.metadata, v),
            npi: text(self.npi.as_ref(), &changes.npi, "npi", Npi::new, v),
            therapy_licence: text(
                self.therapy_licence.as_ref(),
                &changes.therapy_licence,
                "therapy_licence",
                TherapyLicence::new,
                v,
            ),
            note_identifier: text(
                self.note_identifier.as_ref(),
                &changes.note_identifier,
                "note_identifier",
                |value| NoteIdentifier::from_str(&value),
                v,
            ),
            default_note_template_ids: templates(
                &self.default_note_template_ids,
                &changes.default_note_template_ids,
                v,
            ),
            default_session_type: text(
                self.default_session_type.as_ref(),
                &changes.default_session_type,
                "default_session_type",
                |value| SessionType::from_str(&value),
                v,
            ),
            pronoun: text(
                self.pronoun.as_ref(),
                &changes.pronoun,
                "pronoun",
                |value| Pronoun::from_str(&value),
                v,
            ),
            date_of_birth: text(
                self.date_of_birth.as_ref(),
                &changes.date_of_birth,
                "date_of_birth",
                DateOfBirth::new,
                v,
            ),
            settings: settings(&self.settings, &changes.settings, v),
            customer_id: text(
                self.customer_id.as_ref(),
                &changes.customer_id,
                "customer_id",
                CustomerId::new,
                v,
            ),
            user_name: text(
                self.user_name.as_ref(),
                &changes.user_name,
                "user_name",
                UserName::new,
                v,
            ),
            scim: match &changes.scim {
                Change::Keep => self.scim.clone(),
                Change::Clear => Attributes::new(),
                Change::Set(attributes) => attributes.clone(),
            },
        };
        for (field, is_cleared) in [
            ("active", changes.active.is_clear()),
            ("password", changes.password.is_clear()),
        ] {
            if is_cleared {
                v.push(Fault::new(Rule::NotNull, Given::kind("null")).at(FieldPath::of(field)));
            }
        }
        violations.into_result().map(|()| next)
    }
}

fn text<T: Clone>(
    current: Option<&T>,
    change: &Change<String>,
    name: &'static str,
    check: impl FnOnce(String) -> Result<T, Fault>,
    violations: &mut Violations,
) -> Option<T> {
    part(current, change, &FieldPath::of(name), check, violations)
}

fn part<T: Clone>(
    current: Option<&T>,
    change: &Change<String>,
    field: &FieldPath,
    check: impl FnOnce(String) -> Result<T, Fault>,
    violations: &mut Violations,
) -> Option<T> {
    match change {
        Change::Keep => current.cloned(),
        Change::Clear => None,
        Change::Set(value) => violations.check(field, check(value.clone())),
    }
}

fn phone(current: Option<&Phone>, change: &Change<PhoneChanges>, violations: &mut Violations) -> Option<Phone> {
    let changes = match change {
        Change::Keep => return current.cloned(),
        Change::Clear => return None,
        Change::Set(changes) => changes,
    };
    let field = FieldPath::of("phone");
    let known = current.cloned().unwrap_or_default();
    let phone = Phone {
        country_code: part(
            known.country_code.as_ref(),
            &changes.country_code,
            &field.then("country_code"),
            PhoneCountryCode::new,
            violations,
        ),
        number: part(
            known.number.as_ref(),
            &changes.number,
            &field.then("number"),
            PhoneNumber::new,
            violations,
        ),
    };
    (phone != Phone::default()).then_some(phone)
}

fn roles(current: &[Role], change: &Change<Vec<String>>, violations: &mut Violations) -> Vec<Role> {
    let given = match change {
        Change::Keep => return current.to_vec(),
        Change::Clear => return Vec::new(),
        Change::Set(given) => given,
    };
    let field = FieldPath::of("roles");
    let mut roles: Vec<Role> = given
        .iter()
        .enumerate()
        .filter_map(|(index, name)| violations.check(&field.then(index.to_string()), Role::from_str(name)))
        .collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

fn metadata(
    current: Option<&Metadata>,
    change: &Change<std::collections::BTreeMap<String, String>>,
    violations: &mut Violations,
) -> Option<Metadata> {
    match change {
        Change::Keep => current.cloned(),
        Change::Clear => None,
        Change::Set(entries) => collect(Metadata::new(entries.clone(), &FieldPath::of("metadata")), violations),
    }
}

fn templates(
    current: &[NoteTemplateId],
    change: &Change<Vec<String>>,
    violations: &mut Violations,
) -> Vec<NoteTemplateId> {
    match change {
        Change::Keep => current.to_vec(),
        Change::Clear => Vec::new(),
        Change::Set(given) => {
            let checked = NoteTemplateIds::check(given, &FieldPath::of("default_note_template_ids"));
            collect(checked, violations).unwrap_or_default()
        }
    }
}

fn settings(current: &Settings, change: &Change<SettingsChanges>, violations: &mut Violations) -> Settings {
    let changes = match change {
        Change::Keep => return current.clone(),
        Change::Clear => return Settings::default(),
        Change::Set(changes) => changes,
    };
    let field = FieldPath::of("settings");
    let specialty = specialty(
        current.specialty(),
        &changes.specialty,
        &field.then("specialty"),
        violations,
    );
    let speech_locale = part(
        current.speech_locale(),
        &changes.speech_locale,
        &field.then("speech_locale"),
        SpeechLocale::new,
        violations,
    );
    let secondary = part(
        current.secondary_speech_locale(),
        &changes.secondary_speech_locale,
        &field.then("secondary_speech_locale"),
        SpeechLocale::new,
        violations,
    );
    let first_is_unreadable = speech_locale.is_none() && matches!(changes.speech_locale, Change::Set(_));
    let secondary = secondary.filter(|_| !first_is_unreadable);
    collect(Settings::new(specialty, speech_locale, secondary, &field), violations).unwrap_or_default()
}

fn specialty(
    current: Option<&Specialty>,
    change: &Change<SpecialtyChanges>,
    field: &FieldPath,
    violations: &mut Violations,
) -> Option<Specialty> {
    let changes = match change {
        Change::Keep => return current.cloned(),
        Change::Clear => return None,
        Change::Set(changes) => changes,
    };
    let kind = match (&changes.kind, current) {
        (Change::Set(kind), _) => SpecialtyKind::new(kind.as_str()),
        (Change::Keep, Some(current)) => Ok(current.kind().clone()),
        (Change::Keep, None) => Err(Fault::new(Rule::Required, Given::nothing())),
        (Change::Clear, _) => Err(Fault::new(Rule::NotNull, Given::kind("null"))),
    };
    let Some(kind) = violations.check(&field.then("kind"), kind) else {
        // Whether a name goes with the kind cannot be said, but whether it is a name can.
        if let Some(name) = changes.other_specialty_name.as_set() {
            violations.check(&field.then("other_specialty_name"), Specialty::check_name(name));
        }
        return None;
    };
    let name = match &changes.other_specialty_name {
        Change::Set(name) => Some(name.clone()),
        Change::Clear => None,
        Change::Keep => current
            .and_then(Specialty::other_specialty_name)
            .filter(|_| kind.as_str() == SpecialtyKind::OTHER)
            .map(str::to_owned),
    };
    collect(Specialty::new(kind, name, field), violations)
}

fn collect<T>(checked: Result<T, Violations>, violations: &mut Violations) -> Option<T> {
    checked.map_err(|found| violations.extend(found)).ok()
}
