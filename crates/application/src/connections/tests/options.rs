//! Options: each is taken as given, falls back to its default at null, and stays as it was when left out.

use mockall::Sequence;
use roster_domain::{Assignment, Change, Connection, ConnectionOptions, DriftMode, OnLeave, Vendor, Violations};
use rstest::rstest;

use super::{agreeable, connections, pointers, reads, request};
use crate::connections::options::apply;
use crate::connections::{ConnectionChanges, OptionsChanges};
use crate::error::Error;
use crate::ports::MockVendorGateway;
use crate::testing::{MockConnectionStore, connection, connection_id, organization, set};

/// Options of which none is the default.
fn unusual() -> ConnectionOptions {
    ConnectionOptions {
        api_version: Some("v1".to_owned()),
        allow_private_addresses: true,
        organization_id: Some("org-1".to_owned()),
        api_key_header: Some("x-key".to_owned()),
        project_id: Some("project-1".to_owned()),
        customer_id: Some("customer-1".to_owned()),
        create_customer: true,
        assignment: Assignment::Chosen,
        on_leave: OnLeave::Delete,
        drift: DriftMode::Report,
        read_back_minutes: 30,
        concurrency: 2,
        requests_per_minute: Some(60),
        hold_percent: 5,
        hold_floor: 3,
        hold_window_minutes: 15,
    }
}

/// The request that asks for [`unusual`].
fn asking_for_unusual() -> OptionsChanges {
    OptionsChanges {
        api_version: set("v1"),
        allow_private_addresses: Change::Set(true),
        organization_id: set("org-1"),
        api_key_header: set("x-key"),
        project_id: set("project-1"),
        customer_id: set("customer-1"),
        create_customer: Change::Set(true),
        assignment: set("chosen"),
        on_leave: set("delete"),
        drift: set("report"),
        read_back_minutes: Change::Set(30),
        concurrency: Change::Set(2),
        requests_per_minute: Change::Set(60),
        hold_percent: Change::Set(5),
        hold_floor: Change::Set(3),
        hold_window_minutes: Change::Set(15),
    }
}

/// The request that has null for each.
fn asking_for_nothing() -> OptionsChanges {
    OptionsChanges {
        api_version: Change::Clear,
        allow_private_addresses: Change::Clear,
        organization_id: Change::Clear,
        api_key_header: Change::Clear,
        project_id: Change::Clear,
        customer_id: Change::Clear,
        create_customer: Change::Clear,
        assignment: Change::Clear,
        on_leave: Change::Clear,
        drift: Change::Clear,
        read_back_minutes: Change::Clear,
        concurrency: Change::Clear,
        requests_per_minute: Change::Clear,
        hold_percent: Change::Clear,
        hold_floor: Change::Clear,
        hold_window_minutes: Change::Clear,
    }
}

fn applied(current: &ConnectionOptions, changes: &Change<OptionsChanges>) -> ConnectionOptions {
    let mut violations = Violations::none();
    let options = apply(current, changes, &mut violations);
    assert!(violations.is_empty(), "{violations:?}");
    options
}

/// Where a request for a new connection with these options breaks rules.
async fn refused(vendor: &str, options: OptionsChanges) -> Vec<String> {
    let changes = ConnectionChanges {
        vendor: set(vendor),
        options: Change::Set(options),
        ..request()
    };
    let mut gateway = MockVendorGateway::new();
    gateway.expect_check().returning(|_, _| Violations::none());
    let made = connections(MockConnectionStore::new(), gateway)
        .create(&organization(), &changes, None)
        .await;
    pointers(made)
}

#[test]
fn every_option_is_taken_as_given() {
    let usual = ConnectionOptions::default();

    assert_eq!(applied(&usual, &Change::Set(asking_for_unusual())), unusual());
}

#[test]
fn null_is_the_default_of_each_option_and_of_all() {
    let usual = ConnectionOptions::default();

    assert_eq!(applied(&unusual(), &Change::Set(asking_for_nothing())), usual);
    assert_eq!(applied(&unusual(), &Change::Clear), usual);
}

#[test]
fn what_is_left_out_stays_as_it_was() {
    assert_eq!(applied(&unusual(), &Change::Keep), unusual());
    assert_eq!(applied(&unusual(), &Change::Set(OptionsChanges::default())), unusual());
}

#[rstest]
#[case::below_zero(-1)]
#[case::beyond_every_number(i64::MAX)]
#[case::the_other_way(i64::MIN)]
fn numbers_that_cannot_be_expressed_are_named_and_change_nothing(#[case] number: i64) {
    let changes = OptionsChanges {
        read_back_minutes: Change::Set(number),
        concurrency: Change::Set(number),
        requests_per_minute: Change::Set(number),
        hold_percent: Change::Set(number),
        hold_floor: Change::Set(number),
        hold_window_minutes: Change::Set(number),
        ..OptionsChanges::default()
    };
    let mut violations = Violations::none();

    let options = apply(&unusual(), &Change::Set(changes), &mut violations);

    let pointers: Vec<String> = violations.iter().map(|violation| violation.field.pointer()).collect();
    assert_eq!(
        pointers,
        [
            "/options/read_back_minutes",
            "/options/concurrency",
            "/options/requests_per_minute",
            "/options/hold_percent",
            "/options/hold_floor",
            "/options/hold_window_minutes",
        ]
    );
    assert_eq!((options.concurrency, options.hold_percent), (2, 5));
}

