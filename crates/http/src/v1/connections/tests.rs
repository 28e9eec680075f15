//! Connections: their options, and departures that are held there.

use axum::http::{Method, StatusCode};
use roster_application::ports::Clock;
use roster_domain::{ConnectionId, UserId, Vendor};
use rstest::rstest;
use serde_json::{Value, json};

use crate::v1::tests::{Given, given};

/// Three users whose departures are held at a connection.
async fn held(given: &Given) -> (ConnectionId, [UserId; 3]) {
    let connection = given.connection("nabla_core", json!({})).await;
    let users = [
        given.user(&json!({})).await,
        given.user(&json!({})).await,
        given.user(&json!({})).await,
    ];
    for user in users {
        given.memory.drive(user, connection, |account| {
            account.held_since = Some(given.memory.now());
            account.next_attempt_at = None;
        });
    }
    (connection, users)
}

async fn get(given: &Given, connection: ConnectionId) -> Value {
    given
        .call(Method::GET, &format!("/v1/connections/{connection}"), "")
        .await
        .body
}

#[rstest]
#[case::nabla_core(Vendor::NablaCore, json!({"api_version": "2026-06-12", "drift": "off"}))]
#[case::nabla_connect(Vendor::NablaConnect, json!({"requests_per_minute": 60, "concurrency": 2}))]
#[case::upheal(Vendor::Upheal, json!({"organization_id": "o", "api_key_header": "authorization", "api_version": "v1"}))]
#[case::corti(Vendor::Corti, json!({"project_id": "p", "customer_id": "c", "create_customer": true}))]
#[tokio::test]
async fn each_vendor_is_connected_to_with_its_own_options(#[case] vendor: Vendor, #[case] options: Value) {
    let given = given();

    let connection = given.connection(vendor.name(), options.clone()).await;

    let shown = get(&given, connection).await;
    assert_eq!(
        (&shown["vendor"], &shown["held"]),
        (&json!(vendor.name()), &Value::Null)
    );
    for (name, value) in options.as_object().unwrap() {
        assert_eq!(&shown["options"][name], value, "{name}");
    }
}

#[tokio::test]
async fn everything_that_is_wrong_with_the_options_is_named_together() {
    let given = given();
    let body = json!({
        "vendor": "nabla_connect", "base_url": "https://vendor.example",
        "credentials": {"client_id": "c", "private_key": "k"},
        "options": {
            "assignment": "some", "concurrency": 65, "read_back_minutes": -1, "hold_percent": 101, "project_id": "p",
            "create_customer": true, "colour": "red", "drift": 1,
        },
    });

    let refused = given.call(Method::POST, "/v1/connections", &body.to_string()).await;

    assert_eq!(refused.problem(), (422, "invalid-fields"));
    let lines: Vec<String> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            format!(
                "{} {}",
                error["pointer"].as_str().unwrap(),
                error["code"].as_str().unwrap()
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    /options/colour unknown_field
    /options/drift type
    /options/assignment one_of
    /options/read_back_minutes format
    /options/concurrency format
    /options/hold_percent format
    /options/project_id only_with
    /options/create_customer only_with
    ");
}

#[tokio::test]
async fn a_change_of_options_merges_and_null_is_the_default() {
    let given = given();
    let connection = given
        .connection(
            "upheal",
            json!({"concurrency": 2, "assignment": "chosen", "organization_id": "o"}),
        )
        .await;

    let change = json!({"options": {"concurrency": null, "organization_id": null, "on_leave": "delete"}});
    let path = format!("/v1/connections/{connection}");
    let changed = given.call(Method::PATCH, &path, &change.to_string()).await;

    let options = &changed.body["options"];
    assert_eq!(
        (
            &options["concurrency"],
            &options["organization_id"],
            &options["on_leave"],
            &options["assignment"]
        ),
        (&json!(8), &Value::Null, &json!("delete"), &json!("chosen"))
    );
}

#[tokio::test]
async fn departures_that_are_held_are_shown_until_they_are_approved() {
    let given = given();
    let (connection, users) = held(&given).await;
    let other = given.connection("upheal", json!({})).await;

    let shown = get(&given, connection).await;
    assert_eq!(
        shown["held"],
        json!({"count": 3, "since": "2025-06-15T15:06:40.123456Z"})
    );
    let listed = given.call(Method::GET, "/v1/connections", "").await.body;
    assert_eq!((&listed["data"][0], &listed["data"][1]["held"]), (&shown, &Value::Null));

    let elsewhere = given
        .call(Method::POST, &format!("/v1/connections/{other}/approve"), "")
        .await;
    assert_eq!(
        (elsewhere.status, elsewhere.body),
        (StatusCode::OK, json!({"approved": 0}))
    );
    let approved = given
        .call(Method::POST, &format!("/v1/connections/{connection}/approve"), "")
        .await;
    assert_eq!(
        (approved.status, approved.body),
        (StatusCode::OK, json!({"approved": 3}))
    );

    assert_eq!(get(&given, connection).await["held"], Value::Null);
    let account = given
        .call(Method::GET, &format!("/v1/users/{}/accounts", users[0]), "")
        .await
        .body;
    assert_eq!(account["data"][0]["held_since"], Value::Null);
}

#[tokio::test]
async fn an_approval_that_is_repeated_under_its_key_is_answered_as_the_first() {
    let given = given();
    let (connection, _) = held(&given).await;
    let path = format!("/v1/connections/{connection}/approve");

    let first = given
        .call_with_header(Method::POST, &path, "idempotency-key", "a")
        .await;
    let again = given
        .call_with_header(Method::POST, &path, "idempotency-key", "a")
        .await;
    let anew = given
        .call_with_header(Method::POST, &path, "idempotency-key", "b")
        .await;

    assert_eq!(first.body, json!({"approved": 3}));
    assert_eq!(
        (&again.body, &again.headers["idempotency-replayed"]),
        (&first.body, &"true".parse().unwrap())
    );
    assert_eq!(anew.body, json!({"approved": 0}));
}

/// What is held changes without a new version: whoever has the connection from before must see it.
#[tokio::test]
async fn a_tag_from_before_departures_were_held_is_no_longer_known_and_yet_good_for_a_change() {
    let given = given();
    let connection = given.connection("nabla_core", json!({})).await;
    let path = format!("/v1/connections/{connection}");
    let before = given.call(Method::GET, &path, "").await.headers["etag"]
        .to_str()
        .unwrap()
        .to_owned();
    let user = given.user(&json!({})).await;
    given.memory.drive(user, connection, |account| {
        account.held_since = Some(given.memory.now());
    });

    let since = given
        .call_with_header(Method::GET, &path, "if-none-match", &before)
        .await;
    assert_eq!(
        (since.status, &since.body["held"]["count"]),
        (StatusCode::OK, &json!(1))
    );
    let tag = since.headers["etag"].to_str().unwrap();
    let unchanged = given.call_with_header(Method::GET, &path, "if-none-match", tag).await;
    assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);

    let deleted = given.call_with_header(Method::DELETE, &path, "if-match", tag).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
}
