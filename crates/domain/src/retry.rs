//! When to try again: a pure function of what happened, how often, and when.

use std::time::Duration;

use chrono::TimeDelta;

use crate::Timestamp;

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
/// `Retry-After` is a floor, never a ceiling, and so is `settle` where the call may have had an effect. A floor of
/// more than a hundred years counts as a hundred years.
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

/// `now` plus a wait; a wait that no calendar can hold becomes a hundred years.
fn later(now: Timestamp, wait: Duration) -> Timestamp {
    const CENTURY: TimeDelta = TimeDelta::days(36_525);
    let wait = TimeDelta::from_std(wait).unwrap_or(CENTURY).min(CENTURY);
    now.checked_add_signed(wait).unwrap_or(Timestamp::MAX_UTC)
}
