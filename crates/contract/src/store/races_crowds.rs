//! Crowds: what many ask for at the same moment comes out as if each had asked alone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use roster_application::ports::{HistoryEvent, Store, StoreError, UniqueKey};
use roster_domain::{CustomerId, Deed, ExternalId, OrganizationId, User, UserId, VendorKey, VendorUserId};
use tokio::task::JoinSet;

use super::given::{self, after};
use super::races::{Stores, at_once};
use super::wake::quiet;

/// Longer than any machine is slow, and shorter than the tests' time limit.
const LONG: Duration = Duration::from_secs(20);

/// Asserts that a user is there whole: as it was stored, with an account, and with a history that begins with it.
async fn assert_whole(store: &dyn Store, user: &User) {
    let found = store.user(user.organization_id, user.id).await.expect("read");
    assert_eq!(found.as_ref(), Some(user));
    assert_eq!(given::account(store, user).await.desired_version, user.version);
    let deeds = deeds(store, user).await;
    assert_eq!(
        deeds.last().map(|(deed, version)| (*deed, *version)),
        Some((Deed::Created, 1))
    );
}

/// What the history has of changes of a user, the newest first.
async fn deeds(store: &dyn Store, user: &User) -> Vec<(Deed, i64)> {
    let history = store
        .history(user.organization_id, user.id, None, 100)
        .await
        .expect("read");
    let deeds = history.into_iter().filter_map(|entry| match entry.event {
        HistoryEvent::Change(change) => Some((change.deed, change.version)),
        HistoryEvent::Call { .. } => None,
    });
    deeds.collect()
}

async fn assert_absent(store: &dyn Store, organization: OrganizationId, id: UserId) {
    assert_eq!(store.user(organization, id).await.expect("read"), None);
    let accounts = store.accounts_of_user(organization, id).await.expect("read");
    assert_eq!(accounts, []);
    let history = store.history(organization, id, None, 9).await.expect("read");
    assert_eq!(history, []);
}

/// Each of a few who stand against somebody hears so, and by which key; everybody else gets in.
pub async fn a_crowd_gets_in_but_for_those_who_stand_against_somebody(stores: &Stores) {
    let store = &*stores[0];
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    let mut taken = given::every_field();
    taken.external_id = given::external_id("taken").external_id;
    let before = given::new_user(organization, &taken);
    given::create(store, &before, None).await.expect("created");
    let mut users: Vec<User> = (0..120)
        .map(|number| given::new_user(organization, &given::external_id(&format!("E-{number}"))))
        .collect();
    users[30].profile.external_id.clone_from(&before.profile.external_id);
    users[50].profile.email.clone_from(&before.profile.email);
    users[70].profile.user_name.clone_from(&before.profile.user_name);
    users[80].id = before.id;
    users[90].profile.customer_id = Some(CustomerId::new("nowhere").expect("valid"));
    let crowd = users.clone();

    let outcomes = at_once(stores, users.len(), move |store, number| {
        let user = crowd[number].clone();
        async move { (number, given::create(&*store, &user, None).await) }
    })
    .await;

    for (number, outcome) in outcomes {
        let user = &users[number];
        let is_expected = match number {
            30 => matches!(outcome, Err(StoreError::Conflict(UniqueKey::ExternalId))),
            50 => matches!(outcome, Err(StoreError::Conflict(UniqueKey::Email))),
            70 => matches!(outcome, Err(StoreError::Conflict(UniqueKey::UserName))),
            80 => matches!(outcome, Err(StoreError::Conflict(UniqueKey::Id))),
            90 => matches!(outcome, Err(StoreError::Reference)),
            _ => outcome.is_ok(),
        };
        assert!(is_expected, "number {number} heard {outcome:?}");
        match number {
            80 => {}
            30 | 50 | 70 | 90 => assert_absent(store, organization, user.id).await,
            _ => assert_whole(store, user).await,
        }
    }
    assert_whole(store, &before).await;
}

