//! Access tokens: what is asked with, and who shares a token for how long.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use roster_application::credentials::Credentials;
use roster_application::ports::VendorGateway;
use roster_domain::OutcomeClass;
use rstest::rstest;
use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, Request, ResponseTemplate};

use super::{ID, PASSWORD, Setting, USERS, id, refusal};

/// Hands out `token-1`, `token-2` and so on, and has the user.
async fn setting() -> Setting {
    let setting = Setting::without_tokens().await;
    let issued = AtomicUsize::new(0);
    let issue = move |_: &Request| {
        let token = format!("token-{}", issued.fetch_add(1, Ordering::SeqCst) + 1);
        ResponseTemplate::new(200)
            .set_body_json(json!({"accessToken": token, "tokenType": "bearer", "expiresIn": 3600}))
            .set_delay(Duration::from_millis(50))
    };
    Mock::given(path("/public/auth/token"))
        .respond_with(issue)
        .mount(&setting.server)
        .await;
    setting
}

async fn token_requests(setting: &Setting) -> Vec<Request> {
    let requests = setting.server.received_requests().await.unwrap();
    let tokens = requests
        .into_iter()
        .filter(|request| request.url.path().ends_with("/auth/token"));
    tokens.collect()
}

async fn deletes(setting: &Setting) {
    setting
        .answers("DELETE", &format!("{USERS}/{ID}"), ResponseTemplate::new(204))
        .await;
}

#[tokio::test]
async fn a_token_is_asked_for_with_address_and_password_and_without_a_token() {
    let setting = setting().await;
    deletes(&setting).await;

    setting.client.delete(setting.target(), &id()).await.unwrap();

    let request = token_requests(&setting).await.remove(0);
    assert_eq!(request.method.as_str(), "POST");
    assert_eq!(
        super::body_of(&request),
        json!({"email": "admin@example.org", "password": PASSWORD})
    );
    assert!(!request.headers.contains_key("authorization"));
}

#[tokio::test]
async fn fifty_calls_at_once_share_one_token_and_where_it_is_refused_the_next_one() {
    let setting = setting().await;
    Mock::given(method("DELETE"))
        .and(header("authorization", "Bearer token-1"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&setting.server)
        .await;
    Mock::given(method("DELETE"))
        .and(header("authorization", "Bearer token-2"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&setting.server)
        .await;
    let id = id();

    let deleted = join_all((0..50).map(|_| setting.client.delete(setting.target(), &id))).await;

    assert!(deleted.iter().all(Result::is_ok), "{deleted:?}");
    assert_eq!(token_requests(&setting).await.len(), 2);
}

#[tokio::test]
async fn a_token_is_used_until_shortly_before_it_expires() {
    let setting = setting().await;
    deletes(&setting).await;
    let delete = async || setting.client.delete(setting.target(), &id()).await.unwrap();

    delete().await;
    setting.clock.advance(3_569);
    delete().await;
    let before = token_requests(&setting).await.len();
    setting.clock.advance(1);
    delete().await;

    assert_eq!((before, token_requests(&setting).await.len()), (1, 2));
}

#[tokio::test]
async fn a_changed_password_does_not_use_the_old_token() {
    let mut setting = setting().await;
    deletes(&setting).await;
    setting.client.delete(setting.target(), &id()).await.unwrap();

    setting.credentials = Credentials::ServiceAccount {
        email: "admin@example.org".to_owned(),
        password: "another".into(),
    };
    setting.client.delete(setting.target(), &id()).await.unwrap();

    assert_eq!(token_requests(&setting).await.len(), 2);
}

#[rstest]
#[case(400)]
#[case(401)]
#[tokio::test]
async fn an_account_that_is_refused_pauses_the_connection_and_its_password_is_not_shown(#[case] status: u16) {
    let setting = Setting::without_tokens().await;
    let words = format!("no account with {PASSWORD}");
    let answer = ResponseTemplate::new(status).set_body_json(json!({"message": words}));
    setting.answers("POST", "/public/auth/token", answer).await;

    let error = setting.client.test(setting.target()).await.unwrap_err();

    assert_eq!((error.class, error.status), (OutcomeClass::Unauthorized, Some(status)));
    assert!(error.message.contains("no account with ***"), "{error}");
    assert!(!format!("{error:?}").contains(PASSWORD));
}

#[tokio::test]
async fn credentials_of_another_kind_pause_the_connection_and_nothing_is_sent() {
    let mut setting = setting().await;
    setting.credentials = Credentials::ApiKey {
        api_key: "hunter2".into(),
    };

    let error = setting.client.test(setting.target()).await.unwrap_err();

    assert_eq!(error.class, OutcomeClass::Unauthorized);
    assert!(!format!("{error:?}").contains("hunter2"));
    assert!(setting.server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn that_a_permission_is_missing_is_a_matter_of_the_credentials() {
    let setting = setting().await;
    setting
        .answers("DELETE", &format!("{USERS}/{ID}"), refusal(403, "forbidden"))
        .await;

    let error = setting.client.delete(setting.target(), &id()).await.unwrap_err();

    assert_eq!((error.class, error.status), (OutcomeClass::Unauthorized, Some(403)));
}
