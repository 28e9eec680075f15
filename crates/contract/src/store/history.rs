//! Histories: who changed a user, and how the vendors took it.

use std::time::Duration;

use roster_application::ports::{
    CallRecord, ChangeRecord, HistoryEntry, HistoryEvent, Settled, Settlement, Store, StoreError, UserWrite,
};
use roster_domain::{Actor, ApiClientId, ConnectionId, Deed, Drift, Surface, User, UserId, Vendor};

use super::given::{self, IN_SYNC, after};

async fn history(store: &dyn Store, user: &User) -> Vec<HistoryEntry> {
    store
        .history(user.organization_id, user.id, None, 1_000)
        .await
        .expect("read")
}

fn ids(entries: &[HistoryEntry]) -> Vec<uuid::Uuid> {
    entries.iter().map(|entry| entry.id).collect()
}

/// Every field, by every surface, of every deed.
pub async fn a_change_comes_back_as_it_was_told(store: &dyn Store) {
    let organization = given::organization(store).await;
    let mut told = Vec::new();
    let user = given::new_user(organization, &given::external_id("E-1"));
    for (number, surface) in Surface::ALL.iter().enumerate() {
        let version = i64::try_from(number).expect("a small number") + 1;
        let change = ChangeRecord {
            id: given::new_id(),
            at: after(version),
            actor: Actor {
                surface: *surface,
                client: (number % 2 == 0).then(|| ApiClientId::new(given::new_id())),
            },
            deed: Deed::ALL[number % Deed::ALL.len()],
            fields: ["email", "first_name"][..number % 3]
                .iter()
                .map(ToString::to_string)
                .collect(),
            connection_id: (number % 2 == 1).then(|| ConnectionId::new(given::new_id())),
            version,
        };
        let user = User {
            version,
            ..user.clone()
        };
        let write = UserWrite {
            user: &user,
            password: None,
            change: &change,
        };
        if number == 0 {
            store.create_user(write).await.expect("created");
        } else {
            store.update_user(write, version - 1).await.expect("updated");
        }
        told.push(HistoryEntry {
            id: change.id,
            event: HistoryEvent::Change(change),
        });
    }

    told.reverse();
    assert_eq!(history(store, &user).await, told);
}

/// All or nothing: a write that is refused tells nothing.
pub async fn a_change_that_is_refused_is_not_told(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = given::user(store, organization, "E-1").await;
    let other = given::user(store, organization, "E-2").await;
    let before = (history(store, &user).await, history(store, &other).await);

    let same = given::new_user(organization, &given::external_id("E-1"));
    let conflict = given::create(store, &same, None).await;
    let absent = given::new_user(organization, &given::in_customer("absent"));
    let reference = given::create(store, &absent, None).await;
    let renamed = given::changed(&user, &given::first_name("Ann"), after(1));
    let stale = given::update(store, &renamed, 7, None).await;
    let taken = given::changed(&other, &given::external_id("E-1"), after(1));
    let taken = given::update(store, &taken, other.version, None).await;

    assert!(matches!(conflict, Err(StoreError::Conflict(_))), "{conflict:?}");
    assert!(matches!(reference, Err(StoreError::Reference)), "{reference:?}");
    assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
    assert_eq!(history(store, &same).await, []);
    assert_eq!(history(store, &absent).await, []);
    assert_eq!((history(store, &user).await, history(store, &other).await), before);
}

/// With the connection and its vendor, to the millisecond.
pub async fn calls_come_back_as_they_were_told(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    let calls = vec![
        CallRecord {
            took: Duration::from_millis(12_345),
            ..given::call("look_up", "absent", after(1))
        },
        CallRecord {
            status: Some(599),
            message: Some("the vendor said: \"nö\"".to_owned()),
            took: Duration::ZERO,
            ..given::call("create", "transient", after(2))
        },
    ];

    let settlement = Settlement {
        calls: calls.clone(),
        ..given::settlement(&claim, given::retry(after(9), None))
    };
    assert!(store.record(&claim.key, &settlement, after(3)).await.expect("recorded"));

    let told: Vec<_> = history(store, &user).await.into_iter().take(2).collect();
    let expected = calls.into_iter().rev().map(|call| HistoryEntry {
        id: call.id,
        event: HistoryEvent::Call {
            connection_id: connection.id,
            vendor: Vendor::NablaCore,
            call,
        },
    });
    assert_eq!(told, expected.collect::<Vec<_>>());
}

/// However it ended, and also where the user was changed since; but not of a claim that no longer holds.
pub async fn calls_are_told_of_every_claim_that_holds(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let mut expected = Vec::new();
    let ends = [
        IN_SYNC,
        given::attention(),
        Settled::GivenBack,
        Settled::Held,
        given::retry(after(1), None),
    ];
    for (version, settled) in ends.into_iter().enumerate() {
        let current = store.user(user.organization_id, user.id).await.expect("read");
        let current = current.expect("the user");
        let claim = given::claim(store, after(1)).await;
        given::rename(store, &current, &format!("Ann {version}"), after(1)).await;
        let call = given::call("update", "done", after(1));
        expected.insert(0, call.id);
        let settlement = Settlement {
            calls: vec![call],
            ..given::settlement(&claim, settled)
        };
        assert!(store.record(&claim.key, &settlement, after(1)).await.expect("recorded"));

        let late = Settlement {
            calls: vec![given::call("update", "late", after(1))],
            ..settlement
        };
        assert!(!store.record(&claim.key, &late, after(1)).await.expect("asked"));
    }

    let told = history(store, &user).await;
    let calls = told
        .into_iter()
        .filter(|entry| matches!(entry.event, HistoryEvent::Call { .. }));
    assert_eq!(calls.map(|entry| entry.id).collect::<Vec<_>>(), expected);
}

