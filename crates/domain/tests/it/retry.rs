//! When to try again: what the vendor asks for is a floor, the rest is full jitter below a growing, capped ceiling.

use std::time::Duration;

use chrono::TimeDelta;
use proptest::prelude::*;
use roster_domain::{DISBELIEVED, LONGEST_WAIT, OutcomeClass, RetryPolicy, Timestamp, Verdict, retry};

use crate::given::at;

const POLICY: RetryPolicy = RetryPolicy {
    base: Duration::from_millis(500),
    cap: Duration::from_mins(5),
    settle: Duration::from_millis(700),
};

fn wait(class: OutcomeClass, attempts: u32, jitter: f64, policy: &RetryPolicy) -> Duration {
    match retry(class, attempts, at(0), jitter, policy) {
        Verdict::RetryAt(then) => (then - at(0)).to_std().expect("never in the past"),
        verdict => panic!("{class:?} is not retried: {verdict:?}"),
    }
}

fn retried(after: Option<Duration>) -> [OutcomeClass; 4] {
    [
        OutcomeClass::NotFound,
        OutcomeClass::RateLimited { after },
        OutcomeClass::Transient { after },
        OutcomeClass::Unknown,
    ]
}

/// The shortest wait that a class allows.
fn floor(class: OutcomeClass) -> Duration {
    let asked = match class {
        OutcomeClass::RateLimited { after } | OutcomeClass::Transient { after } => after.unwrap_or_default(),
        _ => Duration::ZERO,
    };
    if class.may_have_happened() {
        asked.max(POLICY.settle)
    } else {
        asked
    }
}

#[test]
fn refused_credentials_pause_the_connection_and_what_cannot_heal_asks_a_person() {
    for attempts in [0, 1, 7, u32::MAX] {
        let verdict = |class| retry(class, attempts, at(0), 0.5, &POLICY);
        assert_eq!(verdict(OutcomeClass::Unauthorized), Verdict::PauseConnection);
        assert_eq!(verdict(OutcomeClass::Rejected), Verdict::Ask);
        assert_eq!(verdict(OutcomeClass::Conflict), Verdict::Ask);
    }
}

#[test]
fn only_calls_without_a_clear_answer_may_have_had_an_effect() {
    for class in [OutcomeClass::Unknown, OutcomeClass::Transient { after: None }] {
        assert!(class.may_have_happened(), "{class:?}");
    }
    for class in [
        OutcomeClass::Unauthorized,
        OutcomeClass::NotFound,
        OutcomeClass::Conflict,
        OutcomeClass::RateLimited { after: None },
        OutcomeClass::Rejected,
    ] {
        assert!(!class.may_have_happened(), "{class:?}");
    }
}

#[test]
fn the_ceiling_doubles_from_the_base_up_to_the_cap() {
    let ceilings: Vec<u128> = (1..=12)
        .map(|attempts| wait(OutcomeClass::NotFound, attempts, 1.0, &POLICY).as_millis())
        .collect();
    let expected = [
        500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
    ];
    assert_eq!(ceilings, expected);
}

#[test]
fn jitter_draws_from_the_whole_range() {
    for attempts in [1, 5, 40] {
        let at_most = wait(OutcomeClass::NotFound, attempts, 1.0, &POLICY);
        assert_eq!(wait(OutcomeClass::NotFound, attempts, 0.0, &POLICY), Duration::ZERO);
        assert_eq!(wait(OutcomeClass::NotFound, attempts, 0.5, &POLICY), at_most / 2);
    }
}

#[test]
fn a_call_that_may_have_had_an_effect_is_given_time_to_settle() {
    for class in [
        OutcomeClass::Unknown,
        OutcomeClass::Transient {
            after: Some(Duration::ZERO),
        },
    ] {
        assert_eq!(wait(class, 1, 0.0, &POLICY), POLICY.settle);
    }
    assert_eq!(
        wait(OutcomeClass::RateLimited { after: None }, 1, 0.0, &POLICY),
        Duration::ZERO
    );
}

#[test]
fn nobody_waits_for_longer_than_a_day_whatever_a_vendor_asks_for() {
    let day = Duration::from_hours(24);
    for asked in [
        day,
        day + Duration::from_secs(1),
        Duration::from_secs(1_790_000_000),
        Duration::MAX,
    ] {
        for class in [
            OutcomeClass::RateLimited { after: Some(asked) },
            OutcomeClass::Transient { after: Some(asked) },
        ] {
            assert_eq!(wait(class, u32::MAX, 1.0, &POLICY), day, "{asked:?}");
            assert_eq!(class.asks_for_too_long(), asked > day);
        }
    }
}

