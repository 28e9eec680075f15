//! The dialect in a sandbox: faults speak the vendor's language, and every endpoint's calls are noted.

use axum::http::{Method, StatusCode};
use roster_domain::Vendor;
use serde_json::json;

use super::given_in;
use crate::dialects::memory::organization;
use crate::sandbox::Sandbox;

fn sandbox() -> Sandbox {
    Sandbox::new(organization(9).id, [(Vendor::NablaCore, organization(1))])
}

#[tokio::test]
async fn a_fault_is_answered_in_the_vendors_envelope() {
    let sandbox = sandbox();
    let given = given_in(Some(&sandbox));
    sandbox.set_fault_for_test(json!({
        "vendor": "nabla_core",
        "fault": {"kind": "status", "status": 503, "retry_after": 2},
        "times": 1,
    }));

    let struck = given.current(Method::POST, "/users", "{}").await;
    let after = given.current(Method::POST, "/users", "{}").await;

    assert_eq!(
        (struck.status, struck.header("retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, "2")
    );
    assert_eq!(struck.json()["name"], json!("UNAVAILABLE"));
    assert_eq!(after.status, StatusCode::OK);
    assert_eq!(given.memory.count(&given.organization), 1);
}

#[tokio::test]
async fn refused_credentials_look_like_the_vendors_own() {
    let sandbox = sandbox();
    let given = given_in(Some(&sandbox));
    sandbox.set_fault_for_test(json!({"vendor": "nabla_core", "fault": {"kind": "unauthorized"}}));

    let struck = given.archived(Method::GET, "/users", "").await;

    assert_eq!(
        (struck.status, &struck.json()["name"]),
        (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED"))
    );
}

#[tokio::test]
async fn every_call_is_noted_by_its_operation_and_the_vendors_status() {
    let sandbox = sandbox();
    let given = given_in(Some(&sandbox));

    let made = given
        .current(Method::POST, "/users", r#"{"external_id": "e"}"#)
        .await
        .json();
    let id = made["id"].as_str().expect("an id");
    given.archived(Method::GET, "/users?limit=1", "").await;
    given.current(Method::GET, &format!("/users/{id}"), "").await;
    given
        .current(Method::GET, "/users/find_by_external_id/nobody", "")
        .await;
    given.current(Method::PATCH, &format!("/users/{id}"), "{}").await;
    given
        .current(Method::POST, &format!("/users/{id}/deactivate"), "{}")
        .await;
    given
        .current(Method::POST, &format!("/users/{id}/activate"), "{}")
        .await;
    let signed_in = given
        .current(Method::POST, &format!("/jwt/authenticate/{id}"), "")
        .await
        .json();
    let token = json!({"refresh_token": signed_in["refresh_token"]}).to_string();
    given
        .anonymous(Method::POST, "/nabla/v1/core/user/jwt/refresh", &token)
        .await;
    given
        .anonymous(Method::POST, "/nabla/v1/core/user/jwt/logout", &token)
        .await;

    let noted: Vec<String> = sandbox
        .noted_for_test()
        .iter()
        .map(|line| line.replace(id, "{id}"))
        .collect();
    insta::assert_snapshot!(noted.join("\n"), @r"
    Create POST /nabla/v1/core/server/users 200 -
    List GET /nabla/v1/copilot-api/server/users 200 -
    Get GET /nabla/v1/core/server/users/{id} 200 -
    Find GET /nabla/v1/core/server/users/find_by_external_id/nobody 400 -
    Update PATCH /nabla/v1/core/server/users/{id} 200 -
    Deactivate POST /nabla/v1/core/server/users/{id}/deactivate 200 -
    Activate POST /nabla/v1/core/server/users/{id}/activate 200 -
    Authenticate POST /nabla/v1/core/server/jwt/authenticate/{id} 200 -
    Refresh POST /nabla/v1/core/user/jwt/refresh 200 -
    Logout POST /nabla/v1/core/user/jwt/logout 204 -
    ");
}
