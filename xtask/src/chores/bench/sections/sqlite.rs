//! Creating and reading users over `/v1` on SQLite: against a bare writer with one transaction a user on a file of the same
//! file system, and against bare axum, which looks nothing up.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::chores::bench::context::Bench;
use crate::chores::bench::fill::first_user;
use crate::chores::bench::pairs::Pairs;
use crate::chores::bench::plan::{APART, Counter, token};
use crate::chores::bench::report::Row;
use crate::chores::bench::stage;
use crate::chores::bench::wrk::{Load, Tokens};
use crate::roster::Roster;

use super::read_postgres::reads;

/// At how many clients is read.
const CLIENTS: u32 = 32;

/// An SQLite file with four connections and one user, made by Roster.
pub(in crate::chores::bench) struct File {
    _folder: TempDir,
    pub(in crate::chores::bench) path: PathBuf,
    /// What ids look like.
    pub(in crate::chores::bench) pattern: String,
}

impl File {
    pub(in crate::chores::bench) fn make(bench: &Bench<'_>) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("roster-bench-")
            .tempdir()
            .context("cannot make a folder")?;
        let path = folder.path().join("roster.db");
        let roster = serve(bench, &path)?;
        let api = stage::api(&roster.url());
        stage::connect(bench.workspace, &api, "http://127.0.0.1:9")?;
        let (_, pattern) = first_user(&api)?;
        drop(roster);
        Ok(Self {
            _folder: folder,
            path,
            pattern,
        })
    }
}

/// Roster on a file, without its worker.
pub(in crate::chores::bench) fn serve(bench: &Bench<'_>, file: &Path) -> Result<Roster> {
    let url = format!("sqlite://{}", file.display());
    bench.roster(Some(&url), &["--role", "api", "--allow-private-addresses"])
}

pub(in crate::chores::bench) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let mut rows = creates(bench)?;
    rows.extend(reading(bench)?);
    bench.report.rows.extend(rows);
    Ok(())
}

fn creates(bench: &Bench<'_>) -> Result<Vec<Row>> {
    let (own, bare) = (File::make(bench)?, File::make(bench)?);
    let roster = serve(bench, &own.path)?;
    let create = stage::create();
    let mut counter = Counter::new();
    let mut bare_counter = Counter::new();
    let plan = bench.plan;
    let mut rows = Vec::new();
    for &clients in plan.clients() {
        let pairs = Pairs::measure(
            plan.pairs,
            &format!("create on SQLite, {clients} clients"),
            "1/s",
            || {
                bench
                    .yardsticks
                    .sqlite_create(&bare.path, &token(APART), bare_counter.next(), plan.seconds)
            },
            || {
                let first = counter.next();
                let load = counted(bench, &own.path, clients, || {
                    bench
                        .tools
                        .wrk
                        .run(&roster.url(), &create, Tokens::From(first), clients, plan.seconds)
                })?;
                Ok(load.per_second)
            },
        )?;
        let row = Row::new(
            format!("sqlite/create-{clients}"),
            format!("create SQLite, {clients}"),
            "1/s",
            &pairs.ours,
        )?;
        rows.push(row.by("bare writer", &pairs.yardstick, &pairs.ours)?);
    }
    // The bare writer is to write what Roster writes.
    is_whole(bench, &bare.path)?;
    Ok(rows)
}

/// A slice whose users are there afterwards, with what goes with them.
fn counted(bench: &Bench<'_>, file: &Path, clients: u32, load: impl FnOnce() -> Result<Load>) -> Result<Load> {
    let before = bench.yardsticks.sqlite_number(file, "SELECT count(*) FROM users")?;
    let load = load()?;
    let made = is_whole(bench, file)? - before;
    if !(load.requests..=load.requests + u64::from(clients)).contains(&made) {
        bail!("Roster told of {} users, and made {made}", load.requests);
    }
    Ok(load)
}

/// How many users there are, if each has four accounts and an entry of history; 0 if not.
const WHOLE: &str = "
    SELECT iif(accounts = 4 * users AND told = users, users, 0)
    FROM (SELECT count(*) AS users FROM users), (SELECT count(*) AS accounts FROM accounts),
        (SELECT count(*) AS told FROM audit_log)";

/// How many users there are; each has four accounts and an entry of history.
fn is_whole(bench: &Bench<'_>, file: &Path) -> Result<u64> {
    // In one statement, since those that were under way when the load ended may still come in.
    let users = bench.yardsticks.sqlite_number(file, WHOLE)?;
    if users == 0 {
        bail!(
            "{}: not every user has four accounts and one entry of history",
            file.display()
        );
    }
    Ok(users)
}

fn reading(bench: &Bench<'_>) -> Result<Vec<Row>> {
    let file = File::make(bench)?;
    let plan = bench.plan;
    let users = plan.users();
    bench.yardsticks.sqlite_fill(&file.path, &token(APART), users)?;
    let roster = serve(bench, &file.path)?;
    let api = stage::api(&roster.url());
    let [(_, _, by_id), ..] = reads(&file.pattern);
    let shown = stage::once(&api, &stage::get(by_id.clone()), &token(1))?;
    let bare = bench.yardsticks.reading(&shown.to_string())?;
    let mut rows = Vec::new();
    for (name, what, path) in reads(&file.pattern) {
        let request = stage::get(path);
        let bare_request = stage::get(by_id.clone());
        let run = |url: &str, request| {
            bench
                .tools
                .wrk
                .run(url, request, Tokens::Among(users), CLIENTS, plan.seconds)
        };
        let pairs = Pairs::measure(
            plan.pairs,
            &format!("{what} on SQLite, {CLIENTS} clients"),
            "1/s",
            || Ok(run(&bare.url(), &bare_request)?.per_second),
            || Ok(run(&roster.url(), &request)?.per_second),
        )?;
        let row = Row::new(
            format!("sqlite/{name}-{CLIENTS}"),
            format!("{what} SQLite, {CLIENTS}"),
            "1/s",
            &pairs.ours,
        )?;
        rows.push(row.by("bare axum", &pairs.yardstick, &pairs.ours)?);
    }
    Ok(rows)
}
