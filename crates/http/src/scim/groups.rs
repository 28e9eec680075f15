//! Groups: their JSON into changes, and what comes of it.

use axum::http::StatusCode;
use roster_application::Missing;
use roster_domain::scim::{PatchTarget, ResourceType, entity_tag};
use roster_domain::{
    Change, Fault, Given, Group, GroupChanges, GroupId, MemberChanges, Rule, UserId, Version, Violation, Violations,
};
use serde_json::Value as Json;

use super::answer::{Answer, Call};
use super::error::ScimType;
use super::patch::{self, Op, Step};
use super::project::Projection;
use super::{members, read, write};
use crate::refusal::{Kind, Refusal};

const OF: ResourceType = ResourceType::Group;

/// Makes a group with its members.
pub(super) async fn create(call: Call<'_>, body: &Json, shown: &Projection) -> Result<Answer, Refusal> {
    let group = call.services.groups.create(call.acting(), &changes(body)).await?;
    answer(call, StatusCode::CREATED, &group, shown).await
}

/// Shows a group.
pub(super) async fn get(call: Call<'_>, id: &str, shown: &Projection) -> Result<Answer, Refusal> {
    let group = call.services.groups.get(call.organization(), group_id(id)?).await?;
    answer(call, StatusCode::OK, &group, shown).await
}

/// Puts a group in place of what it was: what the body leaves out is cleared, and who is not in it goes.
pub(super) async fn replace(
    call: Call<'_>,
    id: &str,
    expected: Option<&[Version]>,
    body: &Json,
    shown: &Projection,
) -> Result<Answer, Refusal> {
    let id = group_id(id)?;
    let mut changes = changes(body);
    // What could not be read is wrong only once.
    let is_unread = |it: &Violation| it.field.segments().last() == Some("displayName");
    if changes.name.is_keep() && !changes.unreadable.iter().any(is_unread) {
        let required = Fault::new(Rule::Required, Given::nothing());
        changes.unreadable.push(required.at(read::place("displayName")));
    }
    if changes.external_id.is_keep() {
        changes.external_id = Change::Clear;
    }
    changes.members.is_whole = true;
    let group = call
        .services
        .groups
        .update(call.acting(), id, &changes, expected)
        .await?;
    answer(call, StatusCode::OK, &group, shown).await
}

/// Changes a group piece by piece.
pub(super) async fn patch(
    call: Call<'_>,
    id: &str,
    expected: Option<&[Version]>,
    body: &Json,
    shown: &Projection,
) -> Result<Answer, Refusal> {
    let id = group_id(id)?;
    let steps = patch::steps(OF, body)?;
    let group = if steps.iter().any(members::asks_for_members) {
        let decide = |members: &[UserId]| patched(&steps, members);
        let groups = &call.services.groups;
        groups
            .update_knowing_members(call.acting(), id, expected, decide)
            .await?
    } else {
        let changes = patched(&steps, &[])?;
        call.services
            .groups
            .update(call.acting(), id, &changes, expected)
            .await?
    };
    answer(call, StatusCode::OK, &group, shown).await
}

/// Deletes a group.
pub(super) async fn delete(call: Call<'_>, id: &str, expected: Option<&[Version]>) -> Result<Answer, Refusal> {
    call.services
        .groups
        .delete(call.acting(), group_id(id)?, expected)
        .await?;
    Ok(Answer::gone())
}

async fn answer(call: Call<'_>, status: StatusCode, group: &Group, shown: &Projection) -> Result<Answer, Refusal> {
    let members = if shown.shows(OF, "members") {
        let found = call.services.groups.members(call.organization(), &[group.id]).await?;
        found.into_values().next()
    } else {
        None
    };
    Ok(Answer {
        status,
        location: Some(call.location(OF, group.id)),
        version: Some(entity_tag(group.version)),
        body: Some(write::group(&call.base(), group, members.as_deref(), shown)),
    })
}

fn group_id(text: &str) -> Result<GroupId, Refusal> {
    text.parse()
        .map_err(|_| roster_application::Error::NotFound(Missing::Group).into())
}

