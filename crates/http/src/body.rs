//! Reading a JSON body: syntax, media type and size, before anyone looks at the fields.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;
use tokio::time::timeout;

use crate::refusal::{Kind, Refusal};
use crate::unreadable;

/// The most bytes of a request body. The largest sensible user has some 30 kB of metadata.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;

/// How long a body may take to arrive, once somebody waits for it. Shorter than [`crate::layers::TIME_LIMIT`], so that
/// whoever is slow is told this, and not that nobody knows what happened: nothing has an effect before its body is there.
pub(crate) const ARRIVAL_LIMIT: Duration = Duration::from_secs(20);

const _: () = assert!(ARRIVAL_LIMIT.as_secs() < crate::layers::TIME_LIMIT.as_secs());

/// Reads a whole body of at most [`MAX_BYTES`] within [`ARRIVAL_LIMIT`].
pub(crate) async fn bytes(body: Body) -> Result<Bytes, Refusal> {
    match timeout(ARRIVAL_LIMIT, Limited::new(body, MAX_BYTES).collect()).await {
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            Kind::BodyTimedOut,
            format!(
                "the body did not arrive within {} seconds; nothing was done",
                ARRIVAL_LIMIT.as_secs()
            ),
        )),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Kind::TooLarge,
            format!("the body must have at most {MAX_BYTES} bytes"),
        )),
        Ok(Err(_)) => Err(Refusal::malformed("the body did not arrive whole")),
    }
}

/// Whether the request says that its body is JSON: `application/json`, or a type that ends in `+json`.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Whether the request says that its body is compressed (RFC 9110, 8.4).
fn is_encoded(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    encodings.any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Parses a body as JSON, after its media type was checked.
pub(crate) fn json(headers: &HeaderMap, bytes: &[u8]) -> Result<Value, Refusal> {
    if is_encoded(headers) {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::UnsupportedMediaType,
            "the body must not be compressed: send it without Content-Encoding",
        ));
    }
    if !is_json(headers) {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::UnsupportedMediaType,
            "the body must be JSON: send it with Content-Type: application/json",
        ));
    }
    parse(bytes)
}

/// Parses a body as JSON, whatever it is said to be.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Refusal> {
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(Refusal::malformed(format!(
            "the body is not UTF-8 at byte {}",
            error.valid_up_to()
        )));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let what = match error.classify() {
            serde_json::error::Category::Eof => "the body ends too early",
            _ if bytes.iter().all(u8::is_ascii_whitespace) => "the body is empty",
            _ => unreadable::why(bytes).unwrap_or("the body is not JSON"),
        };
        Refusal::malformed(format!("{what}: {place}"))
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("gzip", Some(Kind::UnsupportedMediaType))]
    #[case("identity", None)]
    fn a_body_that_is_said_to_be_compressed_is_refused(#[case] encoding: &'static str, #[case] refused: Option<Kind>) {
        let headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (CONTENT_ENCODING, HeaderValue::from_static(encoding)),
        ]);

        assert_eq!(json(&headers, b"{}").err().map(|refusal| refusal.kind), refused);
    }
}
