//! When accounts that are in sync are read back, as their connection's options change.

use chrono::TimeDelta;
use roster_application::ports::{Settled, Settlement, Store};
use roster_domain::{
    Account, AccountStatus, Connection, ConnectionOptions, Drift, DriftMode, OrganizationId, Timestamp, User,
};

use super::given::{self, IN_SYNC, after};

const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// A connection whose accounts are read back every hour, or are not.
async fn connection(store: &dyn Store, organization: OrganizationId, drift: DriftMode) -> Connection {
    let plain = given::new_connection(organization);
    let connection = looking(&plain, drift, 60, plain.created_at);
    let connection = Connection {
        version: 1,
        ..connection
    };
    store
        .create_connection(&connection, &given::credentials())
        .await
        .expect("created");
    connection
}

fn looking(connection: &Connection, drift: DriftMode, read_back_minutes: u32, now: Timestamp) -> Connection {
    Connection {
        options: ConnectionOptions {
            drift,
            read_back_minutes,
            ..connection.options.clone()
        },
        version: connection.version + 1,
        updated_at: now,
        ..connection.clone()
    }
}

/// Stores that a connection's accounts are read back otherwise from a time on.
async fn look(
    store: &dyn Store,
    connection: &Connection,
    drift: DriftMode,
    minutes: u32,
    now: Timestamp,
) -> Connection {
    let changed = looking(connection, drift, minutes, now);
    store
        .update_connection(&changed, None, connection.version)
        .await
        .expect("changed");
    changed
}

/// A user whose account was settled so.
async fn settled(store: &dyn Store, organization: OrganizationId, id: &str, settled: Settled) -> User {
    let user = given::user(store, organization, id).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, settled, after(1)).await;
    user
}

fn in_sync_until(at: Timestamp) -> Settled {
    Settled::InSync { read_back_at: Some(at) }
}

async fn due(store: &dyn Store, user: &User) -> Option<Timestamp> {
    given::account(store, user).await.next_attempt_at
}

/// One after the other, evenly over the interval, the first at once.
pub async fn accounts_in_sync_are_read_back_within_the_interval_once_somebody_looks(store: &dyn Store) {
    for (number, drift) in [DriftMode::Report, DriftMode::Repair].into_iter().enumerate() {
        let organization = given::organization(store).await;
        let off = connection(store, organization, DriftMode::Off).await;
        let mut users = Vec::new();
        for user in 0..4 {
            users.push(settled(store, organization, &format!("E-{number}-{user}"), IN_SYNC).await);
        }
        assert_eq!(due(store, &users[0]).await, None);

        look(store, &off, drift, 60, after(100)).await;

        for (place, user) in (0..).zip(&users) {
            let expected = after(100) + MINUTE * 15 * place;
            assert_eq!(due(store, user).await, Some(expected), "{drift:?}");
        }
        let claim = given::claim(store, after(100)).await;
        assert_eq!((&claim.user, &claim.connection.options.drift), (&users[0], &drift));
        given::record(store, &claim, IN_SYNC, after(100)).await;
    }
}

/// MUST: those that are behind, about which a person is asked, whose user is gone, or never was at the vendor.
pub async fn accounts_that_are_not_in_sync_at_the_vendor_are_left_as_they_are(store: &dyn Store) {
    let organization = given::organization(store).await;
    let off = connection(store, organization, DriftMode::Off).await;
    let asked = settled(store, organization, "asked", given::attention()).await;
    let removed = settled(store, organization, "removed", Settled::Removed).await;
    let held = settled(store, organization, "held", Settled::Held).await;
    let retried = settled(store, organization, "retried", given::retry(after(500), None)).await;
    let absent = given::user(store, organization, "absent").await;
    let claim = given::claim(store, after(1)).await;
    let settlement = given::settlement(&claim, IN_SYNC);
    let mut known = settlement.known.clone();
    known.vendor_user_id = None;
    known.active = None;
    let settlement = Settlement { known, ..settlement };
    assert!(store.record(&claim.key, &settlement, after(1)).await.expect("recorded"));
    let pending = given::user(store, organization, "pending").await;
    let users = [asked, removed, held, retried, absent, pending];
    let mut before = Vec::new();
    for user in &users {
        before.push(given::account(store, user).await);
    }

    let on = look(store, &off, DriftMode::Repair, 60, after(100)).await;
    for (user, before) in users.iter().zip(&before) {
        assert_eq!(given::account(store, user).await, *before);
    }

    look(store, &on, DriftMode::Off, 60, after(200)).await;
    for (user, before) in users.iter().zip(&before) {
        assert_eq!(given::account(store, user).await, *before);
    }
}

