//! Tokens: of OAuth clients and of users.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, StatusCode};
use rstest::rstest;
use serde_json::json;

use super::{Answer, Given, given, request};

const REFRESH: &str = "/nabla/v1/core/user/jwt/refresh";
const LOGOUT: &str = "/nabla/v1/core/user/jwt/logout";
const TOKEN: &str = "/nabla/v1/core/server/oauth/token";

async fn new_user(given: &Given) -> String {
    let made = given.current(Method::POST, "/users", "{}").await;
    made.json()["id"].as_str().expect("an id").to_owned()
}

fn refresh_token(answer: &Answer) -> String {
    json!({"refresh_token": answer.json()["refresh_token"]}).to_string()
}

#[rstest]
#[case::nothing("", None)]
#[case::empty_object("{}", Some("application/json"))]
#[case::text("hello", Some("text/plain"))]
#[tokio::test]
async fn a_user_is_authenticated_whatever_the_body_is(#[case] body: &str, #[case] media_type: Option<&str>) {
    let given = given();
    let path = format!("/nabla/v1/core/server/jwt/authenticate/{}", new_user(&given).await);
    let mut request = request(Method::POST, &path, body, Some(&format!("Bearer {}", given.token())));
    match media_type {
        Some(media_type) => {
            request
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_str(media_type).expect("a header"));
        }
        None => drop(request.headers_mut().remove(CONTENT_TYPE)),
    }

    let answer = given.send(request).await;

    assert_eq!(answer.status, StatusCode::OK);
    let keys: Vec<String> = answer.json().as_object().expect("an object").keys().cloned().collect();
    assert_eq!(keys, ["access_token", "refresh_token"]);
}

#[tokio::test]
async fn a_refresh_token_is_good_until_logout() {
    let given = given();
    let path = format!("/jwt/authenticate/{}", new_user(&given).await);
    let signed_in = given.current(Method::POST, &path, "").await;

    let refreshed = given.anonymous(Method::POST, REFRESH, &refresh_token(&signed_in)).await;
    let out = given.anonymous(Method::POST, LOGOUT, &refresh_token(&refreshed)).await;
    let too_late = given.anonymous(Method::POST, REFRESH, &refresh_token(&refreshed)).await;

    assert_eq!(refreshed.status, StatusCode::OK);
    assert_eq!((out.status, out.body.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(
        (too_late.status, &too_late.json()["name"]),
        (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED"))
    );
}

#[tokio::test]
async fn a_user_who_is_deactivated_is_neither_authenticated_nor_refreshed() {
    let given = given();
    let id = new_user(&given).await;
    let path = format!("/jwt/authenticate/{id}");
    let signed_in = given.current(Method::POST, &path, "").await;
    given
        .current(Method::POST, &format!("/users/{id}/deactivate"), "{}")
        .await;

    let again = given.current(Method::POST, &path, "").await;
    let refreshed = given.anonymous(Method::POST, REFRESH, &refresh_token(&signed_in)).await;

    assert_eq!(
        (again.status, refreshed.status),
        (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)
    );
}

#[rstest]
#[case::missing("{}", StatusCode::BAD_REQUEST)]
#[case::of_a_wrong_type(r#"{"refresh_token": 5}"#, StatusCode::BAD_REQUEST)]
#[case::not_a_token(r#"{"refresh_token": "x"}"#, StatusCode::UNAUTHORIZED)]
#[case::no_json("x", StatusCode::BAD_REQUEST)]
#[tokio::test]
async fn what_is_no_refresh_token_is_refused(#[case] body: &str, #[case] status: StatusCode) {
    let given = given();

    for path in [REFRESH, LOGOUT] {
        assert_eq!(given.anonymous(Method::POST, path, body).await.status, status);
    }
}

#[tokio::test]
async fn an_access_token_does_not_refresh() {
    let given = given();
    let path = format!("/jwt/authenticate/{}", new_user(&given).await);
    let signed_in = given.current(Method::POST, &path, "").await;
    let body = json!({"refresh_token": signed_in.json()["access_token"]}).to_string();

    assert_eq!(
        given.anonymous(Method::POST, REFRESH, &body).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_token_request_is_reported_together() {
    let given = given();

    let json = given
        .anonymous(
            Method::POST,
            TOKEN,
            r#"{"grant_type": "password", "client_assertion": 1}"#,
        )
        .await;
    let mut form = request(
        Method::POST,
        TOKEN,
        "grant_type=password&grant_type=password&x=1&x=2",
        None,
    );
    form.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    let form = given.send(form).await;

    assert_eq!(
        (json.status, form.status),
        (StatusCode::BAD_REQUEST, StatusCode::BAD_REQUEST)
    );
    let hints = format!(
        "{:#}\n{:#}",
        json.json()["debuggingHints"],
        form.json()["debuggingHints"]
    );
    insta::assert_snapshot!(hints, @r#"
    [
      "grant_type must be one of client_credentials; given: \"password\"",
      "client_assertion_type is required; given: nothing",
      "client_assertion must be a string; given: a number"
    ]
    [
      "grant_type must be given once; given: more than one",
      "grant_type must be one of client_credentials; given: \"password\"",
      "client_assertion_type is required; given: nothing",
      "client_assertion is required; given: nothing"
    ]
    "#);
}

#[tokio::test]
async fn an_assertion_of_nobody_is_refused() {
    let given = given();
    let body = json!({
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": "x.y.z",
    });

    let answer = given.anonymous(Method::POST, TOKEN, &body.to_string()).await;

    assert_eq!(
        (answer.status, &answer.json()["name"]),
        (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED"))
    );
}

#[tokio::test]
async fn the_archived_generation_has_no_token_endpoint() {
    let given = given();

    let answer = given
        .anonymous(Method::POST, "/nabla/v1/copilot-api/server/oauth/token", "{}")
        .await;

    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
