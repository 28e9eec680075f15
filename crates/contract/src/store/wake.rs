//! Being woken.

use std::time::{Duration, Instant};

use roster_application::ports::{Settled, Store};
use roster_domain::{Assignment, Connection};

use super::given::{self, after};

/// Longer than any machine is slow, and shorter than the tests' time limit.
const LONG: Duration = Duration::from_secs(20);
/// Long enough to hear what was said before.
const SHORT: Duration = Duration::from_millis(300);

/// Waits until nothing of what was done before wakes anybody any more.
pub(super) async fn quiet(store: &dyn Store) {
    for _ in 0..50 {
        let start = Instant::now();
        store.wait(SHORT).await;
        if start.elapsed() >= SHORT {
            return;
        }
    }
    panic!("something keeps waking the store");
}

async fn wakes_at_once(store: &dyn Store, what: &str) {
    let start = Instant::now();
    store.wait(LONG).await;
    assert!(start.elapsed() < LONG / 2, "{what} did not wake the store");
    quiet(store).await;
}

/// The poll is the floor.
pub async fn waiting_ends_by_itself(store: &dyn Store) {
    let start = Instant::now();

    store.wait(SHORT).await;

    assert!(start.elapsed() < LONG / 2);
}

/// MUST: a write between two calls makes the second return at once; each kind of write that makes accounts due.
pub async fn every_write_that_makes_an_account_due_wakes(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;
    quiet(store).await;

    let user = given::user(store, organization, "E-1").await;
    wakes_at_once(store, "a new user").await;

    let user = given::rename(store, &user, "Ann", after(1)).await;
    wakes_at_once(store, "a changed user").await;

    given::connection(store, organization).await;
    wakes_at_once(store, "a new connection").await;

    let paused = given::pause(store, &connection).await;
    quiet(store).await;
    let resumed = Connection {
        paused: None,
        version: paused.version + 1,
        ..paused.clone()
    };
    store
        .update_connection(&resumed, None, paused.version)
        .await
        .expect("resumed");
    wakes_at_once(store, "a connection that is no longer paused").await;

    store
        .retry_account(organization, user.id, connection.id, after(2))
        .await
        .expect("retried");
    wakes_at_once(store, "a retry").await;

    let claims = given::claims(store, after(3), after(60), 10).await;
    assert_eq!(claims.len(), 2);
    quiet(store).await;
    store.release(&[claims[0].key]).await.expect("released");
    wakes_at_once(store, "a released claim").await;

    given::rename(store, &user, "Bea", after(4)).await;
    quiet(store).await;
    given::record(store, &claims[1], given::IN_SYNC, after(5)).await;
    wakes_at_once(store, "a record of a version that is outdated").await;
}

/// The same for what makes accounts due at connections that take the chosen, and where departures are held.
pub async fn every_assignment_and_approval_that_makes_an_account_due_wakes(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::choosy_connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;
    quiet(store).await;

    given::assign(store, &user, &connection, true, after(1)).await;
    wakes_at_once(store, "an assignment").await;

    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, Settled::Held, after(2)).await;
    quiet(store).await;
    let approved = store.approve(organization, connection.id, after(3)).await;
    assert_eq!(approved.expect("approved"), Some(1));
    wakes_at_once(store, "an approval").await;

    store
        .disown(given::WORKER, &[given::key(&connection)])
        .await
        .expect("disowned");
    wakes_at_once(store, "a connection that others may take over").await;

    given::take(store, &connection, Assignment::All, after(4)).await;
    wakes_at_once(store, "a connection that takes all from now on").await;
}

/// The same for groups, and for users who come back.
pub async fn every_change_of_a_group_that_makes_an_account_due_wakes(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::choosy_connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;
    let group = given::group(store, organization, "Ward", &[&user]).await;
    quiet(store).await;

    given::tie(store, &group, &connection, true, after(1)).await;
    wakes_at_once(store, "a tie").await;

    let group = given::change_members(store, &group, &given::only(&[]), after(2)).await;
    wakes_at_once(store, "a member who goes").await;

    let group = given::change_members(store, &group, &given::come_and_go(&[&user], &[]), after(3)).await;
    wakes_at_once(store, "a member who comes").await;

    given::delete_group(store, &group, after(4)).await;
    wakes_at_once(store, "a group that is deleted").await;

    let group = given::new_group(organization, "Ward");
    given::create_group(store, &group, &given::only(&[&user]))
        .await
        .expect("created");
    quiet(store).await;
    given::tie(store, &group, &connection, true, after(5)).await;
    wakes_at_once(store, "a tie of another group").await;

    let tombstone = given::delete(store, &user, after(6)).await;
    quiet(store).await;
    let back = given::restored(&tombstone, &given::external_id("E-1"), after(7));
    given::restore(store, &back, tombstone.version).await.expect("restored");
    wakes_at_once(store, "a user who comes back").await;
}
