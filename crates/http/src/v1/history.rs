//! `/v1/users/{id}/history`: who or what changed a user, and how the vendors took it.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use roster_application::Missing;
use roster_application::authentication::Caller;
use roster_application::ports::{CallRecord, ChangeRecord, HistoryEntry, HistoryEvent};
use roster_domain::{ApiClientId, ConnectionId, Timestamp, Vendor, Version};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::cursor::{self, List};
use super::query::{Page, Query};
use super::request::{Segments, id};
use super::{schemas, time};
use crate::Services;
use crate::refusal::Refusal;

/// One thing that happened to a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryEntry)]
#[serde(untagged)]
pub(crate) enum HistoryEntryAnswer {
    Change(HistoryChange),
    Call(HistoryCall),
}

/// A change of the record. What was in the fields is not kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryChange {
    /// The entry's id, which sorts by time.
    id: Uuid,
    /// When.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(schema_with = schemas::kind_change)]
    kind: &'static str,
    #[schema(schema_with = schemas::surface)]
    surface: &'static str,
    /// The API client that called; null for whoever has the command line, and for Roster itself.
    #[schema(required)]
    client_id: Option<Uuid>,
    #[schema(schema_with = schemas::action)]
    action: &'static str,
    /// The fields that differ from before; for a new user, those that are set.
    fields: Vec<String>,
    /// The connection that the user was assigned to or taken off.
    #[schema(required)]
    connection_id: Option<Uuid>,
    /// The version of the user from then on.
    #[schema(value_type = i64, minimum = 1)]
    version: Version,
}

/// A call to a vendor, and what came of it. Neither bodies nor secrets are kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryCall {
    /// The entry's id, which sorts by time.
    id: Uuid,
    /// When the call was begun.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(schema_with = schemas::kind_call)]
    kind: &'static str,
    /// Over which connection. It may have been deleted since.
    connection_id: Uuid,
    #[schema(schema_with = schemas::vendor)]
    vendor: &'static str,
    #[schema(schema_with = schemas::step)]
    operation: String,
    /// What came of it: `done`; `absent` where nobody was found; `differs` where a user was found who is not as it should be;
    /// otherwise the kind of failure.
    #[schema(example = "done")]
    outcome: String,
    /// The HTTP status of the vendor's answer, where a call failed and there was one.
    #[schema(required)]
    status: Option<u16>,
    /// What the vendor said, in plain words, where the call failed.
    #[schema(required)]
    message: Option<String>,
    /// How long it took, in milliseconds.
    took_ms: u64,
}

/// A page of a user's history.
#[derive(Debug, Serialize, ToSchema)]
struct HistoryPage {
    /// What happened, the newest first.
    #[schema(max_items = 200)]
    data: Vec<HistoryEntryAnswer>,
    /// What to pass as `cursor` for the next page; null on the last.
    #[schema(required)]
    next_cursor: Option<String>,
}

impl From<HistoryEntry> for HistoryEntryAnswer {
    fn from(entry: HistoryEntry) -> Self {
        match entry.event {
            HistoryEvent::Change(change) => Self::Change(HistoryChange::of(entry.id, change)),
            HistoryEvent::Call {
                connection_id,
                vendor,
                call,
            } => Self::Call(HistoryCall::of(entry.id, connection_id, vendor, call)),
        }
    }
}

impl HistoryChange {
    fn of(id: Uuid, change: ChangeRecord) -> Self {
        Self {
            id,
            at: change.at,
            kind: "change",
            surface: change.actor.surface.name(),
            client_id: change.actor.client.map(ApiClientId::uuid),
            action: change.deed.name(),
            fields: change.fields,
            connection_id: change.connection_id.map(ConnectionId::uuid),
            version: change.version,
        }
    }
}

impl HistoryCall {
    fn of(id: Uuid, connection: ConnectionId, vendor: Vendor, call: CallRecord) -> Self {
        Self {
            id,
            at: call.at,
            kind: "call",
            connection_id: connection.uuid(),
            vendor: vendor.name(),
            operation: call.operation,
            outcome: call.outcome,
            status: call.status,
            message: call.message,
            took_ms: u64::try_from(call.took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// The routes, with their specification.
pub(crate) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new().routes(routes!(list_history_of_user))
}

/// List what happened to a user
///
/// The newest first, page by page: who changed which fields through which surface, and every call to a vendor. That of a deleted
/// user is shown for as long as it is kept.
#[utoipa::path(get, path = "/users/{id}/history", tag = "users", params(Page<1>), responses(
    (status = 200, description = "A page of the history.", body = HistoryPage),
    (status = 404, description = "There is no such user."),
))]
async fn list_history_of_user(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    Segments(user): Segments<String>,
    mut query: Query,
) -> Result<Json<HistoryPage>, Refusal> {
    let page = query.page::<1>(List::History);
    query.finish()?;
    let user = id(&user, Missing::User)?;
    let before = page.after.map(|[id]| id);
    let entries = services
        .histories
        .of_user(&caller.organization, user, before, page.asked())
        .await?;
    let (entries, next_cursor) = cursor::page(entries, page.limit, List::History, |entry| [entry.id]);
    Ok(Json(HistoryPage {
        data: entries.into_iter().map(HistoryEntryAnswer::from).collect(),
        next_cursor,
    }))
}

#[cfg(test)]
mod tests;
