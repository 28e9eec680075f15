//! The specification.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{given, request};

async fn document() -> Value {
    let answer = given().await.send(request(Method::GET, "/openapi.json", "")).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json()
}

#[tokio::test]
async fn every_operation_says_which_statuses_it_has() {
    let document = document().await;

    let mut lines = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let responses = operation["responses"].as_object().expect("responses");
            let statuses: Vec<&str> = responses.keys().map(String::as_str).collect();
            lines.push(format!("{method} {path}: {}", statuses.join(" ")));
        }
    }
    insta::assert_snapshot!(lines.join("\n"), @r"
    post /auth/token: 200 400 401 404 405 408 413 415 429 500 503
    get /projects/{projectId}/customers: 200 400 401 403 404 405 500 503
    post /projects/{projectId}/customers: 201 400 401 403 404 405 408 409 413 415 500 503
    delete /projects/{projectId}/customers/{customerId}: 204 400 401 403 404 405 409 500 503
    patch /projects/{projectId}/customers/{customerId}: 200 400 401 403 404 405 408 409 413 415 500 503
    get /projects/{projectId}/customers/{customerId}/users: 200 400 401 403 404 405 500 503
    post /projects/{projectId}/customers/{customerId}/users: 201 400 401 403 404 405 408 409 413 415 500 503
    delete /projects/{projectId}/customers/{customerId}/users/{userId}: 204 400 401 403 404 405 500 503
    patch /projects/{projectId}/customers/{customerId}/users/{userId}: 200 400 401 403 404 405 408 413 415 500 503
    ");
}

#[tokio::test]
async fn requests_say_what_is_required_and_that_nothing_may_be_null() {
    let schemas = document().await["components"]["schemas"].clone();

    for (schema, required) in [
        ("CortiNewUser", json!(["email", "firstName", "lastName"])),
        ("CortiUserChange", json!(null)),
        ("CortiNewCustomer", json!(["displayName", "customerId"])),
        ("CortiCustomerChange", json!(null)),
        ("CortiTokenRequest", json!(["email", "password"])),
    ] {
        assert_eq!(schemas[schema]["required"], required, "{schema}");
        for (name, property) in schemas[schema]["properties"].as_object().expect("properties") {
            assert!(property["type"].is_string(), "{schema}.{name}: {property}");
        }
    }
    assert_eq!(
        schemas["CortiNewUser"]["properties"]["password"],
        json!({
            "type": "string",
            "format": "password",
            "description": "The initial password: 16 to 64 ASCII letters, digits and punctuation.",
            "minLength": 16,
            "maxLength": 64,
            "pattern": "^[!-~]*$",
            "example": "My$ecureP@ssw0rd123!"
        })
    );
}

#[tokio::test]
async fn answers_always_have_all_their_keys() {
    let schemas = document().await["components"]["schemas"].clone();

    for schema in [
        "CortiUser",
        "CortiCustomer",
        "CortiPagination",
        "CortiError",
        "CortiTokenResponse",
    ] {
        let properties = schemas[schema]["properties"].as_object().expect("properties");
        let required = schemas[schema]["required"].as_array().expect("required");
        assert_eq!(required.len(), properties.len(), "{schema}");
    }
}
