//! What the database says, by class: result codes, never messages.
//!
//! SQLite names a violated constraint in its message only. So a write to a table with one unique constraint says itself
//! what a violation is about, and a write to a table with several looks which key stands against it. Triggers raise for
//! references only, so that the code says what such a violation is about.

use roster_application::ports::{StoreError, UniqueKey};
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

/// Primary result codes after which trying again later may help (<https://www.sqlite.org/rescode.html>).
mod unavailable {
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const OUT_OF_MEMORY: i32 = 7;
    pub(super) const READ_ONLY: i32 = 8;
    pub(super) const INTERRUPTED: i32 = 9;
    pub(super) const IO_ERROR: i32 = 10;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANNOT_OPEN: i32 = 14;
    pub(super) const LOCKING_PROTOCOL: i32 = 15;

    pub(super) const ALL: [i32; 9] = [
        BUSY,
        LOCKED,
        OUT_OF_MEMORY,
        READ_ONLY,
        INTERRUPTED,
        IO_ERROR,
        FULL,
        CANNOT_OPEN,
        LOCKING_PROTOCOL,
    ];
}

/// An extended result code holds the primary one in its lowest byte.
const PRIMARY: i32 = 0xff;

/// The extended result code of a primary key that is taken.
const CONSTRAINT_PRIMARY_KEY: &str = "1555";

/// The extended result code of a trigger that raises.
const CONSTRAINT_TRIGGER: &str = "1811";

/// Turns what sqlx says into the port's error.
pub(crate) trait IntoStoreError<T> {
    /// The value, or the port's error; for writes that no unique constraint can stand against.
    fn store(self) -> Result<T, StoreError>;

    /// The value, or the port's error; for writes that one unique constraint can stand against.
    fn store_unique(self, key: UniqueKey) -> Result<T, StoreError>;

    /// The same for a table with a primary key and one other unique constraint.
    fn store_unique_beside_id(self, key: UniqueKey) -> Result<T, StoreError>;
}

impl<T> IntoStoreError<T> for Result<T, sqlx::Error> {
    fn store(self) -> Result<T, StoreError> {
        self.map_err(from_sqlx)
    }

    fn store_unique(self, key: UniqueKey) -> Result<T, StoreError> {
        self.map_err(|error| {
            if is_unique_violation(&error) {
                StoreError::Conflict(key)
            } else {
                from_sqlx(error)
            }
        })
    }

    fn store_unique_beside_id(self, key: UniqueKey) -> Result<T, StoreError> {
        let id = self
            .as_ref()
            .is_err_and(|error| has_code(error, CONSTRAINT_PRIMARY_KEY));
        self.store_unique(if id { UniqueKey::Id } else { key })
    }
}

fn has_code(error: &sqlx::Error, code: &str) -> bool {
    let refusal = error.as_database_error();
    refusal.is_some_and(|refusal| refusal.code().as_deref() == Some(code))
}

/// Whether some unique constraint stands against a write.
pub(crate) fn is_unique_violation(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(DatabaseError::is_unique_violation)
}

/// Whether a unique constraint of a table stands against a write. SQLite says so in its message alone, whose form is fixed:
/// `UNIQUE constraint failed: table.column, …`.
pub(crate) fn is_unique_violation_of(table: &str, error: &sqlx::Error) -> bool {
    let refusal = error.as_database_error();
    let columns = refusal.and_then(|refusal| refusal.message().split_once(": "));
    is_unique_violation(error) && columns.is_some_and(|(_, columns)| columns.split('.').next() == Some(table))
}

/// Whether a statement was stopped on its way.
pub(crate) fn is_interrupted(error: &sqlx::Error) -> bool {
    primary_code(error) == Some(unavailable::INTERRUPTED)
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<i32>().ok().map(|code| code & PRIMARY)
}

fn from_sqlx(error: sqlx::Error) -> StoreError {
    if has_code(&error, CONSTRAINT_TRIGGER) {
        return StoreError::Reference;
    }
    let unavailable = match &error {
        sqlx::Error::Database(_) => primary_code(&error).is_some_and(|code| unavailable::ALL.contains(&code)),
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        _ => false,
    };
    if unavailable {
        StoreError::Unavailable(error.into())
    } else {
        StoreError::Internal(error.into())
    }
}

/// The port's error for a failed migration.
pub(crate) fn from_migration(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => from_sqlx(error),
        error => StoreError::Internal(error.into()),
    }
}

/// The same error once more, for another who is concerned. What is behind it comes along as its words.
pub(crate) fn copy(error: &StoreError) -> StoreError {
    match error {
        StoreError::Conflict(key) => StoreError::Conflict(*key),
        StoreError::Reference => StoreError::Reference,
        StoreError::Stale => StoreError::Stale,
        StoreError::TooLong => StoreError::TooLong,
        StoreError::Unavailable(source) => StoreError::Unavailable(source.to_string().into()),
        StoreError::Corrupt {
            table,
            column,
            id,
            detail,
        } => StoreError::Corrupt {
            table,
            column,
            id: id.clone(),
            detail: detail.clone(),
        },
        StoreError::Internal(source) => StoreError::Internal(source.to_string().into()),
    }
}
