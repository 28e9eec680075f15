//! What every request passes on its way in and out: its id, its span, its time limit, and the net under panics.

mod around;

use std::any::Any;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::http::header::{CACHE_CONTROL, CONNECTION, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http_body_util::BodyExt;
use roster_application::ports::Ids;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tower_http::request_id::RequestId;
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::{Instrument, Span, error, info, info_span};

pub(crate) use self::around::{Around, Aspect};
use crate::refusal::{Kind, Refusal};
use crate::unread::{self, Unread};

/// How long a request may take, from when its body is there. Shorter than [`roster_application::idempotency::Idempotency::SILENT_AFTER`].
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(30);

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The most characters of an id that a caller may choose for its request.
const MAX_REQUEST_ID: usize = 128;

/// The caller's own id of a request, if it is one that is safe in logs, headers and URI references (RFC 3986, unreserved
/// characters).
fn given_id(headers: &HeaderMap) -> Option<RequestId> {
    let value = headers.get(&X_REQUEST_ID)?;
    let safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let valid = (1..=MAX_REQUEST_ID).contains(&value.len()) && value.as_bytes().iter().all(safe);
    valid.then(|| RequestId::new(value.clone()))
}

/// The id of a request as text: the caller's own `X-Request-Id`, or a new UUID.
fn text(id: Option<&RequestId>) -> &str {
    id.and_then(|id| id.header_value().to_str().ok()).unwrap_or_default()
}

/// How a surface writes a refusal, given the id of the request.
pub(crate) type Render = fn(&Refusal, &str) -> Response;

/// Puts a time limit and a net under panics around a whole surface, and gives every [`Refusal`] that comes out of it,
/// from handlers, extractors and layers alike, the surface's own body.
///
/// Handlers may therefore return `Result<_, Refusal>`. Call it once per surface, when all routes and the fallback are there.
pub(crate) fn guarded<S: Clone + Send + Sync + 'static>(router: Router<S>, render: Render) -> Router<S> {
    router.layer(Around(Guard {
        render,
        is_limited: true,
    }))
}

/// Observes every request of all surfaces, with a net under everything else: what no surface has caught or given a body. It
/// sets no time limit, for the surfaces do.
pub(crate) fn observed(router: Router, render: Render, ids: Arc<dyn Ids>) -> Router {
    let guard = Guard {
        render,
        is_limited: false,
    };
    router.layer((Around(Observation { ids }), Around(guard)))
}

/// For answers that hold personal data, and sometimes a new key: no cache on the way keeps them.
pub(crate) fn uncached() -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

/// The net under a surface.
#[derive(Debug, Clone, Copy)]
struct Guard {
    render: Render,
    /// Whether a request is given up [`TIME_LIMIT`] after its body was read or passed over.
    is_limited: bool,
}

/// What is kept of a request until it is answered.
struct Guarded {
    render: Render,
    id: Option<RequestId>,
    limit: Option<Limit>,
}

/// Since when a request is limited.
enum Limit {
    /// It has no body to wait for.
    AtOnce,
    /// Nobody sends: the receiver hears when the body is dropped, with the sender in it.
    AfterBody(oneshot::Receiver<Infallible>),
}

impl Limit {
    fn lay_on(request: Request) -> (Request, Self) {
        if request.body().is_end_stream() {
            return (request, Self::AtOnce);
        }
        let (body_is_here, body_is_gone) = oneshot::channel::<Infallible>();
        let request = request.map(|body| {
            Body::new(body.map_frame(move |frame| {
                let _held = &body_is_here;
                frame
            }))
        });
        (request, Self::AfterBody(body_is_gone))
    }

    async fn elapse(self) {
        // A body that somebody waits for and that does not come is refused before this; see `body::ARRIVAL_LIMIT`.
        let is_bodiless = match self {
            Self::AtOnce => true,
            Self::AfterBody(body_is_gone) => timeout(TIME_LIMIT, body_is_gone).await.is_ok(),
        };
        if is_bodiless {
            sleep(TIME_LIMIT).await;
        }
    }
}

