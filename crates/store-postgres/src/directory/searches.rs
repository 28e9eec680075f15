//! Searches under way: so many at once, each for so long, and only while somebody waits for it.

use std::time::Duration;

use roster_application::ports::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Postgres};

use crate::error::{IntoStoreError, is_cancelled};

/// What searches run on: connections of their own, so that nothing else waits for them.
pub(crate) struct Searches {
    searchers: PgPool,
    others: PgPool,
}

impl Searches {
    /// Searches on connections to a server, each of whose statements may take so long. `others` are the connections by which
    /// searches are stopped.
    pub(crate) fn new(pool: PgPoolOptions, server: PgConnectOptions, limit: Duration, others: PgPool) -> Self {
        let server = server.options([("statement_timeout", limit.as_millis())]);
        // One whose statement was stopped is closed, without the warning that the pool would give.
        let pool = pool.after_release(|connection, _| Box::pin(async move { Ok(connection.ping().await.is_ok()) }));
        Self {
            searchers: pool.connect_lazy_with(server),
            others,
        }
    }

    /// Waits until there is room for one more. It may run one statement, for as long as it is kept.
    pub(super) async fn begin(&self) -> Result<Running, StoreError> {
        let mut connection = self.searchers.acquire().await.store()?;
        let backend = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut *connection)
            .await
            .store()?;
        Ok(Running {
            connection,
            backend,
            others: self.others.clone(),
            has_ended: false,
        })
    }

    /// Waits until none is under way, and lets none begin.
    pub(crate) async fn close(&self) {
        self.searchers.close().await;
    }
}

/// A search under way. Whoever drops it stops its statement, which would go on by itself: what is dropped with a query is
/// nothing but the wait for it.
pub(super) struct Running {
    connection: PoolConnection<Postgres>,
    backend: i32,
    others: PgPool,
    has_ended: bool,
}

impl Running {
    /// What to run the statement on.
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// What came of the statement.
    pub(super) fn end<T>(mut self, outcome: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        self.has_ended = true;
        match outcome {
            Err(error) if is_cancelled(&error) => Err(StoreError::TooLong),
            outcome => outcome.store(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        // Taken now, though given back later: no other search may have the connection before its statement was told to stop, or
        // that search would be stopped.
        let released = self.connection.return_to_pool();
        let (backend, others) = (self.backend, self.others.clone());
        tokio::spawn(async move {
            let stopped = sqlx::query("SELECT pg_cancel_backend($1)")
                .bind(backend)
                .execute(&others);
            if let Err(error) = stopped.await {
                // It is stopped by the limit, then.
                tracing::warn!(error = &error as &dyn std::error::Error, "a search was not stopped");
            }
            released.await;
        });
    }
}
