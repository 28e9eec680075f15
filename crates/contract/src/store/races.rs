//! What happens at once, from two stores on one database as from two processes.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use roster_application::ports::{Begun, IdempotencyKey, Store, StoreError, UniqueKey};
use roster_domain::{ApiClientId, User, UserId};
use tokio::task::JoinSet;

use super::given::{self, NOW, after};

pub(super) type Stores = [Arc<dyn Store>; 2];

/// Does the same many times at once, from both stores in turn, and gathers what came of each.
pub(super) async fn at_once<T, F>(stores: &Stores, times: usize, act: impl Fn(Arc<dyn Store>, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut acts = JoinSet::new();
    for number in 0..times {
        acts.spawn(act(Arc::clone(&stores[number % 2]), number));
    }
    acts.join_all().await
}

/// MUST: of many who create the same external id at once, exactly one succeeds.
pub async fn of_fifty_who_create_one_external_id_one_succeeds(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    given::connection(&*stores[0], organization).await;

    let outcomes = at_once(stores, 50, move |store, _| async move {
        given::create(
            &*store,
            &given::new_user(organization, &given::external_id("E-1")),
            None,
        )
        .await
    })
    .await;

    let created = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(StoreError::Conflict(UniqueKey::ExternalId))))
        .count();
    assert_eq!((created, refused), (1, 49));
    let users = stores[1]
        .users(organization, &roster_application::ports::UserQuery::first(9))
        .await
        .expect("read");
    assert_eq!(users.len(), 1);
    given::account(&*stores[1], &users[0]).await;
}

/// The same for e-mail addresses.
pub async fn of_many_who_create_one_email_one_succeeds(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;

    let outcomes = at_once(stores, 20, move |store, number| async move {
        let address = if number % 3 == 0 {
            "Ann@example.org"
        } else {
            "ann@EXAMPLE.org"
        };
        given::create(&*store, &given::new_user(organization, &given::email(address)), None).await
    })
    .await;

    let created = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(StoreError::Conflict(UniqueKey::Email))))
        .count();
    assert_eq!((created, refused), (1, 19));
}

/// Each version is written once.
pub async fn of_many_who_update_one_version_one_succeeds(stores: &Stores) {
    let (_, user) = given::due_account(&*stores[0]).await;

    let outcomes = at_once(stores, 20, move |store, number| {
        let renamed = given::changed(&user, &given::first_name(&format!("Ann {number}")), after(1));
        async move { given::update(&*store, &renamed, 1, None).await }
    })
    .await;

    let updated = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let stale = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(StoreError::Stale)))
        .count();
    assert_eq!((updated, stale), (1, 19));
}

/// MUST: who takes a key that another one has is refused at once, also where that one takes theirs at the same time.
pub async fn who_take_each_others_keys_are_all_refused(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let one = given::user(&*stores[0], organization, "E-1").await;
    let other = given::user(&*stores[0], organization, "E-2").await;
    let taken = [
        given::changed(&one, &given::external_id("E-2"), after(1)),
        given::changed(&other, &given::external_id("E-1"), after(1)),
    ];

    let outcomes = at_once(stores, 40, move |store, number| {
        let taken = taken[number / 2 % 2].clone();
        async move { given::update(&*store, &taken, 1, None).await }
    })
    .await;

    for outcome in outcomes {
        assert!(
            matches!(outcome, Err(StoreError::Conflict(UniqueKey::ExternalId))),
            "{outcome:?}"
        );
    }
    for user in [&one, &other] {
        let found = stores[1].user(organization, user.id).await.expect("read");
        assert_eq!(found.as_ref(), Some(user));
    }
}

/// MUST: a user who is created while a connection is made has an account afterwards.
pub async fn users_and_connections_that_are_made_at_once_do_not_miss_each_other(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;

    at_once(stores, 60, move |store, number| async move {
        if number % 10 == 5 {
            given::connection(&*store, organization).await;
        } else {
            given::user(&*store, organization, &format!("E-{number}")).await;
        }
    })
    .await;

    let connections = stores[0].connections(organization, None, 100).await.expect("read");
    let users = stores[0]
        .users(organization, &roster_application::ports::UserQuery::first(100))
        .await
        .expect("read");
    assert_eq!((connections.len(), users.len()), (6, 54));
    let expected: Vec<_> = connections.iter().map(|connection| connection.id).collect();
    for user in users {
        let accounts = stores[0].accounts_of_user(organization, user.id).await.expect("read");
        assert_eq!(
            accounts.iter().map(|account| account.connection_id).collect::<Vec<_>>(),
            expected
        );
    }
}

/// An account that is made while its user is changed must catch up with the change.
pub async fn users_that_are_changed_while_connections_are_made_have_accounts_that_know(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let mut users = Vec::new();
    for number in 0..40 {
        users.push(given::user(&*stores[0], organization, &format!("E-{number}")).await);
    }
    let users: Arc<[User]> = users.into();

    at_once(stores, 46, |store, number| {
        let users = Arc::clone(&users);
        async move {
            match users.get(number) {
                Some(user) => {
                    let renamed = given::rename(&*store, user, "Ann", after(1)).await;
                    given::rename(&*store, &renamed, "Bea", after(2)).await;
                }
                None => {
                    given::connection(&*store, organization).await;
                }
            }
        }
    })
    .await;

    for user in &*users {
        let accounts = stores[0].accounts_of_user(organization, user.id).await.expect("read");
        assert_eq!(
            accounts
                .iter()
                .map(|account| account.desired_version)
                .collect::<Vec<_>>(),
            [3; 6]
        );
    }
}

