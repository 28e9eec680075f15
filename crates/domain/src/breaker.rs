//! When a vendor that fails is left alone: a pure state machine, with time and jitter as parameters.

use std::time::Duration;

use crate::Timestamp;
use crate::retry::{OutcomeClass, later};

/// How a vendor's failures are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// After how many failures in a row, without a single answer in between, the vendor is left alone.
    pub failures: u32,
    /// For how long at first; each probe that fails doubles it.
    pub base: Duration,
    /// The longest time between two probes.
    pub cap: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            failures: 5,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
        }
    }
}

/// Whether a vendor is called, judged by what became of the calls before: one for each connection.
///
/// Closed, calls go through. After some failures in a row it opens, and none does. When the time is up, one call at a
/// time is let through as a probe: an answer closes it, a failure opens it again for longer. A vendor's refusal is an
/// answer, whatever it says; only silence and breakdown count as failures. `Retry-After` leaves the vendor alone until
/// then, without any suspicion that it is sick; for how long at the most, [`OutcomeClass::wait_of_all`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Breaker {
    /// Failures in a row.
    failures: u32,
    /// How often it opened in a row.
    openings: u32,
    /// Nothing is let through before this time.
    closed_to_all_until: Option<Timestamp>,
    /// A probe is under way.
    is_probing: bool,
}

/// What a breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Calls go through.
    All,
    /// One call goes through, as a probe, and none beside it.
    Probe,
    /// None goes through before this time.
    NotBefore(Timestamp),
    /// None goes through until the probe has come back.
    Probing,
}

impl Breaker {
    /// What is let through now.
    #[must_use]
    pub fn admission(&self, now: Timestamp) -> Admission {
        match self.closed_to_all_until {
            Some(until) if now < until => Admission::NotBefore(until),
            _ if self.openings == 0 => Admission::All,
            _ if self.is_probing => Admission::Probing,
            _ => Admission::Probe,
        }
    }

    /// After a probe was sent.
    #[must_use]
    pub fn probed(self) -> Self {
        Self {
            is_probing: true,
            ..self
        }
    }

    /// After a call that came to nothing because it was never made.
    #[must_use]
    pub fn unused(self) -> Self {
        Self {
            is_probing: false,
            ..self
        }
    }

    /// After a call; `failure` is `None` where it succeeded. `jitter` is uniform in `0.0..1.0`, and takes up to half of
    /// the time off, so that those who wait for one vendor do not all come back at once.
    #[must_use]
    pub fn after(self, failure: Option<OutcomeClass>, now: Timestamp, jitter: f64, policy: &BreakerPolicy) -> Self {
        let asked = failure.and_then(OutcomeClass::wait_of_all);
        let is_silent = matches!(failure, Some(OutcomeClass::Transient { .. } | OutcomeClass::Unknown));
        let next = if is_silent {
            self.failed(now, jitter, policy)
        } else {
            Self {
                closed_to_all_until: self.closed_to_all_until,
                ..Self::default()
            }
        };
        match asked {
            Some(wait) => next.leaving_alone_until(later(now, wait)),
            None => next,
        }
    }

    fn failed(self, now: Timestamp, jitter: f64, policy: &BreakerPolicy) -> Self {
        let failures = self.failures.saturating_add(1);
        let was_open = self.openings > 0;
        // What was under way when it opened fails as well, and is no news.
        let is_news = if was_open {
            self.is_probing
        } else {
            failures >= policy.failures
        };
        if !is_news {
            return Self { failures, ..self };
        }
        let doublings = self.openings.min(31);
        let longest = policy.base.saturating_mul(1 << doublings).min(policy.cap);
        let wait = longest.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0);
        let opened = Self {
            failures,
            openings: self.openings.saturating_add(1),
            is_probing: false,
            ..self
        };
        opened.leaving_alone_until(later(now, wait))
    }

    /// Lets nothing through before a time: the vendor asked for it, be it in an answer to another process.
    #[must_use]
    pub fn leaving_alone_until(self, until: Timestamp) -> Self {
        Self {
            closed_to_all_until: self.closed_to_all_until.max(Some(until)),
            ..self
        }
    }
}
