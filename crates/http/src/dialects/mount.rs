//! Putting a dialect's endpoints behind its authentication, its error shape and, in a sandbox, its faults.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, any};

use super::Dialect;
use crate::layers;
use crate::refusal::Refusal;
use crate::sandbox::{Call, Operation, Sandbox, intercept, note_answers};

/// Collects the endpoints of a dialect under one prefix.
///
/// An endpoint is either behind the dialect's authentication or said to be open; a new one cannot forget to choose.
/// Unknown paths and methods are answered before anybody is asked who they are: which ones exist is public.
pub(crate) struct Mount {
    dialect: Arc<dyn Dialect>,
    sandbox: Option<Sandbox>,
    router: Router,
}

#[derive(Clone)]
struct Guard {
    dialect: Arc<dyn Dialect>,
    sandbox: Option<Sandbox>,
    operation: Operation,
}

impl Mount {
    /// Begins without endpoints. With a sandbox, authenticated calls obey its faults and are noted in its log.
    pub(crate) fn new(dialect: Arc<dyn Dialect>, sandbox: Option<Sandbox>) -> Self {
        Self {
            dialect,
            sandbox,
            router: Router::new(),
        }
    }

    /// Adds an endpoint for authenticated callers; its handler finds the `Caller` among the extensions.
    pub(crate) fn guarded(mut self, path: &str, operation: Operation, methods: MethodRouter) -> Self {
        let guard = Guard {
            dialect: self.dialect.clone(),
            sandbox: self.sandbox.clone(),
            operation,
        };
        self.router = self
            .router
            .route(path, methods.route_layer(from_fn_with_state(guard, admit)));
        self
    }

    /// Adds an endpoint that finds out for itself who is calling, and then itself hands its effect to [`intercept`].
    pub(crate) fn open(mut self, path: &str, methods: MethodRouter) -> Self {
        self.router = self.router.route(path, methods);
        self
    }

    /// The endpoints under a prefix, and everything else below it refused in the dialect's shape. There must be an
    /// endpoint.
    pub(crate) fn under(self, prefix: &str) -> Router {
        // What is nested does not get the prefix with a slash at its end.
        let slash = Router::new().route(&format!("{prefix}/"), any(unknown_path));
        layers::guarded(slash, self.dialect.errors()).nest(prefix, self.finish())
    }

    fn finish(self) -> Router {
        let errors = self.dialect.errors();
        let router = self
            .router
            .route_layer(from_fn_with_state(self.dialect, check))
            .fallback(unknown_path)
            .method_not_allowed_fallback(|| async { Refusal::method_not_allowed() });
        let router = layers::guarded(router, errors);
        match self.sandbox {
            Some(sandbox) => router.layer(from_fn_with_state(sandbox, note_answers)),
            None => router,
        }
    }
}

async fn unknown_path() -> Refusal {
    Refusal::unknown_path()
}

async fn check(State(dialect): State<Arc<dyn Dialect>>, request: Request, next: Next) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    dialect.check(&parts)?;
    Ok(next.run(Request::from_parts(parts, body)).await)
}

async fn admit(State(guard): State<Guard>, request: Request, next: Next) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let caller = guard.dialect.authenticate(&parts).await?;
    let organization = caller.organization.id;
    let call = Call::of(
        &parts,
        guard.dialect.vendor(),
        organization,
        guard.operation,
        guard.dialect.now(),
    );
    parts.extensions.insert(caller);
    let handled = next.run(Request::from_parts(parts, body));
    Ok(intercept(guard.sandbox.as_ref(), call, handled).await)
}
