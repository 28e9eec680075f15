//! The use cases for accounts.

use std::sync::Arc;

use roster_domain::{Account, Known, Vendor};

use super::Accounts;
use crate::error::{Error, Missing};
use crate::ports::{MockAccountStore, MockUserStore};
use crate::testing::{ann, at, clock_at, connection_id, organization, user_id};

fn accounts(store: MockAccountStore, users: MockUserStore) -> Accounts {
    Accounts::new(Arc::new(store), Arc::new(users), clock_at(60))
}

fn account() -> Account {
    Account {
        organization_id: organization().id,
        user_id: user_id(1),
        connection_id: connection_id(),
        vendor: Vendor::NablaCore,
        desired_version: 1,
        known: Known::default(),
        invite_url: None,
        attempts: 0,
        next_attempt_at: Some(at(0)),
        last_error: None,
        attention: None,
        removed_at: None,
        paused: false,
        updated_at: at(0),
    }
}

#[tokio::test]
async fn the_accounts_of_a_deleted_user_are_shown_while_they_are_kept() {
    let mut store = MockAccountStore::new();
    store
        .expect_accounts_of_user()
        .times(1)
        .return_once(|_, _| Ok(vec![account()]));

    let shown = accounts(store, MockUserStore::new())
        .of_user(&organization(), user_id(1))
        .await
        .expect("shown");

    assert_eq!(shown, [account()]);
}

#[tokio::test]
async fn a_user_without_connections_has_no_accounts_and_a_stranger_is_not_found() {
    let mut store = MockAccountStore::new();
    store
        .expect_accounts_of_user()
        .times(2)
        .returning(|_, _| Ok(Vec::new()));
    let mut users = MockUserStore::new();
    users
        .expect_user()
        .times(2)
        .returning(|_, id| Ok((id == user_id(1)).then(ann)));
    let accounts = accounts(store, users);

    assert_eq!(
        accounts
            .of_user(&organization(), user_id(1))
            .await
            .expect("she is there"),
        []
    );
    let stranger = accounts.of_user(&organization(), user_id(2)).await;
    assert!(matches!(stranger, Err(Error::NotFound(Missing::User))), "{stranger:?}");
}

#[tokio::test]
async fn an_account_is_tried_again_from_now_on_and_one_that_is_not_there_is_not_found() {
    let mut store = MockAccountStore::new();
    let mut answers = vec![None, Some(account())];
    store
        .expect_retry_account()
        .withf(|_, _, _, now| *now == at(60))
        .times(2)
        .returning(move |_, _, _, _| Ok(answers.pop().expect("two answers")));
    let accounts = accounts(store, MockUserStore::new());

    let retried = accounts
        .retry(&organization(), user_id(1), connection_id())
        .await
        .expect("retried");
    assert_eq!(retried, account());
    let missing = accounts.retry(&organization(), user_id(1), connection_id()).await;
    assert!(matches!(missing, Err(Error::NotFound(Missing::Account))), "{missing:?}");
}
