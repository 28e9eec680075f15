//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header) for every POST of `/v1`, in one layer.
//!
//! Only answers that report an effect are kept. A refusal (4xx) had none, and frees the key. After a failure (5xx) nobody knows:
//! the key stays taken, and once [`Idempotency::SILENT_AFTER`] has passed, the request is resumed, which looks for what it
//! made before it makes it again. The same happens when the process dies on the way.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{OriginalUri, Request};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use futures::future::Either;
use roster_application::authentication::Caller;
use roster_application::idempotency::{Admission, Idempotency};
use roster_application::ports::IdempotencyKey;
use serde::{Deserialize, Serialize};
use tower::{Layer, Service, ServiceExt};
use tracing::{Instrument, Span, error};
use zeroize::Zeroizing;

use crate::body;
use crate::refusal::{Kind, Refusal};

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// How long a request goes on when its caller is gone. Shorter than [`Idempotency::SILENT_AFTER`], so that nothing is resumed
/// that still runs.
const EFFECT_LIMIT: Duration = Duration::from_secs(45);

/// The most bytes of an answer that is kept. The largest user has some 100 kB.
const MAX_ANSWER: usize = 4 * body::MAX_BYTES;

/// The parts of an answer that are given again.
#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Lets a POST with an `Idempotency-Key` have its effect once, and gives its answer again. Behind authentication. Every other
/// request goes on as if there were no layer.
#[derive(Clone)]
pub(crate) struct OnceLayer(pub(crate) Idempotency);

impl<S> Layer<S> for OnceLayer {
    type Service = Once<S>;

    fn layer(&self, inner: S) -> Once<S> {
        Once {
            idempotency: self.0.clone(),
            inner,
        }
    }
}

/// Routes behind [`OnceLayer`].
#[derive(Clone)]
pub(crate) struct Once<S> {
    idempotency: Idempotency,
    inner: S,
}

/// What becomes of a request.
type Answered = Result<Response, Infallible>;

impl<S> Service<Request> for Once<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<S::Future, Pin<Box<dyn Future<Output = Answered> + Send>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if request.method() != Method::POST || !request.headers().contains_key(&IDEMPOTENCY_KEY) {
            return Either::Left(self.inner.call(request));
        }
        let (idempotency, inner) = (self.idempotency.clone(), self.inner.clone());
        let next = move |request| {
            inner
                .oneshot(request)
                .map(|answered| answered.unwrap_or_else(|never| match never {}))
        };
        Either::Right(Box::pin(async move {
            Ok(once(idempotency, request, next).await.into_response())
        }))
    }
}

async fn once<F>(
    idempotency: Idempotency,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Result<Response, Refusal>
where
    F: Future<Output = Response> + Send + 'static,
{
    let Some(key) = key(request.headers())? else {
        return Ok(next(request).await);
    };
    // The target as it was sent, whatever is nested in what.
    let uri = match request.extensions().get::<OriginalUri>() {
        Some(OriginalUri(uri)) => uri.clone(),
        None => request.uri().clone(),
    };
    let (mut parts, body) = request.into_parts();
    let organization = match parts.extensions.get::<Caller>() {
        Some(caller) => caller.organization.id,
        None => return Err(Refusal::fault()),
    };
    let bytes = body::bytes(body).await?;
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    let fingerprint = fingerprint(&parts.method, target, &parts.headers, &bytes);
    let (key, admission) = idempotency.begin(organization, &key, fingerprint).await?;
    match admission {
        Admission::Proceed(reserved) => {
            parts.extensions.insert(reserved);
            let handled = next(Request::from_parts(parts, Body::from(bytes)));
            // In a task of its own, so that a caller who hangs up does not cut it off between the effect and its record.
            let task = tokio::spawn(recorded(idempotency, key, handled).instrument(Span::current()));
            match task.await {
                Ok(response) => Ok(response),
                Err(failed) => match failed.try_into_panic() {
                    Ok(cause) => std::panic::resume_unwind(cause),
                    Err(_) => Err(Refusal::fault()),
                },
            }
        }
        Admission::Replay(answer) => replay(&answer),
        Admission::InProgress => Err(Refusal::new(
            StatusCode::CONFLICT,
            Kind::KeyInProgress,
            "a request with this Idempotency-Key has not been answered yet; try again in a moment",
        )),
        Admission::Mismatch => Err(Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            Kind::KeyReused,
            "this Idempotency-Key was used for another request; take a new key for a new request",
        )),
    }
}

/// Carries a request out and records what came of it.
async fn recorded(
    idempotency: Idempotency,
    key: IdempotencyKey,
    handled: impl Future<Output = Response> + Send,
) -> Response {
    let Ok(response) = tokio::time::timeout(EFFECT_LIMIT, handled).await else {
        let message = "the request was given up; whether it took effect is not known";
        return Refusal::new(StatusCode::SERVICE_UNAVAILABLE, Kind::TimedOut, message).into_response();
    };
    if response.status().is_success() {
        return keep(&idempotency, &key, response).await;
    }
    if response.status().is_client_error()
        && let Err(cause) = idempotency.abandon(&key).await
    {
        error!(
            error = &cause as &dyn std::error::Error,
            "an Idempotency-Key could not be freed"
        );
    }
    response
}

