//! Who comes into a group, and who goes.

use std::collections::BTreeSet;

use roster_application::directory::stored;
use roster_application::ports::{ChangeRecord, GroupWrite, StoreError, without_member};
use roster_domain::scim::index_group;
use roster_domain::{GroupId, OrganizationId, User, UserId, Version};
use sqlx::PgConnection;
use uuid::Uuid;

use super::assignment::{hold, reassign, tied};
use crate::error::IntoStoreError;
use crate::history::{Told, tell_all};
use crate::rows::GroupRow;

/// Ids as an array.
pub(super) fn ids(ids: impl IntoIterator<Item = Uuid>) -> Vec<Uuid> {
    ids.into_iter().collect()
}

/// Everybody whom a change of a group may concern: who comes and goes and, where the whole is replaced, who is in it at
/// that version.
pub(super) async fn concerned(
    transaction: &mut PgConnection,
    write: GroupWrite<'_>,
    expected: Version,
) -> Result<Vec<Uuid>, StoreError> {
    let changes = write.members;
    let mut users: BTreeSet<_> = changes.added.union(&changes.removed).map(|user| user.uuid()).collect();
    if changes.is_whole {
        users.extend(members_at(transaction, write.group.organization_id, write.group.id, expected).await?);
    }
    Ok(users.into_iter().collect())
}

/// Lets users come into a group and go, and assigns them as its ties demand. Everybody concerned must be locked, and then
/// the group; `there` are those of them who are not deleted. Returns whether accounts were made due.
pub(super) async fn change_members(
    transaction: &mut PgConnection,
    write: GroupWrite<'_>,
    there: &[UserId],
) -> Result<bool, StoreError> {
    let (organization, group) = (write.group.organization_id, write.group.id);
    let changes = write.members;
    if !changes.added.iter().all(|user| there.binary_search(user).is_ok()) {
        return Err(StoreError::Reference);
    }
    let added = ids(changes.added.iter().map(|user| user.uuid()));
    let joined = sqlx::query_scalar!(
        "INSERT INTO group_members (organization_id, group_id, user_id)
           SELECT $1, $2, added.id FROM unnest($3::uuid[]) AS added (id)
           ON CONFLICT DO NOTHING
           RETURNING user_id",
        organization.uuid(),
        group.uuid(),
        &added,
    )
    .fetch_all(&mut *transaction)
    .await
    .store()?;
    let left = if changes.is_whole {
        sqlx::query_scalar!(
            "DELETE FROM group_members
               WHERE organization_id = $1 AND group_id = $2
                 AND user_id <> ALL ($3)
               RETURNING user_id",
            organization.uuid(),
            group.uuid(),
            &added,
        )
        .fetch_all(&mut *transaction)
        .await
        .store()?
    } else {
        sqlx::query_scalar!(
            "DELETE FROM group_members
               WHERE organization_id = $1 AND group_id = $2
                 AND user_id = ANY ($3)
               RETURNING user_id",
            organization.uuid(),
            group.uuid(),
            &ids(changes.removed.iter().map(|user| user.uuid())),
        )
        .fetch_all(&mut *transaction)
        .await
        .store()?
    };
    let connections = tied(&mut *transaction, organization, group).await?;
    let moved: Vec<_> = joined.iter().chain(&left).copied().collect();
    // All of them before any is changed: those who come and those who go are mixed in the order of their ids.
    hold(&mut *transaction, organization, &moved, &connections).await?;
    let mut is_due = false;
    for (users, change) in [(joined, write.joined), (left, write.left)] {
        tell_members(&mut *transaction, organization, &users, change).await?;
        is_due |= reassign(&mut *transaction, organization, &users, &connections, change).await?;
    }
    Ok(is_due)
}

/// Takes a user who is about to be deleted, and is locked, out of all groups, each of which is a version on by it. Returns how
/// many they are.
pub(crate) async fn leave_all(transaction: &mut PgConnection, tombstone: &User) -> Result<usize, StoreError> {
    let (organization, user) = (tombstone.organization_id.uuid(), tombstone.id.uuid());
    let groups = sqlx::query_as!(
        GroupRow,
        "SELECT g.organization_id, g.id, g.name, g.external_id, g.created_at, g.updated_at, g.version
         FROM groups g
         JOIN group_members m ON m.organization_id = g.organization_id AND m.group_id = g.id
         WHERE m.organization_id = $1 AND m.user_id = $2
         -- In the order in which everybody locks groups, so that nobody waits in a circle.
         ORDER BY g.id
         FOR NO KEY UPDATE OF g",
        organization,
        user,
    )
    .fetch_all(&mut *transaction)
    .await
    .store()?;
    if groups.is_empty() {
        return Ok(0);
    }
    let (mut ids, mut searches) = (Vec::new(), Vec::new());
    for row in groups {
        let group = without_member(&row.try_into()?, tombstone.updated_at);
        ids.push(group.id.uuid());
        searches.push(stored::to_json(&index_group(&group)));
    }
    sqlx::query!(
        "UPDATE groups g SET version = g.version + 1, updated_at = $4, search = next.search
         FROM unnest($2::uuid[], $3::jsonb[]) AS next (id, search)
         WHERE g.organization_id = $1 AND g.id = next.id",
        organization,
        &ids,
        &searches,
        tombstone.updated_at,
    )
    .execute(&mut *transaction)
    .await
    .store()?;
    sqlx::query!(
        "DELETE FROM group_members WHERE organization_id = $1 AND user_id = $2",
        organization,
        user,
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(ids.len())
}

/// Empties a group. Returns who was in it.
pub(super) async fn leave(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    group: GroupId,
) -> Result<Vec<Uuid>, StoreError> {
    sqlx::query_scalar!(
        "DELETE FROM group_members WHERE organization_id = $1 AND group_id = $2
           RETURNING user_id",
        organization.uuid(),
        group.uuid(),
    )
    .fetch_all(transaction)
    .await
    .store()
}

/// Who is in a group at a version, and nobody if it is at another. Whoever locks them, and after them the group at the same version,
/// has locked everybody who is in it: nobody comes or goes without a version of the group.
pub(super) async fn members_at(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    group: GroupId,
    version: Version,
) -> Result<Vec<Uuid>, StoreError> {
    sqlx::query_scalar!(
        "SELECT m.user_id FROM group_members m
         JOIN groups g ON g.organization_id = m.organization_id AND g.id = m.group_id
         WHERE m.organization_id = $1 AND m.group_id = $2 AND g.version = $3",
        organization.uuid(),
        group.uuid(),
        version,
    )
    .fetch_all(transaction)
    .await
    .store()
}

/// Tells the history of everybody who came or went.
pub(super) async fn tell_members(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    users: &[Uuid],
    change: &ChangeRecord,
) -> Result<(), StoreError> {
    let told: Vec<_> = users
        .iter()
        .map(|&user| Told {
            user: UserId::new(user),
            id: change.id,
            deed: change.deed,
            connection: None,
        })
        .collect();
    tell_all(transaction, organization, change, &told).await
}
