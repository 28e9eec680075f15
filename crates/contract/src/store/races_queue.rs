//! What happens at once to ownership, assignments and records, from two stores on one database as from two processes.

use std::collections::HashSet;
use std::sync::Arc;

use roster_application::ports::{Settled, Settlement, Store};
use roster_domain::{Account, Assignment, Connection, Deed, DriftMode, User};
use uuid::Uuid;

use super::given::{self, IN_SYNC, WORKER, after, key};
use super::races::{Stores, at_once};

async fn account_of(store: &dyn Store, user: &User) -> Option<Account> {
    let mut accounts = store
        .accounts_of_user(user.organization_id, user.id)
        .await
        .expect("read");
    assert!(accounts.len() <= 1);
    accounts.pop()
}

/// MUST: no connection is owned by two at once, whoever asks; and all are owned by somebody.
pub async fn of_many_workers_who_take_connections_each_gets_others(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let mut connections = HashSet::new();
    for _ in 0..24 {
        connections.insert(given::connection(&*stores[0], organization).await.id);
    }
    given::user(&*stores[0], organization, "E-1").await;

    for round in 0..4 {
        let now = after(round * 10);
        let owned = at_once(stores, 16, move |store, _| async move {
            let worker = given::new_id();
            let mut owned = HashSet::new();
            // What is locked by another at this moment is passed by, so once more.
            for _ in 0..6 {
                let more = store.own(worker, now, now + chrono::TimeDelta::seconds(10), 4).await;
                owned.extend(more.expect("owned").iter().map(|owned| owned.connection.id));
            }
            (worker, owned)
        })
        .await;

        let count: usize = owned.iter().map(|(_, owned)| owned.len()).sum();
        assert_eq!(count, 24, "no connection has two owners");
        let all: HashSet<_> = owned.iter().flat_map(|(_, owned)| owned).copied().collect();
        assert_eq!(all, connections, "and none was passed over");
    }
}

/// MUST: whoever keeps a connection whose time is up keeps it, or another took it; never both.
pub async fn a_connection_is_kept_or_taken_over(stores: &Stores) {
    let (connection, _) = given::due_account(&*stores[0]).await;
    let mut owner = WORKER;
    stores[0].own(owner, after(0), after(1), 1).await.expect("owned");
    for round in 1..12 {
        let (now, until) = (after(round * 10), after(round * 10 + 5));
        let heir = given::new_id();
        let key = key(&connection);

        let holds = at_once(stores, 2, move |store, number| {
            async move {
                // Each of them once at the first store and once at the second.
                if (number + usize::try_from(round).expect("a small number")).is_multiple_of(2) {
                    let kept = store.keep(owner, &[key], until).await.expect("kept");
                    (owner, !kept.is_empty())
                } else {
                    let taken = store.own(heir, now, until, 1).await.expect("asked");
                    (heir, !taken.is_empty())
                }
            }
        })
        .await;

        let holders: Vec<Uuid> = holds.iter().filter(|(_, holds)| *holds).map(|(who, _)| *who).collect();
        let mut able = Vec::new();
        for (who, _) in &holds {
            let claims = stores[0].claim(*who, &key, now, until, 1).await.expect("asked");
            let keys: Vec<_> = claims.iter().map(|claim| claim.key).collect();
            if !keys.is_empty() {
                able.push(*who);
            }
            stores[0].release(&keys).await.expect("released");
        }
        assert_eq!(holders, able, "whoever was told so holds it, and nobody else");
        assert!(holders.len() <= 1, "{holders:?}");
        // A row that was locked at that moment was passed by, and the old owner kept it.
        owner = holders.first().copied().unwrap_or(owner);
    }
}

