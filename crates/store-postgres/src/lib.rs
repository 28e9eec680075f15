//! Persistence in PostgreSQL, version 14 or newer: one database, any number of processes.
//!
//! One file a port, with the ports' names. Every query is checked against the tables when this crate is compiled;
//! what the database said then is in `.sqlx/`, so that no database is needed to build.

mod accounts;
mod api_clients;
mod connections;
mod crowd;
mod crowds;
mod customers;
mod directory;
mod error;
mod floors;
mod groups;
mod growth;
mod history;
mod idempotency;
mod locks;
mod organizations;
mod queue;
mod read_backs;
mod ready;
mod rows;
mod sealed;
mod sessions;
mod users;
mod wake;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use roster_application::ports::StoreError;
use roster_application::recent_clients::RecentClients;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use crate::crowds::Crowds;
use crate::directory::Searches;
use crate::error::{IntoStoreError, from_migration};
use crate::growth::Growth;
use crate::ready::{Ready, Trust};
use crate::wake::Signal;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// How a store is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The most connections that this store holds at once; 1 counts as 2. A quarter of them, at least 1, are for searches. One
    /// more is held for being woken.
    pub max_connections: u32,
    /// How long to wait for a free connection, or for a new one to be made, before saying `Unavailable`.
    pub acquire_timeout: Duration,
    /// How long one statement of a search may take, in whole milliseconds.
    pub search_limit: Duration,
}

impl Default for Options {
    /// 20 connections, 5 seconds, 5 seconds.
    fn default() -> Self {
        Self {
            max_connections: 20,
            acquire_timeout: Duration::from_secs(5),
            search_limit: Duration::from_secs(5),
        }
    }
}

/// Every persistence port, on PostgreSQL.
pub struct PostgresStore {
    pool: PgPool,
    ready: Ready,
    searches: Searches,
    signal: Arc<Signal>,
    growth: Growth,
    crowds: Crowds,
    recent_clients: RecentClients,
}

impl PostgresStore {
    /// Connects to the database of a URL (`postgres://…`), with [`Options::default`].
    ///
    /// # Errors
    ///
    /// `Internal` if the URL cannot be read, `Unavailable` if the database cannot be reached or refuses the role.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_with(url, Options::default()).await
    }

    /// Connects to the database of a URL (`postgres://…`).
    ///
    /// # Errors
    ///
    /// As for [`PostgresStore::connect`].
    pub async fn connect_with(url: &str, options: Options) -> Result<Self, StoreError> {
        // The planner takes long filters for so costly that they are compiled first, which takes seconds, to run for
        // milliseconds.
        let server = PgConnectOptions::from_str(url)
            .store()?
            .application_name("roster")
            .options([("jit", "off")]);
        Self::try_out(&server, options.acquire_timeout).await?;
        let growth = Growth::new();
        let outgrown = growth.outgrown();
        let trust = Arc::new(Trust::new());
        let trusted = Arc::clone(&trust);
        let for_searches = (options.max_connections / 4).max(1);
        let pools = PgPoolOptions::new()
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(move |connection, rest| {
                let (is_too_old, is_trusted) = (outgrown.is_too_old(rest.age), trusted.covers(rest.idle_for));
                Box::pin(async move {
                    if is_too_old {
                        return Ok(false);
                    }
                    if !is_trusted {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            });
        let for_others = options.max_connections.saturating_sub(for_searches).max(1);
        let pool = pools
            .clone()
            .max_connections(for_others)
            .connect_with(server.clone())
            .await
            .store()?;
        let searches = Searches::new(
            pools.max_connections(for_searches),
            server.clone(),
            options.search_limit,
            pool.clone(),
        );
        let signal = Arc::new(Signal::start(pool.clone(), server));
        growth.watch(pool.clone());
        let ready = Ready::new(pool.clone(), growth.outgrown(), trust, for_others as usize / 2);
        let crowds = Crowds::new(&ready, &signal);
        Ok(Self {
            pool,
            ready,
            searches,
            signal,
            growth,
            crowds,
            recent_clients: RecentClients::new(),
        })
    }

    /// Connects once, outside the pool: the pool tries again until its time is up, and then says no more than that.
    async fn try_out(server: &PgConnectOptions, limit: Duration) -> Result<(), StoreError> {
        let connection = tokio::time::timeout(limit, PgConnection::connect_with(server))
            .await
            .map_err(|_| StoreError::Unavailable(format!("no answer within {} seconds", limit.as_secs()).into()))?
            .store()?;
        connection.close().await.store()
    }

    /// Brings the tables up to date. Of many processes that do so at once, one does it and the others wait.
    ///
    /// # Errors
    ///
    /// `Unavailable`, or `Internal` if a migration fails or the tables are those of a newer Roster.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        MIGRATIONS.run(&self.pool).await.map_err(from_migration)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    ///
    /// `Unavailable` if it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let answered = async { self.pool.acquire().await?.ping().await }.await;
        if answered.is_err() {
            self.ready.distrust();
        }
        answered.store()
    }

    /// Closes all connections once what is under way is finished. Afterwards every method says `Unavailable`.
    pub async fn close(&self) {
        self.crowds.close().await;
        self.signal.stop();
        self.searches.close().await;
        self.growth.stop();
        self.ready.close();
        self.pool.close().await;
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("connections", &self.pool.size())
            .finish_non_exhaustive()
    }
}
