//! What is particular to Nabla Core: its tokens, its version header, its paths and bodies.

mod tokens;
pub(crate) mod world;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use roster_application::credentials::Credentials;
use roster_application::ports::{self, VendorGateway};
use roster_contract::vendor::{clinician, look_up, read_back};
use roster_domain::{Change, Metadata, OutcomeClass, User, UserChanges, VendorKey, VendorUserId};
use rstest::rstest;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path, path_regex, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{RSA_KEY, Subject, credentials};

const ID: &str = "98fce1ef-dbca-41ef-8bc7-4d1621ac07c6";

fn user_json(external_id: &str) -> Value {
    json!({
        "id": ID, "activated": true, "external_id": external_id,
        "metadata": {"ward": "4", "site": "東"}, "created_at": "2022-03-10T19:16:23.456Z"
    })
}

fn user_answer() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(user_json("ehr-4711"))
}

/// Hands out `token-1`, `token-2` and so on.
async fn tokens(server: &MockServer, expires_in: u64) {
    let issued = AtomicUsize::new(0);
    let issue = move |_: &Request| {
        let token = format!("token-{}", issued.fetch_add(1, Ordering::SeqCst) + 1);
        ResponseTemplate::new(200)
            .set_body_json(json!({"access_token": token, "expires_in": expires_in}))
            .set_delay(Duration::from_millis(50))
    };
    Mock::given(method("POST"))
        .and(path("/v1/core/server/oauth/token"))
        .respond_with(issue)
        .mount(server)
        .await;
}

async fn server_with_tokens() -> (MockServer, Subject) {
    let server = MockServer::start().await;
    tokens(&server, 3600).await;
    let subject = Subject::at(&format!("{}/v1/core/server", server.uri()));
    (server, subject)
}

async fn sent(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

/// A user without an initial password.
fn whom(user: &User) -> ports::Subject<'_> {
    ports::Subject { user, password: None }
}

fn key() -> VendorKey {
    VendorKey::new("ehr-4711")
}

fn id() -> VendorUserId {
    VendorUserId::new(ID)
}

#[tokio::test]
async fn a_create_sends_key_and_metadata_and_asks_for_the_default_version() {
    let (server, subject) = server_with_tokens().await;
    Mock::given(method("POST"))
        .and(path("/v1/core/server/users"))
        .and(header("x-nabla-api-version", "2026-06-12"))
        .and(header("authorization", "Bearer token-1"))
        .and(header("content-type", "application/json"))
        .and(header("user-agent", concat!("roster/", env!("CARGO_PKG_VERSION"))))
        .and(body_json(
            json!({"external_id": "an-older-key", "metadata": {"ward": "4", "site": "東"}}),
        ))
        .respond_with(ResponseTemplate::new(201).set_body_json(user_json("an-older-key")))
        .expect(1)
        .mount(&server)
        .await;

    let key = VendorKey::new("an-older-key");
    let created = subject
        .client
        .create(subject.target(), &key, whom(&clinician()))
        .await
        .unwrap();

    assert_eq!((created.id, created.active), (id(), true));
    assert!(
        !created.matches,
        "the vendor has the user under another key than it should"
    );
}

#[tokio::test]
async fn an_update_sends_the_users_own_key_and_clears_metadata_that_is_not_set() {
    let (server, subject) = server_with_tokens().await;
    let mut user = clinician();
    user.profile.metadata = None;
    Mock::given(method("PATCH"))
        .and(path(format!("/v1/core/server/users/{ID}")))
        .and(body_json(json!({"external_id": "ehr-4711", "metadata": null})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "id": ID.to_uppercase(), "activated": false, "external_id": "ehr-4711"
        })))
        .expect(1)
        .mount(&server)
        .await;

    let updated = subject
        .client
        .update(subject.target(), &id(), whom(&user))
        .await
        .unwrap();

    assert_eq!(
        (updated.id.as_str(), updated.active, updated.matches),
        (&*ID.to_uppercase(), false, true)
    );
}

