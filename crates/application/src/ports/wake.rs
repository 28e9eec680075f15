//! Being woken when accounts become due.

use std::time::Duration;

use async_trait::async_trait;

/// Being woken when accounts become due, so that a change reaches a vendor at once and not with the next poll.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait Wake: Send + Sync {
    /// Returns as soon as a write made an account due, or after `at_most`.
    ///
    /// A write that happens between two calls MUST make the second return at once. Waking without cause is
    /// allowed. An adapter whose signal is broken MUST fall back to waiting for `at_most`.
    async fn wait(&self, at_most: Duration);
}
