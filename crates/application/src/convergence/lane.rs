//! What the calls over one connection have in common: how fast they may come, and whether the vendor is well.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use roster_domain::{Admission, Breaker, BreakerPolicy, Connection, OutcomeClass, Pace, Rate, Timestamp, Version};
use tokio::time::Instant;

/// One connection's lane. It belongs to the process; the lease on the connection makes it the only one.
pub(super) struct Lane {
    policy: BreakerPolicy,
    breaker: Mutex<Breaker>,
    traffic: Mutex<Traffic>,
    /// The version of the connection for which all this was learned.
    version: Mutex<Option<Version>>,
    /// From when on the pace counts its time.
    begun: Instant,
}

/// What was sent lately, and what is about to be.
#[derive(Default)]
struct Traffic {
    pace: Pace,
    /// Claims that have not sent anything yet.
    beginning: u32,
}

/// By which right a claim's calls are made.
pub(super) struct Passage {
    lane: Arc<Lane>,
    /// The vendor failed before, and this claim finds out whether it is well again.
    is_probe: bool,
    /// It has not taken a turn yet.
    is_beginning: AtomicBool,
}

impl Passage {
    /// The right of a claim that is one of many.
    pub(super) fn ordinary(lane: Arc<Lane>) -> Self {
        lock(&lane.traffic).beginning += 1;
        Self {
            lane,
            is_probe: false,
            is_beginning: AtomicBool::new(true),
        }
    }

    /// The right of the one claim that finds out whether a vendor that failed is well again.
    pub(super) fn probe(lane: Arc<Lane>) -> Self {
        lane.change(Breaker::probed);
        let mut passage = Self::ordinary(lane);
        passage.is_probe = true;
        passage
    }

    /// Takes the turn for one request. Returns when it may be sent.
    pub(super) fn turn(&self) -> Instant {
        self.begin();
        self.lane.turn()
    }

    fn begin(&self) {
        if self.is_beginning.swap(false, Ordering::Relaxed) {
            lock(&self.lane.traffic).beginning -= 1;
        }
    }

    /// Notes what became of a call.
    pub(super) fn heard(&self, failure: Option<OutcomeClass>, now: Timestamp, jitter: f64) {
        self.lane
            .change(|breaker| breaker.after(failure, now, jitter, &self.lane.policy));
    }

    /// Whether a request may be sent: the vendor may have failed, or asked to wait, in answer to others.
    pub(super) fn is_let_through(&self, now: Timestamp) -> bool {
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
        self.begin();
        if self.is_probe {
            self.lane.change(Breaker::unused);
        }
    }
}

impl Lane {
    /// A lane of a vendor that is well.
    pub(super) fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            breaker: Mutex::default(),
            traffic: Mutex::default(),
            version: Mutex::default(),
            begun: Instant::now(),
        }
    }

    /// Takes over what the connection says now. Where that was changed, what is known of the vendor's health and of its
    /// wishes was learned with another address or other credentials, or somebody made sure that it is well: it is
    /// forgotten. What still holds is in the store. Returns whether it was forgotten.
    pub(super) fn follow(&self, connection: &Connection) -> bool {
        self.set_pace(connection.options.rate(connection.vendor));
        let known = lock(&self.version).replace(connection.version);
        let is_other = known.is_some_and(|known| known < connection.version);
        if is_other {
            self.change(|_| Breaker::default());
        }
        is_other
    }

    /// Sets how many requests there may be in a minute. What was counted before counts on.
    pub(super) fn set_pace(&self, per_minute: Option<u32>) {
        let rate = per_minute.and_then(Rate::per_minute);
        let now = self.begun.elapsed();
        let mut traffic = lock(&self.traffic);
        traffic.pace = if traffic.pace == Pace::default() {
            Pace::rested(rate)
        } else {
            traffic.pace.changed(rate, now)
        };
    }

    fn turn(&self) -> Instant {
        let mut traffic = lock(&self.traffic);
        let (pace, at) = traffic.pace.taken(self.begun.elapsed());
        traffic.pace = pace;
        self.begun + at
    }

    /// How many claims can begin now without waiting for their turns; `None` for as many as there are.
    pub(super) fn free(&self) -> Option<u32> {
        let traffic = lock(&self.traffic);
        let free = traffic.pace.free(self.begun.elapsed())?;
        Some(free.saturating_sub(traffic.beginning))
    }

    /// How long it is until the next turn; nothing where claims have only yet to take those that are there.
    pub(super) fn next_turn(&self) -> Duration {
        let now = self.begun.elapsed();
        lock(&self.traffic).pace.next_at(now).saturating_sub(now)
    }

    /// How many claims may be under way so that none waits for its turn for longer than this.
    pub(super) fn claims(&self, longest: Duration) -> u32 {
        let rate = lock(&self.traffic).pace.rate();
        rate.map_or(u32::MAX, |rate| rate.claims(longest))
    }

    /// What is let through now.
    pub(super) fn admission(&self, now: Timestamp) -> Admission {
        lock(&self.breaker).admission(now)
    }

    /// Lets no call through before a time: the vendor asked another worker for that.
    pub(super) fn leave_alone_until(&self, until: Timestamp) {
        self.change(|breaker| breaker.leaving_alone_until(until));
    }

    fn change(&self, next: impl FnOnce(Breaker) -> Breaker) {
        let mut breaker = lock(&self.breaker);
        *breaker = next(*breaker);
    }

    /// Whether the lane remembers nothing that a new one would not.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        self.admission(now) == Admission::All && lock(&self.traffic).pace.is_rested(self.begun.elapsed())
    }
}

/// What is behind these locks is whole at every moment, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn without_a_pace_nobody_waits() {
        let lane = Lane::new(BreakerPolicy::default());
        for _ in 0..10_000 {
            assert_eq!(lane.turn(), Instant::now());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn setting_the_same_pace_again_forgets_nothing() {
        let lane = Lane::new(BreakerPolicy::default());
        lane.set_pace(Some(2));
        lane.turn();

        lane.set_pace(Some(2));

        assert!(
            lane.turn() > Instant::now(),
            "the one call that may come at once has been made"
        );
        assert!(!lane.is_fresh(Timestamp::UNIX_EPOCH));
    }

    #[tokio::test(start_paused = true)]
    async fn turning_a_pace_off_and_on_again_grants_nothing() {
        let lane = Lane::new(BreakerPolicy::default());
        lane.set_pace(Some(400));
        while lane.free() != Some(0) {
            lane.turn();
        }

        lane.set_pace(None);
        lane.set_pace(Some(400));

        assert!(lane.free() <= Some(1), "{:?}", lane.free());
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_somebody_is_about_to_take_is_not_free_for_another() {
        let lane = Arc::new(Lane::new(BreakerPolicy::default()));
        lane.set_pace(Some(60));
        assert_eq!(lane.free(), Some(2));

        let (one, other) = (Passage::ordinary(lane.clone()), Passage::ordinary(lane.clone()));
        assert_eq!(lane.free(), Some(0));
        one.turn();
        assert_eq!(lane.free(), Some(0));
        drop(other);
        assert_eq!(lane.free(), Some(1), "one that has nothing to send gives its place up");
    }
}
