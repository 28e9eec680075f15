//! The queue: who works on which connection.

use roster_application::ports::{ClaimKey, ConnectionKey, Store};
use roster_domain::{Connection, ConnectionId, Timestamp};
use uuid::Uuid;

use super::given::{self, NOW, WORKER, after, key};

const OTHER: Uuid = Uuid::from_u128(0x019B_8D3A_0000_7000_8000_0000_0000_00BB);

/// Takes what there is, for ten seconds.
async fn own(store: &dyn Store, worker: Uuid, now: Timestamp) -> Vec<Connection> {
    take(store, worker, now, now + TEN_SECONDS, 10).await
}

async fn take(store: &dyn Store, worker: Uuid, now: Timestamp, until: Timestamp, limit: u32) -> Vec<Connection> {
    let owned = store.own(worker, now, until, limit).await.expect("owned");
    owned.into_iter().map(|owned| owned.connection).collect()
}

/// Takes what there is, and tells until when the vendor of each is not to be called.
async fn not_before(store: &dyn Store, worker: Uuid, now: Timestamp) -> Vec<(ConnectionId, Option<Timestamp>)> {
    let owned = store.own(worker, now, now + TEN_SECONDS, 10).await.expect("owned");
    let mut owned: Vec<_> = owned
        .into_iter()
        .map(|owned| (owned.connection.id, owned.not_before))
        .collect();
    owned.sort_unstable();
    owned
}

const TEN_SECONDS: chrono::TimeDelta = chrono::TimeDelta::seconds(10);

async fn can_claim(store: &dyn Store, worker: Uuid, connection: &Connection, now: Timestamp) -> bool {
    let claims = store
        .claim(worker, &key(connection), now, now + TEN_SECONDS, 10)
        .await
        .expect("asked");
    let keys: Vec<ClaimKey> = claims.iter().map(|claim| claim.key).collect();
    store.release(&keys).await.expect("released");
    !claims.is_empty()
}

/// As it was stored, to the last option.
pub async fn a_connection_at_which_an_account_is_due_is_owned(store: &dyn Store) {
    let (connection, _) = given::due_account(store).await;
    let just_before = NOW - chrono::TimeDelta::microseconds(1);

    assert_eq!(own(store, WORKER, just_before).await, [], "nothing is due");
    assert_eq!(own(store, WORKER, NOW).await, [connection]);
}

/// Nothing is to be done where everything is settled, or in somebody's hands.
pub async fn a_connection_at_which_nothing_is_due_is_not_owned(store: &dyn Store) {
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    assert_eq!(own(store, WORKER, NOW).await, [], "nobody is there");

    given::user(store, organization, "E-1").await;
    let claim = given::claim(store, after(1)).await;
    store.disown(WORKER, &[key(&claim.connection)]).await.expect("disowned");
    assert_eq!(own(store, WORKER, after(2)).await, [], "the account is leased");
    assert_eq!(own(store, WORKER, after(61)).await.len(), 1, "its lease is over");

    given::record(store, &claim, given::IN_SYNC, after(62)).await;
    store.disown(WORKER, &[key(&claim.connection)]).await.expect("disowned");
    assert_eq!(own(store, WORKER, after(63)).await, [], "all is in sync");
}

/// MUST: pass over paused connections.
pub async fn a_paused_connection_is_not_owned(store: &dyn Store) {
    let (connection, _) = given::due_account(store).await;
    let paused = given::pause(store, &connection).await;

    assert_eq!(own(store, WORKER, after(2)).await, []);

    let resumed = Connection {
        paused: None,
        version: paused.version + 1,
        ..paused.clone()
    };
    store
        .update_connection(&resumed, None, paused.version)
        .await
        .expect("resumed");
    assert_eq!(own(store, WORKER, after(2)).await, [resumed]);
}

/// MUST: pass over what another worker owns, until its time is up.
pub async fn a_connection_has_one_owner_until_the_time_is_up(store: &dyn Store) {
    let (connection, _) = given::due_account(store).await;
    assert_eq!(own(store, WORKER, after(0)).await.len(), 1);

    assert_eq!(own(store, OTHER, after(9)).await, [], "it is owned");
    assert!(can_claim(store, WORKER, &connection, after(9)).await);
    assert!(!can_claim(store, OTHER, &connection, after(9)).await);

    assert_eq!(own(store, OTHER, after(10)).await.len(), 1, "the time is up");
    assert!(!can_claim(store, WORKER, &connection, after(10)).await);
    assert!(can_claim(store, OTHER, &connection, after(10)).await);
    assert_eq!(own(store, WORKER, after(11)).await, []);
}

/// Those that the worker owns already are among those that it gets, and are owned for longer.
pub async fn what_a_worker_owns_already_is_extended(store: &dyn Store) {
    let (connection, _) = given::due_account(store).await;
    own(store, WORKER, after(0)).await;

    assert_eq!(own(store, WORKER, after(8)).await, [connection]);

    assert_eq!(own(store, OTHER, after(17)).await, []);
    assert_eq!(own(store, OTHER, after(18)).await.len(), 1);
}

