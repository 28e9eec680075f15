//! Requests that come to nothing, each in SCIM's shape.

use axum::body::Body;
use axum::http::{Method, Request};
use roster_domain::Surface;
use rstest::rstest;
use serde_json::json;

use super::{PREFIX, STRANGERS_KEY, given, request};

#[rstest]
#[case("/Users")]
#[case("/Schemas")]
#[case("/nowhere")]
#[case("/")]
#[case("/Me")]
#[tokio::test]
async fn nobody_gets_in_without_a_key(#[case] path: &str) {
    let given = given();

    for headers in [
        &[("authorization", "Bearer another")][..],
        &[("authorization", "Basic x")],
    ] {
        let refused = given.send(request(Method::GET, path, None, headers)).await;
        assert_eq!(refused.refusal(), (401, String::new()));
        assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"roster\"");
    }
}

#[tokio::test]
async fn a_key_for_another_surface_opens_nothing_here() {
    let given = given();
    given.memory.limit(given.client, Surface::V1);
    assert_eq!(given.get("/Users").await.refusal(), (401, String::new()));

    given.memory.limit(given.client, Surface::Scim);
    assert_eq!(given.get("/Users").await.status, 200);
}

#[tokio::test]
async fn what_is_anothers_is_not_there() {
    let given = given();
    let user = given.user("ann").await;
    let group = given.group("Clinic", &[&user]).await;
    let stranger = format!("Bearer {STRANGERS_KEY}");
    let headers = [("authorization", stranger.as_str())];
    let body =
        json!({"userName": "ann", "displayName": "Clinic", "Operations": [{"op": "remove", "path": "externalId"}]});

    for path in [format!("/Users/{user}"), format!("/Groups/{group}")] {
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            let body = (method != Method::GET).then_some(&body);
            let answer = given.send(request(method, &path, body, &headers)).await;
            assert_eq!(answer.refusal(), (404, String::new()), "{answer:?}");
        }
    }
    for path in ["/Users", "/Groups", ""] {
        let answer = given.send(request(Method::GET, path, None, &headers)).await;
        assert_eq!(answer.json()["totalResults"], 0);
    }
    let theirs = json!({"displayName": "Ward", "members": [{"value": user}]});
    let answer = given
        .send(request(Method::POST, "/Groups", Some(&theirs), &headers))
        .await;
    assert_eq!(answer.refusal(), (400, "invalidValue".to_owned()));
}

#[rstest]
#[case::unknown_path(Method::GET, "/nowhere", 404)]
#[case::unknown_below(Method::GET, "/Users/1/photos", 404)]
#[case::no_id(Method::GET, "/Users/ann", 404)]
#[case::no_group(Method::GET, "/Groups/clinic", 404)]
#[case::method(Method::PUT, "/Users", 405)]
#[case::bulk_by_get(Method::GET, "/Bulk", 405)]
#[case::me(Method::GET, "/Me", 501)]
#[case::me_patched(Method::PATCH, "/Me", 501)]
#[tokio::test]
async fn what_is_not_there_is_said_in_scims_shape(#[case] method: Method, #[case] path: &str, #[case] status: u16) {
    let refused = given().send(request(method, path, None, &[])).await;

    assert_eq!(refused.refusal(), (status, String::new()));
    assert_eq!(
        refused.json()["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:Error"])
    );
}

#[rstest]
#[case::no_json("application/scim+json", "{", 400, "invalidSyntax")]
#[case::no_object("application/scim+json", "[]", 400, "invalidSyntax")]
#[case::empty("application/json", "", 400, "invalidSyntax")]
#[case::another_type("text/plain", "{}", 415, "")]
#[case::another_charset("application/json; charset=latin1", "{}", 415, "")]
#[case::merge_patch("application/merge-patch+json", "{}", 415, "")]
#[case::missing_name("application/json; charset=utf-8", "{}", 400, "invalidValue")]
#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused(
    #[case] media_type: &str,
    #[case] body: &'static str,
    #[case] status: u16,
    #[case] word: &str,
) {
    let request = Request::post(format!("{PREFIX}/Users"))
        .header("authorization", format!("Bearer {}", super::KEY))
        .header("content-type", media_type)
        .body(Body::from(body))
        .unwrap();

    let refused = given().send(request).await;

    assert_eq!(refused.refusal(), (status, word.to_owned()));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let body = json!({"userName": "x".repeat(1024 * 1024)});

    assert_eq!(given().post("/Users", &body).await.refusal(), (413, String::new()));
}

#[tokio::test]
async fn answers_are_kept_by_nobody_on_the_way() {
    let given = given();

    for path in ["/Users", "/nowhere"] {
        assert_eq!(given.get(path).await.header("cache-control"), "no-store");
    }
}
