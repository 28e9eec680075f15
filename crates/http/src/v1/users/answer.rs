//! A user as `/v1` shows it: every key is always there, null where nothing is set.

use std::collections::BTreeMap;

use roster_domain::phi::Suspicion;
use roster_domain::{
    Locale, Metadata, NoteIdentifier, NoteTemplateId, Npi, PersonName, Phone, PhoneCountryCode, PhoneNumber, Pronoun,
    Revision, Role, SessionType, Settings, Specialty, SpeechLocale, TherapyLicence, Timestamp, Version,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::{problem, schemas, time};

/// One clinician's canonical record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserAnswer {
    /// Roster's id of the user.
    id: Uuid,
    /// The id in the customer's own system (EHR, HR); unique in the organization.
    #[schema(required, max_length = 256, example = "ehr-4711")]
    external_id: Option<String>,
    /// The e-mail address; unique in the organization without regard to case.
    #[schema(required, example = "ann.lee@example.org")]
    email: Option<String>,
    /// The first name.
    #[schema(required, example = "Ann")]
    first_name: Option<String>,
    /// The last name.
    #[schema(required, example = "Lee")]
    last_name: Option<String>,
    /// The telephone number.
    #[schema(required)]
    phone: Option<PhoneAnswer>,
    /// The language that the user reads, as a BCP 47 tag.
    #[schema(required, example = "en-US")]
    locale: Option<String>,
    #[schema(schema_with = schemas::roles, required)]
    roles: Vec<&'static str>,
    /// Whether the clinician may work.
    active: bool,
    #[schema(schema_with = schemas::metadata, required)]
    metadata: Option<BTreeMap<String, String>>,
    /// The National Provider Identifier of the United States.
    #[schema(required, example = "1234567893")]
    npi: Option<String>,
    /// The number of the therapist's licence (Upheal).
    #[schema(required)]
    therapy_licence: Option<String>,
    #[schema(schema_with = schemas::note_identifier, required)]
    note_identifier: Option<&'static str>,
    /// The note templates to begin with, in the order of preference (Upheal).
    default_note_template_ids: Vec<String>,
    #[schema(schema_with = schemas::session_type, required)]
    default_session_type: Option<&'static str>,
    #[schema(schema_with = schemas::pronoun, required)]
    pronoun: Option<&'static str>,
    #[schema(schema_with = schemas::date_of_birth, required)]
    date_of_birth: Option<String>,
    /// Specialty and speech (Nabla).
    settings: SettingsAnswer,
    /// The customer that the user belongs to at Corti; null is the organization's default customer. Set through Corti's API.
    #[schema(required, max_length = 64, example = "clinic-7")]
    customer_id: Option<String>,
    /// When the user was made.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the user was last changed.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// 1 for a new user, one more with each change: also the `ETag`.
    #[schema(value_type = i64, minimum = 1)]
    version: Version,
    /// What the PHI guard noticed about the metadata of this request; left out where it noticed nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<Warning>,
}

/// A telephone number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Phone)]
struct PhoneAnswer {
    /// The country's calling code, or its two letters (ISO 3166-1).
    #[schema(required, example = "+1")]
    country_code: Option<String>,
    /// The number within the country.
    #[schema(required, example = "555 010 0199")]
    number: Option<String>,
}

/// Specialty and speech.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Settings)]
struct SettingsAnswer {
    /// The medical specialty.
    #[schema(required)]
    specialty: Option<SpecialtyAnswer>,
    /// The language dictated in, as a BCP 47 tag.
    #[schema(required, example = "en-US")]
    speech_locale: Option<String>,
    /// The second language dictated in.
    #[schema(required, example = "es-MX")]
    secondary_speech_locale: Option<String>,
}

/// A medical specialty.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Specialty)]
struct SpecialtyAnswer {
    /// The kind in the vendor's spelling.
    #[schema(example = "GENERAL_MEDICINE")]
    kind: String,
    /// The specialty in words, for the kind `OTHER`.
    #[schema(required)]
    other_specialty_name: Option<String>,
}

