//! How fast requests may follow each other: a pure state machine, with time as a parameter.

use std::num::NonZeroU32;
use std::time::Duration;

/// How long a minute is for who sends. A second more than it has, because requests do not arrive at the intervals at which
/// they were sent.
const MINUTE: Duration = Duration::from_secs(61);
/// One request in so many may come at once with others; the rest come evenly.
const EVENLY: u32 = 40;

/// How many requests there may be in a minute, wherever the minute begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(NonZeroU32);

impl Rate {
    /// A rate of so many requests a minute; `None` for 0, which is no limit.
    #[must_use]
    pub fn per_minute(requests: u32) -> Option<Self> {
        NonZeroU32::new(requests).map(Self)
    }

    /// How many requests may come at once after a pause.
    #[must_use]
    pub fn at_once(self) -> u32 {
        1 + self.0.get() / EVENLY
    }

    /// The time from one request to the next where there are always more. At least nine in ten of those that are allowed can
    /// be made so.
    #[must_use]
    pub fn period(self) -> Duration {
        // Twice what comes at once is left out: who takes a connection over does not know what the one before has sent.
        let evenly = self.0.get() - 2 * (self.at_once() - 1);
        MINUTE / evenly.max(1)
    }

    /// How many claims can be under way so that none waits for longer than a time until its next request may be sent. Each
    /// waits for one request at a time, in turn. At least one, which may have to wait for longer than that.
    #[must_use]
    pub fn claims(self, longest: Duration) -> u32 {
        let claims = longest.as_nanos() / self.period().as_nanos().max(1);
        u32::try_from(claims).unwrap_or(u32::MAX).max(1)
    }
}

/// What was sent lately, as far as it matters for when more may be sent. Times are counted from any moment, by a clock that
/// only goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    rate: Option<Rate>,
    /// From when on as many may come at once as ever.
    rested_at: Duration,
}

impl Pace {
    /// A pace at which nothing was sent for long.
    #[must_use]
    pub fn rested(rate: Option<Rate>) -> Self {
        Self {
            rate,
            rested_at: Duration::ZERO,
        }
    }

    /// The same with another rate. What was sent before is not known by number, so that nothing comes at once for now.
    #[must_use]
    pub fn changed(self, rate: Option<Rate>, now: Duration) -> Self {
        if rate == self.rate {
            return self;
        }
        let spent = rate.map_or(Duration::ZERO, |rate| rate.period() * (rate.at_once() - 1));
        Self {
            rate,
            rested_at: self.rested_at.max(now + spent),
        }
    }

    /// The rate, if there is any.
    #[must_use]
    pub fn rate(&self) -> Option<Rate> {
        self.rate
    }

    /// Takes a turn. Returns the pace after that, and when the request may be sent. Turns are had in the order in which they
    /// are taken.
    #[must_use]
    pub fn taken(self, now: Duration) -> (Self, Duration) {
        let Some(rate) = self.rate else {
            return (self, now);
        };
        let next = Self {
            rested_at: self.rested_at.max(now) + rate.period(),
            ..self
        };
        (next, self.next_at(now))
    }

    /// When the next turn would be had.
    #[must_use]
    pub fn next_at(&self, now: Duration) -> Duration {
        let Some(rate) = self.rate else {
            return now;
        };
        let spare = rate.period() * (rate.at_once() - 1);
        self.rested_at.saturating_sub(spare).max(now)
    }

    /// How many turns could be had now without any wait; `None` for as many as there are.
    #[must_use]
    pub fn free(&self, now: Duration) -> Option<u32> {
        let rate = self.rate?;
        let tired = self.rested_at.saturating_sub(now).as_nanos();
        let taken = tired.div_ceil(rate.period().as_nanos().max(1));
        Some(rate.at_once().saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX)))
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_rested(&self, now: Duration) -> bool {
        self.rate.is_none() || self.rested_at <= now
    }
}
