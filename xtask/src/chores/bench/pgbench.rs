//! pgbench, the yardstick on PostgreSQL: the same statement, with nothing around it.

use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use super::script::Script;
use super::stats::percentile;
use super::tools::Tools;
use super::wrk::{Load, float, write};
use crate::process;

/// Fewer transactions than this tell nothing about a server.
const FEWEST: u64 = 20;
/// As wrk.
const THREADS: u32 = 2;

/// Runs a statement with so many clients for so many seconds, prepared. `first` is the first token that it may use, or
/// the number of those that it chooses among.
pub(super) fn run(
    tools: &Tools,
    database: &str,
    script: &Script,
    first: u64,
    clients: u32,
    seconds: u32,
) -> Result<Load> {
    let log = tools.folder.join("transactions");
    let mut command = command(tools, &script.text(), script, first)?;
    command
        .arg("--log")
        .arg(format!("--log-prefix={}", log.display()))
        .args([
            "--client",
            &clients.to_string(),
            "--jobs",
            &THREADS.min(clients).to_string(),
        ])
        .args(["--time", &seconds.to_string()])
        .arg(database);
    let told = process::output(&mut command)?;
    let times = tools.take_files("transactions")?;
    read(&told, &times).with_context(|| format!("pgbench with {clients} clients"))
}

/// Fails unless the statement finds something.
pub(super) fn prove(tools: &Tools, database: &str, script: &Script, first: u64) -> Result<()> {
    let mut command = command(tools, &script.proof(), script, first)?;
    command.args(["--transactions", "10"]).arg(database);
    let told = process::output(&mut command).context("the yardstick's statement finds nobody")?;
    if !told.contains("number of transactions actually processed: 10/10") {
        bail!("the yardstick's statement finds nobody:\n{told}");
    }
    Ok(())
}

fn command(tools: &Tools, text: &str, script: &Script, first: u64) -> Result<Command> {
    let file = tools.folder.join("pgbench.sql");
    write(&file, text)?;
    let mut command = tools.pgbench();
    command
        .args(["--no-vacuum", "--protocol=prepared"])
        .arg(format!("--define=first={first}"))
        .arg("--define=sent=0")
        .arg(format!("--define=moment={}", moment()))
        .arg("--file")
        .arg(&file);
    for (name, value) in &script.variables {
        command.arg(format!("--define={name}={value}"));
    }
    Ok(command)
}

/// What ids begin with that are made now: as Roster's they are in the order of time, the moment in milliseconds first.
#[expect(clippy::disallowed_methods, reason = "ids hold the real time")]
fn moment() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let digits = format!("{:012x}", now.as_millis());
    format!("{}-{}-7", &digits[..8], &digits[8..])
}

impl Tools {
    /// Reads and removes the files whose names begin so.
    fn take_files(&self, prefix: &str) -> Result<String> {
        let mut text = String::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(prefix))
            {
                text.push_str(&fs::read_to_string(&path)?);
                fs::remove_file(&path)?;
            }
        }
        Ok(text)
    }
}

/// What pgbench says of all, and its log of each transaction: the third column is how long that took.
fn read(told: &str, log: &str) -> Result<Load> {
    let after = |label: &str| {
        let value = told.lines().find_map(|line| line.strip_prefix(label));
        value
            .and_then(|value| value.split([' ', '/', '(']).find(|word| !word.is_empty()))
            .with_context(|| format!("pgbench did not say `{label}`:\n{told}"))
    };
    // Older ones do not say it: there a transaction that fails ends its client, and pgbench.
    if told.contains("number of failed transactions:") && after("number of failed transactions:")? != "0" {
        bail!("transactions failed:\n{told}");
    }
    let requests: u64 = after("number of transactions actually processed:")?.parse()?;
    let per_second: f64 = after("tps =")?.parse()?;
    if requests < FEWEST {
        bail!("no more than {requests} transactions:\n{told}");
    }
    let mut times: Vec<f64> = log
        .lines()
        .map(|line| line.split(' ').nth(2).and_then(|word| word.parse().ok()))
        .collect::<Option<_>>()
        .context("pgbench's log of transactions cannot be read")?;
    times.sort_unstable_by(f64::total_cmp);
    let within = |percent| percentile(&times, percent).map(|micros| micros / 1e3);
    let Some((p50_ms, p99_ms)) = within(50).zip(within(99)) else {
        bail!("pgbench's log of transactions is empty");
    };
    // Those under way at the end are counted in one and not in the other.
    if (float(requests) - float(times.len() as u64)).abs() > 1_000.0 {
        bail!("{requests} transactions, and {} in the log", times.len());
    }
    Ok(Load {
        requests,
        per_second,
        p50_ms,
        p99_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    const TOLD: &str = "pgbench (15.20)\ntransaction type: x.sql\nscaling factor: 1\nquery mode: prepared\n\
        number of clients: 1\nnumber of threads: 1\nmaximum number of tries: 1\nduration: 1 s\n\
        number of transactions actually processed: 20\nnumber of failed transactions: 0 (0.000%)\n\
        latency average = 0.500 ms\ninitial connection time = 2.1 ms\n\
        tps = 1999.5 (without initial connection time)\n";

    fn log() -> String {
        let lines: Vec<String> = (1..=20)
            .map(|n| format!("0 {n} {} 0 1700000000 5", n * 1_000))
            .collect();
        lines.join("\n")
    }

    #[test]
    fn what_pgbench_tells_is_read() {
        let load = read(TOLD, &log()).expect("figures");
        assert_eq!(load.requests, 20);
        assert!((load.per_second - 1999.5).abs() < f64::EPSILON);
        assert!(
            (load.p50_ms - 10.0).abs() < f64::EPSILON && (load.p99_ms - 20.0).abs() < f64::EPSILON,
            "{load:?}"
        );
    }

    #[test]
    fn a_transaction_that_failed_fails_the_run() {
        let told = TOLD.replace("failed transactions: 0", "failed transactions: 1");
        assert!(read(&told, &log()).is_err());
    }

    #[test]
    fn an_older_pgbench_says_nothing_of_failures() {
        let told = TOLD.replace("number of failed transactions: 0 (0.000%)\n", "");
        assert_eq!(read(&told, &log()).expect("figures").requests, 20);
    }

    #[test]
    fn too_few_transactions_or_a_log_of_others_fail_the_run() {
        assert!(read(&TOLD.replace("processed: 20", "processed: 19"), &log()).is_err());
        assert!(read(&TOLD.replace("processed: 20", "processed: 5000"), &log()).is_err());
        assert!(read(TOLD, "").is_err());
    }
}
