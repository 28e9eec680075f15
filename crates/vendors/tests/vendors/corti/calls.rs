//! Paths, bodies and passwords, and what is compared.

use roster_application::credentials::Credentials;
use roster_application::ports::VendorGateway;
use roster_contract::vendor::{clinician, password};
use roster_domain::{OutcomeClass, Step, VendorUserId};
use rstest::rstest;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{ID, Setting, USERS, ann, id, key, ok, refusal, user_json, whom};

#[rstest]
#[case::created(201)]
#[case::plain_success(200)]
#[tokio::test]
async fn a_create_sends_address_names_and_password(#[case] status: u16) {
    let setting = Setting::new().await;
    setting
        .answers("POST", USERS, ResponseTemplate::new(status).set_body_json(ann()))
        .await;

    let (user, password) = (clinician(), password());
    let created = setting
        .client
        .create(setting.target(), &key(), whom(&user, Some(&password)))
        .await
        .unwrap();

    assert_eq!((created.id, created.active, created.matches), (id(), true, true));
    let body = json!({
        "email": "ann@example.org", "firstName": "Ann", "lastName": "Müller", "password": password.expose()
    });
    assert_eq!(setting.sent().await, [("POST".to_owned(), USERS.to_owned(), body)]);
}

#[tokio::test]
async fn an_update_sends_names_and_password_and_leaves_the_rest_alone() {
    let setting = Setting::new().await;
    let at = format!("{USERS}/{ID}");
    setting.answers("PATCH", &at, ok(ann())).await;
    let (user, password) = (clinician(), password());

    for password in [None, Some(&password)] {
        setting
            .client
            .update(setting.target(), &id(), whom(&user, password))
            .await
            .unwrap();
    }

    let without = json!({"firstName": "Ann", "lastName": "Müller"});
    let with = json!({"firstName": "Ann", "lastName": "Müller", "password": password.expose()});
    let sent: Vec<Value> = setting.sent().await.into_iter().map(|(_, _, body)| body).collect();
    assert_eq!(sent, [without, with]);
}

#[tokio::test]
async fn switching_and_deleting_name_the_user_in_the_path() {
    let setting = Setting::new().await;
    let at = format!("{USERS}/..%2F{ID}");
    let mut user = user_json(&format!("../{ID}"), "ann@example.org");
    setting.answers("DELETE", &at, ResponseTemplate::new(200)).await;
    let id = VendorUserId::new(format!("../{ID}"));

    for enabled in [true, false] {
        user["enabled"] = json!(enabled);
        let _guard = wiremock::Mock::given(wiremock::matchers::body_json(json!({"enabled": enabled})))
            .respond_with(ok(&user))
            .mount_as_scoped(&setting.server)
            .await;
        if enabled {
            setting.client.activate(setting.target(), &id).await.unwrap();
        } else {
            setting.client.deactivate(setting.target(), &id).await.unwrap();
        }
    }
    setting.client.delete(setting.target(), &id).await.unwrap();

    let methods: Vec<(String, String)> = setting
        .sent()
        .await
        .into_iter()
        .map(|(verb, at, _)| (verb, at))
        .collect();
    let expected = ["PATCH", "PATCH", "DELETE"].map(|verb| (verb.to_owned(), at.clone()));
    assert_eq!(methods, expected);
}

#[rstest]
#[case::conflict(409, "conflict", OutcomeClass::Conflict)]
#[case::a_400_that_names_a_duplicate(400, "email_already_exists", OutcomeClass::Conflict)]
#[case::a_400_of_another_kind(400, "does_not_exist", OutcomeClass::Rejected)]
#[tokio::test]
async fn that_an_address_is_taken_is_a_conflict(#[case] status: u16, #[case] code: &str, #[case] class: OutcomeClass) {
    let setting = Setting::new().await;
    setting.answers("POST", USERS, refusal(status, code)).await;

    let user = clinician();
    let error = setting
        .client
        .create(setting.target(), &key(), whom(&user, None))
        .await
        .unwrap_err();

    assert_eq!((error.class, error.status), (class, Some(status)));
}

