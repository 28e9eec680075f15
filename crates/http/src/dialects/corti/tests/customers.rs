//! Customers of a project.

use axum::http::{Method, StatusCode};
use rstest::rstest;
use serde_json::json;

use super::given;

#[tokio::test]
async fn a_new_customer_is_answered_with_its_defaults() {
    let given = given().await;
    let body = r#"{"displayName": "Contoso Hospital", "customerId": "contosohospital", "avatar": 7}"#;

    let answer = given.call(Method::POST, "/customers", body).await;

    insta::assert_snapshot!(answer.whole(), @r#"
    201 Created
    {
      "createdAt": "2025-06-15T15:06:40Z",
      "customerId": "contosohospital",
      "displayName": "Contoso Hospital",
      "isNfr": false,
      "region": "eu",
      "tenantName": "base"
    }
    "#);
}

#[tokio::test]
async fn a_customer_may_say_where_it_is_kept_when_it_is_made_and_not_later() {
    let given = given().await;
    let body = json!({
        "displayName": "Contoso Hospital",
        "customerId": "contoso",
        "tenantName": "x".repeat(14),
        "region": "us",
        "isNfr": true,
    });
    let made = given.call(Method::POST, "/customers", &body.to_string()).await;

    let changed = given
        .call(
            Method::PATCH,
            "/customers/contoso",
            r#"{"displayName": "Contoso", "tenantName": "base", "region": "eu", "isNfr": false}"#,
        )
        .await;

    assert_eq!(made.status, StatusCode::CREATED);
    let mut expected = body;
    expected["createdAt"] = json!("2025-06-15T15:06:40Z");
    assert_eq!(made.json(), expected);
    expected["displayName"] = json!("Contoso");
    expected["isNfr"] = json!(false);
    assert_eq!((changed.status, changed.json()), (StatusCode::OK, expected));
}

#[tokio::test]
async fn the_default_customer_comes_first_and_is_there_without_being_made() {
    let given = given().await;
    given.given_customer("contoso").await;

    let answer = given.call(Method::GET, "/customers", "").await;

    insta::assert_snapshot!(answer.whole(), @r#"
    200 OK
    {
      "customers": [
        {
          "createdAt": "1970-01-01T00:00:00Z",
          "customerId": "default",
          "displayName": "default",
          "isNfr": false,
          "region": "eu",
          "tenantName": "base"
        },
        {
          "createdAt": "2025-06-15T15:06:40Z",
          "customerId": "contoso",
          "displayName": "contoso",
          "isNfr": false,
          "region": "eu",
          "tenantName": "base"
        }
      ],
      "pagination": {
        "hasNextPage": false,
        "page": 1,
        "pageSize": 20
      }
    }
    "#);
}

#[rstest]
#[case::make(Method::POST, "/customers", r#"{"displayName": "Default", "customerId": "default"}"#)]
#[case::change(Method::PATCH, "/customers/default", r#"{"displayName": "Mine"}"#)]
#[case::change_nothing(Method::PATCH, "/customers/default", "{}")]
#[case::take_its_name(Method::PATCH, "/customers/contoso", r#"{"customerId": "default"}"#)]
#[case::delete(Method::DELETE, "/customers/default", "")]
#[tokio::test]
async fn the_default_customer_stays_as_it_is(#[case] method: Method, #[case] path: &str, #[case] body: &str) {
    let given = given().await;
    given.given_customer("contoso").await;

    let answer = given.call(method, path, body).await;

    assert_eq!(
        (answer.status, answer.json()),
        (
            StatusCode::CONFLICT,
            json!({
                "code": "conflict",
                "message": "the default customer belongs to every organization and can be neither made, changed nor deleted",
                "errors": []
            })
        )
    );
}

#[tokio::test]
async fn a_customer_of_an_id_that_is_taken_is_a_conflict() {
    let given = given().await;
    given.given_customer("contoso").await;
    given.given_customer("fabrikam").await;

    let made = given
        .call(
            Method::POST,
            "/customers",
            r#"{"displayName": "x", "customerId": "contoso"}"#,
        )
        .await;
    let renamed = given
        .call(Method::PATCH, "/customers/fabrikam", r#"{"customerId": "contoso"}"#)
        .await;

    insta::assert_snapshot!(made.whole(), @r#"
    409 Conflict
    {
      "code": "conflict",
      "errors": [],
      "message": "another customer has this customerId"
    }
    "#);
    assert_eq!(renamed.whole(), made.whole());
}

#[tokio::test]
async fn a_customer_who_is_renamed_takes_its_users_along() {
    let given = given().await;
    given.given_customer("contoso").await;
    let id = given.given_user("contoso", "ann@example.org").await;

    let renamed = given
        .call(Method::PATCH, "/customers/contoso", r#"{"customerId": "northwind"}"#)
        .await;

    let user = given
        .call(Method::PATCH, &format!("/customers/northwind/users/{id}"), "{}")
        .await;
    let old = given.call(Method::GET, "/customers/contoso/users", "").await;
    assert_eq!(
        (renamed.status, &renamed.json()["customerId"]),
        (StatusCode::OK, &json!("northwind"))
    );
    assert_eq!(user.status, StatusCode::OK);
    assert_eq!(old.status, StatusCode::NOT_FOUND);
    assert_eq!(given.addresses_in("northwind").await, ["ann@example.org"]);
}

#[tokio::test]
async fn a_customer_is_deleted_once_nobody_is_in_it() {
    let given = given().await;
    given.given_customer("contoso").await;
    let id = given.given_user("contoso", "ann@example.org").await;

    let too_early = given.call(Method::DELETE, "/customers/contoso", "").await;
    let user = format!("/customers/contoso/users/{id}");
    assert_eq!(
        given.call(Method::DELETE, &user, "").await.status,
        StatusCode::NO_CONTENT
    );
    let deleted = given.call(Method::DELETE, "/customers/contoso", "").await;
    let again = given.call(Method::DELETE, "/customers/contoso", "").await;

    insta::assert_snapshot!(too_early.whole(), @r#"
    409 Conflict
    {
      "code": "conflict",
      "errors": [],
      "message": "the customer still has users: delete them first"
    }
    "#);
    assert_eq!((deleted.status, deleted.body.as_str()), (StatusCode::NO_CONTENT, ""));
    insta::assert_snapshot!(again.whole(), @r#"
    404 Not Found
    {
      "code": "not_found",
      "errors": [],
      "message": "there is no such customer"
    }
    "#);
}

#[tokio::test]
async fn a_customer_with_any_characters_in_its_id_is_found_by_it() {
    let given = given().await;
    given.given_customer("a/b c?東").await;

    let answer = given
        .call(Method::PATCH, "/customers/a%2Fb%20c%3F%E6%9D%B1", r#"{"isNfr": true}"#)
        .await;

    assert_eq!(
        (answer.status, &answer.json()["customerId"]),
        (StatusCode::OK, &json!("a/b c?東"))
    );
}
