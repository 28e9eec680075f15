//! The queue: what is claimed, and when the next is due.

use roster_application::ports::{Settled, Store};
use roster_domain::{ConnectionId, Vendor};

use super::given::{self, NOW, after};

/// Account, user, connection and credentials, as they are now.
pub async fn a_claim_carries_all_that_the_call_needs(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;
    let user = given::new_user(organization, &given::every_field());
    store.create_user(&user, None).await.expect("created");
    let user = given::rename(store, &user, "Bea", after(1)).await;

    let claim = given::claim(store, after(2)).await;

    assert_eq!((claim.key.organization_id, claim.key.user_id), (organization, user.id));
    assert_eq!(claim.key.connection_id, connection.id);
    assert_eq!(claim.lease_until, after(62));
    assert_eq!(claim.account, given::account(store, &user).await);
    assert_eq!((claim.user, claim.connection), (user, connection));
    assert_eq!(claim.credentials, given::credentials());
}

/// Due is `next_attempt_at` not after now, to the microsecond.
pub async fn only_accounts_that_are_due_are_claimed(store: &dyn Store) {
    let (_, _) = given::due_account(store).await;
    let just_before = NOW - chrono::TimeDelta::microseconds(1);

    assert!(
        store
            .claim(just_before, after(60), 10)
            .await
            .expect("claimed")
            .is_empty()
    );
    assert_eq!(store.claim(NOW, after(60), 10).await.expect("claimed").len(), 1);
}

/// Up to the limit, the longest due first, whosever they are.
pub async fn the_longest_due_are_claimed_first(store: &dyn Store) {
    let mut due = Vec::new();
    for (number, seconds) in [30, 10, 20].into_iter().enumerate() {
        let organization = given::organization(store).await;
        given::connection(store, organization).await;
        let user = given::user(store, organization, &format!("E-{number}")).await;
        given::rename(store, &user, "Ann", after(seconds)).await;
        due.push((seconds, user.id));
    }
    due.sort_unstable();

    let first = store.claim(after(40), after(60), 2).await.expect("claimed");
    let rest = store.claim(after(40), after(60), 2).await.expect("claimed");

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

    let claims = store.claim(after(1), after(60), 10).await.expect("claimed");

    assert_eq!(claims.len(), 3);
    assert!(claims.iter().all(|claim| claim.connection.id == open.id));
}

/// As they were, without anybody's doing.
pub async fn accounts_of_a_connection_that_is_no_longer_paused_are_due_as_they_were(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    let paused = given::pause(store, &connection).await;
    let before = given::account(store, &user).await;
    assert!(before.paused);
    assert!(store.claim(after(1), after(60), 10).await.expect("claimed").is_empty());

    let resumed = roster_domain::Connection {
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
    assert_eq!(store.claim(after(1), after(60), 10).await.expect("claimed").len(), 1);
}

/// What is done, or asked of a person, is not due.
pub async fn accounts_that_are_settled_are_not_claimed(store: &dyn Store) {
    for settled in [Settled::InSync, given::attention(), given::retry(after(600), None)] {
        let (_, _) = given::due_account(store).await;
        let claim = given::claim(store, after(1)).await;

        given::record(store, &claim, settled, after(2)).await;

        assert!(store.claim(after(3), after(60), 10).await.expect("claimed").is_empty());
    }
}

/// The vendor of the connection is the vendor of the account.
pub async fn the_vendor_of_an_account_is_that_of_its_connection(store: &dyn Store) {
    let organization = given::organization(store).await;
    for vendor in Vendor::ALL {
        let connection = roster_domain::Connection {
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
    assert_eq!(store.next_due().await.expect("read"), None);

    let (_, user) = given::due_account(store).await;
    assert_eq!(store.next_due().await.expect("read"), Some(NOW));

    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, Settled::InSync, after(1)).await;
    assert_eq!(store.next_due().await.expect("read"), None);

    given::rename(store, &user, "Ann", after(7)).await;
    assert_eq!(store.next_due().await.expect("read"), Some(after(7)));
}

/// Due or free, whichever is later for that account; the earliest over all accounts.
pub async fn what_is_due_next_counts_leases_and_retries(store: &dyn Store) {
    let (_, _) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    assert_eq!(store.next_due().await.expect("read"), Some(after(61)), "its lease ends");

    let (_, _) = given::due_account(store).await;
    assert_eq!(
        store.next_due().await.expect("read"),
        Some(NOW),
        "the other is due already"
    );

    let other = given::claim(store, after(1)).await;
    given::record(store, &other, given::retry(after(30), None), after(2)).await;
    assert_eq!(
        store.next_due().await.expect("read"),
        Some(after(30)),
        "the other is tried again"
    );

    given::record(store, &claim, given::retry(after(20), Some(after(25))), after(2)).await;
    assert_eq!(
        store.next_due().await.expect("read"),
        Some(after(25)),
        "not before the floor"
    );
}

/// Nobody waits for a connection that is paused.
pub async fn what_is_due_next_leaves_out_paused_connections(store: &dyn Store) {
    let (connection, _) = given::due_account(store).await;

    given::pause(store, &connection).await;

    assert_eq!(store.next_due().await.expect("read"), None);
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
        .record(&claim.key, &given::settlement(&claim, Settled::InSync), after(2))
        .await;
    assert!(!recorded.expect("recorded"), "the claim went with the account");
    assert_eq!(store.next_due().await.expect("read"), None);
}
