//! One write that fails among others that do not.

use roster_application::ports::StoreError;
use rstest::rstest;
use sqlx::SqliteConnection;

use super::given::{Run, Table, insert};
use crate::crowd::{Awaited, Conduct, Written};
use crate::error::IntoStoreError;

type Done<'c> = Awaited<'c, Result<Written<()>, StoreError>>;

fn refused_at_once<'c>((): &'c (), _: &'c mut SqliteConnection) -> Done<'c> {
    Box::pin(async { Err(StoreError::Stale) })
}

fn refused_in_the_middle<'c>((): &'c (), writer: &'c mut SqliteConnection) -> Done<'c> {
    Box::pin(async {
        insert(writer, 50).await?;
        Err(StoreError::Reference)
    })
}

fn broken_in_the_middle<'c>((): &'c (), writer: &'c mut SqliteConnection) -> Done<'c> {
    Box::pin(async {
        insert(&mut *writer, 50).await?;
        sqlx::query("INSERT INTO nowhere VALUES (1)")
            .execute(writer)
            .await
            .store()?;
        Ok(Written::quietly(()))
    })
}

fn panicking_in_the_middle<'c>((): &'c (), writer: &'c mut SqliteConnection) -> Done<'c> {
    Box::pin(async {
        insert(writer, 50).await?;
        panic!("a bug")
    })
}

/// Fails as late as can be: with the commit.
fn refused_by_the_commit<'c>((): &'c (), writer: &'c mut SqliteConnection) -> Done<'c> {
    Box::pin(async {
        sqlx::raw_sql("PRAGMA defer_foreign_keys = ON; INSERT INTO numbers (n, of) VALUES (50, 999)")
            .execute(writer)
            .await
            .store()?;
        Ok(Written::quietly(()))
    })
}

#[rstest]
#[case::refused_at_once(Conduct::RefusedFirst, refused_at_once, "Stale")]
#[case::refused_in_the_middle(Conduct::Steps, refused_in_the_middle, "Reference")]
#[case::broken_in_the_middle(Conduct::RefusedFirst, broken_in_the_middle, "Internal")]
#[case::broken_in_the_middle_of_steps(Conduct::Steps, broken_in_the_middle, "Internal")]
#[case::panicking_in_the_middle(Conduct::RefusedFirst, panicking_in_the_middle, "Internal")]
#[case::panicking_in_the_middle_of_steps(Conduct::Steps, panicking_in_the_middle, "Internal")]
#[case::refused_by_the_commit(Conduct::RefusedFirst, refused_by_the_commit, "Internal")]
#[tokio::test]
async fn a_write_that_fails_leaves_nothing_and_fails_alone(
    #[case] conduct: Conduct,
    #[case] run: Run<(), ()>,
    #[case] expected: &str,
) {
    let table = Table::fresh().await;
    let held = table.hold().await;
    let before = table.insert(1).await;
    let failing = table.write(conduct, (), run);
    table.comes().await;
    let behind = table.insert(2).await;
    held.let_go().await;

    let failed = failing.await.unwrap().unwrap_err();

    assert!(format!("{failed:?}").starts_with(expected), "{failed:?}");
    before.await.unwrap().unwrap();
    behind.await.unwrap().unwrap();
    assert_eq!(table.numbers().await, [1, 2]);
    table.insert(3).await.await.unwrap().unwrap();
    assert_eq!(table.numbers().await, [1, 2, 3], "the connection is as before");
}

#[rstest]
#[case::refused_in_the_middle(Conduct::Steps, refused_in_the_middle)]
#[case::broken_in_the_middle(Conduct::RefusedFirst, broken_in_the_middle)]
#[case::panicking_in_the_middle(Conduct::RefusedFirst, panicking_in_the_middle)]
#[case::refused_by_the_commit(Conduct::RefusedFirst, refused_by_the_commit)]
#[tokio::test]
async fn a_write_that_fails_alone_leaves_nothing(#[case] conduct: Conduct, #[case] run: Run<(), ()>) {
    let table = Table::fresh().await;

    table.write(conduct, (), run).await.unwrap().unwrap_err();

    table.insert(1).await.await.unwrap().unwrap();
    assert_eq!(table.numbers().await, [1]);
}

#[tokio::test]
async fn a_file_that_is_full_is_unavailable_to_whoever_finds_no_room_and_serves_again_once_there_is() {
    let table = Table::fresh().await;
    let room = async |pages: i64| {
        let set = table.write(Conduct::Statement, pages, |pages, writer| {
            Box::pin(async move {
                let pragma = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
                sqlx::raw_sql(pragma).execute(writer).await.store()?;
                Ok(Written::quietly(()))
            })
        });
        set.await.unwrap().unwrap();
    };
    room(8).await;
    let held = table.hold().await;
    let before = table.insert(1).await;
    let large = table.write(Conduct::Statement, (), |(), writer| {
        Box::pin(async move {
            sqlx::query("INSERT INTO numbers (n, padding) VALUES (50, zeroblob(1000000))")
                .execute(writer)
                .await
                .store()?;
            Ok(Written::quietly(()))
        })
    });
    table.comes().await;
    let behind = table.insert(2).await;
    held.let_go().await;

    let found = large.await.unwrap();

    assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
    before.await.unwrap().unwrap();
    let behind = behind.await.unwrap();
    assert!(matches!(behind, Err(StoreError::Unavailable(_))), "{behind:?}");
    assert_eq!(table.numbers().await, [1]);
    room(1_000_000).await;
    table.insert(3).await.await.unwrap().unwrap();
    assert_eq!(table.numbers().await, [1, 3]);
}
