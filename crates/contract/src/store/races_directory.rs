//! What happens at once where identity providers write: names, groups, and users who come back.

use std::collections::BTreeSet;

use roster_application::ports::{HistoryEvent, StoreError, UniqueKey};
use roster_domain::{Assignment, Change, Deed, MemberChanges, User, UserChanges};

use super::given::{self, after, come_and_go, only};
use super::races::{Stores, at_once};

/// MUST: of many who create the same `userName` at once, exactly one succeeds.
pub async fn of_many_who_create_one_user_name_one_succeeds(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    given::connection(&*stores[0], organization).await;

    let outcomes = at_once(stores, 20, move |store, number| async move {
        let name = if number % 3 == 0 {
            "Ann@example.org"
        } else {
            "ANN@example.org"
        };
        let changes = UserChanges {
            user_name: Change::Set(name.to_owned()),
            ..given::external_id(&format!("E-{number}"))
        };
        given::create(&*store, &given::new_user(organization, &changes), None).await
    })
    .await;

    let refused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(StoreError::Conflict(UniqueKey::UserName))))
        .count();
    assert_eq!(
        (outcomes.iter().filter(|outcome| outcome.is_ok()).count(), refused),
        (1, 19)
    );
}

/// MUST: a tombstone comes back once.
pub async fn of_many_who_bring_one_user_back_one_succeeds(stores: &Stores) {
    let (_, user) = given::due_account(&*stores[0]).await;
    let tombstone = given::delete(&*stores[0], &user, after(1)).await;

    let outcomes = at_once(stores, 12, |store, number| {
        let back = given::restored(&tombstone, &given::first_name(&format!("Ann {number}")), after(2));
        let expected = tombstone.version;
        async move { given::restore(&*store, &back, expected).await }
    })
    .await;

    let stale = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(StoreError::Stale)))
        .count();
    assert_eq!(
        (outcomes.iter().filter(|outcome| outcome.is_ok()).count(), stale),
        (1, 11)
    );
    let account = given::account(&*stores[1], &user).await;
    assert_eq!((account.desired_version, account.is_assigned), (3, true));
}

/// MUST: each version of a group is written once, with its members.
pub async fn of_many_who_change_one_group_one_succeeds(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let mut users = Vec::new();
    for number in 0..10 {
        users.push(given::user(&*stores[0], organization, &format!("E-{number}")).await);
    }
    let group = given::group(&*stores[0], organization, "Ward", &[]).await;

    let outcomes = at_once(stores, 10, |store, number| {
        let (group, user) = (group.clone(), users[number].clone());
        async move {
            let changed = given::next(&group, after(1));
            given::update_group(&*store, &changed, &come_and_go(&[&user], &[]), group.version).await
        }
    })
    .await;

    let stale = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(StoreError::Stale)))
        .count();
    assert_eq!(
        (outcomes.iter().filter(|outcome| outcome.is_ok()).count(), stale),
        (1, 9)
    );
    let members = stores[1].members(organization, &[group.id]).await.expect("read");
    assert_eq!(members.len(), 1);
}

/// Two groups that are tied to one connection are left, and come into, at once: whoever is in one of them at the end is
/// assigned, and nobody else.
pub async fn users_who_change_groups_at_once_are_assigned_as_they_stand(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let connection = given::choosy_connection(&*stores[0], organization).await;
    let mut users = Vec::new();
    for number in 0..6 {
        users.push(given::user(&*stores[0], organization, &format!("E-{number}")).await);
    }
    let mut groups = Vec::new();
    for number in 0..4 {
        let members: Vec<_> = users.iter().skip(number).take(4).collect();
        let group = given::group(&*stores[0], organization, "Ward", &members).await;
        given::tie(&*stores[0], &group, &connection, true, after(1)).await;
        groups.push(group);
    }

    for round in 0..5 {
        groups = at_once(stores, 4, |store, number| {
            let (group, users) = (groups[number].clone(), users.clone());
            async move {
                let mut coming = BTreeSet::new();
                for (place, user) in users.iter().enumerate() {
                    if (place * 3 + number + round) % 4 == 0 {
                        coming.insert(user.id);
                    }
                }
                let changes = MemberChanges::replaced(coming);
                given::change_members(&*store, &group, &changes, after(2)).await
            }
        })
        .await;
        groups.sort_by_key(|group| group.id);
        let ids: Vec<_> = groups.iter().map(|group| group.id).collect();
        let members = stores[0].members(organization, &ids).await.expect("read");
        for user in &users {
            let is_member = members.iter().any(|(_, member)| *member == user.id);
            let accounts = stores[1].accounts_of_user(organization, user.id).await.expect("read");
            let is_assigned = accounts.iter().any(|account| account.is_assigned);
            assert_eq!(is_assigned, is_member, "round {round}, {}", user.id);
        }
    }
}

