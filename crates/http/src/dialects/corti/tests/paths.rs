//! Paths, methods, queries and bodies that cannot be read.

use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};

use super::{given, request};

const USERS: &str = "/customers/default/users";
const NOBODY: &str = "/customers/default/users/98fce1ef-dbca-41ef-8bc7-4d1621ac07c6";

#[tokio::test]
async fn paths_that_lead_nowhere_and_methods_that_they_do_not_know_are_refused() {
    let given = given().await;
    let mut lines = Vec::new();
    for (name, method, path, body) in [
        ("an unknown path", Method::GET, "/nowhere", ""),
        ("no quotas", Method::GET, "/customers/default/quotas", ""),
        ("a method that lists do not know", Method::PUT, "/customers", "{}"),
        ("a method that users do not know", Method::GET, NOBODY, ""),
        ("an unknown customer", Method::GET, "/customers/nowhere/users", ""),
        ("a customer that cannot be", Method::GET, "/customers/a%00b/users", ""),
        (
            "an unknown customer to change",
            Method::PATCH,
            "/customers/nowhere",
            "{}",
        ),
        (
            "an unknown customer to delete",
            Method::DELETE,
            "/customers/nowhere",
            "",
        ),
        ("an unknown user to change", Method::PATCH, NOBODY, "{}"),
        ("an unknown user to delete", Method::DELETE, NOBODY, ""),
        ("a user of no UUID", Method::DELETE, "/customers/default/users/7", ""),
        ("no UTF-8", Method::DELETE, "/customers/default/users/%ff", ""),
    ] {
        let answer = given.call(method, path, body).await;
        lines.push(answer.refusal(name));
    }

    insta::assert_snapshot!(lines.join("\n"), @r#"
    an unknown path: 404 Not Found
      not_found: there is no such path
    no quotas: 404 Not Found
      not_found: there is no such path
    a method that lists do not know: 405 Method Not Allowed
      method_not_allowed: this path does not know the method; see the Allow header
    a method that users do not know: 405 Method Not Allowed
      method_not_allowed: this path does not know the method; see the Allow header
    an unknown customer: 404 Not Found
      not_found: there is no such customer
    a customer that cannot be: 404 Not Found
      not_found: there is no such customer
    an unknown customer to change: 404 Not Found
      not_found: there is no such customer
    an unknown customer to delete: 404 Not Found
      not_found: there is no such customer
    an unknown user to change: 404 Not Found
      not_found: there is no such user
    an unknown user to delete: 404 Not Found
      not_found: there is no such user
    a user of no UUID: 400 Bad Request
      invalid_request: userId must be a UUID; given: "7"
      [/userId] userId must be a UUID; given: "7"
    no UTF-8: 400 Bad Request
      invalid_request: the path is not UTF-8 after percent-decoding
    "#);
}

#[tokio::test]
async fn pages_out_of_their_bounds_are_refused() {
    let given = given().await;
    let mut lines = Vec::new();
    for (name, method, path, body) in [
        ("page 0", Method::GET, "/customers?page=0", ""),
        ("a page too far", Method::GET, "/customers?page=5001", ""),
        ("an empty page", Method::GET, "/customers?page=&pageSize=0", ""),
        (
            "a page too large",
            Method::GET,
            "/customers/default/users?pageSize=101",
            "",
        ),
        (
            "pages of words",
            Method::GET,
            "/customers/default/users?page=one&pageSize=ten",
            "",
        ),
        ("two pages", Method::GET, "/customers/default/users?page=1&page=2", ""),
    ] {
        let answer = given.call(method, path, body).await;
        lines.push(answer.refusal(name));
    }

    insta::assert_snapshot!(lines.join("\n"), @r#"
    page 0: 400 Bad Request
      invalid_request: page must be a whole number from 1 to 5000; given: "0"
      [/page] page must be a whole number from 1 to 5000; given: "0"
    a page too far: 400 Bad Request
      invalid_request: page must be a whole number from 1 to 5000; given: "5001"
      [/page] page must be a whole number from 1 to 5000; given: "5001"
    an empty page: 400 Bad Request
      invalid_request: 2 rules are broken; see errors
      [/page] page must be a whole number from 1 to 5000; given: ""
      [/pageSize] pageSize must be a whole number from 1 to 100; given: "0"
    a page too large: 400 Bad Request
      invalid_request: pageSize must be a whole number from 1 to 100; given: "101"
      [/pageSize] pageSize must be a whole number from 1 to 100; given: "101"
    pages of words: 400 Bad Request
      invalid_request: 2 rules are broken; see errors
      [/page] page must be a whole number from 1 to 5000; given: "one"
      [/pageSize] pageSize must be a whole number from 1 to 100; given: "ten"
    two pages: 400 Bad Request
      invalid_request: page must be given once; given: more than one
      [/page] page must be given once; given: more than one
    "#);
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    let given = given().await;
    let large = format!(r#"{{"firstName": "{}"}}"#, "x".repeat(1024 * 1024));
    let deep = "[".repeat(10_000);
    let mut lines = Vec::new();
    for (name, method, path, body) in [
        ("no body", Method::POST, "/customers", ""),
        ("half a body", Method::POST, "/customers", r#"{"displayName":"#),
        ("a deep body", Method::POST, "/customers", &deep),
        ("a large body", Method::POST, USERS, &large),
    ] {
        let answer = given.call(method, path, body).await;
        lines.push(answer.refusal(name));
    }

    insta::assert_snapshot!(lines.join("\n"), @r"
    no body: 400 Bad Request
      invalid_request: the body ends too early: line 1, column 0
    half a body: 400 Bad Request
      invalid_request: the body ends too early: line 1, column 15
    a deep body: 400 Bad Request
      invalid_request: the body is not JSON: line 1, column 128
    a large body: 413 Payload Too Large
      invalid_request: the body must have at most 1048576 bytes
    ");
}

#[tokio::test]
async fn the_methods_of_a_path_are_named() {
    let given = given().await;

    let users = given.call(Method::PUT, NOBODY, "{}").await;
    let customers = given.call(Method::DELETE, "/customers", "").await;

    assert_eq!(users.header("allow"), "PATCH,DELETE");
    assert_eq!(customers.header("allow"), "GET,HEAD,POST");
}

#[tokio::test]
async fn bodies_of_other_media_types_are_refused_and_one_without_a_type_is_read() {
    let given = given().await;
    let body = r#"{"displayName": "x", "customerId": "x"}"#;
    let mut lines = Vec::new();
    for media_type in ["text/xml", "application/x-www-form-urlencoded"] {
        let mut typed = given.authorized(request(Method::POST, "/projects/default/customers", body));
        typed
            .headers_mut()
            .insert(CONTENT_TYPE, media_type.parse().expect("a header"));
        lines.push(given.send(typed).await.refusal(media_type));
    }
    let mut untyped = given.authorized(request(Method::POST, "/projects/default/customers", body));
    untyped.headers_mut().remove(CONTENT_TYPE);

    insta::assert_snapshot!(lines.join("\n"), @r"
    text/xml: 415 Unsupported Media Type
      invalid_request: the body must be JSON: send it with Content-Type: application/json
    application/x-www-form-urlencoded: 415 Unsupported Media Type
      invalid_request: the body must be JSON: send it with Content-Type: application/json
    ");
    assert_eq!(given.send(untyped).await.status, StatusCode::CREATED);
}
