//! What the vendor refuses, what is never asked of it, and what is wrong with a connection.

use roster_application::credentials::Credentials;
use roster_application::ports::VendorGateway;
use roster_contract::vendor::clinician;
use roster_domain::{ExternalId, OutcomeClass};
use rstest::rstest;
use serde_json::json;
use wiremock::ResponseTemplate;

use super::{given, told};

fn refusal(status: u16, code: i64, name: &str) -> ResponseTemplate {
    let body = json!({"message": "no", "code": code, "name": name, "traceId": "t", "debuggingHints": []});
    ResponseTemplate::new(status).set_body_json(body)
}

#[tokio::test]
async fn a_409_is_a_conflict_that_names_both_keys() {
    let conflict = || refusal(409, 90_001, "ENTITY_ALREADY_EXISTS");
    let given = given().await.answering([conflict(), conflict()]).await;

    let created = given.create(&clinician()).await.unwrap_err();
    let updated = given.update(&clinician()).await.unwrap_err();

    for error in [created, updated] {
        assert_eq!((error.class, error.status), (OutcomeClass::Conflict, Some(409)));
        assert_eq!(
            error.message,
            "Nabla Connect says that it conflicts with what it has (409), saying \"no\": it has ehr-4711 with another \
             address than ann@example.org, or that address with another external id"
        );
    }
}

#[tokio::test]
async fn a_base_url_without_the_api_is_a_matter_of_the_connection() {
    let given = given()
        .await
        .answering([ResponseTemplate::new(404), refusal(404, 1, "ROUTE_NOT_FOUND")])
        .await;

    let created = given.create(&clinician()).await.unwrap_err();
    let updated = given.update(&clinician()).await.unwrap_err();

    for error in [created, updated] {
        assert_eq!((error.class, error.status), (OutcomeClass::Unauthorized, Some(404)));
        assert_eq!(
            error.message,
            "there is no Nabla Connect API at the connection's base URL: check it"
        );
    }
}

#[tokio::test]
async fn a_400_that_misses_something_is_about_the_user_and_pauses_nothing() {
    let missing = || refusal(400, 20_000, "ENTITY_NOT_FOUND");
    let given = given().await.answering([missing(), missing()]).await;

    let created = given.create(&clinician()).await.unwrap_err();
    let updated = given.update(&clinician()).await.unwrap_err();

    for error in [created, updated] {
        assert_eq!((error.class, error.status), (OutcomeClass::Rejected, Some(400)));
    }
}

#[tokio::test]
async fn an_external_id_that_was_changed_is_not_sent_since_it_would_make_another_user() {
    let given = given().await;
    let mut user = clinician();
    user.profile.external_id = Some(ExternalId::new("ehr-4712").unwrap());

    let error = given.update(&user).await.unwrap_err();

    assert_eq!((error.class, error.status), (OutcomeClass::Rejected, None));
    assert_eq!(
        error.message,
        "Nabla Connect has the user as ehr-4711, and no way to change that to ehr-4712"
    );
    assert!(given.upserts().await.is_empty());
}

#[tokio::test]
async fn a_user_without_address_or_external_id_is_refused_before_anything_is_sent() {
    let given = given().await;
    let (mut without_address, mut without_id) = (clinician(), clinician());
    without_address.profile.email = None;
    without_id.profile.external_id = None;

    for user in [without_address, without_id] {
        let error = given.create(&user).await.unwrap_err();

        assert_eq!(error.class, OutcomeClass::Rejected);
        assert_eq!(
            error.message,
            "Nabla Connect needs an e-mail address and an external id"
        );
    }
    assert!(given.server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn another_version_is_asked_for_where_the_connection_says_so() {
    let mut given = given().await.answering([told(&json!(null))]).await;
    given.connection.options.api_version = Some("x-nabla-next".to_owned());

    given.create(&clinician()).await.unwrap();

    let request = given.upserts().await.remove(0);
    assert_eq!(request.headers["x-nabla-api-version"], "x-nabla-next");
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_connection_is_found_at_once() {
    let mut given = given().await;
    given.connection.options.allow_private_addresses = false;
    given.connection.options.api_version = Some("legacy".to_owned());
    given.credentials = Credentials::OAuthClient {
        client_id: String::new(),
        private_key: "hunter2".into(),
    };

    let violations = given.client.check(&given.connection, &given.credentials);

    let fields: Vec<String> = violations.iter().map(|violation| violation.field.to_string()).collect();
    assert_eq!(
        fields,
        [
            "base_url",
            "options.api_version",
            "credentials.client_id",
            "credentials.private_key"
        ]
    );
    assert!(!violations.to_string().contains("hunter2"));
}

#[rstest]
#[case("2026-03-23", true)]
#[case("x-nabla-next", true)]
#[case("2026-3-23", false)]
#[case("v1", false)]
#[tokio::test]
async fn a_version_is_a_date_or_the_next_one(#[case] version: &str, #[case] is_sound: bool) {
    let mut given = given().await;
    given.connection.options.api_version = Some(version.to_owned());

    let violations = given.client.check(&given.connection, &given.credentials);

    assert_eq!(violations.is_empty(), is_sound, "{violations}");
}