/// Nobody who waits for a day must go on waiting when an hour is asked for; whoever comes sooner does so.
pub async fn a_shorter_interval_holds_for_those_that_would_come_later(store: &dyn Store) {
    let organization = given::organization(store).await;
    let daily = connection(store, organization, DriftMode::Repair).await;
    let daily = look(store, &daily, DriftMode::Repair, 24 * 60, after(0)).await;
    let soon = settled(store, organization, "E-1", in_sync_until(after(100) + MINUTE * 20)).await;
    let late = settled(store, organization, "E-2", in_sync_until(after(100) + MINUTE * 61)).await;
    let later = settled(store, organization, "E-3", in_sync_until(after(100) + MINUTE * 900)).await;

    let hourly = look(store, &daily, DriftMode::Repair, 60, after(100)).await;

    assert_eq!(due(store, &soon).await, Some(after(100) + MINUTE * 20));
    assert_eq!(due(store, &late).await, Some(after(100)));
    assert_eq!(due(store, &later).await, Some(after(100) + MINUTE * 30));
    let relaxed = look(store, &hourly, DriftMode::Repair, 24 * 60, after(200)).await;
    look(store, &relaxed, DriftMode::Report, 24 * 60, after(300)).await;
    assert_eq!(
        due(store, &later).await,
        Some(after(100) + MINUTE * 30),
        "from the next one on"
    );
}

/// MUST: whoever has it in hand does not know, and records that there is nothing more to do. Once is enough.
pub async fn an_account_that_is_claimed_when_somebody_begins_to_look_is_due_once_that_is_recorded(store: &dyn Store) {
    for (settled, expected) in [
        (IN_SYNC, Some(after(200))),
        (in_sync_until(after(900)), Some(after(900))),
        (Settled::Removed, None),
        (given::attention(), None),
        (given::retry(after(300), None), Some(after(300))),
    ] {
        let organization = given::organization(store).await;
        let off = connection(store, organization, DriftMode::Off).await;
        let user = given::user(store, organization, "E-1").await;
        let claim = given::claim(store, after(1)).await;

        look(store, &off, DriftMode::Repair, 60, after(100)).await;
        assert_eq!(due(store, &user).await, Some(user.updated_at), "it is claimed");
        given::record(store, &claim, settled.clone(), after(200)).await;

        assert_eq!(due(store, &user).await, expected, "{settled:?}");
        given::rename(store, &user, "Ann", after(201)).await;
        let claim = given::claim(store, after(201)).await;
        assert_eq!(claim.connection.options.drift, DriftMode::Repair);
        given::record(store, &claim, IN_SYNC, after(202)).await;
        assert_eq!(due(store, &user).await, None, "this one knew");
    }
}

