//! `/v1/connections`: credentials go in and never come out.

mod answer;
mod request;

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use roster_application::authentication::Caller;
use roster_application::{Error, Missing};
use roster_domain::{Connection, ConnectionId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cursor::{self, List};
use super::etag;
use super::query::{NoQuery, Page, Query};
use super::request::{IfMatch, JsonBody, NoBody, ReservedId, Segments, id};
use crate::Services;
use crate::refusal::Refusal;
use answer::{ConnectionAnswer, ConnectionPage, ConnectionTestAnswer};
use request::{ConnectionRequest, NewConnectionRequest};

/// The routes, with their specification.
pub(crate) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(routes!(list_connections, create_connection))
        .routes(routes!(get_connection, update_connection, delete_connection))
        .routes(routes!(test_connection))
}

/// Create a connection
///
/// Every user of the organization gets an account there, and is provisioned at once.
#[utoipa::path(post, path = "/connections", tag = "connections", request_body = NewConnectionRequest, responses(
    (status = 201, description = "The connection was created.", body = ConnectionAnswer),
))]
async fn create_connection(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    reserved: ReservedId,
    JsonBody(body): JsonBody,
) -> Result<Response, Refusal> {
    let changes = request::read(body);
    let connection = services
        .connections
        .create(&caller.organization, &changes, reserved.0)
        .await?;
    let location =
        HeaderValue::from_str(&format!("/v1/connections/{}", connection.id)).map(|value| [(LOCATION, value)]);
    Ok((StatusCode::CREATED, location.ok(), found(connection)).into_response())
}

/// List connections
///
/// In the order in which they were made, page by page.
#[utoipa::path(get, path = "/connections", tag = "connections", params(Page<1>), responses(
    (status = 200, description = "A page of connections.", body = ConnectionPage),
))]
async fn list_connections(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    mut query: Query,
) -> Result<Json<ConnectionPage>, Refusal> {
    let page = query.page::<1>(List::Connections);
    query.finish()?;
    let after = page.after.map(|[id]| ConnectionId::new(id));
    let connections = services
        .connections
        .list(&caller.organization, after, page.asked())
        .await?;
    let ids = |connection: &Connection| [connection.id.uuid()];
    let (connections, next_cursor) = cursor::page(connections, page.limit, List::Connections, ids);
    Ok(Json(ConnectionPage {
        data: connections.into_iter().map(ConnectionAnswer::from).collect(),
        next_cursor,
    }))
}

/// Get a connection
#[utoipa::path(get, path = "/connections/{id}", tag = "connections", responses(
    (status = 200, description = "The connection.", body = ConnectionAnswer),
    (status = 304, description = "The connection is at the version that If-None-Match names."),
    (status = 404, description = "There is no such connection."),
))]
async fn get_connection(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(connection): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let connection = services
        .connections
        .get(&caller.organization, id(&connection, Missing::Connection)?)
        .await?;
    if etag::is_known(&headers, connection.version)? {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, etag::etag(connection.version))]).into_response());
    }
    Ok(found(connection))
}

/// Change a connection
///
/// A JSON merge patch (RFC 7396), except that `credentials` are replaced as a whole. New credentials end a pause, unless the
/// request says otherwise.
#[utoipa::path(patch, path = "/connections/{id}", tag = "connections",
    request_body(content((ConnectionRequest = "application/merge-patch+json"), (ConnectionRequest = "application/json"))),
    responses(
        (status = 200, description = "The connection after the change.", body = ConnectionAnswer),
        (status = 404, description = "There is no such connection."),
        (status = 412, description = "The connection is not at a version that If-Match names."),
    ),
)]
async fn update_connection(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(connection): Segments<String>,
    IfMatch(expected): IfMatch,
    JsonBody(body): JsonBody,
) -> Result<Response, Refusal> {
    let id = id(&connection, Missing::Connection)?;
    let changes = request::read(body);
    let connection = services
        .connections
        .update(&caller.organization, id, &changes, expected.as_deref())
        .await?;
    Ok(found(connection))
}

/// Delete a connection
///
/// Its accounts are forgotten. Users at the vendor are left as they are.
#[utoipa::path(delete, path = "/connections/{id}", tag = "connections", responses(
    (status = 204, description = "The connection was deleted."),
    (status = 404, description = "There is no such connection."),
    (status = 412, description = "The connection is not at a version that If-Match names."),
))]
async fn delete_connection(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(connection): Segments<String>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Refusal> {
    let connection = id(&connection, Missing::Connection)?;
    if let Some(expected) = expected {
        let current = services
            .connections
            .get(&caller.organization, connection)
            .await?
            .version;
        if !expected.contains(&current) {
            return Err(Error::VersionMismatch { current }.into());
        }
    }
    services.connections.delete(&caller.organization, connection).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Test a connection
///
/// Calls the vendor with the cheapest read that needs base URL and credentials. A success ends a pause.
#[utoipa::path(post, path = "/connections/{id}/test", tag = "connections", responses(
    (status = 200, description = "What came of it.", body = ConnectionTestAnswer),
    (status = 404, description = "There is no such connection."),
))]
async fn test_connection(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(connection): Segments<String>,
    _: NoBody,
) -> Result<Json<ConnectionTestAnswer>, Refusal> {
    let test = services
        .connections
        .test(&caller.organization, id(&connection, Missing::Connection)?)
        .await?;
    Ok(Json(ConnectionTestAnswer::from(test)))
}

fn found(connection: Connection) -> Response {
    (
        [(ETAG, etag::etag(connection.version))],
        Json(ConnectionAnswer::from(connection)),
    )
        .into_response()
}