/// MUST: no account is claimed twice at once, although two workers own the connection one after the other.
pub async fn claims_of_successive_owners_never_overlap(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let connection = given::connection(&*stores[0], organization).await;
    for number in 0..40 {
        given::user(&*stores[0], organization, &format!("E-{number}")).await;
    }

    let claimed = at_once(stores, 12, |store, _| {
        let connection = connection.clone();
        async move {
            let worker = given::new_id();
            let mut claimed = Vec::new();
            for _ in 0..40 {
                store.own(worker, after(1), after(60), 1).await.expect("asked");
                let claims = store
                    .claim(worker, &key(&connection), after(1), after(600), 2)
                    .await
                    .expect("asked");
                claimed.extend(claims.iter().map(|claim| claim.user.id));
                store.disown(worker, &[key(&connection)]).await.expect("disowned");
            }
            claimed
        }
    })
    .await
    .concat();

    assert_eq!(
        claimed.iter().collect::<HashSet<_>>().len(),
        claimed.len(),
        "nobody twice"
    );
    let rest = given::claims(&*stores[0], after(2), after(600), 100).await;
    assert_eq!(claimed.len() + rest.len(), 40, "and nobody lost");
}

/// Of many who assign one user and take it off, the history is told of each change once, in turn.
pub async fn assignments_at_once_are_told_once_each(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let connection = given::choosy_connection(&*stores[0], organization).await;
    let user = given::user(&*stores[0], organization, "E-1").await;

    at_once(stores, 30, |store, number| {
        let (connection, user) = (connection.clone(), user.clone());
        async move {
            given::assign(&*store, &user, &connection, number % 3 != 0, after(1)).await;
        }
    })
    .await;

    let account = account_of(&*stores[0], &user).await.expect("an account");
    let entries = stores[0].history(organization, user.id, None, 100).await.expect("read");
    let (mut on, mut off) = (0, 0);
    for entry in entries {
        match entry.event {
            roster_application::ports::HistoryEvent::Change(change) if change.deed == Deed::Assigned => on += 1,
            roster_application::ports::HistoryEvent::Change(change) if change.deed == Deed::Unassigned => off += 1,
            _ => {}
        }
    }
    assert!(on + off >= 1);
    // They take turns, so that the last one is as the account stands, and neither is told twice in a row.
    if account.is_assigned {
        assert!(on == off || on == off + 1, "{on} and {off}");
    } else {
        assert!(off == on || off == on + 1, "{on} and {off}");
    }
}

/// An account that is made by an assignment while its user is changed must catch up with the change.
pub async fn users_that_are_changed_while_they_are_assigned_have_accounts_that_know(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let connection = given::choosy_connection(&*stores[0], organization).await;
    let mut users = Vec::new();
    for number in 0..30 {
        users.push(given::user(&*stores[0], organization, &format!("E-{number}")).await);
    }
    let users: Arc<[User]> = users.into();

    at_once(stores, 60, |store, number| {
        let (users, connection) = (Arc::clone(&users), connection.clone());
        async move {
            let user = &users[number / 2];
            // At each store once, in turn.
            if (number / 2 + number) % 2 == 0 {
                given::rename(&*store, user, "Ann", after(2)).await;
            } else {
                given::assign(&*store, user, &connection, true, after(1)).await;
            }
        }
    })
    .await;

    for user in &*users {
        let account = account_of(&*stores[0], user).await.expect("an account");
        assert_eq!((account.desired_version, account.is_assigned), (2, true));
        assert!(account.next_attempt_at.is_some());
    }
}

/// Either the user is assigned and then deleted, and the account knows; or nobody is assigned any more.
pub async fn users_that_are_deleted_while_they_are_assigned_leave_no_account_behind(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let connection = given::choosy_connection(&*stores[0], organization).await;
    let mut users = Vec::new();
    for number in 0..30 {
        users.push(given::user(&*stores[0], organization, &format!("E-{number}")).await);
    }
    let users: Arc<[User]> = users.into();

    at_once(stores, 60, |store, number| {
        let (users, connection) = (Arc::clone(&users), connection.clone());
        async move {
            let user = &users[number / 2];
            if (number / 2 + number) % 2 == 0 {
                given::delete(&*store, user, after(2)).await;
            } else {
                let change = given::change(Deed::Assigned, 1, after(1));
                let assigned = store.assign(organization, user.id, connection.id, true, &change).await;
                assigned.expect("asked");
            }
        }
    })
    .await;

    for user in &*users {
        if let Some(account) = account_of(&*stores[0], user).await {
            assert_eq!(account.desired_version, 2, "it knows of the deletion");
        }
    }
}

