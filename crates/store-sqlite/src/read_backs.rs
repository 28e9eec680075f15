//! When accounts are read back, after their connection's options have changed.

use std::time::Duration;

use roster_application::ports::StoreError;
use roster_domain::{Connection, ReadBacks};
use sqlx::SqliteConnection;

use crate::error::IntoStoreError;

/// Sets the times of read-backs as the connection's new options demand.
pub(crate) async fn set_read_backs(
    transaction: &mut SqliteConnection,
    connection: &Connection,
    read_backs: ReadBacks,
) -> Result<(), StoreError> {
    match read_backs {
        ReadBacks::Kept => Ok(()),
        ReadBacks::Within(interval) => {
            spread(transaction, connection, interval).await?;
            tell_claimed(transaction, connection).await
        }
        ReadBacks::Ended => end(transaction, connection).await,
    }
}

async fn spread(
    transaction: &mut SqliteConnection,
    connection: &Connection,
    interval: Duration,
) -> Result<(), StoreError> {
    let within = i64::try_from(interval.as_micros()).unwrap_or(i64::MAX);
    sqlx::query!(
        "UPDATE accounts SET next_attempt_at = ?3 + ?4 * placed.place / placed.places
         FROM (
             SELECT user_id, row_number() OVER (ORDER BY user_id) - 1 AS place, count(*) OVER () AS places
             FROM accounts
             WHERE organization_id = ?1 AND connection_id = ?2
               AND applied_version >= desired_version AND vendor_user_id IS NOT NULL AND removed_at IS NULL
               AND attention_cause IS NULL AND lease_until IS NULL
               AND (next_attempt_at IS NULL OR next_attempt_at > ?3 + ?4)
         ) AS placed
         WHERE accounts.organization_id = ?1 AND accounts.user_id = placed.user_id AND accounts.connection_id = ?2",
        connection.organization_id.uuid(),
        connection.id.uuid(),
        connection.updated_at.timestamp_micros(),
        within,
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}

/// Whoever has claimed an account has seen the connection as it was.
async fn tell_claimed(transaction: &mut SqliteConnection, connection: &Connection) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE accounts SET read_back_wanted = 1
         WHERE organization_id = ?1 AND connection_id = ?2 AND lease_until IS NOT NULL",
        connection.organization_id.uuid(),
        connection.id.uuid(),
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}

/// Those that are claimed keep their time: whoever has them sets another. They are claimed once more then, and nobody looks.
async fn end(transaction: &mut SqliteConnection, connection: &Connection) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE accounts SET
             next_attempt_at = NULL, attempts = 0, last_error = NULL, drift_message = NULL, drift_since = NULL
         WHERE organization_id = ?1 AND connection_id = ?2
           AND applied_version >= desired_version AND attention_cause IS NULL AND removed_at IS NULL
           -- What was sent and not heard of has to be looked up, read-back or not.
           AND intent IS NULL AND lease_until IS NULL
           AND (next_attempt_at IS NOT NULL OR drift_since IS NOT NULL)",
        connection.organization_id.uuid(),
        connection.id.uuid(),
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}
