//! Who comes into a group, and who goes.

use roster_application::directory::stored;
use roster_application::ports::{ChangeRecord, GroupWrite, StoreError, without_member};
use roster_domain::scim::index_group;
use roster_domain::{GroupId, OrganizationId, User, UserId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::assignment::{reassign, tied};
use crate::error::IntoStoreError;
use crate::history::{Told, tell_all};
use crate::rows::GroupRow;
use crate::users::json;

/// Ids as JSON that `json_each` takes apart and `unhex` makes ids of.
pub(crate) fn ids(ids: impl IntoIterator<Item = Uuid>) -> String {
    let ids = ids.into_iter().map(|id| id.simple().to_string());
    ids.collect::<serde_json::Value>().to_string()
}

/// Lets users come into a group and go, and assigns them as its ties demand. Returns whether accounts were made due.
pub(super) async fn change_members(
    transaction: &mut SqliteConnection,
    write: GroupWrite<'_>,
) -> Result<bool, StoreError> {
    let (organization, group) = (write.group.organization_id, write.group.id);
    let changes = write.members;
    let added = ids(changes.added.iter().map(|user| user.uuid()));
    let there = sqlx::query_scalar!(
        r#"SELECT count(*) AS "there!: i64" FROM users
           WHERE organization_id = ?1 AND id IN (SELECT unhex(value) FROM json_each(?2)) AND deleted_at IS NULL"#,
        organization.uuid(),
        added,
    )
    .fetch_one(&mut *transaction)
    .await
    .store()?;
    if usize::try_from(there) != Ok(changes.added.len()) {
        return Err(StoreError::Reference);
    }
    let joined = sqlx::query_scalar!(
        r#"INSERT INTO group_members (organization_id, group_id, user_id)
           SELECT ?1, ?2, unhex(value) FROM json_each(?3) WHERE TRUE
           ON CONFLICT DO NOTHING
           RETURNING user_id AS "user_id: Uuid""#,
        organization.uuid(),
        group.uuid(),
        added,
    )
    .fetch_all(&mut *transaction)
    .await
    .store()?;
    let left = if changes.is_whole {
        sqlx::query_scalar!(
            r#"DELETE FROM group_members
               WHERE organization_id = ?1 AND group_id = ?2
                 AND user_id NOT IN (SELECT unhex(value) FROM json_each(?3))
               RETURNING user_id AS "user_id: Uuid""#,
            organization.uuid(),
            group.uuid(),
            added,
        )
        .fetch_all(&mut *transaction)
        .await
        .store()?
    } else {
        sqlx::query_scalar!(
            r#"DELETE FROM group_members
               WHERE organization_id = ?1 AND group_id = ?2
                 AND user_id IN (SELECT unhex(value) FROM json_each(?3))
               RETURNING user_id AS "user_id: Uuid""#,
            organization.uuid(),
            group.uuid(),
            ids(changes.removed.iter().map(|user| user.uuid())),
        )
        .fetch_all(&mut *transaction)
        .await
        .store()?
    };
    let connections = tied(&mut *transaction, organization, group).await?;
    let mut is_due = false;
    for (users, change) in [(joined, write.joined), (left, write.left)] {
        let users: Vec<_> = users.into_iter().map(UserId::new).collect();
        tell_members(&mut *transaction, organization, &users, change).await?;
        is_due |= reassign(&mut *transaction, organization, &users, &connections, change).await?;
    }
    Ok(is_due)
}

/// Takes a user who is about to be deleted out of all groups, each of which is a version on by it. Returns how many they are.
pub(crate) async fn leave_all(transaction: &mut SqliteConnection, tombstone: &User) -> Result<usize, StoreError> {
    let (organization, user) = (tombstone.organization_id.uuid(), tombstone.id.uuid());
    let groups = sqlx::query_as!(
        GroupRow,
        r#"SELECT g.organization_id AS "organization_id: Uuid", g.id AS "id: Uuid", g.name, g.external_id, g.created_at,
               g.updated_at, g.version
           FROM group_members m
           JOIN groups g ON g.organization_id = m.organization_id AND g.id = m.group_id
           WHERE m.organization_id = ?1 AND m.user_id = ?2"#,
        organization,
        user,
    )
    .fetch_all(&mut *transaction)
    .await
    .store()?;
    let mut next = Vec::new();
    for row in groups {
        let group = without_member(&row.try_into()?, tombstone.updated_at);
        let search = stored::to_json(&index_group(&group)).to_string();
        next.push((group.id.uuid().simple().to_string(), search));
    }
    if next.is_empty() {
        return Ok(0);
    }
    sqlx::query!(
        "UPDATE groups SET version = version + 1, updated_at = ?3, search = next.value ->> 1
         FROM json_each(?2) AS next
         WHERE groups.organization_id = ?1 AND groups.id = unhex(next.value ->> 0)
           -- So that only those are looked at, whichever of the two comes first.
           AND groups.id IN (SELECT unhex(value ->> 0) FROM json_each(?2))",
        organization,
        json(&next)?,
        tombstone.updated_at.timestamp_micros(),
    )
    .execute(&mut *transaction)
    .await
    .store()?;
    sqlx::query!(
        "DELETE FROM group_members WHERE organization_id = ?1 AND user_id = ?2",
        organization,
        user,
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(next.len())
}

/// Empties a group. Returns who was in it.
pub(super) async fn leave(
    transaction: &mut SqliteConnection,
    organization: OrganizationId,
    group: GroupId,
) -> Result<Vec<UserId>, StoreError> {
    let left = sqlx::query_scalar!(
        r#"DELETE FROM group_members WHERE organization_id = ?1 AND group_id = ?2
           RETURNING user_id AS "user_id: Uuid""#,
        organization.uuid(),
        group.uuid(),
    )
    .fetch_all(transaction)
    .await
    .store()?;
    Ok(left.into_iter().map(UserId::new).collect())
}

/// Who is in a group.
pub(super) async fn members(
    transaction: &mut SqliteConnection,
    organization: OrganizationId,
    group: GroupId,
) -> Result<Vec<UserId>, StoreError> {
    let members = sqlx::query_scalar!(
        r#"SELECT user_id AS "user_id: Uuid" FROM group_members WHERE organization_id = ?1 AND group_id = ?2"#,
        organization.uuid(),
        group.uuid(),
    )
    .fetch_all(transaction)
    .await
    .store()?;
    Ok(members.into_iter().map(UserId::new).collect())
}

/// Tells the history of everybody who came or went.
pub(super) async fn tell_members(
    transaction: &mut SqliteConnection,
    organization: OrganizationId,
    users: &[UserId],
    change: &ChangeRecord,
) -> Result<(), StoreError> {
    let told: Vec<_> = users
        .iter()
        .map(|&user| Told {
            user,
            id: change.id,
            deed: change.deed,
            connection: None,
        })
        .collect();
    tell_all(transaction, organization, change, &told).await
}
