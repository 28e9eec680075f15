//! Upserts: which user a request means, and what becomes of it when others are faster.

use mockall::Sequence;
use roster_domain::{EmailRule, User, UserChanges};

use super::{lee, users, writes};
use crate::error::{Conflicting, Error};
use crate::ports::{MockUserStore, StoreError, UniqueKey};
use crate::testing::{acting, ann, ann_changes, organization, set, user, user_id};
use crate::users::ROUNDS;

fn finds(store: &mut MockUserStore, by_external_id: Option<User>, by_email: Option<User>) {
    store
        .expect_user_by_external_id()
        .times(1)
        .return_once(move |_, _| Ok(by_external_id));
    store
        .expect_user_by_email()
        .times(1)
        .return_once(move |_, _| Ok(by_email));
}

#[tokio::test]
async fn an_upsert_of_whom_nobody_knows_creates() {
    let mut store = MockUserStore::new();
    finds(&mut store, None, None);
    store.expect_create_user().times(1).return_once(|_| Ok(()));

    let upserted = users(store)
        .upsert(acting(&organization()), "ehr-1", &ann_changes(), EmailRule::MayChange)
        .await
        .expect("created");

    assert!(upserted.created);
    assert_eq!(upserted.revision.user.profile.external_id, ann().profile.external_id);
}

#[tokio::test]
async fn an_upsert_of_a_known_external_id_updates_and_keeps_what_is_left_out() {
    let mut store = MockUserStore::new();
    store
        .expect_user_by_external_id()
        .times(1)
        .return_once(|_, _| Ok(Some(ann())));
    store
        .expect_update_user()
        .withf(|_, expected| *expected == 1)
        .times(1)
        .return_once(|_, _| Ok(()));

    let upserted = users(store)
        .upsert(acting(&organization()), "ehr-1", &lee(), EmailRule::MayChange)
        .await
        .expect("updated");

    assert!(!upserted.created);
    assert_eq!(upserted.revision.user.profile.email, ann().profile.email);
}

#[tokio::test]
async fn an_upsert_that_changes_nothing_is_not_written() {
    let mut store = MockUserStore::new();
    finds(&mut store, Some(ann()), Some(ann()));

    let upserted = users(store)
        .upsert(acting(&organization()), "ehr-1", &ann_changes(), EmailRule::MayChange)
        .await
        .expect("fine");

    assert!(!upserted.created && !upserted.revision.changed);
}

#[tokio::test]
async fn an_upsert_links_the_user_who_has_the_address_and_no_external_id() {
    let unlinked = user(
        1,
        &UserChanges {
            email: set("ann@example.org"),
            ..UserChanges::default()
        },
    );
    let mut store = MockUserStore::new();
    finds(&mut store, None, Some(unlinked));
    store
        .expect_update_user()
        .withf(|write, _| write.user.id == user_id(1) && write.user.profile.external_id == ann().profile.external_id)
        .times(1)
        .return_once(|_, _| Ok(()));

    users(store)
        .upsert(acting(&organization()), "ehr-1", &ann_changes(), EmailRule::MustMatch)
        .await
        .expect("linked");
}

#[tokio::test]
async fn an_upsert_whose_address_goes_with_another_external_id_is_a_conflict_at_once() {
    let other = user(
        2,
        &UserChanges {
            external_id: set("ehr-2"),
            ..ann_changes()
        },
    );
    let mut store = MockUserStore::new();
    finds(&mut store, None, Some(other));

    let failed = users(store)
        .upsert(acting(&organization()), "ehr-1", &ann_changes(), EmailRule::MayChange)
        .await;

    assert!(matches!(failed, Err(Error::Conflict(Conflicting::Email))), "{failed:?}");
}

#[tokio::test]
async fn an_upsert_whose_keys_belong_to_two_users_names_both() {
    let bo = user(
        2,
        &UserChanges {
            external_id: set("ehr-2"),
            email: set("bo@example.org"),
            ..UserChanges::default()
        },
    );
    let mut store = MockUserStore::new();
    finds(&mut store, Some(ann()), Some(bo));
    let changes = UserChanges {
        email: set("bo@example.org"),
        ..UserChanges::default()
    };

    let failed = users(store)
        .upsert(acting(&organization()), "ehr-1", &changes, EmailRule::MayChange)
        .await;

    let expected = Conflicting::TwoUsers {
        external_id: user_id(1),
        email: user_id(2),
    };
    assert!(
        matches!(failed, Err(Error::Conflict(found)) if found == expected),
        "{failed:?}"
    );
}

