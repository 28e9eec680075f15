//! The use cases for users against a scripted store.

mod changes;
mod passwords;
mod restoring;
mod upsert;

use std::sync::Arc;

use mockall::Sequence;
use roster_domain::{Change, PhiGuard, User, UserChanges};
use uuid::Uuid;

use super::{ROUNDS, Users};
use crate::error::{Conflicting, Error, Missing};
use crate::idempotency::Reserved;
use crate::ports::{MockUserStore, StoreError, UniqueKey, UserQuery};
use crate::testing::{acting, ann, ann_changes, at, clock_at, ids, organization, set, user, user_id};

fn users(store: MockUserStore) -> Users {
    Users::new(Arc::new(store), clock_at(60), ids())
}

fn lee() -> UserChanges {
    UserChanges {
        last_name: set("Lee"),
        ..UserChanges::default()
    }
}

/// The store has these users by id, one after another; the last of them may be read no more.
fn reads(store: &mut MockUserStore, order: &mut Sequence, found: Option<User>) {
    store
        .expect_user()
        .withf(|of, id| (*of, *id) == (organization().id, user_id(1)))
        .times(1)
        .in_sequence(order)
        .return_once(move |_, _| Ok(found));
}

/// The user is written, if it is at the version expected.
fn writes(store: &mut MockUserStore, order: &mut Sequence, expected: i64, outcome: Result<(), StoreError>) {
    store
        .expect_update_user()
        .withf(move |write, version| *version == expected && write.user.version == expected + 1)
        .times(1)
        .in_sequence(order)
        .return_once(move |_, _| outcome);
}

#[tokio::test]
async fn a_new_user_is_stored_under_a_new_id_with_the_time_of_now() {
    let mut store = MockUserStore::new();
    store
        .expect_create_user()
        .withf(|write| write.user.id == user_id(100))
        .times(1)
        .return_once(|_| Ok(()));

    let made = users(store)
        .create(acting(&organization()), &ann_changes(), None)
        .await
        .expect("created")
        .user;

    assert_eq!((made.id, made.created_at, made.version), (user_id(100), at(60), 1));
    assert_eq!(made.organization_id, organization().id);
}

#[tokio::test]
async fn a_request_that_breaks_rules_reports_all_of_them_and_stores_nothing() {
    let changes = UserChanges {
        email: set("ann"),
        npi: set("1"),
        ..UserChanges::default()
    };

    let failed = users(MockUserStore::new())
        .create(acting(&organization()), &changes, None)
        .await;

    let Err(Error::Invalid(violations)) = failed else {
        panic!("it was taken: {failed:?}")
    };
    assert_eq!(violations.iter().count(), 2);
}

#[tokio::test]
async fn who_stands_against_a_new_user_is_named() {
    for (key, expected) in [
        (UniqueKey::ExternalId, Conflicting::ExternalId),
        (UniqueKey::Email, Conflicting::Email),
        (UniqueKey::Id, Conflicting::Id),
    ] {
        let mut store = MockUserStore::new();
        store
            .expect_create_user()
            .times(1)
            .return_once(move |_| Err(StoreError::Conflict(key)));

        let failed = users(store).create(acting(&organization()), &ann_changes(), None).await;

        assert!(
            matches!(failed, Err(Error::Conflict(found)) if found == expected),
            "{failed:?}"
        );
    }
}

#[tokio::test]
async fn the_organizations_guard_decides_over_patient_data() {
    let metadata = Change::Set([("ssn".to_owned(), "x".to_owned())].into());
    let changes = UserChanges {
        metadata,
        ..UserChanges::default()
    };
    let mut store = MockUserStore::new();
    store.expect_create_user().times(1).return_once(|_| Ok(()));
    let users = users(store);

    let warned = users
        .create(acting(&organization()), &changes, None)
        .await
        .expect("taken with a warning");
    assert_eq!(warned.suspicions.len(), 1);

    let strict = roster_domain::Organization {
        phi_guard: PhiGuard::Reject,
        ..organization()
    };
    assert!(matches!(
        users.create(acting(&strict), &changes, None).await,
        Err(Error::Invalid(_))
    ));
}