/// What a whole group says.
fn changes(body: &Json) -> GroupChanges {
    let mut violations = Violations::none();
    let resource = read::resource(OF, body, &mut violations);
    members::refuse_unnamed(patch::member(body, "members"), &mut violations);
    let members = members::named(resource.get("members"), &mut violations);
    let text = |name| Change::from(patch::text(resource.get(name)));
    GroupChanges {
        name: text("displayName"),
        external_id: cleared_by_empty(text("externalId")),
        members: MemberChanges {
            is_whole: false,
            added: members.into_iter().collect(),
            removed: [].into(),
        },
        unreadable: violations,
    }
}

/// What the operations of a PATCH say, one after the other, of a group with these members.
fn patched(steps: &[Step], members: &[UserId]) -> Result<GroupChanges, Refusal> {
    let mut changes = GroupChanges::default();
    for step in steps {
        apply(step, members, &mut changes)?;
    }
    Ok(changes)
}

fn apply(step: &Step, all: &[UserId], changes: &mut GroupChanges) -> Result<(), Refusal> {
    let Step { op, target, value } = step;
    let path = match target {
        PatchTarget::Attribute(path) | PatchTarget::Chosen { path, .. } => path,
        PatchTarget::Resource | PatchTarget::Extension(_) => return Ok(()),
    };
    let is_nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let is_removed = *op == Op::Remove || (*op == Op::Replace && is_nothing);
    match (path.attribute().name, target) {
        ("displayName", _) if is_removed => return Err(read_only("displayName, which every group has,")),
        ("displayName", _) => set(&mut changes.name, step, &mut changes.unreadable),
        ("externalId", _) if is_removed => changes.external_id = Change::Clear,
        ("externalId", _) => {
            set(&mut changes.external_id, step, &mut changes.unreadable);
            changes.external_id = cleared_by_empty(std::mem::take(&mut changes.external_id));
        }
        ("members", _) if path.part().is_some() => return Err(part_of_members()),
        ("members", PatchTarget::Chosen { part: Some(_), .. }) => return Err(part_of_members()),
        ("members", PatchTarget::Chosen { .. }) => {
            let going = members::meeting(step, all, &changes.members);
            if *op == Op::Replace && going.is_empty() {
                let refusal = ScimType::NoTarget.refuse("no member of the group is chosen by the path");
                return Err(refusal);
            }
            if *op != Op::Add {
                changes.members.remove(going);
            }
            if !is_removed {
                let coming = coming(step, changes);
                changes.members.add(coming);
            }
        }
        // Of the values that are given, and of no others: of none, if none is given.
        ("members", _) if *op == Op::Remove && !value.is_null() => {
            let named = read::at(path, value, &mut changes.unreadable);
            changes.members.remove(members::going(named.as_ref()));
        }
        ("members", _) if is_removed => changes.members = MemberChanges::replaced([]),
        ("members", _) => {
            let coming = coming(step, changes);
            match op {
                Op::Replace => changes.members = MemberChanges::replaced(coming),
                _ => changes.members.add(coming),
            }
        }
        (other, _) => return Err(read_only(other)),
    }
    Ok(())
}

fn set(field: &mut Change<String>, step: &Step, v: &mut Violations) {
    if step.value.is_null() {
        return;
    }
    // Entra ID has sent a text as an array of one object with a value.
    let value = match step.value.as_array().map(Vec::as_slice) {
        Some([only]) => patch::member(only, "value").unwrap_or(only),
        _ => &step.value,
    };
    match (value, &step.target) {
        (Json::String(text), _) => *field = Change::Set(text.clone()),
        (other, PatchTarget::Attribute(path)) => patch::unfit(read::place_of(path), "a string", other, v),
        _ => {}
    }
}

/// Empty text says that there is none, as it does of a user's.
fn cleared_by_empty(external_id: Change<String>) -> Change<String> {
    match external_id {
        Change::Set(text) if text.is_empty() => Change::Clear,
        other => other,
    }
}

fn coming(step: &Step, changes: &mut GroupChanges) -> Vec<UserId> {
    let (PatchTarget::Attribute(path) | PatchTarget::Chosen { path, .. }) = &step.target else {
        return Vec::new();
    };
    members::refuse_unnamed(Some(&step.value), &mut changes.unreadable);
    let read = read::at(path, &step.value, &mut changes.unreadable);
    members::named(read.as_ref(), &mut changes.unreadable)
}

fn read_only(what: &str) -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        Kind::Scim(ScimType::Mutability),
        format!("{what} cannot be changed so"),
    )
}

fn part_of_members() -> Refusal {
    read_only("a part of members")
}