/// Keeps an answer. One that cannot be kept is given all the same: it is true, and the request can be resumed.
async fn keep(idempotency: &Idempotency, key: &IdempotencyKey, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let bytes = match to_bytes(body, MAX_ANSWER).await {
        Ok(bytes) => bytes,
        Err(cause) => return Refusal::internal(&cause).into_response(),
    };
    let answer = Answer {
        status: parts.status.as_u16(),
        headers: [CONTENT_TYPE, ETAG, LOCATION]
            .iter()
            .filter_map(|name| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned())))
            .collect(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    };
    // It may hold a new API key, and is sealed on the way to the store.
    let clear = Zeroizing::new(serde_json::to_vec(&answer).unwrap_or_default());
    if let Err(cause) = idempotency.finish(key, &clear).await {
        error!(
            error = &cause as &dyn std::error::Error,
            "an answer could not be kept for its Idempotency-Key"
        );
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn replay(kept: &[u8]) -> Result<Response, Refusal> {
    let answer: Answer = serde_json::from_slice(kept).map_err(|cause| Refusal::internal(&cause))?;
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).map_err(|cause| Refusal::internal(&cause))?;
    for (name, value) in &answer.headers {
        let name = HeaderName::try_from(name).map_err(|cause| Refusal::internal(&cause))?;
        let value = HeaderValue::from_str(value).map_err(|cause| Refusal::internal(&cause))?;
        response.headers_mut().insert(name, value);
    }
    response
        .headers_mut()
        .insert(&IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// The key, if there is one: 1 to 255 visible ASCII characters.
fn key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let bytes = value.as_bytes();
    let valid = (1..=Idempotency::MAX_KEY_BYTES).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    match value.to_str() {
        Ok(text) if valid && values.next().is_none() => Ok(Some(text.to_owned())),
        _ => Err(Refusal::invalid_header(format!(
            "Idempotency-Key must be given once, with 1 to {} visible ASCII characters",
            Idempotency::MAX_KEY_BYTES
        ))),
    }
}

/// A digest of what makes a request the request it is. Each part comes with its length, so that none runs into the next.
fn fingerprint(method: &Method, target: &str, headers: &HeaderMap, body: &Bytes) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    };
    part(method.as_str().as_bytes());
    part(target.as_bytes());
    part(body);
    for value in headers.get_all(IF_MATCH) {
        part(value.as_bytes());
    }
    for value in headers.get_all(IF_NONE_MATCH) {
        part(IF_NONE_MATCH.as_str().as_bytes());
        part(value.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap()))
            .collect()
    }

    #[rstest]
    #[case::shortest("k")]
    #[case::longest(&"k".repeat(255))]
    #[case::quoted("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"")]
    fn a_key_has_1_to_255_visible_characters(#[case] value: &str) {
        assert_eq!(
            key(&headers(&IDEMPOTENCY_KEY, &[value])).unwrap().as_deref(),
            Some(value)
        );
    }

    #[rstest]
    #[case::empty(&[""])]
    #[case::too_long(&[std::str::from_utf8(&[b'k'; 256]).unwrap()])]
    #[case::space(&["a b"])]
    #[case::no_ascii(&["schlüssel"])]
    #[case::twice(&["a", "b"])]
    fn any_other_key_is_refused(#[case] values: &[&str]) {
        assert_eq!(key(&headers(&IDEMPOTENCY_KEY, values)).unwrap_err().status, 400);
    }

    #[test]
    fn a_request_without_a_key_has_none() {
        assert_eq!(key(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn requests_that_differ_in_anything_that_matters_have_different_fingerprints() {
        let print_with = |method, target, headers: &HeaderMap, body: &'static str| {
            fingerprint(&method, target, headers, &Bytes::from_static(body.as_bytes()))
        };
        let print =
            |method, target, if_match: &[&str], body| print_with(method, target, &headers(&IF_MATCH, if_match), body);
        let if_none_match = headers(&IF_NONE_MATCH, &["\"1\""]);
        let one = print(Method::POST, "/v1/users", &[], "{}");
        assert_eq!(one, print(Method::POST, "/v1/users", &[], "{}"));
        for other in [
            print(Method::PUT, "/v1/users", &[], "{}"),
            print(Method::POST, "/v1/users?a", &[], "{}"),
            print(Method::POST, "/v1/users", &["\"1\""], "{}"),
            print_with(Method::POST, "/v1/users", &if_none_match, "{}"),
            print(Method::POST, "/v1/users", &[], "{ }"),
            print(Method::POST, "/v1/users{", &[], "}"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[tokio::test]
    async fn an_answer_is_given_again_with_status_headers_and_body() {
        let kept = Answer {
            status: 201,
            headers: vec![
                ("etag".to_owned(), "\"1\"".to_owned()),
                ("location".to_owned(), "/v1/users/1".to_owned()),
            ],
            body: "{\"id\":1}".to_owned(),
        };

        let response = replay(&serde_json::to_vec(&kept).unwrap()).unwrap();

        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.headers()[&IDEMPOTENCY_REPLAYED], "true");
        assert_eq!(response.headers()[ETAG], "\"1\"");
        assert_eq!(response.headers()[LOCATION], "/v1/users/1");
        assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "{\"id\":1}");
    }
}
