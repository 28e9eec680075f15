//! Which version a request is answered in, and which versions have the endpoint.

use axum::http::StatusCode;
use roster_domain::ConnectVersion;
use rstest::rstest;
use serde_json::json;

use super::{BASE, Given, given_pinned, token_request};

const BODY: &str = r#"{"provider_email": "ann@example.org", "external_provider_id": "ehr-7"}"#;

async fn asked(given: &Given, headers: &[(&'static str, &'static str)], query: &str) -> (StatusCode, String) {
    let mut request = given.request(BODY);
    *request.uri_mut() = format!("{BASE}/users{query}").parse().expect("a URI");
    for (name, value) in headers {
        request
            .headers_mut()
            .append(*name, value.parse().expect("a header's value"));
    }
    let answer = given.send(request).await;
    let name = if answer.status == StatusCode::OK {
        String::new()
    } else {
        answer.json()["name"].as_str().expect("a name").to_owned()
    };
    (answer.status, name)
}

#[rstest]
#[case::none_is_asked_for(None, &[], "")]
#[case::pinned_to_the_first_with_users(Some(ConnectVersion::V2026_03_23), &[], "")]
#[case::pinned_to_the_preview(Some(ConnectVersion::Next), &[], "")]
#[case::header(None, &[("X-Nabla-Api-Version", "2026-03-23")], "")]
#[case::header_with_the_preview(None, &[("x-nabla-api-version", "x-nabla-next")], "")]
#[case::query(None, &[], "?nabla-api-version=2026-03-23")]
#[case::header_before_pinned(Some(ConnectVersion::V2026_02_13), &[("x-nabla-api-version", "2026-03-23")], "")]
#[case::query_before_pinned(Some(ConnectVersion::V2026_02_13), &[], "?nabla-api-version=x-nabla-next")]
#[case::header_before_query(None, &[("x-nabla-api-version", "2026-03-23")], "?nabla-api-version=2026-02-13")]
#[case::wrongly_named_header(None, &[("nabla-api-version", "2026-02-13")], "")]
#[tokio::test]
async fn a_version_with_users_has_the_endpoint(
    #[case] pinned: Option<ConnectVersion>,
    #[case] headers: &[(&'static str, &'static str)],
    #[case] query: &str,
) {
    let given = given_pinned(pinned);

    assert_eq!(asked(&given, headers, query).await, (StatusCode::OK, String::new()));
}

#[rstest]
#[case::header(None, &[("x-nabla-api-version", "2026-02-13")], "")]
#[case::query(None, &[], "?nabla-api-version=2026-02-13")]
#[case::pinned(Some(ConnectVersion::V2026_02_13), &[], "")]
#[case::header_before_query(None, &[("x-nabla-api-version", "2026-02-13")], "?nabla-api-version=2026-03-23")]
#[case::header_before_pinned(Some(ConnectVersion::V2026_03_23), &[("x-nabla-api-version", "2026-02-13")], "")]
#[tokio::test]
async fn in_a_version_before_users_the_path_is_unknown(
    #[case] pinned: Option<ConnectVersion>,
    #[case] headers: &[(&'static str, &'static str)],
    #[case] query: &str,
) {
    let given = given_pinned(pinned);

    let (status, name) = asked(&given, headers, query).await;

    assert_eq!((status, name.as_str()), (StatusCode::NOT_FOUND, "ROUTE_NOT_FOUND"));
    assert_eq!(given.memory.count(&given.organization), 0);
}

#[rstest]
#[case::unknown_date(&[("x-nabla-api-version", "2026-03-24")], "")]
#[case::malformed(&[("x-nabla-api-version", "latest")], "")]
#[case::empty(&[("x-nabla-api-version", "")], "")]
#[case::of_nabla_core(&[("x-nabla-api-version", "2026-07-01")], "")]
#[case::twice(&[("x-nabla-api-version", "2026-03-23"), ("x-nabla-api-version", "2026-03-23")], "")]
#[case::query(&[], "?nabla-api-version=1")]
#[case::query_twice(&[], "?nabla-api-version=2026-03-23&nabla-api-version=2026-03-23")]
#[tokio::test]
async fn a_version_that_nobody_knows_is_refused(#[case] headers: &[(&'static str, &'static str)], #[case] query: &str) {
    let given = given_pinned(None);

    let (status, name) = asked(&given, headers, query).await;

    assert_eq!(
        (status, name.as_str()),
        (StatusCode::BAD_REQUEST, "UNSUPPORTED_API_VERSION")
    );
    assert_eq!(given.memory.count(&given.organization), 0);
}

#[tokio::test]
async fn a_version_is_refused_before_anybody_is_asked_who_they_are_and_the_known_ones_are_named() {
    let given = given_pinned(None);
    let mut request = given.request(BODY);
    request.headers_mut().remove("authorization");
    *request.uri_mut() = format!("{BASE}/users?nabla-api-version=2025-01-01")
        .parse()
        .expect("a URI");

    let answer = given.send(request).await;

    insta::assert_snapshot!(answer.whole(), @r#"
    400 Bad Request
    {
      "code": 90006,
      "debuggingHints": [
        "nabla-api-version must be one of 2026-02-13, 2026-03-23, x-nabla-next; given: \"2025-01-01\""
      ],
      "message": "nabla-api-version must be one of 2026-02-13, 2026-03-23, x-nabla-next; given: \"2025-01-01\"",
      "name": "UNSUPPORTED_API_VERSION",
      "traceId": "[trace]"
    }
    "#);
}

#[tokio::test]
async fn the_token_endpoint_is_in_every_version() {
    let given = given_pinned(Some(ConnectVersion::V2026_02_13));

    for version in ConnectVersion::NAMES {
        let path = format!("{BASE}/oauth/token?nabla-api-version={version}");
        let body = token_request(&given.assertion(&json!({"jti": version})));
        let answer = given.anonymous(&path, &body).await;

        assert_eq!(answer.status, StatusCode::OK, "{version}: {answer:?}");
    }
}
