//! Groups of users.

use async_trait::async_trait;
use roster_application::directory::stored;
use roster_application::ports::{ChangeRecord, GroupStore, GroupWrite, StoreError, UniqueKey};
use roster_domain::scim::index_group;
use roster_domain::{ConnectionId, ExternalId, Group, GroupId, OrganizationId, UserId, Version};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::SqliteStore;
use crate::error::IntoStoreError;
use crate::rows::GroupRow;

mod assignment;
mod members;

pub(crate) use assignment::{choose, choose_the_rest, is_grouped};
use assignment::{reassign, tied};
use members::{change_members, leave};
pub(crate) use members::{ids, leave_all};

#[async_trait]
impl GroupStore for SqliteStore {
    async fn create_group<'a>(&self, write: GroupWrite<'a>) -> Result<(), StoreError> {
        let group = write.group;
        let mut transaction = self.begin().await?;
        sqlx::query!(
            "INSERT INTO groups (organization_id, id, name, external_id, search, created_at, updated_at, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            group.organization_id.uuid(),
            group.id.uuid(),
            group.name.as_str(),
            group.external_id.as_ref().map(ExternalId::as_str),
            stored::to_json(&index_group(group)).to_string(),
            group.created_at.timestamp_micros(),
            group.updated_at.timestamp_micros(),
            group.version,
        )
        .execute(&mut *transaction)
        .await
        .store_unique_beside_id(UniqueKey::GroupExternalId)?;
        let is_due = change_members(&mut transaction, write).await?;
        transaction.commit().await.store()?;
        if is_due {
            self.made_due();
        }
        Ok(())
    }

    async fn update_group<'a>(&self, write: GroupWrite<'a>, expected: Version) -> Result<(), StoreError> {
        let group = write.group;
        let mut transaction = self.begin().await?;
        let updated = sqlx::query!(
            "UPDATE groups SET name = ?4, external_id = ?5, search = ?6, updated_at = ?7, version = ?8
             WHERE organization_id = ?1 AND id = ?2 AND version = ?3",
            group.organization_id.uuid(),
            group.id.uuid(),
            expected,
            group.name.as_str(),
            group.external_id.as_ref().map(ExternalId::as_str),
            stored::to_json(&index_group(group)).to_string(),
            group.updated_at.timestamp_micros(),
            group.version,
        )
        .execute(&mut *transaction)
        .await
        .store_unique(UniqueKey::GroupExternalId)?;
        if updated.rows_affected() == 0 {
            return Err(StoreError::Stale);
        }
        let is_due = change_members(&mut transaction, write).await?;
        transaction.commit().await.store()?;
        if is_due {
            self.made_due();
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
        let mut transaction = self.begin().await?;
        let connections = tied(&mut transaction, organization, group).await?;
        let members = leave(&mut transaction, organization, group).await?;
        // With its ties, which count no more since nobody is in it.
        let deleted = sqlx::query!(
            "DELETE FROM groups WHERE organization_id = ?1 AND id = ?2 AND version = ?3",
            organization.uuid(),
            group.uuid(),
            expected,
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        if deleted.rows_affected() == 0 {
            return Err(StoreError::Stale);
        }
        members::tell_members(&mut transaction, organization, &members, left).await?;
        let is_due = reassign(&mut transaction, organization, &members, &connections, left).await?;
        transaction.commit().await.store()?;
        if is_due {
            self.made_due();
        }
        Ok(())
    }

    async fn group(&self, organization: OrganizationId, group: GroupId) -> Result<Option<Group>, StoreError> {
        sqlx::query_as!(
            GroupRow,
            r#"SELECT organization_id AS "organization_id: Uuid", id AS "id: Uuid", name, external_id, created_at,
                   updated_at, version
               FROM groups
               WHERE organization_id = ?1 AND id = ?2"#,
            organization.uuid(),
            group.uuid(),
        )
        .fetch_optional(&self.readers)
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
            r#"SELECT group_id AS "group_id: Uuid", user_id AS "user_id: Uuid"
               FROM group_members
               WHERE organization_id = ?1 AND group_id IN (SELECT unhex(value) FROM json_each(?2))
               ORDER BY group_id, user_id"#,
            organization.uuid(),
            ids(groups.iter().map(|group| group.uuid())),
        )
        .fetch_all(&self.readers)
        .await
        .store()?;
        let members = rows.into_iter();
        Ok(members
            .map(|row| (GroupId::new(row.group_id), UserId::new(row.user_id)))
            .collect())
    }

    async fn missing_users(&self, organization: OrganizationId, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let missing = sqlx::query_scalar!(
            r#"SELECT unhex(value) AS "id!: Uuid"
               FROM json_each(?2)
               WHERE NOT EXISTS (
                   SELECT 1 FROM users
                   WHERE organization_id = ?1 AND id = unhex(value) AND deleted_at IS NULL
               )
               ORDER BY value"#,
            organization.uuid(),
            ids(users.iter().map(|user| user.uuid())),
        )
        .fetch_all(&self.readers)
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
            r#"SELECT group_id AS "group_id: Uuid", connection_id AS "connection_id: Uuid"
               FROM group_connections
               WHERE organization_id = ?1 AND group_id IN (SELECT unhex(value) FROM json_each(?2))
               ORDER BY group_id, connection_id"#,
            organization.uuid(),
            ids(groups.iter().map(|group| group.uuid())),
        )
        .fetch_all(&self.readers)
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
        let mut transaction = self.begin().await?;
        if !can_be_tied(&mut transaction, organization, group, connection).await? {
            return Err(StoreError::Reference);
        }
        let changed = if is_tied {
            sqlx::query!(
                "INSERT INTO group_connections (organization_id, group_id, connection_id) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
                organization.uuid(),
                group.uuid(),
                connection.uuid(),
            )
            .execute(&mut *transaction)
            .await
            .store()?
        } else {
            sqlx::query!(
                "DELETE FROM group_connections WHERE organization_id = ?1 AND group_id = ?2 AND connection_id = ?3",
                organization.uuid(),
                group.uuid(),
                connection.uuid(),
            )
            .execute(&mut *transaction)
            .await
            .store()?
        };
        if changed.rows_affected() == 0 {
            return Ok(());
        }
        let members = members::members(&mut transaction, organization, group).await?;
        let is_due = reassign(&mut transaction, organization, &members, &[connection.uuid()], change).await?;
        transaction.commit().await.store()?;
        if is_due {
            self.made_due();
        }
        Ok(())
    }
}

async fn can_be_tied(
    transaction: &mut SqliteConnection,
    organization: OrganizationId,
    group: GroupId,
    connection: ConnectionId,
) -> Result<bool, StoreError> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM groups WHERE organization_id = ?1 AND id = ?2)
              AND EXISTS (SELECT 1 FROM connections WHERE organization_id = ?1 AND id = ?3) AS "can!: bool""#,
        organization.uuid(),
        group.uuid(),
        connection.uuid(),
    )
    .fetch_one(transaction)
    .await
    .store()
}
