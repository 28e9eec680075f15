//! Ties of groups to connections.

use roster_application::ports::{ChangeRecord, StoreError};
use roster_domain::{ConnectionId, GroupId, OrganizationId};
use sqlx::PgConnection;

use super::assignment::{hold, reassign};
use super::members::members_at;
use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::locks;

/// What came of an attempt.
pub(super) enum Tying {
    /// It stands as it was asked for.
    Done {
        /// Whether accounts were made due.
        is_due: bool,
    },
    /// Somebody came into the group, or went, before all of its members were locked. Nothing was done.
    Overtaken,
}

impl PostgresStore {
    /// Ties a group to a connection, or undoes it, unless its members change meanwhile.
    pub(super) async fn try_to_tie(
        &self,
        organization: OrganizationId,
        group: GroupId,
        connection: ConnectionId,
        is_tied: bool,
        change: &ChangeRecord,
    ) -> Result<Tying, StoreError> {
        let mut transaction = self.pool.begin().await.store()?;
        let version = sqlx::query_scalar!(
            "SELECT version FROM groups WHERE organization_id = $1 AND id = $2",
            organization.uuid(),
            group.uuid(),
        )
        .fetch_optional(&mut *transaction)
        .await
        .store()?
        .ok_or(StoreError::Reference)?;
        let members = members_at(&mut transaction, organization, group, version).await?;
        locks::users(&mut transaction, organization, &members).await?;
        // Nobody comes or goes from here on, since whoever changes a group holds it.
        let locked = sqlx::query!(
            "SELECT FROM groups WHERE organization_id = $1 AND id = $2 AND version = $3 FOR NO KEY UPDATE",
            organization.uuid(),
            group.uuid(),
            version,
        )
        .fetch_optional(&mut *transaction)
        .await
        .store()?;
        if locked.is_none() {
            return Ok(Tying::Overtaken);
        }
        locks::share_connections(&mut transaction, organization).await?;
        if !is_there(&mut transaction, organization, connection).await? {
            return Err(StoreError::Reference);
        }
        if !set(&mut transaction, organization, group, connection, is_tied).await? {
            return Ok(Tying::Done { is_due: false });
        }
        let connections = [connection.uuid()];
        hold(&mut transaction, organization, &members, &connections).await?;
        let is_due = reassign(&mut transaction, organization, &members, &connections, change).await?;
        transaction.commit().await.store()?;
        Ok(Tying::Done { is_due })
    }
}

/// Whether there is such a connection. The connections must be shared.
async fn is_there(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    connection: ConnectionId,
) -> Result<bool, StoreError> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM connections WHERE organization_id = $1 AND id = $2) AS "is_there!""#,
        organization.uuid(),
        connection.uuid(),
    )
    .fetch_one(transaction)
    .await
    .store()
}

/// Ties, or unties. Returns whether that was not so already.
async fn set(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    group: GroupId,
    connection: ConnectionId,
    is_tied: bool,
) -> Result<bool, StoreError> {
    let changed = if is_tied {
        sqlx::query!(
            "INSERT INTO group_connections (organization_id, group_id, connection_id) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
            organization.uuid(),
            group.uuid(),
            connection.uuid(),
        )
        .execute(transaction)
        .await
        .store()?
    } else {
        sqlx::query!(
            "DELETE FROM group_connections WHERE organization_id = $1 AND group_id = $2 AND connection_id = $3",
            organization.uuid(),
            group.uuid(),
            connection.uuid(),
        )
        .execute(transaction)
        .await
        .store()?
    };
    Ok(changed.rows_affected() > 0)
}
