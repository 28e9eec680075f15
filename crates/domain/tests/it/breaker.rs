//! A vendor that fails is left alone, is tried again carefully, and never forgotten.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use roster_domain::{Admission, Breaker, BreakerPolicy, OutcomeClass, Timestamp};

use crate::given::at;

const SILENCE: Option<OutcomeClass> = Some(OutcomeClass::Unknown);
const BREAKDOWN: Option<OutcomeClass> = Some(OutcomeClass::Transient { after: None });

fn policy() -> BreakerPolicy {
    BreakerPolicy {
        failures: 3,
        base: Duration::from_secs(2),
        cap: Duration::from_secs(10),
    }
}

fn after(breaker: Breaker, outcome: Option<OutcomeClass>, now: Timestamp) -> Breaker {
    breaker.after(outcome, now, 0.0, &policy())
}

fn open() -> Breaker {
    (0..3).fold(Breaker::default(), |breaker, _| after(breaker, BREAKDOWN, at(0)))
}

#[test]
fn it_opens_after_failures_in_a_row_and_an_answer_in_between_starts_anew() {
    let mut breaker = Breaker::default();
    for outcome in [SILENCE, BREAKDOWN, Some(OutcomeClass::NotFound), BREAKDOWN, SILENCE] {
        breaker = after(breaker, outcome, at(0));
        assert_eq!(breaker.admission(at(0)), Admission::All);
    }

    assert_eq!(
        after(breaker, BREAKDOWN, at(0)).admission(at(0)),
        Admission::NotBefore(at(2))
    );
}

#[test]
fn when_the_time_is_up_one_call_goes_through_and_none_beside_it() {
    let breaker = open();
    assert_eq!(breaker.admission(at(1)), Admission::NotBefore(at(2)));
    assert_eq!(breaker.admission(at(2)), Admission::Probe);
    assert_eq!(breaker.probed().admission(at(2)), Admission::Probing);
    assert_eq!(breaker.probed().unused().admission(at(2)), Admission::Probe);
}

#[test]
fn an_answer_to_the_probe_closes_it_whatever_it_says() {
    for answer in [None, Some(OutcomeClass::Rejected), Some(OutcomeClass::Conflict)] {
        let breaker = after(open().probed(), answer, at(2));
        assert_eq!(breaker.admission(at(2)), Admission::All, "{answer:?}");
    }
}

#[test]
fn a_probe_that_fails_opens_it_for_twice_as_long_up_to_the_cap() {
    let (mut breaker, mut now) = (open(), 2);
    for wait in [4, 8, 10, 10] {
        breaker = after(breaker.probed(), SILENCE, at(now));
        assert_eq!(breaker.admission(at(now)), Admission::NotBefore(at(now + wait)));
        now += wait;
    }
}

#[test]
fn what_was_under_way_when_it_opened_is_no_news() {
    let breaker = open();
    assert_eq!(
        after(breaker, SILENCE, at(1)).admission(at(1)),
        Admission::NotBefore(at(2))
    );
}

#[test]
fn jitter_takes_up_to_half_of_the_time_off() {
    let almost = (0..2).fold(Breaker::default(), |breaker, _| after(breaker, BREAKDOWN, at(0)));
    let opened = almost.after(BREAKDOWN, at(0), 1.0, &policy());
    assert_eq!(opened.admission(at(0)), Admission::NotBefore(at(1)));
}

#[test]
fn a_vendor_that_asks_to_wait_is_left_alone_until_then_and_is_not_taken_for_sick() {
    let limited = Some(OutcomeClass::RateLimited {
        after: Some(Duration::from_secs(30)),
    });
    let breaker = after(Breaker::default(), limited, at(0));

    assert_eq!(breaker.admission(at(29)), Admission::NotBefore(at(30)));
    assert_eq!(breaker.admission(at(30)), Admission::All);
    assert_eq!(
        after(breaker, None, at(1)).admission(at(1)),
        Admission::NotBefore(at(30)),
        "an answer that was on its way does not shorten the wait"
    );
}

#[test]
fn a_vendor_that_asks_for_longer_than_it_can_mean_is_left_alone_for_minutes() {
    for asked in [Duration::from_secs(1_790_000_000), Duration::MAX] {
        let limited = Some(OutcomeClass::RateLimited { after: Some(asked) });
        let breaker = after(Breaker::default(), limited, at(0));

        assert_eq!(breaker.admission(at(899)), Admission::NotBefore(at(900)));
        assert_eq!(breaker.admission(at(900)), Admission::All);
    }
}

#[test]
fn what_another_process_was_asked_for_holds_here_and_casts_no_suspicion() {
    let told = Breaker::default().leaving_alone_until(at(20));
    assert_eq!(told.admission(at(19)), Admission::NotBefore(at(20)));
    assert_eq!(told.admission(at(20)), Admission::All);

    let earlier = told.leaving_alone_until(at(10));
    assert_eq!(
        earlier.admission(at(0)),
        Admission::NotBefore(at(20)),
        "the later one holds"
    );
    let open = open().leaving_alone_until(at(20));
    assert_eq!(
        open.admission(at(20)),
        Admission::Probe,
        "a sick vendor stays under suspicion"
    );
}

proptest! {
    #[test]
    fn whatever_happens_a_call_is_let_through_again_in_time(
        outcomes in proptest::collection::vec(
            (select(vec![None, SILENCE, BREAKDOWN, Some(OutcomeClass::Rejected)]), 0..20i64, 0.0..1.0f64), 0..50,
        ),
    ) {
        let (mut breaker, mut now) = (Breaker::default(), 0);
        for (outcome, passed, jitter) in outcomes {
            now += passed;
            match breaker.admission(at(now)) {
                Admission::NotBefore(until) => {
                    prop_assert!(until <= at(now + 10), "no wait is longer than the cap");
                    now += 10;
                    prop_assert_eq!(breaker.admission(at(now)), Admission::Probe);
                    breaker = breaker.probed();
                }
                Admission::Probe => breaker = breaker.probed(),
                Admission::All => {}
                Admission::Probing => prop_assert!(false, "the probe has come back"),
            }
            breaker = breaker.after(outcome, at(now), jitter, &policy());
        }
    }
}
