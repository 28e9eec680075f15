//! Reading and changing providers.

use axum::http::{Method, StatusCode};
use roster_domain::{Change, CustomerChanges, PersonName, SettingsChanges, SpecialtyChanges, UserChanges};
use rstest::rstest;
use serde_json::{Value, json};

use super::{V1, V2, given};

async fn full(given: &super::Given) -> String {
    let body = json!({
        "partnerUserId": "ehr-7", "firstName": "Ann", "lastName": "Lee", "email": "ann.lee@example.org",
        "phoneNumber": "555 010 0199", "phoneCountryCode": "+1", "nationalProviderIdentifier": "1234567893",
        "therapyLicence": "LCSW-4711", "defaultNoteTemplateIds": ["t-1", "t-2"], "noteIdentifier": "Clinician",
    });
    given
        .send_json(Method::POST, &format!("{V2}/users/providers"), &body)
        .await
        .id()
}

#[tokio::test]
async fn a_provider_is_shown_by_either_version_under_either_of_its_ids() {
    let given = given();
    let id = full(&given).await;

    let first = given.call(Method::GET, &format!("{V1}/users/providers/{id}"), "").await;
    let second = given.call(Method::GET, &format!("{V2}/users/providers/{id}"), "").await;

    insta::assert_snapshot!(first.whole(), @r#"
    200 OK
    {
      "defaultSessionType": "Standard",
      "email": "ann.lee@example.org",
      "firstName": "Ann",
      "lastName": "Lee",
      "nationalProviderIdentifier": "1234567893",
      "organizationId": "00000000-0000-0000-0000-000000000001",
      "partnerUserId": "ehr-7",
      "phoneCountryCode": "+1",
      "phoneNumber": "555 010 0199",
      "therapyLicence": "LCSW-4711",
      "userId": "01970000-0000-7000-8000-000000000003"
    }
    "#);
    insta::assert_snapshot!(second.whole(), @r#"
    200 OK
    {
      "defaultNoteTemplateIds": [
        "t-1",
        "t-2"
      ],
      "email": "ann.lee@example.org",
      "firstName": "Ann",
      "lastName": "Lee",
      "nationalProviderIdentifier": "1234567893",
      "noteIdentifier": "Clinician",
      "organizationId": "00000000-0000-0000-0000-000000000001",
      "partnerUserId": "ehr-7",
      "phoneCountryCode": "+1",
      "phoneNumber": "555 010 0199",
      "therapyLicence": "LCSW-4711",
      "userId": "01970000-0000-7000-8000-000000000003"
    }
    "#);
    for (version, shown) in [(V1, first), (V2, second)] {
        for name in ["ehr-7".to_owned(), id.to_uppercase()] {
            let again = given
                .call(Method::GET, &format!("{version}/users/providers/{name}"), "")
                .await;
            assert_eq!((again.status, again.json()), (StatusCode::OK, shown.json()));
        }
    }
}

#[rstest]
#[case::space("ward 3", "ward%203")]
#[case::slash("ward/3", "ward%2F3")]
#[case::percent("100%", "100%25")]
#[case::name_of_another_path("check", "check")]
#[case::another_script("東-7", "%E6%9D%B1-7")]
#[tokio::test]
async fn a_partner_user_id_is_found_whatever_it_is_made_of(#[case] partner_user_id: &str, #[case] encoded: &str) {
    let given = given();
    let changes = UserChanges {
        external_id: Change::Set(partner_user_id.to_owned()),
        ..UserChanges::default()
    };
    let id = given.user(&changes).await;

    for version in [V1, V2] {
        let found = given
            .call(Method::GET, &format!("{version}/users/providers/{encoded}"), "")
            .await;

        assert_eq!((found.status, found.id()), (StatusCode::OK, id.clone()));
    }
}

#[tokio::test]
async fn a_user_who_was_made_elsewhere_has_empty_texts_where_the_vendor_requires_some() {
    let given = given();
    let id = given.user(&UserChanges::default()).await;

    let shown = given.call(Method::GET, &format!("{V2}/users/providers/{id}"), "").await;

    assert_eq!(
        shown.json(),
        json!({
            "userId": id,
            "firstName": "",
            "lastName": "",
            "email": "",
            "defaultNoteTemplateIds": [],
            "organizationId": "00000000-0000-0000-0000-000000000001",
        })
    );
}

#[tokio::test]
async fn a_change_of_the_second_version_is_answered_with_the_whole_provider() {
    let given = given();
    let id = full(&given).await;
    let body = json!({"defaultNoteTemplateIds": ["t-3"], "noteIdentifier": "Coach", "therapyLicence": null});

    let answer = given
        .send_json(Method::PATCH, &format!("{V2}/users/providers/ehr-7"), &body)
        .await;

    let shown = given.call(Method::GET, &format!("{V2}/users/providers/{id}"), "").await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, shown.json()));
    assert_eq!(answer.json()["defaultNoteTemplateIds"], json!(["t-3"]));
    assert_eq!(answer.json()["noteIdentifier"], json!("Coach"));
    assert_eq!(answer.json().get("therapyLicence"), None);
    assert_eq!(answer.json()["nationalProviderIdentifier"], json!("1234567893"));
}

