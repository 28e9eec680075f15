//! What the calls over one connection have in common: how fast they may come, and whether the vendor is well.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use roster_domain::{Admission, Breaker, BreakerPolicy, OutcomeClass, Timestamp};

/// One connection's lane. It belongs to the process; the lease on the connection makes it the only one.
pub(super) struct Lane {
    policy: BreakerPolicy,
    breaker: Mutex<Breaker>,
    pace: Mutex<Pace>,
}

/// By which right a claim's calls are made.
pub(super) struct Passage {
    lane: Arc<Lane>,
    /// The vendor failed before, and this claim finds out whether it is well again.
    is_probe: bool,
}

impl Passage {
    /// The right of a claim that is one of many.
    pub(super) fn ordinary(lane: Arc<Lane>) -> Self {
        Self { lane, is_probe: false }
    }

    /// The right of the one claim that finds out whether a vendor that failed is well again.
    pub(super) fn probe(lane: Arc<Lane>) -> Self {
        lane.change(Breaker::probed);
        Self { lane, is_probe: true }
    }

    /// Waits until the next call may be made; `false` where none may be. The vendor may have failed, or asked to wait,
    /// since the claim was made, and also while it waited for its turn: others' calls say so for this one.
    ///
    /// A step counts as the most requests that it may take, so that a vendor's limit holds whatever it takes.
    pub(super) async fn enter(&self, requests: u32, now: impl Fn() -> Timestamp) -> bool {
        if !self.is_let_through(now()) {
            return false;
        }
        for _ in 0..requests {
            self.lane.turn().await;
        }
        self.is_let_through(now())
    }

    /// Notes what became of a call.
    pub(super) fn heard(&self, failure: Option<OutcomeClass>, now: Timestamp, jitter: f64) {
        self.lane
            .change(|breaker| breaker.after(failure, now, jitter, &self.lane.policy));
    }

    fn is_let_through(&self, now: Timestamp) -> bool {
        match self.lane.admission(now) {
            Admission::All => true,
            Admission::Probing => self.is_probe,
            Admission::Probe | Admission::NotBefore(_) => false,
        }
    }
}

/// However a probe ends, be it in a panic, the next one may be sent. One that made no call has found nothing out.
impl Drop for Passage {
    fn drop(&mut self) {
        if self.is_probe {
            self.lane.change(Breaker::unused);
        }
    }
}

/// How many calls a minute there may be, and what counts them.
#[derive(Default)]
struct Pace {
    per_minute: Option<u32>,
    limiter: Option<Arc<DefaultDirectRateLimiter>>,
}

impl Lane {
    /// A lane of a vendor that is well.
    pub(super) fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            breaker: Mutex::default(),
            pace: Mutex::default(),
        }
    }

    /// Sets how many calls there may be in a minute. What was counted before counts on, unless the number changes.
    pub(super) fn set_pace(&self, per_minute: Option<u32>) {
        let mut pace = lock(&self.pace);
        if pace.per_minute != per_minute {
            *pace = Pace {
                per_minute,
                limiter: per_minute
                    .and_then(quota)
                    .map(|quota| Arc::new(RateLimiter::direct(quota))),
            };
        }
    }

    /// Waits until the next call may be made.
    async fn turn(&self) {
        let limiter = lock(&self.pace).limiter.clone();
        if let Some(limiter) = limiter {
            limiter.until_ready().await;
        }
    }

    /// What is let through now.
    pub(super) fn admission(&self, now: Timestamp) -> Admission {
        lock(&self.breaker).admission(now)
    }

    fn change(&self, next: impl FnOnce(Breaker) -> Breaker) {
        let mut breaker = lock(&self.breaker);
        *breaker = next(*breaker);
    }

    /// Whether the lane remembers nothing that a new one would not.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        self.admission(now) == Admission::All
    }
}

/// No minute, wherever it begins, has more calls than allowed: nine tenths come evenly, and a tenth may come at once.
fn quota(per_minute: u32) -> Option<Quota> {
    let burst = NonZeroU32::new((per_minute / 10).max(1))?;
    let evenly = per_minute.saturating_sub(burst.get()).max(1);
    let period = Duration::from_mins(1).checked_div(evenly)?;
    Quota::with_period(period).map(|quota| quota.allow_burst(burst))
}

/// What is behind these locks is whole at every moment, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_never_has_more_calls_than_allowed() {
        for per_minute in [1, 2, 9, 10, 60, 300, 10_000] {
            let quota = quota(per_minute).expect("a quota");
            let burst = u128::from(quota.burst_size().get());
            let evenly = Duration::from_mins(1).as_nanos() / quota.replenish_interval().as_nanos().max(1);

            assert!(
                burst + evenly <= u128::from(per_minute).max(2),
                "{per_minute}: {burst} and {evenly}"
            );
            assert!(
                (burst + evenly) * 10 >= u128::from(per_minute) * 9,
                "{per_minute} is made use of"
            );
        }
    }

    #[tokio::test]
    async fn without_a_pace_nobody_waits() {
        let lane = Lane::new(BreakerPolicy::default());
        for _ in 0..10_000 {
            lane.turn().await;
        }
    }

    #[tokio::test]
    async fn setting_the_same_pace_again_forgets_nothing() {
        let lane = Lane::new(BreakerPolicy::default());
        lane.set_pace(Some(2));
        lane.turn().await;

        lane.set_pace(Some(2));

        let next = tokio::time::timeout(Duration::from_millis(50), lane.turn()).await;
        assert!(next.is_err(), "the one call that may come at once has been made");
    }
}
