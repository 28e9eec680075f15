//! What is asked of PostgreSQL besides what is measured, with psql.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::capture::{self, Statement};
use super::tools::Tools;
use crate::postgres::Server;
use crate::process;

/// As long as it takes until every connection has heard of a changed setting, and the log is written.
const HEARD: Duration = Duration::from_millis(300);
/// What durability and speed depend on, to be told with the figures.
const TELLING: &[&str] = &[
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_sync_method",
    "wal_level",
    "shared_buffers",
    "max_connections",
];

/// A database of a server of our own.
pub(super) struct Database<'tools> {
    tools: &'tools Tools,
    name: &'static str,
    pub(super) url: String,
    log: PathBuf,
    /// Where the server keeps its data.
    pub(super) data: PathBuf,
}

impl<'tools> Database<'tools> {
    /// Makes an empty one.
    pub(super) fn create(server: &Server, tools: &'tools Tools, name: &'static str) -> Result<Self> {
        let (log, data) = server.files().context("the server is not our own")?;
        let url = server.url();
        let place = url.rsplit_once('/').context("a URL without a database")?.0;
        let database = Self {
            tools,
            name,
            url: format!("{place}/{name}"),
            log,
            data,
        };
        run(tools, &url, &format!("CREATE DATABASE {name}"))?;
        Ok(database)
    }

    /// Runs SQL and returns what it answers, its rows as lines.
    pub(super) fn run(&self, sql: &str) -> Result<String> {
        run(self.tools, &self.url, sql)
    }

    /// One number.
    pub(super) fn number(&self, sql: &str) -> Result<u64> {
        let answer = self.run(sql)?;
        answer.trim().parse().with_context(|| format!("no number: {answer}"))
    }

    /// Everything that was written so far goes to its place, so that each slice begins alike.
    pub(super) fn settle(&self) -> Result<()> {
        self.run("CHECKPOINT").map(drop)
    }

    /// Reads the users and their indexes once, so that they are in memory as on a server that has been up for a while: what is
    /// compared is what a look-up costs among many, not what a disk does for the first one to ask.
    pub(super) fn warm(&self) -> Result<()> {
        self.run("CREATE EXTENSION IF NOT EXISTS pg_prewarm")?;
        self.run(
            "SELECT sum(pg_prewarm(c.oid, 'read'))
             FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
             WHERE 'users'::regclass IN (c.oid, i.indrelid)",
        )
        .map(drop)
    }

    /// Gives its room on the disk back; nobody may be connected any more, or is sent away.
    pub(super) fn drop(self) -> Result<()> {
        let place = self.url.rsplit_once('/').context("a URL without a database")?.0;
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        run(self.tools, &format!("{place}/postgres"), &sql).map(drop)
    }

    /// What the server says about itself.
    pub(super) fn settings(&self) -> Result<BTreeMap<String, String>> {
        let of = |name: &&str| Ok(((*name).to_owned(), self.run(&format!("SHOW {name}"))?.trim().to_owned()));
        TELLING.iter().map(of).collect()
    }

    /// The prepared statements that the database executes while something is done.
    pub(super) fn statements_of(&self, doing: impl FnOnce() -> Result<()>) -> Result<Vec<Statement>> {
        self.log_statements(true)?;
        let before = length(&self.log)?;
        let done = doing();
        process::pause(HEARD);
        self.log_statements(false)?;
        done?;
        let log = fs::read(&self.log).with_context(|| format!("cannot read {}", self.log.display()))?;
        capture::statements(&String::from_utf8_lossy(&log[before..]), self.name)
    }

    fn log_statements(&self, wanted: bool) -> Result<()> {
        // Not in one, for that would be a transaction, in which settings of the server cannot be changed.
        self.run(if wanted {
            "ALTER SYSTEM SET log_statement = 'all'"
        } else {
            "ALTER SYSTEM RESET log_statement"
        })?;
        self.run("SELECT pg_reload_conf()")?;
        process::pause(HEARD);
        Ok(())
    }

    /// The types of a statement's parameters, as the server infers them for whoever prepares it.
    pub(super) fn types(&self, sql: &str) -> Result<Vec<String>> {
        let types = "SELECT unnest(parameter_types::text[]) FROM pg_prepared_statements WHERE name = 'probe'";
        let answer = self.run(&format!("PREPARE probe AS {sql}; {types}"))?;
        Ok(answer.lines().map(str::to_owned).collect())
    }
}

fn run(tools: &Tools, url: &str, sql: &str) -> Result<String> {
    let mut command = tools.psql();
    command
        .args([
            "--no-psqlrc",
            "--no-align",
            "--tuples-only",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
        ])
        .args(["--dbname", url, "--command", sql]);
    process::output(&mut command)
}

fn length(path: &Path) -> Result<usize> {
    let metadata = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    usize::try_from(metadata.len()).context("a very long log")
}

/// The one statement that has all of these words in it.
pub(super) fn only<'found>(statements: &'found [Statement], words: &[&str]) -> Result<&'found Statement> {
    let mut found = statements
        .iter()
        .filter(|statement| words.iter().all(|word| statement.sql.contains(word)));
    match (found.next(), found.next()) {
        (Some(statement), None) => Ok(statement),
        (one, _) => {
            let how_many = if one.is_some() {
                "more than one statement"
            } else {
                "no statement"
            };
            let all: Vec<&str> = statements.iter().map(|statement| statement.sql.as_str()).collect();
            bail!("{how_many} of Roster's has {words:?}: {all:#?}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Statement, only};

    #[test]
    fn the_statement_that_is_meant_is_there_once() {
        let statement = |sql: &str| Statement {
            sql: sql.to_owned(),
            values: Vec::new(),
        };
        let statements = [statement("SELECT a FROM users"), statement("SELECT b FROM clients")];
        assert_eq!(only(&statements, &["FROM users"]).expect("one"), &statements[0]);
        assert!(only(&statements, &["SELECT"]).is_err());
        assert!(only(&statements, &["DELETE"]).is_err());
    }
}
