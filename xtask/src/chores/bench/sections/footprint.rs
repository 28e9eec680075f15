//! What Roster takes: memory, time to start, and room on disk.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::chores::bench::context::Bench;
use crate::chores::bench::fill::{fill, first_user};
use crate::chores::bench::plan::{APART, Counter, token};
use crate::chores::bench::report::Row;
use crate::chores::bench::sql::Database;
use crate::chores::bench::stage;
use crate::chores::bench::wrk::{Tokens, float};
use crate::process::{self, pause};
use crate::roster::Roster;

use super::sqlite::File;

/// As long as it takes until nothing of the start is under way.
const REST: Duration = Duration::from_secs(3);
/// Under which load memory is measured: the heaviest of the creates.
const CLIENTS: u32 = 128;

pub(in crate::chores::bench) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let mut rows = on_postgres(bench)?;
    rows.extend(on_sqlite(bench)?);
    let size = fs::metadata(&bench.binary)
        .with_context(|| format!("cannot read {}", bench.binary.display()))?
        .len();
    rows.push(Row::new(
        "footprint/binary",
        "size of the binary",
        "MB",
        &[float(size) / 1e6],
    )?);
    bench.report.rows.extend(rows);
    Ok(())
}

fn on_postgres(bench: &Bench<'_>) -> Result<Vec<Row>> {
    let database = Database::create(&bench.server, &bench.tools, "bench_footprint")?;
    let mut idle = Vec::new();
    let mut loaded = Vec::new();
    let mut counter = Counter::new();
    let start = || bench.roster(Some(&database.url), &["--allow-private-addresses"]);
    let roster = start()?;
    let api = stage::api(&roster.url());
    // With the worker, as Roster runs; nobody is at the vendors' address, and paused they are not called.
    stage::connect_paused(bench.workspace, &api, "http://127.0.0.1:9")?;
    let (id, _) = first_user(&api)?;
    drop(roster);
    for _ in 0..bench.plan.pairs {
        let roster = start()?;
        pause(REST);
        idle.push(memory(&roster, "VmRSS")?);
        let first = Tokens::From(counter.next());
        bench
            .tools
            .wrk
            .run(&roster.url(), &stage::create(), first, CLIENTS, bench.plan.seconds)?;
        loaded.push(memory(&roster, "VmHWM")?);
    }
    let size = || database.number("SELECT pg_database_size(current_database())");
    database.run("VACUUM ANALYZE")?;
    let before = size()?;
    let users = bench.plan.users();
    fill(&database, &id, users)?;
    let grown = float(size()?.saturating_sub(before)) / float(users);
    Ok(vec![
        Row::new(
            "footprint/idle-memory-postgres",
            "memory, idle, PostgreSQL",
            "MB",
            &idle,
        )?,
        Row::new(
            "footprint/memory-under-load",
            "memory, most, create, 128",
            "MB",
            &loaded,
        )?,
        Row::new(
            "footprint/disk-postgres",
            "a user on disk, PostgreSQL",
            "bytes",
            &[grown],
        )?,
    ])
}

fn on_sqlite(bench: &Bench<'_>) -> Result<Vec<Row>> {
    let file = File::make(bench)?;
    let size = || -> Result<u64> {
        bench
            .yardsticks
            .sqlite_number(&file.path, "PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(fs::metadata(&file.path)?.len())
    };
    let users = bench.plan.users();
    let before = size()?;
    bench.yardsticks.sqlite_fill(&file.path, &token(APART), users)?;
    let grown = float(size()?.saturating_sub(before)) / float(users);
    let url = format!("sqlite://{}", file.path.display());
    let mut started = Vec::new();
    let mut idle = Vec::new();
    for _ in 0..bench.plan.pairs {
        let start = Instant::now();
        let roster = bench.roster(Some(&url), &["--role", "api"])?;
        started.push(start.elapsed().as_secs_f64() * 1e3);
        pause(REST);
        idle.push(memory(&roster, "VmRSS")?);
    }
    Ok(vec![
        Row::new("footprint/idle-memory-sqlite", "memory, idle, SQLite", "MB", &idle)?,
        Row::new("footprint/cold-start", "cold start to ready, SQLite", "ms", &started)?,
        Row::new("footprint/disk-sqlite", "a user on disk, SQLite", "bytes", &[grown])?,
    ])
}

/// What a process holds of the machine's memory, in MB: by Linux's own name, or, elsewhere, now.
fn memory(roster: &Roster, name: &str) -> Result<f64> {
    let kilobytes = if let Ok(status) = fs::read_to_string(format!("/proc/{}/status", roster.pid())) {
        field(&status, name).with_context(|| format!("no {name}"))?
    } else {
        let told = process::output(Command::new("ps").args(["-o", "rss=", "-p", &roster.pid().to_string()]))?;
        told.trim().parse()?
    };
    Ok(kilobytes * 1_024.0 / 1e6)
}

fn field(status: &str, name: &str) -> Option<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn memory_is_read_by_its_name() {
        let status = "Name:\troster\nVmHWM:\t   41000 kB\nVmRSS:\t   39000 kB\n";
        assert_eq!(field(status, "VmRSS"), Some(39_000.0));
        assert_eq!(field(status, "VmHWM"), Some(41_000.0));
        assert_eq!(field(status, "VmSwap"), None);
    }
}