/// Up to the limit, the longest due first; what the worker has already does not keep it from the rest.
pub async fn connections_are_owned_up_to_a_limit_until_all_are(store: &dyn Store) {
    let mut due = Vec::new();
    for (number, seconds) in [30, 10, 20].into_iter().enumerate() {
        let organization = given::organization(store).await;
        let connection = given::connection(store, organization).await;
        let user = given::user(store, organization, &format!("E-{number}")).await;
        given::rename(store, &user, "Ann", after(seconds)).await;
        due.push((seconds, connection));
    }
    due.sort_unstable_by_key(|(seconds, _)| *seconds);

    let first = take(store, WORKER, after(40), after(60), 2).await;
    let second = take(store, WORKER, after(41), after(61), 2).await;

    assert_eq!(first, [due[0].1.clone(), due[1].1.clone()]);
    assert_eq!(second, [due[2].1.clone(), due[0].1.clone()]);
}

/// Extended ownership ends when it was extended to.
pub async fn keeping_extends_ownership(store: &dyn Store) {
    let (connection, _) = given::due_account(store).await;
    own(store, WORKER, after(0)).await;

    let kept = store.keep(WORKER, &[key(&connection)], after(50)).await.expect("kept");

    assert_eq!(kept, [key(&connection)]);
    assert_eq!(own(store, OTHER, after(49)).await, []);
    assert!(can_claim(store, WORKER, &connection, after(49)).await);
    assert_eq!(own(store, OTHER, after(50)).await.len(), 1);
}

/// MUST: what another worker took since is not among those that are kept, and stays the other's.
pub async fn keeping_does_not_take_back_what_was_lost(store: &dyn Store) {
    let organization = given::organization(store).await;
    let lost = given::connection(store, organization).await;
    let kept = given::connection(store, organization).await;
    given::user(store, organization, "E-1").await;
    own(store, WORKER, after(0)).await;
    store.keep(WORKER, &[key(&kept)], after(100)).await.expect("kept");
    assert_eq!(own(store, OTHER, after(20)).await, std::slice::from_ref(&lost));
    let never = ConnectionKey {
        connection_id: ConnectionId::new(given::new_id()),
        ..key(&lost)
    };

    let asked = [key(&lost), key(&kept), never];
    let still = store.keep(WORKER, &asked, after(200)).await.expect("asked");

    assert_eq!(still, [key(&kept)]);
    assert!(can_claim(store, OTHER, &lost, after(21)).await);
    assert!(!can_claim(store, WORKER, &lost, after(21)).await);
    assert_eq!(
        own(store, WORKER, after(30)).await.len(),
        2,
        "the other's time is up, too"
    );
}

/// What is not owned is not kept.
pub async fn keeping_takes_nothing_that_is_free(store: &dyn Store) {
    let (connection, _) = given::due_account(store).await;
    assert_eq!(
        store.keep(WORKER, &[key(&connection)], after(50)).await.expect("asked"),
        []
    );
    own(store, WORKER, after(0)).await;
    store.disown(WORKER, &[key(&connection)]).await.expect("disowned");

    let kept = store.keep(WORKER, &[key(&connection)], after(50)).await.expect("asked");

    assert_eq!(kept, []);
    assert_eq!(store.keep(WORKER, &[], after(50)).await.expect("asked"), []);
    assert_eq!(own(store, OTHER, after(1)).await.len(), 1);
}

/// Others can take over at once; what the worker does not own is passed over.
pub async fn disowning_frees_what_the_worker_owns_and_nothing_else(store: &dyn Store) {
    let organization = given::organization(store).await;
    let first = given::connection(store, organization).await;
    given::user(store, organization, "E-1").await;
    own(store, WORKER, after(0)).await;
    let second = given::connection(store, organization).await;
    own(store, OTHER, after(0)).await;

    let both = [key(&first), key(&second)];
    store.disown(WORKER, &both).await.expect("disowned");
    store.disown(WORKER, &both).await.expect("passed over");
    store.disown(WORKER, &[]).await.expect("nothing to do");

    assert!(!can_claim(store, WORKER, &first, after(1)).await);
    assert!(can_claim(store, OTHER, &second, after(1)).await);
    assert_eq!(own(store, OTHER, after(1)).await.len(), 2);
}

/// MUST: claim nothing at a connection that the worker does not own at that time, or that is paused.
pub async fn claiming_needs_ownership_of_a_connection_that_is_not_paused(store: &dyn Store) {
    let (connection, _) = given::due_account(store).await;

    assert!(!can_claim(store, WORKER, &connection, after(1)).await, "nobody owns it");
    own(store, WORKER, after(0)).await;
    assert!(can_claim(store, WORKER, &connection, after(1)).await);
    assert!(
        !can_claim(store, WORKER, &connection, after(10)).await,
        "the time is up, to the second"
    );
    given::pause(store, &connection).await;
    assert!(!can_claim(store, WORKER, &connection, after(1)).await, "it is paused");
}

