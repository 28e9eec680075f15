//! Groups of users.

use async_trait::async_trait;
use roster_application::directory::stored;
use roster_application::ports::{ChangeRecord, GroupStore, GroupWrite, StoreError};
use roster_domain::scim::index_group;
use roster_domain::{ConnectionId, ExternalId, Group, GroupId, OrganizationId, UserId, Version};

use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::locks;
use crate::rows::GroupRow;

mod assignment;
mod members;
mod tie;

pub(crate) use assignment::{choose, choose_the_rest, is_grouped};
use assignment::{hold, reassign, tied};
pub(crate) use members::leave_all;
use members::{change_members, concerned, ids, leave, members_at};
use tie::Tying;

/// How often a tie is tried anew when users come into the group, or go, meanwhile.
const ROUNDS: usize = 64;

#[async_trait]
impl GroupStore for PostgresStore {
    async fn create_group<'a>(&self, write: GroupWrite<'a>) -> Result<(), StoreError> {
        let group = write.group;
        let mut transaction = self.pool.begin().await.store()?;
        let users = concerned(&mut transaction, write, group.version).await?;
        let there = locks::users(&mut transaction, group.organization_id, &users).await?;
        sqlx::query!(
            "INSERT INTO groups (organization_id, id, name, external_id, search, created_at, updated_at, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            group.organization_id.uuid(),
            group.id.uuid(),
            group.name.as_str(),
            group.external_id.as_ref().map(ExternalId::as_str),
            stored::to_json(&index_group(group)),
            group.created_at,
            group.updated_at,
            group.version,
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        let is_due = change_members(&mut transaction, write, &there).await?;
        transaction.commit().await.store()?;
        if is_due {
            self.signal.made_due();
        }
        Ok(())
    }

    async fn update_group<'a>(&self, write: GroupWrite<'a>, expected: Version) -> Result<(), StoreError> {
        let group = write.group;
        let mut transaction = self.pool.begin().await.store()?;
        let users = concerned(&mut transaction, write, expected).await?;
        let there = locks::users(&mut transaction, group.organization_id, &users).await?;
        let updated = sqlx::query!(
            "UPDATE groups SET name = $4, external_id = $5, search = $6, updated_at = $7, version = $8
             WHERE organization_id = $1 AND id = $2 AND version = $3",
            group.organization_id.uuid(),
            group.id.uuid(),
            expected,
            group.name.as_str(),
            group.external_id.as_ref().map(ExternalId::as_str),
            stored::to_json(&index_group(group)),
            group.updated_at,
            group.version,
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        if updated.rows_affected() == 0 {
            return Err(StoreError::Stale);
        }
        let is_due = change_members(&mut transaction, write, &there).await?;
        transaction.commit().await.store()?;
        if is_due {
            self.signal.made_due();
        }
        Ok(())
    }

    async fn delete_group(
        &self,
        organization: OrganizationId,
        group: GroupId,
        expected: Version,
        left: &ChangeRecord,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await.store()?;
        let users = members_at(&mut transaction, organization, group, expected).await?;
        locks::users(&mut transaction, organization, &users).await?;
        let locked = sqlx::query!(
            "SELECT FROM groups WHERE organization_id = $1 AND id = $2 AND version = $3 FOR UPDATE",
            organization.uuid(),
            group.uuid(),
            expected,
        )
        .fetch_optional(&mut *transaction)
        .await
        .store()?;
        if locked.is_none() {
            return Err(StoreError::Stale);
        }
        let connections = tied(&mut transaction, organization, group).await?;
        let members = leave(&mut transaction, organization, group).await?;
        hold(&mut transaction, organization, &members, &connections).await?;
        // With its ties, which count no more since nobody is in it.
        sqlx::query!(
            "DELETE FROM groups WHERE organization_id = $1 AND id = $2",
            organization.uuid(),
            group.uuid(),
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        members::tell_members(&mut transaction, organization, &members, left).await?;
        let is_due = reassign(&mut transaction, organization, &members, &connections, left).await?;
        transaction.commit().await.store()?;
        if is_due {
            self.signal.made_due();
        }
        Ok(())
    }

    async fn group(&self, organization: OrganizationId, group: GroupId) -> Result<Option<Group>, StoreError> {
        sqlx::query_as!(
            GroupRow,
            "SELECT organization_id, id, name, external_id, created_at, updated_at, version
             FROM groups
             WHERE organization_id = $1 AND id = $2",
            organization.uuid(),
            group.uuid(),
        )
        .fetch_optional(&self.ready)
        .await
        .store()?
        .map(Group::try_from)
        .transpose()
    }

    async fn members(
        &self,
        organization: OrganizationId,
        groups: &[GroupId],
    ) -> Result<Vec<(GroupId, UserId)>, StoreError> {
        let rows = sqlx::query!(
            "SELECT group_id, user_id
             FROM group_members
             WHERE organization_id = $1 AND group_id = ANY ($2)
             ORDER BY group_id, user_id",
            organization.uuid(),
            &ids(groups.iter().map(|group| group.uuid())),
        )
        .fetch_all(&self.ready)
        .await
        .store()?;
        let members = rows.into_iter();
        Ok(members
            .map(|row| (GroupId::new(row.group_id), UserId::new(row.user_id)))
            .collect())
    }

    async fn missing_users(&self, organization: OrganizationId, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let missing = sqlx::query_scalar!(
            r#"SELECT wanted.id AS "id!"
               FROM unnest($2::uuid[]) AS wanted (id)
               WHERE NOT EXISTS (
                   SELECT FROM users u
                   WHERE u.organization_id = $1 AND u.id = wanted.id AND u.deleted_at IS NULL
               )
               ORDER BY wanted.id"#,
            organization.uuid(),
            &ids(users.iter().map(|user| user.uuid())),
        )
        .fetch_all(&self.ready)
        .await
        .store()?;
        Ok(missing.into_iter().map(UserId::new).collect())
    }

    async fn ties(
        &self,
        organization: OrganizationId,
        groups: &[GroupId],
    ) -> Result<Vec<(GroupId, ConnectionId)>, StoreError> {
        let rows = sqlx::query!(
            "SELECT group_id, connection_id
             FROM group_connections
             WHERE organization_id = $1 AND group_id = ANY ($2)
             ORDER BY group_id, connection_id",
            organization.uuid(),
            &ids(groups.iter().map(|group| group.uuid())),
        )
        .fetch_all(&self.ready)
        .await
        .store()?;
        let ties = rows.into_iter();
        Ok(ties
            .map(|row| (GroupId::new(row.group_id), ConnectionId::new(row.connection_id)))
            .collect())
    }

    async fn tie(
        &self,
        organization: OrganizationId,
        group: GroupId,
        connection: ConnectionId,
        is_tied: bool,
        change: &ChangeRecord,
    ) -> Result<(), StoreError> {
        for _ in 0..ROUNDS {
            match self
                .try_to_tie(organization, group, connection, is_tied, change)
                .await?
            {
                Tying::Done { is_due } => {
                    if is_due {
                        self.signal.made_due();
                    }
                    return Ok(());
                }
                Tying::Overtaken => {}
            }
        }
        Err(StoreError::Unavailable(
            "who is in the group is changed all the time".into(),
        ))
    }
}
