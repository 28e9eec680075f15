//! What is sent so that the vendor's settings become the record's: it merges what comes into what it has, and takes no
//! settings without a speech locale.

use roster_application::ports::{Subject, VendorGateway};
use roster_contract::vendor::clinician;
use roster_domain::VendorKey;
use rstest::rstest;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{bare, given, sending, told, with_settings};

#[tokio::test]
async fn a_create_sends_keys_and_all_settings_with_token_and_default_version() {
    let settings = json!({
        "specialty": {"kind": "OTHER", "other_specialty_name": "Sleep medicine"},
        "speech_locale": "ENGLISH_US",
        "secondary_speech_locale": "SPANISH_MX",
    });
    let given = given().await.answering([told(&settings)]).await;

    let created = given.create(&clinician()).await.unwrap();

    assert_eq!(
        (created.id.as_str(), created.active, created.matches, created.invite_url),
        ("ehr-4711", true, true, None)
    );
    let mut body = bare();
    body["settings"] = settings;
    assert_eq!(given.bodies().await, [body]);
    let headers = given.upserts().await.remove(0).headers;
    assert_eq!(headers["authorization"], "Bearer token-1");
    assert_eq!(headers["x-nabla-api-version"], "2026-03-23");
    assert_eq!(headers["content-type"], "application/json");
}

#[tokio::test]
async fn another_status_that_means_made_is_a_success_too() {
    let made = ResponseTemplate::new(201).set_body_json(bare());
    let given = given().await.answering([made]).await;

    let created = given.create(&with_settings(None, None, None)).await.unwrap();

    assert!(created.matches, "{:?}", created.differing);
}

#[tokio::test]
async fn a_create_goes_under_the_key_that_was_announced_and_says_that_the_record_has_another() {
    let mut body = bare();
    body["external_provider_id"] = json!("an-older-id");
    let answer = ResponseTemplate::new(200).set_body_json(&body);
    let given = given().await.answering([answer]).await;
    let user = with_settings(None, None, None);
    let subject = Subject {
        user: &user,
        password: None,
    };

    let key = VendorKey::new("an-older-id");
    let created = given.client.create(given.target(), &key, subject).await.unwrap();

    assert_eq!(created.id.as_str(), "an-older-id");
    assert_eq!(created.differing, ["external_provider_id"]);
    assert_eq!(given.bodies().await, [body]);
}

#[rstest]
#[case::nothing_beside_the_locale(
    with_settings(None, Some("fr-FR"), None),
    sending(&json!(null), "FRENCH_FR", &json!(null))
)]
#[case::a_locale_that_the_vendor_has_no_name_for(
    with_settings(Some("CARDIOLOGY"), Some("nl-NL"), None),
    sending(&json!({"kind": "CARDIOLOGY", "other_specialty_name": null}), "nl-NL", &json!(null))
)]
#[case::both_locales(
    with_settings(None, Some("de-DE"), Some("en-GB")),
    sending(&json!(null), "GERMAN_DE", &json!("ENGLISH_UK"))
)]
#[tokio::test]
async fn an_update_of_a_record_with_a_speech_locale_is_one_request_in_which_what_is_not_set_is_null(
    #[case] user: roster_domain::User,
    #[case] body: Value,
) {
    let given = given().await.answering([told(&body["settings"])]).await;

    let updated = given.update(&user).await.unwrap();

    assert!(updated.matches, "{:?}", updated.differing);
    assert_eq!(given.bodies().await, [body]);
}

#[rstest]
#[case::nothing(json!(null))]
#[case::only_a_locale(json!({"specialty": null, "speech_locale": "FRENCH_FR", "secondary_speech_locale": null}))]
#[tokio::test]
async fn a_record_without_settings_leaves_the_vendors_speech_locale_alone(#[case] settings: Value) {
    let given = given().await.answering([told(&settings)]).await;

    let updated = given.update(&with_settings(None, None, None)).await.unwrap();

    assert!(updated.matches, "{:?}", updated.differing);
    assert_eq!(given.bodies().await, [bare()]);
}

#[tokio::test]
async fn what_was_set_and_is_no_longer_is_cleared_beside_the_speech_locale_that_the_vendor_has() {
    let before = json!({
        "specialty": {"kind": "CARDIOLOGY", "other_specialty_name": null},
        "speech_locale": "FRENCH_FR",
        "secondary_speech_locale": "ENGLISH_UK",
    });
    let after = json!({"specialty": null, "speech_locale": "FRENCH_FR", "secondary_speech_locale": null});
    let given = given().await.answering([told(&before), told(&after)]).await;

    let updated = given.update(&with_settings(None, None, None)).await.unwrap();

    assert!(updated.matches, "{:?}", updated.differing);
    let cleared = sending(&json!(null), "FRENCH_FR", &json!(null));
    assert_eq!(given.bodies().await, [bare(), cleared]);
}

#[rstest]
#[case::beside_the_one_that_the_vendor_has(
    json!({"specialty": {"kind": "SURGERY"}, "speech_locale": "DIALECT_XY", "secondary_speech_locale": null}),
    "DIALECT_XY"
)]
#[case::beside_the_default_where_it_has_none(json!(null), "ENGLISH_US")]
#[tokio::test]
async fn a_specialty_without_speech_locale_is_sent(#[case] before: Value, #[case] speech_locale: &str) {
    let specialty = json!({"kind": "CARDIOLOGY", "other_specialty_name": null});
    let corrected = sending(&specialty, speech_locale, &json!(null));
    let answers = [told(&before), told(&corrected["settings"])];
    let given = given().await.answering(answers).await;

    let updated = given
        .update(&with_settings(Some("CARDIOLOGY"), None, None))
        .await
        .unwrap();

    assert!(updated.matches, "{:?}", updated.differing);
    assert_eq!(given.bodies().await, [bare(), corrected]);
}

#[tokio::test]
async fn a_create_is_one_request_and_leaves_to_the_update_what_the_vendor_must_tell_first() {
    let given = given().await.answering([told(&json!(null))]).await;

    let created = given
        .create(&with_settings(Some("CARDIOLOGY"), None, None))
        .await
        .unwrap();

    assert!(!created.matches);
    assert_eq!(created.differing, ["settings.specialty"]);
    assert_eq!(given.bodies().await, [bare()]);
}

#[tokio::test]
async fn a_correction_that_fails_fails_the_update() {
    let answers = [told(&json!(null)), ResponseTemplate::new(503)];
    let given = given().await.answering(answers).await;

    let error = given
        .update(&with_settings(Some("CARDIOLOGY"), None, None))
        .await
        .unwrap_err();

    assert_eq!(error.status, Some(503));
    assert_eq!(given.bodies().await.len(), 2);
}

#[tokio::test]
async fn a_vendor_that_does_not_take_what_is_sent_is_said_to_differ_and_not_asked_again() {
    let stubborn =
        json!({"specialty": {"kind": "SURGERY"}, "speech_locale": "FRENCH_FR", "secondary_speech_locale": null});
    let given = given().await.answering([told(&stubborn), told(&stubborn)]).await;

    let updated = given.update(&with_settings(None, None, None)).await.unwrap();

    assert_eq!(updated.differing, ["settings.specialty"]);
    assert_eq!(given.bodies().await.len(), 2);
}
