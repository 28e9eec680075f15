//! What only the database tells or lets be done: that something is no longer stored, and that time has passed.

use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tokio_postgres::{Client, NoTls};

use crate::database::Database;

impl Database {
    /// Makes every account due now that is only waiting to be read back, as it is when that time has come.
    ///
    /// Returns how many there were. A worker finds them within a second.
    pub async fn read_back_now(&self) -> u64 {
        // The beginning of all time, in the way of each store.
        let long_ago = match self {
            Self::Sqlite { .. } => "1",
            Self::Postgres(_) => "'1970-01-02T00:00:00Z'",
        };
        self.execute(&format!(
            "UPDATE accounts SET next_attempt_at = {long_ago}
             WHERE next_attempt_at IS NOT NULL AND applied_version = desired_version AND removed_at IS NULL"
        ))
        .await
    }

    /// Makes every account due that is in sync, to be read back or not, and returns how many those are: as one that was
    /// claimed while its connection ceased to read accounts back.
    pub async fn claim_again_now(&self) -> u64 {
        let long_ago = match self {
            Self::Sqlite { .. } => "1",
            Self::Postgres(_) => "'1970-01-02T00:00:00Z'",
        };
        self.execute(&format!(
            "UPDATE accounts SET next_attempt_at = {long_ago}
             WHERE applied_version = desired_version AND removed_at IS NULL"
        ))
        .await
    }

    /// How many users of an organization have an initial password that is still to be delivered.
    pub async fn kept_passwords(&self, organization: &str) -> u64 {
        // Counted by an update that changes nothing, so that one way to talk to both stores is enough.
        self.execute(&format!(
            "UPDATE users SET initial_password = initial_password
             WHERE initial_password IS NOT NULL AND organization_id = {}",
            id_of(organization)
        ))
        .await
    }

    /// Takes away the initial passwords of an organization's users, and returns how many there were.
    pub async fn lose_passwords(&self, organization: &str) -> u64 {
        self.execute(&format!(
            "UPDATE users SET initial_password = NULL WHERE initial_password IS NOT NULL AND organization_id = {}",
            id_of(organization)
        ))
        .await
    }

    /// Keeps everybody from writing users, as long as what is returned is there.
    pub async fn hold_users(&self) -> Held {
        match self {
            Self::Sqlite { url } => {
                let mut connection = expected(SqliteConnection::connect(url).await, "connect");
                let begin = "BEGIN IMMEDIATE";
                expected(sqlx::query(begin).execute(&mut connection).await, begin);
                Held::Sqlite(connection)
            }
            Self::Postgres(_) => {
                let client = connect(&self.url()).await;
                let lock = "BEGIN; LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE";
                expected(client.batch_execute(lock).await, lock);
                Held::Postgres(client)
            }
        }
    }

    /// Carries out a statement, and returns how many rows it was about.
    async fn execute(&self, sql: &str) -> u64 {
        match self {
            Self::Sqlite { url } => {
                let mut connection = expected(SqliteConnection::connect(url).await, sql);
                let outcome = sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await;
                expected(outcome, sql).rows_affected()
            }
            Self::Postgres(_) => expected(connect(&self.url()).await.execute(sql, &[]).await, sql),
        }
    }
}

/// A transaction that keeps others from writing.
pub enum Held {
    /// In SQLite, from writing anything.
    Sqlite(SqliteConnection),
    /// In PostgreSQL, from writing users.
    Postgres(Client),
}

impl Held {
    /// Lets them write.
    pub async fn release(self) {
        let rollback = "ROLLBACK";
        match self {
            Self::Sqlite(mut connection) => {
                expected(sqlx::query(rollback).execute(&mut connection).await, rollback);
            }
            Self::Postgres(client) => expected(client.batch_execute(rollback).await, rollback),
        }
    }
}

#[track_caller]
fn expected<T, E: std::fmt::Debug>(outcome: Result<T, E>, sql: &str) -> T {
    outcome.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

/// The id of an organization, by its short name.
fn id_of(organization: &str) -> String {
    format!("(SELECT id FROM organizations WHERE slug = '{organization}')")
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .unwrap_or_else(|error| panic!("the test's database cannot be reached: {error}"));
    tokio::spawn(connection);
    client
}
