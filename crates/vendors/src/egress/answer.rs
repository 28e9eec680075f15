//! An answer, read whole and bounded.

use std::fmt;

use http::StatusCode;
use http::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::Response;
use roster_domain::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::retry_after::{self, RetryAfter};
use super::{CallError, Confidential};

/// An answer that came in whole, or as much of it as is kept.
///
/// The body is not for everybody: [`Self::json`] reads what was asked for, and what is shown to people comes from
/// [`Self::refusal`] and [`Self::masked`], in which nothing is left of what the call carried.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    body: Vec<u8>,
    headers: HeaderMap,
    cut: bool,
    confidential: Confidential,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// A body that is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("it is larger than Roster accepts")]
    TooLarge,
    #[error("it is not JSON by its content type")]
    ContentType,
    #[error("it is not text")]
    Text,
    #[error("it is not the JSON that was expected: {0}")]
    Json(Misread),
}

/// Where JSON is not what was expected. The parser's own words are not kept: they quote what it found, which may be a token.
#[derive(Debug)]
pub(crate) struct Misread {
    category: Category,
    line: usize,
    column: usize,
}

impl From<&serde_json::Error> for Misread {
    fn from(error: &serde_json::Error) -> Self {
        Self {
            category: error.classify(),
            line: error.line(),
            column: error.column(),
        }
    }
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.category {
            Category::Syntax => "it is no JSON",
            Category::Data => "it has other fields or types",
            Category::Eof => "it ends too early",
            Category::Io => "it cannot be read",
        };
        write!(f, "{what} (line {}, column {})", self.line, self.column)
    }
}

impl Answer {
    /// Reads the body chunk by chunk, and stops at the limit, whatever length was announced.
    pub(super) async fn read(
        mut response: Response,
        limit: usize,
        confidential: Confidential,
    ) -> Result<Self, CallError> {
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
            confidential,
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
        serde_json::from_slice(&self.body).map_err(|error| Unreadable::Json(Misread::from(&error)))
    }

    /// The body of an answer that is no success, for whoever makes words for people of it: no secret of the call is whole
    /// in it.
    pub(crate) fn refusal(&self) -> Vec<u8> {
        self.confidential.masked_body(&self.body)
    }

    /// What the vendor says, without anything confidential, be it only a part of it.
    pub(crate) fn masked(&self, words: &str) -> String {
        self.confidential.masked(words)
    }

    /// Whether there is no body.
    pub(crate) fn is_empty(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }

    /// The body as text, of whatever content type.
    pub(crate) fn text(&self) -> Result<&str, Unreadable> {
        if self.cut {
            return Err(Unreadable::TooLarge);
        }
        std::str::from_utf8(&self.body).map_err(|_| Unreadable::Text)
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
