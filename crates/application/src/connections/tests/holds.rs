//! Departures that are held, and their approval.

use mockall::predicate::eq;

use super::connections;
use crate::error::{Error, Missing};
use crate::ports::{Hold, MockVendorGateway};
use crate::testing::{MockConnectionStore, at, connection_id, organization};

#[tokio::test]
async fn what_is_held_is_told_for_the_callers_organization() {
    let hold = Hold {
        connection_id: connection_id(),
        count: 40,
        since: at(7),
    };
    let mut store = MockConnectionStore::new();
    store
        .expect_holds()
        .with(eq(organization().id))
        .times(1)
        .return_once(move |_| Ok(vec![hold]));

    let told = connections(store, MockVendorGateway::new())
        .holds(&organization())
        .await;

    assert_eq!(told.expect("told"), [hold]);
}

#[tokio::test]
async fn an_approval_is_as_of_now_and_says_how_many_it_let_go() {
    let mut store = MockConnectionStore::new();
    store
        .expect_approve()
        .with(eq(organization().id), eq(connection_id()), eq(at(60)))
        .times(1)
        .return_once(|_, _, _| Ok(Some(40)));

    let approved = connections(store, MockVendorGateway::new())
        .approve(&organization(), connection_id())
        .await;

    assert_eq!(approved.expect("approved"), 40);
}

#[tokio::test]
async fn nothing_can_be_approved_at_a_connection_that_is_not_there() {
    let mut store = MockConnectionStore::new();
    store.expect_approve().times(1).return_once(|_, _, _| Ok(None));

    let failed = connections(store, MockVendorGateway::new())
        .approve(&organization(), connection_id())
        .await;

    assert!(
        matches!(failed, Err(Error::NotFound(Missing::Connection))),
        "{failed:?}"
    );
}
