//! What becomes of a group that failed.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::Reply;
use crate::error::{is_undone, shared};

/// What a group failed of.
pub(super) struct Failure(Arc<sqlx::Error>);

impl Failure {
    pub(super) fn new(error: sqlx::Error) -> Self {
        Self(Arc::new(error))
    }

    /// What each member hears. Where nothing was done, which one member may be the cause of, each goes alone. Where nobody
    /// knows, as when the connection was lost, nothing may be done again.
    pub(super) fn reply<T>(&self) -> Reply<T> {
        if is_undone(&self.0) {
            Reply::Alone
        } else {
            Reply::Done(Err(shared(&self.0, Box::new(Cause(Arc::clone(&self.0))))))
        }
    }
}

/// An error that many hear of.
#[derive(Debug)]
struct Cause(Arc<sqlx::Error>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
