//! Golden JSON: what the vendor's document describes, parsed and written back.

use roster_domain::{
    Change, OrganizationId, PhiGuard, Profile, SettingsChanges, SpecialtyChanges, SpeechLocale, UserChanges, UserId,
    Violations,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use utoipa::PartialSchema;
use uuid::Uuid;

use super::*;

fn parsed_and_written<T: DeserializeOwned + Serialize>(json: &Value) -> Value {
    let value: T = serde_json::from_value(json.clone()).unwrap();
    serde_json::to_value(value).unwrap()
}

/// Every field that the document has in a request.
fn whole_request() -> Value {
    json!({
        "provider_email": "ann.lee@clinic.example.org",
        "external_provider_id": "ehr-4711",
        "settings": {
            "specialty": {"kind": "OTHER", "other_specialty_name": "Schlafmedizin 睡眠"},
            "speech_locale": "ENGLISH_US",
            "secondary_speech_locale": "SPANISH_MX"
        }
    })
}

/// Every field that the document has in an answer.
fn whole_answer() -> Value {
    let mut answer = whole_request();
    answer["created_at"] = "2026-03-23T08:00:00.123Z".into();
    answer
}

fn read(request: Value) -> UserChanges {
    UserChanges::from(serde_json::from_value::<UserRequest>(request).unwrap())
}

fn clinician(request: Value) -> roster_domain::User {
    let id = UserId::new(Uuid::from_u128(0xABCD));
    let organization = OrganizationId::new(Uuid::from_u128(1));
    let now = "2026-03-23T08:00:00.123987Z".parse().unwrap();
    roster_domain::User::create(id, organization, &read(request), PhiGuard::Off, now)
        .unwrap()
        .user
}

fn with_settings(settings: Value) -> Value {
    let mut request = whole_request();
    request["settings"] = settings;
    request
}

fn pointers(violations: &Violations) -> Vec<String> {
    violations.iter().map(|violation| violation.field.pointer()).collect()
}

#[test]
fn the_documented_request_comes_back_key_by_key() {
    assert_eq!(parsed_and_written::<UserBody>(&whole_request()), whole_request());
}

#[test]
fn a_request_without_settings_is_written_without_them() {
    let mut request = whole_request();
    request.as_object_mut().unwrap().remove("settings");

    assert_eq!(parsed_and_written::<UserBody>(&request), request);
}

#[test]
fn the_documented_answer_comes_back_key_by_key() {
    assert_eq!(parsed_and_written::<User>(&whole_answer()), whole_answer());
}

#[test]
fn an_answer_has_null_for_settings_that_were_never_sent() {
    let mut answer = whole_answer();
    answer["settings"] = Value::Null;

    assert_eq!(parsed_and_written::<User>(&answer), answer);
}

#[test]
fn a_specialty_without_a_name_and_a_missing_second_locale_are_written_with_null() {
    let sparse = json!({"specialty": {"kind": "GENERAL_MEDICINE"}, "speech_locale": "ENGLISH_UK"});

    assert_eq!(
        parsed_and_written::<Settings>(&sparse),
        json!({
            "specialty": {"kind": "GENERAL_MEDICINE", "other_specialty_name": null},
            "speech_locale": "ENGLISH_UK",
            "secondary_speech_locale": null
        })
    );
}

#[test]
fn a_time_with_an_offset_is_read_and_written_as_utc_to_the_millisecond() {
    let mut answer = whole_answer();
    answer["created_at"] = "2026-03-23T10:00:00.123987+02:00".into();

    assert_eq!(parsed_and_written::<User>(&answer), whole_answer());
}

#[test]
fn the_documented_request_makes_a_user_whose_answer_is_the_documented_one() {
    let user = clinician(whole_request());

    assert_eq!(serde_json::to_value(User::from(&user)).unwrap(), whole_answer());
    assert_eq!(
        serde_json::to_value(UserBody::of(&user).unwrap()).unwrap(),
        whole_request()
    );
}

#[test]
fn a_kind_that_nobody_knows_goes_through_unchanged() {
    let user = clinician(with_settings(json!({"specialty": {"kind": "SPACE_MEDICINE_2"}})));

    let written = serde_json::to_value(User::from(&user)).unwrap();

    assert_eq!(
        written["settings"]["specialty"],
        json!({"kind": "SPACE_MEDICINE_2", "other_specialty_name": null})
    );
}

#[test]
fn locales_come_in_either_spelling_and_go_out_by_name_where_there_is_one() {
    for (given, written) in [
        ("ENGLISH_UK", "ENGLISH_UK"),
        ("en-GB", "ENGLISH_UK"),
        ("en-gb", "ENGLISH_UK"),
        ("nl-NL", "nl-NL"),
        ("NL-nl", "nl-NL"),
    ] {
        let settings = json!({"speech_locale": given, "secondary_speech_locale": "THAI_TH"});
        let user = clinician(with_settings(settings));

        let answer = serde_json::to_value(User::from(&user)).unwrap();

        assert_eq!(answer["settings"]["speech_locale"], json!(written), "{given}");
        assert_eq!(answer["settings"]["secondary_speech_locale"], json!("THAI_TH"));
    }
}

#[test]
fn a_locale_that_is_read_by_a_client_is_written_back_in_its_spelling_and_has_one_tag() {
    for (text, tag) in [("HINDI_IN", "hi-IN"), ("hi-IN", "hi-IN"), ("KLINGON_QO", "KLINGON_QO")] {
        let name: LocaleName = serde_json::from_value(json!(text)).unwrap();

        assert_eq!((name.as_str(), name.tag()), (text, tag));
        assert_eq!(serde_json::to_value(&name).unwrap(), json!(text));
    }
}

#[test]
fn the_default_locale_is_one_that_the_vendor_has() {
    let tag = crate::speech_locale::tag(LocaleName::DEFAULT);

    assert_eq!(
        LocaleName::from(&SpeechLocale::new(tag).unwrap()).as_str(),
        LocaleName::DEFAULT
    );
    assert_ne!(tag, LocaleName::DEFAULT);
}

#[test]
fn settings_without_a_speech_locale_are_answered_with_the_default_one() {
    let user = clinician(with_settings(json!({"specialty": {"kind": "CARDIOLOGY"}})));

    assert_eq!(
        serde_json::to_value(User::from(&user)).unwrap()["settings"],
        json!({
            "specialty": {"kind": "CARDIOLOGY", "other_specialty_name": null},
            "speech_locale": "ENGLISH_US",
            "secondary_speech_locale": null
        })
    );
}

#[test]
fn a_user_of_whom_nothing_is_known_is_answered_with_empty_text_and_sent_to_nobody() {
    let id = UserId::new(Uuid::from_u128(1));
    let organization = OrganizationId::new(Uuid::from_u128(1));
    let now = "2026-03-23T08:00:00Z".parse().unwrap();
    let created = roster_domain::User::create(id, organization, &UserChanges::default(), PhiGuard::Off, now);
    let user = created.unwrap().user;

    assert_eq!(
        serde_json::to_value(User::from(&user)).unwrap(),
        json!({
            "provider_email": "",
            "external_provider_id": "",
            "settings": null,
            "created_at": "2026-03-23T08:00:00.000Z"
        })
    );
    assert_eq!(UserBody::of(&user), None);
}

#[test]
fn settings_that_are_absent_or_null_stay_and_members_keep_set_or_clear() {
    let settings = |settings: Value| read(with_settings(settings)).settings;

    assert_eq!(settings(json!(null)), Change::Keep);
    assert_eq!(settings(json!({})), Change::Set(SettingsChanges::default()));
    assert_eq!(
        settings(json!({"specialty": null, "speech_locale": null, "secondary_speech_locale": null, "colour": 7})),
        Change::Set(SettingsChanges {
            specialty: Change::Clear,
            speech_locale: Change::Clear,
            secondary_speech_locale: Change::Clear,
        })
    );
    assert_eq!(
        settings(json!({"specialty": {"kind": "OTHER"}, "secondary_speech_locale": "fr-FR"})),
        Change::Set(SettingsChanges {
            specialty: Change::Set(SpecialtyChanges {
                kind: Change::Set("OTHER".to_owned()),
                other_specialty_name: Change::Keep,
            }),
            speech_locale: Change::Keep,
            secondary_speech_locale: Change::Set("fr-FR".to_owned()),
        })
    );
    let mut request = whole_request();
    request.as_object_mut().unwrap().remove("settings");
    assert_eq!(read(request).settings, Change::Keep);
}

#[test]
fn what_is_required_is_missed_whether_left_out_or_null() {
    for request in [json!({}), json!({"provider_email": null, "external_provider_id": null})] {
        let changes = read(request);

        assert_eq!((changes.email, changes.external_id), (Change::Keep, Change::Keep));
        assert_eq!(
            pointers(&changes.unreadable),
            ["/provider_email", "/external_provider_id"]
        );
    }
}

#[test]
fn every_field_of_a_wrong_type_is_reported_once_and_by_the_vendors_name() {
    let changes = read(json!({
        "provider_email": 7,
        "external_provider_id": ["a"],
        "settings": {
            "specialty": {"kind": 1, "other_specialty_name": ""},
            "speech_locale": true,
            "secondary_speech_locale": "nowhere land"
        }
    }));

    let violations = Profile::default().apply(&changes).unwrap_err();

    assert_eq!(
        pointers(&violations),
        [
            "/provider_email",
            "/external_provider_id",
            "/settings/specialty/kind",
            "/settings/specialty/other_specialty_name",
            "/settings/speech_locale",
            "/settings/secondary_speech_locale",
        ],
        "{violations}"
    );
}

#[test]
fn a_specialty_always_names_its_kind() {
    for specialty in [json!({}), json!({"kind": null}), json!({"other_specialty_name": "x"})] {
        let changes = read(with_settings(json!({"specialty": specialty})));

        let violations = Profile::default().apply(&changes).unwrap_err();

        assert_eq!(pointers(&violations), ["/settings/specialty/kind"], "{violations}");
    }
}

#[test]
fn the_schema_of_a_request_requires_what_the_dialect_requires() {
    let schema = serde_json::to_value(UserRequest::schema()).unwrap();

    assert_eq!(schema["required"], json!(["provider_email", "external_provider_id"]));
    assert_eq!(schema["properties"]["external_provider_id"]["maxLength"], json!(256));
    let settings = &schema["properties"]["settings"]["anyOf"];
    assert_eq!(settings[0]["required"], json!(["speech_locale"]));
    assert_eq!(settings[2], json!({"type": "null"}));
}

#[test]
fn the_schema_of_an_answer_has_every_key_and_null_where_it_may_be() {
    let schema = serde_json::to_value(User::schema()).unwrap();
    let settings = serde_json::to_value(Settings::schema()).unwrap();

    assert_eq!(
        schema["required"],
        json!(["provider_email", "external_provider_id", "settings", "created_at"])
    );
    assert_eq!(
        settings["required"],
        json!(["specialty", "speech_locale", "secondary_speech_locale"])
    );
    assert_eq!(settings["properties"]["speech_locale"]["type"], json!("string"));
    assert_eq!(
        settings["properties"]["secondary_speech_locale"]["type"],
        json!(["string", "null"])
    );
}
