//! Middleware that sees a request before and its answer after, and copies nothing.
//!
//! axum's `from_fn` gives each middleware a copy of all that is below it, for each request; with one upon the other that
//! costs more than most handlers do. It is for a middleware that decides whether and when a request goes on. One that always
//! lets it go on at once is an [`Aspect`].

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use futures::FutureExt;
use tower::{Layer, Service};

/// What is done around every request.
pub(crate) trait Aspect: Clone + Send + Sync + 'static {
    /// What is kept of a request until it is answered.
    type Kept: Send + 'static;

    /// Looks at a request, which goes on as it is returned.
    fn before(&self, request: Request) -> (Request, Self::Kept);

    /// Awaits the answer, and says what is answered.
    fn after(
        kept: Self::Kept,
        answer: impl Future<Output = Response> + Send + 'static,
    ) -> impl Future<Output = Response> + Send + 'static;
}

/// Puts an [`Aspect`] around routes.
#[derive(Debug, Clone)]
pub(crate) struct Around<A>(pub(crate) A);

impl<A: Aspect, S> Layer<S> for Around<A> {
    type Service = Surrounded<A, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Surrounded {
            aspect: self.0.clone(),
            inner,
        }
    }
}

/// Routes with an [`Aspect`] around them.
#[derive(Debug, Clone)]
pub(crate) struct Surrounded<A, S> {
    aspect: A,
    inner: S,
}

impl<A, S> Service<Request> for Surrounded<A, S>
where
    A: Aspect,
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (request, kept) = self.aspect.before(request);
        let answer = self.inner.call(request).map(|answered| match answered {
            Ok(response) => response,
            Err(never) => match never {},
        });
        Box::pin(A::after(kept, answer).map(Ok))
    }
}