/// Its time, failed attempts to look, and what was found: nobody looks, so that nobody could say that it is otherwise now.
pub async fn accounts_in_sync_are_due_no_more_once_nobody_looks(store: &dyn Store) {
    let organization = given::organization(store).await;
    let on = connection(store, organization, DriftMode::Report).await;
    let waiting = settled(store, organization, "E-1", in_sync_until(after(300))).await;
    let drifted = settled(store, organization, "E-2", in_sync_until(after(4))).await;
    let claim = given::claim(store, after(5)).await;
    let settlement = Settlement {
        drift: Some(Drift {
            message: "e-mail".to_owned(),
            since: after(5),
        }),
        ..given::settlement(&claim, IN_SYNC)
    };
    assert!(store.record(&claim.key, &settlement, after(5)).await.expect("recorded"));
    let failing = settled(store, organization, "E-3", in_sync_until(after(4))).await;
    let claim = given::claim(store, after(5)).await;
    given::record(store, &claim, given::retry(after(300), None), after(5)).await;
    let account = given::account(store, &failing).await;
    assert_eq!((account.attempts, account.status()), (3, AccountStatus::InSync));

    let off = look(store, &on, DriftMode::Off, 60, after(100)).await;

    for user in [&waiting, &drifted, &failing] {
        let Account {
            next_attempt_at,
            attempts,
            last_error,
            drift,
            known,
            ..
        } = given::account(store, user).await;
        assert_eq!((next_attempt_at, attempts, last_error, drift), (None, 0, None, None));
        assert_eq!(known.applied_version, user.version);
    }
    assert_eq!(given::next_due(store).await, None);
    look(store, &off, DriftMode::Repair, 60, after(200)).await;
    assert_eq!(
        due(store, &waiting).await,
        Some(after(200)),
        "and again when somebody does"
    );
}

/// Whoever has it in hand says what comes of it.
pub async fn an_account_that_is_claimed_when_nobody_looks_any_more_is_as_its_claim_leaves_it(store: &dyn Store) {
    let organization = given::organization(store).await;
    let on = connection(store, organization, DriftMode::Repair).await;
    let user = settled(store, organization, "E-1", in_sync_until(after(4))).await;
    let claim = given::claim(store, after(5)).await;

    look(store, &on, DriftMode::Off, 60, after(100)).await;
    assert_eq!(
        due(store, &user).await,
        Some(after(4)),
        "should the worker die, another finds it"
    );
    given::record(store, &claim, in_sync_until(after(900)), after(101)).await;

    assert_eq!(due(store, &user).await, Some(after(900)));
    let claim = given::claim(store, after(900)).await;
    assert_eq!(claim.connection.options.drift, DriftMode::Off);
    given::record(store, &claim, IN_SYNC, after(901)).await;
    assert_eq!(due(store, &user).await, None);
}

/// Others' accounts, and changes that have nothing to do with it.
pub async fn read_backs_change_with_their_own_connections_options_only(store: &dyn Store) {
    let organization = given::organization(store).await;
    let mine = connection(store, organization, DriftMode::Off).await;
    let user = settled(store, organization, "E-1", IN_SYNC).await;
    let elsewhere = given::organization(store).await;
    let other = connection(store, elsewhere, DriftMode::Off).await;
    let foreign = settled(store, elsewhere, "E-1", IN_SYNC).await;

    let on = look(store, &other, DriftMode::Repair, 60, after(100)).await;
    assert_eq!(
        (due(store, &user).await, due(store, &foreign).await),
        (None, Some(after(100)))
    );
    let relabelled = Connection {
        label: None,
        ..looking(&mine, DriftMode::Off, 5, after(100))
    };
    store
        .update_connection(&relabelled, None, mine.version)
        .await
        .expect("changed");
    assert_eq!(due(store, &user).await, None);
    let stale = store
        .update_connection(&looking(&mine, DriftMode::Repair, 60, after(101)), None, mine.version)
        .await;
    assert!(stale.is_err(), "somebody was faster");
    assert_eq!(due(store, &user).await, None, "and nothing is written");

    look(store, &relabelled, DriftMode::Off, 60, after(102)).await;
    let relabelled = Connection {
        label: None,
        ..looking(&on, DriftMode::Repair, 60, after(102))
    };
    store
        .update_connection(&relabelled, None, on.version)
        .await
        .expect("changed");
    assert_eq!(due(store, &foreign).await, Some(after(100)));
}
