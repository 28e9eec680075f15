//! Access tokens: the assertion, and who shares a token for how long.

use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use roster_application::credentials::Credentials;
use roster_application::ports::{Clock, VendorError, VendorGateway};
use roster_contract::vendor::clinician;
use roster_domain::OutcomeClass;
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{id, key, sent, server_with_tokens, user_answer, whom};
use crate::support::{CLIENT_ID, RSA_KEY, RsaKey, Subject, with_key};

async fn token_requests(server: &MockServer) -> Vec<Request> {
    sent(server)
        .await
        .into_iter()
        .filter(|request| request.url.path().ends_with("/oauth/token"))
        .collect()
}

async fn fifty_calls_at_once(subject: &Subject) -> Vec<Result<(), VendorError>> {
    let id = id();
    join_all((0..50).map(|_| subject.client.activate(subject.target(), &id))).await
}

#[tokio::test]
async fn the_assertion_has_the_claims_of_nablas_own_clients_and_is_signed_with_the_key() {
    let (server, subject) = server_with_tokens().await;
    Mock::given(method("POST"))
        .and(path("/v1/core/server/users"))
        .respond_with(user_answer())
        .mount(&server)
        .await;

    subject
        .client
        .create(subject.target(), &key(), whom(&clinician()))
        .await
        .unwrap();

    let request = token_requests(&server).await.remove(0);
    let body: Value = request.body_json().unwrap();
    let audience = format!("{}/v1/core/server/oauth/token", server.uri());
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[&audience]);
    validation.validate_exp = false;
    let public_key = DecodingKey::from_rsa_pem(RSA_KEY.public.as_bytes()).unwrap();
    let assertion = body["client_assertion"].as_str().unwrap();
    let verified = decode::<Value>(assertion, &public_key, &validation).unwrap();
    let now = subject.clock.now().timestamp();
    assert_eq!(body["grant_type"], "client_credentials");
    assert_eq!(
        body["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert_eq!(verified.header.typ.as_deref(), Some("JWT"));
    assert_eq!(
        verified.claims,
        json!({
            "iss": CLIENT_ID, "sub": CLIENT_ID, "aud": audience, "exp": now + 60, "iat": now,
            "jti": "00000000-0000-0000-0000-000000000001"
        })
    );
    assert!(!request.headers.contains_key("authorization"));
    assert!(!request.headers.contains_key("x-nabla-api-version"));
}

#[tokio::test]
async fn fifty_calls_at_once_share_one_token() {
    let (server, subject) = server_with_tokens().await;
    Mock::given(header("authorization", "Bearer token-1"))
        .respond_with(user_answer())
        .mount(&server)
        .await;

    let results = fifty_calls_at_once(&subject).await;

    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(token_requests(&server).await.len(), 1);
}

#[tokio::test]
async fn fifty_calls_whose_token_is_refused_share_the_next_one() {
    let (server, subject) = server_with_tokens().await;
    Mock::given(header("authorization", "Bearer token-1"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    Mock::given(header("authorization", "Bearer token-2"))
        .respond_with(user_answer())
        .mount(&server)
        .await;

    let results = fifty_calls_at_once(&subject).await;

    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(token_requests(&server).await.len(), 2);
}

#[tokio::test]
async fn a_failed_fetch_fails_all_who_wait_and_the_next_call_fetches_anew() {
    let server = MockServer::start().await;
    let subject = Subject::at(&server.uri());
    Mock::given(path("/oauth/token"))
        .respond_with(ResponseTemplate::new(503).set_delay(Duration::from_millis(50)))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/oauth/token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"access_token": "t", "expires_in": 3600})))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(user_answer())
        .mount(&server)
        .await;

    let waiting = fifty_calls_at_once(&subject).await;
    let next = subject.client.activate(subject.target(), &id()).await;

    for failed in waiting {
        assert_eq!(failed.unwrap_err().class, OutcomeClass::Transient { after: None });
    }
    next.unwrap();
    assert_eq!(token_requests(&server).await.len(), 2);
}

#[tokio::test]
async fn a_token_is_used_until_shortly_before_it_expires() {
    let (server, subject) = server_with_tokens().await;
    Mock::given(method("POST"))
        .respond_with(user_answer())
        .mount(&server)
        .await;
    let activate = async || subject.client.activate(subject.target(), &id()).await.unwrap();

    activate().await;
    subject.clock.advance(3_569);
    activate().await;
    let before = token_requests(&server).await.len();
    subject.clock.advance(1);
    activate().await;

    assert_eq!(before, 1);
    assert_eq!(token_requests(&server).await.len(), 2);
}

#[tokio::test]
async fn changed_credentials_or_another_base_url_do_not_use_the_old_token() {
    let (server, mut subject) = server_with_tokens().await;
    Mock::given(method("POST"))
        .respond_with(user_answer())
        .mount(&server)
        .await;
    subject.client.activate(subject.target(), &id()).await.unwrap();

    subject.credentials = with_key(&RsaKey::generate().private);
    subject.client.activate(subject.target(), &id()).await.unwrap();
    subject.credentials = Credentials::OAuthClient {
        client_id: "another".into(),
        private_key: RSA_KEY.private.as_str().into(),
    };
    subject.client.activate(subject.target(), &id()).await.unwrap();

    let bearers: HashSet<String> = sent(&server)
        .await
        .iter()
        .filter_map(|request| request.headers.get("authorization"))
        .map(|value| value.to_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        bearers,
        ["Bearer token-1", "Bearer token-2", "Bearer token-3"]
            .map(str::to_owned)
            .into()
    );
}

#[tokio::test]
async fn credentials_that_cannot_sign_pause_the_connection_and_nothing_is_sent() {
    let (server, mut subject) = server_with_tokens().await;
    let unusable = [
        with_key("hunter2"),
        Credentials::ApiKey {
            api_key: "hunter2".into(),
        },
    ];
    for credentials in unusable {
        subject.credentials = credentials;

        let error = subject.client.test(subject.target()).await.unwrap_err();

        assert_eq!(error.class, OutcomeClass::Unauthorized);
        assert!(!format!("{error:?}").contains("hunter2"));
    }
    assert!(sent(&server).await.is_empty());
}
