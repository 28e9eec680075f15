//! Users who come back, and changes that are decided for the user as it stands.

use std::future::ready;

use mockall::Sequence;
use roster_domain::{Deed, User, UserChanges};
use rstest::rstest;

use super::{reads, users, writes};
use crate::error::{Conflicting, Error};
use crate::ports::{MockUserStore, StoreError, UniqueKey};
use crate::testing::{acting, ann, ann_changes, at, organization, set, user_id};
use crate::users::ROUNDS;

/// What an identity provider says about Ann.
fn from_the_directory() -> UserChanges {
    UserChanges {
        user_name: set("Ann@Example.org"),
        ..ann_changes()
    }
}

fn tombstone() -> User {
    ann().delete(at(30))
}

/// The store is asked who was deleted, and has this one.
fn finds(store: &mut MockUserStore, order: &mut Sequence, found: Option<User>) {
    store
        .expect_deleted_user()
        .withf(|of, external_id, user_name| {
            *of == organization().id
                && external_id.is_some_and(|id| id.as_str() == "ehr-1")
                && user_name.is_some_and(|name| name.as_str() == "Ann@Example.org")
        })
        .times(1)
        .in_sequence(order)
        .return_once(move |_, _, _| Ok(found));
}

#[tokio::test]
async fn who_was_deleted_comes_back_as_the_same_user() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    finds(&mut store, &mut order, Some(tombstone()));
    store
        .expect_restore_user()
        .withf(|write, expected| {
            (write.user.id, write.user.version, *expected) == (user_id(1), 3, 2)
                && (write.change.deed, write.change.version, write.change.at) == (Deed::Restored, 3, at(60))
        })
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(()));

    let back = users(store)
        .create_or_restore(acting(&organization()), &from_the_directory())
        .await
        .expect("restored")
        .user;

    assert_eq!((back.id, back.deleted_at, back.created_at), (user_id(1), None, at(0)));
    let name = back.profile.user_name.expect("a name");
    assert_eq!(name.as_str(), "Ann@Example.org");
}

#[tokio::test]
async fn nobody_having_been_deleted_the_user_is_a_new_one() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    finds(&mut store, &mut order, None);
    store
        .expect_create_user()
        .withf(|write| (write.user.id, write.change.deed) == (user_id(100), Deed::Created))
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_| Ok(()));

    let made = users(store)
        .create_or_restore(acting(&organization()), &from_the_directory())
        .await;

    assert_eq!(made.expect("made").user.id, user_id(100));
}

#[tokio::test]
async fn somebody_else_bringing_the_user_back_at_the_same_time_leaves_a_conflict() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    finds(&mut store, &mut order, Some(tombstone()));
    store
        .expect_restore_user()
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _| Err(StoreError::Stale));
    finds(&mut store, &mut order, None);
    store
        .expect_create_user()
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_| Err(StoreError::Conflict(UniqueKey::UserName)));

    let refused = users(store)
        .create_or_restore(acting(&organization()), &from_the_directory())
        .await;

    assert!(
        matches!(refused, Err(Error::Conflict(Conflicting::UserName))),
        "{refused:?}"
    );
}

#[rstest]
#[case(UniqueKey::ExternalId, Conflicting::ExternalId)]
#[case(UniqueKey::Email, Conflicting::Email)]
#[case(UniqueKey::UserName, Conflicting::UserName)]
#[tokio::test]
async fn another_user_may_stand_against_one_who_comes_back(#[case] key: UniqueKey, #[case] conflict: Conflicting) {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    finds(&mut store, &mut order, Some(tombstone()));
    store
        .expect_restore_user()
        .times(1)
        .return_once(move |_, _| Err(StoreError::Conflict(key)));

    let refused = users(store)
        .create_or_restore(acting(&organization()), &from_the_directory())
        .await;

    match refused {
        Err(Error::Conflict(found)) => assert_eq!(found, conflict),
        other => panic!("it was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_request_that_breaks_rules_brings_nobody_back() {
    for found in [None, Some(tombstone())] {
        let mut store = MockUserStore::new();
        store
            .expect_deleted_user()
            .withf(|_, external_id, user_name| external_id.is_some() && user_name.is_none())
            .times(1)
            .return_once(move |_, _, _| Ok(found));
        let changes = UserChanges {
            user_name: set(""),
            ..ann_changes()
        };

        let refused = users(store).create_or_restore(acting(&organization()), &changes).await;

        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn somebody_always_being_faster_is_contention() {
    let mut store = MockUserStore::new();
    store
        .expect_deleted_user()
        .times(ROUNDS)
        .returning(|_, _, _| Ok(Some(tombstone())));
    store
        .expect_restore_user()
        .times(ROUNDS)
        .returning(|_, _| Err(StoreError::Stale));

    let refused = users(store)
        .create_or_restore(acting(&organization()), &from_the_directory())
        .await;

    assert!(matches!(refused, Err(Error::Contention)), "{refused:?}");
}

/// Ann at a version, with a first name.
fn ann_at(version: i64, first_name: &str) -> User {
    let changes = UserChanges {
        first_name: set(first_name),
        ..ann_changes()
    };
    User {
        version,
        ..crate::testing::user(1, &changes)
    }
}

#[tokio::test]
async fn a_revision_is_decided_for_the_user_as_it_stands_each_time_it_is_read() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    reads(&mut store, &mut order, Some(ann_at(1, "Ann")));
    writes(&mut store, &mut order, 1, Err(StoreError::Stale));
    reads(&mut store, &mut order, Some(ann_at(2, "Anna")));
    writes(&mut store, &mut order, 2, Ok(()));

    let revised = users(store)
        .revise(acting(&organization()), user_id(1), None, |user| {
            let first = user.profile.first_name.as_ref().expect("a name");
            ready(Ok::<_, Error>(UserChanges {
                first_name: set(&format!("{first} B.")),
                ..UserChanges::default()
            }))
        })
        .await
        .expect("revised");

    let first = revised.user.profile.first_name.expect("a name");
    assert_eq!((first.as_str(), revised.user.version), ("Anna B.", 3));
}

#[tokio::test]
async fn nothing_is_decided_for_a_user_at_another_version_than_expected() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    reads(&mut store, &mut order, Some(ann_at(4, "Ann")));

    let refused = users(store)
        .revise(
            acting(&organization()),
            user_id(1),
            Some(&[3]),
            async |_| -> Result<_, Error> { panic!("the user is at another version") },
        )
        .await;

    assert!(
        matches!(refused, Err(Error::VersionMismatch { current: 4 })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_decision_that_cannot_be_made_writes_nothing() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    reads(&mut store, &mut order, Some(ann()));

    let refused = users(store)
        .revise(acting(&organization()), user_id(1), None, |_| {
            ready(Err(Error::Conflict(Conflicting::AmbiguousId)))
        })
        .await;

    assert!(
        matches!(refused, Err(Error::Conflict(Conflicting::AmbiguousId))),
        "{refused:?}"
    );
}
