//! The use cases for connections: checked whole, sealed before stored, paused and resumed.

mod addresses;
mod holds;
mod options;

use std::sync::Arc;

use mockall::Sequence;
use roster_domain::{Change, Connection, OutcomeClass, Pause, Vendor, Violations};
use secrecy::SecretString;

use super::{ConnectionChanges, Connections, CredentialsChanges, OptionsChanges, PrivateAddresses, ROUNDS};
use crate::error::{Error, Missing};
use crate::ports::{MockVendorGateway, Sealed, StoreError, VendorError};
use crate::testing::{
    MockConnectionStore, OTHER_KEY, at, clock_at, connection, connection_id, ids, organization, sealed, secrets, set,
    stored_credentials,
};

fn connections(store: MockConnectionStore, gateway: MockVendorGateway) -> Connections {
    Connections::new(Arc::new(store), Arc::new(gateway), secrets(), clock_at(60), ids())
}

fn secret(text: &str) -> Change<SecretString> {
    Change::Set(SecretString::from(text))
}

fn api_key(key: &str) -> Change<CredentialsChanges> {
    Change::Set(CredentialsChanges {
        api_key: secret(key),
        ..CredentialsChanges::default()
    })
}

fn request() -> ConnectionChanges {
    ConnectionChanges {
        vendor: set("upheal"),
        base_url: set("https://vendor.example/"),
        credentials: api_key("top-secret"),
        ..ConnectionChanges::default()
    }
}

fn pointers(outcome: Result<Connection, Error>) -> Vec<String> {
    match outcome {
        Err(Error::Invalid(violations)) => violations.iter().map(|violation| violation.field.pointer()).collect(),
        other => panic!("it was not refused: {other:?}"),
    }
}

/// A gateway that has nothing to say against credentials and options.
fn agreeable() -> MockVendorGateway {
    let mut gateway = MockVendorGateway::new();
    gateway.expect_check().times(1).return_once(|_, _| Violations::none());
    gateway
}

fn reads(store: &mut MockConnectionStore, order: &mut Sequence, found: Connection) {
    store
        .expect_connection()
        .withf(|of, id| (*of, *id) == (organization().id, connection_id()))
        .times(1)
        .in_sequence(order)
        .return_once(|_, _| Ok(Some((found, stored_credentials()))));
}

/// A connection that refused credentials paused.
fn paused() -> Connection {
    Connection {
        paused: Some(Pause {
            reason: "refused".to_owned(),
            since: at(1),
        }),
        ..connection()
    }
}

