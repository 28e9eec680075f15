//! The dialect in a sandbox: faults speak the vendor's language, and every endpoint's calls are noted.

use axum::http::{Method, StatusCode};
use roster_domain::Vendor;
use serde_json::json;

use super::{EMAIL, PASSWORD, given_in};
use crate::dialects::memory::organization;
use crate::sandbox::Sandbox;

fn sandbox() -> Sandbox {
    Sandbox::new(organization(9).id, [(Vendor::Corti, organization(1))])
}

#[tokio::test]
async fn a_fault_is_answered_in_the_vendors_shape() {
    let sandbox = sandbox();
    let given = given_in(Some(&sandbox)).await;
    sandbox.set_fault_for_test(json!({
        "vendor": "corti",
        "operation": "create_customer",
        "fault": {"kind": "status", "status": 503, "retry_after": 2},
        "times": 1,
    }));
    let body = r#"{"displayName": "x", "customerId": "x"}"#;

    let struck = given.call(Method::POST, "/customers", body).await;
    let after = given.call(Method::POST, "/customers", body).await;

    assert_eq!(
        (struck.status, struck.header("retry-after"), &struck.json()["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, "2", &json!("service_unavailable"))
    );
    assert_eq!(after.status, StatusCode::CREATED);
}

#[tokio::test]
async fn every_call_is_noted_by_its_operation_and_the_vendors_status() {
    let sandbox = sandbox();
    let given = given_in(Some(&sandbox)).await;

    given.sign_in(EMAIL, PASSWORD).await;
    given.given_customer("contoso").await;
    given.call(Method::GET, "/customers?page=1", "").await;
    given.call(Method::PATCH, "/customers/contoso", "{}").await;
    let id = given.given_user("contoso", "ann@example.org").await;
    given.call(Method::GET, "/customers/contoso/users", "").await;
    let user = format!("/customers/contoso/users/{id}");
    given.call(Method::PATCH, &user, r#"{"email": 1, "enabled": 1}"#).await;
    given.call(Method::DELETE, &user, "").await;
    given.call(Method::DELETE, "/customers/contoso", "").await;

    let noted: Vec<String> = sandbox
        .noted_for_test()
        .iter()
        .map(|line| line.replace(&id, "{id}"))
        .collect();
    insta::assert_snapshot!(noted.join("\n"), @r"
    Token POST /corti/functions/v1/public/auth/token 200 -
    CreateCustomer POST /corti/functions/v1/public/projects/default/customers 201 -
    ListCustomers GET /corti/functions/v1/public/projects/default/customers 200 -
    UpdateCustomer PATCH /corti/functions/v1/public/projects/default/customers/contoso 200 -
    Create POST /corti/functions/v1/public/projects/default/customers/contoso/users 201 -
    List GET /corti/functions/v1/public/projects/default/customers/contoso/users 200 -
    Update PATCH /corti/functions/v1/public/projects/default/customers/contoso/users/{id} 400 -
    Delete DELETE /corti/functions/v1/public/projects/default/customers/contoso/users/{id} 204 -
    DeleteCustomer DELETE /corti/functions/v1/public/projects/default/customers/contoso 204 -
    ");
}
