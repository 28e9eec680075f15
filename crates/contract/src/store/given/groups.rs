//! What the cases of groups start from, and of users as identity providers bring them.

use std::collections::BTreeSet;

use roster_application::ports::{ChangeRecord, GroupWrite, Store, StoreError, UserWrite};
use roster_domain::scim::GroupName;
use roster_domain::{
    Change, Connection, Deed, ExternalId, Group, GroupId, MemberChanges, OrganizationId, PhiGuard, Timestamp, User,
    UserChanges, Version,
};

use super::{NOW, change, new_id};

/// A request that sets a `userName` and nothing else.
#[must_use]
pub fn user_name(name: &str) -> UserChanges {
    UserChanges {
        user_name: Change::Set(name.to_owned()),
        ..UserChanges::default()
    }
}

/// A tombstone that comes back with what a request says, not stored.
#[must_use]
pub fn restored(tombstone: &User, changes: &UserChanges, now: Timestamp) -> User {
    let revision = tombstone.restore(changes, PhiGuard::Off, now);
    revision.expect("a valid request").user
}

/// Stores that a user is back, or does not.
pub async fn restore(store: &dyn Store, user: &User, expected: Version) -> Result<(), StoreError> {
    let write = UserWrite {
        user,
        password: None,
        change: &change(Deed::Restored, user.version, user.updated_at),
    };
    store.restore_user(write, expected).await
}

/// A group that is not stored.
#[must_use]
pub fn new_group(organization: OrganizationId, name: &str) -> Group {
    Group {
        id: GroupId::new(new_id()),
        organization_id: organization,
        name: GroupName::new(name).expect("a valid name"),
        external_id: None,
        created_at: NOW,
        updated_at: NOW,
        version: 1,
    }
}

/// The same group with an external id.
#[must_use]
pub fn known_as(group: &Group, external_id: &str) -> Group {
    Group {
        external_id: Some(ExternalId::new(external_id).expect("a valid id")),
        ..group.clone()
    }
}

/// The group one version on, not stored.
#[must_use]
pub fn next(group: &Group, now: Timestamp) -> Group {
    Group {
        version: group.version + 1,
        updated_at: now,
        ..group.clone()
    }
}

/// These come, and those go.
#[must_use]
pub fn come_and_go(come: &[&User], go: &[&User]) -> MemberChanges {
    let ids = |users: &[&User]| users.iter().map(|user| user.id).collect::<BTreeSet<_>>();
    MemberChanges {
        is_whole: false,
        added: ids(come),
        removed: ids(go),
    }
}

/// These, and nobody else.
#[must_use]
pub fn only(members: &[&User]) -> MemberChanges {
    MemberChanges::replaced(members.iter().map(|user| user.id))
}

/// Stores a new group, or does not.
pub async fn create_group(store: &dyn Store, group: &Group, members: &MemberChanges) -> Result<(), StoreError> {
    let (joined, left) = records(group.created_at);
    let write = GroupWrite {
        group,
        members,
        joined: &joined,
        left: &left,
    };
    store.create_group(write).await
}

/// Stores a change of a group, or does not.
pub async fn update_group(
    store: &dyn Store,
    group: &Group,
    members: &MemberChanges,
    expected: Version,
) -> Result<(), StoreError> {
    let (joined, left) = records(group.updated_at);
    let write = GroupWrite {
        group,
        members,
        joined: &joined,
        left: &left,
    };
    store.update_group(write, expected).await
}

/// A stored group.
pub async fn group(store: &dyn Store, organization: OrganizationId, name: &str, members: &[&User]) -> Group {
    let group = new_group(organization, name);
    create_group(store, &group, &only(members))
        .await
        .expect("a group is stored");
    group
}

/// Stores who comes into a group, and who goes.
pub async fn change_members(store: &dyn Store, group: &Group, members: &MemberChanges, now: Timestamp) -> Group {
    let changed = next(group, now);
    update_group(store, &changed, members, group.version)
        .await
        .expect("a group is changed");
    changed
}

/// Stores that a group is deleted.
pub async fn delete_group(store: &dyn Store, group: &Group, now: Timestamp) {
    store
        .delete_group(group.organization_id, group.id, group.version, &records(now).1)
        .await
        .expect("a group is deleted");
}

/// Ties a group to a connection, or undoes it.
pub async fn tie(store: &dyn Store, group: &Group, connection: &Connection, is_tied: bool, now: Timestamp) {
    let deed = if is_tied { Deed::Assigned } else { Deed::Unassigned };
    let change = ChangeRecord {
        connection_id: Some(connection.id),
        ..change(deed, 0, now)
    };
    store
        .tie(group.organization_id, group.id, connection.id, is_tied, &change)
        .await
        .expect("a group is tied");
}

/// What the histories are told of those who come, and of those who go.
#[must_use]
pub fn records(now: Timestamp) -> (ChangeRecord, ChangeRecord) {
    (change(Deed::Joined, 0, now), change(Deed::Left, 0, now))
}
