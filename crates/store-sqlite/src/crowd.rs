//! Callers who come at once and share the work: writes share a commit, look-ups share a statement.
//!
//! A commit costs one wait for the disk, however much is in it, and a statement one way to the thread of its connection and
//! back, however many rows it finds. Nobody waits for company: whoever comes while nothing is under way is served at
//! once, alone, and those who come meanwhile are served together after that.

mod job;
mod lookups;
#[cfg(test)]
mod tests;
mod writes;

pub(crate) use job::{Conduct, Written};
pub(crate) use lookups::{Lookups, Matches};
pub(crate) use writes::Writes;

use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is awaited behind a function pointer.
pub(crate) type Awaited<'c, T> = Pin<Box<dyn Future<Output = T> + Send + 'c>>;

/// Locks what no panic leaves half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