/// Assigned one by one, and by a group, at once.
pub async fn users_who_are_chosen_and_leave_a_group_at_once_stay(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let connection = given::choosy_connection(&*stores[0], organization).await;
    for number in 0..8 {
        let user = given::user(&*stores[0], organization, &format!("E-{number}")).await;
        let group = given::group(&*stores[0], organization, "Ward", &[&user]).await;
        given::tie(&*stores[0], &group, &connection, true, after(1)).await;

        at_once(stores, 2, |store, number| {
            let (user, group, connection) = (user.clone(), group.clone(), connection.clone());
            async move {
                if number == 0 {
                    given::assign(&*store, &user, &connection, true, after(2)).await;
                } else {
                    given::change_members(&*store, &group, &only(&[]), after(2)).await;
                }
            }
        })
        .await;

        assert!(given::account(&*stores[0], &user).await.is_assigned);
    }
}

/// Whoever is deleted at that moment is in no group afterwards; whoever is in one is there.
pub async fn users_who_are_deleted_while_they_come_into_a_group_are_in_none(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    for number in 0..12 {
        let user = given::user(&*stores[0], organization, &format!("E-{number}")).await;
        let group = given::group(&*stores[0], organization, "Ward", &[]).await;

        let outcomes = at_once(stores, 2, |store, number| {
            let (user, group) = (user.clone(), group.clone());
            async move {
                if number == 0 {
                    given::update(&*store, &user.delete(after(1)), user.version, None).await
                } else {
                    let changed = given::next(&group, after(1));
                    given::update_group(&*store, &changed, &come_and_go(&[&user], &[]), 1).await
                }
            }
        })
        .await;

        let refused = |outcome: &Result<(), StoreError>| matches!(outcome, Err(StoreError::Reference));
        assert!(
            outcomes.iter().all(|outcome| outcome.is_ok() || refused(outcome)),
            "{outcomes:?}"
        );
        assert_eq!(stores[1].user(organization, user.id).await.expect("read"), None);
        assert_eq!(stores[1].members(organization, &[group.id]).await.expect("read"), []);
    }
}

/// A connection begins to take the chosen, or all, while users come into a group that is tied to it.
pub async fn users_who_come_into_a_group_while_the_connection_changes_are_assigned(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    for round in 0..6 {
        let (from, to) = if round % 2 == 0 {
            (Assignment::All, Assignment::Chosen)
        } else {
            (Assignment::Chosen, Assignment::All)
        };
        let connection = given::taking(&given::new_connection(organization), from);
        stores[0]
            .create_connection(&connection, &given::credentials())
            .await
            .expect("created");
        let user = given::user(&*stores[0], organization, &format!("E-{round}")).await;
        let group = given::group(&*stores[0], organization, "Ward", &[]).await;
        given::tie(&*stores[0], &group, &connection, true, after(1)).await;

        at_once(stores, 2, |store, number| {
            let (user, group, connection) = (user.clone(), group.clone(), connection.clone());
            async move {
                if number == 0 {
                    given::take(&*store, &connection, to, after(2)).await;
                } else {
                    given::change_members(&*store, &group, &come_and_go(&[&user], &[]), after(2)).await;
                }
            }
        })
        .await;

        assert!(account_at(stores, &user, connection.id).await);
    }
}

async fn account_at(stores: &Stores, user: &User, connection: roster_domain::ConnectionId) -> bool {
    let accounts = stores[1]
        .accounts_of_user(user.organization_id, user.id)
        .await
        .expect("read");
    accounts
        .iter()
        .any(|account| account.connection_id == connection && account.is_assigned)
}

/// Ties are made and undone, groups change, and users are changed, all at once: nobody waits in a circle, and the history is
/// told of each change in turn.
pub async fn what_changes_at_once_around_groups_is_told_in_turn(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let connection = given::choosy_connection(&*stores[0], organization).await;
    let mut users = Vec::new();
    for number in 0..8 {
        users.push(given::user(&*stores[0], organization, &format!("E-{number}")).await);
    }
    let all: Vec<&User> = users.iter().collect();
    let mut groups = Vec::new();
    for _ in 0..3 {
        groups.push(given::group(&*stores[0], organization, "Ward", &all).await);
    }

    at_once(stores, 12, |store, number| {
        let (group, connection) = (groups[number % 3].clone(), connection.clone());
        let (user, users) = (users[number % 8].clone(), users.clone());
        async move {
            match number % 4 {
                0 | 1 => given::tie(&*store, &group, &connection, number % 4 == 0, after(1)).await,
                2 => {
                    let changed = given::next(&group, after(1));
                    let rest = only(&users.iter().skip(number % 5).collect::<Vec<_>>());
                    let _ = given::update_group(&*store, &changed, &rest, group.version).await;
                }
                _ => {
                    let renamed = given::changed(&user, &given::first_name("Ann"), after(1));
                    let _ = given::update(&*store, &renamed, user.version, None).await;
                }
            }
        }
    })
    .await;

    for user in &users {
        let history = stores[0].history(organization, user.id, None, 100).await.expect("read");
        let told = history
            .into_iter()
            .filter_map(|entry| match entry.event {
                HistoryEvent::Change(change) if change.connection_id.is_some() => Some(change.deed),
                _ => None,
            })
            .collect::<Vec<_>>();
        let accounts = stores[1].accounts_of_user(organization, user.id).await.expect("read");
        let is_assigned = accounts.first().is_some_and(|account| account.is_assigned);
        let count = |deed| told.iter().filter(|told| **told == deed).count();
        assert_eq!(
            count(Deed::Assigned),
            count(Deed::Unassigned) + usize::from(is_assigned)
        );
    }
}
