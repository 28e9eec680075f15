//! The file that the store keeps.

use roster_application::ports::{AccountQueue, StoreError, UserQuery, UserStore};
use roster_contract::store::{TestDatabase, given};
use roster_store_sqlite::SqliteStore;

use crate::database::Database;

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;

    let database = Database::fresh().await;
    let store = database.store().await;
    given::organization(&store).await;

    let files: Vec<_> = std::fs::read_dir(database.path().parent().unwrap())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(files.len() > 1, "the log stands beside the database");
    for file in files {
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            file.path().display()
        );
    }
}

#[tokio::test]
async fn what_was_written_is_there_when_the_file_is_opened_again() {
    let database = Database::fresh().await;
    let store = database.store().await;
    let organization = given::organization(&store).await;
    let user = given::user(&store, organization, "E-1").await;
    store.close().await;

    let store = database.store().await;
    store.migrate().await.unwrap();

    assert_eq!(store.users(organization, &UserQuery::first(9)).await.unwrap(), [user]);
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let database = Database::fresh().await;
    let store = database.store().await;
    store.ping().await.unwrap();

    store.close().await;

    let found = store.ping().await;
    assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
    let due = store.next_due(given::WORKER, &[]).await;
    assert!(matches!(due, Err(StoreError::Unavailable(_))), "{due:?}");
}

#[tokio::test]
async fn a_file_that_cannot_be_made_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();

    let opened = SqliteStore::connect(&format!("sqlite://{}/absent/roster.db", folder.path().display())).await;

    assert!(matches!(opened, Err(StoreError::Unavailable(_))), "{opened:?}");
}

#[tokio::test]
async fn a_database_in_memory_is_refused() {
    for url in ["sqlite::memory:", "sqlite://roster.db?mode=memory"] {
        let opened = SqliteStore::connect(url).await;

        assert!(matches!(opened, Err(StoreError::Internal(_))), "{opened:?}");
    }
}

#[tokio::test]
async fn a_database_that_another_process_keeps_locked_is_unavailable_after_a_while() {
    let database = Database::fresh().await;
    let store = database.store().await;
    let organization = given::organization(&store).await;
    let other = sqlx::SqlitePool::connect(&database.url()).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();

    let user = given::new_user(organization, &given::external_id("E-1"));
    let created = given::create(&store, &user, None).await;

    assert!(matches!(created, Err(StoreError::Unavailable(_))), "{created:?}");
    lock.rollback().await.unwrap();
    given::user(&store, organization, "E-1").await;
}
