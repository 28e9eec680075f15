//! Bodies that break rules: every row is refused as a whole, and every broken rule is named.

use std::fmt::Write;

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Given, given};

/// A body that is all right, but for one member.
fn but(name: &str, value: &Value) -> String {
    let mut body = json!({"provider_email": "ann@example.org", "external_provider_id": "ehr-7"});
    body[name] = value.clone();
    body.to_string()
}

/// The same without a member.
fn without(name: &str) -> String {
    let mut body = json!({"provider_email": "ann@example.org", "external_provider_id": "ehr-7"});
    body.as_object_mut().expect("an object").remove(name);
    body.to_string()
}

/// A body whose settings are these.
fn settings(settings: &Value) -> String {
    but("settings", settings)
}

/// A body whose specialty is this.
fn specialty(specialty: &Value) -> String {
    settings(&json!({"specialty": specialty}))
}

/// Sends every body and writes down the answers. None of them may make a user.
async fn refused(rows: &[(&str, String)]) -> String {
    let given = given();
    let mut table = String::new();
    for (row, body) in rows {
        let answer = given.send(given.request(body)).await;
        assert_eq!(answer.header("content-type"), "application/json", "{row}");
        assert!(answer.status.is_client_error(), "{row}: {answer:?}");
        writeln!(table, "{row}: {}", answer.line()).expect("a line");
    }
    assert_eq!(given.memory.count(&given.organization), 0);
    table
}

