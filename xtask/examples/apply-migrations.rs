//! Makes a database with a store's tables in it, or drops it again; `cargo xtask sqlx-prepare` runs this.
//!
//! An example and no part of the chores themselves, because it is all that needs sqlx: this way a chore starts in
//! seconds on a fresh machine, and sqlx is compiled once, for the tests.

use std::path::Path;

use anyhow::{Context, Result, bail};
use sqlx::migrate::{Migrate, MigrateDatabase, Migrator};
use sqlx::{Database, Pool, Postgres, Sqlite};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["create", url, migrations] if is_sqlite(url) => create::<Sqlite>(url, Path::new(migrations)).await,
        ["create", url, migrations] => create::<Postgres>(url, Path::new(migrations)).await,
        ["drop", url] if is_sqlite(url) => Ok(Sqlite::drop_database(url).await?),
        ["drop", url] => Ok(Postgres::drop_database(url).await?),
        _ => bail!("usage: apply-migrations create URL FOLDER | drop URL"),
    }
}

fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

async fn create<D>(url: &str, migrations: &Path) -> Result<()>
where
    D: Database + MigrateDatabase,
    D::Connection: Migrate,
{
    let migrator = Migrator::new(migrations)
        .await
        .with_context(|| format!("cannot read the migrations in {}", migrations.display()))?;
    D::create_database(url).await.context("cannot create a database")?;
    let pool = Pool::<D>::connect(url).await?;
    migrator
        .run(&pool)
        .await
        .with_context(|| format!("cannot apply the migrations in {}", migrations.display()))?;
    pool.close().await;
    Ok(())
}