impl Aspect for Guard {
    type Kept = Guarded;

    fn before(&self, request: Request) -> (Request, Guarded) {
        let id = request.extensions().get::<RequestId>().cloned();
        let (request, limit) = if self.is_limited {
            let (request, limit) = Limit::lay_on(request);
            (request, Some(limit))
        } else {
            (request, None)
        };
        let render = self.render;
        (request, Guarded { render, id, limit })
    }

    async fn after(kept: Guarded, answer: impl Future<Output = Response> + Send + 'static) -> Response {
        let answer = AssertUnwindSafe(answer).catch_unwind();
        let answer = match kept.limit {
            None => answer.await,
            Some(limit) => tokio::select! {
                biased;
                answer = answer => answer,
                () = limit.elapse() => Ok(given_up()),
            },
        };
        let mut response = answer.unwrap_or_else(|cause| panicked(&*cause));
        let Some(refusal) = response.extensions_mut().remove::<Refusal>() else {
            return response;
        };
        let mut rendered = (kept.render)(&refusal, text(kept.id.as_ref()));
        for (name, value) in response.headers() {
            // What a handler added stays, unless it describes the body that is replaced.
            if name != axum::http::header::CONTENT_LENGTH && !rendered.headers().contains_key(name) {
                rendered.headers_mut().append(name, value.clone());
            }
        }
        rendered
    }
}

fn given_up() -> Response {
    Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        Kind::TimedOut,
        format!(
            "the request was given up after {} seconds; whether it took effect is not known",
            TIME_LIMIT.as_secs()
        ),
    )
    .into_response()
}

fn panicked(cause: &(dyn Any + Send)) -> Response {
    let cause = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    error!(cause, "a handler panicked");
    Refusal::fault().into_response()
}

/// Gives a request its id and its span, and logs how it was answered: method, route, status and time, and never a query,
/// a header or a body, which may hold secrets and personal data. The outermost layer.
#[derive(Clone)]
struct Observation {
    ids: Arc<dyn Ids>,
}

/// What is kept of a request until it is answered.
struct Observed {
    id: RequestId,
    span: Span,
    begun: Instant,
    has_connection: bool,
    unread: Unread,
}

impl Aspect for Observation {
    type Kept = Observed;

    fn before(&self, mut request: Request) -> (Request, Observed) {
        let id = given_id(request.headers()).unwrap_or_else(|| new_id(&*self.ids));
        let extensions = request.extensions();
        let route = extensions.get::<MatchedPath>().map_or("none", MatchedPath::as_str);
        let method = request.method();
        let span = info_span!("request", id = text(Some(&id)), %method, route);
        request.extensions_mut().insert(id.clone());
        let has_connection = request.version() <= Version::HTTP_11;
        let (request, unread) = unread::lend(request);
        let observed = Observed {
            id,
            span,
            begun: Instant::now(),
            has_connection,
            unread,
        };
        (request, observed)
    }

