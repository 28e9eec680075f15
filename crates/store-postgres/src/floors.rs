//! What vendors asked for in `Retry-After`, when it no longer holds.

use roster_application::ports::StoreError;
use roster_domain::{ConnectionId, OrganizationId, Timestamp};
use sqlx::PgConnection;

use crate::error::IntoStoreError;

/// Forgets what the vendor asked for: the accounts that wait for it are due at once. Returns how many did.
pub(crate) async fn lift(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    connection: ConnectionId,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let lifted = sqlx::query!(
        "WITH held AS (
             SELECT organization_id, user_id, connection_id FROM accounts
             WHERE organization_id = $1 AND connection_id = $2 AND retry_floor IS NOT NULL
             -- In the order in which everybody locks accounts, so that nobody waits in a circle.
             ORDER BY organization_id, user_id, connection_id
             FOR UPDATE
         )
         UPDATE accounts a SET
             retry_floor = NULL,
             next_attempt_at = CASE WHEN a.next_attempt_at > $3 THEN $3 ELSE a.next_attempt_at END
         FROM held
         WHERE a.organization_id = held.organization_id
           AND a.user_id = held.user_id
           AND a.connection_id = held.connection_id",
        organization.uuid(),
        connection.uuid(),
        now,
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(lifted.rows_affected())
}
