//! What the history is told of a change: who did what, to which fields, and which version that made.

use std::sync::{Arc, Mutex};

use roster_domain::{Actor, Change, Deed, EmailRule, Surface, User, UserChanges};
use uuid::Uuid;

use super::{lee, users};
use crate::acting::Acting;
use crate::ports::{ChangeRecord, MockUserStore, StoreError};
use crate::testing::{acting, actor, ann, ann_changes, at, organization, set, user_id};
use crate::users::Users;

/// What was written, in its order.
type Written = Arc<Mutex<Vec<ChangeRecord>>>;

/// A store that has one user, takes every write, and shows the changes it was given.
fn store_with(found: Option<User>) -> (Users, Written) {
    let written = Written::default();
    let mut store = MockUserStore::new();
    let by_external_id = found.clone();
    store.expect_user().returning(move |_, _| Ok(found.clone()));
    store
        .expect_user_by_external_id()
        .returning(move |_, _| Ok(by_external_id.clone()));
    store.expect_user_by_email().returning(|_, _| Ok(None));
    let (creates, updates) = (Arc::clone(&written), Arc::clone(&written));
    store.expect_create_user().returning(move |write| {
        creates.lock().expect("no panic").push(write.change.clone());
        Ok(())
    });
    store.expect_update_user().returning(move |write, _| {
        updates.lock().expect("no panic").push(write.change.clone());
        Ok(())
    });
    (users(store), written)
}

fn the_one(written: &Written) -> ChangeRecord {
    let mut changes = std::mem::take(&mut *written.lock().expect("no panic"));
    let change = changes.pop().expect("a change");
    assert_eq!(changes, [], "one write, one change");
    change
}

fn switched(active: bool) -> User {
    User { active, ..ann() }
}

#[tokio::test]
async fn a_new_user_is_told_with_the_fields_that_are_set_and_who_made_it() {
    let (users, written) = store_with(None);

    users
        .create(acting(&organization()), &ann_changes(), None)
        .await
        .expect("created");

    let expected = ChangeRecord {
        id: Uuid::from_u128(101),
        at: at(60),
        actor: actor(),
        deed: Deed::Created,
        fields: vec!["external_id".to_owned(), "email".to_owned(), "active".to_owned()],
        connection_id: None,
        version: 1,
    };
    assert_eq!(the_one(&written), expected, "the user itself has id 100");
}

#[tokio::test]
async fn a_changed_user_is_told_with_the_fields_that_differ_and_no_others() {
    let (users, written) = store_with(Some(ann()));
    let changes = UserChanges {
        email: set("ann@example.org"),
        ..lee()
    };

    users
        .update(acting(&organization()), user_id(1), &changes, None)
        .await
        .expect("updated");

    let change = the_one(&written);
    assert_eq!((change.deed, change.version, change.at), (Deed::Updated, 2, at(60)));
    assert_eq!((change.fields, change.actor), (vec!["last_name".to_owned()], actor()));
}

#[tokio::test]
async fn a_change_of_fields_beside_a_switch_is_told_as_the_switch_with_all_the_fields() {
    for (before, active, deed) in [
        (switched(true), false, Deed::Deactivated),
        (switched(false), true, Deed::Activated),
    ] {
        let (users, written) = store_with(Some(before));
        let changes = UserChanges {
            active: Change::Set(active),
            ..lee()
        };

        users
            .update(acting(&organization()), user_id(1), &changes, None)
            .await
            .expect("updated");

        let change = the_one(&written);
        assert_eq!(change.deed, deed);
        assert_eq!(change.fields, ["last_name", "active"]);
    }
}

#[tokio::test]
async fn a_switch_is_told_as_one() {
    for (active, deed) in [(false, Deed::Deactivated), (true, Deed::Activated)] {
        let (users, written) = store_with(Some(switched(!active)));

        users
            .set_active(acting(&organization()), user_id(1), active, None)
            .await
            .expect("switched");

        let change = the_one(&written);
        assert_eq!((change.deed, change.version), (deed, 2));
        assert_eq!(change.fields, ["active"]);
    }
}

#[tokio::test]
async fn a_deleted_user_is_told_as_deleted_whatever_it_was() {
    for active in [true, false] {
        let (users, written) = store_with(Some(switched(active)));

        users
            .delete(acting(&organization()), user_id(1), None)
            .await
            .expect("deleted");

        let change = the_one(&written);
        assert_eq!(
            (change.deed, change.version, change.at, change.actor),
            (Deed::Deleted, 2, at(60), actor())
        );
    }
}

#[tokio::test]
async fn an_upsert_tells_what_it_came_to() {
    for (found, deed) in [(None, Deed::Created), (Some(ann()), Deed::Updated)] {
        let (users, written) = store_with(found);

        users
            .upsert(acting(&organization()), "ehr-1", &lee(), EmailRule::MayChange)
            .await
            .expect("upserted");

        let change = the_one(&written);
        assert_eq!(change.deed, deed);
        assert!(change.fields.contains(&"last_name".to_owned()), "{:?}", change.fields);
    }
}

#[tokio::test]
async fn nothing_is_told_where_nothing_changes() {
    let (users, written) = store_with(Some(ann()));

    users
        .update(acting(&organization()), user_id(1), &ann_changes(), None)
        .await
        .expect("fine");

    assert_eq!(*written.lock().expect("no panic"), []);
}

#[tokio::test]
async fn who_has_the_command_line_is_told_without_a_client() {
    let (users, written) = store_with(Some(ann()));
    let organization = organization();

    users
        .update(Acting::inside(&organization, Surface::Cli), user_id(1), &lee(), None)
        .await
        .expect("updated");

    let expected = Actor {
        surface: Surface::Cli,
        client: None,
    };
    assert_eq!(the_one(&written).actor, expected);
}

#[tokio::test]
async fn a_change_that_was_decided_anew_is_told_against_the_user_it_was_made_of() {
    let faster = ann()
        .update(&lee(), roster_domain::PhiGuard::Off, at(30))
        .expect("valid")
        .user;
    let mut store = MockUserStore::new();
    let mut found = vec![faster, ann()];
    store
        .expect_user()
        .times(2)
        .returning(move |_, _| Ok(Some(found.pop().expect("two reads"))));
    let mut outcomes = vec![Ok(()), Err(StoreError::Stale)];
    let told = Written::default();
    let tells = Arc::clone(&told);
    store.expect_update_user().times(2).returning(move |write, _| {
        tells.lock().expect("no panic").push(write.change.clone());
        outcomes.pop().expect("two writes")
    });
    let changes = UserChanges {
        first_name: set("Ann"),
        ..lee()
    };

    users(store)
        .update(acting(&organization()), user_id(1), &changes, None)
        .await
        .expect("updated");

    let told = told.lock().expect("no panic");
    assert_eq!(told[0].fields, ["first_name", "last_name"]);
    assert_eq!(
        (&told[1].fields[..], told[1].version),
        (&["first_name".to_owned()][..], 3)
    );
}
