//! Writers of one record who lost a race for it, one after the other.
//!
//! Everybody reads, decides and writes with the version that was read, and whoever was too late does it again. Of many
//! at once only one succeeds in each round, and the others have worked in vain: with each round the database does more for
//! nothing, until some give up. So those who lost once wait for each other, in the order in which they lost, and have the
//! record to themselves but for who comes for the first time, and who comes through another process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};
use uuid::Uuid;

/// How many records are remembered before those are forgotten for which nobody waits any more.
const REMEMBERED: usize = 64;

/// Who waits for which record.
#[derive(Debug, Default)]
pub(crate) struct Rivals(Mutex<HashMap<Uuid, Weak<Turn<()>>>>);

impl Rivals {
    /// Waits until everybody who lost a race for this record earlier is done. It is the next one's turn when what is returned is
    /// dropped. Whoever holds it must not ask for it again.
    pub(crate) async fn turn(&self, record: Uuid) -> OwnedMutexGuard<()> {
        self.queue(record).lock_owned().await
    }

    /// The same for whoever is about to try once more: waits at the first loss, and keeps the turn after that.
    pub(crate) async fn stand_in_line(&self, turn: &mut Option<OwnedMutexGuard<()>>, record: Uuid) {
        if turn.is_none() {
            *turn = Some(self.turn(record).await);
        }
    }

    fn queue(&self, record: Uuid) -> Arc<Turn<()>> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(&record).and_then(Weak::upgrade) {
            return queue;
        }
        if queues.len() >= REMEMBERED {
            queues.retain(|_, queue| queue.strong_count() > 0);
        }
        let queue = Arc::default();
        queues.insert(record, Arc::downgrade(&queue));
        queue
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const ANN: Uuid = Uuid::from_u128(1);
    const BEA: Uuid = Uuid::from_u128(2);

    #[tokio::test]
    async fn those_who_wait_for_one_record_come_one_after_the_other() {
        let rivals = Arc::new(Rivals::default());
        let order = Arc::new(Mutex::new(Vec::new()));
        let first = rivals.turn(ANN).await;
        let mut waiting = Vec::new();
        for number in 0..5 {
            let (rivals, order) = (Arc::clone(&rivals), Arc::clone(&order));
            waiting.push(tokio::spawn(async move {
                let _turn = rivals.turn(ANN).await;
                order.lock().unwrap().push(number);
            }));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(order.lock().unwrap().is_empty(), "the first has not finished");

        drop(first);
        for task in waiting {
            task.await.unwrap();
        }

        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn nobody_waits_for_another_record() {
        let rivals = Rivals::default();
        let _ann = rivals.turn(ANN).await;

        let soon = Duration::from_millis(20);
        assert!(timeout(soon, rivals.turn(BEA)).await.is_ok());
        assert!(timeout(soon, rivals.turn(ANN)).await.is_err());
    }

    #[tokio::test]
    async fn records_for_which_nobody_waits_are_forgotten() {
        let rivals = Rivals::default();
        for number in 0..10 * REMEMBERED as u128 {
            drop(rivals.turn(Uuid::from_u128(number)).await);
        }

        assert!(rivals.0.lock().unwrap().len() <= REMEMBERED);
    }
}
