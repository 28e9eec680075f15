//! Tokens, which are asked for at this API's own address, and which are all that a test of the connection can get.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use roster_application::ports::VendorGateway;
use roster_contract::vendor::clinician;
use roster_domain::OutcomeClass;
use rstest::rstest;
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, header, path};
use wiremock::{Mock, Request, ResponseTemplate};

use super::{Given, given, told, without_tokens};
use crate::support::RSA_KEY;

async fn token_requests(given: &Given) -> Vec<Request> {
    let mut requests = given.server.received_requests().await.unwrap();
    requests.retain(|request| request.url.path() == "/v1/connect/server/oauth/token");
    requests
}

#[tokio::test]
async fn the_assertion_is_made_out_to_this_apis_own_token_endpoint() {
    let given = given().await;

    given.client.test(given.target()).await.unwrap();

    let body: Value = token_requests(&given).await.remove(0).body_json().unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[format!("{}/v1/connect/server/oauth/token", given.server.uri())]);
    validation.validate_exp = false;
    let key = DecodingKey::from_rsa_pem(RSA_KEY.public.as_bytes()).unwrap();
    let verified = decode::<Value>(body["client_assertion"].as_str().unwrap(), &key, &validation).unwrap();
    assert_eq!(verified.claims["iss"], verified.claims["sub"]);
}

#[tokio::test]
async fn a_test_asks_for_a_new_token_however_good_the_cached_one_is_and_calls_then_use_it() {
    let given = without_tokens().await;
    for (token, times) in [("token-1", 1), ("token-2", 1)] {
        Mock::given(path("/v1/connect/server/oauth/token"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"access_token": token, "expires_in": 3600})))
            .up_to_n_times(times)
            .mount(&given.server)
            .await;
    }
    let given = given.answering([told(&json!(null)), told(&json!(null))]).await;
    given.create(&clinician()).await.unwrap();

    given.client.test(given.target()).await.unwrap();
    given.create(&clinician()).await.unwrap();

    let bearers: Vec<String> = given
        .upserts()
        .await
        .iter()
        .map(|request| request.headers["authorization"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!(bearers, ["Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn a_test_tells_that_credentials_are_no_longer_taken_although_a_token_is_cached() {
    let given = without_tokens().await;
    Mock::given(path("/v1/connect/server/oauth/token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"access_token": "t", "expires_in": 3600})))
        .up_to_n_times(1)
        .mount(&given.server)
        .await;
    Mock::given(path("/v1/connect/server/oauth/token"))
        .respond_with(ResponseTemplate::new(401).set_body_json(json!({"message": "no such client"})))
        .mount(&given.server)
        .await;
    given.client.test(given.target()).await.unwrap();

    let error = given.client.test(given.target()).await.unwrap_err();

    assert_eq!((error.class, error.status), (OutcomeClass::Unauthorized, Some(401)));
    assert_eq!(
        error.message,
        "no access token: Nabla Connect refuses the credentials (401), saying \"no such client\": check the connection's \
         credentials"
    );
}

#[rstest]
#[case::refused(ResponseTemplate::new(403), OutcomeClass::Unauthorized)]
#[case::not_there(ResponseTemplate::new(404), OutcomeClass::Unauthorized)]
#[case::sick(ResponseTemplate::new(500), OutcomeClass::Transient { after: None })]
#[case::no_token(ResponseTemplate::new(200).set_body_json(json!({"ok": true})), OutcomeClass::Transient { after: None })]
#[tokio::test]
async fn without_a_token_no_user_is_sent(#[case] answer: ResponseTemplate, #[case] class: OutcomeClass) {
    let given = without_tokens().await;
    Mock::given(path("/v1/connect/server/oauth/token"))
        .and(header("content-type", "application/json"))
        .and(body_partial_json(json!({"grant_type": "client_credentials"})))
        .respond_with(answer)
        .mount(&given.server)
        .await;

    let created = given.create(&clinician()).await.unwrap_err();
    let updated = given.update(&clinician()).await.unwrap_err();
    let tested = given.client.test(given.target()).await.unwrap_err();

    for error in [created, updated, tested] {
        assert_eq!(error.class, class);
        assert!(error.message.starts_with("no access token: "), "{error}");
    }
    assert_eq!(token_requests(&given).await.len(), 3);
    assert!(given.upserts().await.is_empty());
}
