//! Everything that is refused, in the vendor's shape: each row with its status and its whole body.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Given, given, request};
use crate::dialects::corti::error::render;
use crate::refusal::{Kind, Refusal};

const USERS: &str = "/customers/default/users";

async fn refused(given: &Given, method: Method, path: &str, rows: &[(&str, Value)]) -> String {
    let mut lines = Vec::new();
    for (name, body) in rows {
        let answer = given.call(method.clone(), path, &body.to_string()).await;
        lines.push(answer.refusal(name));
    }
    lines.join("\n")
}

/// The least that makes a user, but for one field.
fn user_but(field: &str, value: Value) -> Value {
    let mut body = json!({"email": "ann@example.org", "firstName": "Ann", "lastName": "Lee"});
    body[field] = value;
    body
}

/// The least that makes a customer, but for one field.
fn customer_but(field: &str, value: Value) -> Value {
    let mut body = json!({"displayName": "Contoso", "customerId": "contoso"});
    body[field] = value;
    body
}

#[tokio::test]
async fn a_new_user_that_breaks_rules_is_refused() {
    let given = given().await;
    let rows = [
        ("nothing", json!({})),
        (
            "nulls",
            json!({"email": null, "firstName": null, "lastName": null, "password": null}),
        ),
        (
            "wrong types",
            json!({"email": 7, "firstName": [], "lastName": {}, "password": true}),
        ),
        ("an array", json!([])),
        ("no address", user_but("email", json!("nowhere"))),
        ("an empty address", user_but("email", json!(""))),
        (
            "an address over its limit",
            user_but("email", json!(format!("{}@example.org", "x".repeat(243)))),
        ),
        ("an empty name", user_but("firstName", json!(""))),
        ("a blank name", user_but("firstName", json!("  "))),
        ("a name over its limit", user_but("lastName", json!("x".repeat(201)))),
        ("a control character", user_but("lastName", json!("a\u{0}b"))),
        (
            "a password under its limit",
            user_but("password", json!("x".repeat(15))),
        ),
        ("a password over its limit", user_but("password", json!("x".repeat(65)))),
        ("an empty password", user_but("password", json!(""))),
        (
            "a password of other characters",
            user_but("password", json!("with spaces and ümlauts")),
        ),
        (
            "everything at once",
            json!({"email": "nowhere", "firstName": "", "lastName": 1, "password": "short"}),
        ),
    ];

    insta::assert_snapshot!(refused(&given, Method::POST, USERS, &rows).await, @r#"
    nothing: 400 Bad Request
      invalid_request: 3 rules are broken; see errors
      [/email] email is required; given: nothing
      [/firstName] firstName is required; given: nothing
      [/lastName] lastName is required; given: nothing
    nulls: 400 Bad Request
      invalid_request: 4 rules are broken; see errors
      [/email] email must not be null; given: null
      [/firstName] firstName must not be null; given: null
      [/lastName] lastName must not be null; given: null
      [/password] password must not be null; given: null
    wrong types: 400 Bad Request
      invalid_request: 4 rules are broken; see errors
      [/email] email must be a string; given: a number
      [/firstName] firstName must be a string; given: an array
      [/lastName] lastName must be a string; given: an object
      [/password] password must be a string; given: a boolean
    an array: 400 Bad Request
      invalid_request: the request must be an object; given: an array
      [] the request must be an object; given: an array
    no address: 400 Bad Request
      invalid_request: email must be an e-mail address; given: "nowhere"
      [/email] email must be an e-mail address; given: "nowhere"
    an empty address: 400 Bad Request
      invalid_request: email must be an e-mail address; given: ""
      [/email] email must be an e-mail address; given: ""
    an address over its limit: 400 Bad Request
      invalid_request: email must have 3 to 254 bytes; given: 255 bytes
      [/email] email must have 3 to 254 bytes; given: 255 bytes
    an empty name: 400 Bad Request
      invalid_request: firstName must have 1 to 200 characters; given: 0 characters
      [/firstName] firstName must have 1 to 200 characters; given: 0 characters
    a blank name: 400 Bad Request
      invalid_request: firstName must be a name, not only white space; given: "  "
      [/firstName] firstName must be a name, not only white space; given: "  "
    a name over its limit: 400 Bad Request
      invalid_request: lastName must have 1 to 200 characters; given: 201 characters
      [/lastName] lastName must have 1 to 200 characters; given: 201 characters
    a control character: 400 Bad Request
      invalid_request: lastName must be text without control characters; given: "a\0b"
      [/lastName] lastName must be text without control characters; given: "a\0b"
    a password under its limit: 400 Bad Request
      invalid_request: password must have 16 to 64 characters; given: 15 characters
      [/password] password must have 16 to 64 characters; given: 15 characters
    a password over its limit: 400 Bad Request
      invalid_request: password must have 16 to 64 characters; given: 65 characters
      [/password] password must have 16 to 64 characters; given: 65 characters
    an empty password: 400 Bad Request
      invalid_request: password must have 16 to 64 characters; given: 0 characters
      [/password] password must have 16 to 64 characters; given: 0 characters
    a password of other characters: 400 Bad Request
      invalid_request: password must be ASCII letters, digits and punctuation; given: other characters
      [/password] password must be ASCII letters, digits and punctuation; given: other characters
    everything at once: 400 Bad Request
      invalid_request: 4 rules are broken; see errors
      [/lastName] lastName must be a string; given: a number
      [/password] password must have 16 to 64 characters; given: 5 characters
      [/email] email must be an e-mail address; given: "nowhere"
      [/firstName] firstName must have 1 to 200 characters; given: 0 characters
    "#);
    assert_eq!(given.memory.count(&given.organization), 0);
}

#[tokio::test]
async fn a_change_of_a_user_that_breaks_rules_is_refused_and_changes_nothing() {
    let given = given().await;
    let id = given.given_user("default", "ann@example.org").await;
    let before = given.kept(&id).await;
    let rows = [
        (
            "nulls",
            json!({"firstName": null, "lastName": null, "enabled": null, "password": null}),
        ),
        (
            "wrong types",
            json!({"firstName": 1, "lastName": false, "enabled": "yes", "password": 16}),
        ),
        ("an empty name", json!({"firstName": "", "enabled": false})),
        (
            "names over their limit",
            json!({"firstName": "x".repeat(201), "lastName": "y".repeat(201)}),
        ),
        (
            "a password under its limit",
            json!({"password": "x".repeat(15), "enabled": false}),
        ),
        ("a text", json!("enabled")),
    ];

    let shown = refused(&given, Method::PATCH, &format!("{USERS}/{id}"), &rows).await;

    insta::assert_snapshot!(shown, @r"
    nulls: 400 Bad Request
      invalid_request: 4 rules are broken; see errors
      [/firstName] firstName must not be null; given: null
      [/lastName] lastName must not be null; given: null
      [/enabled] enabled must not be null; given: null
      [/password] password must not be null; given: null
    wrong types: 400 Bad Request
      invalid_request: 4 rules are broken; see errors
      [/firstName] firstName must be a string; given: a number
      [/lastName] lastName must be a string; given: a boolean
      [/enabled] enabled must be true or false; given: a string
      [/password] password must be a string; given: a number
    an empty name: 400 Bad Request
      invalid_request: firstName must have 1 to 200 characters; given: 0 characters
      [/firstName] firstName must have 1 to 200 characters; given: 0 characters
    names over their limit: 400 Bad Request
      invalid_request: 2 rules are broken; see errors
      [/firstName] firstName must have 1 to 200 characters; given: 201 characters
      [/lastName] lastName must have 1 to 200 characters; given: 201 characters
    a password under its limit: 400 Bad Request
      invalid_request: password must have 16 to 64 characters; given: 15 characters
      [/password] password must have 16 to 64 characters; given: 15 characters
    a text: 400 Bad Request
      invalid_request: the request must be an object; given: a string
      [] the request must be an object; given: a string
    ");
    assert_eq!(given.kept(&id).await, before);
}

#[tokio::test]
async fn a_new_customer_that_breaks_rules_is_refused() {
    let given = given().await;
    let rows = [
        ("nothing", json!({})),
        (
            "nulls",
            json!({"displayName": null, "customerId": null, "tenantName": null, "region": null, "isNfr": null}),
        ),
        (
            "wrong types",
            json!({"displayName": 1, "customerId": [], "tenantName": {}, "region": true, "isNfr": "no"}),
        ),
        ("an empty id", customer_but("customerId", json!(""))),
        (
            "an id over its limit",
            customer_but("customerId", json!("x".repeat(65))),
        ),
        ("an empty name", customer_but("displayName", json!(""))),
        (
            "a name over its limit",
            customer_but("displayName", json!("x".repeat(201))),
        ),
        (
            "a tenant over its limit",
            customer_but("tenantName", json!("x".repeat(15))),
        ),
        ("an unknown region", customer_but("region", json!("EU"))),
        ("an array", json!([1])),
    ];

    insta::assert_snapshot!(refused(&given, Method::POST, "/customers", &rows).await, @r#"
    nothing: 400 Bad Request
      invalid_request: 2 rules are broken; see errors
      [/customerId] customerId is required; given: nothing
      [/displayName] displayName is required; given: nothing
    nulls: 400 Bad Request
      invalid_request: 5 rules are broken; see errors
      [/customerId] customerId must not be null; given: null
      [/displayName] displayName must not be null; given: null
      [/tenantName] tenantName must not be null; given: null
      [/region] region must not be null; given: null
      [/isNfr] isNfr must not be null; given: null
    wrong types: 400 Bad Request
      invalid_request: 5 rules are broken; see errors
      [/displayName] displayName must be a string; given: a number
      [/customerId] customerId must be a string; given: an array
      [/tenantName] tenantName must be a string; given: an object
      [/region] region must be a string; given: a boolean
      [/isNfr] isNfr must be true or false; given: a string
    an empty id: 400 Bad Request
      invalid_request: customerId must have 1 to 64 characters; given: 0 characters
      [/customerId] customerId must have 1 to 64 characters; given: 0 characters
    an id over its limit: 400 Bad Request
      invalid_request: customerId must have 1 to 64 characters; given: 65 characters
      [/customerId] customerId must have 1 to 64 characters; given: 65 characters
    an empty name: 400 Bad Request
      invalid_request: displayName must have 1 to 200 characters; given: 0 characters
      [/displayName] displayName must have 1 to 200 characters; given: 0 characters
    a name over its limit: 400 Bad Request
      invalid_request: displayName must have 1 to 200 characters; given: 201 characters
      [/displayName] displayName must have 1 to 200 characters; given: 201 characters
    a tenant over its limit: 400 Bad Request
      invalid_request: tenantName must have 1 to 14 characters; given: 15 characters
      [/tenantName] tenantName must have 1 to 14 characters; given: 15 characters
    an unknown region: 400 Bad Request
      invalid_request: region must be one of eu, us; given: "EU"
      [/region] region must be one of eu, us; given: "EU"
    an array: 400 Bad Request
      invalid_request: the request must be an object; given: an array
      [] the request must be an object; given: an array
    "#);
    let customers = given.call(Method::GET, "/customers", "").await.json();
    assert_eq!(customers["customers"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_change_of_a_customer_that_breaks_rules_is_refused() {
    let given = given().await;
    given.given_customer("contoso").await;
    let rows = [
        ("nulls", json!({"displayName": null, "customerId": null, "isNfr": null})),
        ("wrong types", json!({"displayName": 1, "customerId": 2, "isNfr": 3})),
        ("an id over its limit", json!({"customerId": "x".repeat(65)})),
        ("an empty name", json!({"displayName": ""})),
    ];

    insta::assert_snapshot!(refused(&given, Method::PATCH, "/customers/contoso", &rows).await, @r"
    nulls: 400 Bad Request
      invalid_request: 3 rules are broken; see errors
      [/customerId] customerId must not be null; given: null
      [/displayName] displayName must not be null; given: null
      [/isNfr] isNfr must not be null; given: null
    wrong types: 400 Bad Request
      invalid_request: 3 rules are broken; see errors
      [/displayName] displayName must be a string; given: a number
      [/customerId] customerId must be a string; given: a number
      [/isNfr] isNfr must be true or false; given: a number
    an id over its limit: 400 Bad Request
      invalid_request: customerId must have 1 to 64 characters; given: 65 characters
      [/customerId] customerId must have 1 to 64 characters; given: 65 characters
    an empty name: 400 Bad Request
      invalid_request: displayName must have 1 to 200 characters; given: 0 characters
      [/displayName] displayName must have 1 to 200 characters; given: 0 characters
    ");
}

#[tokio::test]
async fn a_login_that_breaks_rules_is_refused() {
    let given = given().await;
    let mut lines = Vec::new();
    for (name, body) in [
        ("nothing", json!({})),
        ("nulls", json!({"email": null, "password": null})),
        ("wrong types", json!({"email": 1, "password": ["the-password"]})),
        ("no address", json!({"email": "nowhere", "password": "the-password"})),
        ("empty", json!({"email": "", "password": ""})),
        ("a text", json!("the-password")),
    ] {
        let answer = given
            .send(request(Method::POST, "/auth/token", &body.to_string()))
            .await;
        assert!(!answer.body.contains("the-password"), "{answer:?}");
        lines.push(answer.refusal(name));
    }

    insta::assert_snapshot!(lines.join("\n"), @r#"
    nothing: 400 Bad Request
      invalid_request: 2 rules are broken; see errors
      [/email] email is required; given: nothing
      [/password] password is required; given: nothing
    nulls: 400 Bad Request
      invalid_request: 2 rules are broken; see errors
      [/email] email must not be null; given: null
      [/password] password must not be null; given: null
    wrong types: 400 Bad Request
      invalid_request: 2 rules are broken; see errors
      [/email] email must be a string; given: a number
      [/password] password must be a string; given: an array
    no address: 400 Bad Request
      invalid_request: email must be an e-mail address; given: "nowhere"
      [/email] email must be an e-mail address; given: "nowhere"
    empty: 400 Bad Request
      invalid_request: 2 rules are broken; see errors
      [/email] email must be an e-mail address; given: ""
      [/password] password is required; given: nothing
    a text: 400 Bad Request
      invalid_request: the request must be an object; given: a string
      [] the request must be an object; given: a string
    "#);
}

#[tokio::test]
async fn what_is_wrong_on_our_side_has_the_vendors_shape_too() {
    for (refusal, status, code) in [
        (Refusal::fault(), StatusCode::INTERNAL_SERVER_ERROR, "internal_error"),
        (
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, Kind::Unavailable, "later"),
            StatusCode::SERVICE_UNAVAILABLE,
            "service_unavailable",
        ),
        (
            Refusal::new(StatusCode::CONFLICT, Kind::Contention, "others"),
            StatusCode::SERVICE_UNAVAILABLE,
            "service_unavailable",
        ),
    ] {
        let response = render(&refusal, "id");

        assert_eq!(response.status(), status);
        let body = axum::body::to_bytes(response.into_body(), 10_000)
            .await
            .expect("a body");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(body, json!({"code": code, "message": refusal.message, "errors": []}));
    }
}
