//! `/v1` over stores in memory: what the tests of its resources stand on, and what holds of all of them.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use roster_domain::{ApiClientId, ConnectionId, Organization, UserId};
use rstest::rstest;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::dialects::memory::{Memory, organization};

const KEY: &str = "key-of-the-organization";
const STRANGERS_KEY: &str = "key-of-a-stranger";

/// The whole server, and callers of two organizations.
pub(super) struct Given {
    pub(super) memory: Arc<Memory>,
    pub(super) organization: Organization,
    pub(super) client: ApiClientId,
    router: Router,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

pub(super) fn given() -> Given {
    let memory = Arc::new(Memory::default());
    let organization = organization(1);
    let client = memory.add_api_key(KEY, &organization);
    memory.add_api_key(STRANGERS_KEY, &crate::dialects::memory::organization(2));
    let router = crate::router(memory.services(), None);
    Given {
        memory,
        organization,
        client,
        router,
    }
}

impl Given {
    /// A request of the organization's, with a JSON body unless that is empty.
    pub(super) async fn call(&self, method: Method, path: &str, body: &str) -> Answer {
        self.call_with(KEY, method, path, body, &[]).await
    }

    /// The same of another organization's.
    pub(super) async fn call_as_stranger(&self, method: Method, path: &str, body: &str) -> Answer {
        self.call_with(STRANGERS_KEY, method, path, body, &[]).await
    }

    /// The same with a header more.
    pub(super) async fn call_with_header(&self, method: Method, path: &str, name: &str, value: &str) -> Answer {
        self.call_with(KEY, method, path, "", &[(name, value)]).await
    }

    async fn call_with(&self, key: &str, method: Method, path: &str, body: &str, more: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {key}"));
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
        }
    }

