//! Assigning users to connections, and what accounts show.

use axum::http::{Method, StatusCode};
use roster_application::ports::Clock;
use roster_domain::{ConnectionId, Drift, UserId};
use serde_json::{Value, json};

use crate::v1::tests::{Given, given};

fn path(user: UserId, connection: ConnectionId) -> String {
    format!("/v1/users/{user}/accounts/{connection}")
}

async fn accounts(given: &Given, user: UserId) -> Vec<Value> {
    let answer = given.call(Method::GET, &format!("/v1/users/{user}/accounts"), "").await;
    answer.body["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_user_is_at_a_connection_that_takes_the_chosen_from_being_assigned_until_being_taken_off() {
    let given = given();
    let connection = given.connection("upheal", json!({"assignment": "chosen"})).await;
    let user = given.user(&json!({"email": "ann@example.org"})).await;
    assert_eq!(accounts(&given, user).await, Vec::<Value>::new());

    let assigned = given.call(Method::PUT, &path(user, connection), "").await;
    assert_eq!(
        (assigned.status, &assigned.body["assigned"]),
        (StatusCode::OK, &json!(true))
    );
    assert_eq!(accounts(&given, user).await, [assigned.body]);

    let taken_off = given.call(Method::DELETE, &path(user, connection), "").await;
    assert_eq!(
        (taken_off.status, &taken_off.body["assigned"]),
        (StatusCode::OK, &json!(false))
    );
    assert_eq!(
        accounts(&given, user).await,
        [taken_off.body],
        "it is still to be driven away"
    );
}

#[tokio::test]
async fn assigning_again_changes_nothing() {
    let given = given();
    let connection = given.connection("upheal", json!({"assignment": "chosen"})).await;
    let user = given.user(&json!({})).await;

    let first = given.call(Method::PUT, &path(user, connection), "").await;
    let told = given.memory.deeds().len();
    let again = given.call(Method::PUT, &path(user, connection), "").await;

    assert_eq!((again.status, again.body), (StatusCode::OK, first.body));
    assert_eq!(given.memory.deeds().len(), told);
}

#[tokio::test]
async fn nobody_is_taken_off_a_connection_that_takes_all() {
    let given = given();
    let connection = given.connection("nabla_core", json!({})).await;
    let user = given.user(&json!({})).await;

    let refused = given.call(Method::DELETE, &path(user, connection), "").await;

    assert_eq!(refused.problem(), (409, "conflict"));
    insta::assert_snapshot!(refused.body["detail"].as_str().unwrap(), @"the connection takes all users: set its option assignment to chosen first");
    assert_eq!(accounts(&given, user).await[0]["assigned"], json!(true));
}

#[tokio::test]
async fn a_user_who_was_deleted_is_assigned_nowhere() {
    let given = given();
    let connection = given.connection("nabla_core", json!({})).await;
    let user = given.user(&json!({})).await;
    given.call(Method::DELETE, &format!("/v1/users/{user}"), "").await;

    let refused = given.call(Method::PUT, &path(user, connection), "").await;

    assert_eq!(refused.problem(), (404, "not-found"));
}

#[tokio::test]
async fn an_account_shows_a_departure_that_is_held_and_what_somebody_changed_at_the_vendor() {
    let given = given();
    let connection = given.connection("nabla_core", json!({"drift": "report"})).await;
    let user = given.user(&json!({})).await;
    given.memory.drive(user, connection, |account| {
        account.held_since = Some(given.memory.now());
        account.drift = Some(Drift {
            message: "firstName differs".to_owned(),
            since: given.memory.now(),
        });
    });

    let answer = given.call(Method::GET, "/v1/accounts?status=paused", "").await;

    let shown = format!("{:#}", answer.body["data"][0])
        .replace(&user.to_string(), "{user}")
        .replace(&connection.to_string(), "{connection}");
    insta::assert_snapshot!(shown, @r#"
    {
      "applied_version": 0,
      "assigned": true,
      "attempts": 0,
      "attention": null,
      "connection_id": "{connection}",
      "desired_version": 1,
      "drift": {
        "message": "firstName differs",
        "since": "2025-06-15T15:06:40.123456Z"
      },
      "held_since": "2025-06-15T15:06:40.123456Z",
      "invite_url": null,
      "last_error": null,
      "next_attempt_at": "2025-06-15T15:06:40.123456Z",
      "status": "paused",
      "updated_at": "2025-06-15T15:06:40.123456Z",
      "user_id": "{user}",
      "vendor": "nabla_core",
      "vendor_user_id": null
    }
    "#);
}