#[tokio::test]
async fn an_upsert_with_another_address_than_on_file_is_refused_where_it_must_match() {
    let mut store = MockUserStore::new();
    finds(&mut store, Some(ann()), None);
    let changes = UserChanges {
        email: set("ann.lee@example.org"),
        ..UserChanges::default()
    };

    let failed = users(store)
        .upsert(acting(&organization()), "ehr-1", &changes, EmailRule::MustMatch)
        .await;

    assert!(
        matches!(failed, Err(Error::Conflict(Conflicting::EmailDiffers))),
        "{failed:?}"
    );
}

#[tokio::test]
async fn an_upsert_whose_address_must_match_leaves_the_one_on_file_as_it_is_spelt() {
    let mut store = MockUserStore::new();
    finds(&mut store, Some(ann()), Some(ann()));
    let changes = UserChanges {
        email: set("ANN@example.org"),
        ..UserChanges::default()
    };

    let upserted = users(store)
        .upsert(acting(&organization()), "ehr-1", &changes, EmailRule::MustMatch)
        .await
        .expect("it is the same address");

    assert!(!upserted.revision.changed, "nobody is told of a spelling");
}

#[tokio::test]
async fn an_upsert_gives_the_address_to_a_user_who_has_none_on_file() {
    let without = user(
        1,
        &UserChanges {
            external_id: set("ehr-1"),
            ..UserChanges::default()
        },
    );
    let mut store = MockUserStore::new();
    finds(&mut store, Some(without), None);
    store
        .expect_update_user()
        .withf(|write, _| write.user.profile.email == ann().profile.email)
        .times(1)
        .return_once(|_, _| Ok(()));

    users(store)
        .upsert(acting(&organization()), "ehr-1", &ann_changes(), EmailRule::MustMatch)
        .await
        .expect("updated");
}

#[tokio::test]
async fn an_upsert_whose_keys_break_rules_reports_everything_and_asks_nothing() {
    let changes = UserChanges {
        email: set("ann"),
        npi: set("1"),
        ..UserChanges::default()
    };

    let failed = users(MockUserStore::new())
        .upsert(
            acting(&organization()),
            &"x".repeat(257),
            &changes,
            EmailRule::MayChange,
        )
        .await;

    let Err(Error::Invalid(violations)) = failed else {
        panic!("it was taken: {failed:?}")
    };
    assert_eq!(violations.iter().count(), 3);
}

#[tokio::test]
async fn an_upsert_that_somebody_was_faster_than_updates_what_they_made() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    store
        .expect_user_by_external_id()
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(None));
    store
        .expect_create_user()
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_| Err(StoreError::Conflict(UniqueKey::ExternalId)));
    store
        .expect_user_by_external_id()
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(Some(ann())));
    writes(&mut store, &mut order, 1, Err(StoreError::Stale));
    store
        .expect_user_by_external_id()
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(Some(User { version: 2, ..ann() })));
    writes(&mut store, &mut order, 2, Ok(()));

    let upserted = users(store)
        .upsert(acting(&organization()), "ehr-1", &lee(), EmailRule::MayChange)
        .await
        .expect("updated");

    assert_eq!((upserted.created, upserted.revision.user.version), (false, 3));
}

#[tokio::test]
async fn an_upsert_gives_up_after_bounded_rounds() {
    let mut store = MockUserStore::new();
    store
        .expect_user_by_external_id()
        .times(ROUNDS)
        .returning(|_, _| Ok(Some(ann())));
    store
        .expect_update_user()
        .times(ROUNDS)
        .returning(|_, _| Err(StoreError::Stale));

    let failed = users(store)
        .upsert(acting(&organization()), "ehr-1", &lee(), EmailRule::MayChange)
        .await;

    assert!(matches!(failed, Err(Error::Contention)), "{failed:?}");
}

#[tokio::test]
async fn an_upsert_whose_user_is_made_by_another_between_the_two_looks_is_decided_anew() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    for found in [None, Some(ann())] {
        store
            .expect_user_by_external_id()
            .times(1)
            .in_sequence(&mut order)
            .return_once(move |_, _| Ok(found));
        store
            .expect_user_by_email()
            .times(1)
            .in_sequence(&mut order)
            .return_once(|_, _| Ok(Some(ann())));
    }

    let upserted = users(store)
        .upsert(acting(&organization()), "ehr-1", &ann_changes(), EmailRule::MustMatch)
        .await
        .expect("it is the same user");

    assert!(!upserted.created && !upserted.revision.changed);
}