/// MUST: whoever is created while a connection begins to take all users has an account afterwards.
pub async fn users_that_are_made_while_a_connection_begins_to_take_all_have_accounts(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let mut connections = Vec::new();
    for _ in 0..5 {
        connections.push(given::choosy_connection(&*stores[0], organization).await);
    }
    let chosen = given::user(&*stores[0], organization, "E-chosen").await;
    for connection in &connections {
        given::assign(&*stores[0], &chosen, connection, false, after(1)).await;
    }
    let connections: Arc<[Connection]> = connections.into();

    at_once(stores, 50, |store, number| {
        let connections = Arc::clone(&connections);
        async move {
            if number % 10 == 5 {
                given::take(&*store, &connections[number / 10], Assignment::All, after(2)).await;
            } else {
                given::user(&*store, organization, &format!("E-{number}")).await;
            }
        }
    })
    .await;

    let users = stores[0]
        .users(organization, &roster_application::ports::UserQuery::first(100))
        .await
        .expect("read");
    assert_eq!(users.len(), 46);
    for user in users {
        let accounts = stores[0].accounts_of_user(organization, user.id).await.expect("read");
        assert_eq!(accounts.len(), 5, "{:?}", user.profile.external_id);
        assert!(accounts.iter().all(|account| account.is_assigned));
    }
}

/// Whichever comes first, the account is due afterwards, and not believed to be in sync.
pub async fn a_record_and_an_assignment_at_once_leave_the_account_due(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let connection = given::choosy_connection(&*stores[0], organization).await;
    let user = given::user(&*stores[0], organization, "E-1").await;
    given::assign(&*stores[0], &user, &connection, true, after(1)).await;
    let mut is_assigned = true;
    for _ in 0..12 {
        let claim = given::claim(&*stores[0], after(1)).await;
        assert_eq!(claim.account.is_assigned, is_assigned);
        is_assigned = !is_assigned;

        at_once(stores, 2, |store, number| {
            let (claim, user, connection) = (claim.clone(), user.clone(), connection.clone());
            async move {
                if number == 0 {
                    given::record(&*store, &claim, IN_SYNC, after(1)).await;
                } else {
                    given::assign(&*store, &user, &connection, is_assigned, after(1)).await;
                }
            }
        })
        .await;

        let account = account_of(&*stores[0], &user).await.expect("an account");
        assert_eq!(
            (account.is_assigned, account.next_attempt_at),
            (is_assigned, Some(after(1)))
        );
        assert_eq!(account.known.applied_version, 0);
    }
}

/// Records that deliver a password, and changes that set another, wait for each other and not in a circle; the other is
/// kept.
pub async fn passwords_that_are_delivered_and_replaced_at_once_are_kept(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    given::connection(&*stores[0], organization).await;
    let mut users = Vec::new();
    for number in 0..20 {
        let user = given::new_user(organization, &given::external_id(&format!("E-{number}")));
        given::create(&*stores[0], &user, Some(&given::password(1)))
            .await
            .expect("created");
        users.push(user);
    }
    let claims = given::claims(&*stores[0], after(1), after(60), 100).await;
    assert_eq!(claims.len(), 20);

    at_once(stores, 40, |store, number| {
        let claim = claims[number / 2].clone();
        async move {
            if (number / 2 + number) % 2 == 0 {
                let settlement = Settlement {
                    delivered: claim.password.clone(),
                    calls: vec![given::call("create", "done", after(1))],
                    ..given::settlement(&claim, IN_SYNC)
                };
                assert!(store.record(&claim.key, &settlement, after(2)).await.expect("recorded"));
            } else {
                let renamed = given::changed(&claim.user, &given::first_name("Ann"), after(2));
                given::update(&*store, &renamed, 1, Some(&given::password(2)))
                    .await
                    .expect("updated");
            }
        }
    })
    .await;

    let claims = given::claims(&*stores[1], after(3), after(60), 100).await;
    assert_eq!(claims.len(), 20);
    for claim in claims {
        assert_eq!((claim.user.version, claim.password), (2, Some(given::password(2))));
    }
}

