//! How much a test does: little in every run, and as much as one likes by environment.

use std::time::Duration;

/// The environment variable that says for how many seconds a storm lasts.
pub const SECONDS: &str = "E2E_STORM_SECONDS";
/// The environment variable that says how many users a test of isolation works with.
pub const USERS: &str = "E2E_USERS";

/// The environment variable that says how many changes the latency is measured over.
pub const CHANGES: &str = "E2E_CHANGES";

/// How long a storm lasts.
pub fn storm(usually: Duration) -> Duration {
    number(SECONDS).map_or(usually, Duration::from_secs)
}

/// How many users there are.
pub fn users(usually: u64) -> u64 {
    number(USERS).unwrap_or(usually)
}

/// How many changes the latency is measured over.
pub fn changes(usually: u64) -> u64 {
    number(CHANGES).unwrap_or(usually)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
    )
}
