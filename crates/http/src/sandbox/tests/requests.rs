//! What `POST /sandbox/faults` takes, and what it says of the rest.

use std::time::Duration;

use axum::http::StatusCode;
use roster_domain::Vendor;
use rstest::rstest;
use serde_json::{Value, json};

use super::super::fault::{Effect, Operation};
use super::super::faults::Aim;
use super::super::request::read;
use super::aim;

#[rstest]
#[case::status(
    json!({"kind": "status", "status": 503, "retry_after": 2}),
    Effect::Status { status: StatusCode::SERVICE_UNAVAILABLE, retry_after: Some(2) }
)]
#[case::odd_success(
    json!({"kind": "status", "status": 299}),
    Effect::Status { status: StatusCode::from_u16(299).expect("a status"), retry_after: None }
)]
#[case::seconds(json!({"kind": "delay", "seconds": 29}), Effect::Delay(Duration::from_secs(29)))]
#[case::milliseconds(json!({"kind": "delay", "milliseconds": 1500}), Effect::Delay(Duration::from_millis(1_500)))]
#[case::reset(json!({"kind": "reset"}), Effect::Reset)]
#[case::drop_reply(json!({"kind": "drop_reply"}), Effect::DropReply)]
#[case::malformed(json!({"kind": "malformed"}), Effect::Malformed)]
#[case::wrong_content_type(json!({"kind": "wrong_content_type"}), Effect::WrongContentType)]
#[case::unauthorized(json!({"kind": "unauthorized"}), Effect::Unauthorized)]
fn every_kind_is_read(#[case] fault: Value, #[case] expected: Effect) {
    let read = read(json!({"vendor": "nabla_core", "fault": fault})).expect("a fault");

    assert_eq!(read, aim(expected));
}

#[test]
fn a_fault_is_aimed_at_an_operation_and_counted() {
    let body = json!({
        "vendor": "upheal",
        "operation": "create",
        "fault": {"kind": "drop_reply"},
        "every": 10,
        "times": 3,
    });

    let expected = Aim {
        vendor: Vendor::Upheal,
        operation: Some(Operation::Create),
        fault: Effect::DropReply,
        every: 10,
        times: Some(3),
    };
    assert_eq!(read(body), Ok(expected));
}

#[test]
fn every_operation_has_its_name() {
    for (operation, name) in Operation::ALL.into_iter().zip(Operation::NAMES) {
        assert_eq!(serde_json::to_value(operation).expect("JSON"), json!(name));
        assert_eq!(Operation::named(name), Some(operation));
    }
}

#[test]
fn everything_that_is_wrong_is_reported_together() {
    let body = json!({
        "vendor": "acme",
        "operation": "dance",
        "fault": {"kind": "status", "status": 700, "retry_after": -1, "seconds": 3, "colour": "red"},
        "every": 0,
        "times": "often",
        "until": "Monday",
    });

    insta::assert_snapshot!(read(body).expect_err("violations"), @r#"
    vendor must be one of nabla_core, nabla_connect, upheal, corti; given: "acme"
    operation must be one of token, create, update, get, list, find, activate, deactivate, authenticate, refresh, logout, upsert, check, delete, create_customer, list_customers, update_customer, delete_customer; given: "dance"
    every must be a whole number from 1 to 1000000; given: "0"
    times must be a whole number; given: a string
    fault.colour is not a field of this request; given: "colour"
    fault.seconds goes only with kind delay; given: "status"
    fault.status must be a status from 200 to 599; given: "700"
    fault.retry_after must be a whole number of seconds from 0 to 86400; given: "-1"
    until is not a field of this request; given: "until"
    "#);
}

#[rstest]
#[case::no_object(json!([]), &[""])]
#[case::null(json!(null), &[""])]
#[case::nothing(json!({}), &["/vendor", "/fault"])]
#[case::nulls(json!({"vendor": null, "fault": null}), &["/vendor", "/fault"])]
#[case::text(json!({"vendor": "corti", "fault": "reset"}), &["/fault"])]
#[case::no_kind(json!({"vendor": "corti", "fault": {}}), &["/fault/kind"])]
#[case::other_kind(json!({"vendor": "corti", "fault": {"kind": "explode"}}), &["/fault/kind"])]
#[case::no_status(json!({"vendor": "corti", "fault": {"kind": "status"}}), &["/fault/status"])]
#[case::no_delay(json!({"vendor": "corti", "fault": {"kind": "delay"}}), &["/fault/milliseconds"])]
#[case::two_delays(
    json!({"vendor": "corti", "fault": {"kind": "delay", "seconds": 1, "milliseconds": 1}}),
    &["/fault/milliseconds"]
)]
#[case::too_long(json!({"vendor": "corti", "fault": {"kind": "delay", "seconds": 30}}), &["/fault/seconds"])]
fn what_is_wrong_is_said_where_it_is(#[case] body: Value, #[case] expected: &[&str]) {
    let violations = read(body).expect_err("violations");

    let pointers: Vec<String> = violations.iter().map(|violation| violation.field.pointer()).collect();
    assert_eq!(pointers, expected);
}
