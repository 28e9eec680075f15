//! Accounts, as people look at them.

use async_trait::async_trait;
use roster_application::ports::{AccountQuery, AccountStore, StoreError};
use roster_domain::{Account, AccountStatus, ConnectionId, OrganizationId, Timestamp, UserId};
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::IntoStoreError;
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
        .fetch_all(&self.pool)
        .await
        .store()?
        .into_iter()
        .map(Account::try_from)
        .collect()
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
                   WHEN c.paused_at IS NOT NULL THEN 'paused'
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
        .fetch_all(&self.pool)
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
        .fetch_optional(&self.pool)
        .await
        .store()?;
        if let Some(row) = retried {
            self.signal.made_due();
            return Account::try_from(row).map(Some);
        }
        columns_of_accounts!(
            "SELECT" COLUMNS
            "FROM accounts a
             JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
             WHERE a.organization_id = $1 AND a.user_id = $2 AND a.connection_id = $3",
            organization.uuid(),
            user.uuid(),
            connection.uuid(),
        )
        .fetch_optional(&self.pool)
        .await
        .store()?
        .map(Account::try_from)
        .transpose()
    }
}
