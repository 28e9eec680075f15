//! Customers that are missing, and made where the connection says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use roster_application::ports::VendorGateway;
use roster_contract::vendor::{clinician, look_up};
use roster_domain::OutcomeClass;
use rstest::rstest;
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, Request, ResponseTemplate};

use super::{CUSTOMERS, Setting, USERS, ann, key, ok, refusal, whom};

/// Has a customer from the moment on that it is made.
async fn missing(setting: &Setting, made: u16) {
    let exists = Arc::new(AtomicBool::new(false));
    let is_there = Arc::clone(&exists);
    Mock::given(path(USERS))
        .respond_with(move |request: &Request| match request.method.as_str() {
            _ if !is_there.load(Ordering::SeqCst) => refusal(404, "not_found"),
            "POST" => ok(ann()),
            _ => ok(json!({"users": [], "pagination": {"hasNextPage": false}})),
        })
        .mount(&setting.server)
        .await;
    Mock::given(method("POST"))
        .and(path(CUSTOMERS))
        .respond_with(move |_: &Request| {
            exists.store(true, Ordering::SeqCst);
            ResponseTemplate::new(made)
                .set_body_json(json!({"customerId": "clinic/north"}))
                .set_delay(Duration::from_millis(50))
        })
        .mount(&setting.server)
        .await;
}

async fn setting() -> Setting {
    let mut setting = Setting::new().await;
    setting.connection.options.create_customer = true;
    setting
}

async fn made(setting: &Setting) -> Vec<serde_json::Value> {
    let sent = setting.sent().await.into_iter();
    sent.filter(|(verb, at, _)| verb == "POST" && at == CUSTOMERS)
        .map(|(_, _, body)| body)
        .collect()
}

#[tokio::test]
async fn a_customer_that_is_missing_is_made_and_the_call_repeated() {
    let setting = setting().await;
    missing(&setting, 201).await;
    let user = clinician();

    let created = setting
        .client
        .create(setting.target(), &key(), whom(&user, None))
        .await
        .unwrap();

    assert!(created.matches);
    let customer = json!({"displayName": "clinic/north", "customerId": "clinic/north"});
    assert_eq!(made(&setting).await, [customer]);
}

#[tokio::test]
async fn callers_at_once_make_a_customer_once() {
    let setting = setting().await;
    missing(&setting, 200).await;
    let (user, key) = (clinician(), key());

    let found = join_all((0..20).map(|_| look_up(&setting.client, setting.target(), &key, &user))).await;

    for found in found {
        assert_eq!(found.unwrap(), None);
    }
    assert_eq!(made(&setting).await.len(), 1);
}

#[tokio::test]
async fn a_customer_that_somebody_else_made_meanwhile_is_as_good() {
    let setting = setting().await;
    missing(&setting, 409).await;
    let user = clinician();

    let found = look_up(&setting.client, setting.target(), &key(), &user).await;

    assert_eq!(found.unwrap(), None);
}

#[tokio::test]
async fn a_customer_that_cannot_be_made_is_a_matter_of_the_connection_and_not_tried_again_by_itself() {
    let setting = setting().await;
    setting.answers("GET", USERS, refusal(404, "not_found")).await;
    setting.answers("POST", CUSTOMERS, refusal(404, "not_found")).await;
    let user = clinician();

    let error = look_up(&setting.client, setting.target(), &key(), &user)
        .await
        .unwrap_err();

    assert_eq!((error.class, error.status), (OutcomeClass::Unauthorized, Some(404)));
    assert_eq!(setting.sent().await.len(), 2);
}

#[rstest]
#[case::sick(ResponseTemplate::new(500), OutcomeClass::Transient { after: None })]
#[case::not_understood(ResponseTemplate::new(206), OutcomeClass::Transient { after: None })]
#[case::not_wanted(refusal(400, "invalid_request"), OutcomeClass::Unauthorized)]
#[case::made_and_still_missing(refusal(409, "conflict"), OutcomeClass::Unauthorized)]
#[tokio::test]
async fn a_customer_that_is_not_made_leaves_nothing_unknown_about_a_user(
    #[case] answer: ResponseTemplate,
    #[case] class: OutcomeClass,
) {
    let setting = setting().await;
    setting.answers("POST", USERS, refusal(404, "not_found")).await;
    setting.answers("POST", CUSTOMERS, answer).await;
    let user = clinician();

    let error = setting
        .client
        .create(setting.target(), &key(), whom(&user, None))
        .await
        .unwrap_err();

    assert_eq!(error.class, class, "{error}");
}

#[tokio::test]
async fn without_the_option_a_missing_customer_is_said_and_nothing_is_made() {
    let setting = Setting::new().await;
    missing(&setting, 201).await;
    let user = clinician();

    let error = look_up(&setting.client, setting.target(), &key(), &user)
        .await
        .unwrap_err();

    assert_eq!((error.class, error.status), (OutcomeClass::Unauthorized, Some(404)));
    assert_eq!(
        error.message,
        "Corti has no customer clinic/north in project p 1 at the connection's base URL: check the three, or let the \
         customer be made with the option create_customer"
    );
    assert!(made(&setting).await.is_empty());
}

#[tokio::test]
async fn a_test_makes_no_customer_and_is_content_with_the_project_where_it_would_be_made() {
    let setting = setting().await;
    missing(&setting, 201).await;
    setting.answers("GET", CUSTOMERS, ok(json!({"customers": []}))).await;

    setting.client.test(setting.target()).await.unwrap();

    assert!(made(&setting).await.is_empty());
    let at: Vec<String> = setting.sent().await.into_iter().map(|(_, at, _)| at).collect();
    assert_eq!(
        at,
        [
            format!("{USERS}?page=1&pageSize=1"),
            format!("{CUSTOMERS}?page=1&pageSize=1")
        ]
    );
}