#[tokio::test]
async fn a_user_without_an_external_id_goes_there_under_rosters_own_id() {
    let (server, subject) = server_with_tokens().await;
    let user = User {
        profile: roster_domain::Profile {
            metadata: Some(Metadata::default()),
            ..Default::default()
        },
        ..clinician()
    };
    let own_id = user.id.to_string();
    Mock::given(method("PATCH"))
        .and(body_json(json!({"external_id": own_id, "metadata": {}})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "id": ID, "activated": true, "external_id": own_id, "metadata": null
        })))
        .expect(1)
        .mount(&server)
        .await;

    let updated = subject
        .client
        .update(subject.target(), &id(), whom(&user))
        .await
        .unwrap();

    assert!(updated.matches, "an empty dictionary and null hold the same");
}

#[tokio::test]
async fn activating_and_deactivating_send_an_empty_object_to_the_version_that_the_connection_says() {
    let (server, mut subject) = server_with_tokens().await;
    subject.connection.options.api_version = Some("x-nabla-next".to_owned());
    for (verb, activated) in [("activate", true), ("deactivate", false)] {
        Mock::given(method("POST"))
            .and(path(format!("/v1/core/server/users/{ID}/{verb}")))
            .and(header("x-nabla-api-version", "x-nabla-next"))
            .and(body_json(json!({})))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"id": ID, "activated": activated})))
            .expect(1)
            .mount(&server)
            .await;
    }

    subject.client.activate(subject.target(), &id()).await.unwrap();
    subject.client.deactivate(subject.target(), &id()).await.unwrap();
}

#[rstest]
#[case::plain("ehr-4711", "ehr-4711")]
#[case::unreserved("a-b.c_d~e", "a-b.c_d~e")]
#[case::slash("ward/4", "ward%2F4")]
#[case::climbing("../../admin", "..%2F..%2Fadmin")]
#[case::space_and_plus("a b+c", "a%20b%2Bc")]
#[case::query_and_fragment("a?b#c&d=e", "a%3Fb%23c%26d%3De")]
#[case::percent("100%25", "100%2525")]
#[case::backslash_and_semicolon(r"a\b;c", "a%5Cb%3Bc")]
#[case::unicode("東 é", "%E6%9D%B1%20%C3%A9")]
#[case::three_dots("...", "...")]
#[tokio::test]
async fn an_external_id_is_one_segment_of_the_path_whatever_it_holds(#[case] external_id: &str, #[case] segment: &str) {
    let (server, subject) = server_with_tokens().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(user_json(external_id)))
        .mount(&server)
        .await;

    let key = VendorKey::new(external_id);
    let found = look_up(&subject.client, subject.target(), &key, &clinician())
        .await
        .unwrap();

    assert!(found.is_some());
    let request = sent(&server).await.pop().unwrap();
    assert_eq!(
        request.url.path(),
        format!("/v1/core/server/users/find_by_external_id/{segment}")
    );
    assert_eq!((request.url.query(), request.url.fragment()), (None, None));
}

#[tokio::test]
async fn an_external_id_that_no_url_can_hold_is_rejected_and_never_asked_for() {
    let (server, subject) = server_with_tokens().await;
    for external_id in [".", ".."] {
        let key = VendorKey::new(external_id);

        let error = look_up(&subject.client, subject.target(), &key, &clinician())
            .await
            .unwrap_err();

        assert_eq!(error.class, OutcomeClass::Rejected);
    }
    assert!(sent(&server).await.is_empty());
}

#[tokio::test]
async fn a_400_that_names_a_duplicate_is_a_conflict() {
    let (server, subject) = server_with_tokens().await;
    let body = json!({"message": "taken", "code": 20001, "name": "ENTITY_ALREADY_EXISTS"});
    Mock::given(path("/v1/core/server/users"))
        .respond_with(ResponseTemplate::new(400).set_body_json(body))
        .mount(&server)
        .await;

    let error = subject
        .client
        .create(subject.target(), &key(), whom(&clinician()))
        .await
        .unwrap_err();

    assert_eq!((error.class, error.status), (OutcomeClass::Conflict, Some(400)));
    assert_eq!(
        error.message,
        "Nabla Core says that it conflicts with what it has (400), saying \"taken\""
    );
}

