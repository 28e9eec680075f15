//! `cargo xtask sqlx-prepare`: what the databases say about each query, kept in `.sqlx/` so that Roster builds
//! without a database.
//!
//! sqlx's macros ask the database that `*_DATABASE_URL` names while a store compiles, and write what they learn into
//! `SQLX_OFFLINE_DIR`. So: make a fresh database from the migrations, compile the store against it, and keep or
//! compare the files. Only a store's library may use the macros; its tests ask for what they need at run time.

mod data;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use self::data::Queries;
use crate::postgres::Server;
use crate::workspace::Workspace;
use crate::{process, progress};

/// Write, or with `--check` compare, the query data in the stores' `.sqlx/`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing, and fail if anything would change
    #[arg(long)]
    check: bool,
    /// Only these stores
    #[arg(value_enum)]
    stores: Vec<Store>,
}

impl Arguments {
    /// As the gate runs it.
    pub(crate) const CHECK: Self = Self {
        check: true,
        stores: Vec::new(),
    };
}

#[derive(Clone, Copy, ValueEnum)]
enum Store {
    Postgres,
    Sqlite,
}

impl Store {
    fn package(self) -> &'static str {
        match self {
            Self::Postgres => "roster-store-postgres",
            Self::Sqlite => "roster-store-sqlite",
        }
    }

    fn folder(self, workspace: &Workspace) -> PathBuf {
        workspace.root().join("crates").join(match self {
            Self::Postgres => "store-postgres",
            Self::Sqlite => "store-sqlite",
        })
    }

    /// As the store's `sqlx.toml` says. With two stores in one house, `DATABASE_URL` would mean the wrong one half of
    /// the time.
    fn url_variable(self) -> &'static str {
        match self {
            Self::Postgres => "POSTGRES_DATABASE_URL",
            Self::Sqlite => "SQLITE_DATABASE_URL",
        }
    }
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let stores = if arguments.stores.is_empty() {
        Store::value_variants()
    } else {
        &arguments.stores
    };
    let migrate = workspace.build_example("apply-migrations")?;
    let mut is_stale = false;
    // One after the other, since both may have the same query, and so two files of one name.
    for &store in stores {
        let folder = store.folder(workspace).join(".sqlx");
        let committed = data::read(&folder)?;
        let asked = ask_database(workspace, &migrate, store)?;
        let differences = data::differences(&committed, &asked);
        progress::note(&format!(
            "{}: {} queries, {} differences from .sqlx/",
            store.package(),
            asked.len(),
            differences.len(),
        ));
        if !arguments.check {
            data::replace(&folder, &committed, &asked)?;
        } else if !differences.is_empty() {
            is_stale = true;
            touch(workspace, store)?;
            for difference in differences {
                progress::note(&difference);
            }
        }
    }
    if is_stale {
        bail!("the query data is stale: run `cargo xtask sqlx-prepare` and commit what it changes");
    }
    Ok(())
}

fn ask_database(workspace: &Workspace, migrate: &Path, store: Store) -> Result<Queries> {
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    let server;
    let url = match store {
        Store::Postgres => {
            server = Server::provide(workspace)?;
            with_database(&server.url(), &format!("roster_prepare_{}", std::process::id()))
        }
        Store::Sqlite => format!("sqlite://{}", scratch.path().join("roster.db").display()),
    };
    let database = Database::create(migrate, url, &store.folder(workspace).join("migrations"))?;
    touch(workspace, store)?;
    let mut check = workspace.cargo("check");
    check
        .args(["--locked", "--lib", "--package", store.package()])
        .env_remove("SQLX_OFFLINE")
        .env("SQLX_OFFLINE_DIR", scratch.path())
        .env(store.url_variable(), &database.url);
    process::run(&mut check)?;
    data::read(scratch.path())
}

/// A database with a store's tables, until this is dropped.
struct Database<'migrate> {
    migrate: &'migrate Path,
    url: String,
}

impl<'migrate> Database<'migrate> {
    fn create(migrate: &'migrate Path, url: String, migrations: &Path) -> Result<Self> {
        process::run(Command::new(migrate).args(["create", &url]).arg(migrations))?;
        Ok(Self { migrate, url })
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        // It matters only on a server that outlives us, and is only litter there.
        let _ = process::output(Command::new(self.migrate).args(["drop", &self.url]));
    }
}

/// Makes Cargo compile the store again; it does not know what the store's queries were held against.
#[expect(clippy::disallowed_methods, reason = "Cargo compares with the real time")]
fn touch(workspace: &Workspace, store: Store) -> Result<()> {
    let library = store.folder(workspace).join("src/lib.rs");
    File::options()
        .append(true)
        .open(&library)
        .and_then(|file| file.set_modified(SystemTime::now()))
        .with_context(|| format!("cannot touch {}", library.display()))
}

/// The same server's URL, for another database.
fn with_database(url: &str, name: &str) -> String {
    let (place, options) = match url.split_once('?') {
        Some((place, options)) => (place, format!("?{options}")),
        None => (url, String::new()),
    };
    let authority = place.find("://").map_or(0, |at| at + "://".len());
    let end = place[authority..].find('/').map_or(place.len(), |at| authority + at);
    format!("{}/{name}{options}", &place[..end])
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_of_a_url_is_replaced_and_its_options_stay() {
        for (url, expected) in [
            ("postgres://u:p@h:1/postgres", "postgres://u:p@h:1/new"),
            ("postgres://h", "postgres://h/new"),
            ("postgres://h/a?host=/run/pg", "postgres://h/new?host=/run/pg"),
        ] {
            assert_eq!(with_database(url, "new"), expected);
        }
    }
}
