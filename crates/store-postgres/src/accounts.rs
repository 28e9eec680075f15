//! Accounts, as people look at them.

use async_trait::async_trait;
use roster_application::ports::{AccountQuery, AccountStore, ChangeRecord, StoreError};
use roster_domain::{Account, AccountStatus, ConnectionId, OrganizationId, Timestamp, UserId, VendorUserId};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::groups::{choose, is_grouped};
use crate::history::tell;
use crate::rows::columns_of_accounts;

#[async_trait]
impl AccountStore for PostgresStore {
    async fn accounts_of_user(&self, organization: OrganizationId, user: UserId) -> Result<Vec<Account>, StoreError> {
        columns_of_accounts!(
            "SELECT" COLUMNS
            "FROM accounts a
             JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
             WHERE a.organization_id = $1 AND a.user_id = $2
             ORDER BY a.connection_id",
            organization.uuid(),
            user.uuid(),
        )
        .fetch_all(&self.ready)
        .await
        .store()?
        .into_iter()
        .map(Account::try_from)
        .collect()
    }

    async fn account_of_vendor_user(
        &self,
        organization: OrganizationId,
        connection: ConnectionId,
        id: &VendorUserId,
    ) -> Result<Option<Account>, StoreError> {
        let present = columns_of_accounts!(
            "SELECT" COLUMNS
            "FROM accounts a
             JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
             WHERE a.organization_id = $1 AND a.connection_id = $2 AND a.vendor_user_id = $3
               AND a.removed_at IS NULL",
            organization.uuid(),
            connection.uuid(),
            id.as_str(),
        )
        .fetch_optional(&self.ready)
        .await
        .store()?;
        let found = match present {
            Some(present) => Some(present),
            None => columns_of_accounts!(
                "SELECT" COLUMNS
                "FROM accounts a
             JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
             WHERE a.organization_id = $1 AND a.connection_id = $2 AND a.vendor_user_id = $3
               AND a.removed_at IS NOT NULL
             ORDER BY a.removed_at DESC
             LIMIT 1",
                organization.uuid(),
                connection.uuid(),
                id.as_str(),
            )
            .fetch_optional(&self.ready)
            .await
            .store()?,
        };
        found.map(Account::try_from).transpose()
    }

    async fn accounts(&self, organization: OrganizationId, query: &AccountQuery) -> Result<Vec<Account>, StoreError> {
        columns_of_accounts!(
            "SELECT" COLUMNS
            "FROM accounts a
             JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
             WHERE a.organization_id = $1
               AND (a.user_id, a.connection_id) > ($2, $3)
               AND ($4::uuid IS NULL OR a.connection_id = $4)
               -- The same cases in the same order as `Account::status` has them.
               AND ($5::text IS NULL OR $5 = CASE
                   WHEN a.removed_at IS NOT NULL AND a.applied_version >= a.desired_version THEN 'removed'
                   WHEN a.attention_cause IS NOT NULL THEN 'needs_attention'
                   WHEN a.applied_version >= a.desired_version THEN 'in_sync'
                   WHEN c.paused_at IS NOT NULL OR a.held_since IS NOT NULL THEN 'paused'
                   WHEN a.attempts > 0 THEN 'retrying'
                   ELSE 'pending'
               END)
             ORDER BY a.user_id, a.connection_id
             LIMIT $6",
            organization.uuid(),
            // Nobody has the least UUID, and a bound that is always there is one that the index serves.
            query.after.map_or(Uuid::nil(), |after| after.user_id.uuid()),
            query.after.map_or(Uuid::nil(), |after| after.connection_id.uuid()),
            query.connection_id.map(ConnectionId::uuid),
            query.status.map(AccountStatus::name),
            i64::from(query.limit),
        )
        .fetch_all(&self.ready)
        .await
        .store()?
        .into_iter()
        .map(Account::try_from)
        .collect()
    }

    async fn retry_account(
        &self,
        organization: OrganizationId,
        user: UserId,
        connection: ConnectionId,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let retried = columns_of_accounts!(
            "UPDATE accounts a SET
                 next_attempt_at = greatest($4, a.retry_floor), attempts = 0, last_error = NULL,
                 attention_cause = NULL, attention_message = NULL, attention_remedy = NULL, attention_since = NULL,
                 updated_at = $4
             FROM connections c
             WHERE a.organization_id = $1 AND a.user_id = $2 AND a.connection_id = $3
               AND a.applied_version < a.desired_version
               AND c.organization_id = a.organization_id AND c.id = a.connection_id
             RETURNING" COLUMNS "",
            organization.uuid(),
            user.uuid(),
            connection.uuid(),
            now,
        )
        .fetch_optional(&self.ready)
        .await
        .store()?;
        if let Some(row) = retried {
            self.signal.made_due();
            return Account::try_from(row).map(Some);
        }
        account(&self.ready, organization, user, connection).await
    }

