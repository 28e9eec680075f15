//! Being woken: one process owns the database, so that a signal inside it is enough.

use std::time::Duration;

use async_trait::async_trait;
use roster_application::ports::Wake;

use crate::SqliteStore;

#[async_trait]
impl Wake for SqliteStore {
    async fn wait(&self, at_most: Duration) {
        // Whoever was told while nobody waited finds a permit here, and does not wait.
        let _ = tokio::time::timeout(at_most, self.writes.woken().notified()).await;
    }
}
