//! Checking addresses and creating providers.

use axum::http::{Method, StatusCode};
use roster_domain::{NoteIdentifier, SessionType};
use rstest::rstest;
use serde_json::{Value, json};

use super::{ANOTHER_KEY, V1, V2, given};

/// Every field of both versions.
fn everything() -> Value {
    json!({
        "partnerUserId": "ehr-7",
        "firstName": "Ann",
        "lastName": "Lee",
        "email": "ann.lee@example.org",
        "phoneNumber": "555 010 0199",
        "phoneCountryCode": "+1",
        "locale": "en-us",
        "nationalProviderIdentifier": "1234567893",
        "therapyLicence": "LCSW-4711",
        "defaultSessionType": "Soap",
        "defaultNoteTemplateIds": ["2fb81b0a-611b-11ed-9b6a-0242ac120002"],
        "noteIdentifier": "Provider",
        "favouriteColour": "blue",
    })
}

#[tokio::test]
async fn a_new_provider_of_the_second_version_is_answered_with_every_field_of_the_document() {
    let given = given();

    let answer = given
        .send_json(Method::POST, &format!("{V2}/users/providers"), &everything())
        .await;

    insta::assert_snapshot!(answer.whole(), @r#"
    200 OK
    {
      "defaultNoteTemplateIds": [
        "2fb81b0a-611b-11ed-9b6a-0242ac120002"
      ],
      "inviteUrl": "https://app.upheal.io/invite/51d94fc2-447a-85e4-9707-f00839840abf",
      "noteIdentifier": "Provider",
      "organizationId": "00000000-0000-0000-0000-000000000001",
      "partnerUserId": "ehr-7",
      "privateRoomLink": "https://upheal.io/264UuXbfIOzMhdDydIcFVg",
      "userId": "01970000-0000-7000-8000-000000000003"
    }
    "#);
}

#[tokio::test]
async fn a_new_provider_of_the_first_version_is_answered_without_what_the_second_adds() {
    let given = given();

    let answer = given
        .send_json(Method::POST, &format!("{V1}/users/providers"), &everything())
        .await;

    insta::assert_snapshot!(answer.whole(), @r#"
    200 OK
    {
      "inviteUrl": "https://app.upheal.io/invite/51d94fc2-447a-85e4-9707-f00839840abf",
      "organizationId": "00000000-0000-0000-0000-000000000001",
      "partnerUserId": "ehr-7",
      "privateRoomLink": "https://upheal.io/264UuXbfIOzMhdDydIcFVg",
      "userId": "01970000-0000-7000-8000-000000000003"
    }
    "#);
}

#[tokio::test]
async fn what_is_not_given_is_left_out_of_the_answer() {
    let given = given();
    let body = json!({
        "firstName": "Ann", "lastName": "Lee", "email": "ann.lee@example.org", "partnerUserId": null, "locale": null,
        "noteIdentifier": null, "defaultNoteTemplateIds": null,
    });

    let answer = given
        .send_json(Method::POST, &format!("{V2}/users/providers"), &body)
        .await;

    let body = answer.json();
    let keys: Vec<&str> = body
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "defaultNoteTemplateIds",
            "inviteUrl",
            "organizationId",
            "privateRoomLink",
            "userId"
        ]
    );
    assert_eq!(body["defaultNoteTemplateIds"], json!([]));
}

#[tokio::test]
async fn each_version_keeps_what_it_knows_and_passes_over_the_rest() {
    let given = given();
    let mut second = everything();
    second["email"] = json!("other@example.org");
    second["partnerUserId"] = json!("ehr-8");

    let first = given
        .send_json(Method::POST, &format!("{V1}/users/providers"), &everything())
        .await;
    let second = given
        .send_json(Method::POST, &format!("{V2}/users/providers"), &second)
        .await;

    let first = given.kept(&first.id()).await.profile;
    assert_eq!(first.default_session_type.map(SessionType::name), Some("Soap"));
    assert_eq!(
        (first.default_note_template_ids.len(), first.note_identifier),
        (0, None)
    );
    let second = given.kept(&second.id()).await.profile;
    assert_eq!(second.default_session_type, None);
    assert_eq!(
        (
            second.default_note_template_ids.len(),
            second.note_identifier.map(NoteIdentifier::name)
        ),
        (1, Some("Provider"))
    );
    for profile in [first, second] {
        let phone = profile.phone.expect("a telephone number");
        assert_eq!(phone.country_code.expect("a code").as_str(), "+1");
        assert_eq!(phone.number.expect("a number").as_str(), "555 010 0199");
        assert_eq!(profile.locale.expect("a locale").as_str(), "en-US");
        assert_eq!(profile.npi.expect("an NPI").as_str(), "1234567893");
        assert_eq!(profile.therapy_licence.expect("a licence").as_str(), "LCSW-4711");
    }
}

