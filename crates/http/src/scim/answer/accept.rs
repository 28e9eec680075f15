//! Under which media type an answer is given (RFC 7644, section 3.8): SCIM's own, or that of all JSON where `Accept` prefers it.

use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::{JSON, SCIM_JSON};

/// Gives an answer the media type that the caller prefers. The body is the same under either.
pub(in crate::scim) async fn labelled(request: Request, next: Next) -> Response {
    let prefers_json = prefers_json(request.headers());
    let mut response = next.run(request).await;
    if prefers_json
        && response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|given| given == SCIM_JSON)
    {
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    }
    response
}

/// Whether the general media type is asked for by its name, and more than SCIM's own. Whoever accepts neither is answered all
/// the same (RFC 9110, section 12.4.1).
fn prefers_json(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let accepted: Vec<(&str, u32)> = lines.flat_map(|line| line.split(',')).filter_map(accepted).collect();
    let weight = |ranges: &[&str]| {
        let of = |range: &&str| accepted.iter().find(|(given, _)| given.eq_ignore_ascii_case(range));
        // What is said of a media type itself counts more than what is said of its range.
        ranges.iter().find_map(of).map(|(_, weight)| *weight)
    };
    weight(&[JSON]).is_some_and(|json| json > weight(&[SCIM_JSON, "application/*", "*/*"]).unwrap_or(0))
}

/// A range of media types, and its weight in thousandths (RFC 9110, section 12.4.2).
fn accepted(element: &str) -> Option<(&str, u32)> {
    let mut parts = element.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?;
    let mut parameters = parts.filter_map(|parameter| parameter.split_once('='));
    let weight = match parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("q")) {
        None => 1000,
        Some((_, weight)) => thousandths(weight.trim())?,
    };
    Some((range, weight))
}

/// `0`, `1`, or one of them with up to three digits behind a point.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
    let is_weight = matches!(whole, "0" | "1") && digits.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths = format!("{whole}{digits:0<3}").parse().ok()?;
    (is_weight && thousandths <= 1000).then_some(thousandths)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nothing(&[], false)]
    #[case::json(&["application/json"], true)]
    #[case::any_case(&["Application/JSON; charset=utf-8"], true)]
    #[case::scim(&["application/scim+json"], false)]
    #[case::both(&["application/json, application/scim+json"], false)]
    #[case::both_on_lines(&["application/json", "application/scim+json"], false)]
    #[case::anything(&["*/*"], false)]
    #[case::json_or_anything(&["application/json, text/plain, */*"], false)]
    #[case::rather_json(&["application/json, */*;q=0.8"], true)]
    #[case::rather_json_than_scim(&["application/scim+json;q=0.5, application/json;q=0.501"], true)]
    #[case::rather_scim(&["application/json;q=0.9, application/scim+json"], false)]
    #[case::json_refused(&["application/json;q=0"], false)]
    #[case::scim_refused(&["application/json;q=0.1, application/scim+json;q=0.0, */*"], true)]
    #[case::no_weight(&["application/json;q=2"], false)]
    #[case::something_else(&["text/html"], false)]
    #[case::empty(&["", ","], false)]
    fn general_json_is_given_to_whoever_prefers_it(#[case] accept: &[&'static str], #[case] expected: bool) {
        let headers = accept
            .iter()
            .map(|line| (ACCEPT, HeaderValue::from_static(line)))
            .collect();

        assert_eq!(prefers_json(&headers), expected);
    }
}
