//! One server owns a SQLite file.

use std::fs::{File, OpenOptions, TryLockError};

use crate::cli::Failure;
use crate::settings::Database;

/// The right to serve a SQLite database, held until the process ends, however it ends.
///
/// A second server would take the first one's leases for those of a process that crashed, and call vendors a second time.
pub(super) struct SoleServer(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] Option<File>);

impl SoleServer {
    /// Takes the right; PostgreSQL needs none.
    pub(super) fn of(database: &Database) -> Result<Self, Failure> {
        let Some(path) = database.lock_file() else {
            return Ok(Self(None));
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| Failure::lock(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(Some(file))),
            Err(TryLockError::WouldBlock) => Err(Failure::usage(format!(
                "another roster serves {} already: stop it first, or use PostgreSQL to run several",
                database.masked()
            ))),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}
