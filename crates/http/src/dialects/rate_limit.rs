//! How often somebody may call.
//!
//! What is limited is the requests of any minute, as vendors document it. A token bucket, which libraries offer, lets
//! a burst and everything that flows in after it through within the same minute: up to twice as many.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::time::Instant;

use crate::refusal::{Kind, Refusal};

const WINDOW: Duration = Duration::from_mins(1);

/// How many keys are kept before those that have been idle for a minute are looked for.
const FIRST_SWEEP: usize = 1024;

/// Counts what each key does, and refuses what is too much. Clones count together. It is of this process: behind a load
/// balancer each replica has its own.
#[derive(Debug, Clone)]
pub(crate) struct RateLimit<K> {
    most: usize,
    counted: Arc<Mutex<Counted<K>>>,
}

#[derive(Debug)]
struct Counted<K> {
    times: HashMap<K, VecDeque<Instant>>,
    sweep_at: usize,
}

impl<K: Clone + Eq + Hash> RateLimit<K> {
    /// At most so many in any minute; 0 is no limit.
    pub(crate) fn per_minute(most: u32) -> Self {
        let counted = Counted {
            times: HashMap::new(),
            sweep_at: FIRST_SWEEP,
        };
        Self {
            most: usize::try_from(most).unwrap_or(usize::MAX),
            counted: Arc::new(Mutex::new(counted)),
        }
    }

    /// Counts one more, or refuses it with 429 and says when there is room again. What is refused does not count.
    pub(crate) fn check(&self, key: &K) -> Result<(), Refusal> {
        let now = Instant::now();
        let mut counted = self.counted();
        self.room(&counted, key, now)?;
        self.push(&mut counted, key, now);
        Ok(())
    }

    /// Refuses if there is no room, and counts nothing: for where only what goes wrong counts, see [`Self::count`].
    pub(crate) fn peek(&self, key: &K) -> Result<(), Refusal> {
        self.room(&self.counted(), key, Instant::now())
    }

    /// Counts one more, whether or not there is room.
    pub(crate) fn count(&self, key: &K) {
        self.push(&mut self.counted(), key, Instant::now());
    }

    fn room(&self, counted: &Counted<K>, key: &K, now: Instant) -> Result<(), Refusal> {
        let Some(times) = counted.times.get(key) else {
            return Ok(());
        };
        let within = times.iter().filter(|time| is_recent(**time, now)).count();
        let oldest = times.iter().find(|time| is_recent(**time, now));
        let Some(oldest) = oldest.filter(|_| self.most > 0 && within >= self.most) else {
            return Ok(());
        };
        let wait = (*oldest + WINDOW).saturating_duration_since(now);
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let message = format!("at most {} in a minute; try again in {seconds} seconds", self.most);
        Err(Refusal {
            retry_after: Some(u32::try_from(seconds).unwrap_or(u32::MAX)),
            ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, Kind::RateLimited, message)
        })
    }

    fn push(&self, counted: &mut Counted<K>, key: &K, now: Instant) {
        if self.most == 0 {
            return;
        }
        if counted.times.len() >= counted.sweep_at && !counted.times.contains_key(key) {
            counted
                .times
                .retain(|_, times| times.back().is_some_and(|time| is_recent(*time, now)));
            // Whoever has many keys at once pays for looking through them only now and then.
            counted.sweep_at = FIRST_SWEEP.max(2 * counted.times.len());
        }
        let times = counted.times.entry(key.clone()).or_default();
        while times.len() >= self.most || times.front().is_some_and(|time| !is_recent(*time, now)) {
            times.pop_front();
        }
        times.push_back(now);
    }

    // What is behind the lock is whole at every moment, so a panic elsewhere does not spoil it.
    fn counted(&self) -> MutexGuard<'_, Counted<K>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_recent(time: Instant, now: Instant) -> bool {
    now.duration_since(time) < WINDOW
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn wait(outcome: Result<(), Refusal>) -> Option<u32> {
        let refusal = outcome.err()?;
        assert_eq!((refusal.status.as_u16(), refusal.kind), (429, Kind::RateLimited));
        refusal.retry_after
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_too_many_is_refused_until_the_first_is_a_minute_old() {
        let limit = RateLimit::per_minute(3);
        for _ in 0..3 {
            assert!(limit.check(&"a").is_ok());
            advance(Duration::from_secs(10)).await;
        }

        assert_eq!(wait(limit.check(&"a")), Some(30));
        advance(Duration::from_millis(29_500)).await;
        assert_eq!(
            wait(limit.check(&"a")),
            Some(1),
            "what is left of a second is rounded up"
        );
        advance(Duration::from_millis(500)).await;
        assert!(limit.check(&"a").is_ok());
        assert_eq!(wait(limit.check(&"a")), Some(10), "what was refused has not counted");
    }

    #[tokio::test(start_paused = true)]
    async fn each_key_has_its_own_count() {
        let limit = RateLimit::per_minute(1);

        assert!(limit.check(&"a").is_ok());

        assert!(limit.check(&"b").is_ok());
        assert!(limit.clone().check(&"a").is_err(), "clones count together");
    }

    #[tokio::test(start_paused = true)]
    async fn looking_counts_nothing_and_only_what_is_counted_is_refused() {
        let limit = RateLimit::per_minute(2);
        for _ in 0..10 {
            assert!(limit.peek(&"a").is_ok());
        }

        // As many at once as may be: all of them looked before any was counted.
        for _ in 0..5 {
            limit.count(&"a");
            advance(Duration::from_secs(1)).await;
        }

        assert_eq!(wait(limit.peek(&"a")), Some(58), "the last two count");
        advance(Duration::from_mins(1)).await;
        assert!(limit.peek(&"a").is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn none_is_no_limit() {
        let limit = RateLimit::per_minute(0);
        for _ in 0..1_000 {
            assert!(limit.check(&()).is_ok());
        }
        assert!(limit.counted().times.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn keys_that_are_idle_are_forgotten() {
        let limit = RateLimit::per_minute(1);
        for key in 0..FIRST_SWEEP {
            limit.count(&key);
        }
        advance(WINDOW).await;

        limit.count(&FIRST_SWEEP);

        assert_eq!(limit.counted().times.len(), 1);
    }
}