    async fn assign(
        &self,
        organization: OrganizationId,
        user: UserId,
        connection: ConnectionId,
        is_assigned: bool,
        change: &ChangeRecord,
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.pool.begin().await.store()?;
        // Users, then connections, then accounts: everybody locks them in this order.
        let wanted = sqlx::query!(
            "SELECT version, active FROM users
             WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL
             FOR NO KEY UPDATE",
            organization.uuid(),
            user.uuid(),
        )
        .fetch_optional(&mut *transaction)
        .await
        .store()?;
        let Some(wanted) = wanted else { return Ok(None) };
        sqlx::query!("SELECT share_connections($1)", organization.uuid())
            .execute(&mut *transaction)
            .await
            .store()?;
        // A statement of its own, because it sees what was committed before the lock was had.
        let takes_all = sqlx::query_scalar!(
            "SELECT takes_all FROM connections WHERE organization_id = $1 AND id = $2",
            organization.uuid(),
            connection.uuid(),
        )
        .fetch_optional(&mut *transaction)
        .await
        .store()?;
        let Some(takes_all) = takes_all else { return Ok(None) };
        unlink(&mut transaction, organization, connection, Some(user)).await?;
        let assigned = sqlx::query!(
            "INSERT INTO accounts AS a (
                 organization_id, user_id, connection_id, desired_version, desired_active, is_assigned,
                 next_attempt_at, updated_at
             )
             VALUES ($1, $2, $3, $4, $7, $5, $6, $6)
             ON CONFLICT (organization_id, user_id, connection_id) DO UPDATE SET
                 is_assigned = excluded.is_assigned,
                 -- The version is the same, yet the vendor has not what it should have.
                 applied_version = least(a.applied_version, a.desired_version - 1),
                 next_attempt_at = greatest(excluded.next_attempt_at, a.retry_floor),
                 attempts = 0, last_error = NULL, attention_cause = NULL, attention_message = NULL,
                 attention_remedy = NULL, attention_since = NULL, held_since = NULL, cleared_version = NULL,
                 removed_at = NULL, updated_at = excluded.updated_at
             WHERE a.is_assigned <> excluded.is_assigned",
            organization.uuid(),
            user.uuid(),
            connection.uuid(),
            wanted.version,
            // Nobody is taken off where all are taken, or where a group is to be.
            is_assigned || takes_all || is_grouped(&mut transaction, organization, user, connection).await?,
            change.at,
            wanted.active,
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        let has_changed = assigned.rows_affected() > 0;
        if !takes_all {
            choose(&mut transaction, organization, user, connection, is_assigned).await?;
        }
        if has_changed {
            tell(&mut transaction, organization, user, change).await?;
        }
        let account = account(&mut *transaction, organization, user, connection).await?;
        transaction.commit().await.store()?;
        if has_changed {
            self.signal.made_due();
        }
        Ok(account)
    }
}

async fn account(
    executor: impl PgExecutor<'_>,
    organization: OrganizationId,
    user: UserId,
    connection: ConnectionId,
) -> Result<Option<Account>, StoreError> {
    columns_of_accounts!(
        "SELECT" COLUMNS
        "FROM accounts a
         JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
         WHERE a.organization_id = $1 AND a.user_id = $2 AND a.connection_id = $3",
        organization.uuid(),
        user.uuid(),
        connection.uuid(),
    )
    .fetch_optional(executor)
    .await
    .store()?
    .map(Account::try_from)
    .transpose()
}

/// Forgets the vendor's ids of users who were gone from the vendor and are about to be assigned anew, where the vendor's
/// user has become somebody else's meanwhile: what is sent to it would be said of the wrong person.
pub(crate) async fn unlink(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    connection: ConnectionId,
    user: Option<UserId>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE accounts a SET vendor_user_id = NULL, is_missing = false, vendor_active = NULL, applied_version = 0
         WHERE a.organization_id = $1 AND a.connection_id = $2 AND a.user_id BETWEEN $3 AND $4
           AND a.removed_at IS NOT NULL AND NOT a.is_assigned
           AND EXISTS (
               SELECT FROM accounts other
               WHERE other.organization_id = a.organization_id AND other.connection_id = a.connection_id
                 AND other.vendor_user_id = a.vendor_user_id AND other.removed_at IS NULL
           )",
        organization.uuid(),
        connection.uuid(),
        // A range is one that the index serves, be it of one user or of all.
        user.map_or(Uuid::nil(), UserId::uuid),
        user.map_or(Uuid::max(), UserId::uuid),
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}
