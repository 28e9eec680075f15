//! What each fault does to a call, and whose turn it is.

use std::time::Duration;

use axum::http::StatusCode;
use roster_domain::Vendor;

use super::super::fault::{Effect, Operation};
use super::super::faults::{Aim, Faults};
use super::super::sever::Sever;
use super::{PLAYER, STRANGER, aim, given, status, text};

#[tokio::test]
async fn a_status_is_answered_in_the_vendors_shape_before_anything_happens() {
    let given = given();
    given.fault(Effect::Status {
        status: StatusCode::SERVICE_UNAVAILABLE,
        retry_after: Some(2),
    });

    let answer = given.call("/users", PLAYER).await;

    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "2");
    assert_eq!(text(answer).await, "shaped");
    assert_eq!(given.effects(), 0);
}

#[tokio::test]
async fn credentials_are_refused_before_anything_happens() {
    let given = given();
    given.fault(Effect::Unauthorized);

    assert_eq!(given.call("/users", PLAYER).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(given.effects(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_call_is_handled_as_usual() {
    let given = given();
    given.fault(Effect::Delay(Duration::from_secs(20)));
    let begun = tokio::time::Instant::now();

    let answer = given.call("/users", PLAYER).await;

    assert!(begun.elapsed() >= Duration::from_secs(20));
    assert_eq!((answer.status(), text(answer).await.as_str()), (StatusCode::OK, "done"));
    assert_eq!(given.effects(), 1);
}

#[tokio::test]
async fn a_malformed_answer_comes_after_the_effect() {
    let given = given();
    given.fault(Effect::Malformed);

    let answer = given.call("/users", PLAYER).await;

    assert_eq!(
        (answer.status(), &answer.headers()["content-type"]),
        (StatusCode::OK, &"application/json".parse().unwrap())
    );
    assert!(serde_json::from_str::<serde_json::Value>(&text(answer).await).is_err());
    assert_eq!(given.effects(), 1);
}

#[tokio::test]
async fn an_answer_of_another_type_comes_after_the_effect() {
    let given = given();
    given.fault(Effect::WrongContentType);

    let answer = given.call("/users", PLAYER).await;

    assert_eq!(
        (answer.status(), &answer.headers()["content-type"]),
        (StatusCode::OK, &"text/html".parse().unwrap())
    );
    assert!(text(answer).await.starts_with("<!DOCTYPE html>"));
    assert_eq!(given.effects(), 1);
}

#[tokio::test]
async fn a_reset_comes_before_the_effect_and_a_dropped_reply_after_it() {
    let given = given();

    given.fault(Effect::Reset);
    assert!(Sever::is_on(&given.call("/users", PLAYER).await));
    assert_eq!(given.effects(), 0);

    given.sandbox.faults().clear(None);
    given.fault(Effect::DropReply);
    assert!(Sever::is_on(&given.call("/users", PLAYER).await));
    assert_eq!(given.effects(), 1);
}

#[tokio::test]
async fn a_dropped_replys_effect_happens_though_the_caller_gives_up() {
    let given = given();
    given.fault(Effect::DropReply);

    let given_up = tokio::time::timeout(Duration::from_millis(5), given.call("/users", PLAYER)).await;
    tokio::time::timeout(Duration::from_secs(5), async {
        while given.effects() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the effect");

    assert!(given_up.is_err());
    assert_eq!(given.effects(), 1);
}

#[tokio::test]
async fn calls_of_another_organization_are_neither_struck_nor_noted() {
    let given = given();
    given.fault(Effect::Reset);

    assert_eq!(given.call("/users", STRANGER).await.status(), StatusCode::OK);
    assert!(given.sandbox.calls().list(None).is_empty());
}

#[tokio::test]
async fn calls_for_a_token_are_struck_only_by_faults_that_say_so() {
    let given = given();
    given.fault(status(StatusCode::BAD_GATEWAY));
    assert_eq!(given.call("/token", PLAYER).await.status(), StatusCode::OK);

    let only_tokens = Aim {
        operation: Some(Operation::Token),
        ..aim(status(StatusCode::GATEWAY_TIMEOUT))
    };
    given.sandbox.faults().add(only_tokens);

    assert_eq!(given.call("/token", PLAYER).await.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(given.call("/users", PLAYER).await.status(), StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn every_call_is_noted_with_the_status_that_the_vendor_answers() {
    let given = given();
    given.sandbox.faults().add(Aim {
        times: Some(1),
        ..aim(Effect::Reset)
    });
    given.sandbox.faults().add(Aim {
        times: Some(1),
        ..aim(status(StatusCode::BAD_GATEWAY))
    });

    for path in ["/users", "/list", "/refused", "/users"] {
        given.call(path, PLAYER).await;
    }

    insta::assert_snapshot!(given.sandbox.noted_for_test().join("\n"), @r"
    Create POST /vendor/users - reset
    List POST /vendor/list 502 status
    Update POST /vendor/refused 418 -
    Create POST /vendor/users 200 -
    ");
}

#[tokio::test]
async fn the_log_keeps_the_last_thousand_calls() {
    let given = given();
    given.fault(Effect::Unauthorized);

    for _ in 0..1_001 {
        given.call("/users", PLAYER).await;
    }

    let noted = given.sandbox.calls().list(None);
    assert_eq!((noted.len(), noted[0].id, noted[999].id), (1_000, 2, 1_001));
    assert_eq!(noted[999].status, Some(StatusCode::UNAUTHORIZED));
    assert!(given.sandbox.calls().list(Some(Vendor::Corti)).is_empty());
}

/// Which of so many calls are struck.
fn struck(faults: &mut Faults, calls: u32) -> Vec<Option<&'static str>> {
    (0..calls)
        .map(|_| {
            faults
                .strike(Vendor::NablaCore, Operation::Create)
                .map(|effect| effect.kind())
        })
        .collect()
}

#[test]
fn a_fault_strikes_each_so_many_th_call_so_often() {
    let mut faults = Faults::default();
    faults.add(Aim {
        every: 3,
        times: Some(2),
        ..aim(Effect::Reset)
    });

    let struck = struck(&mut faults, 10);

    let when: Vec<usize> = (0..10).filter(|index| struck[*index].is_some()).collect();
    assert_eq!(when, [2, 5]);
    assert_eq!(faults.all()[0].remaining(), Some(0));
}

#[test]
fn the_oldest_fault_strikes_first_and_those_behind_it_wait() {
    let mut faults = Faults::default();
    faults.add(Aim {
        times: Some(2),
        ..aim(Effect::Reset)
    });
    faults.add(Aim {
        times: Some(1),
        ..aim(Effect::Malformed)
    });

    assert_eq!(
        struck(&mut faults, 4),
        [Some("reset"), Some("reset"), Some("malformed"), None]
    );
}

#[test]
fn faults_are_cleared_for_one_vendor_or_for_all() {
    let mut faults = Faults::default();
    faults.add(aim(Effect::Reset));
    faults.add(Aim {
        vendor: Vendor::Upheal,
        ..aim(Effect::Reset)
    });

    faults.clear(Some(Vendor::NablaCore));
    assert_eq!(
        faults.all().iter().map(|fault| fault.aim.vendor).collect::<Vec<_>>(),
        [Vendor::Upheal]
    );

    faults.clear(None);
    assert!(faults.all().is_empty());
}

#[test]
fn of_too_many_faults_those_that_are_done_are_forgotten_first() {
    let mut faults = Faults::default();
    faults.add(Aim {
        every: 1_000,
        ..aim(Effect::Malformed)
    });
    faults.add(Aim {
        times: Some(1),
        ..aim(Effect::Reset)
    });
    struck(&mut faults, 1);

    for _ in 2..1_001 {
        faults.add(aim(Effect::Malformed));
    }

    assert_eq!(faults.all().len(), 1_000);
    assert_eq!((faults.all()[0].id, faults.all()[1].id), (1, 3));
}
