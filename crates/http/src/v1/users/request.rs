//! What callers say about a user. A field that is left out stays as it is, or empty for a new user; null clears.

use roster_domain::{Change, FieldPath, PhoneChanges, SettingsChanges, SpecialtyChanges, UserChanges, Violations};
use roster_wire::field::Field;
use roster_wire::speech_locale;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::fields::{self, Others};
use super::super::schemas;

/// What Roster alone sets.
const READ_ONLY: &[&str] = &["id", "customer_id", "created_at", "updated_at", "version", "warnings"];

/// What is said about a user. Fields that are left out stay as they are, or empty for a new user; null clears a field. Unknown
/// and read-only fields are refused.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct UserRequest {
    /// The id in the customer's own system (EHR, HR); unique in the organization.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    external_id: Field,
    /// The e-mail address, at most 254 bytes; unique in the organization without regard to case.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Email, max_length = 254)]
    email: Field,
    /// The first name.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    first_name: Field,
    /// The last name.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    last_name: Field,
    /// The telephone number; its parts merge.
    #[serde(default)]
    #[schema(value_type = Option<PhoneRequest>)]
    phone: Field,
    /// The language that the user reads, as a BCP 47 tag.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "language-tag", max_length = 100, pattern = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", example = "en-US")]
    locale: Field,
    #[serde(default)]
    #[schema(schema_with = schemas::roles_or_null)]
    roles: Field,
    /// Whether the clinician may work; true for a new user.
    #[serde(default)]
    #[schema(value_type = bool)]
    active: Field,
    #[serde(default)]
    #[schema(schema_with = schemas::metadata)]
    metadata: Field,
    /// The National Provider Identifier: 10 digits, the last a check digit (Luhn over 80840 and the NPI).
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "npi", pattern = "^[0-9]{10}$", example = "1234567893")]
    npi: Field,
    /// The number of the therapist's licence (Upheal).
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    therapy_licence: Field,
    #[serde(default)]
    #[schema(schema_with = schemas::note_identifier)]
    note_identifier: Field,
    #[serde(default)]
    #[schema(schema_with = schemas::note_template_ids)]
    default_note_template_ids: Field,
    #[serde(default)]
    #[schema(schema_with = schemas::session_type)]
    default_session_type: Field,
    #[serde(default)]
    #[schema(schema_with = schemas::pronoun)]
    pronoun: Field,
    #[serde(default)]
    #[schema(schema_with = schemas::date_of_birth)]
    date_of_birth: Field,
    /// Specialty and speech (Nabla); its parts merge.
    #[serde(default)]
    #[schema(value_type = Option<SettingsRequest>)]
    settings: Field,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

/// What is said about a telephone number.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct PhoneRequest {
    /// The country's calling code, or its two letters (ISO 3166-1).
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = r"^(\+?[0-9]{1,3}|[A-Z]{2})$", example = "+1")]
    country_code: Field,
    /// The number within the country.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40, pattern = r"^[0-9 +().,/#*;x-]*[0-9][0-9 +().,/#*;x-]*$", example = "555 010 0199")]
    number: Field,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

/// What is said about settings.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct SettingsRequest {
    /// The medical specialty; its parts merge.
    #[serde(default)]
    #[schema(value_type = Option<SpecialtyRequest>)]
    specialty: Field,
    /// The language dictated in, as a BCP 47 tag; a vendor's name for it, such as `ENGLISH_US`, is understood as well.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "speech-locale", max_length = 100, pattern = "^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*|[A-Z]+(_[A-Z]+)+)$", example = "en-US")]
    speech_locale: Field,
    /// The second language dictated in: differs from the first, and needs one.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "speech-locale", max_length = 100, pattern = "^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*|[A-Z]+(_[A-Z]+)+)$", example = "es-MX")]
    secondary_speech_locale: Field,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

