//! Closing a connection instead of answering.
//!
//! A handler cannot do that: it always answers. So it marks its answer, and the outermost service turns a marked
//! answer into an error, upon which the server closes the connection (HTTP/1.1) or resets the stream (HTTP/2).

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::IntoMakeService;
use tower::Service;

/// The mark on an answer that is not to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sever;

impl Sever {
    /// An answer that is not to be sent.
    pub(super) fn response() -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Self);
        response
    }

    /// Whether an answer is marked.
    pub(super) fn is_on(response: &Response) -> bool {
        response.extensions().get::<Self>().is_some()
    }
}

/// Why there is no answer: the sandbox was told to lose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox closes the connection without an answer")]
pub struct Severed;

/// The service around everything else that lets the sandbox close connections. Without a sandbox it changes nothing.
#[derive(Debug, Clone)]
pub struct SeverConnections<S>(S);

impl<S> SeverConnections<S> {
    /// Goes around a service, such as the whole [`Router`].
    pub const fn new(inner: S) -> Self {
        Self(inner)
    }
}

impl SeverConnections<Router> {
    /// As what a server makes the service of each connection with.
    #[must_use]
    pub fn into_make_service(self) -> IntoMakeService<Self> {
        axum::ServiceExt::<Request>::into_make_service(self)
    }
}

impl<S, B> Service<Request<B>> for SeverConnections<S>
where
    S: Service<Request<B>, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Severed;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Severed>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Severed>> {
        self.0.poll_ready(context).map_err(|never| match never {})
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answering = self.0.call(request);
        Box::pin(async move {
            let response = answering.await.unwrap_or_else(|never| match never {});
            if Sever::is_on(&response) {
                Err(Severed)
            } else {
                Ok(response)
            }
        })
    }
}
