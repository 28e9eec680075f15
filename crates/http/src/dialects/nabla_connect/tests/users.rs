//! The table of what an upsert means: who is found by which key, and what becomes of them.

use axum::http::StatusCode;
use roster_application::Acting;
use roster_domain::{Change, SettingsChanges, Surface, UserChanges};
use rstest::rstest;
use serde_json::{Value, json};

use super::{Given, given};

/// What is said about Ann.
fn ann() -> Value {
    json!({
        "provider_email": "ann.lee@example.org",
        "external_provider_id": "ehr-7",
        "settings": {
            "specialty": {"kind": "OTHER", "other_specialty_name": "Sleep medicine"},
            "speech_locale": "ENGLISH_US",
            "secondary_speech_locale": "SPANISH_MX",
        },
    })
}

/// What is said about somebody by these keys, without settings.
fn keys(email: &str, external_id: &str) -> Value {
    json!({"provider_email": email, "external_provider_id": external_id})
}

/// Ann again, with other settings.
fn ann_with(settings: &Value) -> Value {
    let mut body = ann();
    body["settings"] = settings.clone();
    body
}

async fn made_elsewhere(given: &Given, changes: UserChanges) -> roster_domain::User {
    let users = given.memory.users();
    users
        .create(Acting::inside(&given.organization, Surface::Cli), &changes, None)
        .await
        .expect("a user")
        .user
}

fn text(text: &str) -> Change<String> {
    Change::Set(text.to_owned())
}

