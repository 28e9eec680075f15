//! Look-ups that come while another is under way.

use std::sync::Arc;
use std::time::Duration;

use roster_application::ports::StoreError;
use sqlx::SqliteConnection;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::given::{PATIENCE, Table};
use crate::crowd::{Awaited, Lookups, Matches};
use crate::error::IntoStoreError;
use crate::rows::Place;

/// The even numbers among those asked for, with how many were asked for at once. The number 4 cannot be read.
fn find<'c>(keys: &'c [i64], reader: &'c mut SqliteConnection) -> Awaited<'c, Matches<i64, usize>> {
    Box::pin(async move {
        let asked = serde_json::to_string(keys).unwrap();
        let found: Vec<i64> = sqlx::query_scalar("SELECT value FROM json_each(?1) WHERE value % 2 = 0")
            .bind(asked)
            .fetch_all(&mut *reader)
            .await
            .store()?;
        tokio::time::sleep(Duration::from_millis(50)).await;
        if keys.contains(&666) {
            return Err(StoreError::Internal("it cannot be asked for".into()));
        }
        let value = |n: i64| match n {
            4 => Err(Place::new("numbers", n).corrupt("n", "must not be 4")),
            _ => Ok(keys.len()),
        };
        Ok(found.into_iter().map(|n| (n, value(n))).collect())
    })
}

fn lookups(table: &Table) -> Arc<Lookups<i64, usize>> {
    Arc::new(Lookups::new(table.file(), find))
}

#[tokio::test]
async fn whoever_comes_meanwhile_is_looked_up_together_and_hears_of_its_own_key() {
    let table = Table::fresh().await;
    let lookups = lookups(&table);

    let alone = async { lookups.get(2).await.unwrap() };
    let together = async {
        table.comes().await;
        tokio::join!(
            lookups.get(6),
            lookups.get(6),
            lookups.get(7),
            lookups.get(4),
            lookups.get(8)
        )
    };
    let (alone, (six, again, seven, four, eight)) = tokio::join!(alone, together);

    assert_eq!(alone, Some(1), "nobody waits for company");
    assert_eq!(
        (six.unwrap(), again.unwrap(), eight.unwrap()),
        (Some(4), Some(4), Some(4))
    );
    assert_eq!(seven.unwrap(), None);
    assert!(matches!(four, Err(StoreError::Corrupt { .. })), "{four:?}");
}

#[tokio::test]
async fn a_statement_that_fails_fails_those_in_it_and_nobody_after() {
    let table = Table::fresh().await;
    let lookups = lookups(&table);

    let first = async { lookups.get(2).await };
    let together = async {
        table.comes().await;
        tokio::join!(lookups.get(666), lookups.get(6))
    };
    let (first, (failed, beside)) = tokio::join!(first, together);

    first.unwrap();
    assert!(matches!(failed, Err(StoreError::Internal(_))), "{failed:?}");
    assert!(matches!(beside, Err(StoreError::Internal(_))), "{beside:?}");
    assert_eq!(lookups.get(6).await.unwrap(), Some(1));
}

#[tokio::test]
async fn whoever_leaves_keeps_nobody_waiting() {
    let table = Table::fresh().await;
    let lookups = lookups(&table);
    let mut all = JoinSet::new();
    let mut leaving = Vec::new();
    for n in 0..400_i64 {
        let lookups = Arc::clone(&lookups);
        let handle = all.spawn(async move { (n, lookups.get(1_000 + 2 * n).await) });
        if n % 3 == 0 {
            leaving.push(handle);
        }
    }
    table.comes().await;

    for handle in &leaving {
        handle.abort();
    }

    let mut answered = 0;
    while let Some(joined) = timeout(PATIENCE, all.join_next()).await.unwrap() {
        if let Ok((n, found)) = joined {
            assert!(found.unwrap().is_some(), "{n}");
            answered += 1;
        }
    }
    assert!(answered >= 400 - leaving.len(), "{answered} were answered");
    assert_eq!(lookups.get(2).await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_closed_connection_is_unavailable_and_whoever_waited_is_answered() {
    let table = Table::fresh().await;
    let lookups = lookups(&table);

    let waited = async { tokio::join!(lookups.get(2), lookups.get(6)) };
    let closed = async {
        table.comes().await;
        lookups.close().await;
        lookups.get(2).await
    };
    let ((first, second), late) = tokio::join!(waited, closed);

    assert_eq!((first.unwrap(), second.unwrap()), (Some(1), Some(1)));
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
}
