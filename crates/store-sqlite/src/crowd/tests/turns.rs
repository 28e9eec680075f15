//! Who is written when, and who hears of it when.

use std::sync::Arc;
use std::time::Duration;

use roster_application::ports::StoreError;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::given::{PATIENCE, Table, insert};
use crate::crowd::{Conduct, Written};
use crate::error::IntoStoreError;

#[tokio::test]
async fn whoever_waits_is_written_in_the_order_of_coming() {
    let table = Table::fresh().await;
    let held = table.hold().await;
    let first = table.insert(1).await;
    let update = |from: i64, to: i64| {
        table.write(Conduct::Statement, (from, to), |(from, to), writer| {
            Box::pin(async move {
                let update = sqlx::query("UPDATE numbers SET n = ?2 WHERE n = ?1")
                    .bind(from)
                    .bind(to);
                let updated = update.execute(writer).await.store()?;
                Ok(Written::quietly(updated.rows_affected()))
            })
        })
    };
    let second = update(1, 2);
    table.comes().await;
    let third = update(2, 3);
    table.comes().await;

    held.let_go().await;

    first.await.unwrap().unwrap();
    assert_eq!((second.await.unwrap().unwrap(), third.await.unwrap().unwrap()), (1, 1));
    assert_eq!(table.numbers().await, [3]);
}

#[tokio::test]
async fn nobody_hears_of_a_write_before_it_is_committed() {
    let table = Table::fresh().await;
    let held = table.hold().await;
    let first = table.insert(1).await;
    let (begun, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let data = (Arc::clone(&begun), Arc::clone(&gate));
    let second = table.write(Conduct::RefusedFirst, data, |(begun, gate), writer| {
        Box::pin(async move {
            begun.add_permits(1);
            let _open = gate.acquire().await;
            insert(writer, 2).await?;
            Ok(Written {
                answer: (),
                makes_due: true,
            })
        })
    });
    table.comes().await;

    held.let_go().await;
    let _second_begun = begun.acquire().await.unwrap();

    table.comes().await;
    assert!(!first.is_finished(), "the first is done, and not committed");
    assert_eq!(table.numbers().await, [0; 0]);
    let woken = table.writes.woken().notified();
    gate.add_permits(1);
    timeout(PATIENCE, woken).await.unwrap();
    assert_eq!(table.numbers().await, [1, 2], "workers are woken after the commit");
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
}

#[tokio::test]
async fn whoever_leaves_before_the_turn_is_not_written() {
    let table = Table::fresh().await;
    let held = table.hold().await;
    let stays = table.insert(1).await;
    let leaves = table.insert(2).await;

    leaves.abort();
    leaves.await.unwrap_err();
    held.let_go().await;

    stays.await.unwrap().unwrap();
    assert_eq!(table.numbers().await, [1]);
}

#[tokio::test]
async fn whoever_leaves_during_the_turn_keeps_nobody_waiting() {
    let table = Table::fresh().await;
    let held = table.hold().await;
    let (begun, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let data = (Arc::clone(&begun), Arc::clone(&gate));
    let leaves = table.write(Conduct::RefusedFirst, data, |(begun, gate), writer| {
        Box::pin(async move {
            insert(&mut *writer, 1).await?;
            begun.add_permits(1);
            let _open = gate.acquire().await;
            insert(writer, 2).await
        })
    });
    table.comes().await;
    let stays = table.insert(3).await;
    held.let_go().await;
    let _begun = begun.acquire().await.unwrap();

    leaves.abort();
    leaves.await.unwrap_err();
    gate.add_permits(1);

    stays.await.unwrap().unwrap();
    assert_eq!(table.numbers().await, [1, 2, 3], "what was begun is written whole");
}

#[tokio::test]
async fn whoever_waits_too_long_is_told_so_and_is_not_written() {
    let table = Table::with_patience(Duration::from_millis(100)).await;
    let held = table.hold().await;

    let found = table.insert(1).await.await.unwrap();

    assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
    held.let_go().await;
    table.insert(2).await.await.unwrap().unwrap();
    assert_eq!(table.numbers().await, [2]);
}

#[tokio::test]
async fn who_wants_the_connection_alone_gets_it_however_many_write() {
    let table = Table::fresh().await;
    let mut crowd = JoinSet::new();
    for writer in 0..8 {
        let writes = Arc::clone(&table.writes);
        crowd.spawn(async move {
            for n in (writer..).step_by(8) {
                let written = writes.write(Conduct::Statement, n, |n, writer| Box::pin(insert(writer, *n)));
                written.await.unwrap();
            }
        });
    }
    table.comes().await;

    for _ in 0..3 {
        let alone = timeout(PATIENCE, table.writes.begin()).await.unwrap().unwrap();
        alone.commit().await.unwrap();
    }

    assert!(!crowd.is_empty(), "others still write");
}

#[tokio::test]
async fn a_closed_connection_is_unavailable_and_whoever_waited_is_written_first() {
    let table = Table::fresh().await;
    let held = table.hold().await;
    let waiting = table.insert(1).await;
    let closing = tokio::spawn({
        let writes = Arc::clone(&table.writes);
        async move { writes.pool().close().await }
    });
    table.comes().await;
    let late = table.insert(2).await;

    held.let_go().await;
    closing.await.unwrap();

    let late = late.await.unwrap();
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    waiting.await.unwrap().unwrap();
    assert_eq!(table.numbers().await, [1]);
}
