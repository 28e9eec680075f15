//! Connections that are kept ready for single statements.
//!
//! sqlx's pool asks every connection that comes back to it whether it is still alive, in a task of its own. To a statement that
//! takes as long as the question that is as much work again, for the database and for the process. So a few connections do
//! not go back between two statements, but are kept here. A statement that did not end well gives its connection to the pool,
//! which finds out what became of it; so does whoever goes away in the middle of one.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Connection, Describe, Either, Execute, Executor, PgConnection, PgPool, Postgres, SqlStr};

use crate::PostgresStore;
use crate::growth::Outgrown;

/// Runs single statements on connections that are kept ready; others than these come from the pool.
#[derive(Clone)]
pub(crate) struct Ready(Arc<Inner>);

struct Inner {
    pool: PgPool,
    outgrown: Arc<Outgrown>,
    /// The most that are kept. The pool counts them as given out.
    most: usize,
    kept: Mutex<Kept>,
}

struct Kept {
    /// The one that was used last is used next, so that those that are not needed grow old.
    connections: Vec<Resting>,
    is_closed: bool,
}

struct Resting {
    connection: PoolConnection<Postgres>,
    /// When the pool gave it out.
    since: Instant,
    used_at: Instant,
}

impl Ready {
    /// Keeps none yet, and later at most so many.
    pub(crate) fn new(pool: PgPool, outgrown: Arc<Outgrown>, most: usize) -> Self {
        let kept = Kept {
            connections: Vec::with_capacity(most),
            is_closed: false,
        };
        Self(Arc::new(Inner {
            pool,
            outgrown,
            most,
            kept: Mutex::new(kept),
        }))
    }

    /// A connection for one statement.
    async fn take(&self) -> Result<Taken<'_>, sqlx::Error> {
        while let Some(resting) = self.0.last() {
            let mut taken = Taken {
                inner: &self.0,
                connection: resting.connection,
                since: resting.since,
            };
            if self.0.outgrown.is_too_old(taken.since.elapsed()) {
                taken.connection.close_on_drop();
            } else if resting.used_at.elapsed() <= PostgresStore::TRUSTED_IDLE || taken.ping().await.is_ok() {
                return Ok(taken);
            }
        }
        Ok(Taken {
            inner: &self.0,
            connection: self.0.pool.acquire().await?,
            since: Instant::now(),
        })
    }

    /// Keeps none any more.
    pub(crate) fn close(&self) {
        let connections = {
            let mut kept = self.0.kept();
            kept.is_closed = true;
            std::mem::take(&mut kept.connections)
        };
        drop(connections);
    }
}

impl Inner {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that was used last.
    fn last(&self) -> Option<Resting> {
        self.kept().connections.pop()
    }
}

/// The pool takes back what is dropped in a task, which there may be no runtime for any more.
impl Drop for Inner {
    fn drop(&mut self) {
        for resting in self.kept().connections.drain(..) {
            drop(resting.connection.detach());
        }
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready")
            .field("kept", &self.0.kept().connections.len())
            .finish_non_exhaustive()
    }
}

/// A connection under a statement. One that is dropped goes to the pool.
struct Taken<'a> {
    inner: &'a Inner,
    connection: PoolConnection<Postgres>,
    since: Instant,
}

impl Taken<'_> {
    /// Keeps it ready, if the statement ended well and there is room.
    fn after<T>(self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if outcome.is_ok() {
            let mut kept = self.inner.kept();
            if kept.connections.len() < self.inner.most && !kept.is_closed {
                kept.connections.push(Resting {
                    connection: self.connection,
                    since: self.since,
                    used_at: Instant::now(),
                });
            }
        }
        outcome
    }
}

impl Deref for Taken<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Taken<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

/// Nothing is answered before the statement has ended, so that its connection is free again.
impl<'p> Executor<'p> for &'p Ready {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let all = async move {
            let mut taken = self.take().await?;
            let all: Result<Vec<_>, _> = taken.fetch_many(query).try_collect().await;
            Ok::<_, sqlx::Error>(stream::iter(taken.after(all)?.into_iter().map(Ok)))
        };
        stream::once(all).try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move {
            let mut taken = self.take().await?;
            let row = taken.fetch_optional(query).await;
            taken.after(row)
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'p: 'e,
    {
        Box::pin(async move {
            let mut taken = self.take().await?;
            let statement = taken.prepare_with(sql, parameters).await;
            taken.after(statement)
        })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, sqlx::Error>>
    where
        'p: 'e,
    {
        Box::pin(async move {
            let mut taken = self.take().await?;
            let description = taken.describe(sql).await;
            taken.after(description)
        })
    }
}
