//! What a user's history shows, page by page.

use std::time::Duration;

use axum::http::Method;
use roster_application::ports::{CallRecord, Clock, HistoryEntry, HistoryEvent, Ids};
use roster_domain::{ConnectionId, UserId, Vendor};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::v1::tests::{Given, given};

/// A call that a worker made for a user.
fn call(given: &Given, user: UserId, failed: bool) -> Uuid {
    let id = given.memory.new_id();
    let call = CallRecord {
        id,
        at: given.memory.now(),
        operation: "create".to_owned(),
        outcome: if failed { "transient" } else { "done" }.to_owned(),
        status: failed.then_some(503),
        message: failed.then(|| "Corti answered 503".to_owned()),
        took: Duration::from_micros(12_345),
    };
    let event = HistoryEvent::Call {
        connection_id: ConnectionId::new(Uuid::from_u128(7)),
        vendor: Vendor::Corti,
        call,
    };
    given
        .memory
        .note(given.organization.id, user, HistoryEntry { id, event });
    id
}

async fn page(given: &Given, user: UserId, query: &str) -> Value {
    given
        .call(Method::GET, &format!("/v1/users/{user}/history{query}"), "")
        .await
        .body
}

#[tokio::test]
async fn changes_and_calls_are_told_the_newest_first() {
    let given = given();
    let user = given.user(&json!({"external_id": "e", "first_name": "Ann"})).await;
    call(&given, user, true);

    let shown = page(&given, user, "").await;

    let ids: Vec<&str> = shown["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["id"].as_str().unwrap())
        .collect();
    assert!(ids.is_sorted_by(|newer, older| newer > older));
    let shown = ids
        .iter()
        .fold(format!("{shown:#}"), |shown, id| shown.replace(id, "{id}"));
    insta::assert_snapshot!(shown.replace(&given.client.to_string(), "{client}"), @r#"
    {
      "data": [
        {
          "at": "2025-06-15T15:06:40.123456Z",
          "connection_id": "00000000-0000-0000-0000-000000000007",
          "id": "{id}",
          "kind": "call",
          "message": "Corti answered 503",
          "operation": "create",
          "outcome": "transient",
          "status": 503,
          "took_ms": 12,
          "vendor": "corti"
        },
        {
          "action": "created",
          "at": "2025-06-15T15:06:40.123456Z",
          "client_id": "{client}",
          "connection_id": null,
          "fields": [
            "external_id",
            "first_name",
            "active"
          ],
          "id": "{id}",
          "kind": "change",
          "surface": "v1",
          "version": 1
        }
      ],
      "next_cursor": null
    }
    "#);
}

#[tokio::test]
async fn the_pages_together_tell_everything_once() {
    let given = given();
    let user = given.user(&json!({})).await;
    let mut expected: Vec<String> = (0..6).map(|_| call(&given, user, false).to_string()).collect();
    expected.reverse();
    let other = given.user(&json!({})).await;
    call(&given, other, false);

    let mut seen = Vec::new();
    let mut query = "?limit=3".to_owned();
    loop {
        let page = page(&given, user, &query).await;
        let data = page["data"].as_array().unwrap();
        seen.extend(data.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        assert_eq!(data.len(), 3);
        query = format!("?limit=3&cursor={cursor}");
    }

    assert_eq!((seen.len(), &seen[..6]), (7, &expected[..]));
}

#[tokio::test]
async fn the_history_of_a_user_who_was_deleted_is_still_told() {
    let given = given();
    let user = given.user(&json!({})).await;
    given.call(Method::DELETE, &format!("/v1/users/{user}"), "").await;

    let shown = page(&given, user, "").await;

    let actions: Vec<_> = shown["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["action"])
        .collect();
    assert_eq!(actions, ["deleted", "created"]);
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let given = given();
    let user = given.user(&json!({})).await;
    given.user(&json!({})).await;
    let users = given.call(Method::GET, "/v1/users?limit=1", "").await.body;
    let cursor = users["next_cursor"].as_str().unwrap();

    let path = format!("/v1/users/{user}/history?cursor={cursor}");
    let refused = given.call(Method::GET, &path, "").await;

    assert_eq!(refused.problem(), (400, "invalid-parameters"));
}