/// Whatever comes first, what is approved is not held, and what is held can be approved.
pub async fn departures_that_are_held_and_approved_at_once_are_not_lost(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let connection = given::connection(&*stores[0], organization).await;
    for number in 0..20 {
        given::user(&*stores[0], organization, &format!("E-{number}")).await;
    }
    let claims = given::claims(&*stores[0], after(1), after(60), 100).await;

    let approved = at_once(stores, 30, |store, number| {
        let claim = claims.get(number).cloned();
        async move {
            if let Some(claim) = claim {
                given::record(&*store, &claim, Settled::Held, after(2)).await;
                0
            } else {
                let approved = store.approve(organization, connection.id, after(2)).await;
                approved.expect("approved").expect("the connection")
            }
        }
    })
    .await;

    let before: u64 = approved.iter().sum();
    let rest = stores[0].approve(organization, connection.id, after(3)).await;
    assert_eq!(before + rest.expect("approved").expect("the connection"), 20);
    let due = given::claims(&*stores[1], after(4), after(60), 100).await;
    assert_eq!(due.len(), 20);
    assert!(due.iter().all(|claim| claim.departure_is_approved));
}

/// MUST: no account that comes in sync at the moment at which the connection begins to read accounts back is forgotten.
pub async fn accounts_that_come_in_sync_while_somebody_begins_to_look_are_read_back(stores: &Stores) {
    for _ in 0..4 {
        let organization = given::organization(&*stores[0]).await;
        let plain = given::new_connection(organization);
        let mut off = plain.clone();
        off.options.drift = DriftMode::Off;
        stores[0]
            .create_connection(&off, &given::credentials())
            .await
            .expect("created");
        let mut users = Vec::new();
        for number in 0..24 {
            users.push(given::user(&*stores[0], organization, &format!("E-{number}")).await);
        }
        stores[0].own(WORKER, after(0), after(900), 9).await.expect("owned");

        at_once(stores, 5, |store, number| {
            let off = off.clone();
            async move {
                if number == 0 {
                    let mut on = off.clone();
                    on.options.drift = DriftMode::Repair;
                    on.version += 1;
                    on.updated_at = after(2);
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                    store.update_connection(&on, None, off.version).await.expect("changed");
                    return;
                }
                for _ in 0..12 {
                    converge(&*store, &off, 1).await;
                }
            }
        })
        .await;
        while converge(&*stores[1], &off, 24).await {}

        for user in &users {
            let account = given::account(&*stores[0], user).await;
            assert_eq!(account.known.applied_version, user.version);
            assert!(account.next_attempt_at.is_some(), "nobody would look at it again");
        }
    }
}

/// Does what a worker does with up to so many accounts that are due: as each claim has it, they are read back, or not.
async fn converge(store: &dyn Store, connection: &Connection, limit: u32) -> bool {
    let claims = store
        .claim(WORKER, &key(connection), after(3), after(600), limit)
        .await
        .expect("asked");
    for claim in &claims {
        let read_back_at = (claim.connection.options.drift != DriftMode::Off).then(|| after(500));
        given::record(store, claim, Settled::InSync { read_back_at }, after(3)).await;
    }
    !claims.is_empty()
}