/// Something that was noticed and not refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Warning {
    /// Where in the body, as a JSON Pointer (RFC 6901).
    #[schema(example = "/metadata/patient_id")]
    pointer: String,
    /// The rule, for machines.
    #[schema(example = "patient_data")]
    code: &'static str,
    /// What was noticed, for people.
    detail: String,
}

/// A page of users.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserPage {
    /// The users, in the order in which they were made.
    #[schema(max_items = 200)]
    pub(crate) data: Vec<UserAnswer>,
    /// What to pass as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

impl From<Revision> for UserAnswer {
    fn from(revision: Revision) -> Self {
        let user = revision.user;
        let profile = user.profile;
        Self {
            id: user.id.uuid(),
            external_id: profile.external_id.map(|id| id.as_str().to_owned()),
            email: profile.email.map(|email| email.as_str().to_owned()),
            first_name: profile.first_name.as_ref().map(PersonName::as_str).map(str::to_owned),
            last_name: profile.last_name.as_ref().map(PersonName::as_str).map(str::to_owned),
            phone: profile.phone.as_ref().map(PhoneAnswer::from),
            locale: profile.locale.as_ref().map(Locale::as_str).map(str::to_owned),
            roles: profile.roles.into_iter().map(Role::name).collect(),
            active: user.active,
            metadata: profile.metadata.as_ref().map(Metadata::entries).cloned(),
            npi: profile.npi.as_ref().map(Npi::as_str).map(str::to_owned),
            therapy_licence: profile
                .therapy_licence
                .as_ref()
                .map(TherapyLicence::as_str)
                .map(str::to_owned),
            note_identifier: profile.note_identifier.map(NoteIdentifier::name),
            default_note_template_ids: profile
                .default_note_template_ids
                .iter()
                .map(NoteTemplateId::as_str)
                .map(str::to_owned)
                .collect(),
            default_session_type: profile.default_session_type.map(SessionType::name),
            pronoun: profile.pronoun.map(Pronoun::name),
            date_of_birth: profile.date_of_birth.map(|date| date.to_string()),
            settings: SettingsAnswer::from(&profile.settings),
            customer_id: profile.customer_id.map(|id| id.as_str().to_owned()),
            created_at: user.created_at,
            updated_at: user.updated_at,
            version: user.version,
            warnings: revision.suspicions.iter().map(Warning::from).collect(),
        }
    }
}

impl From<&Phone> for PhoneAnswer {
    fn from(phone: &Phone) -> Self {
        Self {
            country_code: phone
                .country_code
                .as_ref()
                .map(PhoneCountryCode::as_str)
                .map(str::to_owned),
            number: phone.number.as_ref().map(PhoneNumber::as_str).map(str::to_owned),
        }
    }
}

impl From<&Settings> for SettingsAnswer {
    fn from(settings: &Settings) -> Self {
        let locale = |locale: Option<&SpeechLocale>| locale.map(|locale| locale.as_str().to_owned());
        Self {
            specialty: settings.specialty().map(SpecialtyAnswer::from),
            speech_locale: locale(settings.speech_locale()),
            secondary_speech_locale: locale(settings.secondary_speech_locale()),
        }
    }
}

impl From<&Specialty> for SpecialtyAnswer {
    fn from(specialty: &Specialty) -> Self {
        Self {
            kind: specialty.kind().as_str().to_owned(),
            other_specialty_name: specialty.other_specialty_name().map(str::to_owned),
        }
    }
}

impl From<&Suspicion> for Warning {
    fn from(suspicion: &Suspicion) -> Self {
        let violation = suspicion.violation();
        Self {
            pointer: violation.field.pointer(),
            code: problem::code(&violation.rule),
            detail: format!("{} {}", violation.field, violation.rule),
        }
    }
}
