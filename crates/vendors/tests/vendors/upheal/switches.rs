//! Activating and deactivating.

use roster_application::ports::{VendorError, VendorGateway};
use roster_domain::OutcomeClass;
use rstest::rstest;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use super::{ID, Setting, checked, error, id, person, provider, shown};

async fn switch(setting: &Setting, active: bool) -> Result<(), VendorError> {
    if active {
        setting.client.activate(setting.target(), &id()).await
    } else {
        setting.client.deactivate(setting.target(), &id()).await
    }
}

async fn answers(setting: &Setting, active: bool, answer: ResponseTemplate) {
    let (verb, at) = if active {
        ("POST", format!("/v2/users/{ID}/activate"))
    } else {
        ("DELETE", format!("/v2/users/{ID}"))
    };
    Mock::given(method(verb))
        .and(path(at))
        .respond_with(answer)
        .expect(1)
        .mount(&setting.server)
        .await;
}

#[rstest]
#[tokio::test]
async fn a_switch_succeeds_by_the_status_that_is_documented(#[values(true, false)] active: bool) {
    let setting = Setting::new().await;
    answers(&setting, active, ResponseTemplate::new(202)).await;

    switch(&setting, active).await.unwrap();

    let received = setting.received().await;
    assert_eq!(received.len(), 1);
    assert!(received[0].body.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_success_that_is_not_documented_is_believed_once_the_user_was_read_back(
    #[values(true, false)] active: bool,
    #[values(200, 204)] status: u16,
) {
    let setting = Setting::new().await;
    setting.has(provider(), person(), checked(active)).await;
    answers(&setting, active, ResponseTemplate::new(status)).await;

    switch(&setting, active).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_success_that_is_not_documented_and_changed_nothing_is_none(
    #[values(true, false)] active: bool,
    #[values(200, 204)] status: u16,
) {
    let setting = Setting::new().await;
    setting.has(provider(), person(), checked(!active)).await;
    answers(&setting, active, ResponseTemplate::new(status)).await;

    let error = switch(&setting, active).await.unwrap_err();

    assert_eq!(shown(&error), (OutcomeClass::Unknown, Some(status)), "{error}");
}

#[rstest]
#[tokio::test]
async fn a_switch_that_is_refused_because_it_is_done_is_done(#[values(true, false)] active: bool) {
    for refusal in [error(400, "USER_ACTIVE"), json!({"message": "no"})] {
        let setting = Setting::new().await;
        setting.has(provider(), person(), checked(active)).await;
        answers(&setting, active, ResponseTemplate::new(400).set_body_json(refusal)).await;

        switch(&setting, active).await.unwrap();
    }
}

#[rstest]
#[tokio::test]
async fn a_switch_that_is_refused_and_not_done_is_refused(#[values(true, false)] active: bool) {
    let setting = Setting::new().await;
    setting.has(provider(), person(), checked(!active)).await;
    let refusal = ResponseTemplate::new(400).set_body_json(json!({"message": "no"}));
    answers(&setting, active, refusal).await;

    let error = switch(&setting, active).await.unwrap_err();

    assert_eq!(shown(&error), (OutcomeClass::Rejected, Some(400)));
    assert_eq!(error.message, "Upheal refuses the request (400), saying \"no\"");
}

#[tokio::test]
async fn a_refusal_that_cannot_be_looked_into_is_what_the_looking_was() {
    let setting = Setting::new().await;
    answers(&setting, true, ResponseTemplate::new(400)).await;
    setting
        .answers("GET", &format!("/v2/users/providers/{ID}"), 503, json!({}))
        .await;

    let error = switch(&setting, true).await.unwrap_err();

    assert_eq!(shown(&error), (OutcomeClass::Transient { after: None }, Some(503)));
}

#[rstest]
#[case::a_web_page(ResponseTemplate::new(200).set_body_raw("<h1>Wi-Fi</h1>", "text/html"))]
#[case::the_other_state(ResponseTemplate::new(200).set_body_json(json!({"userId": ID, "isActive": false})))]
#[case::another_user(ResponseTemplate::new(202).set_body_json(json!({"userId": "another", "isActive": true})))]
#[tokio::test]
async fn a_body_that_says_otherwise_is_no_success(#[case] answer: ResponseTemplate) {
    let setting = Setting::new().await;
    answers(&setting, true, answer).await;

    let error = switch(&setting, true).await.unwrap_err();

    assert_eq!(error.class, OutcomeClass::Unknown, "{error}");
}

#[tokio::test]
async fn a_body_that_agrees_is_taken() {
    let setting = Setting::new().await;
    let user = json!({"userId": ID.to_uppercase(), "isActive": true, "firstName": "Ann"});
    answers(&setting, true, ResponseTemplate::new(202).set_body_json(user)).await;

    switch(&setting, true).await.unwrap();
}

#[rstest]
#[case::made(201, json!({"userId": ID}), OutcomeClass::Unknown)]
#[case::known_as_nobody(403, error(403, "NOT_ALLOWED"), OutcomeClass::NotFound)]
#[case::forbidden_without_a_word(403, json!({"message": "Forbidden"}), OutcomeClass::Rejected)]
#[case::the_key(401, error(401, "UNAUTHORIZED"), OutcomeClass::Unauthorized)]
#[tokio::test]
async fn any_other_answer_has_its_class(#[case] status: u16, #[case] body: Value, #[case] class: OutcomeClass) {
    for active in [true, false] {
        let setting = Setting::new().await;
        answers(
            &setting,
            active,
            ResponseTemplate::new(status).set_body_json(body.clone()),
        )
        .await;

        let error = switch(&setting, active).await.unwrap_err();

        assert_eq!(shown(&error), (class, Some(status)), "{error}");
        assert_eq!(setting.received().await.len(), 1, "nothing more is asked");
    }
}
