//! Users of a customer.

use axum::http::{Method, StatusCode};
use roster_application::Acting;
use roster_domain::{Change, SettingsChanges, SpecialtyChanges, Surface, UserChanges};
use serde_json::{Value, json};

use super::given;

/// The request of the vendor's document, character by character.
const DOCUMENTED: &str = r#"{
  "email": "user@example.com",
  "firstName": "John",
  "lastName": "Doe",
  "password": "My$ecureP@ssw0rd123!"
}"#;

#[tokio::test]
async fn the_documented_request_is_answered_with_the_documented_fields() {
    let given = given().await;
    given.given_customer("contosohospital").await;

    let answer = given
        .call(Method::POST, "/customers/contosohospital/users", DOCUMENTED)
        .await;

    insta::assert_snapshot!(answer.whole(), @r#"
    201 Created
    {
      "createdAt": "2025-06-15T15:06:40Z",
      "email": "user@example.com",
      "emailVerified": false,
      "enabled": true,
      "firstName": "John",
      "id": "01970000-0000-7000-8000-000000000002",
      "lastName": "Doe"
    }
    "#);
}

#[tokio::test]
async fn a_password_is_kept_sealed_for_its_user_and_never_answered() {
    let given = given().await;
    let made = given.call(Method::POST, "/customers/default/users", DOCUMENTED).await;
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let path = format!("/customers/default/users/{id}");
    let kept = given.kept(&id).await;
    let at_first = given.memory.kept_password(kept.id);

    let changed = given
        .call(Method::PATCH, &path, r#"{"password": "An0ther!Password"}"#)
        .await;

    let listed = given.call(Method::GET, "/customers/default/users", "").await;
    assert_eq!(at_first, Some(format!("password of user {id}: My$ecureP@ssw0rd123!")));
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(
        given.memory.kept_password(kept.id),
        Some(format!("password of user {id}: An0ther!Password"))
    );
    for answer in [made, changed, listed] {
        let shown = answer.body.to_lowercase();
        assert!(!shown.contains("pass"), "{shown}");
    }
    assert!(given.kept(&id).await.version > kept.version, "a vendor is to be told");
}

#[tokio::test]
async fn a_password_at_either_end_of_its_limits_is_taken() {
    let given = given().await;
    for (email, password) in [("a@example.org", "x".repeat(16)), ("b@example.org", "~".repeat(64))] {
        let body = json!({"email": email, "firstName": "A", "lastName": "B", "password": password}).to_string();

        let answer = given.call(Method::POST, "/customers/default/users", &body).await;

        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    }
}

#[tokio::test]
async fn a_user_is_changed_in_what_is_given_and_in_nothing_else() {
    let given = given().await;
    given.given_customer("contoso").await;
    let id = given.given_user("contoso", "ann@example.org").await;
    let path = format!("/customers/contoso/users/{id}");

    let named = given.call(Method::PATCH, &path, r#"{"lastName": "Roe"}"#).await;
    let disabled = given
        .call(Method::PATCH, &path, r#"{"enabled": false, "email": "x", "avatar": 7}"#)
        .await;
    let nothing = given.call(Method::PATCH, &path, "{}").await;

    assert_eq!(named.status, StatusCode::OK);
    assert_eq!(
        named.json(),
        json!({
            "id": id,
            "email": "ann@example.org",
            "firstName": "Ann",
            "lastName": "Roe",
            "emailVerified": false,
            "enabled": true,
            "createdAt": "2025-06-15T15:06:40Z"
        })
    );
    let mut expected = named.json();
    expected["enabled"] = json!(false);
    assert_eq!(disabled.json(), expected);
    assert_eq!(nothing.json(), expected);
}

#[tokio::test]
async fn a_user_who_is_disabled_stays_in_the_list_and_can_be_enabled_again() {
    let given = given().await;
    let id = given.given_user("default", "ann@example.org").await;
    let path = format!("/customers/default/users/{id}");

    given.call(Method::PATCH, &path, r#"{"enabled": false}"#).await;
    let listed = given.call(Method::GET, "/customers/default/users", "").await.json();
    let enabled = given.call(Method::PATCH, &path, r#"{"enabled": true}"#).await.json();

    assert_eq!(listed["users"][0]["enabled"], json!(false));
    assert_eq!(enabled["enabled"], json!(true));
}

#[tokio::test]
async fn a_user_who_is_deleted_is_gone_and_frees_the_address() {
    let given = given().await;
    let id = given.given_user("default", "ann@example.org").await;
    let path = format!("/customers/default/users/{id}");

    let deleted = given.call(Method::DELETE, &path, "").await;
    let again = given.call(Method::DELETE, &path, "").await;
    let changed = given.call(Method::PATCH, &path, r#"{"firstName": "Eve"}"#).await;

    assert_eq!((deleted.status, deleted.body.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(
        (again.status, changed.status),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    assert_eq!(given.addresses_in("default").await, Vec::<String>::new());
    given.given_user("default", "ann@example.org").await;
}

#[tokio::test]
async fn an_address_is_taken_in_the_whole_project_and_in_any_spelling() {
    let given = given().await;
    given.given_customer("contoso").await;
    given.given_user("contoso", "ann@example.org").await;
    let body = r#"{"email": "ANN@example.org", "firstName": "A", "lastName": "B"}"#;

    let answer = given.call(Method::POST, "/customers/default/users", body).await;

    insta::assert_snapshot!(answer.whole(), @r#"
    409 Conflict
    {
      "code": "conflict",
      "errors": [],
      "message": "another user has this email"
    }
    "#);
    assert_eq!(given.memory.count(&given.organization), 1);
}

#[tokio::test]
async fn a_user_is_only_reached_through_the_customer_that_the_user_is_in() {
    let given = given().await;
    for customer in ["contoso", "fabrikam"] {
        given.given_customer(customer).await;
    }
    let ours = given.given_user("contoso", "ann@example.org").await;
    let nobodys = given.given_user("default", "bob@example.org").await;

    for (customer, id, status) in [
        ("contoso", &ours, StatusCode::OK),
        ("fabrikam", &ours, StatusCode::NOT_FOUND),
        ("default", &ours, StatusCode::NOT_FOUND),
        ("nowhere", &ours, StatusCode::NOT_FOUND),
        ("default", &nobodys, StatusCode::OK),
        ("contoso", &nobodys, StatusCode::NOT_FOUND),
    ] {
        let path = format!("/customers/{customer}/users/{id}");

        let changed = given.call(Method::PATCH, &path, r#"{"lastName": "Roe"}"#).await;

        assert_eq!(changed.status, status, "{path}");
        if status == StatusCode::NOT_FOUND {
            let deleted = given.call(Method::DELETE, &path, "").await;
            assert_eq!(deleted.status, status, "{path}");
        }
    }
    assert_eq!(given.memory.count(&given.organization), 2);
    assert_eq!(given.addresses_in("contoso").await, ["ann@example.org"]);
    assert_eq!(given.addresses_in("fabrikam").await, Vec::<String>::new());
    assert_eq!(given.addresses_in("default").await, ["bob@example.org"]);
}

#[tokio::test]
async fn users_made_elsewhere_are_in_the_default_customer_with_what_they_have() {
    let given = given().await;
    let elsewhere = UserChanges {
        external_id: Change::Set("ehr-7".to_owned()),
        ..UserChanges::default()
    };
    let users = given.memory.users();
    users
        .create(Acting::inside(&given.organization, Surface::Cli), &elsewhere, None)
        .await
        .expect("a user");

    let answer = given.call(Method::GET, "/customers/default/users", "").await;

    insta::assert_snapshot!(answer.whole(), @r#"
    200 OK
    {
      "pagination": {
        "hasNextPage": false,
        "page": 1,
        "pageSize": 20
      },
      "users": [
        {
          "createdAt": "2025-06-15T15:06:40Z",
          "email": "",
          "emailVerified": false,
          "enabled": true,
          "firstName": "",
          "id": "01970000-0000-7000-8000-000000000002",
          "lastName": ""
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn a_change_damages_nothing_of_what_others_keep_of_a_user() {
    let given = given().await;
    let text = |text: &str| Change::Set(text.to_owned());
    let elsewhere = UserChanges {
        external_id: text("ehr-7"),
        email: text("ann@example.org"),
        first_name: text("Ann"),
        metadata: Change::Set([("ward".to_owned(), "4".to_owned())].into()),
        roles: Change::Set(vec!["PRACTITIONER".to_owned()]),
        npi: text("1234567893"),
        default_note_template_ids: Change::Set(vec!["soap".to_owned(), "dap".to_owned()]),
        settings: Change::Set(SettingsChanges {
            specialty: Change::Set(SpecialtyChanges {
                kind: text("CARDIOLOGY"),
                ..SpecialtyChanges::default()
            }),
            speech_locale: text("de-DE"),
            ..SettingsChanges::default()
        }),
        pronoun: text("NeutralThem"),
        date_of_birth: text("1980-02-29"),
        ..UserChanges::default()
    };
    let users = given.memory.users();
    let before = users
        .create(Acting::inside(&given.organization, Surface::Cli), &elsewhere, None)
        .await
        .expect("a user")
        .user;
    let body = json!({
        "firstName": "Anna",
        "lastName": "Lee",
        "enabled": false,
        "password": "My$ecureP@ssw0rd123!",
        "settings": null,
        "metadata": null,
        "externalId": null,
    });

    let path = format!("/customers/default/users/{}", before.id);
    let answer = given.call(Method::PATCH, &path, &body.to_string()).await;

    assert_eq!(answer.status, StatusCode::OK);
    let after = given.kept(&before.id.to_string()).await;
    let mut expected = before.clone();
    expected.profile.first_name = after.profile.first_name.clone();
    expected.profile.last_name = after.profile.last_name.clone();
    expected.active = false;
    expected.version = 2;
    assert_eq!(after, expected);
    let names: Vec<Value> = [&after.profile.first_name, &after.profile.last_name]
        .into_iter()
        .map(|name| json!(name.as_ref().map(ToString::to_string)))
        .collect();
    assert_eq!(names, [json!("Anna"), json!("Lee")]);
}

#[tokio::test]
async fn a_user_of_a_customer_keeps_it_through_changes_made_elsewhere() {
    let given = given().await;
    given.given_customer("contoso").await;
    let id = given.given_user("contoso", "ann@example.org").await;
    let elsewhere = UserChanges {
        metadata: Change::Set([("ward".to_owned(), "4".to_owned())].into()),
        ..UserChanges::default()
    };
    let users = given.memory.users();
    let user = given.kept(&id).await;

    let changed = users
        .update(
            Acting::inside(&given.organization, Surface::Cli),
            user.id,
            &elsewhere,
            None,
        )
        .await;

    assert!(changed.expect("a user").changed);
    assert_eq!(given.addresses_in("contoso").await, ["ann@example.org"]);
}

#[tokio::test]
async fn an_id_is_understood_in_capitals_as_well() {
    let given = given().await;
    let id = given.given_user("default", "ann@example.org").await;

    let path = format!("/customers/default/users/{}", id.to_uppercase());
    let answer = given.call(Method::PATCH, &path, "{}").await;

    assert_eq!((answer.status, &answer.json()["id"]), (StatusCode::OK, &json!(id)));
}

#[tokio::test]
async fn a_project_is_named_by_its_short_name_or_by_its_id() {
    let given = given().await;
    let id = given.organization.id.to_string();
    for project in ["default", &id, &id.to_uppercase()] {
        let path = format!("/projects/{project}/customers/default/users");

        let answer = given.call_with(given.token(), Method::GET, &path, "").await;

        assert_eq!(answer.status, StatusCode::OK, "{project}");
    }
}

#[tokio::test]
async fn every_write_tells_the_history_which_client_made_it_through_this_api() {
    let given = given().await;
    let user = given.given_user("default", "ann@example.org").await;
    let path = format!("/customers/default/users/{user}");

    given.call(Method::PATCH, &path, r#"{"firstName": "Anna"}"#).await;
    given.call(Method::PATCH, &path, r#"{"enabled": false}"#).await;
    given.call(Method::DELETE, &path, "").await;

    insta::assert_snapshot!(given.memory.deeds().join("\n").replace(&given.client.to_string(), "{client}"), @r"
    corti created {client}
    corti updated {client}
    corti deactivated {client}
    corti deleted {client}
    ");
}
