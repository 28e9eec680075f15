//! `cargo xtask sqlx-prepare`: what the databases say about each query, kept in `.sqlx/` so that Roster builds
//! without a database.
//!
//! sqlx's macros ask the database that `*_DATABASE_URL` names while a store compiles, and write what they learn into
//! `SQLX_OFFLINE_DIR`. So: make a fresh database from the migrations, compile the store against it, and keep or
//! compare the files. Only a store's library may use the macros; its tests ask for what they need at run time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

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

    /// As `sqlx.toml` in the store says; both are compiled at once, so one `DATABASE_URL` would not do.
    fn url_variable(self) -> &'static str {
        match self {
            Self::Postgres => "POSTGRES_DATABASE_URL",
            Self::Sqlite => "SQLITE_DATABASE_URL",
        }
    }

    /// As sqlx writes it into the query data.
    fn database_name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        }
    }
}

/// File names and contents of query data.
type Queries = BTreeMap<String, String>;

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let stores = if arguments.stores.is_empty() {
        Store::value_variants()
    } else {
        &arguments.stores
    };
    let fresh = ask_databases(workspace, stores)?;
    let mut stale = false;
    for &store in stores {
        let folder = store.folder(workspace).join(".sqlx");
        let committed = read(&folder)?;
        let asked = of_store(&fresh, store)?;
        let differences = differences(&committed, &asked);
        progress::note(&format!(
            "{}: {} queries, {} of them not as in .sqlx/",
            store.package(),
            asked.len(),
            differences.len(),
        ));
        if arguments.check {
            stale |= !differences.is_empty();
            for difference in differences {
                progress::note(&difference);
            }
        } else {
            replace(&folder, &committed, &asked)?;
        }
    }
    if stale {
        touch(workspace, stores)?;
        bail!("the query data is stale: run `cargo xtask sqlx-prepare` and commit what it changes");
    }
    Ok(())
}

fn ask_databases(workspace: &Workspace, stores: &[Store]) -> Result<Queries> {
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    // With the whole workspace's features, so that the tests find sqlx compiled already.
    process::run(workspace.cargo("build").args([
        "--locked",
        "--workspace",
        "--example",
        "apply-migrations",
    ]))?;
    let migrate = workspace.built("examples/apply-migrations");

    let mut check = workspace.cargo("check");
    check.args(["--locked", "--lib"]);
    check.env_remove("DATABASE_URL").env_remove("SQLX_OFFLINE");
    check.env("SQLX_OFFLINE_DIR", scratch.path());
    let mut server = None;
    let mut databases = Vec::new();
    for &store in stores {
        let url = match store {
            Store::Postgres => {
                let server = server.insert(Server::provide(workspace)?);
                let name = format!("roster_prepare_{}", std::process::id());
                with_database(&server.url(), &name)
            }
            Store::Sqlite => format!("sqlite://{}", scratch.path().join("roster.db").display()),
        };
        let database =
            Database::create(&migrate, url, &store.folder(workspace).join("migrations"))?;
        check.args(["--package", store.package()]);
        check.env(store.url_variable(), &database.url);
        databases.push(database);
    }
    touch(workspace, stores)?;
    process::run(&mut check)?;
    drop(databases);
    read(scratch.path())
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

/// Makes Cargo compile the stores again; it cannot know that their databases changed.
#[expect(
    clippy::disallowed_methods,
    reason = "Cargo compares with the real time"
)]
fn touch(workspace: &Workspace, stores: &[Store]) -> Result<()> {
    for store in stores {
        let library = store.folder(workspace).join("src/lib.rs");
        File::options()
            .append(true)
            .open(&library)
            .and_then(|file| file.set_modified(SystemTime::now()))
            .with_context(|| format!("cannot touch {}", library.display()))?;
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Queries> {
    let mut queries = Queries::new();
    if !folder.exists() {
        return Ok(queries);
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("query-") && name.ends_with(".json") {
            queries.insert(name, fs::read_to_string(entry.path())?);
        }
    }
    Ok(queries)
}

fn of_store(queries: &Queries, store: Store) -> Result<Queries> {
    let mut own = Queries::new();
    for (name, text) in queries {
        let query: serde_json::Value = serde_json::from_str(text)?;
        if query["db_name"] == store.database_name() {
            own.insert(name.clone(), text.clone());
        }
    }
    Ok(own)
}

/// One line for each query that is not the same in both.
fn differences(committed: &Queries, asked: &Queries) -> Vec<String> {
    let names: BTreeSet<&String> = committed.keys().chain(asked.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| match (committed.get(name), asked.get(name)) {
            (None, _) => Some(format!("{name} is missing")),
            (_, None) => Some(format!("{name} is of a query that is no more")),
            (Some(old), Some(new)) => (old != new).then(|| format!("{name} is out of date")),
        })
        .collect()
}

fn replace(folder: &Path, committed: &Queries, asked: &Queries) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for name in committed.keys().filter(|name| !asked.contains_key(*name)) {
        fs::remove_file(folder.join(name))?;
    }
    for (name, text) in asked {
        if committed.get(name) != Some(text) {
            fs::write(folder.join(name), text)?;
        }
    }
    Ok(())
}

/// The same server's URL, for another database.
fn with_database(url: &str, name: &str) -> String {
    let (place, options) = match url.split_once('?') {
        Some((place, options)) => (place, format!("?{options}")),
        None => (url, String::new()),
    };
    let authority = place.find("://").map_or(0, |at| at + "://".len());
    let end = place[authority..]
        .find('/')
        .map_or(place.len(), |at| authority + at);
    format!("{}/{name}{options}", &place[..end])
}

#[cfg(test)]
mod tests {
    use super::{Queries, differences, with_database};

    #[test]
    fn the_database_of_a_url_is_replaced_and_its_options_stay() {
        for (url, expected) in [
            ("postgres://u:p@h:1/postgres", "postgres://u:p@h:1/new"),
            ("postgres://h", "postgres://h/new"),
            (
                "postgres://h/a?host=/run/pg",
                "postgres://h/new?host=/run/pg",
            ),
        ] {
            assert_eq!(with_database(url, "new"), expected);
        }
    }

    #[test]
    fn a_query_that_is_missing_changed_or_gone_is_a_difference() {
        let queries = |pairs: &[(&str, &str)]| -> Queries {
            pairs
                .iter()
                .map(|(name, text)| ((*name).into(), (*text).into()))
                .collect()
        };
        let committed = queries(&[("gone", "1"), ("same", "1"), ("changed", "1")]);
        let asked = queries(&[("same", "1"), ("changed", "2"), ("missing", "1")]);

        assert_eq!(
            differences(&committed, &asked),
            [
                "changed is out of date",
                "gone is of a query that is no more",
                "missing is missing"
            ]
        );
    }
}