#[test]
fn a_wait_that_can_be_meant_is_kept_by_all_and_one_that_cannot_keeps_the_others_for_minutes() {
    let limited = |seconds| OutcomeClass::RateLimited {
        after: Some(Duration::from_secs(seconds)),
    };
    assert_eq!(limited(3_600).wait_of_all(), Some(Duration::from_hours(1)));
    assert_eq!(limited(86_400).wait_of_all(), Some(LONGEST_WAIT));
    assert_eq!(limited(86_401).wait_of_all(), Some(DISBELIEVED));
    assert_eq!(limited(99_999_999_999_999).wait_of_all(), Some(Duration::from_mins(15)));
    for class in [OutcomeClass::Unknown, OutcomeClass::RateLimited { after: None }] {
        assert_eq!((class.wait_of_all(), class.asks_for_too_long()), (None, false));
    }
}

#[test]
fn numbers_beyond_every_calendar_do_not_panic() {
    let endless = Some(Duration::MAX);
    let last = retry(
        OutcomeClass::Transient { after: endless },
        1,
        Timestamp::MAX_UTC,
        0.0,
        &POLICY,
    );
    assert_eq!(last, Verdict::RetryAt(Timestamp::MAX_UTC));

    let endless_policy = RetryPolicy {
        base: Duration::MAX,
        cap: Duration::MAX,
        settle: Duration::MAX,
    };
    assert_eq!(
        wait(OutcomeClass::Unknown, u32::MAX, 1.0, &endless_policy),
        LONGEST_WAIT
    );
}

#[test]
fn jitter_outside_its_range_is_brought_into_it() {
    assert_eq!(wait(OutcomeClass::NotFound, 1, -3.0, &POLICY), Duration::ZERO);
    for jitter in [1.0, 7.0, f64::INFINITY, f64::NAN] {
        assert_eq!(
            wait(OutcomeClass::NotFound, 1, jitter, &POLICY),
            POLICY.base,
            "{jitter}"
        );
    }
}

proptest! {
    #[test]
    fn the_floor_holds_for_every_class_attempt_and_jitter(
        after in proptest::option::of(0..=86_400_u64), attempts in any::<u32>(), jitter in 0.0..1.0_f64,
    ) {
        for class in retried(after.map(Duration::from_secs)) {
            prop_assert!(wait(class, attempts, jitter, &POLICY) >= floor(class), "{:?}", class);
        }
    }

    #[test]
    fn beyond_the_floor_nobody_waits_longer_than_the_cap(
        after in proptest::option::of(0..=86_400_u64), attempts in any::<u32>(), jitter in 0.0..1.0_f64,
    ) {
        for class in retried(after.map(Duration::from_secs)) {
            let at_most = POLICY.cap.max(floor(class)) + Duration::from_nanos(1);
            prop_assert!(wait(class, attempts, jitter, &POLICY) <= at_most, "{:?}", class);
        }
    }

    #[test]
    fn more_failures_and_more_jitter_never_shorten_the_wait(
        attempts in 0..u32::MAX, low in 0.0..1.0_f64, high in 0.0..1.0_f64, after in proptest::option::of(0..600_u64),
    ) {
        let (low, high) = if low <= high { (low, high) } else { (high, low) };
        for class in retried(after.map(Duration::from_secs)) {
            prop_assert!(wait(class, attempts, low, &POLICY) <= wait(class, attempts + 1, low, &POLICY));
            prop_assert!(wait(class, attempts, low, &POLICY) <= wait(class, attempts, high, &POLICY));
        }
    }

    #[test]
    fn the_verdict_depends_on_the_time_by_nothing_but_the_offset(
        seconds in 0..1_000_000_i64, attempts in 0..40_u32, jitter in 0.0..1.0_f64,
    ) {
        for class in retried(None) {
            let Verdict::RetryAt(then) = retry(class, attempts, at(seconds), jitter, &POLICY) else {
                return Err(TestCaseError::fail("it is retried"));
            };
            let offset = TimeDelta::from_std(wait(class, attempts, jitter, &POLICY)).expect("short");
            prop_assert_eq!(then - at(seconds), offset);
        }
    }
}
