//! `/scim/v2`: SCIM 2.0, which identity providers speak (RFC 7643, RFC 7644, and RFC 9865 for cursors).
//!
//! A body is read into attributes (`read`), which the domain turns into changes of a user; an answer is made of the attributes that
//! the domain makes of a user (`write`), cut down to what was asked for (`project`). Filters and paths are resolved against
//! the schema (`filter`, `names`) before anybody evaluates them.

mod answer;
mod bulk;
mod discovery;
pub(crate) mod error;
mod filter;
mod groups;
mod members;
mod names;
mod normalise;
mod paging;
mod patch;
mod project;
mod read;
mod request;
mod resources;
mod search;
#[cfg(test)]
mod tests;
mod users;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use roster_domain::Surface;
use roster_domain::scim::ResourceType;
use tower::ServiceExt;

use crate::Services;
use crate::bearer::authenticated;
use crate::layers::{guarded, uncached};
use crate::refusal::{Kind, Refusal};

/// Where the surface is.
pub(crate) const PREFIX: &str = "/scim/v2";

/// The routes under [`PREFIX`], all of them behind authentication, unknown ones included.
pub(crate) fn routes(services: &Arc<Services>) -> Router {
    let of_types = ResourceType::ALL.into_iter().map(resources::routes);
    let routes = of_types
        .fold(resources::routes_of_all(), Router::merge)
        .merge(discovery::routes())
        .route("/Bulk", post(bulk::bulk))
        .route("/Me", any(nobody))
        .fallback(unknown_path)
        .method_not_allowed_fallback(method_not_allowed)
        .layer((
            uncached(),
            authenticated(
                services,
                Surface::Scim,
                "the Bearer token is no API key that is valid here now",
            ),
        ))
        .with_state(services.clone());
    // What is nested does not get the prefix with a slash at its end.
    let root = {
        let routes = routes.clone();
        any(async move |request: Request| at(routes, "/", request).await)
    };
    let slashless = {
        let routes = routes.clone();
        async move |request: Request| {
            let path = request.uri().path().to_owned();
            at(routes, path.strip_suffix('/').unwrap_or(&path), request).await
        }
    };
    let routes = Router::new()
        .nest(PREFIX, routes.fallback(slashless))
        .route(&format!("{PREFIX}/"), root);
    guarded(routes, error::render).layer(middleware::from_fn(answer::labelled))
}

/// The answer to a request as if it were for another path: some callers put a slash at the end of every path.
async fn at(routes: Router, path: &str, mut request: Request) -> Result<Response, Refusal> {
    let mut parts = request.uri().clone().into_parts();
    let target = match request.uri().query() {
        None => path.to_owned(),
        Some(query) => format!("{path}?{query}"),
    };
    parts.path_and_query = Some(target.parse().map_err(|_| Refusal::unknown_path())?);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| Refusal::unknown_path())?;
    Ok(routes.oneshot(request).await.into_response())
}

/// Who calls is an API client, and no user (RFC 7644, section 3.11).
async fn nobody() -> Refusal {
    let message = "an API key is of no user, so that there is no /Me";
    Refusal::new(StatusCode::NOT_IMPLEMENTED, Kind::NotImplemented, message)
}

async fn unknown_path() -> Refusal {
    Refusal::unknown_path()
}

async fn method_not_allowed() -> Refusal {
    Refusal::method_not_allowed()
}