/// Whoever is created while a connection is deleted is created, and nothing refers to what is gone.
pub async fn users_that_are_made_while_connections_are_deleted_are_made(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let mut connections = Vec::new();
    for _ in 0..6 {
        connections.push(given::connection(&*stores[0], organization).await.id);
    }
    let doomed: Arc<[_]> = connections.into();

    at_once(stores, 60, |store, number| {
        let doomed = Arc::clone(&doomed);
        async move {
            if number % 10 == 5 {
                assert!(
                    store
                        .delete_connection(organization, doomed[number / 10])
                        .await
                        .expect("deleted")
                );
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
    assert_eq!(users.len(), 54);
    for user in users {
        assert_eq!(
            stores[0].accounts_of_user(organization, user.id).await.expect("read"),
            []
        );
    }
}

/// MUST: no account is claimed twice at once, whoever asks.
pub async fn claims_at_once_never_overlap(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    given::connection(&*stores[0], organization).await;
    let mut users = HashSet::new();
    for number in 0..40 {
        users.insert(given::user(&*stores[0], organization, &format!("E-{number}")).await.id);
    }

    let claimed: Vec<UserId> = at_once(stores, 16, |store, _| async move {
        let mut claimed = Vec::new();
        loop {
            let claims = given::claims(&*store, after(1), after(60), 3).await;
            if claims.is_empty() {
                return claimed;
            }
            claimed.extend(claims.iter().map(|claim| claim.user.id));
        }
    })
    .await
    .concat();

    assert_eq!(claimed.len(), 40, "nobody twice");
    assert_eq!(
        claimed.into_iter().collect::<HashSet<_>>(),
        users,
        "and nobody passed over"
    );
}

/// Whichever comes first, the account is due afterwards, or caught up with the change.
pub async fn a_record_and_an_update_at_once_leave_the_account_due(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    given::connection(&*stores[0], organization).await;
    for round in 0..10 {
        let user = given::user(&*stores[0], organization, &format!("E-{round}")).await;
        let claim = given::claim(&*stores[0], after(1)).await;

        let (first, second) = (Arc::clone(&stores[0]), Arc::clone(&stores[1]));
        let recording = tokio::spawn({
            let claim = claim.clone();
            async move { given::record(&*first, &claim, given::IN_SYNC, after(2)).await }
        });
        let changing = tokio::spawn({
            let user = user.clone();
            async move { given::rename(&*second, &user, "Ann", after(2)).await }
        });
        recording.await.expect("recorded");
        let renamed = changing.await.expect("renamed");

        let next = given::claim(&*stores[0], after(3)).await;
        assert_eq!(next.user, renamed);
        assert_eq!(
            (next.account.known.applied_version, next.account.desired_version),
            (1, 2)
        );
        given::record(&*stores[0], &next, given::IN_SYNC, after(4)).await;
    }
}

/// MUST: `true` exactly once, also when asked many times at once.
pub async fn an_assertion_that_is_used_many_times_at_once_is_used_once(stores: &Stores) {
    let client = ApiClientId::new(given::new_id());

    let outcomes = at_once(stores, 30, move |store, _| async move {
        store
            .use_assertion(client, "once", after(60), NOW)
            .await
            .expect("asked")
    })
    .await;

    assert_eq!(outcomes.into_iter().filter(|used| *used).count(), 1);
}

/// MUST: of many who begin the same key at once, exactly one gets `Now`; of many who find it silent, one resumes it.
pub async fn a_request_that_comes_many_times_at_once_is_begun_once(stores: &Stores) {
    let organization_id = given::organization(&*stores[0]).await;
    let key = IdempotencyKey {
        organization_id,
        key: "1".to_owned(),
        fingerprint: [1; 32],
    };
    let begin = |now, silent_before| {
        let key = key.clone();
        move |store: Arc<dyn Store>, _: usize| {
            let key = key.clone();
            async move {
                store
                    .begin(&key, given::new_id(), now, silent_before)
                    .await
                    .expect("begun")
            }
        }
    };

    let first = at_once(stores, 30, begin(NOW, after(-60))).await;
    let later = at_once(stores, 30, begin(after(90), after(30))).await;

    let started: Vec<_> = first.iter().filter(|begun| **begun != Begun::InProgress).collect();
    let [Begun::Now(id)] = started[..] else {
        panic!("one begins it: {started:?}")
    };
    let resumed: Vec<_> = later.iter().filter(|begun| **begun != Begun::InProgress).collect();
    assert_eq!(resumed, [&Begun::Resumed(*id)]);
}

/// One organization gets the name.
pub async fn of_many_who_create_one_organization_one_succeeds(stores: &Stores) {
    let outcomes = at_once(stores, 20, |store, _| async move {
        let (organization, client, secret) = given::new_organization("default");
        store.create_organization(&organization, &client, &secret).await
    })
    .await;

    let created = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(StoreError::Conflict(UniqueKey::Slug))))
        .count();
    assert_eq!((created, refused), (1, 19));
}

/// MUST: the same key for everybody, also when many ask for it at once.
pub async fn many_who_ask_for_the_key_of_links_get_the_same(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;

    let keys = at_once(stores, 20, move |store, number| async move {
        let fresh = [u8::try_from(number).expect("a small number"); 32];
        store.link_key(organization, fresh).await.expect("asked")
    })
    .await;

    let first = keys[0].expect("a key");
    assert_eq!(keys, [Some(first); 20]);
    assert_eq!(
        stores[1].link_key(organization, [0xFF; 32]).await.expect("asked"),
        Some(first)
    );
}
