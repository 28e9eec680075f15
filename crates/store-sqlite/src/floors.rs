//! What vendors asked for in `Retry-After`, when it no longer holds.

use roster_application::ports::StoreError;
use roster_domain::{ConnectionId, OrganizationId, Timestamp};
use sqlx::SqliteConnection;

use crate::error::IntoStoreError;

/// Forgets what the vendor asked for: the accounts that wait for it are due at once. Returns how many did.
pub(crate) async fn lift(
    transaction: &mut SqliteConnection,
    organization: OrganizationId,
    connection: ConnectionId,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let lifted = sqlx::query!(
        "UPDATE accounts SET
             retry_floor = NULL,
             next_attempt_at = CASE WHEN next_attempt_at > ?3 THEN ?3 ELSE next_attempt_at END
         WHERE organization_id = ?1 AND connection_id = ?2 AND retry_floor IS NOT NULL",
        organization.uuid(),
        connection.uuid(),
        now.timestamp_micros(),
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(lifted.rows_affected())
}