#[tokio::test]
async fn a_create_that_is_answered_with_another_address_is_unknown_and_with_another_case_is_not() {
    let (user, other) = (clinician(), user_json(ID, "bob@example.org"));
    let outcomes = async |answer: Value| {
        let setting = Setting::new().await;
        setting.answers("POST", USERS, ok(answer)).await;
        setting.client.create(setting.target(), &key(), whom(&user, None)).await
    };

    let (another, same) = (outcomes(other).await, outcomes(user_json(ID, "ANN@Example.ORG")).await);

    assert_eq!(another.unwrap_err().class, OutcomeClass::Unknown);
    assert!(same.unwrap().matches);
}

#[tokio::test]
async fn an_update_that_is_answered_with_another_user_is_unknown() {
    let setting = Setting::new().await;
    let at = format!("{USERS}/{ID}");
    setting
        .answers("PATCH", &at, ok(user_json("another", "ann@example.org")))
        .await;

    let user = clinician();
    let error = setting
        .client
        .update(setting.target(), &id(), whom(&user, None))
        .await
        .unwrap_err();

    assert_eq!(error.class, OutcomeClass::Unknown);
}

#[tokio::test]
async fn that_a_user_is_gone_is_for_the_vendor_to_say_and_not_for_whoever_answers() {
    let setting = Setting::new().await;
    let nginx = ResponseTemplate::new(404).set_body_raw("<h1>404 Not Found</h1>nginx", "text/html");
    setting.answers("DELETE", &format!("{USERS}/{ID}"), nginx).await;

    let error = setting.client.delete(setting.target(), &id()).await.unwrap_err();

    assert_eq!((error.class, error.status), (OutcomeClass::Unknown, Some(404)));
}

#[tokio::test]
async fn a_password_that_the_vendor_repeats_in_its_error_is_masked() {
    let setting = Setting::new().await;
    let (user, password) = (clinician(), password());
    let words = format!("\"{}\" is too weak, token-1", password.expose());
    let answer = ResponseTemplate::new(422).set_body_json(json!({"message": words}));
    setting.answers("POST", USERS, answer).await;

    let error = setting
        .client
        .create(setting.target(), &key(), whom(&user, Some(&password)))
        .await
        .unwrap_err();

    assert_eq!(
        error.message,
        "Corti refuses the request (422), saying \"\"***\" is too weak, ***\""
    );
    assert!(!format!("{error:?}").contains(password.expose()));
    assert!(!format!("{:?} {:?}", setting.client, setting.credentials).contains(super::PASSWORD));
}

#[tokio::test]
async fn a_preview_masks_the_token_and_needs_none() {
    let setting = Setting::without_tokens().await;

    let previewed = setting
        .client
        .preview(setting.target(), &Step::Deactivate(id()), &clinician(), false)
        .unwrap();

    let [request] = &previewed[..] else {
        panic!("one request: {previewed:?}")
    };
    assert_eq!(request.url, format!("{}{USERS}/{ID}", setting.server.uri()));
    assert_eq!(request.body.as_deref(), Some(r#"{"enabled":false}"#));
    assert!(
        request
            .headers
            .contains(&("authorization".to_owned(), "Bearer ***".to_owned()))
    );
}

#[test]
fn everything_that_is_wrong_with_a_connection_is_found_at_once() {
    let client = roster_vendors::Corti::new(crate::support::egress(), crate::support::SetClock::new());
    let mut connection = super::corti_connection("http://10.0.0.1/public");
    connection.options.allow_private_addresses = false;
    connection.options.project_id = None;
    connection.options.customer_id = Some("..".to_owned());
    let credentials = Credentials::ServiceAccount {
        email: "admin".to_owned(),
        password: "".into(),
    };

    let violations = client.check(&connection, &credentials);

    let shown: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "base_url must be an https URL, unless private addresses are allowed; given: \"http://10.0.0.1/public\"",
            "options.project_id is required; given: nothing",
            "options.customer_id must be an id that a URL can hold, which \".\" and \"..\" are not; given: \"..\"",
            "credentials.email must be an e-mail address; given: \"admin\"",
            "credentials.password is required; given: nothing",
        ]
    );
}

#[tokio::test]
async fn without_a_project_or_a_customer_nothing_is_sent() {
    let mut setting = Setting::new().await;
    setting.connection.options.customer_id = None;

    let error = setting.client.delete(setting.target(), &id()).await.unwrap_err();

    assert_eq!(error.class, OutcomeClass::Unauthorized);
    assert!(error.message.contains("customer_id"), "{error}");
    assert!(setting.server.received_requests().await.unwrap().is_empty());
}
