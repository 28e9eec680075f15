//! When to try again: a pure function of what happened, how often, and when.

use std::time::Duration;

use chrono::TimeDelta;

use crate::Timestamp;

/// The longest wait that there is. A vendor that asks for more has made a mistake, by giving a date where seconds belong for
/// one, and is asked again after that about the same user.
pub const LONGEST_WAIT: Duration = Duration::from_hours(24);
/// For how long a vendor that asks for more than [`LONGEST_WAIT`] is not called about anybody: one answer that nobody can
/// believe must not keep all of the connection waiting for a day.
pub const DISBELIEVED: Duration = Duration::from_mins(15);

/// What became of a call to a vendor that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeClass {
    /// The connection was refused: its credentials, or its base URL, at which the vendor's API is not. Nothing happened,
    /// and no other user would fare better.
    Unauthorized,
    /// The vendor has no such user. Nothing happened.
    NotFound,
    /// The vendor has such a user already, or another with the same key. Nothing happened.
    Conflict,
    /// Too many calls. Nothing happened.
    RateLimited {
        /// How long the vendor asks to wait.
        after: Option<Duration>,
    },
    /// The vendor could not serve the call. Whether anything happened is not known.
    Transient {
        /// How long the vendor asks to wait.
        after: Option<Duration>,
    },
    /// The vendor refused the request, and will refuse it again. Nothing happened.
    Rejected,
    /// No answer, or none that can be understood. Whether anything happened is not known.
    Unknown,
}

impl OutcomeClass {
    /// The name of the class, in histories and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::RateLimited { .. } => "rate_limited",
            Self::Transient { .. } => "transient",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }

    /// How long the vendor asks to wait, as it says.
    #[must_use]
    pub fn asked(self) -> Option<Duration> {
        match self {
            Self::RateLimited { after } | Self::Transient { after } => after,
            _ => None,
        }
    }

    /// Whether the vendor asks for a longer wait than it can mean: see [`LONGEST_WAIT`].
    #[must_use]
    pub fn asks_for_too_long(self) -> bool {
        self.asked() > Some(LONGEST_WAIT)
    }

    /// For how long the vendor is not called at all, whoever it is about: as long as it asks for, if it can mean that.
    #[must_use]
    pub fn wait_of_all(self) -> Option<Duration> {
        if self.asks_for_too_long() {
            return Some(DISBELIEVED);
        }
        self.asked()
    }

    /// Whether the call may have had an effect all the same.
    #[must_use]
    pub fn may_have_happened(self) -> bool {
        matches!(self, Self::Transient { .. } | Self::Unknown)
    }
}

/// How waiting grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The longest wait after the first failure.
    pub base: Duration,
    /// The longest wait at all, unless the vendor asks for more.
    pub cap: Duration,
    /// The shortest wait after a call that may have had an effect all the same: what may still be under way at
    /// the vendor (behind a gateway that gave up, for one) is given time to come to an end before Roster looks.
    pub settle: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(500),
            cap: Duration::from_mins(5),
            settle: Duration::from_millis(500),
        }
    }
}

/// What is to be done after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Try again at this time, not earlier.
    RetryAt(Timestamp),
    /// The credentials do not work: pause the connection and say so once.
    PauseConnection,
    /// Repeating will not help: ask a person.
    Ask,
}

/// Decides when to try again.
///
/// `attempts` counts the failures so far, this one included; `jitter` is uniform in `0.0..1.0`. The wait is drawn
/// from the whole range up to `base · 2^(attempts - 1)`, at most `cap` (full jitter); what the vendor asks for in
/// `Retry-After` is a floor, never a ceiling, and so is `settle` where the call may have had an effect. No wait is longer
/// than [`LONGEST_WAIT`], whoever asks for it.
#[must_use]
pub fn retry(class: OutcomeClass, attempts: u32, now: Timestamp, jitter: f64, policy: &RetryPolicy) -> Verdict {
    let floor = match class {
        OutcomeClass::Unauthorized => return Verdict::PauseConnection,
        OutcomeClass::Rejected | OutcomeClass::Conflict => return Verdict::Ask,
        OutcomeClass::RateLimited { after } => after.unwrap_or_default(),
        OutcomeClass::Transient { after } => after.unwrap_or_default().max(policy.settle),
        OutcomeClass::NotFound => Duration::ZERO,
        OutcomeClass::Unknown => policy.settle,
    };
    let doublings = attempts.saturating_sub(1).min(31);
    let ceiling = policy.base.saturating_mul(1 << doublings).min(policy.cap);
    // No number, and a product too great for a `Duration`, count as the ceiling: a decision must not panic.
    let drawn = Duration::try_from_secs_f64(ceiling.as_secs_f64() * jitter.clamp(0.0, 1.0)).unwrap_or(ceiling);
    Verdict::RetryAt(later(now, floor.max(drawn)))
}

/// `now` plus a wait, which is never longer than [`LONGEST_WAIT`].
pub(crate) fn later(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = TimeDelta::from_std(wait.min(LONGEST_WAIT)).unwrap_or(TimeDelta::MAX);
    now.checked_add_signed(wait).unwrap_or(Timestamp::MAX_UTC)
}
