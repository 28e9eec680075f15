//! From a change to the vendors: how long it takes on an idle server, and how fast a backlog is worked off, against a bare
//! loop that sends the same creates to the same sink.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::chores::bench::api::Api;
use crate::chores::bench::context::Bench;
use crate::chores::bench::fill::{fill, first_user};
use crate::chores::bench::pairs::Pairs;
use crate::chores::bench::plan::AT_ONCE;
use crate::chores::bench::report::Row;
use crate::chores::bench::sql::Database;
use crate::chores::bench::stage;
use crate::chores::bench::wrk::float;
use crate::chores::bench::yardsticks::Background;
use crate::chores::latency as changes;
use crate::{process, progress, signals};

/// How often is looked whether the backlog is gone, which the database has to work for.
const LOOK: std::time::Duration = std::time::Duration::from_millis(250);
/// How long nothing may become of any account.
const STUCK: std::time::Duration = std::time::Duration::from_secs(15);
/// Accounts of which something is still to be done.
const BEHIND: &str = "SELECT count(*) FROM accounts WHERE applied_version < desired_version";
/// Accounts that are not as their users are.
const LEFT: &str = "SELECT count(*) FROM accounts
    WHERE applied_version < desired_version OR vendor_user_id IS NULL OR attention_cause IS NOT NULL";
/// Databases for the pairs, each of which begins with the same backlog.
const NAMES: [&str; 10] = [
    "bench_drain_1",
    "bench_drain_2",
    "bench_drain_3",
    "bench_drain_4",
    "bench_drain_5",
    "bench_drain_6",
    "bench_drain_7",
    "bench_drain_8",
    "bench_drain_9",
    "bench_drain_10",
];

pub(in crate::chores::bench) fn latency(bench: &mut Bench<'_>) -> Result<()> {
    bench.report.rows.extend(latencies(bench)?);
    Ok(())
}

pub(in crate::chores::bench) fn backlog(bench: &mut Bench<'_>) -> Result<()> {
    let row = drain(bench)?;
    bench.report.add(row);
    Ok(())
}

/// As `cargo xtask latency` measures it, with the release.
fn latencies(bench: &Bench<'_>) -> Result<Vec<Row>> {
    let count = if bench.plan.is_quick { 20 } else { 200 };
    let measured = changes::measure(bench.workspace, &bench.server, &bench.binary, count)?;
    let mut rows = Vec::new();
    for one in &measured {
        let text = |name: &str| one[name].as_str().with_context(|| format!("no {name}: {one}"));
        let (store, change) = (text("store")?, text("change")?);
        for percentile in ["p50", "p99"] {
            let figure = |name: String| one[&name].as_f64().with_context(|| format!("no {name}: {one}"));
            let (ours, bare) = (
                [figure(format!("{percentile}_ms"))?],
                [figure(format!("bare_{percentile}_ms"))?],
            );
            let id = format!("convergence/{store}-{}-{percentile}", change.replace(' ', "-"));
            let what = format!("to the vendor {change}, {percentile}, {store}");
            rows.push(Row::new(id, what, "ms", &ours)?.by("GET /healthz", &bare, &ours)?);
        }
    }
    Ok(rows)
}

fn drain(bench: &Bench<'_>) -> Result<Row> {
    let sink = bench.yardsticks.sink()?;
    let url = format!("{}/core/users", sink.url());
    let mut names = NAMES.into_iter();
    let count = bench.plan.pairs.min(u32::try_from(NAMES.len())?);
    let pairs = Pairs::measure(
        count,
        "backlog",
        "calls/s",
        || bench.yardsticks.sending(&url, AT_ONCE, bench.plan.seconds),
        || drained(bench, &sink, names.next().context("no names are left")?),
    )?;
    Row::new("convergence/drain", "backlog, calls", "1/s", &pairs.ours)?.by(
        "bare reqwest",
        &pairs.yardstick,
        &pairs.ours,
    )
}

/// Works a backlog off, and says how many calls were made a second, from the start of the process on.
fn drained(bench: &Bench<'_>, sink: &Background, name: &'static str) -> Result<f64> {
    let database = Database::create(&bench.server, &bench.tools, name)?;
    let roster = bench.roster(Some(&database.url), &["--role", "api", "--allow-private-addresses"])?;
    let api = stage::api(&roster.url());
    stage::connect(bench.workspace, &api, &sink.url())?;
    let (id, _) = first_user(&api)?;
    fill(&database, &id, bench.plan.backlog())?;
    drop(roster);
    let backlog = database.number(BEHIND)?;
    let calls = || -> Result<u64> {
        let told: Value = Api::new(&sink.url(), "").call("GET", "/calls", None)?;
        told["calls"].as_u64().context("no count of calls")
    };
    let (start, before) = (Instant::now(), calls()?);
    let roster = bench.roster(Some(&database.url), &["--role", "worker", "--allow-private-addresses"])?;
    let (mut behind, mut moved) = (backlog, Instant::now());
    while behind > 0 {
        signals::check()?;
        process::pause(LOOK);
        let now = database.number(BEHIND)?;
        if now < behind {
            moved = Instant::now();
        } else if moved.elapsed() > STUCK {
            let why = database.run("SELECT DISTINCT last_error FROM accounts WHERE last_error IS NOT NULL LIMIT 4")?;
            bail!("{now} of {backlog} accounts are behind, and nothing moves:\n{why}");
        }
        behind = now;
    }
    let took = start.elapsed().as_secs_f64();
    drop(roster);
    let made = calls()? - before;
    let left = database.number(LEFT)?;
    if left > 0 || made < backlog {
        bail!("{left} of {backlog} accounts are not as they should be, after {made} calls");
    }
    progress::note(&format!("{backlog} accounts with {made} calls in {took:.1} s"));
    database.drop()?;
    Ok(float(made) / took)
}
