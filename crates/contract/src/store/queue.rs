//! The queue: what is claimed, and when the next is due.

use roster_application::ports::{Settled, Store};
use roster_domain::{AccountStatus, Connection, ConnectionId, Vendor};

use super::given::{self, NOW, WORKER, after};

/// Account, user, connection and credentials, as they are now.
pub async fn a_claim_carries_all_that_the_call_needs(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;
    let user = given::new_user(organization, &given::every_field());
    given::create(store, &user, None).await.expect("created");
    let user = given::rename(store, &user, "Bea", after(1)).await;

    let claim = given::claim(store, after(2)).await;

    assert_eq!((claim.key.organization_id, claim.key.user_id), (organization, user.id));
    assert_eq!(claim.key.connection_id, connection.id);
    assert_eq!(claim.lease_until, after(62));
    assert_eq!(claim.account, given::account(store, &user).await);
    assert_eq!((claim.user, claim.connection), (user, connection));
    assert_eq!(claim.credentials, given::credentials());
    assert_eq!((claim.password, claim.departure_is_approved), (None, false));
}

/// Due is `next_attempt_at` not after now, to the microsecond.
pub async fn only_accounts_that_are_due_are_claimed(store: &dyn Store) {
    let (_, _) = given::due_account(store).await;
    let just_before = NOW - chrono::TimeDelta::microseconds(1);

    assert!(given::claims(store, just_before, after(60), 10).await.is_empty());
    assert_eq!(given::claims(store, NOW, after(60), 10).await.len(), 1);
}

/// Up to the limit, the longest due first.
pub async fn the_longest_due_are_claimed_first(store: &dyn Store) {
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    let mut due = Vec::new();
    for (number, seconds) in [30, 10, 20].into_iter().enumerate() {
        let user = given::user(store, organization, &format!("E-{number}")).await;
        given::rename(store, &user, "Ann", after(seconds)).await;
        due.push((seconds, user.id));
    }
    due.sort_unstable();

    let first = given::claims(store, after(40), after(60), 2).await;
    let rest = given::claims(store, after(40), after(60), 2).await;

    let claimed: Vec<_> = first.iter().chain(&rest).map(|claim| claim.user.id).collect();
    assert_eq!((first.len(), rest.len()), (2, 1));
    assert_eq!(claimed, due.into_iter().map(|(_, user)| user).collect::<Vec<_>>());
}

/// Nothing is sent over a paused connection, and what waits there stands in nobody's way.
pub async fn accounts_of_a_paused_connection_are_passed_by(store: &dyn Store) {
    let organization = given::organization(store).await;
    let paused = given::connection(store, organization).await;
    for number in 0..3 {
        given::user(store, organization, &format!("E-{number}")).await;
    }
    given::pause(store, &paused).await;
    let open = given::connection(store, organization).await;

    let claims = given::claims(store, after(1), after(60), 10).await;

    assert_eq!(claims.len(), 3);
    assert!(claims.iter().all(|claim| claim.connection.id == open.id));
}

/// As they were, without anybody's doing.
pub async fn accounts_of_a_connection_that_is_no_longer_paused_are_due_as_they_were(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    let paused = given::pause(store, &connection).await;
    let before = given::account(store, &user).await;
    assert!(before.paused);
    assert!(given::claims(store, after(1), after(60), 10).await.is_empty());

    let resumed = Connection {
        paused: None,
        version: paused.version + 1,
        ..paused.clone()
    };
    store
        .update_connection(&resumed, None, paused.version)
        .await
        .expect("resumed");

    let account = given::account(store, &user).await;
    assert_eq!(
        account,
        roster_domain::Account {
            paused: false,
            ..before
        }
    );
    assert_eq!(given::claims(store, after(1), after(60), 10).await.len(), 1);
}

/// What is done, or asked of a person, is not due.
pub async fn accounts_that_are_settled_are_not_claimed(store: &dyn Store) {
    for settled in [given::IN_SYNC, given::attention(), given::retry(after(600), None)] {
        let (_, _) = given::due_account(store).await;
        let claim = given::claim(store, after(1)).await;

        given::record(store, &claim, settled, after(2)).await;

        assert!(given::claims(store, after(3), after(60), 10).await.is_empty());
    }
}

/// The vendor of the connection is the vendor of the account.
pub async fn the_vendor_of_an_account_is_that_of_its_connection(store: &dyn Store) {
    let organization = given::organization(store).await;
    for vendor in Vendor::ALL {
        let connection = Connection {
            vendor,
            ..given::new_connection(organization)
        };
        store
            .create_connection(&connection, &given::credentials())
            .await
            .expect("created");
    }

    let user = given::user(store, organization, "E-1").await;

    let accounts = store.accounts_of_user(organization, user.id).await.expect("read");
    assert_eq!(
        accounts.iter().map(|account| account.vendor).collect::<Vec<_>>(),
        Vendor::ALL
    );
}

/// `None` when there is nothing at all to wait for.
pub async fn nothing_is_due_next_where_nothing_waits(store: &dyn Store) {
    assert_eq!(given::next_due(store).await, None);

    let (_, user) = given::due_account(store).await;
    assert_eq!(given::next_due(store).await, Some(NOW));

    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, given::IN_SYNC, after(1)).await;
    assert_eq!(given::next_due(store).await, None);

    given::rename(store, &user, "Ann", after(7)).await;
    assert_eq!(given::next_due(store).await, Some(after(7)));
}