#[tokio::test]
async fn a_request_that_comes_for_the_first_time_makes_the_user_under_its_reserved_id() {
    let mut store = MockUserStore::new();
    store
        .expect_create_user()
        .withf(|write| write.user.id == user_id(7))
        .times(1)
        .return_once(|_| Ok(()));

    let reserved = Some(Reserved::Fresh(Uuid::from_u128(7)));
    users(store)
        .create(acting(&organization()), &ann_changes(), reserved)
        .await
        .expect("created");
}

#[tokio::test]
async fn a_request_that_comes_again_returns_the_user_it_made() {
    let mut store = MockUserStore::new();
    store.expect_user().times(1).return_once(|_, _| Ok(Some(ann())));

    let reserved = Some(Reserved::Resumed(Uuid::from_u128(1)));
    let found = users(store)
        .create(acting(&organization()), &ann_changes(), reserved)
        .await
        .expect("found");

    assert_eq!((found.user, found.changed), (ann(), false));
}

#[tokio::test]
async fn a_request_that_comes_again_and_made_nothing_makes_it_now() {
    let mut store = MockUserStore::new();
    store.expect_user().times(1).return_once(|_, _| Ok(None));
    store
        .expect_create_user()
        .withf(|write| write.user.id == user_id(1))
        .times(1)
        .return_once(|_| Ok(()));

    let reserved = Some(Reserved::Resumed(Uuid::from_u128(1)));
    users(store)
        .create(acting(&organization()), &ann_changes(), reserved)
        .await
        .expect("created");
}

#[tokio::test]
async fn an_update_writes_the_next_version_and_expects_the_one_it_read() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    reads(&mut store, &mut order, Some(ann()));
    writes(&mut store, &mut order, 1, Ok(()));

    let revision = users(store)
        .update(acting(&organization()), user_id(1), &lee(), None)
        .await
        .expect("updated");

    assert!(revision.changed);
    assert_eq!((revision.user.version, revision.user.updated_at), (2, at(60)));
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_not_written() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    reads(&mut store, &mut order, Some(ann()));

    let revision = users(store)
        .update(acting(&organization()), user_id(1), &ann_changes(), None)
        .await
        .expect("fine");

    assert_eq!((revision.changed, revision.user), (false, ann()));
}

