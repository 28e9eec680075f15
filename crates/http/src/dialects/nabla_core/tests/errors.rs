//! Everything that is refused, in the vendor's envelope.

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use roster_application::ports::ApiClientStore;
use rstest::rstest;
use serde_json::{Value, json};

use super::{KEY, given, request};
use crate::dialects::nabla::ERRORS;
use crate::refusal::{Kind, Refusal};

const UNKNOWN: &str = "/users/98FCE1EF-DBCA-41EF-8BC7-4D1621AC07C6";

#[rstest]
#[case(Method::GET, UNKNOWN, "")]
#[case(Method::PATCH, UNKNOWN, "{}")]
#[case(Method::POST, "/users/98FCE1EF-DBCA-41EF-8BC7-4D1621AC07C6/activate", "{}")]
#[case(Method::POST, "/users/98FCE1EF-DBCA-41EF-8BC7-4D1621AC07C6/deactivate", "{}")]
#[case(Method::POST, "/jwt/authenticate/98FCE1EF-DBCA-41EF-8BC7-4D1621AC07C6", "")]
#[case(Method::GET, "/users/find_by_external_id/nobody", "")]
#[case(Method::GET, "/users/find_by_external_id/a%00b", "")]
#[tokio::test]
async fn what_does_not_exist_is_a_bad_request(#[case] method: Method, #[case] path: &str, #[case] body: &str) {
    let given = given();

    let answer = given.current(method, path, body).await;

    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        (&answer.json()["code"], &answer.json()["name"]),
        (&json!(20_000), &json!("ENTITY_NOT_FOUND"))
    );
}

#[tokio::test]
async fn a_user_of_another_organization_does_not_exist() {
    let given = given();
    let made = given.current(Method::POST, "/users", "{}").await.json();
    given
        .memory
        .add_api_key("a-stranger's-key", &crate::dialects::memory::organization(2));
    let path = format!(
        "/nabla/v1/copilot-api/server/users/{}",
        made["id"].as_str().expect("an id")
    );

    let answer = given
        .send(request(Method::GET, &path, "", Some("Bearer a-stranger's-key")))
        .await;

    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (StatusCode::BAD_REQUEST, &json!(20_000))
    );
}

