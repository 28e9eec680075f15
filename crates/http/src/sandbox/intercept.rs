//! Where faults meet calls.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::Sandbox;
use super::calls::Call;
use super::fault::Effect;
use super::sever::Sever;
use crate::refusal::{Kind, Refusal};

/// JSON that breaks off, as from a proxy that lost its upstream.
const BROKEN_JSON: &str = r#"{"id": "0198"#;

/// A page of HTML, as from a proxy that signs people in, or apologizes.
const PAGE: &str = "<!DOCTYPE html><title>Please sign in</title>";

/// Answers a call: in a sandbox under the fault whose turn it is, and noted in the log; else as `handled` does.
///
/// `handled` is the effect of the call, which has not begun yet.
pub(crate) async fn intercept(
    sandbox: Option<&Sandbox>,
    call: Call,
    handled: impl Future<Output = Response> + Send + 'static,
) -> Response {
    let Some(sandbox) = sandbox else { return handled.await };
    if !sandbox.plays(call.vendor, call.organization) {
        return handled.await;
    }
    let effect = sandbox.faults().strike(call.vendor, call.operation);
    sandbox.calls().note(call, effect.as_ref().map(Effect::kind));
    match effect {
        None => handled.await,
        Some(Effect::Status { status, retry_after }) => refuse(status, retry_after),
        Some(Effect::Unauthorized) => Refusal::unauthorized("the sandbox refuses these credentials").into_response(),
        Some(Effect::Delay(delay)) => {
            tokio::time::sleep(delay).await;
            handled.await
        }
        Some(Effect::Reset) => Sever::response(),
        Some(Effect::DropReply) => {
            to_the_end(handled).await;
            Sever::response()
        }
        Some(Effect::Malformed) => {
            to_the_end(handled).await;
            ([(CONTENT_TYPE, "application/json")], BROKEN_JSON).into_response()
        }
        Some(Effect::WrongContentType) => {
            to_the_end(handled).await;
            ([(CONTENT_TYPE, "text/html")], PAGE).into_response()
        }
    }
}

/// Carries the effect out on a task of its own, so that it happens whole even when the caller hangs up.
async fn to_the_end(handled: impl Future<Output = Response> + Send + 'static) {
    if let Err(error) = tokio::spawn(handled).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a call in the sandbox did not come to its end"
        );
    }
}

fn refuse(status: StatusCode, retry_after: Option<u32>) -> Response {
    let message = format!("the sandbox answers {}", status.as_u16());
    let mut response = Refusal::new(status, kind(status), message).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The kind that a surface writes for a status. None of these is given another status by a dialect's own table.
fn kind(status: StatusCode) -> Kind {
    match status {
        StatusCode::UNAUTHORIZED => Kind::Unauthorized,
        StatusCode::FORBIDDEN => Kind::Forbidden,
        StatusCode::NOT_FOUND => Kind::UnknownPath,
        StatusCode::TOO_MANY_REQUESTS => Kind::RateLimited,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => Kind::Unavailable,
        status if status.is_server_error() => Kind::Internal,
        _ => Kind::Malformed,
    }
}