    async fn after(kept: Observed, answer: impl Future<Output = Response> + Send + 'static) -> Response {
        let Observed {
            id,
            span,
            begun,
            has_connection,
            unread,
        } = kept;
        let mut response = answer.instrument(span.clone()).await;
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        info!(parent: &span, status = response.status().as_u16(), ms, "answered");
        let headers = response.headers_mut();
        headers.insert(&X_REQUEST_ID, id.into_header_value());
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let is_waiting = has_connection && response.status() == StatusCode::REQUEST_TIMEOUT;
        if is_waiting || !unread.read_away().await {
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

fn new_id(ids: &dyn Ids) -> RequestId {
    let text = ids.new_id().to_string();
    RequestId::new(HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("unknown")))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use rstest::rstest;
    use tower::ServiceExt;

    use super::*;

    fn plain(refusal: &Refusal, id: &str) -> Response {
        (refusal.status, format!("{id} {:?}", refusal.kind)).into_response()
    }

    async fn answer_of(router: Router) -> (StatusCode, String) {
        let mut request = Request::get("/").body(Body::empty()).unwrap();
        request
            .extensions_mut()
            .insert(RequestId::new(HeaderValue::from_static("id")));
        let response = guarded(router, plain).oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_panic_is_answered_in_the_surfaces_shape() {
        async fn handler() -> StatusCode {
            panic!("a bug")
        }
        let answer = answer_of(Router::new().route("/", get(handler))).await;
        assert_eq!(answer, (StatusCode::INTERNAL_SERVER_ERROR, "id Internal".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_given_up() {
        async fn handler() -> StatusCode {
            tokio::time::sleep(TIME_LIMIT * 2).await;
            StatusCode::OK
        }
        let answer = answer_of(Router::new().route("/", get(handler))).await;
        assert_eq!(answer, (StatusCode::SERVICE_UNAVAILABLE, "id TimedOut".to_owned()));
    }

    /// A body that is there after a time.
    fn slow(time: Duration) -> Body {
        Body::from_stream(futures::stream::once(async move {
            sleep(time).await;
            Ok::<_, std::io::Error>("{}")
        }))
    }

    /// Reads the body, and then takes a time for its effect.
    fn taking(time: Duration) -> Router {
        let handler = async move |body: Body| {
            crate::body::bytes(body).await?;
            sleep(time).await;
            Ok::<_, Refusal>(StatusCode::OK)
        };
        Router::new().route("/", get(handler))
    }

    #[rstest]
    #[case::a_body_that_is_too_slow(21, 0, StatusCode::REQUEST_TIMEOUT)]
    #[case::a_slow_body(19, 0, StatusCode::OK)]
    #[case::a_slow_body_and_a_slow_effect(19, 29, StatusCode::OK)]
    #[case::a_slow_body_and_an_effect_that_is_too_slow(19, 31, StatusCode::SERVICE_UNAVAILABLE)]
    #[tokio::test(start_paused = true)]
    async fn a_body_and_its_effect_have_a_limit_each(
        #[case] body: u64,
        #[case] effect: u64,
        #[case] status: StatusCode,
    ) {
        let router = guarded(taking(Duration::from_secs(effect)), plain);
        let request = Request::get("/").body(slow(Duration::from_secs(body))).unwrap();

        let response = router.oneshot(request).await.unwrap();

        assert_eq!(response.status(), status);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_on_which_a_body_is_still_coming_is_closed() {
        struct Zero;
        impl Ids for Zero {
            fn new_id(&self) -> uuid::Uuid {
                uuid::Uuid::nil()
            }
        }
        let ids: Arc<dyn Ids> = Arc::new(Zero);
        let router = observed(guarded(taking(Duration::ZERO), plain), plain, ids);
        let request = Request::get("/").body(slow(Duration::MAX)).unwrap();

        let response = router.oneshot(request).await.unwrap();

        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(response.headers()[CONNECTION], "close");
    }

    #[tokio::test]
    async fn a_refusal_of_a_fallback_is_rendered_as_well() {
        let router = Router::new().fallback(|| async { Refusal::unknown_path() });
        assert_eq!(
            answer_of(router).await,
            (StatusCode::NOT_FOUND, "id UnknownPath".to_owned())
        );
    }

    #[rstest]
    #[case::plain("a-B_9.~", true)]
    #[case::longest(&"x".repeat(128), true)]
    #[case::too_long(&"x".repeat(129), false)]
    #[case::empty("", false)]
    #[case::markup("<script>", false)]
    #[case::space("a b", false)]
    fn only_request_ids_that_are_safe_everywhere_are_taken_over(#[case] given: &str, #[case] taken: bool) {
        let headers = HeaderMap::from_iter([(X_REQUEST_ID.clone(), HeaderValue::from_str(given).unwrap())]);
        assert_eq!(given_id(&headers).is_some(), taken);
    }
}
