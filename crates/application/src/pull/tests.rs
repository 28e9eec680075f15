//! Pulling: who is known stays as it is, who is not is made, and nothing at all happens in a dry run.

use std::sync::{Arc, Mutex};

use roster_domain::{Account, Actor, Known, OutcomeClass, Surface, User, UserChanges, UserId, VendorUserId};

use super::{PullOutcome, Pulled, Pulls};
use crate::error::{Error, Missing};
use crate::ports::{
    MockAccountStore, MockUserStore, MockVendorGateway, RemotePage, RemoteRecord, StoreError, UniqueKey, VendorError,
};
use crate::testing::{
    MockConnectionStore, account, ann, ann_changes, clock_at, connection, connection_id, ids, organization, secrets,
    set, stored_credentials, user, user_id,
};
use crate::users::Users;

/// What was stored, in its order, and by whom.
type Stored = Arc<Mutex<Vec<(User, Actor)>>>;

/// A vendor's user of an id, with what its list tells.
fn record(id: &str, active: bool, fields: UserChanges) -> RemoteRecord {
    RemoteRecord {
        id: VendorUserId::new(id),
        active,
        fields,
    }
}

fn with_external_id(external_id: &str) -> UserChanges {
    UserChanges {
        external_id: set(external_id),
        ..UserChanges::default()
    }
}

fn with_email(email: &str) -> UserChanges {
    UserChanges {
        email: set(email),
        ..UserChanges::default()
    }
}

fn listing(users: Vec<RemoteRecord>) -> MockVendorGateway {
    let mut gateway = MockVendorGateway::new();
    gateway
        .expect_list()
        .withf(|target, cursor| *target.connection == connection() && cursor.is_none())
        .times(1)
        .return_once(|_, _| Ok(RemotePage { users, next: None }));
    gateway
}

/// A store that has these users, found by whatever they are known by.
fn having(users: Vec<User>) -> MockUserStore {
    let mut store = MockUserStore::new();
    let by_id = users.clone();
    store
        .expect_user()
        .returning(move |_, id| Ok(by_id.iter().find(|user| user.id == id).cloned()));
    let by_external_id = users.clone();
    store.expect_user_by_external_id().returning(move |_, external_id| {
        let has = |user: &&User| user.profile.external_id.as_ref() == Some(external_id);
        Ok(by_external_id.iter().find(has).cloned())
    });
    store.expect_user_by_email().returning(move |_, email| {
        let has = |user: &&User| user.profile.email.as_ref() == Some(email);
        Ok(users.iter().find(has).cloned())
    });
    store
}

/// The same, which takes new users and shows them.
fn taking(mut store: MockUserStore) -> (MockUserStore, Stored) {
    let stored = Stored::default();
    let sink = Arc::clone(&stored);
    store.expect_create_user().returning(move |write| {
        let mut stored = sink.lock().expect("no panic");
        stored.push((write.user.clone(), write.change.actor));
        Ok(())
    });
    (store, stored)
}

async fn pull(store: MockUserStore, gateway: MockVendorGateway, dry_run: bool) -> Result<Vec<Pulled>, Error> {
    let mut accounts = MockAccountStore::new();
    accounts.expect_account_of_vendor_user().returning(|_, _, _| Ok(None));
    pull_beside(accounts, store, gateway, dry_run).await
}

/// The same, beside accounts of the vendor's users.
async fn pull_beside(
    accounts: MockAccountStore,
    store: MockUserStore,
    gateway: MockVendorGateway,
    dry_run: bool,
) -> Result<Vec<Pulled>, Error> {
    let mut connections = MockConnectionStore::new();
    connections
        .expect_connection()
        .withf(|of, id| (*of, *id) == (organization().id, connection_id()))
        .times(1)
        .return_once(|_, _| Ok(Some((connection(), stored_credentials()))));
    let store = Arc::new(store);
    let users = Users::new(store.clone(), clock_at(60), ids());
    let pulls = Pulls::new(
        users,
        store,
        Arc::new(accounts),
        Arc::new(connections),
        Arc::new(gateway),
        secrets(),
    );
    let mut pulled = Vec::new();
    pulls
        .run(&organization(), connection_id(), dry_run, |one| pulled.push(one))
        .await?;
    Ok(pulled)
}

