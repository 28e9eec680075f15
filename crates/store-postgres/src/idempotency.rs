//! Requests with an `Idempotency-Key`.

use async_trait::async_trait;
use roster_application::ports::{Begun, IdempotencyKey, IdempotencyStore, Sealed, StoreError};
use roster_domain::Timestamp;
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::IntoStoreError;

#[async_trait]
impl IdempotencyStore for PostgresStore {
    async fn begin(
        &self,
        key: &IdempotencyKey,
        id: Uuid,
        now: Timestamp,
        silent_before: Timestamp,
    ) -> Result<Begun, StoreError> {
        loop {
            let begun = sqlx::query!(
                "INSERT INTO idempotency_keys AS k (organization_id, key, fingerprint, id, begun_at)
                 VALUES ($1, $2, $3, $4, $5)
                 -- Of many who find a request that fell silent, the first moves its time, and the others find that.
                 ON CONFLICT (organization_id, key) DO UPDATE
                 SET begun_at = excluded.begun_at, begun_times = k.begun_times + 1
                 WHERE k.fingerprint = excluded.fingerprint AND k.answer IS NULL AND k.begun_at < $6
                 RETURNING id, begun_times",
                key.organization_id.uuid(),
                key.key,
                key.fingerprint.as_slice(),
                id,
                now,
                silent_before,
            )
            .fetch_optional(&self.ready)
            .await
            .store()?;
            if let Some(begun) = begun {
                return Ok(if begun.begun_times == 1 {
                    Begun::Now(begun.id)
                } else {
                    Begun::Resumed(begun.id)
                });
            }
            let standing = sqlx::query!(
                "SELECT fingerprint, answer FROM idempotency_keys WHERE organization_id = $1 AND key = $2",
                key.organization_id.uuid(),
                key.key,
            )
            .fetch_optional(&self.ready)
            .await
            .store()?;
            // Where there is nothing, it was abandoned in between, and the key is free again.
            if let Some(standing) = standing {
                return Ok(if standing.fingerprint == key.fingerprint {
                    standing
                        .answer
                        .map_or(Begun::InProgress, |answer| Begun::Answered(Sealed::new(answer)))
                } else {
                    Begun::Mismatch
                });
            }
        }
    }

    async fn answer(&self, key: &IdempotencyKey, answer: &Sealed, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE idempotency_keys SET answer = $4, answered_at = $5
             WHERE organization_id = $1 AND key = $2 AND fingerprint = $3
               -- The first answer stands: somebody may have read it.
               AND answer IS NULL",
            key.organization_id.uuid(),
            key.key,
            key.fingerprint.as_slice(),
            answer.as_bytes(),
            now,
        )
        .execute(&self.ready)
        .await
        .store()?;
        Ok(())
    }

    async fn abandon(&self, key: &IdempotencyKey) -> Result<(), StoreError> {
        sqlx::query!(
            "DELETE FROM idempotency_keys
             WHERE organization_id = $1 AND key = $2 AND fingerprint = $3 AND answer IS NULL",
            key.organization_id.uuid(),
            key.key,
            key.fingerprint.as_slice(),
        )
        .execute(&self.ready)
        .await
        .store()?;
        Ok(())
    }

    async fn purge_idempotency_keys(&self, begun_before: Timestamp) -> Result<u64, StoreError> {
        let purged = sqlx::query!("DELETE FROM idempotency_keys WHERE begun_at < $1", begun_before)
            .execute(&self.ready)
            .await
            .store()?;
        Ok(purged.rows_affected())
    }
}
