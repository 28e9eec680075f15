//! Signing in.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use roster_application::authentication::Audience;
use roster_application::ports::ApiClientStore;
use serde_json::json;

use super::{EMAIL, Given, PASSWORD, given, token_of};

const USERS: &str = "/projects/default/customers/default/users";

async fn status_with(given: &Given, token: &str) -> StatusCode {
    given.call_with(token, Method::GET, USERS, "").await.status
}

#[tokio::test]
async fn a_service_account_gets_a_token_that_opens_its_project() {
    let given = given().await;

    let answer = given.sign_in(EMAIL, PASSWORD).await;

    let token = answer.json()["accessToken"].as_str().expect("a token").to_owned();
    assert_eq!(
        (answer.status, answer.header("cache-control")),
        (StatusCode::OK, "no-store")
    );
    assert_eq!(
        answer.json(),
        json!({"accessToken": token, "tokenType": "bearer", "expiresIn": 3600})
    );
    assert_eq!(status_with(&given, &token).await, StatusCode::OK);
}

#[tokio::test]
async fn an_address_is_known_in_any_spelling() {
    let given = given().await;

    assert_eq!(
        given.sign_in("Admin@EXAMPLE.org", PASSWORD).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn every_wrong_login_has_the_same_answer() {
    let given = given().await;

    let wrong_password = given.sign_in(EMAIL, "the-password-of-another").await;
    let nobody = given.sign_in("nobody@example.org", PASSWORD).await;
    let short = given.sign_in(EMAIL, "x").await;

    insta::assert_snapshot!(wrong_password.whole(), @r#"
    401 Unauthorized
    {
      "code": "unauthorized",
      "errors": [],
      "message": "e-mail address or password is wrong"
    }
    "#);
    assert_eq!(wrong_password.header("www-authenticate"), "Bearer");
    assert_eq!(nobody.whole(), wrong_password.whole());
    assert_eq!(short.whole(), wrong_password.whole());
}

#[tokio::test]
async fn an_address_is_closed_for_a_while_after_ten_wrong_passwords_and_no_other_is() {
    let given = given().await;
    for _ in 0..10 {
        let wrong = given.sign_in(EMAIL, "the-password-of-another").await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    }

    let right = given.sign_in("ADMIN@example.org", PASSWORD).await;

    let wait: u32 = right.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(
        (right.status, &right.json()["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("rate_limited"))
    );
    let another = given.sign_in("nobody@example.org", PASSWORD).await;
    assert_eq!(another.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_address_that_nobody_has_is_closed_like_any_other() {
    let given = given().await;
    for _ in 0..10 {
        given.sign_in("nobody@example.org", PASSWORD).await;
    }

    let answer = given.sign_in("nobody@example.org", PASSWORD).await;

    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn right_passwords_close_nothing() {
    let given = given().await;
    for _ in 0..12 {
        assert_eq!(given.sign_in(EMAIL, PASSWORD).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_closed_address_opens_again_after_a_minute() {
    let given = given().await;
    for _ in 0..10 {
        given.sign_in(EMAIL, "the-password-of-another").await;
    }
    assert_eq!(
        given.sign_in(EMAIL, PASSWORD).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );

    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();

    assert_eq!(given.sign_in(EMAIL, PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn many_guesses_at_once_are_no_more_than_many_in_a_row() {
    let given = given().await;

    let guesses = (0..40).map(|_| given.sign_in(EMAIL, "the-password-of-another"));
    let answers = futures::future::join_all(guesses).await;

    let tried = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::UNAUTHORIZED)
        .count();
    assert_eq!(tried, 10);
}

#[tokio::test]
async fn the_token_of_a_deleted_account_opens_nothing_any_more() {
    let given = given().await;
    assert_eq!(status_with(&given, given.token()).await, StatusCode::OK);
    given
        .memory
        .delete_client(given.organization.id, given.client)
        .await
        .expect("a client");

    assert_eq!(status_with(&given, given.token()).await, StatusCode::UNAUTHORIZED);
    assert_eq!(given.sign_in(EMAIL, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn only_service_accounts_and_only_tokens_of_this_api_are_let_in() {
    let given = given().await;
    let oauth = given.memory.add_oauth_client(&given.organization);
    given.memory.add_api_key("an-api-key", &given.organization);
    let token = |client, audience| token_of(&given.memory, client, &given.organization, audience);

    for (what, token) in [
        ("an OAuth client's token", token(oauth, Audience::Corti)),
        ("a token of Nabla Core", token(given.client, Audience::NablaCoreServer)),
        (
            "a token of Nabla Connect",
            token(given.client, Audience::NablaConnectServer),
        ),
        ("an API key", "an-api-key".to_owned()),
        ("a password", PASSWORD.to_owned()),
    ] {
        assert_eq!(status_with(&given, &token).await, StatusCode::UNAUTHORIZED, "{what}");
    }
}
