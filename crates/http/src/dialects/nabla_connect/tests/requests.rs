//! Requests that are wrong before anybody reads their body: path, method, media type, size, time.

use std::fmt::Write;

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use super::{BASE, given, request};

const BODY: &str = r#"{"provider_email": "ann@example.org", "external_provider_id": "ehr-7"}"#;

#[tokio::test]
async fn paths_and_methods_that_the_vendor_does_not_have_are_refused() {
    let given = given();
    let rows = [
        (Method::GET, "/users"),
        (Method::PUT, "/users"),
        (Method::PATCH, "/users"),
        (Method::DELETE, "/users"),
        (Method::POST, "/users/"),
        (Method::POST, "/users/ehr-7"),
        (Method::GET, "/users/ehr-7"),
        (Method::POST, "/USERS"),
        (Method::POST, "/encounters"),
        (Method::GET, "/oauth/token"),
        (Method::POST, "/"),
        (Method::POST, ""),
    ];

    let mut table = String::new();
    for (method, path) in rows {
        let mut request = given.request(BODY);
        *request.method_mut() = method.clone();
        *request.uri_mut() = format!("{BASE}{path}").parse().expect("a URI");
        let answer = given.send(request).await;
        let allow = answer.header("allow");
        writeln!(table, "{method} {path:?}: {} [{allow}]", answer.line()).expect("a line");
    }

    insta::assert_snapshot!(table, @r#"
    GET "/users": 405 Method Not Allowed {"code":90005,"debuggingHints":[],"message":"this path does not know the method; see the Allow header","name":"ROUTE_NOT_FOUND","traceId":"[trace]"} [POST]
    PUT "/users": 405 Method Not Allowed {"code":90005,"debuggingHints":[],"message":"this path does not know the method; see the Allow header","name":"ROUTE_NOT_FOUND","traceId":"[trace]"} [POST]
    PATCH "/users": 405 Method Not Allowed {"code":90005,"debuggingHints":[],"message":"this path does not know the method; see the Allow header","name":"ROUTE_NOT_FOUND","traceId":"[trace]"} [POST]
    DELETE "/users": 405 Method Not Allowed {"code":90005,"debuggingHints":[],"message":"this path does not know the method; see the Allow header","name":"ROUTE_NOT_FOUND","traceId":"[trace]"} [POST]
    POST "/users/": 404 Not Found {"code":90005,"debuggingHints":[],"message":"there is no such path","name":"ROUTE_NOT_FOUND","traceId":"[trace]"} []
    POST "/users/ehr-7": 404 Not Found {"code":90005,"debuggingHints":[],"message":"there is no such path","name":"ROUTE_NOT_FOUND","traceId":"[trace]"} []
    GET "/users/ehr-7": 404 Not Found {"code":90005,"debuggingHints":[],"message":"there is no such path","name":"ROUTE_NOT_FOUND","traceId":"[trace]"} []
    POST "/USERS": 404 Not Found {"code":90005,"debuggingHints":[],"message":"there is no such path","name":"ROUTE_NOT_FOUND","traceId":"[trace]"} []
    POST "/encounters": 404 Not Found {"code":90005,"debuggingHints":[],"message":"there is no such path","name":"ROUTE_NOT_FOUND","traceId":"[trace]"} []
    GET "/oauth/token": 405 Method Not Allowed {"code":90005,"debuggingHints":[],"message":"this path does not know the method; see the Allow header","name":"ROUTE_NOT_FOUND","traceId":"[trace]"} [POST]
    POST "/": 404 Not Found {"code":90005,"debuggingHints":[],"message":"there is no such path","name":"ROUTE_NOT_FOUND","traceId":"[trace]"} []
    POST "": 404 Not Found {"code":90005,"debuggingHints":[],"message":"there is no such path","name":"ROUTE_NOT_FOUND","traceId":"[trace]"} []
    "#);
    assert_eq!(given.memory.count(&given.organization), 0);
}

#[tokio::test]
async fn bodies_of_another_media_type_are_refused() {
    let given = given();

    let mut table = String::new();
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "json",
        "",
    ] {
        let mut request = given.request(BODY);
        request
            .headers_mut()
            .insert("content-type", HeaderValue::from_static(media_type));
        let answer = given.send(request).await;
        writeln!(table, "{media_type:?}: {}", answer.line()).expect("a line");
    }

    insta::assert_snapshot!(table, @r#"
    "text/plain": 415 Unsupported Media Type {"code":90002,"debuggingHints":[],"message":"the body must be JSON: send it with Content-Type: application/json","name":"INVALID_REQUEST","traceId":"[trace]"}
    "application/x-www-form-urlencoded": 415 Unsupported Media Type {"code":90002,"debuggingHints":[],"message":"the body must be JSON: send it with Content-Type: application/json","name":"INVALID_REQUEST","traceId":"[trace]"}
    "multipart/form-data; boundary=x": 415 Unsupported Media Type {"code":90002,"debuggingHints":[],"message":"the body must be JSON: send it with Content-Type: application/json","name":"INVALID_REQUEST","traceId":"[trace]"}
    "application/xml": 415 Unsupported Media Type {"code":90002,"debuggingHints":[],"message":"the body must be JSON: send it with Content-Type: application/json","name":"INVALID_REQUEST","traceId":"[trace]"}
    "json": 415 Unsupported Media Type {"code":90002,"debuggingHints":[],"message":"the body must be JSON: send it with Content-Type: application/json","name":"INVALID_REQUEST","traceId":"[trace]"}
    "": 415 Unsupported Media Type {"code":90002,"debuggingHints":[],"message":"the body must be JSON: send it with Content-Type: application/json","name":"INVALID_REQUEST","traceId":"[trace]"}
    "#);
    assert_eq!(given.memory.count(&given.organization), 0);
}

#[rstest]
#[case::with_a_charset("application/json; charset=utf-8")]
#[case::in_capitals("Application/JSON")]
#[case::of_a_json_kind("application/vnd.nabla+json")]
#[tokio::test]
async fn json_is_known_by_any_of_its_names(#[case] media_type: &'static str) {
    let given = given();
    let mut request = given.request(BODY);
    request
        .headers_mut()
        .insert("content-type", HeaderValue::from_static(media_type));

    assert_eq!(given.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let given = given();

    let answer = given.send(given.request(&"x".repeat(2_000_000))).await;

    insta::assert_snapshot!(answer.line(), @r#"
    413 Payload Too Large {"code":90002,"debuggingHints":[],"message":"the body must have at most 1048576 bytes","name":"INVALID_REQUEST","traceId":"[trace]"}
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_refused_and_nothing_is_done() {
    let given = given();
    let mut request = given.request(BODY);
    *request.body_mut() = Body::from_stream(futures::stream::pending::<Result<String, std::io::Error>>());

    let answer = given.send(request).await;

    insta::assert_snapshot!(answer.line(), @r#"
    408 Request Timeout {"code":90002,"debuggingHints":[],"message":"the body did not arrive within 20 seconds; nothing was done","name":"INVALID_REQUEST","traceId":"[trace]"}
    "#);
    assert_eq!(given.memory.count(&given.organization), 0);
}

#[tokio::test]
async fn the_specification_is_open_and_says_what_the_vendor_documents() {
    let given = given();
    let mut request = request("", None);
    *request.method_mut() = Method::GET;
    *request.uri_mut() = format!("{BASE}/openapi.json").parse().expect("a URI");

    let document = given.send(request).await.json();

    let paths: Vec<&str> = document["paths"]
        .as_object()
        .expect("paths")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(paths, ["/oauth/token", "/users"]);
    let upsert = &document["paths"]["/users"]["post"];
    let statuses: Vec<&str> = upsert["responses"]
        .as_object()
        .expect("responses")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        statuses,
        [
            "200", "400", "401", "404", "405", "408", "409", "413", "415", "500", "503"
        ]
    );
    let parameters: Vec<&Value> = upsert["parameters"]
        .as_array()
        .expect("parameters")
        .iter()
        .map(|p| &p["name"])
        .collect();
    assert_eq!(parameters, [&json!("x-nabla-api-version"), &json!("nabla-api-version")]);
    let body = &upsert["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(body, &json!("#/components/schemas/NablaConnectUserRequest"));
    assert_eq!(upsert["requestBody"]["required"], json!(true));
}
