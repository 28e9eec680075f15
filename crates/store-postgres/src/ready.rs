//! Connections that are kept ready for single statements.
//!
//! sqlx's pool asks every connection that comes back to it whether it is still alive, in a task of its own. To a statement that
//! takes as long as the question that is as much work again, for the database and for the process. So a few connections do
//! not go back between two statements, but are kept here. A statement that did not end well gives its connection to the pool,
//! which finds out what became of it; so does whoever goes away in the middle of one. Where the database was lost, all others are
//! asked before they are used again, so that one caller hears of it and not each who comes afterwards.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Connection, Describe, Either, Execute, Executor, PgConnection, PgPool, Postgres, SqlStr};

use crate::error::is_unavailable;
use crate::growth::Outgrown;

/// When a connection was last found lost. The others that there were then may be lost as well.
pub(crate) struct Trust {
    begun: Instant,
    /// In milliseconds since then; 0 as long as none was lost.
    lost_at: AtomicU64,
}

impl Trust {
    /// A connection that was used less long ago than this is taken for alive without asking, which spares a round
    /// trip. After a longer rest it is asked first.
    const LONGEST_REST: Duration = Duration::from_secs(10);

    /// None was lost yet.
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            lost_at: AtomicU64::new(0),
        }
    }

    /// Whether a connection that rested for so long is taken for alive.
    pub(crate) fn covers(&self, rest: Duration) -> bool {
        let lost_at = Duration::from_millis(self.lost_at.load(Ordering::Relaxed));
        rest <= Self::LONGEST_REST && (lost_at.is_zero() || rest < self.begun.elapsed().saturating_sub(lost_at))
    }

    fn lose(&self) {
        // Rounded up, so that what was used in the same moment is asked.
        let at = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.lost_at.store(at.saturating_add(1), Ordering::Relaxed);
    }
}

/// Runs single statements on connections that are kept ready; others than these come from the pool.
#[derive(Clone)]
pub(crate) struct Ready(Arc<Inner>);

struct Inner {
    pool: PgPool,
    outgrown: Arc<Outgrown>,
    trust: Arc<Trust>,
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
    pub(crate) fn new(pool: PgPool, outgrown: Arc<Outgrown>, trust: Arc<Trust>, most: usize) -> Self {
        let kept = Kept {
            connections: Vec::with_capacity(most),
            is_closed: false,
        };
        Self(Arc::new(Inner {
            pool,
            outgrown,
            trust,
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
            if self.0.is_usable(&mut taken, resting.used_at).await {
                return Ok(taken);
            }
            taken.connection.close_on_drop();
        }
        Ok(Taken {
            inner: &self.0,
            connection: self.0.pool.acquire().await?,
            since: Instant::now(),
        })
    }

    /// Asks every connection before it is used again: somebody met one that is not alive any more.
    pub(crate) fn distrust(&self) {
        self.0.trust.lose();
    }

    /// Keeps none any more.
    pub(crate) fn close(&self) {
        self.0.kept().is_closed = true;
        self.0.discard();
    }
}

impl Inner {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a connection can be used again. One that rested for long is asked, for as long as the pool would ask it.
    async fn is_usable(&self, taken: &mut Taken<'_>, used_at: Instant) -> bool {
        let (age, options) = (taken.since.elapsed(), self.pool.options());
        let has_expired = options.get_max_lifetime().is_some_and(|longest| age > longest);
        if has_expired || self.outgrown.is_too_old(age) {
            return false;
        }
        if self.trust.covers(used_at.elapsed()) {
            return true;
        }
        let asked = tokio::time::timeout(options.get_acquire_timeout(), taken.ping()).await;
        matches!(asked, Ok(Ok(())))
    }

    /// Whether nobody has to wait for the pool while a connection is kept.
    fn can_spare_one(&self) -> bool {
        self.pool.num_idle() > 0 || self.pool.size() < self.pool.options().get_max_connections()
    }

    /// Closes all that are kept. The pool would ask each first, for which there is no limit.
    fn discard(&self) {
        let connections = std::mem::take(&mut self.kept().connections);
        for mut resting in connections {
            resting.connection.close_on_drop();
        }
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
        match &outcome {
            Ok(_) => {
                let mut kept = self.inner.kept();
                if kept.connections.len() < self.inner.most && !kept.is_closed && self.inner.can_spare_one() {
                    kept.connections.push(Resting {
                        connection: self.connection,
                        since: self.since,
                        used_at: Instant::now(),
                    });
                    // Those at the bottom were needed in a rush, which is over.
                    let longest = self.inner.pool.options().get_idle_timeout();
                    let first = kept.connections.first();
                    if first.is_some_and(|first| longest.is_some_and(|longest| first.used_at.elapsed() > longest)) {
                        drop(kept.connections.remove(0));
                    }
                }
            }
            Err(error) if is_unavailable(error) => self.inner.trust.lose(),
            Err(_) => {}
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