#[tokio::test]
async fn what_is_no_object_is_refused() {
    let rows = [
        ("no body", String::new()),
        ("half an object", "{".to_owned()),
        ("no JSON", "provider_email=ann@example.org".to_owned()),
        ("null", "null".to_owned()),
        ("an array", "[]".to_owned()),
        ("a string", r#""ann""#.to_owned()),
        ("too deep", "[".repeat(10_000)),
        ("a number out of range", r#"{"provider_email": 1e999}"#.to_owned()),
        ("half a character", r#"{"provider_email": "\ud800"}"#.to_owned()),
    ];

    insta::assert_snapshot!(refused(&rows).await, @r#"
    no body: 400 Bad Request {"code":90002,"debuggingHints":[],"message":"the body ends too early: line 1, column 0","name":"INVALID_REQUEST","traceId":"[trace]"}
    half an object: 400 Bad Request {"code":90002,"debuggingHints":[],"message":"the body ends too early: line 1, column 1","name":"INVALID_REQUEST","traceId":"[trace]"}
    no JSON: 400 Bad Request {"code":90002,"debuggingHints":[],"message":"the body is not JSON: line 1, column 1","name":"INVALID_REQUEST","traceId":"[trace]"}
    null: 400 Bad Request {"code":90002,"debuggingHints":["the request must be an object; given: null"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    an array: 400 Bad Request {"code":90002,"debuggingHints":["the request must be an object; given: an array"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a string: 400 Bad Request {"code":90002,"debuggingHints":["the request must be an object; given: a string"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    too deep: 400 Bad Request {"code":90002,"debuggingHints":[],"message":"the body is not JSON: line 1, column 128","name":"INVALID_REQUEST","traceId":"[trace]"}
    a number out of range: 400 Bad Request {"code":90002,"debuggingHints":[],"message":"the body has a number that is out of range: line 1, column 24","name":"INVALID_REQUEST","traceId":"[trace]"}
    half a character: 400 Bad Request {"code":90002,"debuggingHints":[],"message":"the body has a string with half of a surrogate pair, which is no character: line 1, column 27","name":"INVALID_REQUEST","traceId":"[trace]"}
    "#);
}

#[tokio::test]
async fn keys_that_break_rules_are_refused() {
    let rows = [
        ("nothing", "{}".to_owned()),
        ("no address", without("provider_email")),
        ("no external id", without("external_provider_id")),
        ("null for the address", but("provider_email", &json!(null))),
        ("null for the external id", but("external_provider_id", &json!(null))),
        ("a number for the address", but("provider_email", &json!(7))),
        (
            "a number for the external id",
            but("external_provider_id", &json!(4711)),
        ),
        (
            "an array for the external id",
            but("external_provider_id", &json!(["ehr-7"])),
        ),
        ("an empty address", but("provider_email", &json!(""))),
        ("an empty external id", but("external_provider_id", &json!(""))),
        ("no address but a name", but("provider_email", &json!("ann"))),
        (
            "an address with a name",
            but("provider_email", &json!("Ann <ann@example.org>")),
        ),
        (
            "two addresses",
            but("provider_email", &json!("ann@example.org,bob@example.org")),
        ),
        (
            "an address of 255 bytes",
            but("provider_email", &json!(format!("{}@example.org", "a".repeat(243)))),
        ),
        (
            "an external id of 257 characters",
            but("external_provider_id", &json!("é".repeat(257))),
        ),
        (
            "an external id of two lines",
            but("external_provider_id", &json!("ehr\n7")),
        ),
        (
            "the domain's names",
            json!({"email": "ann@example.org", "external_id": "ehr-7"}).to_string(),
        ),
    ];

    insta::assert_snapshot!(refused(&rows).await, @r#"
    nothing: 400 Bad Request {"code":90002,"debuggingHints":["provider_email is required; given: nothing","external_provider_id is required; given: nothing"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    no address: 400 Bad Request {"code":90002,"debuggingHints":["provider_email is required; given: nothing"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    no external id: 400 Bad Request {"code":90002,"debuggingHints":["external_provider_id is required; given: nothing"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    null for the address: 400 Bad Request {"code":90002,"debuggingHints":["provider_email is required; given: null"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    null for the external id: 400 Bad Request {"code":90002,"debuggingHints":["external_provider_id is required; given: null"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a number for the address: 400 Bad Request {"code":90002,"debuggingHints":["provider_email must be a string; given: a number"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a number for the external id: 400 Bad Request {"code":90002,"debuggingHints":["external_provider_id must be a string; given: a number"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    an array for the external id: 400 Bad Request {"code":90002,"debuggingHints":["external_provider_id must be a string; given: an array"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    an empty address: 400 Bad Request {"code":90002,"debuggingHints":["provider_email must be an e-mail address; given: \"\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    an empty external id: 400 Bad Request {"code":90002,"debuggingHints":["external_provider_id must have 1 to 256 characters; given: 0 characters"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    no address but a name: 400 Bad Request {"code":90002,"debuggingHints":["provider_email must be an e-mail address; given: \"ann\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    an address with a name: 400 Bad Request {"code":90002,"debuggingHints":["provider_email must be an e-mail address; given: \"Ann <ann@example.org>\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    two addresses: 400 Bad Request {"code":90002,"debuggingHints":["provider_email must be an e-mail address; given: \"ann@example.org,bob@example.org\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    an address of 255 bytes: 400 Bad Request {"code":90002,"debuggingHints":["provider_email must have 3 to 254 bytes; given: 255 bytes"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    an external id of 257 characters: 400 Bad Request {"code":90002,"debuggingHints":["external_provider_id must have 1 to 256 characters; given: 257 characters"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    an external id of two lines: 400 Bad Request {"code":90002,"debuggingHints":["external_provider_id must be text without control characters; given: \"ehr\\n7\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    the domain's names: 400 Bad Request {"code":90002,"debuggingHints":["provider_email is required; given: nothing","external_provider_id is required; given: nothing"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    "#);
}

#[tokio::test]
async fn a_specialty_that_breaks_rules_is_refused() {
    let rows = [
        ("an array for settings", settings(&json!([]))),
        ("a string for settings", settings(&json!("ENGLISH_US"))),
        ("a string for the specialty", specialty(&json!("CARDIOLOGY"))),
        ("no kind", specialty(&json!({}))),
        (
            "a name without a kind",
            specialty(&json!({"other_specialty_name": "Sleep medicine"})),
        ),
        ("null for the kind", specialty(&json!({"kind": null}))),
        ("a number for the kind", specialty(&json!({"kind": 7}))),
        ("an empty kind", specialty(&json!({"kind": ""}))),
        ("a kind in small letters", specialty(&json!({"kind": "cardiology"}))),
        ("a kind with a space", specialty(&json!({"kind": "GENERAL MEDICINE"}))),
        (
            "a kind that begins with a digit",
            specialty(&json!({"kind": "3D_MEDICINE"})),
        ),
        ("a kind of 101 characters", specialty(&json!({"kind": "K".repeat(101)}))),
        (
            "a name beside another kind",
            specialty(&json!({"kind": "CARDIOLOGY", "other_specialty_name": "Hearts"})),
        ),
        (
            "an empty name",
            specialty(&json!({"kind": "OTHER", "other_specialty_name": ""})),
        ),
        (
            "a name of 201 characters",
            specialty(&json!({"kind": "OTHER", "other_specialty_name": "ü".repeat(201)})),
        ),
        (
            "a number for the name",
            specialty(&json!({"kind": "OTHER", "other_specialty_name": 7})),
        ),
    ];

    insta::assert_snapshot!(refused(&rows).await, @r#"
    an array for settings: 400 Bad Request {"code":90002,"debuggingHints":["settings must be an object; given: an array"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a string for settings: 400 Bad Request {"code":90002,"debuggingHints":["settings must be an object; given: a string"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a string for the specialty: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty must be an object; given: a string"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    no kind: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty.kind is required; given: nothing"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a name without a kind: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty.kind is required; given: nothing"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    null for the kind: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty.kind is required; given: null"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a number for the kind: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty.kind must be a string; given: a number"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    an empty kind: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty.kind must have 1 to 100 characters; given: 0 characters"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a kind in small letters: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty.kind must be a kind in capitals such as GENERAL_MEDICINE; given: \"cardiology\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a kind with a space: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty.kind must be a kind in capitals such as GENERAL_MEDICINE; given: \"GENERAL MEDICINE\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a kind that begins with a digit: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty.kind must be a kind in capitals such as GENERAL_MEDICINE; given: \"3D_MEDICINE\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a kind of 101 characters: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty.kind must have 1 to 100 characters; given: 101 characters"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a name beside another kind: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty.other_specialty_name goes only with kind OTHER; given: \"CARDIOLOGY\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    an empty name: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty.other_specialty_name must have 1 to 200 characters; given: 0 characters"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a name of 201 characters: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty.other_specialty_name must have 1 to 200 characters; given: 201 characters"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a number for the name: 400 Bad Request {"code":90002,"debuggingHints":["settings.specialty.other_specialty_name must be a string; given: a number"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    "#);
}

#[tokio::test]
async fn speech_locales_that_break_rules_are_refused() {
    let both =
        |first: &str, second: &str| settings(&json!({"speech_locale": first, "secondary_speech_locale": second}));
    let rows = [
        ("a number", settings(&json!({"speech_locale": 7}))),
        ("an object", settings(&json!({"speech_locale": {}}))),
        ("an empty one", settings(&json!({"speech_locale": ""}))),
        (
            "a name that nobody knows",
            settings(&json!({"speech_locale": "KLINGON_QO"})),
        ),
        (
            "a name in small letters",
            settings(&json!({"speech_locale": "english_us"})),
        ),
        ("no tag", settings(&json!({"speech_locale": "en US"}))),
        (
            "a tag of 101 characters",
            settings(&json!({"speech_locale": format!("en-x{}", "-abcdefg".repeat(13))})),
        ),
        (
            "a second without a first",
            settings(&json!({"secondary_speech_locale": "FRENCH_FR"})),
        ),
        ("a second that nobody knows", both("ENGLISH_US", "KLINGON_QO")),
        ("the same twice", both("ENGLISH_US", "ENGLISH_US")),
        ("the same in two spellings", both("ENGLISH_US", "en-us")),
        (
            "a number for the second",
            settings(&json!({"speech_locale": "en-US", "secondary_speech_locale": 7})),
        ),
        (
            "a number for the first of two",
            settings(&json!({"speech_locale": 7, "secondary_speech_locale": "fr-FR"})),
        ),
    ];

    insta::assert_snapshot!(refused(&rows).await, @r#"
    a number: 400 Bad Request {"code":90002,"debuggingHints":["settings.speech_locale must be a string; given: a number"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    an object: 400 Bad Request {"code":90002,"debuggingHints":["settings.speech_locale must be a string; given: an object"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    an empty one: 400 Bad Request {"code":90002,"debuggingHints":["settings.speech_locale must have 1 to 100 characters; given: 0 characters"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a name that nobody knows: 400 Bad Request {"code":90002,"debuggingHints":["settings.speech_locale must be a BCP 47 language tag such as en-US; given: \"KLINGON_QO\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a name in small letters: 400 Bad Request {"code":90002,"debuggingHints":["settings.speech_locale must be a BCP 47 language tag such as en-US; given: \"english_us\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    no tag: 400 Bad Request {"code":90002,"debuggingHints":["settings.speech_locale must be a BCP 47 language tag such as en-US; given: \"en US\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a tag of 101 characters: 400 Bad Request {"code":90002,"debuggingHints":["settings.speech_locale must have 1 to 100 characters; given: 108 characters"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a second without a first: 400 Bad Request {"code":90002,"debuggingHints":["settings.secondary_speech_locale goes only with speech_locale being set; given: \"fr-FR\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a second that nobody knows: 400 Bad Request {"code":90002,"debuggingHints":["settings.secondary_speech_locale must be a BCP 47 language tag such as en-US; given: \"KLINGON_QO\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    the same twice: 400 Bad Request {"code":90002,"debuggingHints":["settings.secondary_speech_locale must differ from speech_locale; given: \"en-US\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    the same in two spellings: 400 Bad Request {"code":90002,"debuggingHints":["settings.secondary_speech_locale must differ from speech_locale; given: \"en-US\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a number for the second: 400 Bad Request {"code":90002,"debuggingHints":["settings.secondary_speech_locale must be a string; given: a number"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    a number for the first of two: 400 Bad Request {"code":90002,"debuggingHints":["settings.speech_locale must be a string; given: a number"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    "#);
}

#[tokio::test]
async fn every_broken_rule_of_a_request_is_named_at_once() {
    let given = given();
    let body = json!({
        "provider_email": "nowhere",
        "external_provider_id": "x".repeat(257),
        "settings": {
            "specialty": {"kind": "cardiology", "other_specialty_name": ""},
            "speech_locale": "KLINGON_QO",
            "secondary_speech_locale": 7,
        },
    });

    let answer = given.upsert(&body).await;

    insta::assert_snapshot!(answer.whole(), @r#"
    400 Bad Request
    {
      "code": 90002,
      "debuggingHints": [
        "settings.secondary_speech_locale must be a string; given: a number",
        "external_provider_id must have 1 to 256 characters; given: 257 characters",
        "provider_email must be an e-mail address; given: \"nowhere\"",
        "settings.specialty.kind must be a kind in capitals such as GENERAL_MEDICINE; given: \"cardiology\"",
        "settings.specialty.other_specialty_name must have 1 to 200 characters; given: 0 characters",
        "settings.speech_locale must be a BCP 47 language tag such as en-US; given: \"KLINGON_QO\""
      ],
      "message": "settings.secondary_speech_locale must be a string; given: a number; external_provider_id must have 1 to 256 characters; given: 257 characters; provider_email must be an e-mail address; given: \"nowhere\"; settings.specialty.kind must be a kind in capitals such as GENERAL_MEDICINE; given: \"cardiology\"; settings.specialty.other_specialty_name must have 1 to 200 characters; given: 0 characters; settings.speech_locale must be a BCP 47 language tag such as en-US; given: \"KLINGON_QO\"",
      "name": "INVALID_REQUEST",
      "traceId": "[trace]"
    }
    "#);
}

/// A user who has a second speech locale.
async fn given_with_two_locales() -> Given {
    let given = given();
    let known = settings(&json!({"speech_locale": "en-US", "secondary_speech_locale": "fr-FR"}));
    assert_eq!(given.send(given.request(&known)).await.status, StatusCode::OK);
    given
}

#[tokio::test]
async fn a_change_that_does_not_go_with_what_is_on_file_is_refused_as_a_whole() {
    let given = given_with_two_locales().await;
    let stored = given.only_user().await;
    let rows = [
        (
            "the first is cleared beside a second",
            json!({"specialty": {"kind": "CARDIOLOGY"}, "speech_locale": null}),
        ),
        (
            "the first becomes the second",
            json!({"specialty": {"kind": "CARDIOLOGY"}, "speech_locale": "FRENCH_FR"}),
        ),
        (
            "the second becomes the first",
            json!({"specialty": null, "secondary_speech_locale": "ENGLISH_US"}),
        ),
    ];

    let mut table = String::new();
    for (row, change) in rows {
        let answer = given.send(given.request(&settings(&change))).await;
        writeln!(table, "{row}: {}", answer.line()).expect("a line");
    }

    insta::assert_snapshot!(table, @r#"
    the first is cleared beside a second: 400 Bad Request {"code":90002,"debuggingHints":["settings.secondary_speech_locale goes only with speech_locale being set; given: \"fr-FR\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    the first becomes the second: 400 Bad Request {"code":90002,"debuggingHints":["settings.secondary_speech_locale must differ from speech_locale; given: \"fr-FR\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    the second becomes the first: 400 Bad Request {"code":90002,"debuggingHints":["settings.secondary_speech_locale must differ from speech_locale; given: \"en-US\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    "#);
    assert_eq!(given.only_user().await, stored);
}

#[tokio::test]
async fn a_body_that_is_no_text_is_refused() {
    let given = given();
    let mut request = given.request("{}");
    *request.body_mut() = Body::from(b"{\"provider_email\": \"\xff\"}".to_vec());

    let answer = given.send(request).await;

    insta::assert_snapshot!(answer.line(), @r#"
    400 Bad Request {"code":90002,"debuggingHints":[],"message":"the body is not UTF-8 at byte 20","name":"INVALID_REQUEST","traceId":"[trace]"}
    "#);
}
