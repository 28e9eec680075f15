//! Golden JSON: what the vendor's documents show, parsed and written back.

use chrono::{DateTime, Utc};
use roster_domain::{Change, OrganizationId, PhiGuard, UserChanges, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::nabla::Token;

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
fn tokens_are_not_shown_by_debug() {
    let tokens = UserTokens {
        access_token: Token::new("access"),
        refresh_token: Token::new("refresh"),
    };

    let shown = format!("{tokens:?}");

    assert_eq!(shown, "UserTokens { access_token: Token(…), refresh_token: Token(…) }");
}
