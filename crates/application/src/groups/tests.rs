//! The use cases for groups against a scripted store.

use std::sync::Arc;

use mockall::Sequence;
use roster_domain::{ConnectionId, Deed, Group, GroupChanges, GroupId, MemberChanges, UserId};
use rstest::rstest;
use uuid::Uuid;

use super::{Groups, ROUNDS};
use crate::error::{Conflicting, Error, Missing};
use crate::ports::{ChangeRecord, MockGroupStore, StoreError, UniqueKey, without_member};
use crate::testing::{acting, actor, at, clock_at, connection_id, ids, organization, set, user_id};

const ID: GroupId = GroupId::new(Uuid::from_u128(1));

fn groups(store: MockGroupStore) -> Groups {
    Groups::new(Arc::new(store), clock_at(60), ids())
}

fn named(name: &str) -> GroupChanges {
    GroupChanges {
        name: set(name),
        ..GroupChanges::default()
    }
}

fn coming(users: impl IntoIterator<Item = UserId>) -> GroupChanges {
    let mut members = MemberChanges::default();
    members.add(users);
    GroupChanges {
        members,
        ..GroupChanges::default()
    }
}

/// The group that is there, made at second 0.
fn cardiology() -> Group {
    Group::create(ID, organization().id, &named("Cardiology"), at(0)).expect("valid")
}

/// The store has the group at a version, once.
fn reads(store: &mut MockGroupStore, order: &mut Sequence, version: i64) {
    store
        .expect_group()
        .withf(|of, id| (*of, *id) == (organization().id, ID))
        .times(1)
        .in_sequence(order)
        .return_once(move |_, _| {
            Ok(Some(Group {
                version,
                ..cardiology()
            }))
        });
}

/// These are in the group, as often as somebody asks.
fn holds(store: &mut MockGroupStore, members: &[UserId]) {
    let members: Vec<_> = members.iter().map(|user| (ID, *user)).collect();
    store
        .expect_members()
        .withf(|of, groups| (*of, groups) == (organization().id, &[ID]))
        .returning(move |_, _| Ok(members.clone()));
}

fn told(id: u128, deed: Deed, connection_id: Option<ConnectionId>) -> ChangeRecord {
    ChangeRecord {
        id: Uuid::from_u128(id),
        at: at(60),
        actor: actor(),
        deed,
        fields: Vec::new(),
        connection_id,
        version: 0,
    }
}

#[tokio::test]
async fn a_new_group_is_stored_with_its_members_and_what_they_are_told() {
    let mut store = MockGroupStore::new();
    store
        .expect_missing_users()
        .withf(|of, users| *of == organization().id && users == [user_id(1), user_id(2)])
        .times(1)
        .return_once(|_, _| Ok(Vec::new()));
    store
        .expect_create_group()
        .withf(|write| {
            write.group.id == GroupId::new(Uuid::from_u128(100))
                && write.members.added.len() == 2
                && *write.joined == told(101, Deed::Joined, None)
                && *write.left == told(102, Deed::Left, None)
        })
        .times(1)
        .return_once(|_| Ok(()));
    let changes = GroupChanges {
        name: set("Cardiology"),
        ..coming([user_id(1), user_id(2)])
    };

    let made = groups(store)
        .create(acting(&organization()), &changes)
        .await
        .expect("made");

    assert_eq!(
        (made.name.as_str(), made.version, made.created_at),
        ("Cardiology", 1, at(60))
    );
}

#[tokio::test]
async fn nothing_is_stored_while_somebody_who_comes_is_not_there() {
    let mut store = MockGroupStore::new();
    store
        .expect_missing_users()
        .times(1)
        .return_once(|_, _| Ok(vec![user_id(2)]));
    let changes = GroupChanges {
        name: set("Cardiology"),
        ..coming([user_id(1), user_id(2)])
    };

    let refused = groups(store).create(acting(&organization()), &changes).await;

    let Err(Error::Invalid(violations)) = refused else {
        panic!("it was not refused: {refused:?}")
    };
    let text = violations.to_string();
    assert!(text.starts_with("members "), "{text}");
    assert!(text.contains(&user_id(2).to_string()), "{text}");
}

