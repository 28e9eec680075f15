//! Departures that are held until somebody approves, and what an approval is worth.

use roster_application::ports::{Hold, Settled, Store};
use roster_domain::{AccountStatus, ConnectionId};

use super::departures::{departures, hold, left, users_in_sync};
use super::given::{self, NOW, after};

/// It waits, for as long as nobody approves it, since the first time that it was held.
pub async fn a_departure_that_is_held_waits(store: &dyn Store) {
    let (connection, users) = users_in_sync(store, 1).await;
    given::set_active(store, &users[0], false, after(2)).await;
    let claim = given::claim(store, after(3)).await;

    let held = hold(store, &claim, after(4)).await;

    assert_eq!((held.held_since, held.next_attempt_at), (Some(after(4)), None));
    assert_eq!((held.status(), held.attention.clone()), (AccountStatus::Paused, None));
    assert_eq!(given::next_due(store).await, None);
    assert_eq!(departures(store, &connection, NOW).await, (1, 1));

    store
        .retry_account(held.organization_id, held.user_id, held.connection_id, after(5))
        .await
        .expect("retried");
    let claim = given::claim(store, after(6)).await;
    assert!(!claim.departure_is_approved);
    assert_eq!(hold(store, &claim, after(7)).await.held_since, Some(after(4)));
}

/// It keeps waiting when a worker gives it back, and no more when it ended otherwise.
pub async fn a_departure_is_held_until_it_ends_otherwise(store: &dyn Store) {
    let (connection, users) = users_in_sync(store, 1).await;
    given::set_active(store, &users[0], false, after(2)).await;
    let again = async |now| {
        store
            .retry_account(connection.organization_id, users[0].id, connection.id, now)
            .await
            .expect("retried");
        given::claim(store, now).await
    };
    let claim = given::claim(store, after(3)).await;
    hold(store, &claim, after(3)).await;

    let claim = again(after(4)).await;
    given::record(store, &claim, Settled::GivenBack, after(4)).await;
    assert_eq!(given::account(store, &users[0]).await.held_since, Some(after(3)));

    for settled in [given::retry(after(9), None), given::attention(), given::IN_SYNC] {
        let claim = again(after(5)).await;
        hold(store, &claim, after(5)).await;
        let claim = again(after(6)).await;
        given::record(store, &claim, settled.clone(), after(6)).await;
        let account = given::account(store, &users[0]).await;
        assert_eq!(account.held_since, None, "{settled:?}");
    }
}

/// MUST: a changed user is no longer held.
pub async fn a_change_of_the_user_ends_a_hold(store: &dyn Store) {
    let (_, users) = users_in_sync(store, 1).await;
    let user = given::set_active(store, &users[0], false, after(2)).await;
    let claim = given::claim(store, after(3)).await;
    hold(store, &claim, after(4)).await;

    given::set_active(store, &user, true, after(5)).await;

    let account = given::account(store, &user).await;
    assert_eq!((account.held_since, account.next_attempt_at), (None, Some(after(5))));
    assert_eq!(store.holds(user.organization_id).await.expect("read"), []);
}

/// MUST: nothing is held where the user was changed since the claim.
pub async fn a_departure_of_a_user_who_was_changed_since_the_claim_is_not_held(store: &dyn Store) {
    let (_, users) = users_in_sync(store, 1).await;
    let user = given::set_active(store, &users[0], false, after(2)).await;
    let claim = given::claim(store, after(3)).await;
    given::set_active(store, &user, true, after(4)).await;

    let account = hold(store, &claim, after(5)).await;

    assert_eq!((account.held_since, account.next_attempt_at), (None, Some(after(5))));
}

/// Per connection, how many and since when, in the order of the connections' ids.
pub async fn holds_are_counted_by_connection(store: &dyn Store) {
    let organization = given::organization(store).await;
    let first = given::connection(store, organization).await;
    let second = given::connection(store, organization).await;
    given::connection(store, organization).await;
    for number in 0..3 {
        given::user(store, organization, &format!("E-{number}")).await;
    }
    assert_eq!(store.holds(organization).await.expect("read"), []);
    let claims = given::claims(store, after(1), after(60), 100).await;
    let of = |connection: ConnectionId| claims.iter().filter(move |claim| claim.connection.id == connection);

    for (seconds, claim) in of(second.id).take(1).chain(of(first.id).take(2)).enumerate() {
        let now = after(10 - i64::try_from(seconds).expect("a small number"));
        given::record(store, claim, Settled::Held, now).await;
    }

    let expected = [
        Hold {
            connection_id: first.id,
            count: 2,
            since: after(8),
        },
        Hold {
            connection_id: second.id,
            count: 1,
            since: after(10),
        },
    ];
    assert_eq!(store.holds(organization).await.expect("read"), expected);
}