/// What is said about a specialty.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct SpecialtyRequest {
    /// The kind in the vendor's spelling; needed unless there is one already.
    #[serde(default)]
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9_]*$", max_length = 100, example = "OTHER")]
    kind: Field,
    /// The specialty in words, for the kind `OTHER` only.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "Sleep medicine")]
    other_specialty_name: Field,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

/// Reads what a body says about a user. What cannot be read is in `unreadable`.
pub(crate) fn read(body: Value) -> UserChanges {
    let mut unreadable = Violations::none();
    let request: UserRequest = fields::read(body, &mut unreadable);
    let v = &mut unreadable;
    let at = FieldPath::of;
    let changes = UserChanges {
        external_id: request.external_id.text(&at("external_id"), v),
        email: request.email.text(&at("email"), v),
        first_name: request.first_name.text(&at("first_name"), v),
        last_name: request.last_name.text(&at("last_name"), v),
        phone: phone(request.phone, &at("phone"), v),
        locale: request.locale.text(&at("locale"), v),
        roles: request.roles.texts(&at("roles"), v),
        active: request.active.flag(&at("active"), v),
        metadata: request.metadata.dictionary(&at("metadata"), v),
        npi: request.npi.text(&at("npi"), v),
        therapy_licence: request.therapy_licence.text(&at("therapy_licence"), v),
        note_identifier: request.note_identifier.text(&at("note_identifier"), v),
        default_note_template_ids: request
            .default_note_template_ids
            .texts(&at("default_note_template_ids"), v),
        default_session_type: request.default_session_type.text(&at("default_session_type"), v),
        pronoun: request.pronoun.text(&at("pronoun"), v),
        date_of_birth: request.date_of_birth.text(&at("date_of_birth"), v),
        settings: settings(request.settings, &at("settings"), v),
        ..UserChanges::default()
    };
    fields::refuse_others(&request.others, READ_ONLY, &FieldPath::root(), v);
    UserChanges { unreadable, ..changes }
}

fn phone(field: Field, at: &FieldPath, v: &mut Violations) -> Change<PhoneChanges> {
    field.object::<PhoneRequest>(at, v).map(|request| {
        fields::refuse_others(&request.others, &[], at, v);
        PhoneChanges {
            country_code: request.country_code.text(&at.then("country_code"), v),
            number: request.number.text(&at.then("number"), v),
        }
    })
}

fn settings(field: Field, at: &FieldPath, v: &mut Violations) -> Change<SettingsChanges> {
    field.object::<SettingsRequest>(at, v).map(|request| {
        fields::refuse_others(&request.others, &[], at, v);
        SettingsChanges {
            specialty: specialty(request.specialty, &at.then("specialty"), v),
            speech_locale: locale(request.speech_locale, &at.then("speech_locale"), v),
            secondary_speech_locale: locale(request.secondary_speech_locale, &at.then("secondary_speech_locale"), v),
        }
    })
}

fn specialty(field: Field, at: &FieldPath, v: &mut Violations) -> Change<SpecialtyChanges> {
    field.object::<SpecialtyRequest>(at, v).map(|request| {
        fields::refuse_others(&request.others, &[], at, v);
        SpecialtyChanges {
            kind: request.kind.text(&at.then("kind"), v),
            other_specialty_name: request.other_specialty_name.text(&at.then("other_specialty_name"), v),
        }
    })
}

fn locale(field: Field, at: &FieldPath, v: &mut Violations) -> Change<String> {
    field.text(at, v).map(|text| speech_locale::tag(&text).to_owned())
}

