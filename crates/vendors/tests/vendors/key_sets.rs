//! The obligations of `KeySets`.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use roster_application::ports::KeySets;
use roster_vendors::HttpKeySets;
use rstest::rstest;
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{SetClock, egress, patient_egress};

fn key_set() -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_json(json!({"keys": []}))
        .set_delay(Duration::from_millis(50))
}

async fn serving(answer: ResponseTemplate) -> (MockServer, String) {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/jwks.json"))
        .respond_with(answer)
        .mount(&server)
        .await;
    let url = format!("{}/jwks.json", server.uri());
    (server, url)
}

fn subject() -> (Arc<SetClock>, HttpKeySets) {
    let clock = SetClock::new();
    (clock.clone(), HttpKeySets::new(patient_egress(), clock, true))
}

async fn fetches(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn a_key_set_is_fetched_once_and_used_for_five_minutes() {
    let (server, url) = serving(key_set()).await;
    let (clock, key_sets) = subject();

    let first = key_sets.key_set(&url, false).await;
    clock.advance(299);
    let second = key_sets.key_set(&url, false).await;
    let before = fetches(&server).await;
    clock.advance(1);
    key_sets.key_set(&url, false).await.unwrap();

    assert_eq!(first.unwrap(), r#"{"keys":[]}"#);
    assert_eq!(second.unwrap(), r#"{"keys":[]}"#);
    assert_eq!((before, fetches(&server).await), (1, 2));
}

#[tokio::test]
async fn a_fresh_one_is_fetched_at_most_every_ten_seconds() {
    let (server, url) = serving(key_set()).await;
    let (clock, key_sets) = subject();
    key_sets.key_set(&url, false).await.unwrap();

    for _ in 0..20 {
        key_sets.key_set(&url, true).await.unwrap();
    }
    let before = fetches(&server).await;
    clock.advance(10);
    for _ in 0..20 {
        key_sets.key_set(&url, true).await.unwrap();
    }

    assert_eq!((before, fetches(&server).await), (1, 2));
}

#[tokio::test]
async fn callers_at_once_share_one_fetch() {
    let (server, url) = serving(key_set()).await;
    let (_, key_sets) = subject();

    let results = join_all((0..50).map(|index| key_sets.key_set(&url, index % 2 == 0))).await;

    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(fetches(&server).await, 1);
}

#[tokio::test]
async fn a_failure_is_not_repeated_for_ten_seconds_and_then_forgotten() {
    let (server, url) = serving(ResponseTemplate::new(500)).await;
    let (clock, key_sets) = subject();

    let failures = [key_sets.key_set(&url, false).await, key_sets.key_set(&url, true).await];
    let before = fetches(&server).await;
    server.reset().await;
    Mock::given(path("/jwks.json"))
        .respond_with(key_set())
        .mount(&server)
        .await;
    clock.advance(10);
    let healed = key_sets.key_set(&url, false).await;

    for failure in failures {
        assert_eq!(
            failure.unwrap_err().to_string(),
            "the key set cannot be fetched: its URL answered 500"
        );
    }
    assert_eq!(before, 1);
    healed.unwrap();
}

#[rstest]
#[case::not_json(ResponseTemplate::new(200).set_body_string("<h1>keys</h1>"))]
#[case::another_json(ResponseTemplate::new(200).set_body_json(json!([1])))]
#[case::not_text(ResponseTemplate::new(200).set_body_bytes([0xFF]))]
#[case::too_large(ResponseTemplate::new(200).set_body_string(format!("{{\"keys\":[]}}{}", " ".repeat(1 << 20))))]
#[case::another_success(ResponseTemplate::new(206).set_body_json(json!({"keys": []})))]
#[case::redirect(ResponseTemplate::new(302).insert_header("location", "/elsewhere"))]
#[tokio::test]
async fn what_is_not_a_key_set_is_refused(#[case] answer: ResponseTemplate) {
    let (server, url) = serving(answer).await;
    Mock::given(path("/elsewhere"))
        .respond_with(key_set())
        .mount(&server)
        .await;
    let (_, key_sets) = subject();

    let refused = key_sets.key_set(&url, false).await;

    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(fetches(&server).await, 1);
}

#[tokio::test]
async fn an_answer_that_does_not_come_ends_in_time() {
    let (_server, url) = serving(key_set().set_delay(Duration::from_secs(30))).await;
    let key_sets = HttpKeySets::new(egress(), SetClock::new(), true);

    let late = tokio::time::timeout(Duration::from_secs(10), key_sets.key_set(&url, false)).await;

    assert!(late.unwrap().unwrap_err().to_string().contains("did not answer within"));
}

#[rstest]
#[case::plain_http("http://keys.example.org/jwks.json")]
#[case::private("https://10.0.0.1/jwks.json")]
#[case::cloud_metadata("https://169.254.169.254/jwks.json")]
#[case::a_name_that_leads_inside("https://localhost/jwks.json")]
#[case::no_url("jwks.json")]
#[case::another_scheme("file:///etc/passwd")]
#[tokio::test]
async fn only_public_https_is_called_unless_private_addresses_are_allowed(#[case] url: &str) {
    let key_sets = HttpKeySets::new(egress(), SetClock::new(), false);

    let refused = key_sets.key_set(url, false).await.unwrap_err();

    assert!(refused.to_string().contains("its URL"), "{refused}");
    assert!(!refused.to_string().contains("no connection"), "{refused}");
}
