//! A file for each test.

#![expect(clippy::unwrap_used, reason = "a test without its database fails")]

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use roster_application::ports::Store;
use roster_contract::store::TestDatabase;
use roster_store_sqlite::SqliteStore;
use tempfile::TempDir;

pub(crate) struct Database {
    folder: TempDir,
}

impl Database {
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("roster.db")
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}", self.path().display())
    }

    pub(crate) async fn store(&self) -> SqliteStore {
        SqliteStore::connect(&self.url()).await.unwrap()
    }

    /// Does to the rows what Roster would not.
    pub(crate) async fn tamper(&self, sql: &'static str) {
        let pool = sqlx::SqlitePool::connect(&self.url()).await.unwrap();
        sqlx::raw_sql(sql).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

#[async_trait]
impl TestDatabase for Database {
    async fn fresh() -> Self {
        let database = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        database.store().await.migrate().await.unwrap();
        database
    }

    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.store().await)
    }

    async fn discard(self) {}
}
