//! What a connection says, what is wrong with it, and what a preview shows of it.

use roster_application::credentials::Credentials;
use roster_application::ports::VendorGateway;
use roster_contract::vendor::{clinician, look_up};
use roster_domain::{ConnectionOptions, OutcomeClass, Step};
use rstest::rstest;
use serde_json::{Value, json};

use super::{ADDRESS, API_KEY, ID, Setting, api_key, client, error, id, key, shown, upheal_connection};
use crate::support::patient_egress;

#[tokio::test]
async fn a_test_asks_for_an_address_that_is_nobodys() {
    let setting = Setting::new().await;
    setting
        .answers("POST", "/v2/users/check", 200, json!({"isUserExists": false}))
        .await;

    setting.client.test(setting.target()).await.unwrap();

    let received = setting.received().await;
    assert_eq!(received.len(), 1);
    assert_eq!(
        received[0].body_json::<Value>().unwrap(),
        json!({"email": "nobody@example.com"})
    );
    assert_eq!(received[0].headers["x-api-key"], API_KEY);
}

#[rstest]
#[case::without_the_api(404, json!({"message": "Not Found"}), "there is no Upheal API at the connection's base URL: check it")]
#[case::without_permission(
    403,
    error(403, "NOT_ALLOWED"),
    "Upheal does not let these credentials do this (403), saying \"so it is\": have it permitted there"
)]
#[tokio::test]
async fn a_check_that_is_refused_is_a_matter_of_the_connection(
    #[case] status: u16,
    #[case] body: Value,
    #[case] message: &str,
) {
    let setting = Setting::new().await;
    setting.answers("POST", "/v2/users/check", status, body).await;

    let tested = setting.client.test(setting.target()).await.unwrap_err();
    let looked_up = look_up(&setting.client, setting.target(), &key(), &clinician())
        .await
        .unwrap_err();

    for error in [tested, looked_up] {
        assert_eq!(shown(&error), (OutcomeClass::Unauthorized, Some(status)));
        assert_eq!(error.message, message);
    }
}

#[tokio::test]
async fn credentials_of_another_kind_call_nobody() {
    let mut setting = Setting::new().await;
    setting.credentials = Credentials::ServiceAccount {
        email: ADDRESS.to_owned(),
        password: "hunter2".into(),
    };

    let error = setting.client.test(setting.target()).await.unwrap_err();

    assert_eq!(shown(&error), (OutcomeClass::Unauthorized, None));
    assert!(setting.received().await.is_empty());
}

#[test]
fn everything_that_is_wrong_with_a_connection_is_found_at_once() {
    let mut connection = upheal_connection("http://10.0.0.1");
    connection.options = ConnectionOptions {
        api_version: Some("2".to_owned()),
        organization_id: Some("..".to_owned()),
        api_key_header: Some("Content-Type".to_owned()),
        ..ConnectionOptions::default()
    };
    let credentials = Credentials::ApiKey {
        api_key: "hunter2\n".into(),
    };

    let violations = client(patient_egress()).check(&connection, &credentials);

    let shown: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "base_url must be an https URL, unless private addresses are allowed; given: \"http://10.0.0.1\"",
            "options.api_version must be one of v1, v2; given: \"2\"",
            "options.organization_id must be the id of an organization; given: \"..\"",
            "options.api_key_header must be the name of an HTTP header that can carry a key; given: \"Content-Type\"",
            "credentials.api_key must be printable ASCII characters without spaces around them, as a header can carry \
             them; given: something else",
        ]
    );
}

#[rstest]
#[case("x-api-key", true)]
#[case("Authorization", true)]
#[case("X_Upheal.Key", true)]
#[case("x api key", false)]
#[case("x-api-key:", false)]
#[case("", false)]
#[case("HOST", false)]
fn a_header_for_the_key_is_one_that_can_carry_it(#[case] header: &str, #[case] sound: bool) {
    let mut connection = upheal_connection("https://api.upheal.example");
    connection.options.api_key_header = Some(header.to_owned());

    let violations = client(patient_egress()).check(&connection, &api_key());

    assert_eq!(violations.is_empty(), sound, "{violations}");
}

#[rstest]
#[case("", "credentials.api_key is required; given: nothing")]
#[case("  ", "credentials.api_key is required; given: nothing")]
fn a_key_must_be_given(#[case] given: &str, #[case] violation: &str) {
    let connection = upheal_connection("https://api.upheal.example");
    let credentials = Credentials::ApiKey { api_key: given.into() };

    let violations = client(patient_egress()).check(&connection, &credentials);

    assert_eq!(violations.to_string(), violation);
}

#[tokio::test]
async fn a_preview_shows_version_organization_and_header_of_the_connection_and_not_the_key() {
    let setting = Setting::with(ConnectionOptions {
        api_version: Some("v1".to_owned()),
        organization_id: Some("o-1".to_owned()),
        api_key_header: Some("Authorization".to_owned()),
        ..ConnectionOptions::default()
    })
    .await;

    let previewed = setting
        .client
        .preview(setting.target(), &Step::Create(key()), &clinician(), false)
        .unwrap();

    assert_eq!(previewed.len(), 1);
    let url = format!("{}/v1/organizations/o-1/users/providers", setting.server.uri());
    assert_eq!(
        (previewed[0].method.as_str(), previewed[0].url.as_str()),
        ("POST", url.as_str())
    );
    let mut headers = previewed[0].headers.clone();
    headers.sort();
    let text = |text: &str| text.to_owned();
    assert_eq!(
        headers,
        [
            (text("authorization"), text("Bearer ***")),
            (text("content-type"), text("application/json"))
        ]
    );
    let body: Value = serde_json::from_str(previewed[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(
        (&body["email"], &body["defaultSessionType"]),
        (&json!(ADDRESS), &json!("Soap"))
    );
    assert!(setting.received().await.is_empty());
}

#[tokio::test]
async fn a_preview_of_a_change_shows_both_reads_and_all_that_may_be_sent() {
    let setting = Setting::new().await;

    let previewed = setting
        .client
        .preview(setting.target(), &Step::Update(id()), &clinician(), false)
        .unwrap();

    let shown: Vec<(String, Option<Value>)> = previewed
        .iter()
        .map(|request| {
            let path = request.url.strip_prefix(&setting.server.uri()).unwrap();
            let body = request.body.as_deref().map(|body| serde_json::from_str(body).unwrap());
            (format!("{} {path}", request.method), body)
        })
        .collect();
    let (provider, person) = (format!("/v2/users/providers/{ID}"), format!("/v2/users/{ID}"));
    assert_eq!(
        shown,
        [
            (format!("GET {provider}"), None),
            (format!("GET {person}"), None),
            (
                format!("PATCH {provider}"),
                Some(json!({
                    "defaultNoteTemplateIds": ["template-1", "template-2"], "nationalProviderIdentifier": "1234567893",
                    "therapyLicence": "LIC-7", "noteIdentifier": "Clinician"
                }))
            ),
            (
                format!("PATCH {person}"),
                Some(json!({
                    "firstName": "Ann", "lastName": "Müller", "pronoun": "FeminineHer", "dateOfBirth": "1980-02-29"
                }))
            ),
        ]
    );
}