#[tokio::test]
async fn an_update_of_an_expected_version_goes_through_and_of_another_does_not() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    reads(&mut store, &mut order, Some(ann()));
    writes(&mut store, &mut order, 1, Ok(()));
    reads(&mut store, &mut order, Some(ann()));
    let users = users(store);

    users
        .update(acting(&organization()), user_id(1), &lee(), Some(&[4, 1]))
        .await
        .expect("it is at version 1");

    let refused = users
        .update(acting(&organization()), user_id(1), &lee(), Some(&[2]))
        .await;
    assert!(
        matches!(refused, Err(Error::VersionMismatch { current: 1 })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_update_that_somebody_was_faster_than_is_decided_anew_so_that_both_hold() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    let faster = ann().update(
        &UserChanges {
            first_name: set("Ann"),
            ..UserChanges::default()
        },
        PhiGuard::Off,
        at(30),
    );
    reads(&mut store, &mut order, Some(ann()));
    writes(&mut store, &mut order, 1, Err(StoreError::Stale));
    reads(&mut store, &mut order, Some(faster.expect("valid").user));
    writes(&mut store, &mut order, 2, Ok(()));

    let both = users(store)
        .update(acting(&organization()), user_id(1), &lee(), None)
        .await
        .expect("updated")
        .user;

    assert_eq!(both.version, 3);
    assert_eq!(both.profile.first_name.expect("theirs").as_str(), "Ann");
    assert_eq!(both.profile.last_name.expect("ours").as_str(), "Lee");
}

#[tokio::test]
async fn an_expected_version_that_somebody_overtook_is_refused_and_not_retried() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    reads(&mut store, &mut order, Some(ann()));
    writes(&mut store, &mut order, 1, Err(StoreError::Stale));
    reads(&mut store, &mut order, Some(User { version: 2, ..ann() }));

    let refused = users(store)
        .update(acting(&organization()), user_id(1), &lee(), Some(&[1]))
        .await;

    assert!(
        matches!(refused, Err(Error::VersionMismatch { current: 2 })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_update_gives_up_after_bounded_rounds() {
    let mut store = MockUserStore::new();
    store.expect_user().times(ROUNDS).returning(|_, _| Ok(Some(ann())));
    store
        .expect_update_user()
        .times(ROUNDS)
        .returning(|_, _| Err(StoreError::Stale));

    let failed = users(store)
        .update(acting(&organization()), user_id(1), &lee(), None)
        .await;

    assert!(matches!(failed, Err(Error::Contention)), "{failed:?}");
}

#[tokio::test]
async fn a_user_who_is_not_there_is_not_found() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    reads(&mut store, &mut order, None);
    reads(&mut store, &mut order, None);
    let users = users(store);

    let failed = users.update(acting(&organization()), user_id(1), &lee(), None).await;
    assert!(matches!(failed, Err(Error::NotFound(Missing::User))), "{failed:?}");
    let failed = users.get(&organization(), user_id(1)).await;
    assert!(matches!(failed, Err(Error::NotFound(Missing::User))), "{failed:?}");
}

#[tokio::test]
async fn a_conflict_of_an_update_is_named() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    reads(&mut store, &mut order, Some(ann()));
    writes(&mut store, &mut order, 1, Err(StoreError::Conflict(UniqueKey::Email)));
    let changes = UserChanges {
        email: set("bo@example.org"),
        ..UserChanges::default()
    };

    let failed = users(store)
        .update(acting(&organization()), user_id(1), &changes, None)
        .await;

    assert!(matches!(failed, Err(Error::Conflict(Conflicting::Email))), "{failed:?}");
}

#[tokio::test]
async fn a_deactivated_user_is_written_once_and_then_left_alone() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    reads(&mut store, &mut order, Some(ann()));
    writes(&mut store, &mut order, 1, Ok(()));
    reads(
        &mut store,
        &mut order,
        Some(User {
            active: false,
            version: 2,
            ..ann()
        }),
    );
    let users = users(store);

    let once = users
        .set_active(acting(&organization()), user_id(1), false, None)
        .await
        .expect("deactivated");
    let twice = users
        .set_active(acting(&organization()), user_id(1), false, None)
        .await
        .expect("was deactivated");

    assert_eq!((once.user.active, once.changed, twice.changed), (false, true, false));
}

#[tokio::test]
async fn a_deleted_user_is_written_as_a_tombstone_of_the_next_version() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    reads(&mut store, &mut order, Some(ann()));
    store
        .expect_update_user()
        .withf(|write, expected| (write.user.deleted_at, write.user.version, *expected) == (Some(at(60)), 2, 1))
        .times(1)
        .return_once(|_, _| Ok(()));

    users(store)
        .delete(acting(&organization()), user_id(1), None)
        .await
        .expect("deleted");
}

#[tokio::test]
async fn an_external_id_that_no_user_can_have_is_not_found_without_a_question() {
    let failed = users(MockUserStore::new())
        .get_by_external_id(&organization(), &"x".repeat(257))
        .await;
    assert!(matches!(failed, Err(Error::NotFound(Missing::User))), "{failed:?}");
}

#[tokio::test]
async fn a_page_is_what_the_store_says_for_the_callers_organization() {
    let mut store = MockUserStore::new();
    store
        .expect_users()
        .withf(|of, query| *of == organization().id && *query == UserQuery::first(20))
        .times(1)
        .return_once(|_, _| Ok(vec![ann()]));

    let page = users(store)
        .list(&organization(), &UserQuery::first(20))
        .await
        .expect("a page");

    assert_eq!(page, [ann()]);
}