#[cfg(test)]
mod tests {
    use roster_domain::Profile;
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_that_cannot_be_read_is_named_together() {
        let changes = read(json!({
            "external_id": 7, "roles": ["PRACTITIONER", 1], "metadata": {"a": null}, "active": "yes", "id": "x",
            "colour": "red", "phone": {"number": true, "colour": 1}, "settings": {"specialty": {"kind": []}},
            "pronoun": 1, "date_of_birth": 1978, "default_session_type": ["Soap"], "customer_id": "clinic-7",
        }));

        insta::assert_snapshot!(changes.unreadable, @r#"
        external_id must be a string; given: a number
        phone.colour is not a field of this request; given: "colour"
        phone.number must be a string; given: a boolean
        roles.1 must be a string; given: a number
        active must be true or false; given: a string
        metadata.a must be a string; given: null
        default_session_type must be a string; given: an array
        pronoun must be a string; given: a number
        date_of_birth must be a string; given: a number
        settings.specialty.kind must be a string; given: an array
        customer_id is set by Roster and cannot be changed; given: a string
        id is set by Roster and cannot be changed; given: a string
        colour is not a field of this request; given: "colour"
        "#);
    }

    #[test]
    fn what_can_be_read_of_metadata_is_checked_beside_what_cannot() {
        let changes = read(json!({"metadata": {"a": 1, "": "x", "k".repeat(41): "x"}}));

        let violations = Profile::default().apply(&changes).expect_err("three rules are broken");

        let pointers: Vec<_> = violations.iter().map(|violation| violation.field.pointer()).collect();
        let long = format!("/metadata/{}", "k".repeat(41));
        assert_eq!(pointers, ["/metadata/a", "/metadata/", &long], "{violations}");
        assert!(
            violations.to_string().contains(r#"metadata."" must have 1 to 40"#),
            "{violations}"
        );
    }

    #[test]
    fn what_upheal_knows_of_a_person_is_checked_by_the_rules_and_shown_as_it_was_given() {
        let given = json!({"default_session_type": "Soap", "pronoun": "FeminineHer", "date_of_birth": "1978-05-17"});

        let profile = Profile::default()
            .apply(&read(given.clone()))
            .expect("no rule is broken");

        let at = roster_domain::Timestamp::UNIX_EPOCH;
        let user = roster_domain::User {
            id: roster_domain::UserId::new(uuid::Uuid::nil()),
            organization_id: roster_domain::OrganizationId::new(uuid::Uuid::nil()),
            profile: Profile {
                customer_id: Some(roster_domain::CustomerId::new("clinic-7").expect("an id")),
                ..profile.clone()
            },
            active: true,
            created_at: at,
            updated_at: at,
            deleted_at: None,
            version: 1,
        };
        let shown = crate::json::user(&user);
        for (field, value) in given.as_object().expect("an object") {
            assert_eq!(shown[field], *value, "{field}");
        }
        assert_eq!(shown["customer_id"], "clinic-7");
        let null = json!({"default_session_type": null, "pronoun": null, "date_of_birth": null});
        assert_eq!(profile.apply(&read(null)), Ok(Profile::default()));

        let wrong = json!({"default_session_type": "SOAP", "pronoun": "", "date_of_birth": "2023-02-29"});
        let violations = Profile::default()
            .apply(&read(wrong))
            .expect_err("three rules are broken");
        let broken: Vec<_> = violations.iter().map(|violation| violation.field.pointer()).collect();
        assert_eq!(
            broken,
            ["/default_session_type", "/pronoun", "/date_of_birth"],
            "{violations}"
        );
    }

    #[test]
    fn left_out_null_and_given_are_three_things() {
        let changes = read(json!({"email": null, "metadata": {}, "settings": {"speech_locale": "ENGLISH_UK"}}));

        assert_eq!(changes.external_id, Change::Keep);
        assert_eq!(changes.email, Change::Clear);
        assert_eq!(changes.metadata, Change::Set(std::collections::BTreeMap::new()));
        let settings = SettingsChanges {
            speech_locale: Change::Set("en-GB".to_owned()),
            ..SettingsChanges::default()
        };
        assert_eq!(changes.settings, Change::Set(settings));
        assert!(changes.unreadable.is_empty());
    }

    #[test]
    fn a_body_that_is_no_object_is_refused_as_a_whole() {
        for body in [json!(null), json!([]), json!("x")] {
            let unreadable = read(body).unreadable;
            let pointers: Vec<_> = unreadable.iter().map(|violation| violation.field.pointer()).collect();
            assert_eq!(pointers, [""], "{unreadable}");
        }
    }
}