#[tokio::test]
async fn credentials_are_sealed_for_the_connection_before_they_are_stored() {
    let mut store = MockConnectionStore::new();
    store
        .expect_create_connection()
        .withf(|connection, credentials| {
            let clear = br#"{"kind":"api_key","api_key":"top-secret"}"#;
            *credentials == sealed(clear, &format!("connection {}", connection.id))
        })
        .times(1)
        .return_once(|_, _| Ok(()));

    let made = connections(store, agreeable())
        .create(&organization(), &request(), None)
        .await
        .expect("created");

    assert_eq!(
        (made.vendor, made.base_url.as_str(), made.version),
        (Vendor::Upheal, "https://vendor.example", 1)
    );
    assert_eq!((made.paused, made.created_at), (None, at(60)));
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_request_is_reported_and_nothing_is_stored() {
    let changes = ConnectionChanges {
        vendor: set("nabla"),
        base_url: set("ftp://vendor.example"),
        label: set(&"l".repeat(101)),
        credentials: Change::Set(CredentialsChanges {
            client_id: set("c"),
            ..CredentialsChanges::default()
        }),
        ..ConnectionChanges::default()
    };

    let failed = connections(MockConnectionStore::new(), MockVendorGateway::new())
        .create(&organization(), &changes, None)
        .await;

    assert_eq!(
        pointers(failed),
        ["/vendor", "/base_url", "/label", "/credentials/private_key"]
    );
}

#[tokio::test]
async fn what_a_connection_cannot_be_without_is_named() {
    let failed = connections(MockConnectionStore::new(), MockVendorGateway::new())
        .create(&organization(), &ConnectionChanges::default(), None)
        .await;

    assert_eq!(pointers(failed), ["/vendor", "/base_url", "/credentials"]);
}

#[tokio::test]
async fn credentials_of_several_kinds_or_of_none_are_refused_without_repeating_them() {
    let several = CredentialsChanges {
        api_key: secret("top-secret"),
        email: set("a@example.org"),
        password: secret("top-secret"),
        ..CredentialsChanges::default()
    };
    for given in [several, CredentialsChanges::default()] {
        let changes = ConnectionChanges {
            credentials: Change::Set(given),
            ..request()
        };
        let failed = connections(MockConnectionStore::new(), MockVendorGateway::new())
            .create(&organization(), &changes, None)
            .await;

        assert!(!format!("{failed:?}").contains("top-secret"), "{failed:?}");
        assert_eq!(pointers(failed), ["/credentials"]);
    }
}

#[tokio::test]
async fn what_the_vendor_cannot_work_with_is_refused_before_it_is_stored() {
    let mut gateway = MockVendorGateway::new();
    gateway.expect_check().times(1).return_once(|_, _| {
        let fault = roster_domain::Fault::new(roster_domain::Rule::Required, roster_domain::Given::nothing());
        fault
            .at(roster_domain::FieldPath::of("credentials").then("client_id"))
            .into()
    });

    let failed = connections(MockConnectionStore::new(), gateway)
        .create(&organization(), &request(), None)
        .await;

    assert_eq!(pointers(failed), ["/credentials/client_id"]);
}

#[tokio::test]
async fn new_credentials_are_sealed_and_end_a_pause() {
    let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
    reads(&mut store, &mut order, paused());
    store
        .expect_update_connection()
        .withf(|next, credentials, expected| {
            let clear = br#"{"kind":"api_key","api_key":"better"}"#;
            let resealed = sealed(clear, &format!("connection {}", connection_id()));
            next.paused.is_none() && (next.version, *expected) == (2, 1) && *credentials == Some(resealed)
        })
        .times(1)
        .return_once(|_, _, _| Ok(()));
    let changes = ConnectionChanges {
        credentials: api_key("better"),
        ..ConnectionChanges::default()
    };

    let resumed = connections(store, agreeable())
        .update(&organization(), connection_id(), &changes, None)
        .await;

    assert_eq!(resumed.expect("updated").paused, None);
}

#[tokio::test]
async fn new_credentials_of_a_connection_that_shall_stay_paused_leave_it_paused() {
    let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
    reads(&mut store, &mut order, paused());
    store.expect_update_connection().times(1).return_once(|_, _, _| Ok(()));
    let changes = ConnectionChanges {
        credentials: api_key("better"),
        paused: Change::Set(true),
        ..ConnectionChanges::default()
    };

    let updated = connections(store, agreeable())
        .update(&organization(), connection_id(), &changes, None)
        .await;

    assert_eq!(
        updated.expect("updated").paused,
        paused().paused,
        "with the reason it had"
    );
}

#[tokio::test]
async fn a_connection_is_paused_and_resumed_by_request_and_its_credentials_stay() {
    let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
    for found in [connection(), paused()] {
        reads(&mut store, &mut order, found);
        store
            .expect_update_connection()
            .withf(|_, credentials, _| credentials.is_none())
            .times(1)
            .in_sequence(&mut order)
            .return_once(|_, _, _| Ok(()));
    }
    let mut gateway = MockVendorGateway::new();
    gateway.expect_check().times(2).returning(|_, _| Violations::none());
    let connections = connections(store, gateway);
    let wish = |paused| ConnectionChanges {
        paused: Change::Set(paused),
        ..ConnectionChanges::default()
    };

    let stopped = connections
        .update(&organization(), connection_id(), &wish(true), None)
        .await
        .expect("paused");
    assert_eq!(stopped.paused.expect("a pause").since, at(60));
    let resumed = connections
        .update(&organization(), connection_id(), &wish(false), None)
        .await
        .expect("resumed");
    assert_eq!(resumed.paused, None);
}

#[tokio::test]
async fn a_request_that_changes_nothing_is_not_written() {
    let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
    reads(&mut store, &mut order, connection());
    let changes = ConnectionChanges {
        vendor: set("nabla_core"),
        ..ConnectionChanges::default()
    };

    let same = connections(store, agreeable())
        .update(&organization(), connection_id(), &changes, None)
        .await;

    assert_eq!(same.expect("fine"), connection());
}

#[tokio::test]
async fn what_a_connection_keeps_for_good_cannot_be_changed_or_cleared() {
    let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
    reads(&mut store, &mut order, connection());
    let changes = ConnectionChanges {
        vendor: set("corti"),
        base_url: Change::Clear,
        credentials: Change::Clear,
        paused: Change::Clear,
        ..ConnectionChanges::default()
    };

    let failed = connections(store, MockVendorGateway::new())
        .update(&organization(), connection_id(), &changes, None)
        .await;

    assert_eq!(pointers(failed), ["/vendor", "/base_url", "/credentials", "/paused"]);
}

#[tokio::test]
async fn options_merge_and_null_clears_one() {
    let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
    let mut before = connection();
    before.options.api_version = Some("2024-10-01".to_owned());
    reads(&mut store, &mut order, before);
    store.expect_update_connection().times(1).return_once(|_, _, _| Ok(()));
    let options = OptionsChanges {
        allow_private_addresses: Change::Set(true),
        ..OptionsChanges::default()
    };
    let changes = ConnectionChanges {
        options: Change::Set(options),
        ..ConnectionChanges::default()
    };

    let updated = connections(store, agreeable())
        .with_private_addresses(PrivateAddresses::Allowed)
        .update(&organization(), connection_id(), &changes, None)
        .await;

    let options = updated.expect("updated").options;
    assert_eq!(
        (options.api_version.as_deref(), options.allow_private_addresses),
        (Some("2024-10-01"), true)
    );
}

#[tokio::test]
async fn an_update_that_somebody_was_faster_than_is_decided_anew_and_given_up_after_bounded_rounds() {
    let mut store = MockConnectionStore::new();
    store
        .expect_connection()
        .times(ROUNDS)
        .returning(|_, _| Ok(Some((connection(), stored_credentials()))));
    store
        .expect_update_connection()
        .times(ROUNDS)
        .returning(|_, _, _| Err(StoreError::Stale));
    let mut gateway = MockVendorGateway::new();
    gateway
        .expect_check()
        .times(ROUNDS)
        .returning(|_, _| Violations::none());
    let changes = ConnectionChanges {
        label: set("main"),
        ..ConnectionChanges::default()
    };

    let failed = connections(store, gateway)
        .update(&organization(), connection_id(), &changes, None)
        .await;

    assert!(matches!(failed, Err(Error::Contention)), "{failed:?}");
}

#[tokio::test]
async fn an_update_of_another_version_than_expected_is_refused() {
    let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
    reads(&mut store, &mut order, connection());

    let failed = connections(store, MockVendorGateway::new())
        .update(
            &organization(),
            connection_id(),
            &ConnectionChanges::default(),
            Some(&[2]),
        )
        .await;

    assert!(
        matches!(failed, Err(Error::VersionMismatch { current: 1 })),
        "{failed:?}"
    );
}

#[tokio::test]
async fn a_test_that_succeeds_ends_a_pause_and_what_the_vendor_asked_for() {
    let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
    reads(&mut store, &mut order, paused());
    reads(&mut store, &mut order, paused());
    store
        .expect_update_connection()
        .withf(|next, _, _| next.paused.is_none())
        .times(1)
        .return_once(|_, _, _| Ok(()));
    store
        .expect_lift_floors()
        .withf(|of, id, _| (*of, *id) == (organization().id, connection_id()))
        .times(1)
        .return_once(|_, _, _| Ok(()));
    let mut gateway = agreeable();
    gateway.expect_test().times(1).return_once(|_| Ok(()));

    let test = connections(store, gateway)
        .test(&organization(), connection_id())
        .await
        .expect("tested");

    assert_eq!(
        (test.ok, test.message.as_str()),
        (true, "Nabla Core accepted the credentials")
    );
}

#[tokio::test]
async fn a_test_that_fails_says_what_the_vendor_said_and_changes_nothing() {
    let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
    reads(&mut store, &mut order, connection());
    let mut gateway = MockVendorGateway::new();
    gateway
        .expect_test()
        .times(1)
        .return_once(|_| Err(VendorError::new(OutcomeClass::Unauthorized, "the key was refused")));

    let test = connections(store, gateway)
        .test(&organization(), connection_id())
        .await
        .expect("tested");

    assert_eq!((test.ok, test.message.as_str()), (false, "the key was refused"));
}

#[tokio::test]
async fn credentials_that_cannot_be_opened_fail_the_test_in_words_and_nothing_is_sent() {
    let foreign: Sealed = sealed(b"{}", "connection somebody else's");
    let of_another_key = Sealed::new([OTHER_KEY, b"{}"].concat());
    for (sealed, words) in [
        (foreign, "belong to another record"),
        (of_another_key, "ROSTER_PREVIOUS_SECRET_KEYS"),
    ] {
        let mut store = MockConnectionStore::new();
        store
            .expect_connection()
            .times(1)
            .return_once(|_, _| Ok(Some((connection(), sealed))));

        let test = connections(store, MockVendorGateway::new())
            .test(&organization(), connection_id())
            .await
            .expect("tested");

        assert!(!test.ok);
        assert!(
            test.message.contains("cannot be opened") && test.message.contains(words),
            "{test:?}"
        );
    }
}

#[tokio::test]
async fn a_connection_that_is_not_there_is_not_found() {
    let mut store = MockConnectionStore::new();
    store.expect_connection().times(1).return_once(|_, _| Ok(None));
    store.expect_delete_connection().times(1).return_once(|_, _| Ok(false));
    let connections = connections(store, MockVendorGateway::new());

    let read = connections.get(&organization(), connection_id()).await;
    assert!(matches!(read, Err(Error::NotFound(Missing::Connection))), "{read:?}");
    let deleted = connections.delete(&organization(), connection_id()).await;
    assert!(
        matches!(deleted, Err(Error::NotFound(Missing::Connection))),
        "{deleted:?}"
    );
}