/// Those who stand against each other may be in one group.
pub async fn of_each_two_in_a_crowd_who_are_alike_one_gets_in(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    given::connection(&*stores[0], organization).await;
    // Of each two, one has the other's id, or the other's external id.
    let users: Vec<User> = (0..80)
        .map(|number| {
            let pair = number / 2;
            if pair % 2 == 0 {
                let id = uuid::Uuid::from_u128(0x019B_8D3A_0000_7000_8000_0000_0000_0000 + pair);
                let user = given::new_user(organization, &given::external_id(&format!("one of all: {number}")));
                User {
                    id: UserId::new(id),
                    ..user
                }
            } else {
                given::new_user(organization, &given::external_id(&format!("one of two: {pair}")))
            }
        })
        .collect();
    let crowd = users.clone();

    // All from one store, so that two who are alike can be in one group.
    let one_store = [Arc::clone(&stores[0]), Arc::clone(&stores[0])];
    let mut outcomes = at_once(&one_store, users.len(), move |store, number| {
        let user = crowd[number].clone();
        async move { (number, given::create(&*store, &user, None).await) }
    })
    .await;
    outcomes.sort_by_key(|(number, _)| *number);

    for pair in outcomes.chunks_exact(2) {
        let [(first, one), (_, other)] = pair else {
            unreachable!("two each")
        };
        let (winner, loser) = if one.is_ok() {
            (&users[*first], other)
        } else {
            (&users[*first + 1], one)
        };
        let key = if (first / 2) % 2 == 0 {
            UniqueKey::Id
        } else {
            UniqueKey::ExternalId
        };
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        assert!(
            matches!(loser, Err(StoreError::Conflict(of)) if *of == key),
            "{loser:?}"
        );
        assert_whole(&*stores[1], winner).await;
    }
}

/// Whoever goes away keeps nobody waiting, and is there whole or not at all.
pub async fn whoever_leaves_a_crowd_keeps_nobody_waiting(stores: &Stores) {
    let store = &stores[0];
    let organization = given::organization(&**store).await;
    given::connection(&**store, organization).await;
    let mut stay = JoinSet::new();
    let mut leave = Vec::new();
    for number in 0..120u64 {
        let user = given::new_user(organization, &given::external_id(&format!("E-{number}")));
        let (store, copy) = (Arc::clone(store), user.clone());
        let create = async move { given::create(&*store, &copy, None).await };
        if number % 3 == 0 {
            // Some leave before they are under way, some while they are.
            let patience = Duration::from_micros(number * 150);
            let left = tokio::spawn(async move { tokio::time::timeout(patience, create).await });
            leave.push((user, left));
        } else {
            stay.spawn(async move {
                create.await.expect("created");
                user
            });
        }
    }

    let stayed = tokio::time::timeout(LONG, stay.join_all())
        .await
        .expect("nobody is left waiting");

    for user in stayed {
        assert_whole(&**store, &user).await;
    }
    for (user, left) in leave {
        let heard = left.await.expect("no panic");
        if store.user(organization, user.id).await.expect("read").is_some() {
            assert_whole(&**store, &user).await;
        } else {
            assert!(heard.is_err(), "whoever heard that it is stored finds it");
        }
    }
    let late = given::user(&**store, organization, "late").await;
    assert_whole(&**store, &late).await;
}

/// Changes of one user that follow upon each other stay in their order, whoever writes at the same time.
pub async fn changes_of_one_user_stay_in_order_in_a_crowd(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    given::connection(&*stores[0], organization).await;

    let users = at_once(stores, 24, move |store, number| async move {
        let mut user = given::user(&*store, organization, &format!("E-{number}")).await;
        for change in 1..=8 {
            user = given::rename(&*store, &user, &format!("Ann {change}"), after(change)).await;
            let found = store.user(organization, user.id).await.expect("read");
            assert_eq!(found.as_ref(), Some(&user), "whoever wrote reads what was written");
        }
        user
    })
    .await;

    for user in users {
        assert_whole(&*stores[1], &user).await;
        let versions: Vec<_> = deeds(&*stores[1], &user)
            .await
            .into_iter()
            .map(|(_, version)| version)
            .collect();
        assert_eq!(versions, (1..=9).rev().collect::<Vec<_>>());
    }
}

