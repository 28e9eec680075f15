//! Persistence in SQLite, for one process that owns the file: the embedded default.
//!
//! One file a port, with the ports' names. Every query is checked against the tables when this crate is compiled;
//! what the database said then is in `.sqlx/`, so that no database is needed to build.
//!
//! A write that returns rows is read to its end (`fetch_all`), also where there is one row at the most: SQLite commits
//! a statement after its last row, and whether that succeeded must be heard.

mod accounts;
mod api_clients;
mod connections;
mod customers;
mod directory;
mod error;
mod floors;
mod groups;
mod history;
mod idempotency;
mod organizations;
mod queue;
mod read_backs;
mod rows;
mod sealed;
mod sessions;
mod users;
mod wake;

use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use roster_application::ports::StoreError;
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, SqlitePool, Transaction};
use tokio::sync::Notify;

use crate::directory::Searches;
use crate::error::{IntoStoreError, from_migration};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The most connections that read at once, at least 1. One more writes, and half as many more, at least 1, search.
    pub max_connections: u32,
    /// How long to wait for a free connection before saying `Unavailable`. Writers wait for each other.
    pub acquire_timeout: Duration,
    /// How long one statement of a search may take.
    pub search_limit: Duration,
}

impl Default for Options {
    /// 4 connections, 10 seconds, 5 seconds.
    fn default() -> Self {
        Self {
            max_connections: 4,
            acquire_timeout: Duration::from_secs(10),
            search_limit: Duration::from_secs(5),
        }
    }
}

/// Every persistence port, on SQLite.
pub struct SqliteStore {
    readers: SqlitePool,
    searches: Searches,
    /// Holds one connection: SQLite has one writer at a time, and waiting here is fair and spares the busy time-out.
    writers: SqlitePool,
    woken: Notify,
}

impl SqliteStore {
    /// How long to wait for another process that writes, such as a backup or a command-line tool.
    const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

    /// Opens the database of a URL (`sqlite://path/to/roster.db`), with [`Options::default`]. A file that is absent is
    /// made, readable and writable by its owner only.
    ///
    /// # Errors
    ///
    /// `Internal` if the URL cannot be read or means a database in memory, `Unavailable` if the file cannot be opened
    /// or made.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_with(url, Options::default()).await
    }

    /// Opens the database of a URL (`sqlite://path/to/roster.db`).
    ///
    /// # Errors
    ///
    /// As for [`SqliteStore::connect`].
    pub async fn connect_with(url: &str, options: Options) -> Result<Self, StoreError> {
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Err(StoreError::Internal(
                "a database in memory cannot be shared by several connections".into(),
            ));
        }
        let file = SqliteConnectOptions::from_str(url)
            .store()?
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            // What was acknowledged survives a loss of power.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Self::BUSY_TIMEOUT);
        make_private(file.get_filename()).map_err(|error| StoreError::Unavailable(error.into()))?;
        let pool = |connections: u32| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(options.acquire_timeout)
                .max_lifetime(None)
                .idle_timeout(None)
                .test_before_acquire(false)
        };
        // The writer comes first: it brings the file into WAL mode.
        let writers = pool(1).connect_with(file.clone()).await.store()?;
        let file = file.pragma("query_only", "ON");
        let searchers = pool((options.max_connections / 2).max(1)).connect_lazy_with(file.clone());
        let readers = pool(options.max_connections).connect_with(file).await.store()?;
        Ok(Self {
            readers,
            searches: Searches::new(searchers, options.search_limit),
            writers,
            woken: Notify::new(),
        })
    }

    /// Brings the tables up to date.
    ///
    /// # Errors
    ///
    /// `Unavailable`, or `Internal` if a migration fails or the tables are those of a newer Roster.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        MIGRATIONS.run(&self.writers).await.map_err(from_migration)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    ///
    /// `Unavailable` if it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.readers.acquire().await.store()?.ping().await.store()
    }

    /// Closes the file once what is under way is finished. Afterwards every method says `Unavailable`.
    pub async fn close(&self) {
        self.searches.close().await;
        self.readers.close().await;
        // The last connection to close folds the write-ahead log into the file.
        self.writers.close().await;
    }

    /// The connection that writes, for single statements.
    async fn writer(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.writers.acquire().await.store()
    }

    /// A transaction that writes from its beginning on, so that it need not be repeated because another process wrote
    /// between its first read and its first write.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writers.begin_with("BEGIN IMMEDIATE").await.store()
    }

    /// Says that a write which is committed made an account due.
    fn made_due(&self) {
        self.woken.notify_one();
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("readers", &self.readers.size())
            .finish_non_exhaustive()
    }
}

/// Makes the file if there is none. SQLite gives the files beside it the same mode.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