#[tokio::test]
async fn every_broken_rule_is_named() {
    let given = given();
    let body = json!({
        "external_id": "x".repeat(257),
        "metadata": {"a": 1, "": "x"},
        "roles": ["DOCTOR", 5],
        "email": "nowhere",
    });

    let answer = given.archived(Method::POST, "/users", &body.to_string()).await;

    let mut shown = answer.json();
    shown["traceId"] = json!("[trace]");
    insta::assert_snapshot!(format!("{}\n{shown:#}", answer.status), @r#"
    400 Bad Request
    {
      "code": 90002,
      "debuggingHints": [
        "metadata.a must be a string; given: a number",
        "roles.1 must be a string; given: a number",
        "external_id must have 1 to 256 characters; given: 257 characters",
        "email must be an e-mail address; given: \"nowhere\"",
        "metadata.\"\" must have 1 to 40 characters in its key; given: 0 characters"
      ],
      "message": "metadata.a must be a string; given: a number; roles.1 must be a string; given: a number; external_id must have 1 to 256 characters; given: 257 characters; email must be an e-mail address; given: \"nowhere\"; metadata.\"\" must have 1 to 40 characters in its key; given: 0 characters",
      "name": "INVALID_REQUEST",
      "traceId": "[trace]"
    }
    "#);
    assert_eq!(given.memory.count(&given.organization), 0);
}

#[rstest]
#[case(r#"{"external_id": "ehr-7"}"#)]
#[case(r#"{"email": "ANN@example.org"}"#)]
#[tokio::test]
async fn what_another_user_has_is_a_conflict(#[case] body: &str) {
    let given = given();
    let first = r#"{"external_id": "ehr-7", "email": "ann@example.org"}"#;
    given.archived(Method::POST, "/users", first).await;

    let answer = given.archived(Method::POST, "/users", body).await;

    assert_eq!(
        (answer.status, &answer.json()["name"]),
        (StatusCode::CONFLICT, &json!("ENTITY_ALREADY_EXISTS"))
    );
}

#[tokio::test]
async fn a_server_key_does_not_open_the_current_generation() {
    let given = given();
    let path = "/nabla/v1/core/server/users";

    let answer = given
        .send(request(Method::GET, path, "", Some(&format!("Bearer {KEY}"))))
        .await;

    assert_eq!(
        (answer.status, answer.header("www-authenticate")),
        (StatusCode::UNAUTHORIZED, "Bearer")
    );
}

#[tokio::test]
async fn an_access_token_does_not_open_the_archived_generation() {
    let given = given();
    let path = "/nabla/v1/copilot-api/server/users";

    let answer = given
        .send(request(
            Method::GET,
            path,
            "",
            Some(&format!("Bearer {}", given.token())),
        ))
        .await;

    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_access_token_of_a_deleted_client_opens_nothing_any_more() {
    let given = given();
    assert_eq!(given.current(Method::GET, "/users", "").await.status, StatusCode::OK);
    given
        .memory
        .delete_client(given.organization.id, given.client)
        .await
        .expect("a client");

    assert_eq!(
        given.current(Method::GET, "/users", "").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[rstest]
#[case::unknown_path(Method::GET, "/nowhere", "", StatusCode::NOT_FOUND, "ROUTE_NOT_FOUND")]
#[case::prefix_alone(Method::GET, "", "", StatusCode::NOT_FOUND, "ROUTE_NOT_FOUND")]
#[case::prefix_with_a_slash(Method::GET, "/", "", StatusCode::NOT_FOUND, "ROUTE_NOT_FOUND")]
#[case::unknown_method(Method::DELETE, UNKNOWN, "", StatusCode::METHOD_NOT_ALLOWED, "ROUTE_NOT_FOUND")]
#[case::no_json(Method::POST, "/users", "{", StatusCode::BAD_REQUEST, "INVALID_REQUEST")]
#[case::no_body(Method::POST, "/users", "", StatusCode::BAD_REQUEST, "INVALID_REQUEST")]
#[case::no_object(Method::POST, "/users", "[]", StatusCode::BAD_REQUEST, "INVALID_REQUEST")]
#[case::deep(Method::POST, "/users", &"[".repeat(10_000), StatusCode::BAD_REQUEST, "INVALID_REQUEST")]
#[case::large(Method::POST, "/users", &"x".repeat(2_000_000), StatusCode::PAYLOAD_TOO_LARGE, "INVALID_REQUEST")]
#[case::no_uuid(Method::GET, "/users/7", "", StatusCode::BAD_REQUEST, "INVALID_REQUEST")]
#[case::no_utf8(Method::GET, "/users/%ff", "", StatusCode::BAD_REQUEST, "INVALID_REQUEST")]
#[case::limit(Method::GET, "/users?limit=101", "", StatusCode::BAD_REQUEST, "INVALID_REQUEST")]
#[case::version(
    Method::GET,
    "/users?nabla-api-version=1",
    "",
    StatusCode::BAD_REQUEST,
    "UNSUPPORTED_API_VERSION"
)]
#[tokio::test]
async fn whatever_is_wrong_is_said_in_the_vendors_envelope(
    #[case] method: Method,
    #[case] path: &str,
    #[case] body: &str,
    #[case] status: StatusCode,
    #[case] name: &str,
) {
    let given = given();

    let answers = [
        given.current(method.clone(), path, body).await,
        given.archived(method, path, body).await,
    ];

    for answer in answers {
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, "application/json")
        );
        let envelope = answer.json();
        let keys: Vec<&str> = envelope
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(keys, ["code", "debuggingHints", "message", "name", "traceId"]);
        assert_eq!(envelope["name"], json!(name));
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_know_is_answered_with_those_it_knows() {
    let given = given();

    let answer = given.current(Method::DELETE, UNKNOWN, "").await;

    assert_eq!(answer.header("allow"), "GET,HEAD,PATCH");
}

#[tokio::test]
async fn a_body_of_another_media_type_is_refused() {
    let given = given();
    let path = "/nabla/v1/copilot-api/server/users";
    let mut request = request(Method::POST, path, "{}", Some(&format!("Bearer {KEY}")));
    request
        .headers_mut()
        .insert("content-type", HeaderValue::from_static("text/xml"));

    assert_eq!(given.send(request).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[rstest]
#[case::uuid(
    "01970000-0000-7000-8000-0000000000ff",
    "projects/roster/traces/019700000000700080000000000000ff"
)]
#[case::chosen_by_the_caller("my-request", "projects/roster/traces/616f024462ae6c145d25491f56ce1d22")]
#[tokio::test]
async fn the_trace_id_is_made_of_the_requests_id(#[case] id: &str, #[case] expected: &str) {
    let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, Kind::Unavailable, "later");

    let response = (ERRORS.render)(&refusal, id);

    let body = axum::body::to_bytes(response.into_body(), 10_000)
        .await
        .expect("a body");
    let envelope: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(envelope["traceId"], json!(expected));
}

#[tokio::test]
async fn a_key_set_that_is_away_is_not_the_callers_fault() {
    let given = given();
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"iss": given.client.to_string(), "sub": given.client.to_string(), "aud": "x", "exp": 1});
    let assertion = format!(
        "{}.{}.{}",
        part(&json!({"alg": "RS256"})),
        part(&claims),
        part(&json!("no signature"))
    );
    let body = json!({
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    });

    let answer = given
        .anonymous(Method::POST, "/nabla/v1/core/server/oauth/token", &body.to_string())
        .await;

    let mut shown = answer.json();
    shown["traceId"] = json!("[trace]");
    assert_eq!(answer.header("retry-after"), "5");
    insta::assert_snapshot!(format!("{}\n{shown:#}", answer.status), @r#"
    503 Service Unavailable
    {
      "code": 90009,
      "debuggingHints": [],
      "message": "the key set cannot be fetched: nothing is at https://example.org/jwks",
      "name": "UNAVAILABLE",
      "traceId": "[trace]"
    }
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_refused_and_nothing_is_done() {
    let given = given();
    let mut request = request(
        Method::POST,
        "/nabla/v1/copilot-api/server/users",
        "{}",
        Some(&format!("Bearer {KEY}")),
    );
    *request.body_mut() = Body::from_stream(futures::stream::pending::<Result<String, std::io::Error>>());

    let answer = given.send(request).await;

    let mut shown = answer.json();
    shown["traceId"] = json!("[trace]");
    insta::assert_snapshot!(format!("{}\n{shown:#}", answer.status), @r#"
    408 Request Timeout
    {
      "code": 90002,
      "debuggingHints": [],
      "message": "the body did not arrive within 20 seconds; nothing was done",
      "name": "INVALID_REQUEST",
      "traceId": "[trace]"
    }
    "#);
    assert_eq!(given.memory.count(&given.organization), 0);
}