#[rstest]
#[case::set(json!({"defaultSessionType": "Mse"}), "Mse")]
#[case::never_set(json!({}), "Standard")]
#[case::cleared(json!({"defaultSessionType": null}), "Standard")]
#[tokio::test]
async fn a_change_of_the_first_version_is_answered_with_the_session_type_under_another_name(
    #[case] body: Value,
    #[case] expected: &str,
) {
    let given = given();
    let id = full(&given).await;

    let answer = given
        .send_json(Method::PATCH, &format!("{V1}/users/providers/{id}"), &body)
        .await;

    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::OK, json!({"userId": id, "defaultNotesType": expected}))
    );
}

#[rstest]
#[case::first(V1)]
#[case::second(V2)]
#[tokio::test]
async fn names_and_address_are_passed_over(#[case] version: &str) {
    let given = given();
    let id = full(&given).await;
    let before = given.kept(&id).await;
    let body = json!({"firstName": 5, "lastName": "Other", "email": "other@example.org", "partnerUserId": "other"});

    let answer = given
        .send_json(Method::PATCH, &format!("{version}/users/providers/{id}"), &body)
        .await;

    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(given.kept(&id).await, before);
}

#[tokio::test]
async fn neither_version_damages_what_the_other_keeps() {
    let given = given();
    let id = full(&given).await;
    let first = format!("{V1}/users/providers/{id}");
    let second = format!("{V2}/users/providers/{id}");

    let body = json!({"defaultSessionType": "Girp", "therapyLicence": "L-2", "defaultNoteTemplateIds": ["lost"]});
    given.send_json(Method::PATCH, &first, &body).await;
    let after_first = given.call(Method::GET, &second, "").await.json();
    let body = json!({"defaultNoteTemplateIds": ["t-9"], "defaultSessionType": "Dap"});
    given.send_json(Method::PATCH, &second, &body).await;
    let after_second = given.call(Method::GET, &first, "").await.json();

    assert_eq!(after_first["defaultNoteTemplateIds"], json!(["t-1", "t-2"]));
    assert_eq!(after_first["noteIdentifier"], json!("Clinician"));
    assert_eq!(after_first["therapyLicence"], json!("L-2"));
    assert_eq!(after_second["defaultSessionType"], json!("Girp"));
}

#[tokio::test]
async fn nothing_that_the_vendor_does_not_know_is_damaged() {
    let given = given();
    let text = |text: &str| Change::Set(text.to_owned());
    let changes = UserChanges {
        external_id: text("ehr-7"),
        email: text("ann@example.org"),
        first_name: text("Ann"),
        last_name: text("Lee"),
        locale: text("de-CH"),
        customer_id: text("cardiology"),
        roles: Change::Set(vec!["ADMINISTRATOR".to_owned(), "PRACTITIONER".to_owned()]),
        metadata: Change::Set([("ward".to_owned(), "3".to_owned())].into()),
        default_session_type: text("Emdr"),
        settings: Change::Set(SettingsChanges {
            speech_locale: text("de-CH"),
            specialty: Change::Set(SpecialtyChanges {
                kind: text("CARDIOLOGY"),
                ..SpecialtyChanges::default()
            }),
            ..SettingsChanges::default()
        }),
        ..UserChanges::default()
    };
    let customer = CustomerChanges {
        customer_id: text("cardiology"),
        display_name: text("Cardiology"),
        ..CustomerChanges::default()
    };
    let made = given.memory.customers().create(&given.organization, &customer).await;
    made.expect("a customer");
    let id = given.user(&changes).await;
    let before = given.kept(&id).await;

    let body = json!({
        "firstName": "Anna", "pronoun": "FeminineHer", "dateOfBirth": "1980-02-29", "therapyLicence": "L",
        "nationalProviderIdentifier": "1234567893", "noteIdentifier": "Coach", "defaultNoteTemplateIds": ["t"],
        "metadata": {}, "roles": [], "settings": null, "customerId": null, "customer_id": null, "locale": null,
        "email": null, "active": false,
    });
    for path in [format!("{V2}/users/{id}"), format!("{V2}/users/providers/{id}")] {
        let answer = given.send_json(Method::PATCH, &path, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
    for method in [Method::DELETE, Method::POST] {
        let action = if method == Method::POST { "/activate" } else { "" };
        let answer = given.call(method, &format!("{V1}/users/{id}{action}"), "").await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    }

    let mut after = given.kept(&id).await;
    assert_eq!(after.profile.first_name.as_ref().map(PersonName::as_str), Some("Anna"));
    assert!(after.profile.date_of_birth.is_some() && after.profile.npi.is_some());
    after.profile.first_name.clone_from(&before.profile.first_name);
    after.profile.pronoun = None;
    after.profile.date_of_birth = None;
    after.profile.therapy_licence = None;
    after.profile.npi = None;
    after.profile.note_identifier = None;
    after.profile.default_note_template_ids = Vec::new();
    assert_eq!((after.profile, after.active), (before.profile, before.active));
}
