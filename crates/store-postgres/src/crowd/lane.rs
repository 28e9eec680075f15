//! The right to be under way.

use std::sync::Arc;
use std::time::Instant;

use super::{Inner, Work};

/// The right to be under way. Whoever leaves it, by whatever way, lets the next go.
pub(super) struct Lane<W: Work> {
    inner: Arc<Inner<W>>,
    since: Instant,
}

impl<W: Work> Lane<W> {
    /// A lane that is counted already.
    pub(super) fn new(inner: &Arc<Inner<W>>) -> Self {
        Self {
            inner: Arc::clone(inner),
            since: Instant::now(),
        }
    }
}

impl<W: Work> Drop for Lane<W> {
    fn drop(&mut self) {
        let was_held_up = self.since.elapsed() > self.inner.limits.patience;
        Inner::pass_on(&self.inner, was_held_up);
    }
}
