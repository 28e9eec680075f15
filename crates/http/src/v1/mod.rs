//! `/v1`, the canonical REST API.

pub(crate) mod accounts;
mod clients;
pub(crate) mod connections;
mod cursor;
pub(crate) mod etag;
mod fields;
pub(crate) mod groups;
pub(crate) mod history;
mod idempotency;
mod openapi;
mod organization;
pub(crate) mod preview;
pub(crate) mod problem;
pub(crate) mod problem_types;
pub(crate) mod query;
pub(crate) mod request;
mod schemas;
#[cfg(test)]
mod tests;
mod time;
pub(crate) mod users;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use roster_domain::Surface;
use utoipa_axum::router::OpenApiRouter;

use crate::Services;
use crate::bearer::authenticated;
use crate::layers::{guarded, uncached};
use crate::refusal::Refusal;

use self::idempotency::OnceLayer;
pub(crate) use openapi::PATH as OPENAPI_PATH;

/// Every operation, with its specification: one registration for both.
fn operations() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .merge(users::routes())
        .merge(accounts::routes())
        .merge(history::routes())
        .merge(preview::routes())
        .merge(connections::routes())
        .merge(groups::routes())
        .merge(clients::routes())
        .merge(organization::routes())
}

/// The specification of `/v1`.
pub(crate) fn specification() -> utoipa::openapi::OpenApi {
    openapi::complete(operations().into_openapi())
}

/// The routes under `/v1`. Whatever is registered as an operation is behind authentication, and every POST knows
/// `Idempotency-Key`: neither can be forgotten for a new one.
pub(crate) fn routes(services: &Arc<Services>) -> Router {
    let (operations, document) = operations().split_for_parts();
    let json = Bytes::from(openapi::complete(document).to_json().unwrap_or_default());
    let operations = operations
        .route_layer(OnceLayer(services.idempotency.clone()))
        .fallback(unknown_path)
        .method_not_allowed_fallback(method_not_allowed)
        .layer((
            uncached(),
            authenticated(
                services,
                Surface::V1,
                "the Bearer token is no API key that is valid now",
            ),
        ))
        .with_state(services.clone());
    let specification = get(move || async move { ([(CONTENT_TYPE, "application/json")], json) });
    let specification = Router::new()
        .route(OPENAPI_PATH, specification)
        .route("/problems/{name}", get(problem_types::explain))
        .method_not_allowed_fallback(method_not_allowed);
    guarded(
        Router::new().nest("/v1", operations).merge(specification),
        problem::render,
    )
}

/// Answers for paths that there are none of.
pub(crate) async fn unknown_path() -> Refusal {
    Refusal::unknown_path()
}

/// Answers for methods that a path does not know.
pub(crate) async fn method_not_allowed() -> Refusal {
    Refusal::method_not_allowed()
}