#[tokio::test]
async fn of_very_many_who_are_not_there_some_are_named() {
    let mut store = MockGroupStore::new();
    store
        .expect_missing_users()
        .times(1)
        .return_once(|_, users| Ok(users.to_vec()));
    let changes = GroupChanges {
        name: set("Cardiology"),
        ..coming((1..=1_000).map(user_id))
    };

    match groups(store).create(acting(&organization()), &changes).await {
        Err(Error::Invalid(violations)) => assert_eq!(violations.iter().count(), 20),
        other => panic!("it was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn who_is_deleted_while_a_group_is_made_is_named_as_well() {
    let mut store = MockGroupStore::new();
    let mut order = Sequence::new();
    let mut answers = |missing: Vec<UserId>| {
        store
            .expect_missing_users()
            .times(1)
            .in_sequence(&mut order)
            .return_once(move |_, _| Ok(missing));
    };
    answers(Vec::new());
    answers(vec![user_id(1)]);
    store
        .expect_create_group()
        .times(1)
        .return_once(|_| Err(StoreError::Reference));
    let changes = GroupChanges {
        name: set("Cardiology"),
        ..coming([user_id(1)])
    };

    let refused = groups(store).create(acting(&organization()), &changes).await;

    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}

#[rstest]
#[case(UniqueKey::GroupExternalId, Conflicting::GroupExternalId)]
#[case(UniqueKey::Id, Conflicting::Id)]
#[tokio::test]
async fn another_group_may_stand_against_a_new_one(#[case] key: UniqueKey, #[case] conflict: Conflicting) {
    let mut store = MockGroupStore::new();
    store
        .expect_create_group()
        .times(1)
        .return_once(move |_| Err(StoreError::Conflict(key)));

    let refused = groups(store)
        .create(acting(&organization()), &named("Cardiology"))
        .await;

    match refused {
        Err(Error::Conflict(found)) => assert_eq!(found, conflict),
        other => panic!("it was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_change_is_decided_anew_when_somebody_was_faster() {
    let (mut store, mut order) = (MockGroupStore::new(), Sequence::new());
    reads(&mut store, &mut order, 1);
    store
        .expect_update_group()
        .withf(|write, expected| (write.group.version, *expected) == (2, 1))
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _| Err(StoreError::Stale));
    reads(&mut store, &mut order, 2);
    store
        .expect_update_group()
        .withf(|write, expected| (write.group.version, *expected) == (3, 2))
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(()));

    let changed = groups(store)
        .update(acting(&organization()), ID, &named("Heart"), None)
        .await;

    assert_eq!(changed.expect("changed").name.as_str(), "Heart");
}

#[tokio::test]
async fn a_change_that_says_nothing_new_is_not_written() {
    let (mut store, mut order) = (MockGroupStore::new(), Sequence::new());
    reads(&mut store, &mut order, 4);
    reads(&mut store, &mut order, 4);

    let same = groups(store)
        .update(acting(&organization()), ID, &named("Cardiology"), None)
        .await;

    assert_eq!(same.expect("unchanged").version, 4);
}

#[tokio::test]
async fn who_is_in_already_comes_no_more_and_is_not_written() {
    let (mut store, mut order) = (MockGroupStore::new(), Sequence::new());
    store
        .expect_members()
        .times(2)
        .returning(|_, _| Ok(vec![(ID, user_id(1))]));
    // Somebody changes the group while it is read, so that it is looked at again.
    for version in [3, 4, 4, 4] {
        reads(&mut store, &mut order, version);
    }

    let same = groups(store)
        .update(acting(&organization()), ID, &coming([user_id(1)]), None)
        .await;

    assert_eq!(same.expect("unchanged").version, 4);
}

#[tokio::test]
async fn a_group_at_another_version_than_expected_is_left_alone() {
    for is_deleted in [false, true] {
        let (mut store, mut order) = (MockGroupStore::new(), Sequence::new());
        reads(&mut store, &mut order, 4);
        let (groups, organization) = (groups(store), organization());
        let acting = acting(&organization);

        let refused = if is_deleted {
            groups.delete(acting, ID, Some(&[2, 3])).await
        } else {
            groups
                .update(acting, ID, &named("Heart"), Some(&[2, 3]))
                .await
                .map(drop)
        };

        assert!(
            matches!(refused, Err(Error::VersionMismatch { current: 4 })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn somebody_always_being_faster_is_contention() {
    for is_deleted in [false, true] {
        let mut store = MockGroupStore::new();
        store
            .expect_group()
            .times(ROUNDS)
            .returning(|_, _| Ok(Some(cardiology())));
        store.expect_update_group().returning(|_, _| Err(StoreError::Stale));
        store
            .expect_delete_group()
            .returning(|_, _, _, _| Err(StoreError::Stale));
        let (groups, organization) = (groups(store), organization());
        let acting = acting(&organization);

        let refused = if is_deleted {
            groups.delete(acting, ID, None).await
        } else {
            groups.update(acting, ID, &named("Heart"), None).await.map(drop)
        };

        assert!(matches!(refused, Err(Error::Contention)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_group_is_deleted_at_the_version_it_was_read_at_and_its_members_are_told() {
    let (mut store, mut order) = (MockGroupStore::new(), Sequence::new());
    reads(&mut store, &mut order, 3);
    store
        .expect_delete_group()
        .withf(|of, id, version, left| (*of, *id, *version, left.deed) == (organization().id, ID, 3, Deed::Left))
        .times(1)
        .return_once(|_, _, _, _| Ok(()));

    groups(store)
        .delete(acting(&organization()), ID, Some(&[3]))
        .await
        .expect("deleted");
}

#[rstest]
#[case::tied(true, Deed::Assigned)]
#[case::untied(false, Deed::Unassigned)]
#[tokio::test]
async fn a_tie_tells_everybody_whom_it_concerns(#[case] is_tied: bool, #[case] deed: Deed) {
    let (mut store, mut order) = (MockGroupStore::new(), Sequence::new());
    reads(&mut store, &mut order, 1);
    store
        .expect_tie()
        .withf(move |of, id, connection, tied, change| {
            (*of, *id, *connection, *tied) == (organization().id, ID, connection_id(), is_tied)
                && *change == told(100, deed, Some(connection_id()))
        })
        .times(1)
        .return_once(|_, _, _, _, _| Ok(()));

    let tied = groups(store)
        .tie(acting(&organization()), ID, connection_id(), is_tied)
        .await;

    tied.expect("tied");
}

#[tokio::test]
async fn what_there_is_none_of_cannot_be_tied() {
    let mut no_group = MockGroupStore::new();
    no_group.expect_group().times(1).return_once(|_, _| Ok(None));
    let (mut no_connection, mut order) = (MockGroupStore::new(), Sequence::new());
    reads(&mut no_connection, &mut order, 1);
    reads(&mut no_connection, &mut order, 1);
    no_connection
        .expect_tie()
        .times(1)
        .return_once(|_, _, _, _, _| Err(StoreError::Reference));

    for (store, missing) in [(no_group, Missing::Group), (no_connection, Missing::Connection)] {
        let refused = groups(store)
            .tie(acting(&organization()), ID, connection_id(), true)
            .await;
        match refused {
            Err(Error::NotFound(found)) => assert_eq!(found, missing),
            other => panic!("it was not refused: {other:?}"),
        }
    }
}

#[tokio::test]
async fn members_and_ties_come_by_their_groups_and_nobody_asks_for_those_of_no_group() {
    let other = GroupId::new(Uuid::from_u128(2));
    let mut store = MockGroupStore::new();
    store
        .expect_members()
        .times(1)
        .return_once(move |_, _| Ok(vec![(ID, user_id(1)), (ID, user_id(2)), (other, user_id(1))]));
    store
        .expect_ties()
        .times(1)
        .return_once(|_, _| Ok(vec![(ID, connection_id())]));
    let groups = groups(store);

    let members = groups.members(&organization(), &[ID, other]).await.expect("members");
    let ties = groups.ties(&organization(), &[ID, other]).await.expect("ties");

    assert_eq!(members[&ID], [user_id(1), user_id(2)]);
    assert_eq!(members[&other], [user_id(1)]);
    assert_eq!(
        (ties[&ID].as_slice(), ties.get(&other)),
        ([connection_id()].as_slice(), None)
    );
    assert!(groups.members(&organization(), &[]).await.expect("none").is_empty());
    assert!(groups.ties(&organization(), &[]).await.expect("none").is_empty());
}

#[tokio::test]
async fn who_comes_and_goes_is_told_with_the_change() {
    let (mut store, mut order) = (MockGroupStore::new(), Sequence::new());
    holds(&mut store, &[user_id(2)]);
    reads(&mut store, &mut order, 1);
    store
        .expect_missing_users()
        .withf(|of, users| *of == organization().id && users == [user_id(1)])
        .times(1)
        .return_once(|_, _| Ok(Vec::new()));
    store
        .expect_update_group()
        .withf(|write, expected| {
            let (added, removed) = (&write.members.added, &write.members.removed);
            *expected == 1
                && (write.group.version, write.group.updated_at) == (2, at(60))
                && added.iter().eq([&user_id(1)])
                && removed.iter().eq([&user_id(2)])
                && *write.joined == told(100, Deed::Joined, None)
                && *write.left == told(101, Deed::Left, None)
        })
        .times(1)
        .return_once(|_, _| Ok(()));
    let mut changes = coming([user_id(1)]);
    changes.members.remove([user_id(2)]);

    groups(store)
        .update(acting(&organization()), ID, &changes, None)
        .await
        .expect("changed");
}

#[tokio::test]
async fn nothing_is_changed_while_somebody_who_comes_is_not_there() {
    let (mut store, mut order) = (MockGroupStore::new(), Sequence::new());
    holds(&mut store, &[]);
    reads(&mut store, &mut order, 1);
    store
        .expect_missing_users()
        .times(1)
        .return_once(|_, _| Ok(vec![user_id(1)]));

    let refused = groups(store)
        .update(acting(&organization()), ID, &coming([user_id(1)]), None)
        .await;

    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}

#[tokio::test]
async fn who_is_deleted_while_a_group_is_changed_is_named_as_well() {
    let (mut store, mut order) = (MockGroupStore::new(), Sequence::new());
    holds(&mut store, &[]);
    for missing in [Vec::new(), vec![user_id(1)]] {
        reads(&mut store, &mut order, 1);
        store
            .expect_missing_users()
            .times(1)
            .in_sequence(&mut order)
            .return_once(move |_, _| Ok(missing));
    }
    store
        .expect_update_group()
        .times(1)
        .return_once(|_, _| Err(StoreError::Reference));

    let refused = groups(store)
        .update(acting(&organization()), ID, &coming([user_id(1)]), None)
        .await;

    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}

#[tokio::test]
async fn another_group_may_stand_against_a_change() {
    let (mut store, mut order) = (MockGroupStore::new(), Sequence::new());
    reads(&mut store, &mut order, 1);
    store
        .expect_update_group()
        .times(1)
        .return_once(|_, _| Err(StoreError::Conflict(UniqueKey::GroupExternalId)));
    let changes = GroupChanges {
        external_id: set("G-1"),
        ..GroupChanges::default()
    };

    let refused = groups(store).update(acting(&organization()), ID, &changes, None).await;

    assert!(
        matches!(refused, Err(Error::Conflict(Conflicting::GroupExternalId))),
        "{refused:?}"
    );
}

#[rstest]
#[case::changed(false)]
#[case::deleted(true)]
#[tokio::test]
async fn of_two_who_expect_one_version_the_second_is_told_the_newer_one(#[case] is_deleted: bool) {
    let (mut store, mut order) = (MockGroupStore::new(), Sequence::new());
    for version in [3, 4] {
        reads(&mut store, &mut order, version);
    }
    store.expect_update_group().returning(|_, _| Err(StoreError::Stale));
    store
        .expect_delete_group()
        .returning(|_, _, _, _| Err(StoreError::Stale));
    let (groups, organization) = (groups(store), organization());
    let acting = acting(&organization);

    let refused = if is_deleted {
        groups.delete(acting, ID, Some(&[2, 3])).await
    } else {
        let changed = groups.update(acting, ID, &named("Heart"), Some(&[2, 3])).await;
        changed.map(drop)
    };

    assert!(
        matches!(refused, Err(Error::VersionMismatch { current: 4 })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn where_there_is_no_group_nothing_is_read_changed_or_deleted() {
    let mut store = MockGroupStore::new();
    store.expect_group().times(3).returning(|_, _| Ok(None));
    let (groups, organization) = (groups(store), organization());
    let acting = acting(&organization);

    for outcome in [
        groups.get(&organization, ID).await.map(drop),
        groups.update(acting, ID, &named("Heart"), None).await.map(drop),
        groups.delete(acting, ID, None).await,
    ] {
        assert!(matches!(outcome, Err(Error::NotFound(Missing::Group))), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_group_that_is_deleted_while_it_is_tied_is_what_is_missing() {
    let (mut store, mut order) = (MockGroupStore::new(), Sequence::new());
    reads(&mut store, &mut order, 1);
    store
        .expect_tie()
        .times(1)
        .return_once(|_, _, _, _, _| Err(StoreError::Reference));
    store
        .expect_group()
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(None));

    let refused = groups(store)
        .tie(acting(&organization()), ID, connection_id(), true)
        .await;

    assert!(matches!(refused, Err(Error::NotFound(Missing::Group))), "{refused:?}");
}

#[tokio::test]
async fn a_store_that_cannot_answer_is_not_asked_again() {
    let (mut store, mut order) = (MockGroupStore::new(), Sequence::new());
    for version in 1..=3 {
        reads(&mut store, &mut order, version);
    }
    let unavailable = || StoreError::Unavailable("no answer".into());
    store
        .expect_update_group()
        .times(1)
        .return_once(move |_, _| Err(unavailable()));
    store
        .expect_delete_group()
        .times(1)
        .return_once(move |_, _, _, _| Err(unavailable()));
    store
        .expect_tie()
        .times(1)
        .return_once(move |_, _, _, _, _| Err(unavailable()));
    let (groups, organization) = (groups(store), organization());
    let acting = acting(&organization);

    for outcome in [
        groups.update(acting, ID, &named("Heart"), None).await.map(drop),
        groups.delete(acting, ID, None).await,
        groups.tie(acting, ID, connection_id(), true).await,
    ] {
        assert!(
            matches!(outcome, Err(Error::Store(StoreError::Unavailable(_)))),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_group_that_loses_a_deleted_member_is_a_version_on_and_otherwise_the_same() {
    let group = cardiology();

    let left = without_member(&group, at(90));

    let expected = Group {
        version: 2,
        updated_at: at(90),
        ..group
    };
    assert_eq!(left, expected);
}

#[test]
fn what_follows_from_a_change_is_told_behind_it_in_order() {
    let change = told(7, Deed::Deleted, None);

    let ids = [change.id, change.following(0), change.following(1)];

    assert!(ids.is_sorted_by(|earlier, later| earlier < later), "{ids:?}");
}
