//! A database for each test, on the server at `TEST_DATABASE_URL`.

#![expect(clippy::unwrap_used, reason = "a test without its database fails")]

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use roster_application::ports::Store;
use roster_contract::store::TestDatabase;
use roster_store_postgres::{Options, PostgresStore};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

/// Held while the template is made, so that the tests, which are processes of their own, make it once.
const TEMPLATE_LOCK: i64 = 0x726f_7374_6572;

pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    pub(crate) fn url(&self) -> String {
        with_database(&self.server, &self.name)
    }

    pub(crate) async fn store(&self) -> PostgresStore {
        // Two stores in each of many tests must find room on one server.
        let options = Options {
            max_connections: 8,
            ..Options::default()
        };
        PostgresStore::connect_with(&self.url(), options).await.unwrap()
    }

    /// Does to the rows what Roster would not.
    pub(crate) async fn tamper(&self, sql: &'static str) {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    pub(crate) async fn administrator(&self) -> PgConnection {
        PgConnection::connect(&self.server).await.unwrap()
    }
}

#[async_trait]
impl TestDatabase for Database {
    async fn fresh() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("TEST_DATABASE_URL").expect(
            "TEST_DATABASE_URL names no PostgreSQL server: run `cargo xtask test`, which provides one and sets it",
        );
        let template = template(&server).await;
        let name = format!(
            "roster_test_{}_{}",
            std::process::id(),
            MADE.fetch_add(1, Ordering::Relaxed)
        );
        let mut connection = PgConnection::connect(&server).await.unwrap();
        execute(&mut connection, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        execute(&mut connection, format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        connection.close().await.unwrap();
        Self { server, name }
    }

    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.store().await)
    }

    async fn discard(self) {
        let mut connection = self.administrator().await;
        execute(&mut connection, format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

/// The name of a database with the tables of today's migrations, which is made if it is absent.
async fn template(server: &str) -> String {
    let migrations = sqlx::migrate!();
    let checksum = migrations
        .iter()
        .flat_map(|migration| migration.checksum.iter())
        .fold(0u64, |sum, byte| sum.rotate_left(7) ^ u64::from(*byte));
    let name = format!("roster_template_{checksum:016x}");
    let mut connection = PgConnection::connect(server).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut connection)
        .await
        .unwrap();
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&name)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    if !exists {
        // Under its final name only when it is whole.
        execute(
            &mut connection,
            format!("DROP DATABASE IF EXISTS {name}_new WITH (FORCE)"),
        )
        .await;
        execute(&mut connection, format!("CREATE DATABASE {name}_new")).await;
        let store = PostgresStore::connect(&with_database(server, &format!("{name}_new")))
            .await
            .unwrap();
        store.migrate().await.unwrap();
        store.close().await;
        execute(&mut connection, format!("ALTER DATABASE {name}_new RENAME TO {name}")).await;
    }
    connection.close().await.unwrap();
    name
}

async fn execute(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

/// The same server's URL, for another database.
fn with_database(url: &str, name: &str) -> String {
    PgConnectOptions::from_str(url)
        .unwrap()
        .database(name)
        .to_url_lossy()
        .into()
}
