//! A database of its own for each server: a file, or a database on the PostgreSQL that the tests are given.

use std::path::Path;

use tokio_postgres::{Client, NoTls};

use crate::clock;

/// The environment variable that says where PostgreSQL is.
pub const VARIABLE: &str = "TEST_DATABASE_URL";

/// A database that is gone when this is dropped.
#[derive(Debug)]
pub enum Database {
    /// A file below a folder that goes with it.
    Sqlite {
        /// What the server is told.
        url: String,
    },
    /// A database on a shared server.
    Postgres(Postgres),
}

/// A database on a shared PostgreSQL server.
#[derive(Debug)]
pub struct Postgres {
    name: String,
    admin_url: String,
}

impl Database {
    /// A database in a file of a folder.
    pub fn sqlite(folder: &Path) -> Self {
        Self::Sqlite {
            url: format!("sqlite://{}", folder.join("roster.db").display()),
        }
    }

    /// A new, empty database on the server of `TEST_DATABASE_URL`.
    pub async fn postgres() -> Self {
        let admin_url = std::env::var(VARIABLE).unwrap_or_else(|_| {
            panic!(
                "{VARIABLE} is not set, and without PostgreSQL this proves nothing: run `cargo xtask test -- -p e2e`"
            )
        });
        Self::postgres_at(admin_url).await
    }

    /// A new, empty database on a server, which is given by the URL of another of its databases.
    pub async fn postgres_at(admin_url: String) -> Self {
        let database = Postgres {
            name: format!("roster_e2e_{}", clock::fresh()),
            admin_url,
        };
        database.administer(&format!("CREATE DATABASE {}", database.name)).await;
        Self::Postgres(database)
    }

    /// What the server is told.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite { url } => url.clone(),
            Self::Postgres(postgres) => with_database(&postgres.admin_url, &postgres.name),
        }
    }

    /// The database, where it is PostgreSQL.
    pub fn as_postgres(&self) -> &Postgres {
        match self {
            Self::Postgres(postgres) => postgres,
            Self::Sqlite { .. } => panic!("this test is about PostgreSQL"),
        }
    }
}

impl Postgres {
    /// Cuts all connections and lets nobody in, as an outage does.
    pub async fn cut(&self) {
        self.administer(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name))
            .await;
        let of_others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ";
        self.administer(&format!("{of_others}'{}'", self.name)).await;
    }

    /// Ends the outage.
    pub async fn mend(&self) {
        self.administer(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name))
            .await;
    }

    /// Everything that is in the database, as one text: each row of each table.
    pub async fn dump(&self) -> String {
        let client = connect(&with_database(&self.admin_url, &self.name)).await;
        let tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
        let tables = client.query(tables, &[]).await.expect("the tables are listed");
        let mut dump = String::new();
        for table in tables {
            let table: String = table.get(0);
            let rows = client
                .query(&format!("SELECT t::text FROM {table} t"), &[])
                .await
                .expect("a table is read");
            for row in rows {
                dump.push_str(row.get::<_, &str>(0));
                dump.push('\n');
            }
        }
        dump
    }

    async fn administer(&self, sql: &str) {
        let client = connect(&self.admin_url).await;
        client
            .batch_execute(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let (url, sql) = (
            self.admin_url.clone(),
            format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
        );
        // A runtime of its own, since a runtime may be what this is dropped on. What cannot be dropped is left to
        // whoever owns the PostgreSQL; a second panic would hide the first.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(async { connect(&url).await.batch_execute(&sql).await }))
        });
        let _ = dropping.join();
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .unwrap_or_else(|error| panic!("PostgreSQL at {url} cannot be reached: {error}"));
    tokio::spawn(connection);
    client
}

/// The same server, another database: what stands between the last slash and the question mark.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url
        .split_once('?')
        .map_or((url, String::new()), |(address, query)| (address, format!("?{query}")));
    let server = address.rsplit_once('/').map_or(address, |(server, _)| server);
    format!("{server}/{name}{query}")
}
