//! Reading and changing users of any kind.

use axum::http::{Method, StatusCode};
use roster_domain::{Profile, SessionType};
use rstest::rstest;
use serde_json::{Value, json};

use super::{V1, V2, given};

#[tokio::test]
async fn a_user_is_shown_with_the_fields_of_each_version() {
    let given = given();
    let id = given.provider().await;
    let body = json!({"pronoun": "NeutralThem", "dateOfBirth": "1980-02-29", "defaultNoteTemplateIds": ["t-1"]});
    given.send_json(Method::PATCH, &format!("{V2}/users/{id}"), &body).await;

    let first = given.call(Method::GET, &format!("{V1}/users/{id}"), "").await;
    let second = given.call(Method::GET, &format!("{V2}/users/ehr-7"), "").await;

    insta::assert_snapshot!(first.whole(), @r#"
    200 OK
    {
      "dateOfBirth": "1980-02-29",
      "defaultSessionType": "Standard",
      "email": "ann.lee@example.org",
      "firstName": "Ann",
      "inviteUrl": "https://app.upheal.io/invite/51d94fc2-447a-85e4-9707-f00839840abf",
      "lastName": "Lee",
      "organizationId": "00000000-0000-0000-0000-000000000001",
      "partnerUserId": "ehr-7",
      "privateRoomLink": "https://upheal.io/264UuXbfIOzMhdDydIcFVg",
      "pronoun": "NeutralThem",
      "userId": "01970000-0000-7000-8000-000000000003",
      "userType": "HealthcareProvider"
    }
    "#);
    insta::assert_snapshot!(second.whole(), @r#"
    200 OK
    {
      "dateOfBirth": "1980-02-29",
      "defaultNoteTemplateIds": [
        "t-1"
      ],
      "email": "ann.lee@example.org",
      "firstName": "Ann",
      "inviteUrl": "https://app.upheal.io/invite/51d94fc2-447a-85e4-9707-f00839840abf",
      "lastName": "Lee",
      "organizationId": "00000000-0000-0000-0000-000000000001",
      "partnerUserId": "ehr-7",
      "privateRoomLink": "https://upheal.io/264UuXbfIOzMhdDydIcFVg",
      "pronoun": "NeutralThem",
      "userId": "01970000-0000-7000-8000-000000000003",
      "userType": "HealthcareProvider"
    }
    "#);
}

#[rstest]
#[case::first(V1)]
#[case::second(V2)]
#[tokio::test]
async fn a_change_is_answered_with_the_user_as_it_is_then(#[case] version: &str) {
    let given = given();
    let id = given.provider().await;
    let path = format!("{version}/users/{id}");
    let body = json!({
        "firstName": "Anna", "lastName": "Lee-Park", "pronoun": "FeminineHer", "dateOfBirth": "1980-02-29",
        "defaultSessionType": "Birp", "defaultNoteTemplateIds": ["t-1"],
    });

    let answer = given.send_json(Method::PATCH, &path, &body).await;

    let shown = given.call(Method::GET, &path, "").await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, shown.json()));
    let shown = shown.json();
    assert_eq!(
        [
            &shown["firstName"],
            &shown["lastName"],
            &shown["pronoun"],
            &shown["dateOfBirth"]
        ],
        [
            &json!("Anna"),
            &json!("Lee-Park"),
            &json!("FeminineHer"),
            &json!("1980-02-29")
        ]
    );
    let own = if version == V1 {
        (json!("Birp"), Value::Null)
    } else {
        (Value::Null, json!(["t-1"]))
    };
    assert_eq!(
        (&shown["defaultSessionType"], &shown["defaultNoteTemplateIds"]),
        (&own.0, &own.1)
    );
}

#[rstest]
#[case::first(V1)]
#[case::second(V2)]
#[tokio::test]
async fn what_is_left_out_stays_and_null_clears(#[case] version: &str) {
    let given = given();
    let id = given.provider().await;
    let path = format!("{version}/users/{id}");
    let body = json!({"pronoun": "MasculineHim", "dateOfBirth": "1980-02-29"});
    let set = given.send_json(Method::PATCH, &path, &body).await.json();

    let kept = given.send_json(Method::PATCH, &path, &json!({})).await.json();
    let cleared = given
        .send_json(Method::PATCH, &path, &json!({"pronoun": null, "dateOfBirth": null}))
        .await
        .json();

    assert_eq!(kept, set);
    assert_eq!((cleared.get("pronoun"), cleared.get("dateOfBirth")), (None, None));
    assert_eq!(cleared["firstName"], json!("Ann"));
}

#[tokio::test]
async fn neither_version_damages_what_the_other_keeps() {
    let given = given();
    let id = given.provider().await;
    let (first, second) = (format!("{V1}/users/{id}"), format!("{V2}/users/{id}"));

    let both = json!({"defaultSessionType": "Intake", "defaultNoteTemplateIds": ["t-1"]});
    given.send_json(Method::PATCH, &first, &both).await;
    let after_first = given.kept(&id).await.profile;
    given
        .send_json(
            Method::PATCH,
            &second,
            &json!({"defaultSessionType": null, "defaultNoteTemplateIds": ["t-2"]}),
        )
        .await;
    let after_second = given.kept(&id).await.profile;
    given
        .send_json(
            Method::PATCH,
            &first,
            &json!({"defaultSessionType": null, "defaultNoteTemplateIds": null}),
        )
        .await;
    let after_third = given.kept(&id).await.profile;

    let session_type = |profile: &Profile| profile.default_session_type.map(SessionType::name);
    assert_eq!(
        (session_type(&after_first), after_first.default_note_template_ids.len()),
        (Some("Intake"), 0)
    );
    assert_eq!(
        (
            session_type(&after_second),
            after_second.default_note_template_ids.len()
        ),
        (Some("Intake"), 1)
    );
    assert_eq!(
        (session_type(&after_third), after_third.default_note_template_ids.len()),
        (None, 1)
    );
}

#[tokio::test]
async fn a_change_that_changes_nothing_writes_nothing() {
    let given = given();
    let id = given.provider().await;
    let before = given.kept(&id).await;

    for version in [V1, V2] {
        let answer = given
            .send_json(
                Method::PATCH,
                &format!("{version}/users/{id}"),
                &json!({"firstName": "Ann"}),
            )
            .await;
        assert_eq!(answer.status, StatusCode::OK);
    }

    assert_eq!(given.kept(&id).await.version, before.version);
}

#[tokio::test]
async fn every_write_tells_the_history_which_client_made_it_through_this_api() {
    let given = given();
    let user = format!("{V2}/users/{}", given.provider().await);

    given.call(Method::PATCH, &user, r#"{"firstName": "Anna"}"#).await;
    given.call(Method::DELETE, &user, "").await;
    given.call(Method::POST, &format!("{user}/activate"), "").await;

    insta::assert_snapshot!(given.memory.deeds().join("\n").replace(&given.client.to_string(), "{client}"), @r"
    upheal created {client}
    upheal updated {client}
    upheal deactivated {client}
    upheal activated {client}
    ");
}
