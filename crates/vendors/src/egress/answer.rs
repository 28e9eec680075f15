//! An answer, read whole and bounded.

use http::StatusCode;
use http::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::Response;
use roster_domain::Timestamp;
use serde::de::DeserializeOwned;

use super::CallError;
use super::retry_after::{self, RetryAfter};

/// An answer that came in whole, or as much of it as is kept.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
    headers: HeaderMap,
    cut: bool,
}

/// A body that is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("it is larger than Roster accepts")]
    TooLarge,
    #[error("it is not JSON by its content type")]
    ContentType,
    #[error("it is not the JSON that was expected")]
    Json(#[source] serde_json::Error),
}

impl Answer {
    /// Reads the body chunk by chunk, and stops at the limit, whatever length was announced.
    pub(super) async fn read(mut response: Response, limit: usize) -> Result<Self, CallError> {
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        let mut cut = false;
        while let Some(chunk) = response.chunk().await.map_err(CallError::of)? {
            let room = limit - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                cut = true;
                break;
            }
        }
        Ok(Self {
            status,
            body,
            headers,
            cut,
        })
    }

    /// How long the answer asks to wait.
    pub(crate) fn retry_after(&self, now: Timestamp) -> Option<std::time::Duration> {
        let text = |name| self.headers.get(name)?.to_str().ok();
        let asked = RetryAfter::parse(text(RETRY_AFTER)?)?;
        // Where the vendor says what time it has, its clock is the one that its date goes by.
        let now = text(DATE).and_then(retry_after::http_date).unwrap_or(now);
        Some(asked.from(now))
    }

    /// The body as JSON. A content type that is missing is passed over, one that is wrong is not.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        if self.cut {
            return Err(Unreadable::TooLarge);
        }
        if !self
            .headers
            .get(CONTENT_TYPE)
            .is_none_or(|value| is_json(value.as_bytes()))
        {
            return Err(Unreadable::ContentType);
        }
        serde_json::from_slice(&self.body).map_err(Unreadable::Json)
    }

    /// The body as text, of whatever content type.
    pub(crate) fn text(&self) -> Result<&str, Unreadable> {
        if self.cut {
            return Err(Unreadable::TooLarge);
        }
        std::str::from_utf8(&self.body).map_err(|error| Unreadable::Json(serde::de::Error::custom(error)))
    }
}

/// `application/json`, or anything ending in `+json` (RFC 6839), with whatever parameters.
fn is_json(content_type: &[u8]) -> bool {
    let essence = content_type
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    let essence = essence.to_ascii_lowercase();
    essence == b"application/json" || essence.ends_with(b"+json")
}
