//! What would be sent, shown without sending it.

use axum::http::Method;
use serde_json::{Value, json};

use crate::v1::tests::given;

#[tokio::test]
async fn the_requests_are_shown_in_their_order_with_bodies_as_json() {
    let given = given();
    let connection = given.connection("nabla_core", json!({})).await;
    let user = given.user(&json!({"external_id": "e", "first_name": "Ann"})).await;

    let shown = given
        .call(Method::POST, &format!("/v1/users/{user}/preview"), "")
        .await
        .body;

    let shown = format!("{shown:#}").replace(&connection.to_string(), "{connection}");
    insta::assert_snapshot!(shown, @r#"
    {
      "data": [
        {
          "attention": null,
          "connection_id": "{connection}",
          "steps": [
            {
              "error": null,
              "operation": "look_up",
              "requests": [
                {
                  "body": null,
                  "headers": {
                    "accept": "application/json, text/plain",
                    "authorization": "Bearer ***"
                  },
                  "method": "GET",
                  "url": "https://vendor.example/users"
                }
              ]
            },
            {
              "error": null,
              "operation": "create",
              "requests": [
                {
                  "body": {
                    "name": "Ann",
                    "password": "***"
                  },
                  "headers": {
                    "accept": "application/json, text/plain",
                    "authorization": "Bearer ***"
                  },
                  "method": "POST",
                  "url": "https://vendor.example/users"
                }
              ]
            }
          ],
          "vendor": "nabla_core"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn it_is_said_why_nothing_would_be_sent_and_why_a_request_cannot_be_shown() {
    let given = given();
    let known = given.connection("nabla_core", json!({})).await;
    given.connection("upheal", json!({})).await;
    let user = given.user(&json!({"external_id": "e"})).await;
    given.memory.drive(user, known, |account| {
        account.known = account.known.clone().found(roster_domain::VendorUserId::new("7"), true);
    });

    let shown = given
        .call(Method::POST, &format!("/v1/users/{user}/preview"), "")
        .await
        .body;

    let [known, needs_attention] = shown["data"].as_array().unwrap().as_slice() else {
        panic!("two accounts: {shown}");
    };
    assert_eq!(
        known["steps"],
        json!([{"operation": "update", "requests": [], "error": "this cannot be shown"}])
    );
    assert_eq!(
        (&known["attention"], &needs_attention["steps"]),
        (&Value::Null, &json!([]))
    );
    insta::assert_snapshot!(needs_attention["attention"].as_str().unwrap(), @"Upheal needs email, which this user lacks: add it to the user");
}

#[tokio::test]
async fn nothing_is_changed_by_looking() {
    let given = given();
    given.connection("nabla_core", json!({})).await;
    let user = given.user(&json!({})).await;
    let accounts = format!("/v1/users/{user}/accounts");
    let before = given.call(Method::GET, &accounts, "").await.body;

    given.call(Method::POST, &format!("/v1/users/{user}/preview"), "").await;

    assert_eq!(given.call(Method::GET, &accounts, "").await.body, before);
    assert_eq!(given.memory.deeds().len(), 1, "the user was created");
}