#[tokio::test]
async fn a_store_that_fails_is_not_taken_for_an_absent_user() {
    let mut store = MockUserStore::new();
    store
        .expect_user()
        .times(1)
        .return_once(|_, _| Err(StoreError::Unavailable("gone".into())));

    let failed = users(store).get(&organization(), user_id(1)).await;

    assert!(
        matches!(failed, Err(Error::Store(StoreError::Unavailable(_)))),
        "{failed:?}"
    );
}

/// A store in which user 1 is Ann, and in which somebody has this text for an external id.
fn ann_and(external_id: &str, whose: u128) -> MockUserStore {
    let mut store = MockUserStore::new();
    let other = user(
        whose,
        &UserChanges {
            external_id: set(external_id),
            ..UserChanges::default()
        },
    );
    let text = external_id.to_owned();
    store.expect_user().returning(|_, id| Ok((id == user_id(1)).then(ann)));
    store
        .expect_user_by_external_id()
        .returning(move |_, given| Ok((given.as_str() == text).then(|| other.clone())));
    store
}

#[tokio::test]
async fn a_user_is_found_by_either_kind_of_id() {
    let users = users(ann_and("ehr-2", 2));
    let id = user_id(1).to_string();

    for (name, expected) in [(id.as_str(), 1), (&id.to_uppercase(), 1), ("ehr-2", 2)] {
        let found = users.find(&organization(), name).await.expect(name);
        assert_eq!(found.id, user_id(expected), "{name}");
    }
}

#[tokio::test]
async fn an_external_id_that_looks_like_one_of_rosters_ids_is_found_all_the_same() {
    let text = user_id(77).to_string();

    let found = users(ann_and(&text, 2)).find(&organization(), &text).await;

    assert_eq!(found.expect("found").id, user_id(2));
}

#[tokio::test]
async fn a_name_that_is_one_users_id_and_anothers_external_id_is_refused() {
    let text = user_id(1).to_string();

    let failed = users(ann_and(&text, 2)).find(&organization(), &text).await;

    assert!(
        matches!(failed, Err(Error::Conflict(Conflicting::AmbiguousId))),
        "{failed:?}"
    );
}

#[tokio::test]
async fn another_form_of_a_uuid_is_no_id_of_ours() {
    let users = users(ann_and("ehr-2", 2));
    let id = user_id(1).to_string();

    for form in [id.replace('-', ""), format!("{{{id}}}"), format!("urn:uuid:{id}")] {
        let failed = users.find(&organization(), &form).await;
        assert!(
            matches!(failed, Err(Error::NotFound(Missing::User))),
            "{form}: {failed:?}"
        );
    }
}

#[tokio::test]
async fn a_customer_that_is_not_there_is_named_when_a_user_is_made_in_it() {
    let mut store = MockUserStore::new();
    store
        .expect_create_user()
        .times(1)
        .return_once(|_| Err(StoreError::Reference));
    let changes = UserChanges {
        customer_id: set("contoso"),
        ..ann_changes()
    };

    let failed = users(store).create(acting(&organization()), &changes, None).await;

    assert!(matches!(failed, Err(Error::NotFound(Missing::Customer))), "{failed:?}");
}

#[tokio::test]
async fn a_change_that_meets_a_customer_under_its_new_id_is_decided_anew() {
    let (mut store, mut order) = (MockUserStore::new(), Sequence::new());
    reads(&mut store, &mut order, Some(ann()));
    writes(&mut store, &mut order, 1, Err(StoreError::Reference));
    reads(&mut store, &mut order, Some(ann()));
    writes(&mut store, &mut order, 1, Ok(()));

    users(store)
        .update(acting(&organization()), user_id(1), &lee(), None)
        .await
        .expect("changed");
}