/// Due at once, and the claim says so; others' holds stay.
pub async fn departures_that_are_approved_are_due_and_no_longer_held(store: &dyn Store) {
    let (connection, users) = users_in_sync(store, 3).await;
    for user in &users[..2] {
        given::set_active(store, user, false, after(2)).await;
        let claim = given::claim(store, after(3)).await;
        hold(store, &claim, after(3)).await;
    }
    let organization = connection.organization_id;
    let absent = ConnectionId::new(given::new_id());
    assert_eq!(
        store.approve(organization, absent, after(4)).await.expect("asked"),
        None
    );

    let approved = store.approve(organization, connection.id, after(5)).await;
    let again = store.approve(organization, connection.id, after(6)).await;

    assert_eq!((approved.expect("approved"), again.expect("asked")), (Some(2), Some(0)));
    assert_eq!(store.holds(organization).await.expect("read"), []);
    assert_eq!(
        departures(store, &connection, NOW).await,
        (0, 3),
        "approved ones do not count"
    );
    let claims = given::claims(store, after(5), after(60), 10).await;
    assert_eq!(claims.len(), 2);
    for claim in &claims {
        assert!(claim.departure_is_approved);
        assert_eq!(claim.account.held_since, None);
        left(store, claim, after(7)).await;
    }
    assert_eq!(
        departures(store, &connection, NOW).await,
        (0, 3),
        "nor when they have left"
    );
}

/// An approval is for the user as it was; another change is another departure.
pub async fn an_approval_does_not_outlive_a_change_of_the_user(store: &dyn Store) {
    let (connection, users) = users_in_sync(store, 1).await;
    let user = given::set_active(store, &users[0], false, after(2)).await;
    let claim = given::claim(store, after(3)).await;
    hold(store, &claim, after(3)).await;
    store
        .approve(connection.organization_id, connection.id, after(4))
        .await
        .expect("approved");

    given::rename(store, &user, "Ann", after(5)).await;

    assert!(!given::claim(store, after(6)).await.departure_is_approved);
    assert_eq!(departures(store, &connection, NOW).await, (1, 1));
}

/// Nor an assignment that was changed and changed back.
pub async fn an_approval_does_not_outlive_a_change_of_the_assignment(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::choosy_connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;
    given::assign(store, &user, &connection, true, after(1)).await;
    given::settle(store, after(1)).await;
    given::assign(store, &user, &connection, false, after(2)).await;
    let claim = given::claim(store, after(3)).await;
    hold(store, &claim, after(3)).await;
    store
        .approve(organization, connection.id, after(4))
        .await
        .expect("approved");

    given::assign(store, &user, &connection, true, after(5)).await;
    given::assign(store, &user, &connection, false, after(6)).await;

    assert!(!given::claim(store, after(7)).await.departure_is_approved);
    assert_eq!(departures(store, &connection, NOW).await, (1, 1));
}

/// What is approved while a worker is about to hold it is not held again.
pub async fn an_approval_during_a_claim_is_heard(store: &dyn Store) {
    let (connection, users) = users_in_sync(store, 1).await;
    given::set_active(store, &users[0], false, after(2)).await;
    let claim = given::claim(store, after(3)).await;
    let held = hold(store, &claim, after(3)).await;
    store
        .retry_account(held.organization_id, held.user_id, held.connection_id, after(4))
        .await
        .expect("retried");
    let claim = given::claim(store, after(5)).await;

    let approved = store.approve(held.organization_id, connection.id, after(6)).await;
    assert_eq!(approved.expect("approved"), Some(1));
    let account = hold(store, &claim, after(7)).await;

    assert_eq!((account.held_since, account.next_attempt_at), (None, Some(after(7))));
    assert!(given::claim(store, after(8)).await.departure_is_approved);
}
