//! The dialect in a sandbox: faults speak the vendor's language, and every endpoint's calls are noted.

use axum::http::{Method, StatusCode};
use roster_domain::Vendor;
use serde_json::json;

use super::{V1, V2, given_in};
use crate::dialects::memory::organization;
use crate::sandbox::Sandbox;

fn sandbox() -> Sandbox {
    Sandbox::new(organization(9).id, [(Vendor::Upheal, organization(1))])
}

const NEW: &str = r#"{"firstName": "Ann", "lastName": "Lee", "email": "ann.lee@example.org"}"#;

#[tokio::test]
async fn a_fault_is_answered_in_the_vendors_shape() {
    let sandbox = sandbox();
    let given = given_in(Some(&sandbox), None);
    sandbox.set_fault_for_test(json!({
        "vendor": "upheal",
        "fault": {"kind": "status", "status": 429, "retry_after": 2},
        "times": 1,
    }));
    let path = format!("{V2}/users/providers");

    let struck = given.call(Method::POST, &path, NEW).await;
    let after = given.call(Method::POST, &path, NEW).await;

    assert_eq!(struck.refusal(), (429, "RATE_LIMITED".to_owned()));
    assert_eq!(struck.header("retry-after"), "2");
    assert_eq!(after.status, StatusCode::OK);
    assert_eq!(given.memory.count(&given.organization), 1);
}

#[tokio::test]
async fn refused_credentials_look_like_the_vendors_own() {
    let sandbox = sandbox();
    let given = given_in(Some(&sandbox), None);
    sandbox.set_fault_for_test(json!({"vendor": "upheal", "fault": {"kind": "unauthorized"}, "operation": "check"}));

    let struck = given
        .call(
            Method::POST,
            &format!("{V1}/users/check"),
            r#"{"email": "a@example.org"}"#,
        )
        .await;

    assert_eq!(struck.refusal(), (401, "UNAUTHORIZED".to_owned()));
}

#[tokio::test]
async fn every_call_is_noted_by_its_operation_and_the_vendors_status() {
    let sandbox = sandbox();
    let given = given_in(Some(&sandbox), None);
    let made = given.call(Method::POST, &format!("{V2}/users/providers"), NEW).await;
    let id = made.id();

    for (method, path, body) in [
        (
            Method::POST,
            format!("{V1}/users/check"),
            r#"{"email": "a@example.org"}"#,
        ),
        (Method::POST, format!("{V1}/organizations/clinic/users/providers"), NEW),
        (Method::GET, format!("{V1}/users/providers/{id}"), ""),
        (Method::PATCH, format!("{V1}/users/providers/{id}"), "{}"),
        (Method::GET, format!("{V2}/users/{id}"), ""),
        (Method::PATCH, format!("{V2}/users/{id}"), "{"),
        (Method::DELETE, format!("{V2}/users/{id}"), ""),
        (Method::POST, format!("{V2}/users/{id}/activate"), ""),
    ] {
        given.call(method, &path, body).await;
    }

    let noted: Vec<String> = sandbox
        .noted_for_test()
        .iter()
        .map(|line| line.replace(&id, "{id}"))
        .collect();
    insta::assert_snapshot!(noted.join("\n"), @r#"
    Create POST /upheal/v2/users/providers 200 -
    Check POST /upheal/v1/users/check 200 -
    Create POST /upheal/v1/organizations/clinic/users/providers 403 -
    Get GET /upheal/v1/users/providers/{id} 200 -
    Update PATCH /upheal/v1/users/providers/{id} 200 -
    Get GET /upheal/v2/users/{id} 200 -
    Update PATCH /upheal/v2/users/{id} 400 -
    Deactivate DELETE /upheal/v2/users/{id} 202 -
    Activate POST /upheal/v2/users/{id}/activate 202 -
    "#);
}
