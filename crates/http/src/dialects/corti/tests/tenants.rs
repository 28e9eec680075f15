//! What belongs to another organization does not exist.

use axum::http::{Method, StatusCode};
use roster_application::authentication::Audience;
use roster_domain::{Organization, Slug};
use rstest::rstest;
use serde_json::json;

use super::{Given, given, token_of};
use crate::dialects::memory::organization;

/// A service account of another organization, and a customer and a user of ours.
struct Strangers {
    given: Given,
    organization: Organization,
    token: String,
    user: String,
}

async fn strangers() -> Strangers {
    let given = given().await;
    let organization = Organization {
        slug: Slug::new("other").expect("a slug"),
        ..organization(2)
    };
    let client = given
        .memory
        .add_service_account("other@example.org", "the-password-of-the-other", &organization)
        .await;
    let token = token_of(&given.memory, client, &organization, Audience::Corti);
    given.given_customer("contoso").await;
    let user = given.given_user("contoso", "ann@example.org").await;
    Strangers {
        given,
        organization,
        token,
        user,
    }
}

const NEW_USER: &str = r#"{"email": "eve@example.org", "firstName": "Eve", "lastName": "Roe"}"#;
const NEW_CUSTOMER: &str = r#"{"displayName": "x", "customerId": "x"}"#;

#[rstest]
#[case(Method::GET, "/customers", "")]
#[case(Method::POST, "/customers", NEW_CUSTOMER)]
#[case(Method::PATCH, "/customers/contoso", "{}")]
#[case(Method::DELETE, "/customers/contoso", "")]
#[case(Method::GET, "/customers/contoso/users", "")]
#[case(Method::POST, "/customers/contoso/users", NEW_USER)]
#[case(Method::PATCH, "/customers/contoso/users/{user}", r#"{"firstName": "Eve"}"#)]
#[case(Method::DELETE, "/customers/contoso/users/{user}", "")]
#[tokio::test]
async fn every_route_refuses_another_organizations_account(
    #[case] method: Method,
    #[case] path: &str,
    #[case] body: &str,
) {
    let strangers = strangers().await;
    let Strangers { given, token, user, .. } = &strangers;
    let path = path.replace("{user}", user);
    let ours = given.organization.id;
    let before = given.kept(user).await;

    // Our project, by name and by id; a project that there is none of looks the same.
    for project in ["default", &ours.to_string(), "nobodys"] {
        let whole = format!("/projects/{project}{path}");
        let answer = given.call_with(token, method.clone(), &whole, body).await;
        assert_eq!(
            (answer.status, answer.json()),
            (
                StatusCode::FORBIDDEN,
                json!({"code": "forbidden", "message": "the account may not act for this project", "errors": []})
            ),
            "{project}"
        );
    }
    assert_eq!(given.kept(user).await, before);
    assert_eq!(given.memory.count(&given.organization), 1);
}

#[rstest]
#[case(Method::PATCH, "/customers/contoso", "{}")]
#[case(Method::DELETE, "/customers/contoso", "")]
#[case(Method::GET, "/customers/contoso/users", "")]
#[case(Method::POST, "/customers/contoso/users", NEW_USER)]
#[case(Method::PATCH, "/customers/default/users/{user}", r#"{"firstName": "Eve"}"#)]
#[case(Method::PATCH, "/customers/contoso/users/{user}", r#"{"firstName": "Eve"}"#)]
#[case(Method::DELETE, "/customers/default/users/{user}", "")]
#[case(Method::DELETE, "/customers/contoso/users/{user}", "")]
#[tokio::test]
async fn our_customers_and_users_are_not_in_another_organizations_project(
    #[case] method: Method,
    #[case] path: &str,
    #[case] body: &str,
) {
    let strangers = strangers().await;
    let Strangers { given, token, user, .. } = &strangers;
    let path = format!("/projects/other{}", path.replace("{user}", user));
    let before = given.kept(user).await;

    let answer = given.call_with(token, method, &path, body).await;

    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (StatusCode::NOT_FOUND, &json!("not_found"))
    );
    assert_eq!(given.kept(user).await, before);
    assert_eq!(given.memory.count(&strangers.organization), 0);
}

#[tokio::test]
async fn another_organization_may_have_a_customer_and_a_user_of_the_same_names() {
    let strangers = strangers().await;
    let Strangers { given, token, .. } = &strangers;
    let customer = r#"{"displayName": "Contoso", "customerId": "contoso"}"#;
    let user = r#"{"email": "ann@example.org", "firstName": "Ann", "lastName": "Lee"}"#;

    let made = given
        .call_with(token, Method::POST, "/projects/other/customers", customer)
        .await;
    let added = given
        .call_with(token, Method::POST, "/projects/other/customers/contoso/users", user)
        .await;

    assert_eq!((made.status, added.status), (StatusCode::CREATED, StatusCode::CREATED));
    let deleted = given
        .call_with(token, Method::GET, "/projects/other/customers/contoso/users", "")
        .await
        .json();
    assert_eq!(deleted["users"].as_array().map(Vec::len), Some(1));
    assert_eq!(given.addresses_in("contoso").await, ["ann@example.org"]);
}

#[rstest]
#[case(Method::GET, "/customers")]
#[case(Method::POST, "/customers")]
#[case(Method::PATCH, "/customers/contoso")]
#[case(Method::DELETE, "/customers/contoso")]
#[case(Method::GET, "/customers/contoso/users")]
#[case(Method::POST, "/customers/contoso/users")]
#[case(Method::PATCH, "/customers/contoso/users/{user}")]
#[case(Method::DELETE, "/customers/contoso/users/{user}")]
#[tokio::test]
async fn every_route_wants_credentials(#[case] method: Method, #[case] path: &str) {
    let strangers = strangers().await;
    let Strangers { given, user, .. } = &strangers;
    let path = format!("/projects/default{}", path.replace("{user}", user));

    let answer = given.send(super::request(method, &path, "")).await;

    assert_eq!(
        (answer.status, answer.header("www-authenticate"), &answer.json()["code"]),
        (StatusCode::UNAUTHORIZED, "Bearer", &json!("unauthorized"))
    );
}
