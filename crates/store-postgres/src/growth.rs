//! Plans that keep up with the tables.
//!
//! A connection plans a prepared statement a few times and then keeps the plan. One that was made while a table was small
//! is as good as any other there, and may be one that looks at every row: with next to no rows, all indexes cost the
//! same. PostgreSQL makes such a plan anew when the table's statistics change; but where autovacuum first vacuums a table,
//! which counts its rows, and then analyzes it, the count is no news any more, and the plan stays, for as long as the
//! connection. So whoever keeps connections has to see to it: when a table has doubled, it is analyzed, unless somebody
//! did so already, and connections that are older than that are replaced before they are used again. That happens some
//! ten times in the life of a large database.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, PgPool};
use tokio::task::JoinHandle;

/// How often the tables are looked at. A table that grows by a thousand rows a second has some megabytes until then.
const LOOK: Duration = Duration::from_secs(5);
/// Below so many pages every plan is good: the whole table is read in a fraction of a millisecond.
const SMALL: i64 = 16;

/// How large a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    /// Its pages now.
    pages: i64,
    /// Its pages when its statistics were made; `None` if they never were.
    analyzed: Option<i64>,
}

impl Size {
    /// Whether the statistics are those of another table, as it were.
    fn needs_statistics(self) -> bool {
        match self.analyzed {
            None => self.pages > SMALL,
            Some(analyzed) => has_doubled(analyzed, self.pages),
        }
    }
}

fn has_doubled(before: i64, now: i64) -> bool {
    now > 2 * before.max(SMALL)
}

/// Knows which connections are older than the growth of a table.
pub(crate) struct Growth {
    outgrown: Arc<Outgrown>,
    watcher: Mutex<Option<JoinHandle<()>>>,
}

/// When connections became too old.
pub(crate) struct Outgrown {
    begun: Instant,
    /// In milliseconds since then; 0 as long as nothing has grown.
    at: AtomicU64,
}

impl Outgrown {
    /// Whether a connection of this age has plans for tables that were smaller.
    pub(crate) fn is_too_old(&self, age: Duration) -> bool {
        let at = Duration::from_millis(self.at.load(Ordering::Relaxed));
        !at.is_zero() && self.begun.elapsed().saturating_sub(at) < age
    }

    fn now(&self) {
        let at = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.at.store(at.max(1), Ordering::Relaxed);
    }
}

impl Growth {
    /// Nothing has grown yet, and nobody looks.
    pub(crate) fn new() -> Self {
        let outgrown = Outgrown {
            begun: Instant::now(),
            at: AtomicU64::new(0),
        };
        Self {
            outgrown: Arc::new(outgrown),
            watcher: Mutex::default(),
        }
    }

    /// What a pool asks before it gives a connection out.
    pub(crate) fn outgrown(&self) -> Arc<Outgrown> {
        Arc::clone(&self.outgrown)
    }

    /// Begins to look.
    pub(crate) fn watch(&self, pool: PgPool) {
        let task = tokio::spawn(watch(pool, self.outgrown()));
        let before = self
            .watcher
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(task);
        debug_assert!(before.is_none(), "one looks");
    }

    /// Looks no more.
    pub(crate) fn stop(&self) {
        if let Some(task) = self.watcher.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

impl Drop for Growth {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Looks at the tables, for ever.
async fn watch(pool: PgPool, outgrown: Arc<Outgrown>) {
    let mut planned_for = HashMap::new();
    loop {
        if let Err(error) = look(&pool, &outgrown, &mut planned_for).await {
            // Nothing is wrong but what is slow, and whoever needs the database hears that it is away.
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the size of the tables is not known"
            );
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Looks once. `planned_for` has the pages for which statements may have been planned.
async fn look(pool: &PgPool, outgrown: &Outgrown, planned_for: &mut HashMap<String, i64>) -> Result<(), sqlx::Error> {
    let sizes = sizes(pool).await?;
    for (table, size) in &sizes {
        if size.needs_statistics() {
            // The name is one of the catalogue's, and quoted by it.
            sqlx::query(AssertSqlSafe(format!("ANALYZE {table}")))
                .execute(pool)
                .await?;
        }
    }
    let has_grown = |(table, size): &(String, Size)| {
        let known = size.analyzed.unwrap_or_default();
        has_doubled(planned_for.get(table).copied().unwrap_or(known), size.pages)
    };
    if sizes.iter().any(has_grown) {
        outgrown.now();
        tracing::debug!("tables have grown: connections are replaced, so that statements are planned anew");
        planned_for.clear();
    }
    for (table, size) in sizes {
        planned_for.entry(table).or_insert(size.pages);
    }
    Ok(())
}

/// The sizes of all tables, by their names, quoted.
async fn sizes(pool: &PgPool) -> Result<Vec<(String, Size)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT
            quote_ident(c.relname) AS "table!", c.relpages::bigint AS "analyzed!",
            pg_relation_size(c.oid) / current_setting('block_size')::bigint AS "pages!",
            coalesce(s.analyze_count + s.autoanalyze_count, 0) > 0 AS "was_analyzed!"
        FROM pg_class c
        LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
        "#
    )
    .fetch_all(pool)
    .await?;
    let sizes = rows.into_iter().map(|row| {
        let size = Size {
            pages: row.pages,
            analyzed: row.was_analyzed.then_some(row.analyzed),
        };
        (row.table, size)
    });
    Ok(sizes.collect())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::small(16, None, false)]
    #[case::never_analyzed(17, None, true)]
    #[case::analyzed_while_empty(33, Some(0), true)]
    #[case::not_much_larger_than_small(32, Some(0), false)]
    #[case::doubled(1_000, Some(500), false)]
    #[case::more_than_doubled(1_001, Some(500), true)]
    #[case::shrunk(10, Some(500), false)]
    fn statistics_are_made_when_a_table_has_doubled(
        #[case] pages: i64,
        #[case] analyzed: Option<i64>,
        #[case] expected: bool,
    ) {
        assert_eq!(Size { pages, analyzed }.needs_statistics(), expected);
    }

    #[tokio::test]
    async fn only_connections_from_before_a_growth_are_too_old() {
        let growth = Growth::new();
        let outgrown = growth.outgrown();
        assert!(!outgrown.is_too_old(Duration::from_hours(1)), "nothing has grown");

        tokio::time::sleep(Duration::from_millis(5)).await;
        outgrown.now();

        assert!(outgrown.is_too_old(Duration::from_hours(1)));
        assert!(!outgrown.is_too_old(Duration::ZERO), "it was opened afterwards");
    }
}