/// What is done with the vendor's only user.
async fn pull_one(store: MockUserStore, one: RemoteRecord) -> PullOutcome {
    let mut pulled = pull(store, listing(vec![one]), false).await.expect("pulled");
    assert_eq!(pulled.len(), 1);
    pulled.remove(0).outcome
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_done_and_stores_nothing() {
    let list = vec![
        record("t-1", true, with_external_id("ehr-1")),
        record("t-2", true, with_external_id("ehr-2")),
        record("t-3", false, with_email("cy@example.org")),
    ];

    // The store allows no write.
    let pulled = pull(having(vec![ann()]), listing(list), true).await.expect("pulled");

    let told: Vec<_> = pulled
        .iter()
        .map(|one| (one.vendor_user_id.as_str(), one.active, one.name.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("t-1", true, Some("ehr-1")),
            ("t-2", true, Some("ehr-2")),
            ("t-3", false, Some("cy@example.org")),
        ]
    );
    assert!(matches!(pulled[0].outcome, PullOutcome::Known(id) if id == user_id(1)));
    assert!(matches!(pulled[1].outcome, PullOutcome::WouldCreate));
    assert!(matches!(pulled[2].outcome, PullOutcome::WouldCreate));
}

#[tokio::test]
async fn who_is_known_by_any_key_is_left_as_it_is() {
    let unkeyed = user(2, &with_email("bo@example.org"));
    for (fields, expected) in [
        (with_external_id("ehr-1"), user_id(1)),
        // Who has no external id went to the vendor under Roster's own.
        (with_external_id(&user_id(2).to_string()), user_id(2)),
        (with_email("BO@example.org"), user_id(2)),
        // The external id of another system, and an address that is known here.
        (
            UserChanges {
                external_id: set("theirs-7"),
                ..with_email("ann@example.org")
            },
            user_id(1),
        ),
    ] {
        let outcome = pull_one(having(vec![ann(), unkeyed.clone()]), record("t", true, fields.clone())).await;

        assert!(
            matches!(outcome, PullOutcome::Known(id) if id == expected),
            "{fields:?}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn who_is_not_known_is_made_with_what_the_vendor_tells_in_the_name_of_the_pull() {
    let (store, stored) = taking(having(Vec::new()));

    let outcome = pull_one(store, record("t-1", true, ann_changes())).await;

    let stored = stored.lock().expect("no panic");
    let [(made, actor)] = &stored[..] else {
        panic!("one user: {stored:?}")
    };
    assert!(matches!(outcome, PullOutcome::Created(id) if id == made.id));
    assert_eq!(made.profile, ann().profile);
    assert!(made.active);
    let pull = Actor {
        surface: Surface::Pull,
        client: None,
    };
    assert_eq!(*actor, pull);
}

#[tokio::test]
async fn who_is_inactive_at_the_vendor_is_made_inactive_here() {
    for fields in [ann_changes(), with_email("ann@example.org")] {
        let (store, stored) = taking(having(Vec::new()));

        let outcome = pull_one(store, record("t-1", false, fields)).await;

        assert!(matches!(outcome, PullOutcome::Created(_)), "{outcome:?}");
        let stored = stored.lock().expect("no panic");
        assert!(!stored[0].0.active);
    }
}

#[tokio::test]
async fn of_whom_the_vendor_tells_too_little_or_nonsense_is_passed_over_with_the_reason() {
    let nameless = record("t-1", true, UserChanges::default());
    let nonsense = UserChanges {
        npi: set("1"),
        ..with_external_id("ehr-9")
    };
    for dry_run in [true, false] {
        let list = vec![nameless.clone(), record("t-2", true, nonsense.clone())];

        let pulled = pull(having(Vec::new()), listing(list), dry_run).await.expect("pulled");

        let reasons: Vec<&str> = pulled
            .iter()
            .map(|one| match &one.outcome {
                PullOutcome::Skipped(reason) => reason.as_str(),
                other => panic!("it was not passed over: {other:?}"),
            })
            .collect();
        assert!(
            reasons[0].contains("neither an external id nor an e-mail address"),
            "{reasons:?}"
        );
        assert!(reasons[1].contains("npi") && !reasons[1].contains('\n'), "{reasons:?}");
    }
}

#[tokio::test]
async fn who_stands_against_others_here_is_passed_over_and_the_next_is_made() {
    let mut store = having(Vec::new());
    let mut made = 0;
    store.expect_create_user().times(2).returning(move |_| {
        made += 1;
        if made == 1 {
            return Err(StoreError::Conflict(UniqueKey::Email));
        }
        Ok(())
    });
    let list = vec![
        record("t-1", true, with_email("ann@example.org")),
        record("t-2", true, with_email("bo@example.org")),
    ];

    let pulled = pull(store, listing(list), false).await.expect("pulled");

    assert!(
        matches!(&pulled[0].outcome, PullOutcome::Skipped(reason) if reason.contains("email")),
        "{pulled:?}"
    );
    assert!(matches!(pulled[1].outcome, PullOutcome::Created(_)), "{pulled:?}");
}

#[tokio::test]
async fn whom_somebody_else_makes_at_this_moment_is_known() {
    let mut store = MockUserStore::new();
    let mut found = vec![Some(ann()), None, None];
    store
        .expect_user_by_external_id()
        .times(3)
        .returning(move |_, _| Ok(found.pop().expect("three questions")));
    store.expect_user_by_email().returning(|_, _| Ok(None));
    store
        .expect_create_user()
        .times(1)
        .return_once(|_| Err(StoreError::Conflict(UniqueKey::ExternalId)));

    let outcome = pull_one(store, record("t-1", true, with_external_id("ehr-1"))).await;

    assert!(
        matches!(outcome, PullOutcome::Known(id) if id == user_id(1)),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn pages_are_walked_to_the_last_in_their_order() {
    let mut gateway = MockVendorGateway::new();
    gateway.expect_list().times(3).returning(|_, cursor| {
        let (number, next) = match cursor {
            None => (1, Some("b")),
            Some("b") => (2, Some("c")),
            Some("c") => (3, None),
            other => panic!("no page gave {other:?}"),
        };
        let one = record(&format!("t-{number}"), true, with_external_id(&format!("ehr-{number}")));
        Ok(RemotePage {
            users: vec![one],
            next: next.map(str::to_owned),
        })
    });

    let pulled = pull(having(Vec::new()), gateway, true).await.expect("pulled");

    let ids: Vec<&str> = pulled.iter().map(|one| one.vendor_user_id.as_str()).collect();
    assert_eq!(ids, ["t-1", "t-2", "t-3"]);
}

#[tokio::test]
async fn a_list_that_comes_back_to_a_page_that_was_read_ends_the_walk_with_an_error() {
    for round in [vec!["again"], vec!["b", "c"], vec!["b", "c", "d", "e"]] {
        let mut gateway = MockVendorGateway::new();
        let (length, mut cursors) = (round.len(), round.into_iter().cycle());
        gateway.expect_list().times(length + 1).returning(move |_, _| {
            Ok(RemotePage {
                users: vec![record("t-1", true, ann_changes())],
                next: cursors.next().map(str::to_owned),
            })
        });

        let failed = pull(having(vec![ann()]), gateway, false).await;

        let Err(Error::Vendor(failure)) = failed else {
            panic!("{failed:?}")
        };
        assert_eq!(failure.class, OutcomeClass::Unknown);
        assert!(failure.message.contains("goes in circles"), "{failure}");
    }
}

/// The account of a user to whom the vendor's user `t-1` is, or was, linked.
fn linked(to: UserId) -> MockAccountStore {
    let account = Account {
        user_id: to,
        ..account(&ann(), Known::default())
    };
    let mut accounts = MockAccountStore::new();
    accounts
        .expect_account_of_vendor_user()
        .withf(|of, at, id| (*of, *at, id.as_str()) == (organization().id, connection_id(), "t-1"))
        .times(1)
        .return_once(|_, _, _| Ok(Some(account)));
    accounts
}

#[tokio::test]
async fn who_is_linked_already_is_known_whatever_keys_the_vendor_has() {
    let one = record("t-1", true, with_email("former@example.org"));

    let pulled = pull_beside(linked(ann().id), having(vec![ann()]), listing(vec![one]), false).await;

    let pulled = pulled.expect("pulled").remove(0);
    assert!(
        matches!(pulled.outcome, PullOutcome::Known(id) if id == ann().id),
        "{pulled:?}"
    );
}

#[tokio::test]
async fn who_was_deleted_here_is_not_made_again_and_people_are_told() {
    for dry_run in [true, false] {
        let one = record("t-1", false, with_external_id("ehr-9"));

        // The store allows no write, and has no such user any more.
        let pulled = pull_beside(linked(user_id(9)), having(vec![ann()]), listing(vec![one]), dry_run).await;

        let pulled = pulled.expect("pulled").remove(0);
        let PullOutcome::Skipped(why) = &pulled.outcome else {
            panic!("{pulled:?}")
        };
        assert!(
            why.contains("deleted") && why.contains(&user_id(9).to_string()),
            "{why}"
        );
    }
}

#[tokio::test]
async fn who_was_deleted_here_and_came_back_under_the_same_key_is_known() {
    let one = record("t-1", true, with_external_id("ehr-1"));

    let pulled = pull_beside(linked(user_id(9)), having(vec![ann()]), listing(vec![one]), false).await;

    let pulled = pulled.expect("pulled").remove(0);
    assert!(
        matches!(pulled.outcome, PullOutcome::Known(id) if id == ann().id),
        "{pulled:?}"
    );
}

#[tokio::test]
async fn a_vendor_that_fails_on_the_way_ends_the_walk_with_what_it_said() {
    let mut gateway = MockVendorGateway::new();
    gateway
        .expect_list()
        .times(1)
        .return_once(|_, _| Err(VendorError::new(OutcomeClass::Rejected, "there is no list")));

    let failed = pull(having(Vec::new()), gateway, false).await;

    let Err(Error::Vendor(failure)) = failed else {
        panic!("{failed:?}")
    };
    assert_eq!(failure.message, "there is no list");
}

#[tokio::test]
async fn a_store_that_fails_is_not_taken_for_a_user_who_cannot_be_made() {
    let mut store = having(Vec::new());
    store
        .expect_create_user()
        .times(1)
        .return_once(|_| Err(StoreError::Unavailable("gone".into())));

    let list = vec![record("t-1", true, with_email("ann@example.org"))];
    let failed = pull(store, listing(list), false).await;

    assert!(
        matches!(failed, Err(Error::Store(StoreError::Unavailable(_)))),
        "{failed:?}"
    );
}

#[tokio::test]
async fn a_connection_that_is_not_there_is_not_found() {
    let mut connections = MockConnectionStore::new();
    connections.expect_connection().times(1).return_once(|_, _| Ok(None));
    let store = Arc::new(MockUserStore::new());
    let users = Users::new(store.clone(), clock_at(60), ids());
    let pulls = Pulls::new(
        users,
        store,
        Arc::new(MockAccountStore::new()),
        Arc::new(connections),
        Arc::new(MockVendorGateway::new()),
        secrets(),
    );

    let failed = pulls
        .run(&organization(), connection_id(), false, |one| panic!("{one:?}"))
        .await;

    assert!(
        matches!(failed, Err(Error::NotFound(Missing::Connection))),
        "{failed:?}"
    );
}
