//! The right to be under way.

use std::sync::Arc;

use super::{Inner, Work};

/// The right to be under way. Whoever leaves it, by whatever way, lets the next go.
pub(super) struct Lane<W: Work> {
    inner: Arc<Inner<W>>,
    beginning: u64,
}

impl<W: Work> Lane<W> {
    /// A lane that is counted already, with the number of its beginning.
    pub(super) fn new(inner: &Arc<Inner<W>>, beginning: u64) -> Self {
        Self {
            inner: Arc::clone(inner),
            beginning,
        }
    }
}

impl<W: Work> Drop for Lane<W> {
    fn drop(&mut self) {
        Inner::pass_on(&self.inner, self.beginning);
    }
}
