//! One write among others: what it needs, what came of it, and who waits for that.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use roster_application::ports::StoreError;
use sqlx::SqliteConnection;
use tokio::sync::oneshot;

use super::Awaited;

/// How a write behaves beside others in one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conduct {
    /// One statement, which SQLite takes back by itself if it fails. Alone it needs no transaction.
    Statement,
    /// Several statements, of which only the first, if it writes, can be refused for what is stored. So a refusal leaves
    /// nothing behind.
    RefusedFirst,
    /// Several statements, of which any can be refused.
    Steps,
}

/// What a write did.
pub(crate) struct Written<T> {
    /// What the caller hears once it is committed.
    pub(crate) answer: T,
    /// Whether it made an account due, so that workers are woken once it is committed.
    pub(crate) makes_due: bool,
}

impl<T> Written<T> {
    /// A write that makes nothing due.
    pub(crate) fn quietly(answer: T) -> Self {
        Self {
            answer,
            makes_due: false,
        }
    }
}

/// What a write does with its data. It may be called again where the first time was undone.
pub(super) type Run<D, T> = for<'c> fn(&'c D, &'c mut SqliteConnection) -> Awaited<'c, Result<Written<T>, StoreError>>;

/// How a write went, before it is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Went {
    /// It wrote, or had nothing to write.
    Through,
    /// What is stored stands against it.
    Refused,
    /// The transaction cannot be relied on any more.
    Wrong,
}

/// A write that waits for its turn, whatever its types.
pub(super) trait Job: Send {
    fn conduct(&self) -> Conduct;

    /// Whether there is still somebody who waits for it. From then on they wait until they are answered.
    fn begin(&self) -> bool;

    /// Runs it, and keeps what came of it in place of what came of it before.
    fn run<'c>(&'c mut self, writer: &'c mut SqliteConnection) -> Awaited<'c, Went>;

    /// Puts an error in place of what came of it.
    fn fail(&mut self, error: StoreError);

    /// The error that stands as what came of it.
    fn error(&self) -> Option<&StoreError>;

    /// Answers the caller with what came of it. Returns whether an account was made due.
    fn answer(self: Box<Self>) -> bool;
}

pub(super) struct Waiting<D, T> {
    pub(super) conduct: Conduct,
    pub(super) data: D,
    pub(super) run: Run<D, T>,
    pub(super) outcome: Option<Result<Written<T>, StoreError>>,
    pub(super) caller: oneshot::Sender<Result<T, StoreError>>,
    /// Set by whoever is first: the one who begins the write, or the caller who gives it up.
    pub(super) is_settled: Arc<AtomicBool>,
}

impl<D: Send + Sync, T: Send> Job for Waiting<D, T> {
    fn conduct(&self) -> Conduct {
        self.conduct
    }

    fn begin(&self) -> bool {
        !self.caller.is_closed() && !self.is_settled.swap(true, Ordering::AcqRel)
    }

    fn run<'c>(&'c mut self, writer: &'c mut SqliteConnection) -> Awaited<'c, Went> {
        Box::pin(async move {
            let outcome = caught(async { (self.run)(&self.data, writer).await }).await;
            let went = match &outcome {
                Ok(_) => Went::Through,
                Err(StoreError::Conflict(_) | StoreError::Reference | StoreError::Stale) => Went::Refused,
                Err(
                    StoreError::Unavailable(_)
                    | StoreError::TooLong
                    | StoreError::Corrupt { .. }
                    | StoreError::Internal(_),
                ) => Went::Wrong,
            };
            self.outcome = Some(outcome);
            went
        })
    }

    fn fail(&mut self, error: StoreError) {
        self.outcome = Some(Err(error));
    }

    fn error(&self) -> Option<&StoreError> {
        self.outcome.as_ref().and_then(|outcome| outcome.as_ref().err())
    }

    fn answer(self: Box<Self>) -> bool {
        let Some(outcome) = self.outcome else {
            return false;
        };
        let (makes_due, answer) = match outcome {
            Ok(written) => (written.makes_due, Ok(written.answer)),
            Err(error) => (false, Err(error)),
        };
        // Whoever left meanwhile hears nothing, as of any write that they leave.
        let _ = self.caller.send(answer);
        makes_due
    }
}

/// A panic of one write is its own caller's only.
async fn caught<T>(run: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let mut run = pin!(run);
    poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(context)))
            .unwrap_or_else(|_| Err(StoreError::Internal("a write panicked".into())).into())
    })
    .await
}
