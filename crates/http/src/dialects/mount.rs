//! Putting an API's endpoints behind its authentication, its error shape and, in a sandbox, its faults; and describing
//! them from the same registration.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, any, get};
use roster_domain::Surface;
use utoipa::ToSchema;
use utoipa::openapi::path::Paths;
use utoipa::openapi::{Components, OpenApi, OpenApiBuilder};
use utoipa_axum::router::UtoipaMethodRouter;

use super::api::schemas_of;
use super::{Api, Dialect, Versions, openapi};
use crate::layers;
use crate::refusal::Refusal;
use crate::sandbox::{Call, Operation, Sandbox, intercept, note_answers};

/// Where the specification of an API is, under its prefix.
pub(super) const OPENAPI: &str = "/openapi.json";

/// The endpoints of one API. They are handlers with `#[utoipa::path]`, whose paths are relative to the API's prefix; what all
/// operations have in common is added to their specification by rule.
///
/// An endpoint is either behind the API's authentication or said to be open; a new one cannot forget to choose.
/// Unknown paths and methods are answered before anybody is asked who they are: which ones exist is public.
pub(crate) struct Mount<D> {
    api: Api,
    endpoints: Vec<Endpoint<D>>,
    paths: Paths,
    components: Components,
}

struct Endpoint<D> {
    path: String,
    /// What it is for; `None` for one that is open.
    operation: Option<Operation>,
    methods: MethodRouter<Arc<D>>,
}

impl<D: Dialect> Mount<D> {
    /// Begins without endpoints.
    pub(crate) fn new(api: Api) -> Self {
        Self {
            api,
            endpoints: Vec::new(),
            paths: Paths::new(),
            components: Components::new(),
        }
    }

    /// Adds an endpoint for authenticated callers; its handler finds the `Caller` among the extensions. In a sandbox it
    /// obeys the faults that are set for the operation, and is noted in the log.
    pub(crate) fn guarded(self, operation: Operation, routes: UtoipaMethodRouter<Arc<D>>) -> Self {
        self.add(Some(operation), routes)
    }

    /// Adds an endpoint that finds out for itself who is calling, and then itself hands its effect to [`intercept`].
    pub(crate) fn open(self, routes: UtoipaMethodRouter<Arc<D>>) -> Self {
        self.add(None, routes)
    }

    fn add(mut self, operation: Option<Operation>, (schemas, paths, methods): UtoipaMethodRouter<Arc<D>>) -> Self {
        for (path, mut item) in paths.paths {
            self.endpoints.push(Endpoint {
                path: path.clone(),
                operation,
                methods: methods.clone(),
            });
            if operation.is_none() {
                openapi::open(&mut item);
            }
            // A wildcard is axum's business.
            let described = path.replace("{*", "{");
            match self.paths.paths.get_mut(&described) {
                Some(known) => known.merge_operations(item),
                None => drop(self.paths.paths.insert(described, item)),
            }
        }
        self.components.schemas.extend(schemas);
        self
    }

    /// Describes bodies of one type as bodies of another: where handlers are shared by APIs that write them differently.
    pub(crate) fn describing<Named: ToSchema, Meant: ToSchema>(mut self) -> Self {
        openapi::replace::<Named, Meant>(self.paths.paths.values_mut());
        self.components.schemas.extend(schemas_of::<Meant>());
        self
    }

    /// The same for what is at one path only.
    pub(crate) fn describing_at<Named: ToSchema, Meant: ToSchema>(mut self, path: &str) -> Self {
        openapi::replace::<Named, Meant>(self.paths.paths.get_mut(path).into_iter());
        self.components.schemas.extend(schemas_of::<Meant>());
        self
    }

    /// The specification.
    pub(crate) fn document(&self) -> OpenApi {
        let document = OpenApiBuilder::new()
            .paths(self.paths.clone())
            .components(Some(self.components.clone()));
        openapi::complete(document.build(), &self.api)
    }

    /// What the API has of its own.
    pub(super) fn api(&self) -> &Api {
        &self.api
    }

    /// The endpoints under the API's prefix, with the specification beside them, and everything else below it refused in the
    /// vendor's shape.
    pub(crate) fn speak(self, dialect: &Arc<D>, sandbox: Option<&Sandbox>) -> Router {
        let Api { prefix, errors, .. } = self.api;
        // What is nested does not get the prefix with a slash at its end.
        let slash = Router::new().route(&format!("{prefix}/"), any(unknown_path));
        layers::guarded(slash, errors.render).nest(prefix, self.finish(dialect, sandbox))
    }

    fn finish(self, dialect: &Arc<D>, sandbox: Option<&Sandbox>) -> Router {
        let json = Bytes::from(self.document().to_json().unwrap_or_default());
        let specification = get(move || async move { ([(CONTENT_TYPE, "application/json")], json) });
        let api = self.api;
        let router = self.endpoints.into_iter().fold(Router::new(), |router, endpoint| {
            let methods = match endpoint.operation {
                None => endpoint.methods,
                Some(operation) => {
                    let guard = Guard {
                        api,
                        dialect: dialect.clone(),
                        sandbox: sandbox.cloned(),
                        operation,
                    };
                    endpoint.methods.route_layer(from_fn_with_state(guard, admit))
                }
            };
            router.route(&endpoint.path, methods)
        });
        let router = match api.versions {
            Some(versions) => router.route_layer(from_fn_with_state(versions, check_version)),
            None => router,
        };
        let router = router
            .route(OPENAPI, specification)
            .fallback(unknown_path)
            .method_not_allowed_fallback(|| async { Refusal::method_not_allowed() })
            .with_state(dialect.clone());
        let router = layers::guarded(router, api.errors.render);
        match sandbox {
            Some(sandbox) => router.layer(from_fn_with_state(sandbox.clone(), note_answers)),
            None => router,
        }
    }
}

struct Guard<D> {
    api: Api,
    dialect: Arc<D>,
    sandbox: Option<Sandbox>,
    operation: Operation,
}

/// Written out, since the derive would want the dialect to be `Clone`.
impl<D> Clone for Guard<D> {
    fn clone(&self) -> Self {
        Self {
            api: self.api,
            dialect: self.dialect.clone(),
            sandbox: self.sandbox.clone(),
            operation: self.operation,
        }
    }
}

async fn unknown_path() -> Refusal {
    Refusal::unknown_path()
}

/// A version that does not exist is refused whoever calls, also where it is of no further consequence.
async fn check_version(State(versions): State<Versions>, request: Request, next: Next) -> Result<Response, Refusal> {
    versions.asked(request.headers(), request.uri())?;
    Ok(next.run(request).await)
}

async fn admit<D: Dialect>(State(guard): State<Guard<D>>, request: Request, next: Next) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let callers = guard.dialect.callers();
    let opening = Surface::from(guard.dialect.vendor());
    let caller = guard.api.scheme.authenticate(callers, opening, &parts.headers).await?;
    guard.dialect.admit(&caller, &mut parts).await?;
    let call = Call::of(
        &parts,
        guard.dialect.vendor(),
        caller.organization.id,
        guard.operation,
        callers.now(),
    );
    parts.extensions.insert(caller);
    let handled = next.run(Request::from_parts(parts, body));
    Ok(intercept(guard.sandbox.as_ref(), call, handled).await)
}

#[cfg(test)]
mod tests;
