//! Deactivating and activating users, and what cannot be done to those who are deactivated.

use axum::http::{Method, StatusCode};
use futures::future::join_all;
use rstest::rstest;
use serde_json::json;

use super::{Given, V1, V2, given};

async fn deactivated() -> (Given, String) {
    let given = given();
    let id = given.provider().await;
    let answer = given.call(Method::DELETE, &format!("{V2}/users/{id}"), "").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    (given, id)
}

#[rstest]
#[case::first(V1)]
#[case::second(V2)]
#[tokio::test]
async fn a_user_is_deactivated_and_activated_under_either_of_its_ids(#[case] version: &str) {
    let given = given();
    let id = given.provider().await;

    for name in [id.as_str(), "ehr-7"] {
        let path = format!("{version}/users/{name}");
        let out = given.call(Method::DELETE, &path, "").await;
        let was_active = given.kept(&id).await.active;
        let back = given.call(Method::POST, &format!("{path}/activate"), "").await;

        assert_eq!((out.status, out.body.as_str()), (StatusCode::ACCEPTED, ""));
        assert_eq!((back.status, back.body.as_str()), (StatusCode::ACCEPTED, ""));
        assert_eq!((was_active, given.kept(&id).await.active), (false, true));
    }
}

#[tokio::test]
async fn a_user_who_is_deactivated_already_stays_so() {
    let (given, id) = deactivated().await;
    let before = given.kept(&id).await;

    let again = given.call(Method::DELETE, &format!("{V1}/users/{id}"), "").await;

    assert_eq!((again.status, again.body.as_str()), (StatusCode::ACCEPTED, ""));
    assert_eq!(given.kept(&id).await, before);
}

#[rstest]
#[case::first(V1)]
#[case::second(V2)]
#[tokio::test]
async fn a_user_who_is_active_cannot_be_activated(#[case] version: &str) {
    let given = given();
    let id = given.provider().await;

    let answer = given
        .call(Method::POST, &format!("{version}/users/{id}/activate"), "{}")
        .await;

    insta::allow_duplicates! {
        insta::assert_snapshot!(answer.whole(), @r#"
        400 Bad Request
        {
          "code": "USER_ACTIVE",
          "errors": [],
          "message": "the user is active already",
          "statusCode": 400
        }
        "#);
    }
}

#[rstest]
#[case::provider_of_the_first_version(V1, "providers/", json!({"therapyLicence": "L"}))]
#[case::provider_of_the_second_version(V2, "providers/", json!({"therapyLicence": "L"}))]
#[case::user_of_the_first_version(V1, "", json!({"firstName": "Anna"}))]
#[case::user_of_the_second_version(V2, "", json!({"firstName": "Anna"}))]
#[case::nothing_at_all(V2, "", json!({}))]
#[tokio::test]
async fn a_user_who_is_deactivated_is_shown_and_cannot_be_changed(
    #[case] version: &str,
    #[case] kind: &str,
    #[case] body: serde_json::Value,
) {
    let (given, id) = deactivated().await;
    let before = given.kept(&id).await;
    let path = format!("{version}/users/{kind}{id}");

    let shown = given.call(Method::GET, &path, "").await;
    let refused = given.send_json(Method::PATCH, &path, &body).await;

    assert_eq!((shown.status, shown.id()), (StatusCode::OK, id.clone()));
    insta::allow_duplicates! {
        insta::assert_snapshot!(refused.whole(), @r#"
        400 Bad Request
        {
          "code": "USER_DEACTIVATED",
          "errors": [],
          "message": "the user is deactivated and cannot be changed: activate the user first",
          "statusCode": 400
        }
        "#);
    }
    assert_eq!(given.kept(&id).await, before);
}

#[tokio::test]
async fn of_many_who_activate_at_once_one_does() {
    let (given, id) = deactivated().await;
    let path = format!("{V2}/users/{id}/activate");

    let answers = join_all((0..20).map(|_| given.call(Method::POST, &path, ""))).await;

    let accepted = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::ACCEPTED)
        .count();
    let refused = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::BAD_REQUEST)
        .count();
    assert_eq!((accepted, refused), (1, 19));
}
