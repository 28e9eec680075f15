//! Golden JSON: what the vendor's documents show, parsed and written back.

use chrono::{DateTime, Utc};
use roster_domain::{Change, OrganizationId, PhiGuard, UserChanges, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

fn parsed_and_written<T: DeserializeOwned + Serialize>(json: &Value) -> Value {
    let value: T = serde_json::from_value(json.clone()).unwrap();
    serde_json::to_value(value).unwrap()
}

fn lower_case_id(mut json: Value) -> Value {
    let id = json["id"].as_str().unwrap().to_lowercase();
    json["id"] = id.into();
    json
}

fn archived_document() -> Value {
    json!({
        "id": "98FCE1EF-DBCA-41EF-8BC7-4D1621AC07C6",
        "activated": true,
        "external_id": "ehr-4711",
        "metadata": {"department": "Kardiologie", "site": "東"},
        "created_at": "2022-03-10T19:16:23.456Z",
        "email": "ann@example.org",
        "roles": ["ADMINISTRATOR", "PRACTITIONER"]
    })
}

fn current_document() -> Value {
    let mut document = archived_document();
    document
        .as_object_mut()
        .unwrap()
        .retain(|key, _| key != "email" && key != "roles");
    document
}

fn clinician(changes: &UserChanges, created_at: &str) -> roster_domain::User {
    let id = UserId::new(Uuid::from_u128(0xABCD));
    let organization = OrganizationId::new(Uuid::from_u128(1));
    let now: DateTime<Utc> = created_at.parse().unwrap();
    roster_domain::User::create(id, organization, changes, PhiGuard::Off, now)
        .unwrap()
        .user
}

#[test]
fn the_documented_user_of_the_current_generation_comes_back_key_by_key() {
    let written = parsed_and_written::<User>(&current_document());

    assert_eq!(written, lower_case_id(current_document()));
}

#[test]
fn the_documented_user_of_the_archived_generation_comes_back_key_by_key() {
    let written = parsed_and_written::<ArchivedUser>(&archived_document());

    assert_eq!(written, lower_case_id(archived_document()));
}

#[test]
fn what_is_not_set_is_written_as_null_and_never_left_out() {
    let user = clinician(&UserChanges::default(), "2026-07-01T08:00:00Z");

    assert_eq!(
        serde_json::to_value(User::from(&user)).unwrap(),
        json!({
            "id": "00000000-0000-0000-0000-00000000abcd",
            "activated": true,
            "external_id": null,
            "metadata": null,
            "created_at": "2026-07-01T08:00:00.000Z"
        })
    );
    assert_eq!(
        serde_json::to_value(ArchivedUser::from(&user)).unwrap(),
        json!({
            "id": "00000000-0000-0000-0000-00000000abcd",
            "activated": true,
            "external_id": null,
            "metadata": null,
            "created_at": "2026-07-01T08:00:00.000Z",
            "email": null,
            "roles": []
        })
    );
}

#[test]
fn a_full_user_is_written_with_all_that_each_generation_knows() {
    let changes = UserChanges {
        external_id: Change::Set("ehr-4711".into()),
        email: Change::Set("Ann@Example.org".into()),
        first_name: Change::Set("Ann".into()),
        roles: Change::Set(vec!["PRACTITIONER".into(), "ADMINISTRATOR".into()]),
        active: Change::Set(false),
        metadata: Change::Set([("ward".to_owned(), "4".to_owned())].into()),
        ..UserChanges::default()
    };
    let user = clinician(&changes, "2026-07-01T08:00:00.123987Z");

    assert_eq!(
        serde_json::to_value(ArchivedUser::from(&user)).unwrap(),
        json!({
            "id": "00000000-0000-0000-0000-00000000abcd",
            "activated": false,
            "external_id": "ehr-4711",
            "metadata": {"ward": "4"},
            "created_at": "2026-07-01T08:00:00.123Z",
            "email": "Ann@Example.org",
            "roles": ["ADMINISTRATOR", "PRACTITIONER"]
        })
    );
    assert_eq!(
        serde_json::to_value(User::from(&user))
            .unwrap()
            .as_object()
            .unwrap()
            .len(),
        5
    );
}

#[test]
fn an_empty_dictionary_is_not_null() {
    let changes = UserChanges {
        metadata: Change::Set([].into()),
        ..UserChanges::default()
    };
    let user = clinician(&changes, "2026-07-01T08:00:00Z");

    assert_eq!(serde_json::to_value(User::from(&user)).unwrap()["metadata"], json!({}));
}

#[test]
fn a_page_has_its_cursor_also_on_the_last_page() {
    let page = UserPage {
        data: vec![],
        has_more: false,
        next_cursor: None,
    };

    assert_eq!(
        serde_json::to_value(page).unwrap(),
        json!({"data": [], "has_more": false, "next_cursor": null})
    );
    assert_eq!(
        parsed_and_written::<ArchivedUserPage>(&json!({"data": [archived_document()], "has_more": false})),
        json!({"data": [lower_case_id(archived_document())], "has_more": false, "next_cursor": null})
    );
}

#[test]
fn a_client_reads_a_user_without_the_keys_that_it_does_not_need() {
    let reported: ReportedUser =
        serde_json::from_value(json!({"id": "98FCE1EF", "activated": false, "avatar": 7})).unwrap();

    assert_eq!(
        reported,
        ReportedUser {
            id: "98FCE1EF".into(),
            activated: false,
            external_id: None,
            metadata: None
        }
    );
}

#[test]
fn a_client_does_not_take_a_body_without_id_or_state_for_a_user() {
    for body in [
        json!({}),
        json!({"id": "1"}),
        json!({"activated": true}),
        json!([]),
        json!(null),
    ] {
        assert!(serde_json::from_value::<ReportedUser>(body.clone()).is_err(), "{body}");
    }
}

#[test]
fn a_request_body_clears_with_null() {
    assert_eq!(
        serde_json::to_value(UserBody::default()).unwrap(),
        json!({"external_id": null, "metadata": null})
    );
    assert_eq!(
        serde_json::to_value(ArchivedUserBody::default()).unwrap(),
        json!({"external_id": null, "metadata": null})
    );
    assert_eq!(serde_json::to_value(Empty {}).unwrap(), json!({}));
}

#[test]
fn a_change_keeps_what_is_left_out_clears_what_is_null_and_sets_what_is_given() {
    let changes = |json: Value| UserChanges::from(serde_json::from_value::<UserRequest>(json).unwrap());

    assert_eq!(changes(json!({})), UserChanges::default());
    assert_eq!(
        changes(json!({"external_id": null, "metadata": {"ward": "4"}, "avatar": 7})),
        UserChanges {
            external_id: Change::Clear,
            metadata: Change::Set([("ward".to_owned(), "4".to_owned())].into()),
            ..UserChanges::default()
        }
    );
}

#[test]
fn every_field_of_a_wrong_type_is_reported_together() {
    let request: ArchivedUserRequest = serde_json::from_value(
        json!({"external_id": 7, "metadata": {"ward": 4}, "email": ["a"], "roles": ["PRACTITIONER", 1]}),
    )
    .unwrap();

    let changes = UserChanges::from(request);

    let fields: Vec<String> = changes
        .unreadable
        .iter()
        .map(|violation| violation.field.pointer())
        .collect();
    assert_eq!(fields, ["/external_id", "/metadata/ward", "/email", "/roles/1"]);
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
fn tokens_are_not_shown_by_debug() {
    let tokens = UserTokens {
        access_token: Token::new("access"),
        refresh_token: Token::new("refresh"),
    };

    let shown = format!("{tokens:?}");

    assert_eq!(shown, "UserTokens { access_token: Token(…), refresh_token: Token(…) }");
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
