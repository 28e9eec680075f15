//! A table of numbers, writes to it, and one who holds the connection until it is let go.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use roster_application::ports::StoreError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{SqliteConnection, SqlitePool};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::crowd::{Awaited, Conduct, Writes, Written};
use crate::error::IntoStoreError;

pub(super) const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Table {
    folder: TempDir,
    pub(super) writes: Arc<Writes>,
    pub(super) readers: SqlitePool,
}

impl Table {
    pub(super) async fn fresh() -> Self {
        Self::with_patience(PATIENCE).await
    }

    pub(super) async fn with_patience(patience: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = options(&folder.path().join("crowd.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let pool = |most| {
            SqlitePoolOptions::new()
                .max_connections(most)
                .connect_with(file.clone())
        };
        let writers = pool(1).await.unwrap();
        sqlx::raw_sql(
            "CREATE TABLE numbers (n INTEGER PRIMARY KEY, padding BLOB, of INTEGER REFERENCES numbers (n)) STRICT",
        )
        .execute(&writers)
        .await
        .unwrap();
        Self {
            folder,
            writes: Arc::new(Writes::new(writers, patience)),
            readers: pool(2).await.unwrap(),
        }
    }

    pub(super) fn file(&self) -> SqliteConnectOptions {
        options(&self.folder.path().join("crowd.db"))
    }

    /// What is committed.
    pub(super) async fn numbers(&self) -> Vec<i64> {
        let numbers = sqlx::query_scalar("SELECT n FROM numbers ORDER BY n");
        numbers.fetch_all(&self.readers).await.unwrap()
    }

    /// Holds the connection until it is let go.
    pub(super) async fn hold(&self) -> Held {
        let (begun, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let data = (Arc::clone(&begun), Arc::clone(&gate));
        let holder = self.write(Conduct::Statement, data, |(begun, gate), _| {
            Box::pin(async move {
                begun.add_permits(1);
                let _open = gate.acquire().await;
                Ok(Written::quietly(()))
            })
        });
        let _begun = begun.acquire().await.unwrap();
        Held { holder, gate }
    }

    /// Begins a write, and lets it come to where it waits.
    pub(super) fn write<D, T>(&self, conduct: Conduct, data: D, run: Run<D, T>) -> Answer<T>
    where
        D: Send + Sync + 'static,
        T: Send + 'static,
    {
        let writes = Arc::clone(&self.writes);
        tokio::spawn(async move { writes.write(conduct, data, run).await })
    }

    pub(super) async fn insert(&self, n: i64) -> Answer<()> {
        let answer = self.write(Conduct::Statement, n, |n, writer| Box::pin(insert(writer, *n)));
        self.comes().await;
        answer
    }

    /// Until whoever was spawned before has come to where it waits.
    pub(super) async fn comes(&self) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(super) type Run<D, T> = for<'c> fn(&'c D, &'c mut SqliteConnection) -> Awaited<'c, Result<Written<T>, StoreError>>;

pub(super) type Answer<T> = JoinHandle<Result<T, StoreError>>;

pub(super) struct Held {
    holder: Answer<()>,
    gate: Arc<Semaphore>,
}

impl Held {
    pub(super) async fn let_go(self) {
        self.gate.add_permits(1);
        self.holder.await.unwrap().unwrap();
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    let url = format!("sqlite://{}", path.display());
    SqliteConnectOptions::from_str(&url).unwrap().foreign_keys(true)
}

pub(super) async fn insert(writer: &mut SqliteConnection, n: i64) -> Result<Written<()>, StoreError> {
    let insert = sqlx::query("INSERT INTO numbers (n) VALUES (?1)").bind(n);
    insert.execute(writer).await.store()?;
    Ok(Written::quietly(()))
}