/// A look that is begun after a write was acknowledged finds it, whoever looks at the same time, and for whatever.
pub async fn a_crowd_that_looks_finds_all_that_was_written_before(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let elsewhere = given::organization(&*stores[0]).await;
    let known = given::user(&*stores[0], organization, "known").await;

    at_once(stores, 60, move |store, number| {
        let known = known.clone();
        async move {
            let name = format!("E-{number}");
            let external_id = ExternalId::new(name.as_str()).expect("valid");
            let user = given::user(&*store, organization, &name).await;
            let (by_id, by_external_id, other, nobody, another) = tokio::join!(
                store.user(organization, user.id),
                store.user_by_external_id(organization, &external_id),
                store.user(organization, known.id),
                store.user(elsewhere, user.id),
                store.user_by_external_id(elsewhere, &external_id),
            );
            assert_eq!(by_id.expect("read").as_ref(), Some(&user));
            assert_eq!(by_external_id.expect("read").as_ref(), Some(&user));
            assert_eq!(other.expect("read"), Some(known));
            assert_eq!((nobody.expect("read"), another.expect("read")), (None, None));
            given::delete(&*store, &user, after(1)).await;
            let gone = tokio::join!(
                store.user(organization, user.id),
                store.user_by_external_id(organization, &external_id)
            );
            assert_eq!((gone.0.expect("read"), gone.1.expect("read")), (None, None));
        }
    })
    .await;
}

/// MUST: what makes accounts due wakes, however many write.
pub async fn a_crowd_wakes(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    given::connection(&*stores[0], organization).await;
    quiet(&*stores[0]).await;
    let one = [Arc::clone(&stores[0]), Arc::clone(&stores[0])];

    at_once(&one, 40, move |store, number| async move {
        given::user(&*store, organization, &format!("E-{number}")).await;
    })
    .await;

    let start = Instant::now();
    stores[0].wait(LONG).await;
    assert!(start.elapsed() < LONG / 2, "nothing woke the store");
}

/// What comes of many calls at once is recorded as it is for each alone.
pub async fn what_comes_of_many_calls_at_once_is_recorded_for_each(stores: &Stores) {
    let store = &*stores[0];
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    for number in 0..60 {
        given::user(store, organization, &format!("E-{number}")).await;
    }
    let claims = given::claims(store, after(1), after(60), 60).await;
    assert_eq!(claims.len(), 60);
    store.release(&[claims[7].key]).await.expect("released");
    let crowd = claims.clone();

    let outcomes = at_once(stores, claims.len(), move |store, number| {
        let claim = crowd[number].clone();
        async move {
            let key = VendorKey::new(format!("key-{number}"));
            let announced = store.announce(&claim.key, &key, after(120)).await.expect("announced");
            let mut settlement = given::settlement(&claim, given::IN_SYNC);
            settlement.calls = vec![
                given::call("POST user", "created", after(2)),
                given::call("GET user", "found", after(3)),
            ];
            if number % 30 == 20 {
                settlement.known.vendor_user_id = Some(VendorUserId::new("the same"));
            }
            (number, announced, store.record(&claim.key, &settlement, after(4)).await)
        }
    })
    .await;

    let mut conflicts = 0;
    for (number, announced, recorded) in outcomes {
        let claim = &claims[number];
        let account = given::account(store, &claim.user).await;
        let calls = store
            .history(organization, claim.user.id, None, 9)
            .await
            .expect("read")
            .len()
            - 1;
        assert_eq!(announced, number != 7);
        match recorded {
            Ok(true) => {
                assert_eq!(
                    (
                        account.known.applied_version,
                        account.known.intent,
                        account.next_attempt_at
                    ),
                    (1, None, None)
                );
                assert_eq!(calls, 2);
            }
            Ok(false) => assert_eq!((number, calls), (7, 0)),
            Err(StoreError::Conflict(UniqueKey::VendorUserId)) => {
                conflicts += 1;
                assert_eq!(number % 30, 20);
                assert_eq!(account.known.intent, Some(VendorKey::new(format!("key-{number}"))));
                assert_eq!(calls, 0);
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(
        conflicts, 1,
        "of two who say the same of a vendor's user one is believed"
    );
}
