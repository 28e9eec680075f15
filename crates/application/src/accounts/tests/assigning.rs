//! Assigning users to connections that take chosen ones, and taking them off again.

use mockall::predicate::eq;
use roster_domain::{Account, Assignment, Connection, Deed, Known};
use uuid::Uuid;

use super::with_connections;
use crate::error::{Conflicting, Error, Missing};
use crate::ports::{ChangeRecord, MockAccountStore, MockUserStore};
use crate::testing::{
    MockConnectionStore, account, acting, actor, ann, at, connection, connection_id, organization, stored_credentials,
    user_id,
};

fn taking(assignment: Assignment) -> Connection {
    let mut connection = connection();
    connection.options.assignment = assignment;
    connection
}

fn connections_with(found: Option<Connection>) -> MockConnectionStore {
    let mut connections = MockConnectionStore::new();
    connections
        .expect_connection()
        .withf(|of, id| (*of, *id) == (organization().id, connection_id()))
        .times(1)
        .return_once(move |_, _| Ok(found.map(|found| (found, stored_credentials()))));
    connections
}

fn users_with_ann() -> MockUserStore {
    let mut users = MockUserStore::new();
    users
        .expect_user()
        .with(eq(organization().id), eq(user_id(1)))
        .times(1)
        .return_once(|_, _| Ok(Some(ann())));
    users
}

fn told(deed: Deed) -> ChangeRecord {
    ChangeRecord {
        id: Uuid::from_u128(100),
        at: at(60),
        actor: actor(),
        deed,
        fields: Vec::new(),
        connection_id: Some(connection_id()),
        version: ann().version,
    }
}

/// Assigns Ann, or takes her off, where the store has these, and answers so.
async fn assign(
    connections: MockConnectionStore,
    users: MockUserStore,
    store: MockAccountStore,
    is_assigned: bool,
) -> Result<Account, Error> {
    with_connections(store, users, connections)
        .assign(acting(&organization()), user_id(1), connection_id(), is_assigned)
        .await
}

#[tokio::test]
async fn a_user_is_assigned_and_taken_off_and_the_history_is_told_which() {
    for (is_assigned, deed) in [(true, Deed::Assigned), (false, Deed::Unassigned)] {
        let mut store = MockAccountStore::new();
        let answer = Account {
            is_assigned,
            ..account(&ann(), Known::default())
        };
        let stored = answer.clone();
        store
            .expect_assign()
            .with(
                eq(organization().id),
                eq(user_id(1)),
                eq(connection_id()),
                eq(is_assigned),
                eq(told(deed)),
            )
            .times(1)
            .return_once(move |_, _, _, _, _| Ok(Some(stored)));
        let connections = connections_with(Some(taking(Assignment::Chosen)));

        let assigned = assign(connections, users_with_ann(), store, is_assigned).await;

        assert_eq!(assigned.expect("done"), answer);
    }
}

#[tokio::test]
async fn nobody_is_taken_off_a_connection_that_takes_all() {
    let connections = connections_with(Some(taking(Assignment::All)));

    let failed = assign(connections, users_with_ann(), MockAccountStore::new(), false).await;

    assert!(
        matches!(failed, Err(Error::Conflict(Conflicting::TakesAll))),
        "{failed:?}"
    );
}

#[tokio::test]
async fn to_assign_a_user_to_a_connection_that_takes_all_is_no_mistake() {
    let mut store = MockAccountStore::new();
    store
        .expect_assign()
        .times(1)
        .return_once(|_, _, _, _, _| Ok(Some(account(&ann(), Known::default()))));
    let connections = connections_with(Some(taking(Assignment::All)));

    let assigned = assign(connections, users_with_ann(), store, true).await;

    assert!(assigned.expect("it stands so already").is_assigned);
}

#[tokio::test]
async fn who_or_what_is_not_there_is_named() {
    let no_connection = assign(
        connections_with(None),
        MockUserStore::new(),
        MockAccountStore::new(),
        true,
    )
    .await;
    assert!(
        matches!(no_connection, Err(Error::NotFound(Missing::Connection))),
        "{no_connection:?}"
    );

    let mut nobody = MockUserStore::new();
    nobody.expect_user().times(1).return_once(|_, _| Ok(None));
    let connections = connections_with(Some(taking(Assignment::Chosen)));
    let no_user = assign(connections, nobody, MockAccountStore::new(), true).await;
    assert!(matches!(no_user, Err(Error::NotFound(Missing::User))), "{no_user:?}");
}

#[tokio::test]
async fn a_user_who_is_deleted_in_between_is_not_found() {
    let mut store = MockAccountStore::new();
    store.expect_assign().times(1).return_once(|_, _, _, _, _| Ok(None));
    let connections = connections_with(Some(taking(Assignment::Chosen)));

    let failed = assign(connections, users_with_ann(), store, true).await;

    assert!(matches!(failed, Err(Error::NotFound(Missing::User))), "{failed:?}");
}
