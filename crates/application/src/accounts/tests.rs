//! The use cases for accounts.

mod assigning;

use std::sync::Arc;

use roster_domain::Known;

use super::Accounts;
use crate::error::{Error, Missing};
use crate::ports::{MockAccountStore, MockUserStore};
use crate::testing::{MockConnectionStore, account, ann, at, clock_at, connection_id, ids, organization, user_id};

fn accounts(store: MockAccountStore, users: MockUserStore) -> Accounts {
    with_connections(store, users, MockConnectionStore::new())
}

fn with_connections(store: MockAccountStore, users: MockUserStore, connections: MockConnectionStore) -> Accounts {
    Accounts::new(
        Arc::new(store),
        Arc::new(users),
        Arc::new(connections),
        clock_at(60),
        ids(),
    )
}

#[tokio::test]
async fn the_accounts_of_a_deleted_user_are_shown_while_they_are_kept() {
    let mut store = MockAccountStore::new();
    store
        .expect_accounts_of_user()
        .times(1)
        .return_once(|_, _| Ok(vec![account(&ann(), Known::default())]));

    let shown = accounts(store, MockUserStore::new())
        .of_user(&organization(), user_id(1))
        .await
        .expect("shown");

    assert_eq!(shown, [account(&ann(), Known::default())]);
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
    let mut answers = vec![None, Some(account(&ann(), Known::default()))];
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
    assert_eq!(retried, account(&ann(), Known::default()));
    let missing = accounts.retry(&organization(), user_id(1), connection_id()).await;
    assert!(matches!(missing, Err(Error::NotFound(Missing::Account))), "{missing:?}");
}
