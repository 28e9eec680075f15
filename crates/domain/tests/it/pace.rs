//! A limit holds in every minute, is made use of, and nobody waits for a turn for longer than he can.

use std::time::Duration;

use proptest::prelude::*;
use roster_domain::{Pace, Rate};

const MINUTE: Duration = Duration::from_mins(1);

fn rate(per_minute: u32) -> Rate {
    Rate::per_minute(per_minute).expect("more than none")
}

/// When requests are sent that come one after the other, each so long after the one before came.
fn sent(mut pace: Pace, gaps: impl IntoIterator<Item = Duration>) -> Vec<Duration> {
    let mut now = Duration::from_hours(1);
    let mut sent = Vec::new();
    for gap in gaps {
        now += gap;
        let (next, at) = pace.taken(now);
        pace = next;
        sent.push(at);
    }
    sent
}

/// The most that are sent in any minute.
fn most_in_a_minute(sent: &[Duration]) -> usize {
    let within = |(first, from): (usize, &Duration)| sent[first..].partition_point(|at| *at <= *from + MINUTE);
    sent.iter().enumerate().map(within).max().unwrap_or_default()
}

#[test]
fn without_a_rate_nobody_waits() {
    assert_eq!(Rate::per_minute(0), None);
    let at_once = sent(Pace::rested(None), vec![Duration::ZERO; 1_000]);
    assert_eq!(at_once[0], at_once[999]);
    assert_eq!(Pace::rested(None).free(MINUTE), None);
}

#[test]
fn what_is_free_can_be_taken_without_a_wait_and_no_more() {
    for per_minute in [1, 39, 40, 60, 300, 100_000] {
        let mut pace = Pace::rested(Some(rate(per_minute)));
        let free = pace.free(MINUTE).expect("a limit");
        assert_eq!(free, rate(per_minute).at_once());
        for left in (0..free).rev() {
            let at;
            (pace, at) = pace.taken(MINUTE);
            assert_eq!((at, pace.free(MINUTE)), (MINUTE, Some(left)), "{per_minute}");
        }
        assert!(pace.next_at(MINUTE) > MINUTE && !pace.is_rested(MINUTE));
        assert_eq!(pace.free(pace.next_at(MINUTE)), Some(1));
    }
}

#[test]
fn another_rate_grants_nothing_at_once_to_who_has_just_had_it() {
    let mut pace = Pace::rested(Some(rate(400)));
    for _ in 0..11 {
        pace = pace.taken(MINUTE).0;
    }

    let changed = pace.changed(Some(rate(4_000)), MINUTE);

    assert_eq!(changed.rate(), Some(rate(4_000)));
    assert!(changed.free(MINUTE) <= Some(1), "{:?}", changed.free(MINUTE));
    assert_eq!(
        pace.changed(Some(rate(400)), MINUTE),
        pace,
        "the same rate is no change"
    );
}

#[test]
fn who_takes_over_within_the_minute_does_not_break_the_limit_of_a_vendor() {
    for handed_over in [0, 1, 10, 30, 59] {
        let limit = Pace::rested(Some(rate(300)));
        let until = Duration::from_hours(1) + Duration::from_secs(handed_over);
        let mut all: Vec<_> = sent(limit, vec![Duration::ZERO; 300]);
        all.retain(|at| *at <= until);
        let mut heir = limit;
        for _ in 0..300 {
            let (next, at) = heir.taken(until);
            heir = next;
            all.push(at);
        }

        assert!(
            most_in_a_minute(&all) <= 300,
            "{handed_over}: {}",
            most_in_a_minute(&all)
        );
    }
}

proptest! {
    #[test]
    fn no_minute_has_more_requests_than_allowed_however_they_come(
        per_minute in 1..700_u32, gaps in proptest::collection::vec(0..3_000_u64, 1..300), repeated in 1..5_usize,
    ) {
        let gaps = gaps.into_iter().flat_map(|gap| {
            std::iter::once(Duration::from_millis(gap)).chain(std::iter::repeat_n(Duration::ZERO, repeated))
        });
        let sent = sent(Pace::rested(Some(rate(per_minute))), gaps);
        prop_assert!(most_in_a_minute(&sent) <= per_minute as usize);
        prop_assert!(sent.is_sorted(), "turns are had in order");
    }

    #[test]
    fn where_there_are_always_more_nine_in_ten_are_made_use_of(per_minute in 1..100_000_u32) {
        let ten_minutes = 10 * MINUTE;
        let made = ten_minutes.as_nanos() / rate(per_minute).period().as_nanos() + 1;
        prop_assert!(made * 10 >= u128::from(per_minute) * 10 * 9, "{made}");
    }

    #[test]
    fn of_so_many_claims_none_waits_for_longer_than_it_can(per_minute in 1..20_000_u32, seconds in 1..60_u64) {
        let longest = Duration::from_secs(seconds);
        let claims = rate(per_minute).claims(longest);
        prop_assert!(claims >= 1);
        // Each takes its next turn when it has had one.
        let mut pace = Pace::rested(Some(rate(per_minute)));
        let mut waits_until = std::collections::VecDeque::from(vec![MINUTE; claims as usize]);
        for _ in 0..3 * claims {
            let had = waits_until.pop_front().expect("a claim");
            let (next, at) = pace.taken(had);
            pace = next;
            prop_assert!(at.saturating_sub(had) <= longest.max(rate(per_minute).period()));
            waits_until.push_back(at);
        }
    }
}