#[tokio::test]
async fn a_base_url_without_the_api_is_a_matter_of_the_connection() {
    let (_server, subject) = server_with_tokens().await;

    let created = subject
        .client
        .create(subject.target(), &key(), whom(&clinician()))
        .await
        .unwrap_err();
    let tested = subject.client.test(subject.target()).await.unwrap_err();

    for error in [created, tested] {
        assert_eq!((error.class, error.status), (OutcomeClass::Unauthorized, Some(404)));
        assert_eq!(
            error.message,
            "there is no Nabla Core API at the connection's base URL: check it"
        );
    }
}

#[tokio::test]
async fn that_a_user_is_gone_is_for_the_vendor_to_say_and_not_for_whoever_answers() {
    let (server, subject) = server_with_tokens().await;
    Mock::given(path_regex("/v1/core/server/users/.*"))
        .respond_with(ResponseTemplate::new(404).set_body_raw("<h1>404 Not Found</h1>nginx", "text/html"))
        .mount(&server)
        .await;

    let deactivated = subject
        .client
        .deactivate(subject.target(), &VendorUserId::new("u-1"))
        .await
        .unwrap_err();
    let found = look_up(&subject.client, subject.target(), &key(), &clinician())
        .await
        .unwrap_err();

    for error in [deactivated, found] {
        assert_eq!(
            (error.class, error.status),
            (OutcomeClass::Unknown, Some(404)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_the_vendor_says_is_passed_on_cut_short() {
    let (server, subject) = server_with_tokens().await;
    let body = json!({"message": format!("first line\nthen {}", "x".repeat(10_000)), "code": 7});
    Mock::given(path("/v1/core/server/users"))
        .respond_with(ResponseTemplate::new(422).set_body_json(body))
        .mount(&server)
        .await;

    let error = subject
        .client
        .create(subject.target(), &key(), whom(&clinician()))
        .await
        .unwrap_err();

    assert!(
        error
            .message
            .starts_with("Nabla Core refuses the request (422), saying \"first line then xxx")
    );
    assert!(error.message.chars().count() < 400);
}

#[tokio::test]
async fn an_update_that_is_answered_with_another_user_is_unknown() {
    let (server, subject) = server_with_tokens().await;
    let other = json!({"id": "another", "activated": true, "external_id": "ehr-4711"});
    Mock::given(method("PATCH"))
        .respond_with(ResponseTemplate::new(200).set_body_json(other))
        .mount(&server)
        .await;

    let error = subject
        .client
        .update(subject.target(), &id(), whom(&clinician()))
        .await
        .unwrap_err();

    assert_eq!(error.class, OutcomeClass::Unknown);
}

#[tokio::test]
async fn a_look_up_or_a_read_back_that_is_answered_with_somebody_else_is_unknown() {
    let (server, subject) = server_with_tokens().await;
    let other = json!({"id": "another", "activated": true, "external_id": "ehr-4712"});
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(other))
        .mount(&server)
        .await;

    let looked = look_up(&subject.client, subject.target(), &key(), &clinician())
        .await
        .unwrap_err();
    let read = read_back(&subject.client, subject.target(), &id(), &clinician())
        .await
        .unwrap_err();

    for error in [looked, read] {
        assert_eq!(error.class, OutcomeClass::Unknown);
    }
}

#[tokio::test]
async fn a_read_back_names_each_field_that_differs() {
    let (server, subject) = server_with_tokens().await;
    let changed = json!({"id": ID, "activated": true, "external_id": "ehr-4712", "metadata": {"ward": "5"}});
    Mock::given(method("GET"))
        .and(path(format!("/v1/core/server/users/{ID}")))
        .respond_with(ResponseTemplate::new(200).set_body_json(changed))
        .mount(&server)
        .await;

    let found = read_back(&subject.client, subject.target(), &id(), &clinician())
        .await
        .unwrap();

    assert_eq!(
        (found.matches, found.differing),
        (false, vec!["external_id", "metadata"])
    );
}

#[tokio::test]
async fn a_list_tells_keys_and_metadata_and_leaves_out_what_is_null() {
    let (server, subject) = server_with_tokens().await;
    let users = json!([
        {"id": "1", "activated": true, "external_id": "ehr-1", "metadata": {"ward": "4"}},
        {"id": "2", "activated": false, "external_id": null}
    ]);
    Mock::given(path("/v1/core/server/users"))
        .and(query_param("limit", "100"))
        .and(query_param("cursor", "a b&c"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": users, "has_more": false})))
        .mount(&server)
        .await;

    let page = subject.client.list(subject.target(), Some("a b&c")).await.unwrap();

    let [first, second] = &page.users[..] else {
        panic!("two users: {page:?}")
    };
    assert_eq!(first.fields.external_id, Change::Set("ehr-1".to_owned()));
    assert_eq!(
        first.fields.metadata,
        Change::Set([("ward".to_owned(), "4".to_owned())].into())
    );
    assert_eq!((second.active, &second.fields), (false, &UserChanges::default()));
    assert_eq!(page.next, None);
}

#[tokio::test]
async fn a_page_that_is_not_the_last_and_does_not_say_how_to_go_on_is_unknown() {
    let (server, subject) = server_with_tokens().await;
    Mock::given(path("/v1/core/server/users"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": [], "has_more": true})))
        .mount(&server)
        .await;

    let error = subject.client.list(subject.target(), None).await.unwrap_err();

    assert_eq!(error.class, OutcomeClass::Unknown);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_connection_is_found_at_once() {
    let mut subject = Subject::at("http://10.0.0.1/v1");
    subject.connection.options.allow_private_addresses = false;
    subject.connection.options.api_version = Some("2026-6-1".to_owned());
    subject.credentials = Credentials::OAuthClient {
        client_id: " ".into(),
        private_key: RSA_KEY.public.as_str().into(),
    };

    let violations = subject.client.check(&subject.connection, &subject.credentials);

    let shown: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "base_url must be an https URL, unless private addresses are allowed; given: \"http://10.0.0.1/v1\"",
            "options.api_version must be a version of the form YYYY-MM-DD, or x-nabla-next; given: \"2026-6-1\"",
            "credentials.client_id is required; given: nothing",
            "credentials.private_key must be an RSA private key of at least 2048 bits in PEM; given: something else",
        ]
    );
}

#[rstest]
#[case("2024-10-01", true)]
#[case("x-nabla-next", true)]
#[case("2026-02-30", false)]
#[case("2026-06-12 ", false)]
#[case("latest", false)]
#[case("", false)]
fn a_version_is_a_date_or_the_next_one(#[case] version: &str, #[case] sound: bool) {
    let mut subject = Subject::at("https://us.api.nabla.com/v1/core/server");
    subject.connection.options.allow_private_addresses = false;
    subject.connection.options.api_version = Some(version.to_owned());

    let violations = subject.client.check(&subject.connection, &credentials());

    assert_eq!(violations.is_empty(), sound, "{violations}");
}

#[rstest]
#[case("https://127.0.0.1/v1")]
#[case("https://[fd00::1]/v1")]
#[case("https://169.254.169.254")]
fn a_private_address_as_base_url_is_a_violation_unless_it_is_allowed(#[case] base_url: &str) {
    let mut subject = Subject::at(base_url);
    let allowed = subject.client.check(&subject.connection, &subject.credentials);
    subject.connection.options.allow_private_addresses = false;

    let refused = subject.client.check(&subject.connection, &subject.credentials);

    assert!(allowed.is_empty(), "{allowed}");
    let fields: Vec<String> = refused.iter().map(|violation| violation.field.to_string()).collect();
    assert_eq!(fields, ["base_url"]);
}
