//! When so many users leave a vendor at once that a person should look first.

use std::time::Duration;

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
    /// Those who are to be deactivated or deleted, and those who were within the window.
    pub leaving: u32,
    /// All who are at the vendor, or were when the window began.
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