#[rstest]
#[case::first_by_slug(V1, "clinic")]
#[case::second_by_slug(V2, "clinic")]
#[case::first_by_id(V1, "00000000-0000-0000-0000-000000000001")]
#[case::second_by_id(V2, "00000000-0000-0000-0000-000000000001")]
#[tokio::test]
async fn a_provider_is_made_in_the_organization_of_the_key(#[case] version: &str, #[case] organization: &str) {
    let given = given();
    let path = format!("{version}/organizations/{organization}/users/providers");

    let answer = given.send_json(Method::POST, &path, &everything()).await;

    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.json()["organizationId"],
        json!("00000000-0000-0000-0000-000000000001")
    );
    assert_eq!(
        answer.json().get("noteIdentifier").is_some(),
        version == V2,
        "the answer is that of the version"
    );
    assert_eq!(given.memory.count(&given.organization), 1);
}

#[rstest]
#[case::partner_user_id(json!({"email": "other@example.org"}), "/partnerUserId")]
#[case::email(json!({"partnerUserId": "ehr-8"}), "/email")]
#[case::email_in_capitals(json!({"partnerUserId": null, "email": "ANN.LEE@EXAMPLE.ORG"}), "/email")]
#[tokio::test]
async fn what_another_user_has_is_not_allowed(#[case] changed: Value, #[case] field: &str) {
    let given = given();
    given
        .send_json(Method::POST, &format!("{V2}/users/providers"), &everything())
        .await;
    let mut body = everything();
    let Value::Object(changed) = changed else {
        panic!("an object")
    };
    body.as_object_mut().expect("an object").extend(changed);

    for version in [V1, V2] {
        for path in ["users/providers", "organizations/clinic/users/providers"] {
            let answer = given.send_json(Method::POST, &format!("{version}/{path}"), &body).await;

            assert_eq!(answer.refusal(), (403, "USER_EXISTS".to_owned()));
            assert_eq!(
                answer.json()["message"],
                json!("Given API key is not allowed to create user with given parameters.")
            );
            assert_eq!(answer.json()["errors"][0]["field"], json!(field));
        }
    }
    assert_eq!(given.memory.count(&given.organization), 1);
}

#[tokio::test]
async fn an_address_is_checked_without_regard_to_case() {
    let given = given();
    let id = given.provider().await;

    for version in [V1, V2] {
        let path = format!("{version}/users/check");
        let somebody = given
            .send_json(Method::POST, &path, &json!({"email": "Ann.Lee@Example.org"}))
            .await;
        let nobody = given
            .send_json(Method::POST, &path, &json!({"email": "nobody@example.org"}))
            .await;

        assert_eq!(
            (somebody.status, somebody.json()),
            (
                StatusCode::OK,
                json!({"isUserExists": true, "userId": id, "email": "ann.lee@example.org", "isActive": true})
            )
        );
        assert_eq!(
            (nobody.status, nobody.json()),
            (StatusCode::OK, json!({"isUserExists": false}))
        );
    }
}

#[tokio::test]
async fn a_check_tells_whether_the_user_may_work() {
    let given = given();
    let id = given.provider().await;
    given.call(Method::DELETE, &format!("{V2}/users/{id}"), "").await;

    let body = json!({"email": "ann.lee@example.org"}).to_string();
    let answer = given
        .with_key(ANOTHER_KEY, Method::POST, &format!("{V1}/users/check"), &body)
        .await;

    assert_eq!(answer.json()["isActive"], json!(false));
}
