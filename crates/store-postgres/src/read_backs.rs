//! When accounts are read back, after their connection's options have changed.

use std::time::Duration;

use roster_application::ports::StoreError;
use roster_domain::{Connection, ReadBacks};
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;

use crate::error::IntoStoreError;

/// Sets the times of read-backs as the connection's new options demand. The connections must be locked, so that nobody gets
/// an account meanwhile; accounts are locked from here on, so that nobody claims one meanwhile.
pub(crate) async fn set_read_backs(
    transaction: &mut PgConnection,
    connection: &Connection,
    read_backs: ReadBacks,
) -> Result<(), StoreError> {
    match read_backs {
        ReadBacks::Kept => Ok(()),
        ReadBacks::Within(interval) => spread(transaction, connection, interval).await,
        ReadBacks::Ended => end(transaction, connection).await,
    }
}

async fn spread(transaction: &mut PgConnection, connection: &Connection, interval: Duration) -> Result<(), StoreError> {
    let within = PgInterval::try_from(interval).map_err(StoreError::Internal)?;
    sqlx::query!(
        "WITH held AS (
             SELECT organization_id, user_id, connection_id,
                 applied_version >= desired_version AND vendor_user_id IS NOT NULL AND removed_at IS NULL
                     AND attention_cause IS NULL AND lease_until IS NULL AS is_settled,
                 next_attempt_at
             FROM accounts
             WHERE organization_id = $1 AND connection_id = $2
             -- In the order in which everybody locks accounts, so that nobody waits in a circle.
             ORDER BY organization_id, user_id, connection_id
             FOR UPDATE
         ),
         placed AS (
             SELECT
                 user_id, row_number() OVER (ORDER BY user_id) - 1 AS place, count(*) OVER () AS places
             FROM held
             WHERE is_settled AND (next_attempt_at IS NULL OR next_attempt_at > $3::timestamptz + $4::interval)
         )
         UPDATE accounts a SET
             next_attempt_at = CASE
                 WHEN placed.place IS NULL THEN a.next_attempt_at
                 ELSE $3::timestamptz + $4::interval * (placed.place::float8 / placed.places)
             END,
             -- Whoever has claimed it, or is about to, may have seen the connection as it was.
             read_back_wanted = NOT held.is_settled
         FROM held LEFT JOIN placed USING (user_id)
         WHERE a.organization_id = held.organization_id
           AND a.user_id = held.user_id
           AND a.connection_id = held.connection_id
           AND (placed.place IS NOT NULL OR NOT held.is_settled)",
        connection.organization_id.uuid(),
        connection.id.uuid(),
        connection.updated_at,
        within,
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}

/// Those that are claimed keep their time: whoever has them sets another. They are claimed once more then, and nobody looks.
async fn end(transaction: &mut PgConnection, connection: &Connection) -> Result<(), StoreError> {
    sqlx::query!(
        "WITH held AS (
             SELECT organization_id, user_id, connection_id FROM accounts
             WHERE organization_id = $1 AND connection_id = $2
               AND applied_version >= desired_version AND attention_cause IS NULL AND removed_at IS NULL
               -- What was sent and not heard of has to be looked up, read-back or not.
               AND intent IS NULL AND lease_until IS NULL
               AND (next_attempt_at IS NOT NULL OR drift_since IS NOT NULL)
             -- In the order in which everybody locks accounts, so that nobody waits in a circle.
             ORDER BY organization_id, user_id, connection_id
             FOR UPDATE
         )
         UPDATE accounts a SET
             next_attempt_at = NULL, attempts = 0, last_error = NULL, drift_message = NULL, drift_since = NULL
         FROM held
         WHERE a.organization_id = held.organization_id
           AND a.user_id = held.user_id
           AND a.connection_id = held.connection_id",
        connection.organization_id.uuid(),
        connection.id.uuid(),
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}