/// Due or free, whichever is later for that account; the earliest over all accounts.
pub async fn what_is_due_next_counts_leases_and_retries(store: &dyn Store) {
    let (_, _) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    assert_eq!(given::next_due(store).await, Some(after(61)), "its lease ends");

    let (_, _) = given::due_account(store).await;
    assert_eq!(given::next_due(store).await, Some(NOW), "the other is due already");

    let other = given::claim(store, after(1)).await;
    given::record(store, &other, given::retry(after(30), None), after(2)).await;
    assert_eq!(
        given::next_due(store).await,
        Some(after(30)),
        "the other is tried again"
    );

    given::record(store, &claim, given::retry(after(20), Some(after(25))), after(2)).await;
    assert_eq!(given::next_due(store).await, Some(after(25)), "not before the floor");
}

/// To be read back is to be due.
pub async fn an_account_that_is_to_be_read_back_is_due_then(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    let settled = Settled::InSync {
        read_back_at: Some(after(600)),
    };

    given::record(store, &claim, settled, after(2)).await;

    let account = given::account(store, &user).await;
    assert_eq!(account.next_attempt_at, Some(after(600)));
    assert_eq!(account.status(), AccountStatus::InSync);
    assert_eq!(given::next_due(store).await, Some(after(600)));
    assert_eq!(
        store.next_due_at(&given::key(&connection)).await.expect("read"),
        Some(after(600))
    );
    assert!(given::claims(store, after(599), after(700), 10).await.is_empty());
    assert_eq!(given::claim(store, after(600)).await.account, account);
}

/// Those that the worker has in hand already are no cause to look for others.
pub async fn what_is_due_next_leaves_out_the_connections_that_are_given(store: &dyn Store) {
    let organization = given::organization(store).await;
    let first = given::connection(store, organization).await;
    let second = given::connection(store, organization).await;
    given::user(store, organization, "E-1").await;
    let next = async |except: &[Connection]| {
        let keys: Vec<_> = except.iter().map(given::key).collect();
        store.next_due(WORKER, &keys).await.expect("read")
    };

    assert_eq!(next(&[]).await, Some(NOW));
    assert_eq!(next(std::slice::from_ref(&first)).await, Some(NOW));
    assert_eq!(next(&[first, second]).await, None);
}

/// Where another worker owns the connection, it is no use to look before that ends.
pub async fn what_is_due_next_waits_for_the_end_of_anothers_ownership(store: &dyn Store) {
    let (connection, _) = given::due_account(store).await;
    let other = given::new_id();
    store.own(other, after(1), after(30), 10).await.expect("owned");

    assert_eq!(given::next_due(store).await, Some(after(30)));
    assert_eq!(store.next_due(other, &[]).await.expect("read"), Some(NOW));

    let claims = store
        .claim(other, &given::key(&connection), after(1), after(90), 10)
        .await
        .expect("claimed");
    assert_eq!(given::next_due(store).await, Some(after(90)), "its lease ends later");
    let settled = given::retry(after(10), None);
    given::record(store, &claims[0], settled, after(2)).await;
    assert_eq!(
        given::next_due(store).await,
        Some(after(30)),
        "the ownership ends later"
    );

    store.disown(other, &[given::key(&connection)]).await.expect("disowned");
    assert_eq!(given::next_due(store).await, Some(after(10)));
}

/// The earliest over all that is due and all that is leased, at that connection.
pub async fn what_is_due_next_at_a_connection_is_its_own(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;
    let key = given::key(&connection);
    let next = async || store.next_due_at(&key).await.expect("read");
    assert_eq!(next().await, None);

    let user = given::user(store, organization, "E-1").await;
    assert_eq!(next().await, Some(NOW));
    given::claim(store, after(1)).await;
    assert_eq!(next().await, Some(after(61)), "its lease ends");

    let other = given::user(store, organization, "E-2").await;
    let other = given::rename(store, &other, "Ann", after(5)).await;
    assert_eq!(next().await, Some(after(5)), "the other is due before");
    let claim = given::claim(store, after(6)).await;
    assert_eq!(claim.user, other);
    given::record(store, &claim, given::retry(after(50), None), after(6)).await;
    assert_eq!(next().await, Some(after(50)), "the other is tried again before");

    let later = given::connection(store, organization).await;
    assert_eq!(next().await, Some(after(50)), "another connection is another matter");
    given::pause(store, &later).await;
    given::rename(store, &user, "Bea", after(70)).await;
    given::rename(store, &other, "Bea", after(80)).await;
    assert_eq!(next().await, Some(after(70)), "due after the lease");
}

/// Nobody waits for a connection that is paused.
pub async fn what_is_due_next_leaves_out_paused_connections(store: &dyn Store) {
    let (connection, _) = given::due_account(store).await;

    given::pause(store, &connection).await;

    assert_eq!(given::next_due(store).await, None);
}

/// A connection's accounts go with it.
pub async fn accounts_of_a_deleted_connection_are_not_claimed(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;

    let deleted = store
        .delete_connection(user.organization_id, connection.id)
        .await
        .expect("deleted");
    let again = store
        .delete_connection(user.organization_id, connection.id)
        .await
        .expect("asked");
    let absent = ConnectionId::new(given::new_id());

    assert!(deleted && !again);
    assert!(
        !store
            .delete_connection(user.organization_id, absent)
            .await
            .expect("asked")
    );
    assert_eq!(
        store
            .accounts_of_user(user.organization_id, user.id)
            .await
            .expect("read"),
        []
    );
    let recorded = store
        .record(&claim.key, &given::settlement(&claim, given::IN_SYNC), after(2))
        .await;
    assert!(!recorded.expect("recorded"), "the claim went with the account");
    assert_eq!(given::next_due(store).await, None);
}
