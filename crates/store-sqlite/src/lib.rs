//! Persistence in SQLite, for one process that owns the file: the embedded default.
//!
//! One file a port, with the ports' names. Every query is checked against the tables when this crate is compiled;
//! what the database said then is in `.sqlx/`, so that no database is needed to build.
//!
//! What comes all the time goes by way of `crowd.rs`, where those who come at once share a commit or a statement.
//!
//! A write that returns rows is read to its end (`fetch_all`), also where there is one row at the most: SQLite commits
//! a statement after its last row, and whether that succeeded must be heard.

mod accounts;
mod api_clients;
mod connections;
mod crowd;
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
use roster_application::recent_clients::{ClientOfOrganization, RecentClients};
use roster_domain::{ApiClientId, OrganizationId, User, UserId};
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, SqlitePool, Transaction};

use crate::api_clients::{find_clients, find_clients_by_key_digest};
use crate::crowd::{Lookups, Writes};
use crate::directory::Searches;
use crate::error::{IntoStoreError, from_migration};
use crate::users::{find_users, find_users_by_external_id};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The most connections that read at once, at least 1. One more writes, up to four look up users and clients by their
    /// keys, and half as many more, at least 1, search.
    pub max_connections: u32,
    /// How long to wait for a free connection before saying `Unavailable`. Writers wait for those before them; a write
    /// that was not begun in that time is not done.
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
    lookups: AllLookups,
    writes: Writes,
    recent_clients: RecentClients,
}

/// What is asked with nearly every request.
struct AllLookups {
    clients: Lookups<ApiClientId, ClientOfOrganization>,
    clients_by_key_digest: Lookups<[u8; 32], ClientOfOrganization>,
    users: Lookups<(OrganizationId, UserId), User>,
    users_by_external_id: Lookups<(OrganizationId, String), User>,
}

impl AllLookups {
    fn new(file: &SqliteConnectOptions) -> Self {
        Self {
            clients: Lookups::new(file.clone(), find_clients),
            clients_by_key_digest: Lookups::new(file.clone(), find_clients_by_key_digest),
            users: Lookups::new(file.clone(), find_users),
            users_by_external_id: Lookups::new(file.clone(), find_users_by_external_id),
        }
    }

    async fn close(&self) {
        self.clients.close().await;
        self.clients_by_key_digest.close().await;
        self.users.close().await;
        self.users_by_external_id.close().await;
    }
}

impl SqliteStore {
    /// How long to wait for another process that writes, such as a backup or a command-line tool.
    const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
    /// How many rows a connection's thread reads before they are taken: the largest page, so that the two need not wait for
    /// each other row by row.
    const ROWS_AHEAD: usize = 512;

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
            .busy_timeout(Self::BUSY_TIMEOUT)
            .row_buffer_size(Self::ROWS_AHEAD);
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
        let readers = pool(options.max_connections).connect_with(file.clone()).await.store()?;
        Ok(Self {
            readers,
            searches: Searches::new(searchers, options.search_limit),
            lookups: AllLookups::new(&file),
            writes: Writes::new(writers, options.acquire_timeout),
            recent_clients: RecentClients::new(),
        })
    }

    /// Brings the tables up to date.
    ///
    /// # Errors
    ///
    /// `Unavailable`, or `Internal` if a migration fails or the tables are those of a newer Roster.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        MIGRATIONS.run(self.writes.pool()).await.map_err(from_migration)
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
        self.lookups.close().await;
        self.readers.close().await;
        // The last connection to close folds the write-ahead log into the file.
        self.writes.pool().close().await;
    }

    /// The connection that writes, for single statements of which there are few.
    async fn writer(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.writes.connection().await
    }

    /// A transaction that writes, for what takes long or comes seldom.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writes.begin().await
    }

    /// Says that a write which is committed made an account due.
    fn made_due(&self) {
        self.writes.woken().notify_one();
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
