//! The endpoints under `/sandbox`.

use axum::http::StatusCode;
use axum::response::Response;
use roster_application::Acting;
use roster_domain::{Change, Surface, UserChanges};
use rstest::rstest;
use serde_json::{Value, json};

use super::{Given, OWNER, PLAYER, given, text};
use crate::dialects::memory::organization;

async fn body(response: Response) -> Value {
    serde_json::from_str(&text(response).await).expect("JSON")
}

async fn get(given: &Given, uri: &str) -> Value {
    body(given.send("GET", uri, OWNER, "").await).await
}

#[tokio::test]
async fn a_fault_is_set_strikes_is_counted_and_is_deleted() {
    let given = given();
    let fault = json!({
        "vendor": "nabla_core",
        "fault": {"kind": "status", "status": 503, "retry_after": 2},
        "times": 3,
    });

    let set = given.send("POST", "/sandbox/faults", OWNER, &fault.to_string()).await;
    assert_eq!(set.status(), StatusCode::CREATED);
    insta::assert_snapshot!(format!("{:#}", body(set).await), @r#"
    {
      "every": 1,
      "fault": {
        "kind": "status",
        "retry_after": 2,
        "status": 503
      },
      "fired": 0,
      "id": 1,
      "operation": null,
      "remaining": 3,
      "times": 3,
      "vendor": "nabla_core"
    }
    "#);

    assert_eq!(
        given.call("/users", PLAYER).await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    let listed = get(&given, "/sandbox/faults").await;
    assert_eq!(
        (&listed["data"][0]["fired"], &listed["data"][0]["remaining"]),
        (&json!(1), &json!(2))
    );

    let other = given.send("DELETE", "/sandbox/faults?vendor=corti", OWNER, "").await;
    assert_eq!(other.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        get(&given, "/sandbox/faults?vendor=nabla_core").await["data"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );

    given.send("DELETE", "/sandbox/faults", OWNER, "").await;
    assert_eq!(get(&given, "/sandbox/faults").await, json!({"data": []}));
    assert_eq!(given.call("/users", PLAYER).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn calls_are_shown_the_oldest_first_without_their_queries() {
    let given = given();
    given.call("/users", PLAYER).await;
    given.call("/list", PLAYER).await;

    let calls = get(&given, "/sandbox/calls?vendor=nabla_core").await;

    insta::assert_snapshot!(format!("{calls:#}"), @r#"
    {
      "data": [
        {
          "fault": null,
          "id": 1,
          "method": "POST",
          "operation": "create",
          "path": "/vendor/users",
          "status": 200,
          "time": "2025-06-15T15:06:40.123456Z",
          "vendor": "nabla_core"
        },
        {
          "fault": null,
          "id": 2,
          "method": "POST",
          "operation": "list",
          "path": "/vendor/list",
          "status": 200,
          "time": "2025-06-15T15:06:40.123456Z",
          "vendor": "nabla_core"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn every_user_of_the_organization_that_plays_the_vendor_is_shown() {
    let given = given();
    let users = given.memory.users();
    for number in 0..501 {
        let changes = UserChanges {
            active: Change::Set(number != 3),
            ..UserChanges::default()
        };
        let player = organization(2);
        let acting = Acting::inside(&player, Surface::Cli);
        users.create(acting, &changes, None).await.expect("a user");
    }
    let owner = organization(1);
    users
        .create(Acting::inside(&owner, Surface::Cli), &UserChanges::default(), None)
        .await
        .expect("a user");

    let shown = get(&given, "/sandbox/users?vendor=nabla_core").await;

    let shown = shown["data"].as_array().expect("users");
    assert_eq!(shown.len(), 501);
    assert_eq!(shown.iter().filter(|user| user["active"] == json!(false)).count(), 1);
}

#[rstest]
#[case::unknown_path("GET", "/sandbox/nothing", "", StatusCode::NOT_FOUND)]
#[case::unknown_method("PUT", "/sandbox/faults", "", StatusCode::METHOD_NOT_ALLOWED)]
#[case::violations("POST", "/sandbox/faults", "{}", StatusCode::UNPROCESSABLE_ENTITY)]
#[case::no_json("POST", "/sandbox/faults", "{", StatusCode::BAD_REQUEST)]
#[case::vendor("GET", "/sandbox/calls?vendor=acme", "", StatusCode::BAD_REQUEST)]
#[case::parameter("GET", "/sandbox/calls?colour=red", "", StatusCode::BAD_REQUEST)]
#[case::no_vendor("GET", "/sandbox/users", "", StatusCode::BAD_REQUEST)]
#[case::vendor_that_nobody_plays("GET", "/sandbox/users?vendor=corti", "", StatusCode::NOT_FOUND)]
#[tokio::test]
async fn what_is_wrong_is_a_problem(
    #[case] method: &str,
    #[case] uri: &str,
    #[case] sent: &str,
    #[case] status: StatusCode,
) {
    let given = given();

    let answer = given.send(method, uri, OWNER, sent).await;

    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
}

#[rstest]
#[case::nobody("no-such-key", StatusCode::UNAUTHORIZED)]
#[case::another_organization(PLAYER, StatusCode::FORBIDDEN)]
#[tokio::test]
async fn only_the_organization_that_owns_the_sandbox_is_let_in(#[case] key: &str, #[case] status: StatusCode) {
    let given = given();

    for (method, uri) in [
        ("POST", "/sandbox/faults"),
        ("GET", "/sandbox/faults"),
        ("DELETE", "/sandbox/faults"),
        ("GET", "/sandbox/calls"),
        ("GET", "/sandbox/users?vendor=nabla_core"),
    ] {
        assert_eq!(given.send(method, uri, key, "{}").await.status(), status);
    }
}
