//! Many who write at once, in one file.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use roster_application::ports::{AccountQueue, AccountStore, StoreError, UniqueKey, UserQuery, UserStore, Wake};
use roster_contract::store::{TestDatabase, given};
use roster_domain::{OrganizationId, UserId};
use roster_store_sqlite::SqliteStore;
use tokio::task::JoinSet;

use crate::database::Database;

/// More than are committed together.
const MANY: usize = 300;

/// Creates users with these external ids, all at once. Returns how each went, in the order of the ids.
async fn create_many(
    store: &Arc<SqliteStore>,
    organization: OrganizationId,
    external_ids: impl IntoIterator<Item = String>,
) -> Vec<(UserId, Result<(), StoreError>)> {
    let mut creations = JoinSet::new();
    for (place, external_id) in external_ids.into_iter().enumerate() {
        let store = Arc::clone(store);
        let user = given::new_user(organization, &given::external_id(&external_id));
        creations.spawn(async move { (place, user.id, given::create(&*store, &user, None).await) });
    }
    let mut went = creations.join_all().await;
    went.sort_by_key(|(place, ..)| *place);
    went.into_iter().map(|(_, id, went)| (id, went)).collect()
}

fn external_ids(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|n| format!("E-{n}"))
}

#[tokio::test]
async fn one_who_conflicts_fails_alone_among_many_who_are_created_at_once() {
    let database = Database::fresh().await;
    let store = Arc::new(database.store().await);
    let organization = given::organization(&*store).await;
    given::connection(&*store, organization).await;
    given::user(&*store, organization, "E-70").await;

    let went = create_many(&store, organization, external_ids(MANY)).await;

    for (n, (id, went)) in went.iter().enumerate() {
        let (expected, accounts) = match n {
            70 => ("Err(Conflict(ExternalId))", 0),
            _ => ("Ok(())", 1),
        };
        assert_eq!(format!("{went:?}"), expected, "E-{n}");
        let found = store.accounts_of_user(organization, *id).await.unwrap();
        assert_eq!(found.len(), accounts, "E-{n}");
    }
    let users = store.users(organization, &UserQuery::first(1_000)).await.unwrap();
    assert_eq!(users.len(), MANY);
}

#[tokio::test]
async fn of_many_who_create_the_same_at_once_one_succeeds() {
    let database = Database::fresh().await;
    let store = Arc::new(database.store().await);
    let organization = given::organization(&*store).await;

    let went = create_many(&store, organization, std::iter::repeat_n("E-1".to_owned(), MANY)).await;

    let created = went.iter().filter(|(_, went)| went.is_ok()).count();
    let refused = |went: &Result<(), StoreError>| matches!(went, Err(StoreError::Conflict(UniqueKey::ExternalId)));
    assert_eq!(created, 1);
    assert_eq!(went.iter().filter(|(_, went)| refused(went)).count(), MANY - 1);
}

#[tokio::test]
async fn whoever_heard_of_a_write_sees_it_and_the_worker_is_woken() {
    let database = Database::fresh().await;
    let store = Arc::new(database.store().await);
    let organization = given::organization(&*store).await;
    given::connection(&*store, organization).await;
    let mut everybody = JoinSet::new();
    for n in 0..MANY {
        let store = Arc::clone(&store);
        everybody.spawn(async move {
            let user = given::user(&*store, organization, &format!("E-{n}")).await;
            let found = store.user(organization, user.id).await.unwrap();
            let external_id = user.profile.external_id.as_ref().unwrap();
            let named = store.user_by_external_id(organization, external_id).await.unwrap();
            assert_eq!((found.as_ref(), named.as_ref()), (Some(&user), Some(&user)));
        });
    }

    let begun = Instant::now();
    store.wait(Duration::from_secs(30)).await;

    assert!(begun.elapsed() < Duration::from_secs(30), "nobody was woken");
    everybody.join_all().await;
    assert!(store.next_due(given::WORKER, &[]).await.unwrap().is_some());
}

#[tokio::test]
async fn a_lock_of_another_process_is_unavailable_to_everybody_who_writes_and_holds_nobody_up_after_it() {
    let database = Database::fresh().await;
    let store = Arc::new(database.store().await);
    let organization = given::organization(&*store).await;
    let other = sqlx::SqlitePool::connect(&database.url()).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();

    let went = create_many(&store, organization, external_ids(20)).await;

    for (_, went) in &went {
        assert!(matches!(went, Err(StoreError::Unavailable(_))), "{went:?}");
    }
    lock.rollback().await.unwrap();
    for (_, went) in create_many(&store, organization, external_ids(20)).await {
        went.unwrap();
    }
}

#[test]
fn what_was_acknowledged_outlives_whoever_wrote_it() {
    let keeper = tokio::runtime::Runtime::new().unwrap();
    let database = keeper.block_on(Database::fresh());
    let organization = keeper.block_on(async { given::organization(&database.store().await).await });
    for round in 0..5 {
        let acknowledged = Arc::new(std::sync::Mutex::new(Vec::new()));
        let (begun, told) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&acknowledged));
        let writer = tokio::runtime::Runtime::new().unwrap();
        let store = Arc::new(writer.block_on(database.store()));
        for n in 0..64 {
            let (store, begun, told) = (Arc::clone(&store), Arc::clone(&begun), Arc::clone(&told));
            writer.spawn(async move {
                for turn in 0.. {
                    begun.fetch_add(1, Ordering::Relaxed);
                    let user = given::new_user(organization, &given::external_id(&format!("E-{round}-{n}-{turn}")));
                    given::create(&*store, &user, None).await.unwrap();
                    told.lock().unwrap().push(user.id);
                }
            });
        }
        keeper.block_on(async {
            while acknowledged.lock().unwrap().len() < 200 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });

        // In the midst of a transaction, most likely: there are always some who wait for one.
        writer.shutdown_background();
        drop(store);

        let acknowledged = std::mem::take(&mut *acknowledged.lock().unwrap());
        assert!(begun.load(Ordering::Relaxed) > acknowledged.len(), "some were not told");
        keeper.block_on(async {
            let store = database.store().await;
            for id in acknowledged {
                assert!(store.user(organization, id).await.unwrap().is_some(), "{id} is lost");
            }
            given::user(&store, organization, &format!("E-after-{round}")).await;
            store.close().await;
        });
    }
}

#[tokio::test]
async fn a_user_whose_history_cannot_be_told_is_not_stored_and_hears_of_no_conflict() {
    // Given a history that takes no second entry
    let database = Database::fresh().await;
    let store = Arc::new(database.store().await);
    let organization = given::organization(&*store).await;
    let first = given::user(&*store, organization, "E-0").await;
    database
        .tamper("CREATE UNIQUE INDEX only_one ON audit_log (organization_id)")
        .await;

    // When one comes alone, and then many do
    let user = given::new_user(organization, &given::external_id("E-1"));
    let alone = given::create(&*store, &user, None).await;
    let many = create_many(&store, organization, (2..10).map(|n| format!("E-{n}"))).await;

    // Then nobody is told of another user, since there is none, and nothing is half done.
    for went in [alone].into_iter().chain(many.into_iter().map(|(_, went)| went)) {
        assert!(matches!(went, Err(StoreError::Internal(_))), "{went:?}");
    }
    let users = store.users(organization, &UserQuery::first(100)).await.unwrap();
    assert_eq!(users, [first]);
}