    /// Makes a user, and gives the id back.
    pub(super) async fn user(&self, body: &Value) -> UserId {
        let made = self.call(Method::POST, "/v1/users", &body.to_string()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        made.id().parse().unwrap()
    }

    /// Makes a connection to a vendor with some options, and gives the id back.
    pub(super) async fn connection(&self, vendor: &str, options: Value) -> ConnectionId {
        let credentials = match vendor {
            "upheal" => json!({"api_key": "a-key"}),
            "corti" => json!({"email": "roster@example.org", "password": "the-password"}),
            _ => json!({"client_id": "c", "private_key": "k"}),
        };
        let body = json!({
            "vendor": vendor, "base_url": "https://vendor.example", "credentials": credentials, "options": options,
        });
        let made = self.call(Method::POST, "/v1/connections", &body.to_string()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        made.id().parse().unwrap()
    }
}

impl Answer {
    pub(super) fn id(&self) -> &str {
        self.body["id"].as_str().unwrap()
    }

    /// The kind of problem, without what all have in common.
    pub(super) fn problem(&self) -> (u16, &str) {
        let kind = self.body["type"].as_str().unwrap_or_default();
        (self.status.as_u16(), kind.strip_prefix("/problems/").unwrap_or(kind))
    }
}

#[tokio::test]
async fn every_write_tells_the_history_which_client_made_it_through_v1() {
    let given = given();
    let user = given.user(&json!({"external_id": "e"})).await;
    let connection = given.connection("nabla_core", json!({"assignment": "chosen"})).await;
    for (method, path, body) in [
        (Method::PATCH, format!("/v1/users/{user}"), r#"{"first_name": "Ann"}"#),
        (
            Method::PUT,
            "/v1/users/by-external-id/e".to_owned(),
            r#"{"last_name": "Lee"}"#,
        ),
        (Method::POST, format!("/v1/users/{user}/deactivate"), ""),
        (Method::POST, format!("/v1/users/{user}/activate"), ""),
        (Method::PUT, format!("/v1/users/{user}/accounts/{connection}"), ""),
        (Method::DELETE, format!("/v1/users/{user}/accounts/{connection}"), ""),
        (Method::DELETE, format!("/v1/users/{user}"), ""),
    ] {
        let answer = given.call(method, &path, body).await;
        assert!(answer.status.is_success(), "{path} {answer:?}");
    }

    let told: Vec<String> = given
        .memory
        .deeds()
        .iter()
        .map(|deed| deed.replace(&given.client.to_string(), "{client}"))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    v1 created {client}
    v1 updated {client}
    v1 updated {client}
    v1 deactivated {client}
    v1 activated {client}
    v1 assigned {client}
    v1 unassigned {client}
    v1 deleted {client}
    ");
}

/// What only one organization has is nobody else's business: the same answer as for what there is none of.
#[rstest]
#[case::history(Method::GET, "/v1/users/{user}/history")]
#[case::preview(Method::POST, "/v1/users/{user}/preview")]
#[case::assign(Method::PUT, "/v1/users/{user}/accounts/{connection}")]
#[case::take_off(Method::DELETE, "/v1/users/{user}/accounts/{connection}")]
#[case::approve(Method::POST, "/v1/connections/{connection}/approve")]
#[tokio::test]
async fn another_organizations_records_are_not_there(#[case] method: Method, #[case] path: &str) {
    let given = given();
    let user = given.user(&json!({})).await;
    let connection = given.connection("nabla_core", json!({"assignment": "chosen"})).await;
    let path = path
        .replace("{user}", &user.to_string())
        .replace("{connection}", &connection.to_string());
    let before = given.memory.deeds();

    let answer = given.call_as_stranger(method, &path, "").await;

    assert_eq!(answer.problem(), (404, "not-found"), "{answer:?}");
    assert_eq!(given.memory.deeds(), before);
}

#[rstest]
#[case::history(
    Method::GET,
    "/v1/users/{user}/history?limit=0&colour=red",
    400,
    "invalid-parameters"
)]
#[case::history_of_nobody(Method::GET, "/v1/users/nobody/history", 404, "not-found")]
#[case::preview_with_parameter(Method::POST, "/v1/users/{user}/preview?dry_run=true", 400, "invalid-parameters")]
#[case::preview_of_nobody(Method::POST, "/v1/users/nobody/preview", 404, "not-found")]
#[case::assign_nobody(Method::PUT, "/v1/users/nobody/accounts/{connection}", 404, "not-found")]
#[case::assign_nowhere(Method::PUT, "/v1/users/{user}/accounts/nowhere", 404, "not-found")]
#[case::approve_nowhere(Method::POST, "/v1/connections/nowhere/approve", 404, "not-found")]
#[case::method(Method::PATCH, "/v1/users/{user}/accounts/{connection}", 405, "method-not-allowed")]
#[tokio::test]
async fn what_cannot_be_answered_is_a_problem(
    #[case] method: Method,
    #[case] path: &str,
    #[case] status: u16,
    #[case] problem: &str,
) {
    let given = given();
    let user = given.user(&json!({})).await;
    let connection = given.connection("nabla_core", json!({})).await;
    let path = path
        .replace("{user}", &user.to_string())
        .replace("{connection}", &connection.to_string());

    let answer = given.call(method, &path, "").await;

    assert_eq!(answer.problem(), (status, problem), "{answer:?}");
}

/// An action that takes nothing refuses what it would pass over.
#[rstest]
#[case::preview(Method::POST, "/v1/users/{user}/preview")]
#[case::assign(Method::PUT, "/v1/users/{user}/accounts/{connection}")]
#[case::approve(Method::POST, "/v1/connections/{connection}/approve")]
#[tokio::test]
async fn actions_take_no_fields(#[case] method: Method, #[case] path: &str) {
    let given = given();
    let user = given.user(&json!({})).await;
    let connection = given.connection("nabla_core", json!({})).await;
    let path = path
        .replace("{user}", &user.to_string())
        .replace("{connection}", &connection.to_string());

    let answer = given.call(method.clone(), &path, r#"{"force": true, "all": 1}"#).await;
    assert_eq!(answer.problem(), (422, "invalid-fields"));
    assert_eq!(answer.body["errors"].as_array().unwrap().len(), 2);

    assert_eq!(given.call(method, &path, "{}").await.status, StatusCode::OK);
}

/// What is sent to a record, and the status that comes of it where preconditions hold.
#[rstest]
#[case::get_user(Method::GET, "/v1/users/{user}", "", 200)]
#[case::patch_user(Method::PATCH, "/v1/users/{user}", r#"{"first_name": "Ann"}"#, 200)]
#[case::delete_user(Method::DELETE, "/v1/users/{user}", "", 204)]
#[case::activate(Method::POST, "/v1/users/{user}/activate", "", 200)]
#[case::deactivate(Method::POST, "/v1/users/{user}/deactivate", "", 200)]
#[case::get_connection(Method::GET, "/v1/connections/{connection}", "", 200)]
#[case::patch_connection(Method::PATCH, "/v1/connections/{connection}", r#"{"paused": true}"#, 200)]
#[case::delete_connection(Method::DELETE, "/v1/connections/{connection}", "", 204)]
#[tokio::test]
async fn preconditions_hold_for_every_method(
    #[case] method: Method,
    #[case] path: &str,
    #[case] body: &str,
    #[case] done: u16,
    #[values("if-match", "if-none-match")] name: &str,
    #[values("\"1\"", "*", "\"99\"", "W/\"1\"", "1")] value: &str,
) {
    let given = given();
    let user = given.user(&json!({})).await;
    let connection = given.connection("nabla_core", json!({})).await;
    let path = path
        .replace("{user}", &user.to_string())
        .replace("{connection}", &connection.to_string());

    let answer = given
        .call_with(KEY, method.clone(), &path, body, &[(name, value)])
        .await;

    let known = if method == Method::GET { 304 } else { 412 };
    let expected = match (name, value) {
        (_, "1") => 400,
        ("if-match", "\"1\"" | "*") | ("if-none-match", "\"99\"") => done,
        // Weak tags never match in If-Match, and do in If-None-Match.
        ("if-match", _) => 412,
        _ => known,
    };
    assert_eq!(answer.status.as_u16(), expected, "{answer:?}");
    match expected {
        304 => assert_eq!(answer.headers["etag"], "\"1\""),
        412 => {
            assert_eq!(answer.problem(), (412, "version-mismatch"));
            assert_eq!(answer.headers["etag"], "\"1\"");
        }
        400 => assert_eq!(answer.problem(), (400, "invalid-header")),
        _ => {}
    }
}