#[tokio::test]
async fn a_new_user_is_made_and_answered_with_every_documented_key() {
    let given = given();

    let answer = given.upsert(&ann()).await;

    insta::assert_snapshot!(answer.whole(), @r#"
    200 OK
    {
      "created_at": "2025-06-15T15:06:40.123Z",
      "external_provider_id": "ehr-7",
      "provider_email": "ann.lee@example.org",
      "settings": {
        "secondary_speech_locale": "SPANISH_MX",
        "specialty": {
          "kind": "OTHER",
          "other_specialty_name": "Sleep medicine"
        },
        "speech_locale": "ENGLISH_US"
      }
    }
    "#);
    assert_eq!(given.memory.count(&given.organization), 1);
}

#[tokio::test]
async fn a_new_user_without_settings_is_answered_with_null() {
    let given = given();

    let answer = given.upsert(&keys("ann.lee@example.org", "ehr-7")).await;

    insta::assert_snapshot!(answer.whole(), @r#"
    200 OK
    {
      "created_at": "2025-06-15T15:06:40.123Z",
      "external_provider_id": "ehr-7",
      "provider_email": "ann.lee@example.org",
      "settings": null
    }
    "#);
}

#[tokio::test]
async fn the_same_again_changes_nothing() {
    let given = given();
    let first = given.upsert(&ann()).await;
    let stored = given.only_user().await;

    let second = given.upsert(&ann()).await;

    assert_eq!((second.status, second.json()), (StatusCode::OK, first.json()));
    assert_eq!(given.only_user().await, stored);
}

#[rstest]
#[case::absent(keys("ann.lee@example.org", "ehr-7"))]
#[case::null(ann_with(&json!(null)))]
#[case::without_members(ann_with(&json!({})))]
#[case::with_members_that_nobody_knows(ann_with(&json!({"colour": "blue"})))]
#[tokio::test]
async fn settings_of_which_nothing_is_said_stay(#[case] again: Value) {
    let given = given();
    let first = given.upsert(&ann()).await;

    let second = given.upsert(&again).await;

    assert_eq!((second.status, second.json()), (StatusCode::OK, first.json()));
}

#[rstest]
#[case::specialty(
    json!({"specialty": {"kind": "CARDIOLOGY"}}),
    json!([{"kind": "CARDIOLOGY", "other_specialty_name": null}, "ENGLISH_US", "SPANISH_MX"])
)]
#[case::name_of_the_specialty(
    json!({"specialty": {"kind": "OTHER", "other_specialty_name": "Space medicine"}}),
    json!([{"kind": "OTHER", "other_specialty_name": "Space medicine"}, "ENGLISH_US", "SPANISH_MX"])
)]
#[case::kind_alone(
    json!({"specialty": {"kind": "OTHER"}}),
    json!([{"kind": "OTHER", "other_specialty_name": "Sleep medicine"}, "ENGLISH_US", "SPANISH_MX"])
)]
#[case::name_cleared(
    json!({"specialty": {"kind": "OTHER", "other_specialty_name": null}}),
    json!([{"kind": "OTHER", "other_specialty_name": null}, "ENGLISH_US", "SPANISH_MX"])
)]
#[case::specialty_cleared(json!({"specialty": null}), json!([null, "ENGLISH_US", "SPANISH_MX"]))]
#[case::first_locale(
    json!({"speech_locale": "FRENCH_FR"}),
    json!([{"kind": "OTHER", "other_specialty_name": "Sleep medicine"}, "FRENCH_FR", "SPANISH_MX"])
)]
#[case::second_locale(
    json!({"secondary_speech_locale": "de-de"}),
    json!([{"kind": "OTHER", "other_specialty_name": "Sleep medicine"}, "ENGLISH_US", "GERMAN_DE"])
)]
#[case::second_locale_cleared(
    json!({"secondary_speech_locale": null}),
    json!([{"kind": "OTHER", "other_specialty_name": "Sleep medicine"}, "ENGLISH_US", null])
)]
#[case::both_locales_swapped(
    json!({"speech_locale": "SPANISH_MX", "secondary_speech_locale": "ENGLISH_US"}),
    json!([{"kind": "OTHER", "other_specialty_name": "Sleep medicine"}, "SPANISH_MX", "ENGLISH_US"])
)]
#[case::both_locales_cleared(
    json!({"speech_locale": null, "secondary_speech_locale": null}),
    json!([{"kind": "OTHER", "other_specialty_name": "Sleep medicine"}, "ENGLISH_US", null])
)]
#[tokio::test]
async fn settings_are_merged_member_by_member(#[case] settings: Value, #[case] expected: Value) {
    let given = given();
    given.upsert(&ann()).await;

    let answer = given.upsert(&ann_with(&settings)).await;

    let settings = &answer.json()["settings"];
    let members = json!([
        settings["specialty"],
        settings["speech_locale"],
        settings["secondary_speech_locale"]
    ]);
    assert_eq!((answer.status, members), (StatusCode::OK, expected));
}

#[tokio::test]
async fn settings_of_which_every_member_is_cleared_are_null() {
    let given = given();
    given.upsert(&ann()).await;
    let nothing = json!({"specialty": null, "speech_locale": null, "secondary_speech_locale": null});

    let answer = given.upsert(&ann_with(&nothing)).await;

    assert_eq!(
        (answer.status, &answer.json()["settings"]),
        (StatusCode::OK, &json!(null))
    );
}

#[tokio::test]
async fn a_kind_that_nobody_knows_and_a_locale_without_a_name_come_back_as_they_went_in() {
    let given = given();
    let settings = json!({
        "specialty": {"kind": "SPACE_MEDICINE_2", "other_specialty_name": null},
        "speech_locale": "nl-NL",
        "secondary_speech_locale": null,
    });

    let answer = given.upsert(&ann_with(&settings)).await;

    assert_eq!((answer.status, &answer.json()["settings"]), (StatusCode::OK, &settings));
}

#[rstest]
#[case::external_id(keys("ann@example.org", &"é".repeat(256)))]
#[case::address(keys(&format!("{}@{}.example.info", "a".repeat(64), vec!["b".repeat(58); 3].join(".")), "ehr-7"))]
#[case::kind(ann_with(&json!({"specialty": {"kind": format!("K{}", "_".repeat(99))}})))]
#[case::name(ann_with(&json!({"specialty": {"kind": "OTHER", "other_specialty_name": "ü".repeat(200)}})))]
#[tokio::test]
async fn what_is_just_within_the_limits_is_taken(#[case] body: Value) {
    let given = given();

    let answer = given.upsert(&body).await;

    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.json()["provider_email"], body["provider_email"]);
    assert_eq!(answer.json()["external_provider_id"], body["external_provider_id"]);
}

