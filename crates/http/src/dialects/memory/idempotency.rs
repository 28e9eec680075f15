//! Requests with an `Idempotency-Key` in memory. None of them ever falls silent.

use async_trait::async_trait;
use roster_application::ports::{Begun, IdempotencyKey, IdempotencyStore, Sealed, StoreError};
use roster_domain::Timestamp;
use uuid::Uuid;

use super::Memory;

/// A request that was begun, and its answer once there is one.
pub(super) type Request = (IdempotencyKey, Option<Sealed>);

fn is_it(begun: &IdempotencyKey, key: &IdempotencyKey) -> bool {
    begun.organization_id == key.organization_id && begun.key == key.key
}

#[async_trait]
impl IdempotencyStore for Memory {
    async fn begin(
        &self,
        key: &IdempotencyKey,
        id: Uuid,
        _now: Timestamp,
        _silent_before: Timestamp,
    ) -> Result<Begun, StoreError> {
        let mut requests = self.requests.lock().unwrap();
        Ok(match requests.iter().find(|(begun, _)| is_it(begun, key)) {
            None => {
                requests.push((key.clone(), None));
                Begun::Now(id)
            }
            Some((begun, _)) if begun != key => Begun::Mismatch,
            Some((_, Some(answer))) => Begun::Answered(answer.clone()),
            Some((_, None)) => Begun::InProgress,
        })
    }

    async fn answer(&self, key: &IdempotencyKey, answer: &Sealed, _now: Timestamp) -> Result<(), StoreError> {
        let mut requests = self.requests.lock().unwrap();
        let begun = requests.iter_mut().find(|(begun, _)| is_it(begun, key));
        begun.unwrap().1 = Some(answer.clone());
        Ok(())
    }

    async fn abandon(&self, key: &IdempotencyKey) -> Result<(), StoreError> {
        let mut requests = self.requests.lock().unwrap();
        requests.retain(|(begun, answer)| !is_it(begun, key) || answer.is_some());
        Ok(())
    }

    async fn purge_idempotency_keys(&self, _begun_before: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}
