//! `/v1/groups`: whom identity providers keep together, and the connections where that assigns them.
//!
//! Groups are made and filled by identity providers, through SCIM; here they are seen, and tied.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use roster_application::Missing;
use roster_application::authentication::Caller;
use roster_application::ports::{Find, Place};
use roster_domain::{ConnectionId, Group, GroupId, Surface, Timestamp, UserId, Version};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::cursor::{self, List};
use super::query::{NoQuery, Page, Query};
use super::request::{NoBody, Segments, id};
use super::time;
use crate::Services;
use crate::refusal::Refusal;

/// A group of users, as an identity provider keeps it.
#[derive(Serialize, ToSchema)]
#[schema(as = Group)]
pub(crate) struct GroupAnswer {
    /// Roster's id of the group.
    id: Uuid,
    /// What people call it.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// The group's id in the customer's own system.
    #[schema(required)]
    external_id: Option<String>,
    /// The connections that the group is tied to: where they take chosen users, the group's members are assigned to them.
    connections: Vec<Uuid>,
    /// When the group was made.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the group, or who is in it, was last changed.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// 1 for a new group, one more with each change.
    #[schema(value_type = i64, minimum = 1)]
    version: Version,
}

/// A page of groups.
#[derive(Serialize, ToSchema)]
struct GroupPage {
    /// The groups, in the order in which they were made.
    #[schema(max_items = 200)]
    data: Vec<GroupAnswer>,
    /// What to pass as `cursor` for the next page; null on the last.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A user who is in a group.
#[derive(Serialize, ToSchema)]
struct Member {
    /// The user's id.
    user_id: Uuid,
}

/// A page of a group's members.
#[derive(Serialize, ToSchema)]
struct MemberPage {
    /// Who is in the group, in the order in which the users were made.
    #[schema(max_items = 200)]
    data: Vec<Member>,
    /// What to pass as `cursor` for the next page; null on the last.
    #[schema(required)]
    next_cursor: Option<String>,
}

impl GroupAnswer {
    pub(crate) fn of(group: Group, ties: &[ConnectionId]) -> Self {
        Self {
            id: group.id.uuid(),
            name: group.name.as_str().to_owned(),
            external_id: group.external_id.map(|id| id.as_str().to_owned()),
            connections: ties.iter().copied().map(ConnectionId::uuid).collect(),
            created_at: group.created_at,
            updated_at: group.updated_at,
            version: group.version,
        }
    }
}

/// The routes, with their specification.
pub(crate) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(routes!(list_groups))
        .routes(routes!(get_group))
        .routes(routes!(list_members))
        .routes(routes!(tie_group, untie_group))
}

/// List groups
///
/// In the order in which they were made, page by page. Identity providers make and fill them, through SCIM.
#[utoipa::path(get, path = "/groups", tag = "groups", params(Page<1>), responses(
    (status = 200, description = "A page of groups.", body = GroupPage),
))]
async fn list_groups(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    mut query: Query,
) -> Result<Json<GroupPage>, Refusal> {
    let page = query.page::<1>(List::Groups);
    query.finish()?;
    let find = Find {
        filter: None,
        sort: None,
        after: page.after.map(|[id]| Place { key: None, id }),
        skip: 0,
        limit: page.limit,
    };
    let found = services.directory.groups(&caller.organization, &find).await?;
    let next_cursor = found.next.map(|place| cursor::encode(List::Groups, [place.id]));
    let ids: Vec<GroupId> = found.records.iter().map(|group| group.id).collect();
    let ties = services.groups.ties(&caller.organization, &ids).await?;
    let answer = |group: Group| {
        let ties = ties.get(&group.id);
        GroupAnswer::of(group, ties.map_or(&[], Vec::as_slice))
    };
    Ok(Json(GroupPage {
        data: found.records.into_iter().map(answer).collect(),
        next_cursor,
    }))
}

/// Get a group
///
/// With the connections that it is tied to, but without its members.
#[utoipa::path(get, path = "/groups/{id}", tag = "groups", responses(
    (status = 200, description = "The group.", body = GroupAnswer),
    (status = 404, description = "There is no such group."),
))]
async fn get_group(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(group): Segments<String>,
) -> Result<Json<GroupAnswer>, Refusal> {
    answer(&services, &caller, id(&group, Missing::Group)?).await
}

/// List the members of a group
///
/// In the order in which the users were made, page by page.
#[utoipa::path(get, path = "/groups/{id}/members", tag = "groups", params(Page<1>), responses(
    (status = 200, description = "A page of members.", body = MemberPage),
    (status = 404, description = "There is no such group."),
))]
async fn list_members(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    Segments(group): Segments<String>,
    mut query: Query,
) -> Result<Json<MemberPage>, Refusal> {
    let page = query.page::<1>(List::Members);
    query.finish()?;
    let organization = &caller.organization;
    let group: GroupId = id(&group, Missing::Group)?;
    services.groups.get(organization, group).await?;
    let after = page.after.map(|[id]| UserId::new(id));
    let members = services
        .directory
        .members(organization, group, after, page.asked())
        .await?;
    let (members, next_cursor) = cursor::page(members, page.limit, List::Members, |user| [user.uuid()]);
    let member = |user: UserId| Member { user_id: user.uuid() };
    Ok(Json(MemberPage {
        data: members.into_iter().map(member).collect(),
        next_cursor,
    }))
}

/// Tie a group to a connection
///
/// Where the connection takes chosen users, who is in the group is assigned to it, now and whenever somebody comes into the group.
/// A group that is tied already stays so.
#[utoipa::path(put, path = "/groups/{id}/connections/{connection_id}", tag = "groups", responses(
    (status = 200, description = "The group.", body = GroupAnswer),
    (status = 404, description = "There is no such group, or no such connection."),
))]
async fn tie_group(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(path): Segments<(String, String)>,
    _: NoBody,
) -> Result<Json<GroupAnswer>, Refusal> {
    let (group, connection) = ids(&path)?;
    let acting = caller.acting(Surface::V1);
    services.groups.tie(acting, group, connection, true).await?;
    answer(&services, &caller, group).await
}

/// Untie a group from a connection
///
/// Who was assigned to the connection by this group alone is taken off, as the connection's `on_leave` says.
#[utoipa::path(delete, path = "/groups/{id}/connections/{connection_id}", tag = "groups", responses(
    (status = 204, description = "The group is not tied to the connection."),
    (status = 404, description = "There is no such group, or no such connection."),
))]
async fn untie_group(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(path): Segments<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let (group, connection) = ids(&path)?;
    let acting = caller.acting(Surface::V1);
    services.groups.tie(acting, group, connection, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn answer(services: &Services, caller: &Caller, group: GroupId) -> Result<Json<GroupAnswer>, Refusal> {
    let organization = &caller.organization;
    let group = services.groups.get(organization, group).await?;
    let ties = services.groups.ties(organization, &[group.id]).await?;
    let ties = ties.get(&group.id);
    Ok(Json(GroupAnswer::of(group, ties.map_or(&[], Vec::as_slice))))
}

fn ids((group, connection): &(String, String)) -> Result<(GroupId, ConnectionId), Refusal> {
    Ok((id(group, Missing::Group)?, id(connection, Missing::Connection)?))
}

#[cfg(test)]
mod tests;