/// A claim at one connection leaves the others' accounts alone, also those of the same user.
pub async fn claims_at_one_connection_do_not_touch_those_of_another(store: &dyn Store) {
    let organization = given::organization(store).await;
    let first = given::connection(store, organization).await;
    let second = given::connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;
    own(store, WORKER, after(0)).await;

    let claims = store
        .claim(WORKER, &key(&first), after(1), after(60), 10)
        .await
        .expect("claimed");

    assert_eq!(claims.len(), 1);
    assert_eq!((claims[0].key.connection_id, claims[0].user.id), (first.id, user.id));
    assert!(can_claim(store, WORKER, &second, after(1)).await);
    assert!(!can_claim(store, WORKER, &first, after(1)).await, "it is leased");
}

/// Who lost the connection finishes what was begun.
pub async fn a_claim_outlasts_the_ownership_by_which_it_was_made(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    own(store, WORKER, after(0)).await;
    let claims = store
        .claim(WORKER, &key(&connection), after(1), after(60), 10)
        .await
        .expect("claimed");
    store.disown(WORKER, &[key(&connection)]).await.expect("disowned");
    given::user(store, connection.organization_id, "E-2").await;
    assert_eq!(own(store, OTHER, after(2)).await.len(), 1);

    let others = store
        .claim(OTHER, &key(&connection), after(3), after(60), 10)
        .await
        .expect("claimed");
    assert!(others.iter().all(|claim| claim.user.id != user.id), "it is leased");
    given::record(store, &claims[0], given::IN_SYNC, after(4)).await;

    assert_eq!(given::account(store, &user).await.known.applied_version, user.version);
}

/// The account is the connection's owner's again when the connection is made known otherwise.
pub async fn a_change_of_a_connection_leaves_its_owner_alone(store: &dyn Store) {
    let (connection, _) = given::due_account(store).await;
    own(store, WORKER, after(0)).await;

    let relabelled = Connection {
        label: None,
        version: 2,
        ..connection.clone()
    };
    store.update_connection(&relabelled, None, 1).await.expect("updated");

    assert!(can_claim(store, WORKER, &connection, after(5)).await);
    assert_eq!(own(store, OTHER, after(5)).await, []);
    assert_eq!(own(store, WORKER, after(5)).await, [relabelled]);
}

/// The latest that was asked for, over any account, comes with the connection, whoever owns it; until it has come.
pub async fn what_a_vendor_asked_for_is_handed_to_whoever_owns_the_connection(store: &dyn Store) {
    let organization = given::organization(store).await;
    let told = given::connection(store, organization).await.id;
    let other = given::connection(store, organization).await.id;
    for number in 0..4 {
        given::user(store, organization, &format!("E-{number}")).await;
    }
    assert_eq!(not_before(store, WORKER, after(0)).await, [(told, None), (other, None)]);
    let claims = given::claims(store, after(1), after(60), 100).await;
    let mut at_told = claims.iter().filter(|claim| claim.connection.id == told);
    for floor in [Some(after(20)), Some(after(30)), None] {
        let claim = at_told.next().expect("a claim");
        given::record(store, claim, given::retry(after(15), floor), after(2)).await;
    }
    let rest: Vec<ClaimKey> = claims.iter().map(|claim| claim.key).collect();
    store.release(&rest).await.expect("released");

    let both = [(told, Some(after(30))), (other, None)];
    assert_eq!(not_before(store, WORKER, after(3)).await, both, "who heard it");
    let keys = claims.iter().map(|claim| key(&claim.connection)).collect::<Vec<_>>();
    store.disown(WORKER, &keys).await.expect("disowned");
    assert_eq!(not_before(store, OTHER, after(4)).await, both, "who takes over at once");
    assert_eq!(
        not_before(store, WORKER, after(20)).await,
        both,
        "who takes over when the other's time is up"
    );
    assert_eq!(
        not_before(store, WORKER, after(30)).await,
        [(told, None), (other, None)]
    );
}

/// A newer version of the user does not do away with it, nor does a person who asks for another try.
pub async fn what_a_vendor_asked_for_outlives_changes_of_the_user(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, given::retry(after(30), Some(after(30))), after(2)).await;
    given::user(store, connection.organization_id, "E-2").await;

    let renamed = given::rename(store, &user, "Ann", after(3)).await;
    store
        .retry_account(user.organization_id, user.id, connection.id, after(4))
        .await
        .expect("retried");
    assert_eq!(
        not_before(store, WORKER, after(5)).await,
        [(connection.id, Some(after(30)))]
    );

    given::delete(store, &renamed, after(6)).await;
    assert_eq!(
        not_before(store, WORKER, after(7)).await,
        [(connection.id, Some(after(30)))]
    );
}

/// Either the store is one process's own, and its ownership ends, or it is shared, and it is left alone.
pub async fn reclaiming_ends_ownership_or_leaves_it(store: &dyn Store) {
    let (connection, _) = given::due_account(store).await;
    own(store, WORKER, after(0)).await;
    let claims = store
        .claim(WORKER, &key(&connection), after(1), after(60), 10)
        .await
        .expect("claimed");
    assert_eq!(claims.len(), 1);

    let ended = store.reclaim().await.expect("reclaimed");

    assert_eq!(own(store, OTHER, after(2)).await.len() as u64, ended);
}
