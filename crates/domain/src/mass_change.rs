//! When so many users leave a vendor at once that a person should look first.

use std::time::Duration;

use crate::Version;
use crate::plan::{Known, Step};

/// From when on departures are held. Both limits must be passed, so that neither a small practice that loses two
/// colleagues nor a large one that loses fifty in a normal week is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MassChangePolicy {
    /// The share of a connection's users, in percent (0 to 100), that may leave within the window.
    pub percent: u8,
    /// How many may leave within the window, whatever share that is.
    pub floor: u32,
    /// How far back departures are counted.
    pub window: Duration,
}

impl Default for MassChangePolicy {
    fn default() -> Self {
        Self {
            percent: 20,
            floor: 20,
            window: Duration::from_hours(1),
        }
    }
}

/// How many users leave a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Departures {
    /// Those who are to be deactivated or deleted, those whom the vendor no longer has, as it says, and those who were or did
    /// so within the window.
    pub leaving: u32,
    /// All who are at the vendor, or were when the window began; or fewer, of whom those who leave are few enough.
    pub of: u32,
}

impl MassChangePolicy {
    /// Whether departures are held until somebody approves them.
    #[must_use]
    pub fn holds(&self, departures: Departures) -> bool {
        let allowed_share = u64::from(departures.of) * u64::from(self.percent);
        departures.leaving > self.floor && u64::from(departures.leaving) * 100 > allowed_share
    }
}

/// Whether somebody is no longer at the vendor with a step, who was there: what counts as a departure, and is held where so
/// many are. `stored` is what was known when the claim began, `known` what is known now, of a user of this version.
///
/// - Who is known to be inactive has left before, and is deactivated without leaving again.
/// - Who is deleted leaves, be it for the second time: nobody comes back from there.
/// - Who is missing leaves when that is believed, and a new one made or nothing done any more. Once is enough.
#[must_use]
pub fn is_departure(step: &Step, stored: &Known, known: &Known, version: Version) -> bool {
    match step {
        Step::Deactivate(_) => stored.active != Some(false),
        Step::Delete(_) => true,
        Step::Create(_) => known.is_missing,
        Step::InSync | Step::Removed => known.is_missing && !(stored.is_missing && stored.applied_version >= version),
        _ => false,
    }
}
