//! Who comes into a group, and who goes.

use std::collections::BTreeSet;

use roster_application::ports::{ChangeRecord, GroupWrite, StoreError};
use roster_domain::{GroupId, OrganizationId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::assignment::{reassign, tied};
use crate::error::IntoStoreError;
use crate::history::{Told, tell_all};

/// Ids as an array.
pub(super) fn ids(ids: impl IntoIterator<Item = Uuid>) -> Vec<Uuid> {
    ids.into_iter().collect()
}

/// Holds users until the transaction ends, so that nobody else decides meanwhile where they are assigned, and shares the
/// connections. Users, then connections, then accounts: everybody locks them in this order. Returns who is there.
pub(super) async fn lock(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    users: &[UserId],
) -> Result<Vec<UserId>, StoreError> {
    let there = sqlx::query_scalar!(
        "SELECT id FROM users
         WHERE organization_id = $1 AND id = ANY ($2) AND deleted_at IS NULL
         ORDER BY id
         FOR NO KEY UPDATE",
        organization.uuid(),
        &ids(users.iter().map(|user| user.uuid())),
    )
    .fetch_all(&mut *transaction)
    .await
    .store()?;
    sqlx::query!("SELECT share_connections($1)", organization.uuid())
        .execute(transaction)
        .await
        .store()?;
    Ok(there.into_iter().map(UserId::new).collect())
}

/// Lets users come into a group and go, and assigns them as its ties demand. The group
/// must be locked. Returns whether accounts were made due.
pub(super) async fn change_members(transaction: &mut PgConnection, write: GroupWrite<'_>) -> Result<bool, StoreError> {
    let (organization, group) = (write.group.organization_id, write.group.id);
    let changes = write.members;
    let added = ids(changes.added.iter().map(|user| user.uuid()));
    let mut touched: BTreeSet<_> = changes.added.union(&changes.removed).copied().collect();
    if changes.is_whole {
        touched.extend(members(&mut *transaction, organization, group).await?);
    }
    let touched: Vec<_> = touched.into_iter().collect();
    let there: BTreeSet<_> = lock(&mut *transaction, organization, &touched)
        .await?
        .into_iter()
        .collect();
    if !changes.added.is_subset(&there) {
        return Err(StoreError::Reference);
    }
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
    let mut is_due = false;
    for (users, change) in [(joined, write.joined), (left, write.left)] {
        let users: Vec<_> = users.into_iter().map(UserId::new).collect();
        tell_members(&mut *transaction, organization, &users, change).await?;
        is_due |= reassign(&mut *transaction, organization, &users, &connections, change).await?;
    }
    Ok(is_due)
}

/// Empties a group. Returns who was in it.
pub(super) async fn leave(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    group: GroupId,
) -> Result<Vec<UserId>, StoreError> {
    let left = sqlx::query_scalar!(
        "DELETE FROM group_members WHERE organization_id = $1 AND group_id = $2
           RETURNING user_id",
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
    transaction: &mut PgConnection,
    organization: OrganizationId,
    group: GroupId,
) -> Result<Vec<UserId>, StoreError> {
    let members = sqlx::query_scalar!(
        "SELECT user_id FROM group_members WHERE organization_id = $1 AND group_id = $2",
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
    transaction: &mut PgConnection,
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