#[tokio::test]
async fn the_address_in_another_case_is_the_one_on_file_and_stays_as_it_is_spelt() {
    let given = given();
    let first = given.upsert(&ann()).await;

    let answer = given.upsert(&keys("ANN.Lee@Example.ORG", "ehr-7")).await;

    assert_eq!((answer.status, answer.json()), (StatusCode::OK, first.json()));
}

#[tokio::test]
async fn an_address_that_is_not_the_one_on_file_is_a_conflict_also_if_nobody_has_it() {
    let given = given();
    given.upsert(&ann()).await;
    let stored = given.only_user().await;

    let answer = given.upsert(&keys("other@example.org", "ehr-7")).await;

    insta::assert_snapshot!(answer.whole(), @r#"
    409 Conflict
    {
      "code": 90001,
      "debuggingHints": [],
      "message": "provider_email differs from the one on file for this external_provider_id",
      "name": "ENTITY_ALREADY_EXISTS",
      "traceId": "[trace]"
    }
    "#);
    assert_eq!(given.only_user().await, stored);
}

#[tokio::test]
async fn keys_of_two_users_are_a_conflict() {
    let given = given();
    given.upsert(&ann()).await;
    given.upsert(&keys("bob@example.org", "ehr-8")).await;
    let stored = given.users().await;

    let answer = given.upsert(&keys("bob@example.org", "ehr-7")).await;

    insta::assert_snapshot!(answer.whole(), @r#"
    409 Conflict
    {
      "code": 90001,
      "debuggingHints": [],
      "message": "external_provider_id and provider_email belong to two different users",
      "name": "ENTITY_ALREADY_EXISTS",
      "traceId": "[trace]"
    }
    "#);
    assert_eq!(given.users().await, stored);
}

#[tokio::test]
async fn the_address_of_a_user_with_another_external_id_is_a_conflict() {
    let given = given();
    given.upsert(&ann()).await;
    let stored = given.only_user().await;

    let answer = given.upsert(&keys("Ann.Lee@example.org", "ehr-9")).await;

    insta::assert_snapshot!(answer.whole(), @r#"
    409 Conflict
    {
      "code": 90001,
      "debuggingHints": [],
      "message": "the user of this provider_email has another external_provider_id",
      "name": "ENTITY_ALREADY_EXISTS",
      "traceId": "[trace]"
    }
    "#);
    assert_eq!(given.only_user().await, stored);
}

#[tokio::test]
async fn a_user_of_the_address_who_has_no_external_id_is_linked() {
    let given = given();
    let known = made_elsewhere(
        &given,
        UserChanges {
            email: text("Ann.Lee@example.org"),
            first_name: text("Ann"),
            ..UserChanges::default()
        },
    )
    .await;

    let answer = given.upsert(&ann()).await;

    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        (&answer.json()["external_provider_id"], &answer.json()["provider_email"]),
        (&json!("ehr-7"), &json!("Ann.Lee@example.org"))
    );
    let linked = given.only_user().await;
    assert_eq!(
        (linked.id, linked.profile.first_name),
        (known.id, known.profile.first_name)
    );
}

#[tokio::test]
async fn a_user_of_the_external_id_who_has_no_address_gets_it() {
    let given = given();
    let known = made_elsewhere(
        &given,
        UserChanges {
            external_id: text("ehr-7"),
            ..UserChanges::default()
        },
    )
    .await;

    let answer = given.upsert(&keys("Ann.Lee@example.org", "ehr-7")).await;

    assert_eq!(
        (answer.status, &answer.json()["provider_email"]),
        (StatusCode::OK, &json!("Ann.Lee@example.org"))
    );
    assert_eq!(given.only_user().await.id, known.id);
}

#[tokio::test]
async fn a_user_of_the_external_id_without_an_address_does_not_get_somebody_elses() {
    let given = given();
    let without = UserChanges {
        external_id: text("ehr-7"),
        ..UserChanges::default()
    };
    made_elsewhere(&given, without).await;
    given.upsert(&keys("bob@example.org", "ehr-8")).await;

    let answer = given.upsert(&keys("bob@example.org", "ehr-7")).await;

    assert_eq!(
        (answer.status, &answer.json()["name"]),
        (StatusCode::CONFLICT, &json!("ENTITY_ALREADY_EXISTS"))
    );
}

#[tokio::test]
async fn what_other_surfaces_keep_of_a_user_is_not_damaged() {
    let given = given();
    let known = made_elsewhere(
        &given,
        UserChanges {
            external_id: text("ehr-7"),
            email: text("ann.lee@example.org"),
            last_name: text("Lee"),
            roles: Change::Set(vec!["PRACTITIONER".to_owned()]),
            active: Change::Set(false),
            metadata: Change::Set([("ward".to_owned(), "3".to_owned())].into()),
            default_note_template_ids: Change::Set(vec!["template-1".to_owned()]),
            settings: Change::Set(SettingsChanges {
                speech_locale: text("fr-FR"),
                ..SettingsChanges::default()
            }),
            ..UserChanges::default()
        },
    )
    .await;

    let answer = given
        .upsert(&ann_with(&json!({"specialty": {"kind": "CARDIOLOGY"}})))
        .await;

    assert_eq!(answer.json()["settings"]["speech_locale"], json!("FRENCH_FR"));
    let after = given.only_user().await;
    assert_eq!(after.active, known.active);
    let mut expected = known.profile;
    expected.settings = after.profile.settings.clone();
    assert_eq!(after.profile, expected);
}

#[tokio::test]
async fn users_of_another_organization_are_neither_found_nor_touched() {
    let given = given();
    given.upsert(&ann()).await;
    let stored = given.only_user().await;
    let stranger = given.another_caller();

    let twin = given
        .upsert_as(&stranger, &ann_with(&json!({"speech_locale": "THAI_TH"})))
        .await;
    let answer = given.upsert_as(&stranger, &keys("other@example.org", "ehr-8")).await;

    assert_eq!(
        (twin.status, &twin.json()["settings"]["specialty"]),
        (StatusCode::OK, &json!(null))
    );
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(given.only_user().await, stored);
    assert_eq!(given.memory.count(&stranger.organization), 2);
}

#[tokio::test]
async fn fifty_identical_upserts_at_once_make_one_user() {
    let given = given();
    let body = ann();

    let answers = futures::future::join_all((0..50).map(|_| given.upsert(&body))).await;

    let first = answers[0].json();
    for answer in &answers {
        assert_eq!((answer.status, &answer.json()), (StatusCode::OK, &first));
    }
    assert_eq!(given.memory.count(&given.organization), 1);
}

#[tokio::test]
async fn a_body_without_a_media_type_is_read_as_json() {
    let given = given();
    let mut request = given.request(&ann().to_string());
    request.headers_mut().remove("content-type");

    assert_eq!(given.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_write_tells_the_history_which_client_made_it_through_this_api() {
    let given = given();
    let ann = json!({"provider_email": "ann@example.org", "external_provider_id": "ehr-7"});
    given.upsert(&ann).await;
    let changed = json!({
        "provider_email": "ann@example.org", "external_provider_id": "ehr-7", "settings": {"speech_locale": "FRENCH_FR"},
    });
    given.upsert(&changed).await;
    given.upsert(&changed).await;

    insta::assert_snapshot!(given.memory.deeds().join("\n").replace(&given.client.to_string(), "{client}"), @r"
    nabla_connect created {client}
    nabla_connect updated {client}
    ");
}