#[rstest]
#[case::read_back_too_often(OptionsChanges { read_back_minutes: Change::Set(4), ..OptionsChanges::default() }, "read_back_minutes")]
#[case::read_back_too_seldom(OptionsChanges { read_back_minutes: Change::Set(43_201), ..OptionsChanges::default() }, "read_back_minutes")]
#[case::no_calls(OptionsChanges { concurrency: Change::Set(0), ..OptionsChanges::default() }, "concurrency")]
#[case::too_many_calls(OptionsChanges { concurrency: Change::Set(65), ..OptionsChanges::default() }, "concurrency")]
#[case::too_fast(OptionsChanges { requests_per_minute: Change::Set(100_001), ..OptionsChanges::default() }, "requests_per_minute")]
#[case::more_than_all(OptionsChanges { hold_percent: Change::Set(101), ..OptionsChanges::default() }, "hold_percent")]
#[case::more_than_a_byte(OptionsChanges { hold_percent: Change::Set(256), ..OptionsChanges::default() }, "hold_percent")]
#[case::no_window(OptionsChanges { hold_window_minutes: Change::Set(0), ..OptionsChanges::default() }, "hold_window_minutes")]
#[case::long_window(OptionsChanges { hold_window_minutes: Change::Set(10_081), ..OptionsChanges::default() }, "hold_window_minutes")]
#[case::no_such_assignment(OptionsChanges { assignment: set("some"), ..OptionsChanges::default() }, "assignment")]
#[case::no_such_leave(OptionsChanges { on_leave: set("Delete"), ..OptionsChanges::default() }, "on_leave")]
#[case::no_such_drift(OptionsChanges { drift: set("mend"), ..OptionsChanges::default() }, "drift")]
#[tokio::test]
async fn an_option_beyond_its_limits_is_named(#[case] options: OptionsChanges, #[case] name: &str) {
    assert_eq!(refused("upheal", options).await, [format!("/options/{name}")]);
}

#[rstest]
#[case::often(OptionsChanges { read_back_minutes: Change::Set(5), concurrency: Change::Set(1), requests_per_minute: Change::Set(0), hold_percent: Change::Set(0), hold_floor: Change::Set(0), hold_window_minutes: Change::Set(1), ..OptionsChanges::default() })]
#[case::seldom(OptionsChanges { read_back_minutes: Change::Set(43_200), concurrency: Change::Set(64), requests_per_minute: Change::Set(100_000), hold_percent: Change::Set(100), hold_floor: Change::Set(i64::from(u32::MAX)), hold_window_minutes: Change::Set(10_080), ..OptionsChanges::default() })]
#[tokio::test]
async fn an_option_at_its_limits_is_taken(#[case] options: OptionsChanges) {
    let mut store = MockConnectionStore::new();
    store.expect_create_connection().times(1).return_once(|_, _| Ok(()));
    let changes = ConnectionChanges {
        options: Change::Set(options),
        ..request()
    };

    let made = connections(store, agreeable())
        .create(&organization(), &changes, None)
        .await;

    assert!(made.is_ok(), "{made:?}");
}

#[rstest]
#[case(Vendor::NablaCore, &["organization_id", "api_key_header", "project_id", "customer_id", "create_customer"])]
#[case(Vendor::NablaConnect, &["organization_id", "api_key_header", "project_id", "customer_id", "create_customer"])]
#[case(Vendor::Upheal, &["project_id", "customer_id", "create_customer"])]
#[case(Vendor::Corti, &["organization_id", "api_key_header"])]
#[tokio::test]
async fn an_option_of_another_vendor_is_refused(#[case] vendor: Vendor, #[case] foreign: &[&str]) {
    let options = OptionsChanges {
        allow_private_addresses: Change::Keep,
        ..asking_for_unusual()
    };

    let found = refused(vendor.name(), options).await;

    let expected: Vec<String> = foreign.iter().map(|name| format!("/options/{name}")).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_change_of_options_is_checked_against_the_vendor_that_the_connection_has() {
    let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
    reads(&mut store, &mut order, connection());
    let changes = ConnectionChanges {
        options: Change::Set(OptionsChanges {
            project_id: set("project-1"),
            concurrency: Change::Set(0),
            ..OptionsChanges::default()
        }),
        ..ConnectionChanges::default()
    };

    let failed = connections(store, MockVendorGateway::new())
        .update(&organization(), connection_id(), &changes, None)
        .await;

    assert_eq!(pointers(failed), ["/options/concurrency", "/options/project_id"]);
}

#[tokio::test]
async fn options_that_are_all_null_are_stored_as_the_defaults() {
    let (mut store, mut order) = (MockConnectionStore::new(), Sequence::new());
    let before = Connection {
        options: ConnectionOptions {
            assignment: Assignment::Chosen,
            drift: DriftMode::Off,
            hold_floor: 3,
            ..ConnectionOptions::default()
        },
        ..connection()
    };
    reads(&mut store, &mut order, before);
    store
        .expect_update_connection()
        .withf(|next, _, _| next.options == ConnectionOptions::default())
        .times(1)
        .return_once(|_, _, _| Ok(()));
    let changes = ConnectionChanges {
        options: Change::Clear,
        ..ConnectionChanges::default()
    };

    let updated: Result<_, Error> = connections(store, agreeable())
        .update(&organization(), connection_id(), &changes, None)
        .await;

    assert_eq!(updated.expect("updated").options, ConnectionOptions::default());
}
