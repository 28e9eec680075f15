//! Initial passwords: sealed for their user, or not taken at all.

use std::sync::Arc;

use roster_domain::{Change, Password, UserChanges};

use super::users;
use crate::error::Error;
use crate::ports::{MockUserStore, SecretsError};
use crate::testing::{acting, ann, ann_changes, organization, sealed, secrets, user_id};

fn with_password(changes: UserChanges) -> UserChanges {
    UserChanges {
        password: Change::Set(Password::new("correct-horse-battery").expect("valid")),
        ..changes
    }
}

#[tokio::test]
async fn a_password_is_handed_to_the_store_sealed_for_its_user() {
    let mut store = MockUserStore::new();
    store
        .expect_create_user()
        .withf(|write| {
            let context = format!("password of user {}", write.user.id);
            write.password == Some(&sealed(b"correct-horse-battery", &context))
        })
        .times(1)
        .return_once(|_| Ok(()));
    store.expect_user().returning(|_, _| Ok(Some(ann())));
    store
        .expect_update_user()
        .withf(|write, _| write.user.version == 2 && write.password.is_some())
        .times(1)
        .return_once(|_, _| Ok(()));
    let users = users(store).sealing_with(secrets());

    let made = users
        .create(acting(&organization()), &with_password(ann_changes()), None)
        .await;
    let changed = users
        .update(
            acting(&organization()),
            user_id(1),
            &with_password(UserChanges::default()),
            None,
        )
        .await;

    assert!(made.expect("made").changed);
    assert!(changed.expect("changed").changed);
}

#[tokio::test]
async fn a_password_that_cannot_be_sealed_is_not_stored_and_neither_is_its_user() {
    let failed = users(MockUserStore::new())
        .create(acting(&organization()), &with_password(ann_changes()), None)
        .await;

    assert!(
        matches!(failed, Err(Error::Secrets(SecretsError::UnknownKey))),
        "{failed:?}"
    );
}

#[tokio::test]
async fn without_a_password_there_is_nothing_to_seal() {
    let mut store = MockUserStore::new();
    store
        .expect_create_user()
        .withf(|write| write.password.is_none())
        .times(1)
        .return_once(|_| Ok(()));
    let users = users(store).sealing_with(Arc::clone(&secrets()));

    users
        .create(acting(&organization()), &ann_changes(), None)
        .await
        .expect("made");
}
