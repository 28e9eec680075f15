//! A bare single writer on SQLite: the rows that Roster wrote for one user, written again for others, each user in one
//! durable transaction.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteStatement, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, Executor, Row, SqlSafeStr, Statement};

/// How long to wait for another writer; there is none while it is measured.
const BUSY: Duration = Duration::from_secs(5);

async fn open(file: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY);
    Ok(SqliteConnection::connect_with(&options).await?)
}

/// Runs SQL, and prints the first column of the last row, if there is one.
pub(crate) async fn run(file: &Path, sql: &str) -> Result<()> {
    let mut connection = open(file).await?;
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut connection).await?;
    if let Some(row) = rows.last() {
        match row.try_get::<i64, _>(0) {
            Ok(number) => println!("{number}"),
            Err(_) => println!("{}", row.try_get::<String, _>(0)?),
        }
    }
    connection.close().await?;
    Ok(())
}

/// Writes users for so many seconds, and prints how many.
pub(crate) async fn create(file: &Path, seconds: u64, first: u64, token: &str) -> Result<()> {
    let mut connection = open(file).await?;
    let statements = prepare(&mut connection, token).await?;
    let start = Instant::now();
    let limit = Duration::from_secs(seconds);
    let mut number = first;
    let mut slowest = Duration::ZERO;
    while start.elapsed() < limit {
        let before = Instant::now();
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        write(&mut transaction, &statements, number).await?;
        transaction.commit().await?;
        slowest = slowest.max(before.elapsed());
        number += 1;
    }
    let took = start.elapsed().as_secs_f64();
    println!(
        "{}",
        json!({ "users": number - first, "seconds": took, "slowest_ms": slowest.as_secs_f64() * 1e3 })
    );
    connection.close().await?;
    Ok(())
}

/// Writes users of the numbers from 1 to `count`, all in one transaction.
pub(crate) async fn fill(file: &Path, count: u64, token: &str) -> Result<()> {
    let mut connection = open(file).await?;
    let statements = prepare(&mut connection, token).await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for number in 1..=count {
        write(&mut transaction, &statements, number).await?;
    }
    transaction.commit().await?;
    sqlx::raw_sql("ANALYZE").execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// What one user is made with: the accounts are made by the tables themselves.
async fn prepare(connection: &mut SqliteConnection, token: &str) -> Result<[SqliteStatement; 2]> {
    let users = copy(connection, "users", token).await?;
    let told = copy(connection, "audit_log", token).await?;
    Ok([
        connection.prepare(AssertSqlSafe(users).into_sql_str()).await?,
        connection.prepare(AssertSqlSafe(told).into_sql_str()).await?,
    ])
}

async fn write(connection: &mut SqliteConnection, statements: &[SqliteStatement; 2], number: u64) -> Result<()> {
    for statement in statements {
        let made = statement
            .query()
            .bind(format!("{number:012x}"))
            .execute(&mut *connection)
            .await?;
        ensure!(made.rows_affected() == 1, "{} rows were made", made.rows_affected());
    }
    Ok(())
}

/// The statement that copies the one row of a table that belongs to the user of the token, with `?1` in place of the token and
/// of whatever tells users apart.
async fn copy(connection: &mut SqliteConnection, table: &str, token: &str) -> Result<String> {
    let sql = format!(
        "SELECT name, (SELECT quote(CAST(id AS BLOB)) FROM users WHERE external_id LIKE '%{token}%') FROM pragma_table_info('{table}')"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *connection).await?;
    let whose = rows.first().context("no such table")?.try_get::<String, _>(1)?;
    let mut names = Vec::new();
    let mut values = Vec::new();
    for row in &rows {
        let name: String = row.try_get(0)?;
        let key = if table == "users" { "id" } else { "user_id" };
        let value = format!("SELECT quote({name}) FROM {table} WHERE CAST({key} AS BLOB) = {whose}");
        let value: String = sqlx::query_scalar(AssertSqlSafe(value))
            .fetch_one(&mut *connection)
            .await?;
        values.push(if name == "id" || name == "user_id" {
            made_of_number(&value)
        } else if value.contains(token) {
            format!("replace({value}, '{token}', ?1)")
        } else {
            value
        });
        names.push(name);
    }
    Ok(format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        names.join(", "),
        values.join(", ")
    ))
}

/// An id whose last six bytes are the number's: behind all that were made before, as Roster's are. Bytes stay bytes, and
/// text stays text.
fn made_of_number(quoted: &str) -> String {
    match quoted.strip_prefix("X'") {
        Some(bytes) => format!("unhex('{}' || ?1)", &bytes[..20]),
        None => format!("'{}' || ?1", &quoted[1..25]),
    }
}

#[cfg(test)]
mod tests {
    use super::made_of_number;

    #[test]
    fn ids_stay_of_their_kind_and_end_with_the_number() {
        assert_eq!(
            made_of_number("X'000102030405060708090A0B0C0D0E0F'"),
            "unhex('00010203040506070809' || ?1)"
        );
        let text = "'01020304-0506-7708-8910-111213141516'";
        assert_eq!(made_of_number(text), "'01020304-0506-7708-8910-' || ?1");
    }
}
