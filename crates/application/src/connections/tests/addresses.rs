//! Where connections lead: private addresses are the operator's to allow, and another address ends a pause.

use mockall::Sequence;
use roster_domain::{Change, Connection};

use super::{agreeable, connections, paused, pointers, reads, request};
use crate::connections::{ConnectionChanges, OptionsChanges, PrivateAddresses};
use crate::error::Error;
use crate::ports::MockVendorGateway;
use crate::testing::{MockConnectionStore, connection, connection_id, organization, set};

/// A request that allows private addresses, and nothing else.
fn allowing_private_addresses() -> ConnectionChanges {
    ConnectionChanges {
        options: Change::Set(OptionsChanges {
            allow_private_addresses: Change::Set(true),
            ..OptionsChanges::default()
        }),
        ..ConnectionChanges::default()
    }
}

/// A connection that was allowed private addresses once.
fn allowed() -> Connection {
    let mut connection = connection();
    connection.options.allow_private_addresses = true;
    connection
}

#[tokio::test]
async fn private_addresses_are_refused_unless_the_operator_allows_them() {
    let request = || ConnectionChanges {
        options: allowing_private_addresses().options,
        ..request()
    };

    let refused = connections(MockConnectionStore::new(), agreeable())
        .create(&organization(), &request(), None)
        .await;

    let Err(Error::Invalid(violations)) = &refused else {
        panic!("it was not refused: {refused:?}")
    };
    assert!(format!("{violations:?}").contains("operator"), "{violations:?}");
    assert_eq!(pointers(refused), ["/options/allow_private_addresses"]);

    let mut store = MockConnectionStore::new();
    store.expect_create_connection().times(1).return_once(|_, _| Ok(()));
    let made = connections(store, agreeable())
        .with_private_addresses(PrivateAddresses::Allowed)
        .create(&organization(), &request(), None)
        .await;
    assert!(made.expect("created").options.allow_private_addresses);
}

#[tokio::test]
async fn a_connection_is_not_given_private_addresses_later_nor_led_to_others() {
    let led_elsewhere = ConnectionChanges {
        base_url: set("https://elsewhere.example"),
        ..ConnectionChanges::default()
    };
    for (found, changes) in [(connection(), allowing_private_addresses()), (allowed(), led_elsewhere)] {
        let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
        reads(&mut store, &mut order, found);

        let failed = connections(store, MockVendorGateway::new())
            .update(&organization(), connection_id(), &changes, None)
            .await;

        assert_eq!(pointers(failed), ["/options/allow_private_addresses"]);
    }
}

#[tokio::test]
async fn a_connection_that_has_private_addresses_can_still_be_relabelled_and_paused_or_give_them_up() {
    let forbid = OptionsChanges {
        allow_private_addresses: Change::Set(false),
        ..OptionsChanges::default()
    };
    let relabel = ConnectionChanges {
        label: set("main"),
        paused: Change::Set(true),
        ..ConnectionChanges::default()
    };
    let give_up = ConnectionChanges {
        base_url: set("https://elsewhere.example"),
        options: Change::Set(forbid),
        ..ConnectionChanges::default()
    };
    for (changes, keeps) in [(relabel, true), (give_up, false)] {
        let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
        reads(&mut store, &mut order, allowed());
        store.expect_update_connection().times(1).return_once(|_, _, _| Ok(()));

        let updated = connections(store, agreeable())
            .update(&organization(), connection_id(), &changes, None)
            .await;

        assert_eq!(updated.expect("updated").options.allow_private_addresses, keeps);
    }
}

#[tokio::test]
async fn another_base_url_ends_a_pause_unless_the_request_says_otherwise() {
    for (wish, ends) in [(Change::Keep, true), (Change::Set(true), false)] {
        let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
        reads(&mut store, &mut order, paused());
        store.expect_update_connection().times(1).return_once(|_, _, _| Ok(()));
        let changes = ConnectionChanges {
            base_url: set("https://elsewhere.example"),
            paused: wish,
            ..ConnectionChanges::default()
        };

        let updated = connections(store, agreeable())
            .update(&organization(), connection_id(), &changes, None)
            .await;

        assert_eq!(updated.expect("updated").paused.is_none(), ends);
    }
}

#[tokio::test]
async fn the_same_base_url_given_again_leaves_a_pause() {
    let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
    reads(&mut store, &mut order, paused());
    let changes = ConnectionChanges {
        base_url: set(connection().base_url.as_str()),
        ..ConnectionChanges::default()
    };

    let same = connections(store, agreeable())
        .update(&organization(), connection_id(), &changes, None)
        .await;

    assert_eq!(same.expect("fine"), paused());
}
