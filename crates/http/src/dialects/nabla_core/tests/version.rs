//! Which version a request is answered with.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use rstest::rstest;

use super::super::version::{ARCHIVED, CURRENT};
use crate::dialects::Versions;
use crate::refusal::Refusal;

fn asked(versions: Versions, headers: &[(&str, &str)], query: &str) -> Result<Option<&'static str>, Refusal> {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::try_from(*name).expect("a name"),
                HeaderValue::try_from(*value).expect("a value"),
            )
        })
        .fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        });
    let uri = Uri::try_from(format!("/users{query}")).expect("a URI");
    versions.asked(&headers, &uri)
}

#[rstest]
#[case::none(CURRENT, &[], "", None)]
#[case::header(CURRENT, &[("X-Nabla-Api-Version", "2024-10-01")], "", Some("2024-10-01"))]
#[case::header_archived(ARCHIVED, &[("X-Nabla-Api-Version", "2023-05-12")], "", Some("2023-05-12"))]
#[case::preview(CURRENT, &[("x-nabla-api-version", "x-nabla-next")], "", Some("x-nabla-next"))]
#[case::query(CURRENT, &[], "?nabla-api-version=2025-05-21", Some("2025-05-21"))]
#[case::header_before_query(
    CURRENT,
    &[("x-nabla-api-version", "2025-04-03")],
    "?nabla-api-version=2024-10-01",
    Some("2025-04-03")
)]
#[case::wrongly_named_header(CURRENT, &[("nabla-api-version", "nonsense")], "", None)]
fn a_version_that_the_generation_knows_is_found(
    #[case] versions: Versions,
    #[case] headers: &[(&str, &str)],
    #[case] query: &str,
    #[case] expected: Option<&str>,
) {
    assert_eq!(asked(versions, headers, query).expect("a version"), expected);
}

#[rstest]
#[case::unknown_date(CURRENT, &[("x-nabla-api-version", "2024-10-02")], "")]
#[case::malformed(CURRENT, &[("x-nabla-api-version", "latest")], "")]
#[case::empty(CURRENT, &[("x-nabla-api-version", "")], "")]
#[case::of_the_archived_generation(CURRENT, &[("x-nabla-api-version", "2024-04-22")], "")]
#[case::of_the_current_generation(ARCHIVED, &[("x-nabla-api-version", "2024-10-01")], "")]
#[case::preview_of_the_archived_generation(ARCHIVED, &[("x-nabla-api-version", "x-nabla-next")], "")]
#[case::twice(
    CURRENT,
    &[("x-nabla-api-version", "2024-10-01"), ("x-nabla-api-version", "2024-10-01")],
    ""
)]
#[case::query(CURRENT, &[], "?nabla-api-version=1")]
#[case::query_beside_a_right_header(
    CURRENT,
    &[("x-nabla-api-version", "2024-10-01")],
    "?nabla-api-version=nonsense"
)]
#[case::query_twice(CURRENT, &[], "?nabla-api-version=2024-10-01&nabla-api-version=2024-10-01")]
fn a_version_that_the_generation_does_not_know_is_refused(
    #[case] versions: Versions,
    #[case] headers: &[(&str, &str)],
    #[case] query: &str,
) {
    assert!(asked(versions, headers, query).is_err());
}

#[rstest]
#[case::asked("?nabla-api-version=2025-04-03", "2025-04-03")]
#[case::pinned("", "2026-02-20")]
fn a_request_that_asks_for_none_gets_the_pinned_one(#[case] query: &str, #[case] expected: &str) {
    let uri = Uri::try_from(format!("/users{query}")).expect("a URI");

    let version = CURRENT.negotiate(&HeaderMap::new(), &uri, "2026-02-20");

    assert_eq!(version.expect("a version"), expected);
}
