//! Users: their JSON into changes, and what comes of it.

mod user_names;

use axum::http::StatusCode;
use roster_application::{Conflicting, Error, Missing};
use roster_domain::scim::{
    GroupReference, ResourceType, patch as patched, patched_user_changes, represent_user, user_changes,
};
use roster_domain::{User, UserChanges, UserId, Version, Violations};
use serde_json::Value as Json;

use super::answer::{Answer, Call};
use super::project::Projection;
use super::{patch, read, write};
use crate::refusal::Refusal;

const OF: ResourceType = ResourceType::User;

/// Makes a user; one who was deleted comes back.
pub(super) async fn create(call: Call<'_>, body: &Json, shown: &Projection) -> Result<Answer, Refusal> {
    let changes = changes(body);
    if let Some(name) = changes.user_name.as_set()
        && user_names::is_taken(call, name, None).await?
    {
        return Err(Error::Conflict(Conflicting::UserName).into());
    }
    let revision = call.services.users.create_or_restore(call.acting(), &changes).await?;
    answer(call, StatusCode::CREATED, &revision.user, shown).await
}

/// Shows a user.
pub(super) async fn get(call: Call<'_>, id: &str, shown: &Projection) -> Result<Answer, Refusal> {
    let user = call.services.users.get(call.organization(), user_id(id)?).await?;
    answer(call, StatusCode::OK, &user, shown).await
}

/// Puts a user in place of what it was: what the body leaves out is cleared.
pub(super) async fn replace(
    call: Call<'_>,
    id: &str,
    expected: Option<&[Version]>,
    body: &Json,
    shown: &Projection,
) -> Result<Answer, Refusal> {
    let changes = changes(body);
    let user = change(call, user_id(id)?, expected, |_| Ok(changes.clone())).await?;
    answer(call, StatusCode::OK, &user, shown).await
}

/// Changes a user piece by piece. Of two who do so at once, each changes what the other has left.
pub(super) async fn patch(
    call: Call<'_>,
    id: &str,
    expected: Option<&[Version]>,
    body: &Json,
    shown: &Projection,
) -> Result<Answer, Refusal> {
    let id = user_id(id)?;
    let operations = patch::operations(&patch::steps(OF, body)?)?;
    let decide = |user: &User| -> Result<UserChanges, Error> {
        let next = patched(OF, &represent_user(user, &[]), &operations)?;
        Ok(patched_user_changes(user, &next))
    };
    let user = change(call, id, expected, decide).await?;
    answer(call, StatusCode::OK, &user, shown).await
}

/// Changes a user as is decided for the user as it stands, unless it would be shown under a name that another has.
async fn change(
    call: Call<'_>,
    id: UserId,
    expected: Option<&[Version]>,
    decide: impl Fn(&User) -> Result<UserChanges, Error>,
) -> Result<User, Refusal> {
    let decide = &decide;
    let permitted = |user: User| async move { user_names::permitted(call, &user, decide(&user)?).await };
    let revised = call
        .services
        .users
        .revise(call.acting(), id, expected, permitted)
        .await?;
    Ok(revised.user)
}

/// Deletes a user.
pub(super) async fn delete(call: Call<'_>, id: &str, expected: Option<&[Version]>) -> Result<Answer, Refusal> {
    call.services
        .users
        .delete(call.acting(), user_id(id)?, expected)
        .await?;
    Ok(Answer::gone())
}

async fn answer(call: Call<'_>, status: StatusCode, user: &User, shown: &Projection) -> Result<Answer, Refusal> {
    let groups = groups_of(call, user).await?;
    Ok(Answer {
        status,
        location: Some(call.location(OF, user.id)),
        version: Some(write::version(user, &groups)),
        body: Some(write::user(&call.base(), user, &groups, shown)),
    })
}

/// The groups that a user is in.
async fn groups_of(call: Call<'_>, user: &User) -> Result<Vec<GroupReference>, Refusal> {
    let directory = &call.services.directory;
    let mut groups = directory.groups_of(call.organization(), &[user.id]).await?;
    Ok(groups.remove(&user.id).unwrap_or_default())
}

fn user_id(text: &str) -> Result<UserId, Refusal> {
    text.parse().map_err(|_| Error::NotFound(Missing::User).into())
}

/// What a whole user says.
fn changes(body: &Json) -> UserChanges {
    let mut violations = Violations::none();
    let resource = read::resource(OF, body, &mut violations);
    let mut changes = user_changes(&resource);
    // What could not be read is missing from what was, and is wrong only once.
    let is_unread = |field: &str| {
        let unread = |at: &roster_domain::FieldPath| at.segments().eq(["scim", field]);
        violations.iter().any(|violation| unread(&violation.field))
    };
    if is_unread("userName") {
        let others = changes
            .unreadable
            .iter()
            .filter(|violation| !violation.field.segments().eq(["user_name"]));
        changes.unreadable = others.cloned().collect();
    }
    violations.extend(changes.unreadable);
    changes.unreadable = violations;
    changes
}
