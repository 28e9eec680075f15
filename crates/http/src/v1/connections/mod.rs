//! `/v1/connections`: credentials go in and never come out.

mod answer;
mod new;
mod options;
mod request;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use roster_application::authentication::Caller;
use roster_application::ports::Hold;
use roster_application::{Error, Missing};
use roster_domain::{Connection, ConnectionId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cursor::{self, List};
use super::etag::{self, Preconditions};
use super::query::{NoQuery, Page, Query};
use super::request::{JsonBody, NoBody, ReservedId, Segments, id};
use crate::Services;
use crate::refusal::Refusal;
pub(crate) use answer::ConnectionAnswer;
use answer::{Approval, ConnectionPage, ConnectionTestAnswer};
use new::NewConnection;
use request::ConnectionRequest;

/// The routes, with their specification.
pub(crate) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(routes!(list_connections, create_connection))
        .routes(routes!(get_connection, update_connection, delete_connection))
        .routes(routes!(test_connection))
        .routes(routes!(approve_departures))
}

/// Create a connection
///
/// Every user of the organization gets an account there, and is provisioned at once; with `options.assignment` `chosen`, those
/// only who are assigned to it.
#[utoipa::path(post, path = "/connections", tag = "connections", request_body = NewConnection, responses(
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
    // Nobody can have left a connection that is new.
    Ok((StatusCode::CREATED, location.ok(), found(connection, None)).into_response())
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
    let holds = services.connections.holds(&caller.organization).await?;
    let shown = |connection: Connection| {
        let held = held_at(&holds, connection.id);
        ConnectionAnswer::of(connection, held)
    };
    Ok(Json(ConnectionPage {
        data: connections.into_iter().map(shown).collect(),
        next_cursor,
    }))
}

/// Get a connection
#[utoipa::path(get, path = "/connections/{id}", tag = "connections", responses(
    (status = 200, description = "The connection.", body = ConnectionAnswer),
    (status = 304, description = "The connection is at the version that If-None-Match names."),
    (status = 404, description = "There is no such connection."),
    (status = 412, description = "The connection is not at a version that If-Match names."),
))]
async fn get_connection(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(connection): Segments<String>,
    preconditions: Preconditions,
) -> Result<Response, Refusal> {
    let connection = services
        .connections
        .get(&caller.organization, id(&connection, Missing::Connection)?)
        .await?;
    let holds = services.connections.holds(&caller.organization).await?;
    let held = held_at(&holds, connection.id);
    let tag = tag(&connection, held);
    if preconditions.check_read(&tag)? {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(found(connection, held))
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
        (status = 412, description = "The connection is not at a version that If-Match names, or is at one that If-None-Match names."),
    ),
)]
async fn update_connection(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(connection): Segments<String>,
    preconditions: Preconditions,
    JsonBody(body): JsonBody,
) -> Result<Response, Refusal> {
    let id = id(&connection, Missing::Connection)?;
    check_change(&services, &caller, id, &preconditions).await?;
    let changes = request::read(body);
    let connection = services
        .connections
        .update(&caller.organization, id, &changes, preconditions.expected())
        .await?;
    let holds = services.connections.holds(&caller.organization).await?;
    let held = held_at(&holds, connection.id);
    Ok(found(connection, held))
}

/// Delete a connection
///
/// Its accounts are forgotten. Users at the vendor are left as they are.
#[utoipa::path(delete, path = "/connections/{id}", tag = "connections", responses(
    (status = 204, description = "The connection was deleted."),
    (status = 404, description = "There is no such connection."),
    (status = 412, description = "The connection is not at a version that If-Match names, or is at one that If-None-Match names."),
))]
async fn delete_connection(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(connection): Segments<String>,
    preconditions: Preconditions,
) -> Result<StatusCode, Refusal> {
    let connection = id(&connection, Missing::Connection)?;
    check_change(&services, &caller, connection, &preconditions).await?;
    if let Some(expected) = preconditions.expected() {
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

/// Approve departures
///
/// All that are held at the connection now: they are due at once, and are not held again unless their users change. Where none
/// are, nothing happens.
#[utoipa::path(post, path = "/connections/{id}/approve", tag = "connections", responses(
    (status = 200, description = "How many departures were approved.", body = Approval),
    (status = 404, description = "There is no such connection."),
))]
async fn approve_departures(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(connection): Segments<String>,
    _: NoBody,
) -> Result<Json<Approval>, Refusal> {
    let connection = id(&connection, Missing::Connection)?;
    let approved = services.connections.approve(&caller.organization, connection).await?;
    Ok(Json(Approval { approved }))
}

/// Refuses a change of a connection that is as `If-None-Match` names it.
async fn check_change(
    services: &Services,
    caller: &Caller,
    id: ConnectionId,
    preconditions: &Preconditions,
) -> Result<(), Refusal> {
    if preconditions.exclude_some() {
        let connection = services.connections.get(&caller.organization, id).await?;
        let holds = services.connections.holds(&caller.organization).await?;
        preconditions.check_change(&tag(&connection, held_at(&holds, id)))?;
    }
    Ok(())
}

fn held_at(holds: &[Hold], connection: ConnectionId) -> Option<Hold> {
    holds.iter().find(|hold| hold.connection_id == connection).copied()
}

/// The tag of a connection as it is shown. What is held there changes without a new version, and stands behind it.
fn tag(connection: &Connection, held: Option<Hold>) -> HeaderValue {
    let held = held.map(|hold| format!("{}-{}", hold.count, hold.since.timestamp_micros()));
    etag::etag_with(connection.version, held.as_deref())
}

fn found(connection: Connection, held: Option<Hold>) -> Response {
    let tag = tag(&connection, held);
    ([(ETAG, tag)], Json(ConnectionAnswer::of(connection, held))).into_response()
}
