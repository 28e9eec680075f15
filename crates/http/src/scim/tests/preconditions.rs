//! What is done only if the resource is, or is not, as the caller knows it.

use axum::http::Method;
use rstest::rstest;
use serde_json::{Value as Json, json};

use super::{Answer, Given, given, request};

/// A resource of either type at version 2.
async fn changed(given: &Given, of: &str) -> String {
    let (path, body) = match of {
        "User" => (
            format!("/Users/{}", given.user("ann").await),
            json!({"userName": "anna"}),
        ),
        _ => (
            format!("/Groups/{}", given.group("Clinic", &[]).await),
            json!({"displayName": "Ward"}),
        ),
    };
    assert_eq!(given.put(&path, &body).await.header("etag"), "W/\"2\"");
    path
}

async fn send(given: &Given, method: &Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let body: Option<Json> = match *method {
        Method::PUT => Some(json!({"userName": "ann", "displayName": "Clinic"})),
        Method::PATCH => Some(json!({"Operations": [{"op": "add", "path": "externalId", "value": "x"}]})),
        _ => None,
    };
    given.send(request(method.clone(), path, body.as_ref(), headers)).await
}

#[rstest]
#[case::known("if-none-match", "W/\"2\"", (304, 412))]
#[case::known_as_strong("if-none-match", "\"2\"", (304, 412))]
#[case::known_among_others("if-none-match", "W/\"1\", W/\"2\"", (304, 412))]
#[case::known_whatever_it_is("if-none-match", "*", (304, 412))]
#[case::not_known("if-none-match", "W/\"1\"", (200, 200))]
#[case::no_tag("if-none-match", "2", (400, 400))]
#[case::expected("if-match", "W/\"2\"", (200, 200))]
#[case::any_expected("if-match", "*", (200, 200))]
#[case::another_expected("if-match", "W/\"99\"", (412, 412))]
#[case::no_tag_expected("if-match", "W/2", (400, 400))]
#[tokio::test]
async fn a_precondition_holds_for_every_method(
    #[case] name: &str,
    #[case] value: &str,
    #[case] (read, written): (u16, u16),
    #[values("User", "Group")] of: &str,
    #[values(Method::GET, Method::PUT, Method::PATCH, Method::DELETE)] method: Method,
) {
    let given = given();
    let path = changed(&given, of).await;

    let answer = send(&given, &method, &path, &[(name, value)]).await;

    let expected = match method {
        Method::GET => read,
        Method::DELETE if written == 200 => 204,
        _ => written,
    };
    assert_eq!(answer.status.as_u16(), expected, "{answer:?}");
    if matches!(expected, 304 | 412) {
        assert_eq!(answer.header("etag"), "W/\"2\"");
    }
    if expected >= 400 {
        assert_eq!(answer.refusal(), (expected, String::new()));
        assert_eq!(given.get(&path).await.header("etag"), "W/\"2\"");
    }
}

#[tokio::test]
async fn if_match_comes_before_if_none_match() {
    let given = given();
    let path = changed(&given, "User").await;

    let both = [("if-match", "W/\"1\""), ("if-none-match", "W/\"2\"")];

    assert_eq!(send(&given, &Method::GET, &path, &both).await.status, 412);
}

#[tokio::test]
async fn what_is_not_there_meets_no_precondition() {
    let given = given();

    for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
        for header in ["if-match", "if-none-match"] {
            let path = "/Users/00000000-0000-0000-0000-000000000099";
            let answer = send(&given, &method, path, &[(header, "*")]).await;
            assert_eq!(answer.refusal(), (404, String::new()));
        }
    }
}

#[tokio::test]
async fn whoever_joins_a_group_is_another_than_the_caller_knows() {
    let given = given();
    let ann = given.user("ann").await;
    given.group("Clinic", &[&ann]).await;
    let path = format!("/Users/{ann}");
    let tag = given.get(&path).await.header("etag").to_owned();

    let known = send(&given, &Method::PUT, &path, &[("if-none-match", &tag)]).await;
    assert_eq!(known.status, 412, "{known:?}");
    let not_known = send(&given, &Method::PUT, &path, &[("if-none-match", "W/\"1\"")]).await;
    assert_eq!(not_known.status, 200, "{not_known:?}");
}