/// All or nothing: a record that is refused tells nothing, and what is recorded in its stead tells it once.
pub async fn calls_of_a_record_that_is_refused_are_told_with_the_next(store: &dyn Store) {
    let (_, first) = given::due_account(store).await;
    let claim = given::settle(store, after(1)).await;
    let known = given::settlement(&claim, IN_SYNC).known;
    let second = given::user(store, first.organization_id, "E-2").await;
    let claim = given::claim(store, after(2)).await;
    let call = given::call("look_up", "done", after(2));
    let settlement = Settlement {
        known,
        calls: vec![call.clone()],
        ..given::settlement(&claim, IN_SYNC)
    };

    let refused = store.record(&claim.key, &settlement, after(3)).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(history(store, &second).await.len(), 1);
    let instead = Settlement {
        known: claim.account.known.clone(),
        settled: given::attention(),
        ..settlement
    };
    assert!(store.record(&claim.key, &instead, after(3)).await.expect("recorded"));

    assert_eq!(history(store, &second).await[0].id, call.id);
    assert_eq!(history(store, &second).await.len(), 2);
}

/// A vendor may say anything.
pub async fn a_call_whose_message_has_control_characters_is_told(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    let call = CallRecord {
        message: Some("it said: \0\u{1}é".to_owned()),
        ..given::call("create", "rejected", after(1))
    };
    let drift = Drift {
        message: "changed: \0\u{1}é".to_owned(),
        since: after(1),
    };

    let settlement = Settlement {
        calls: vec![call],
        drift: Some(drift),
        ..given::settlement(&claim, IN_SYNC)
    };
    assert!(store.record(&claim.key, &settlement, after(1)).await.expect("recorded"));

    let told = history(store, &user).await.remove(0).event;
    let HistoryEvent::Call { call, .. } = told else {
        panic!("it was a call: {told:?}")
    };
    assert!(call.message.expect("a message").ends_with("\u{1}é"));
    let drift = given::account(store, &user).await.drift.expect("a drift");
    assert!(drift.message.ends_with("\u{1}é"));
}

/// The newest first, changes and calls together, of that user only; page by page each entry once.
pub async fn a_history_is_read_newest_first_and_page_by_page(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let mut user = user;
    for seconds in 1..6 {
        let claim = given::claim(store, after(seconds)).await;
        let settlement = Settlement {
            calls: vec![
                given::call("look_up", "absent", after(seconds)),
                given::call("update", "done", after(seconds)),
            ],
            ..given::settlement(&claim, IN_SYNC)
        };
        assert!(
            store
                .record(&claim.key, &settlement, after(seconds))
                .await
                .expect("recorded")
        );
        user = given::rename(store, &user, &format!("Ann {seconds}"), after(seconds)).await;
    }
    let other = given::user(store, user.organization_id, "E-2").await;
    let all = history(store, &user).await;
    assert_eq!(all.len(), 16);
    assert!(ids(&all).is_sorted_by(|a, b| a > b));

    for limit in [1, 3, 16] {
        let mut seen = Vec::new();
        while let Ok(page) = store
            .history(
                user.organization_id,
                user.id,
                seen.last().map(|entry: &HistoryEntry| entry.id),
                limit,
            )
            .await
            && !page.is_empty()
        {
            assert!(page.len() <= limit as usize);
            seen.extend(page);
        }
        assert_eq!(seen, all, "{limit}");
    }
    assert_eq!(history(store, &other).await.len(), 1);
    let nobody = store
        .history(user.organization_id, UserId::new(given::new_id()), None, 10)
        .await;
    assert_eq!(nobody.expect("read"), []);
}

/// The history outlives the user, also when the tombstone is forgotten, and the connection.
pub async fn a_history_outlives_the_user_and_the_connection(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    given::delete(store, &user, after(1)).await;
    let claim = given::claim(store, after(2)).await;
    let settlement = Settlement {
        calls: vec![given::call("delete", "done", after(2))],
        ..given::settlement(&claim, Settled::Removed)
    };
    assert!(store.record(&claim.key, &settlement, after(2)).await.expect("recorded"));
    let before = history(store, &user).await;
    assert_eq!(before.len(), 3);

    assert_eq!(store.purge_users(after(100)).await.expect("purged"), 1);
    assert_eq!(history(store, &user).await, before);
    let organization = user.organization_id;
    assert!(
        store
            .delete_connection(organization, connection.id)
            .await
            .expect("deleted")
    );
    assert_eq!(history(store, &user).await, before);
}

/// Those from before the time, of everybody; how many says the count.
pub async fn old_entries_are_forgotten(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    let settlement = Settlement {
        calls: vec![
            given::call("look_up", "absent", after(10)),
            given::call("create", "done", after(20)),
        ],
        ..given::settlement(&claim, IN_SYNC)
    };
    assert!(
        store
            .record(&claim.key, &settlement, after(20))
            .await
            .expect("recorded")
    );
    given::rename(store, &user, "Ann", after(30)).await;
    let elsewhere = given::organization(store).await;
    let stranger = given::user(store, elsewhere, "E-1").await;
    let all = history(store, &user).await;
    assert_eq!(all.len(), 4);

    assert_eq!(
        store.purge_history(given::NOW).await.expect("purged"),
        0,
        "at that time is not before"
    );
    assert_eq!(store.purge_history(after(20)).await.expect("purged"), 3);

    assert_eq!(history(store, &user).await, all[..2]);
    assert_eq!(history(store, &stranger).await, []);
    assert_eq!(store.purge_history(after(31)).await.expect("purged"), 2);
    assert_eq!(history(store, &user).await, []);
}
