//! What is made of an answer: it is read leniently, and compared member by member.

use roster_contract::vendor::clinician;
use roster_domain::OutcomeClass;
use rstest::rstest;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{given, told, with_settings};

#[rstest]
#[case::null(json!(null), &["settings.specialty", "settings.speech_locale", "settings.secondary_speech_locale"])]
#[case::empty(json!({}), &["settings.specialty", "settings.speech_locale", "settings.secondary_speech_locale"])]
#[case::a_kind_that_nobody_knows(
    json!({"specialty": {"kind": "SPACE_MEDICINE_2"}, "speech_locale": "ENGLISH_US", "secondary_speech_locale": "SPANISH_MX"}),
    &["settings.specialty"]
)]
#[case::the_same_kind_with_another_name(
    json!({
        "specialty": {"kind": "OTHER", "other_specialty_name": "Space medicine"},
        "speech_locale": "ENGLISH_US", "secondary_speech_locale": "SPANISH_MX"
    }),
    &["settings.specialty"]
)]
#[case::locales_that_nobody_knows(
    json!({
        "specialty": {"kind": "OTHER", "other_specialty_name": "Sleep medicine"},
        "speech_locale": "KLINGON_QO", "secondary_speech_locale": "!"
    }),
    &["settings.speech_locale", "settings.secondary_speech_locale"]
)]
#[case::locales_as_language_tags(
    json!({
        "specialty": {"kind": "OTHER", "other_specialty_name": "Sleep medicine"},
        "speech_locale": "en-us", "secondary_speech_locale": "es-MX"
    }),
    &[]
)]
#[case::members_that_nobody_knows(
    json!({
        "specialty": {"kind": "OTHER", "other_specialty_name": "Sleep medicine", "since": 2020},
        "speech_locale": "ENGLISH_US", "secondary_speech_locale": "SPANISH_MX", "theme": {"dark": true}
    }),
    &[]
)]
#[tokio::test]
async fn settings_that_differ_are_named(#[case] settings: Value, #[case] differing: &[&str]) {
    let given = given().await.answering([told(&settings)]).await;

    let updated = given.update(&clinician()).await.unwrap();

    assert_eq!(updated.differing, differing);
    assert_eq!(updated.matches, differing.is_empty());
}

#[rstest]
#[case::without_the_address(json!({"external_provider_id": "ehr-4711", "settings": null}))]
#[case::in_another_case(json!({"external_provider_id": "ehr-4711", "provider_email": "Ann@Example.ORG"}))]
#[case::with_more(json!({"external_provider_id": "ehr-4711", "provider_email": "ann@example.org", "id": 7, "created_at": 1}))]
#[tokio::test]
async fn an_answer_may_say_less_or_more_than_is_documented(#[case] body: Value) {
    let answer = ResponseTemplate::new(200).set_body_json(body);
    let given = given().await.answering([answer]).await;

    let created = given.create(&with_settings(None, None, None)).await.unwrap();

    assert!(created.matches, "{:?}", created.differing);
}

#[rstest]
#[case::another("ehr-4712")]
#[case::another_case("EHR-4711")]
#[case::none("")]
#[tokio::test]
async fn an_answer_about_another_external_id_is_unknown(#[case] external_id: &str) {
    let body = json!({"provider_email": "ann@example.org", "external_provider_id": external_id, "settings": null});
    let other = ResponseTemplate::new(200).set_body_json(body);
    let given = given().await.answering([other.clone(), other]).await;

    let created = given.create(&clinician()).await.unwrap_err();
    let updated = given.update(&clinician()).await.unwrap_err();

    for error in [created, updated] {
        assert_eq!((error.class, error.status), (OutcomeClass::Unknown, Some(200)));
        assert_eq!(
            error.message,
            "Nabla Connect answered with a user of another external id"
        );
    }
}

#[tokio::test]
async fn another_address_on_file_is_never_passed_over() {
    let body = json!({"provider_email": "bob@example.org", "external_provider_id": "ehr-4711", "settings": null});
    let other = ResponseTemplate::new(200).set_body_json(body);
    let given = given().await.answering([other.clone(), other]).await;
    let user = with_settings(None, None, None);

    let created = given.create(&user).await.unwrap();
    let updated = given.update(&user).await.unwrap_err();

    assert_eq!(created.differing, ["provider_email"]);
    assert_eq!(updated.class, OutcomeClass::Rejected);
    assert_eq!(
        updated.message,
        "Nabla Connect has another e-mail address on file for ehr-4711, and no way to change it"
    );
}
