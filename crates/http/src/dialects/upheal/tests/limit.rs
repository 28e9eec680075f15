//! How often a key may call.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use roster_domain::Vendor;
use tokio::time::advance;

use super::{ANOTHER_KEY, Given, KEY, STRANGERS_KEY, V1, V2, given, given_in};
use crate::dialects::memory::organization;
use crate::sandbox::Sandbox;

/// How many of so many requests, in both versions by turns, are let through.
async fn let_through(given: &Given, key: &str, requests: u32) -> u32 {
    let body = r#"{"email": "nobody@example.org"}"#;
    let mut passed = 0;
    for number in 0..requests {
        let version = if number % 2 == 0 { V1 } else { V2 };
        let answer = given
            .with_key(key, Method::POST, &format!("{version}/users/check"), body)
            .await;
        passed += u32::from(answer.status == StatusCode::OK);
    }
    passed
}

/// The sandbox in which the organization of the keys plays the vendor.
fn sandbox() -> Sandbox {
    Sandbox::new(organization(9).id, [(Vendor::Upheal, organization(1))])
}

#[tokio::test(start_paused = true)]
async fn three_hundred_requests_a_minute_are_answered_for_each_key_in_both_versions_together() {
    let given = given();

    assert_eq!(let_through(&given, KEY, 310).await, 300);
    assert_eq!(
        let_through(&given, ANOTHER_KEY, 1).await,
        1,
        "each key has its own count"
    );
    assert_eq!(let_through(&given, STRANGERS_KEY, 1).await, 1);
    advance(Duration::from_mins(1)).await;
    assert_eq!(let_through(&given, KEY, 1).await, 1);
}

#[tokio::test(start_paused = true)]
async fn the_one_too_many_is_told_when_to_come_again() {
    let given = given_in(None, Some(2));
    let_through(&given, KEY, 2).await;
    advance(Duration::from_secs(18)).await;

    let id = "98fce1ef-dbca-41ef-8bc7-4d1621ac07c6";
    for (method, path) in [
        (Method::GET, format!("{V1}/users/{id}")),
        (Method::DELETE, format!("{V2}/users/{id}")),
        (Method::POST, format!("{V2}/users/providers")),
    ] {
        let answer = given.call(method, &path, "").await;

        assert_eq!(answer.refusal(), (429, "RATE_LIMITED".to_owned()));
        assert_eq!(answer.header("retry-after"), "42");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_set_holds_and_none_at_all_can_be_set() {
    assert_eq!(let_through(&given_in(None, Some(5)), KEY, 10).await, 5);
    assert_eq!(let_through(&given_in(None, Some(0)), KEY, 400).await, 400);
}

#[tokio::test(start_paused = true)]
async fn the_organization_that_plays_the_vendor_has_no_limit_unless_one_is_set() {
    let sandbox = sandbox();

    let free = given_in(Some(&sandbox), None);
    assert_eq!(let_through(&free, KEY, 400).await, 400);
    assert_eq!(
        let_through(&free, STRANGERS_KEY, 310).await,
        300,
        "others are limited as ever"
    );
    assert_eq!(let_through(&given_in(Some(&sandbox), Some(5)), KEY, 10).await, 5);
}

#[tokio::test(start_paused = true)]
async fn requests_of_nobody_do_not_use_up_anybodys_room() {
    let given = given_in(None, Some(1));

    assert_eq!(let_through(&given, "nobody's-key", 10).await, 0);
    assert_eq!(let_through(&given, KEY, 1).await, 1);
}
