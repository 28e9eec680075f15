//! A request as it would be sent, for people to look at.

use http::HeaderValue;
use reqwest::RequestBuilder;
use roster_application::ports::PreviewedRequest;

use super::CallError;

/// What stands for a secret.
pub(crate) const MASK: &str = "***";

/// Shows a request. Headers that are marked as sensitive are masked, but for the word `Bearer` in front; a body that holds
/// a secret must be written without it.
pub(crate) fn preview(request: RequestBuilder) -> Result<PreviewedRequest, CallError> {
    let request = request.build().map_err(CallError::of)?;
    let headers = request.headers().iter();
    let body = request.body().and_then(reqwest::Body::as_bytes);
    Ok(PreviewedRequest {
        method: request.method().to_string(),
        url: request.url().to_string(),
        headers: headers
            .map(|(name, value)| (name.as_str().to_owned(), shown(value)))
            .collect(),
        body: body.map(|body| String::from_utf8_lossy(body).into_owned()),
    })
}

fn shown(value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    match text.split_once(' ') {
        _ if !value.is_sensitive() => text.into_owned(),
        Some(("Bearer", _)) => format!("Bearer {MASK}"),
        _ => MASK.to_owned(),
    }
}
