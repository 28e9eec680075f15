//! Which version a request is answered with.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use rstest::rstest;

use super::super::Generation::{self, Archived, Current};
use crate::refusal::Refusal;

fn negotiate(generation: Generation, headers: &[(&str, &str)], query: &str) -> Result<&'static str, Refusal> {
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
    generation.versions().negotiate(&headers, &uri)
}

#[rstest]
#[case::pinned(Current, &[], "", "2026-07-01")]
#[case::pinned_archived(Archived, &[], "", "2024-04-22")]
#[case::header(Current, &[("X-Nabla-Api-Version", "2024-10-01")], "", "2024-10-01")]
#[case::header_archived(Archived, &[("X-Nabla-Api-Version", "2023-05-12")], "", "2023-05-12")]
#[case::preview(Current, &[("x-nabla-api-version", "x-nabla-next")], "", "x-nabla-next")]
#[case::query(Current, &[], "?nabla-api-version=2025-05-21", "2025-05-21")]
#[case::header_before_query(
    Current,
    &[("x-nabla-api-version", "2025-04-03")],
    "?nabla-api-version=nonsense",
    "2025-04-03"
)]
#[case::wrongly_named_header(Current, &[("nabla-api-version", "nonsense")], "", "2026-07-01")]
fn a_version_that_the_generation_knows_is_found(
    #[case] generation: Generation,
    #[case] headers: &[(&str, &str)],
    #[case] query: &str,
    #[case] expected: &str,
) {
    assert_eq!(negotiate(generation, headers, query).expect("a version"), expected);
}

#[rstest]
#[case::unknown_date(Current, &[("x-nabla-api-version", "2024-10-02")], "")]
#[case::malformed(Current, &[("x-nabla-api-version", "latest")], "")]
#[case::empty(Current, &[("x-nabla-api-version", "")], "")]
#[case::of_the_archived_generation(Current, &[("x-nabla-api-version", "2024-04-22")], "")]
#[case::of_the_current_generation(Archived, &[("x-nabla-api-version", "2024-10-01")], "")]
#[case::preview_of_the_archived_generation(Archived, &[("x-nabla-api-version", "x-nabla-next")], "")]
#[case::twice(
    Current,
    &[("x-nabla-api-version", "2024-10-01"), ("x-nabla-api-version", "2024-10-01")],
    ""
)]
#[case::query(Current, &[], "?nabla-api-version=1")]
#[case::query_twice(Current, &[], "?nabla-api-version=2024-10-01&nabla-api-version=2024-10-01")]
fn a_version_that_the_generation_does_not_know_is_refused(
    #[case] generation: Generation,
    #[case] headers: &[(&str, &str)],
    #[case] query: &str,
) {
    assert!(negotiate(generation, headers, query).is_err());
}
