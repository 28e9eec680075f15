//! Searches under way: so many at once, each for so long, and only while somebody waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use roster_application::ports::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection, SqlitePool};

use crate::error::{IntoStoreError, is_interrupted};

/// How many instructions SQLite runs, roughly, before it asks whether to go on: well under a millisecond of them.
const INSTRUCTIONS: i32 = 4_096;

/// What searches run on: connections of their own, so that nothing else waits for them.
pub(crate) struct Searches {
    searchers: SqlitePool,
    limit: Duration,
}

impl Searches {
    /// Searches on these connections, each of whose statements may take so long.
    pub(crate) const fn new(searchers: SqlitePool, limit: Duration) -> Self {
        Self { searchers, limit }
    }

    /// Waits until there is room for one more. It may run one statement, for as long as it is kept.
    pub(super) async fn begin(&self) -> Result<Running, StoreError> {
        let mut connection = self.searchers.acquire().await.store()?;
        let is_abandoned = Arc::new(AtomicBool::new(false));
        let until = Instant::now() + self.limit;
        let abandoned = Arc::clone(&is_abandoned);
        // This takes the place of what the search before has left here.
        connection
            .lock_handle()
            .await
            .store()?
            .set_progress_handler(INSTRUCTIONS, move || {
                !abandoned.load(Ordering::Relaxed) && Instant::now() < until
            });
        Ok(Running {
            connection,
            is_abandoned,
        })
    }

    /// Waits until none is under way, and lets none begin.
    pub(crate) async fn close(&self) {
        self.searchers.close().await;
    }
}

/// A search under way. Whoever drops it stops its statement, which would go on by itself: what is dropped with a query is
/// nothing but the wait for it.
pub(super) struct Running {
    connection: PoolConnection<Sqlite>,
    is_abandoned: Arc<AtomicBool>,
}

impl Running {
    /// What to run the statement on.
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// What came of the statement.
    pub(super) fn end<T>(self, outcome: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        drop(self);
        match outcome {
            Err(error) if is_interrupted(&error) => Err(StoreError::TooLong),
            outcome => outcome.store(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The connection is free for the next search once the statement has ended.
        self.is_abandoned.store(true, Ordering::Relaxed);
    }
}
