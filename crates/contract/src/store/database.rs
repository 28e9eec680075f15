//! The databases that cases run on.

use std::sync::Arc;

use async_trait::async_trait;
use roster_application::ports::Store;

/// A database of a test's own: empty, with its tables made.
#[async_trait]
pub trait TestDatabase: Sized + Send + Sync {
    /// Makes one.
    async fn fresh() -> Self;

    /// Opens a store on it. A second one shares nothing with the first but the database, as another process would.
    async fn open(&self) -> Arc<dyn Store>;

    /// Removes it, as far as that can be done.
    async fn discard(self);
}
