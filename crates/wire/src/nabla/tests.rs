//! Golden JSON: what the vendor's documents and its clients show, parsed and written back.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

fn parsed_and_written<T: DeserializeOwned + Serialize>(json: &Value) -> Value {
    let value: T = serde_json::from_value(json.clone()).unwrap();
    serde_json::to_value(value).unwrap()
}

#[test]
fn the_token_exchange_has_the_documented_constants() {
    assert_eq!(
        serde_json::to_value(TokenRequest::new(Token::new("a.b.c"))).unwrap(),
        json!({
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": "a.b.c"
        })
    );
    assert_eq!(
        parsed_and_written::<TokenResponse>(&json!({"access_token": "t", "expires_in": 3600})),
        json!({"access_token": "t", "expires_in": 3600, "token_type": "Bearer"})
    );
}

#[test]
fn the_error_envelope_of_an_unknown_user_is_the_one_on_record() {
    let body = ErrorBody::new(
        ErrorKind::ENTITY_NOT_FOUND,
        "copilot_api_user was not found",
        "projects/p/traces/0",
    );

    let written = serde_json::to_value(&body).unwrap();

    assert_eq!(
        written,
        json!({
            "message": "copilot_api_user was not found",
            "code": 20000,
            "name": "ENTITY_NOT_FOUND",
            "traceId": "projects/p/traces/0",
            "debuggingHints": []
        })
    );
    let reported = ReportedError::read(written.to_string().as_bytes());
    assert!(reported.is_not_found());
    assert!(!reported.is_duplicate());
    assert_eq!(reported.message.as_deref(), Some("copilot_api_user was not found"));
}

#[test]
fn not_found_is_known_by_code_or_by_name() {
    for body in [
        r#"{"code": 20000}"#,
        r#"{"code": "20000"}"#,
        r#"{"name": "ENTITY_NOT_FOUND", "code": 1}"#,
        r#"{"code": "ENTITY_NOT_FOUND"}"#,
        r#"{"error": {"code": 20000}}"#,
    ] {
        assert!(ReportedError::read(body.as_bytes()).is_not_found(), "{body}");
    }
    assert!(!ReportedError::read(br#"{"message": "20000 ENTITY_NOT_FOUND"}"#).is_not_found());
}

#[test]
fn a_duplicate_is_known_by_name_and_never_by_its_message() {
    for name in ["ENTITY_ALREADY_EXISTS", "DUPLICATE_EXTERNAL_ID", "external_id_conflict"] {
        let body = json!({"name": name, "message": "no"}).to_string();
        assert!(ReportedError::read(body.as_bytes()).is_duplicate(), "{body}");
    }
    assert!(!ReportedError::read(br#"{"message": "DUPLICATE"}"#).is_duplicate());
}

#[test]
fn an_error_body_of_any_shape_gives_one_short_line() {
    let message = |body: &[u8]| ReportedError::read(body).message;

    assert_eq!(message(b""), None);
    assert_eq!(
        message(b"  <h1>Bad\n\tGateway</h1> ").as_deref(),
        Some("<h1>Bad  Gateway</h1>")
    );
    assert_eq!(message(br#"{"detail": "no"}"#).as_deref(), Some("no"));
    assert_eq!(
        message(br#"{"error": "invalid_client", "error_description": "who?"}"#).as_deref(),
        Some("who?")
    );
    assert_eq!(message(br#"{"message": 7}"#).as_deref(), Some(r#"{"message": 7}"#));
    assert_eq!(message(&[0xFF, 0xFE]).as_deref(), Some("\u{FFFD}\u{FFFD}"));
    let long = message("é".repeat(1_000).as_bytes()).unwrap();
    assert_eq!(long.chars().count(), ReportedError::MAX_MESSAGE_CHARACTERS + 1);
}
