//! Waiting for what happens in its own time, with a limit.

use std::time::{Duration, Instant};

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(25);

/// Looks again and again until `look` finds what it wants, and returns that.
///
/// Panics after `limit` with what the last look saw, which `look` says in its `Err`.
pub async fn until<T>(what: &str, limit: Duration, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) => {
                assert!(
                    start.elapsed() < limit,
                    "{what}: not within {limit:?}; last seen: {seen}"
                );
            }
        }
        pause(PAUSE).await;
    }
}

/// Waits.
pub async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}
