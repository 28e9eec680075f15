//! The dialect in a sandbox: faults speak the vendor's language, and every endpoint's calls are noted.

use axum::http::StatusCode;
use roster_domain::Vendor;
use serde_json::{Value, json};

use super::{BASE, given_in, token_request};
use crate::dialects::memory::organization;
use crate::sandbox::Sandbox;

fn sandbox() -> Sandbox {
    Sandbox::new(organization(9).id, [(Vendor::NablaConnect, organization(1))])
}

fn ann() -> Value {
    json!({"provider_email": "ann@example.org", "external_provider_id": "ehr-7"})
}

#[tokio::test]
async fn a_fault_is_answered_in_the_vendors_envelope() {
    let sandbox = sandbox();
    let given = given_in(Some(&sandbox));
    sandbox.set_fault_for_test(json!({
        "vendor": "nabla_connect",
        "fault": {"kind": "status", "status": 503, "retry_after": 2},
        "times": 1,
    }));

    let struck = given.upsert(&ann()).await;
    let after = given.upsert(&ann()).await;

    assert_eq!(
        (struck.status, struck.header("retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, "2")
    );
    assert_eq!(struck.json()["name"], json!("UNAVAILABLE"));
    assert_eq!(after.status, StatusCode::OK);
    assert_eq!(given.memory.count(&given.organization), 1);
}

#[tokio::test]
async fn a_fault_of_nabla_core_does_not_strike_here() {
    let sandbox = sandbox();
    let given = given_in(Some(&sandbox));
    sandbox.set_fault_for_test(json!({"vendor": "nabla_core", "fault": {"kind": "status", "status": 503}}));

    assert_eq!(given.upsert(&ann()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn refused_credentials_look_like_the_vendors_own() {
    let sandbox = sandbox();
    let given = given_in(Some(&sandbox));
    sandbox.set_fault_for_test(json!({"vendor": "nabla_connect", "fault": {"kind": "unauthorized"}}));

    let struck = given.upsert(&ann()).await;

    assert_eq!(
        (struck.status, &struck.json()["name"]),
        (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED"))
    );
}

#[tokio::test]
async fn every_call_is_noted_by_its_operation_and_the_vendors_status() {
    let sandbox = sandbox();
    let given = given_in(Some(&sandbox));

    let token = token_request(&given.assertion(&json!({})));
    given.anonymous(&format!("{BASE}/oauth/token"), &token).await;
    given.upsert(&ann()).await;
    given.upsert(&json!({})).await;

    insta::assert_snapshot!(sandbox.noted_for_test().join("\n"), @r"
    Token POST /nabla/v1/connect/server/oauth/token 200 -
    Upsert POST /nabla/v1/connect/server/users 200 -
    Upsert POST /nabla/v1/connect/server/users 400 -
    ");
}
