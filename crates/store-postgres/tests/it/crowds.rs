//! Crowds on a real server: what holds them up, and what cuts them off.

#![expect(clippy::unwrap_used, reason = "a test without its database fails")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use roster_application::ports::{AccountStore, HistoryStore, StoreError, UserStore};
use roster_contract::store::{TestDatabase, given};
use roster_domain::{OrganizationId, User};
use roster_store_postgres::PostgresStore;
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use crate::database::Database;

/// Longer than any machine is slow, and shorter than the tests' time limit.
const LONG: Duration = Duration::from_secs(20);

type Creations = JoinSet<(User, Result<(), StoreError>)>;

/// So many who create a user each, at once.
fn create(store: &Arc<PostgresStore>, organization: OrganizationId, name: &str, users: u32) -> Creations {
    let mut creations = JoinSet::new();
    for number in 0..users {
        let store = Arc::clone(store);
        let user = given::new_user(organization, &given::external_id(&format!("{name} {number}")));
        creations.spawn(async move {
            let outcome = given::create(&*store, &user, None).await;
            (user, outcome)
        });
    }
    creations
}

async fn all(creations: Creations) -> Vec<(User, Result<(), StoreError>)> {
    tokio::time::timeout(LONG, creations.join_all())
        .await
        .expect("nobody is left waiting")
}

/// Whether a user is there, as it was stored and with all that belongs to it, and not absent, with nothing of it.
async fn is_whole(store: &PostgresStore, user: &User) -> bool {
    let found = store.user(user.organization_id, user.id).await.unwrap();
    let accounts = store.accounts_of_user(user.organization_id, user.id).await.unwrap();
    let history = store.history(user.organization_id, user.id, None, 9).await.unwrap();
    if let Some(found) = found {
        assert_eq!((&found, accounts.len(), history.len()), (user, 1, 1));
        return true;
    }
    assert_eq!((accounts.len(), history.len()), (0, 0));
    false
}

/// Waits until so many of the store's connections wait for a lock.
async fn wait_for_locks(administrator: &mut PgConnection, database: &str, connections: i64) {
    let start = Instant::now();
    loop {
        let waiting: i64 =
            sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'")
                .bind(database)
                .fetch_one(&mut *administrator)
                .await
                .unwrap();
        if waiting >= connections {
            return;
        }
        assert!(start.elapsed() < LONG, "{waiting} connections wait for a lock");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Cuts the connections that wait for a lock. Returns how many.
async fn cut_those_who_wait(administrator: &mut PgConnection, database: &str) -> i64 {
    sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = $1 AND wait_event_type = 'Lock'",
    )
    .bind(database)
    .fetch_one(administrator)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_whose_connections_are_cut_are_answered_and_lose_nothing_that_was_acknowledged() {
    let database = Database::fresh().await;
    let store = Arc::new(database.store().await);
    let organization = given::organization(&*store).await;
    given::connection(&*store, organization).await;
    let mut administrator = database.administrator().await;
    let mut blocker = PgConnection::connect(&database.url()).await.unwrap();
    let name: String = sqlx::query_scalar("SELECT current_database()")
        .fetch_one(&mut blocker)
        .await
        .unwrap();
    let mut lock = blocker.begin().await.unwrap();
    // What a group writes last, so that it has written all else when it is cut off.
    sqlx::query("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();

    let creations = create(&store, organization, "cut", 60);
    // Two went alone, and a group after them.
    wait_for_locks(&mut administrator, &name, 3).await;
    let cut = cut_those_who_wait(&mut administrator, &name).await;
    let others = create(&store, organization, "left", 40);
    lock.rollback().await.unwrap();
    let outcomes = all(creations).await;

    let (mut stored, mut refused) = (0, 0);
    for (user, outcome) in outcomes {
        match outcome {
            Ok(()) => {
                assert!(is_whole(&store, &user).await, "it was acknowledged");
                stored += 1;
            }
            Err(StoreError::Unavailable(_)) => {
                assert!(!is_whole(&store, &user).await, "it was cut before it ended");
                refused += 1;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(
        cut >= 3 && refused > cut,
        "a whole group of the {refused} was cut, and not only {cut} alone"
    );
    assert_eq!(stored + refused, 60);
    for (user, outcome) in all(others).await {
        outcome.unwrap();
        assert!(is_whole(&store, &user).await);
    }
    blocker.close().await.unwrap();
    database.discard().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_whose_connections_are_held_keeps_no_other_one_waiting() {
    let database = Database::fresh().await;
    let store = Arc::new(database.store().await);
    let (held, free) = (given::organization(&*store).await, given::organization(&*store).await);
    given::connection(&*store, held).await;
    given::connection(&*store, free).await;
    let mut blocker = PgConnection::connect(&database.url()).await.unwrap();
    let mut lock = blocker.begin().await.unwrap();
    sqlx::query("SELECT lock_connections($1)")
        .bind(held.uuid())
        .execute(&mut *lock)
        .await
        .unwrap();

    let mut waiting = create(&store, held, "held", 4);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let through = all(create(&store, free, "free", 60)).await;

    assert!(through.iter().all(|(_, outcome)| outcome.is_ok()));
    assert!(waiting.try_join_next().is_none(), "they wait for the lock");
    for (user, _) in through {
        assert!(is_whole(&store, &user).await);
    }
    lock.rollback().await.unwrap();
    for (user, outcome) in all(waiting).await {
        outcome.unwrap();
        assert!(is_whole(&store, &user).await);
    }
    blocker.close().await.unwrap();
    database.discard().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_closed_answers_everybody_first() {
    let database = Database::fresh().await;
    let store = Arc::new(database.store().await);
    let organization = given::organization(&*store).await;
    given::connection(&*store, organization).await;

    let creations = create(&store, organization, "last", 100);
    tokio::time::sleep(Duration::from_millis(5)).await;
    tokio::time::timeout(LONG, store.close()).await.expect("it ends");
    let outcomes = all(creations).await;

    let again = database.store().await;
    for (user, outcome) in outcomes {
        match outcome {
            Ok(()) => assert!(is_whole(&again, &user).await),
            Err(error) => {
                assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
                assert!(!is_whole(&again, &user).await, "nothing was asked of the database");
            }
        }
    }
    database.discard().await;
}
