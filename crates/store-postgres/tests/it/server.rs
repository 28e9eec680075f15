//! The server and the connections to it.

use std::time::{Duration, Instant};

use roster_application::ports::{AccountQueue, StoreError, UserQuery, UserStore, Wake};
use roster_contract::store::{TestDatabase, given};
use roster_store_postgres::PostgresStore;

use crate::database::Database;

#[tokio::test]
async fn a_store_works_again_after_the_server_cut_its_connections() {
    let database = Database::fresh().await;
    let store = database.store().await;
    let organization = given::organization(&store).await;
    let user = given::user(&store, organization, "E-1").await;
    // Many connections that were all in use a moment ago.
    let query = UserQuery::first(9);
    let users = async || store.users(organization, &query).await.unwrap();
    tokio::join!(users(), users(), users(), users(), users(), users());

    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'roster_test_' || $1 || '%'",
    )
    .bind(std::process::id().to_string())
    .execute(&mut database.administrator().await)
    .await
    .unwrap();

    let mut found = store.users(organization, &query).await;
    for _ in 0..3 {
        let Err(error) = &found else { break };
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        found = store.users(organization, &query).await;
    }
    assert_eq!(found.unwrap(), [user], "not one failure for each connection");
    database.discard().await;
}

#[tokio::test]
async fn a_write_wakes_other_processes() {
    let database = Database::fresh().await;
    let (writer, worker) = (database.store().await, database.store().await);
    let organization = given::organization(&writer).await;
    given::connection(&writer, organization).await;
    quiet(&worker).await;

    let start = Instant::now();
    let ((), user) = tokio::join!(worker.wait(Duration::from_secs(20)), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        given::user(&writer, organization, "E-1").await
    });

    assert!(start.elapsed() < Duration::from_secs(10), "it was woken");
    let claims = given::claims(&worker, given::after(1), given::after(60), 9).await;
    assert_eq!(claims[0].user, user);
    database.discard().await;
}

#[tokio::test]
async fn a_write_wakes_its_own_process_once_although_all_processes_are_told() {
    let database = Database::fresh().await;
    let (store, other) = (database.store().await, database.store().await);
    let organization = given::organization(&store).await;
    given::connection(&store, organization).await;
    quiet(&store).await;
    quiet(&other).await;

    given::user(&store, organization, "E-1").await;
    store.wait(Duration::from_secs(20)).await;

    let start = Instant::now();
    other.wait(Duration::from_secs(20)).await;
    assert!(start.elapsed() < Duration::from_secs(10), "the other one is told");
    assert!(!is_woken(&store).await, "it knew already");
    database.discard().await;
}

/// Waits until nothing of what was done before wakes a process any more.
async fn quiet(store: &PostgresStore) {
    while is_woken(store).await {}
}

/// Whether something wakes a process soon.
async fn is_woken(store: &PostgresStore) -> bool {
    let start = Instant::now();
    store.wait(Duration::from_millis(500)).await;
    start.elapsed() < Duration::from_millis(500)
}

#[tokio::test]
async fn migrations_that_run_at_once_and_again_do_no_harm() {
    let database = Database::fresh().await;
    database
        .tamper("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await;
    let (first, second) = (database.store().await, database.store().await);

    let (one, two) = tokio::join!(first.migrate(), second.migrate());
    one.unwrap();
    two.unwrap();
    first.migrate().await.unwrap();

    given::organization(&second).await;
    database.discard().await;
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let database = Database::fresh().await;
    let store = database.store().await;
    store.ping().await.unwrap();
    store.wait(Duration::from_millis(1)).await;

    store.close().await;

    let pinged = store.ping().await;
    assert!(matches!(pinged, Err(StoreError::Unavailable(_))), "{pinged:?}");
    let due = store.next_due(given::WORKER, &[]).await;
    assert!(matches!(due, Err(StoreError::Unavailable(_))), "{due:?}");
    database.discard().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_and_a_url_that_is_none_is_not() {
    let absent = PostgresStore::connect("postgres://nobody@127.0.0.1:1/nothing").await;
    let unreadable = PostgresStore::connect("postgres://[").await;

    assert!(matches!(absent, Err(StoreError::Unavailable(_))), "{absent:?}");
    assert!(matches!(unreadable, Err(StoreError::Internal(_))), "{unreadable:?}");
}
