//! Creating users over `/v1` on PostgreSQL, against pgbench with the statement that Roster creates a user with.
//!
//! Roster serves the API only (`--role api`): the accounts that each create makes are not brought to vendors meanwhile,
//! which pgbench does not do either.

use anyhow::{Result, anyhow, bail};

use crate::chores::bench::context::Bench;
use crate::chores::bench::pgbench;
use crate::chores::bench::plan::{APART, Counter, token};
use crate::chores::bench::report::Row;
use crate::chores::bench::script::{Each, Script, script};
use crate::chores::bench::sql::{Database, only};
use crate::chores::bench::stage;
use crate::chores::bench::stats::Summary;
use crate::chores::bench::wrk::{Load, Request, Tokens};
use crate::progress;

/// How many accounts a user has, one at each vendor.
const ACCOUNTS: u64 = 4;

/// What was measured at one number of clients, a figure for each pair.
#[derive(Default)]
struct Figures {
    clients: u32,
    ours: Vec<Load>,
    pgbench: Vec<Load>,
}

pub(in crate::chores::bench) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let database = Database::create(&bench.server, &bench.tools, "bench_create")?;
    let roster = bench.roster(Some(&database.url), &["--role", "api", "--allow-private-addresses"])?;
    let api = stage::api(&roster.url());
    stage::connect(bench.workspace, &api, "http://127.0.0.1:9")?;
    let create = stage::create();
    let script = script_of_create(&database, &mut |token| stage::once(&api, &create, token).map(drop))?;
    let mut counter = Counter::new();
    let mut all: Vec<Figures> = bench
        .plan
        .clients()
        .iter()
        .map(|&clients| Figures {
            clients,
            ..Figures::default()
        })
        .collect();
    for pair in 1..=bench.plan.pairs {
        for figures in &mut all {
            let clients = figures.clients;
            let slice = Slice {
                bench,
                database: &database,
                clients,
            };
            let its = slice.of_pgbench(&script, counter.next())?;
            let ours = slice.of_roster(&roster.url(), &create, counter.next())?;
            progress::note(&format!(
                "pair {pair}: {clients} clients: Roster {:.0}/s, pgbench {:.0}/s",
                ours.per_second, its.per_second
            ));
            figures.ours.push(ours);
            figures.pgbench.push(its);
        }
    }
    drop(roster);
    bench.report.fact("create_statement", script.text());
    bench.report.rows.extend(rows(&all)?);
    Ok(())
}

/// What Roster runs to create a user.
pub(in crate::chores::bench) fn script_of_create(
    database: &Database<'_>,
    create: &mut dyn FnMut(&str) -> Result<()>,
) -> Result<Script> {
    let tokens = [1, 2].map(|number| token(APART + number));
    // Statements are logged from the second on as they are from then on: the first may make some ready.
    create(&token(APART))?;
    let one = database.statements_of(|| create(&tokens[0]))?;
    let other = database.statements_of(|| create(&tokens[1]))?;
    let words = ["INSERT INTO users"];
    let (one, other) = (only(&one, &words)?, only(&other, &words)?);
    let types = database.types(&one.sql)?;
    script((one, &tokens[0]), (other, &tokens[1]), &types, Each::Once)
}

/// One side of a pair.
struct Slice<'a> {
    bench: &'a Bench<'a>,
    database: &'a Database<'a>,
    clients: u32,
}

impl Slice<'_> {
    fn of_pgbench(&self, script: &Script, first: u64) -> Result<Load> {
        let Self {
            bench,
            database,
            clients,
        } = *self;
        self.counted("pgbench", || {
            pgbench::run(&bench.tools, &database.url, script, first, clients, bench.plan.seconds)
        })
    }

    fn of_roster(&self, url: &str, create: &Request, first: u64) -> Result<Load> {
        let Self { bench, clients, .. } = *self;
        self.counted("Roster", || {
            bench
                .tools
                .wrk
                .run(url, create, Tokens::From(first), clients, bench.plan.seconds)
        })
    }

    /// A slice whose users are there afterwards, with what goes with them: what is fast because it is not done is found.
    fn counted(&self, whose: &str, load: impl FnOnce() -> Result<Load>) -> Result<Load> {
        self.database.settle()?;
        // In one statement, for what was under way at the end of a slice may still be committed between two.
        let count = || -> Result<[u64; 3]> {
            let counts = self.database.run(
                "SELECT unnest(ARRAY[
                     (SELECT count(*) FROM users), (SELECT count(*) FROM accounts), (SELECT count(*) FROM audit_log)
                 ])",
            )?;
            let counts: Vec<u64> = counts.lines().map(str::parse).collect::<Result<_, _>>()?;
            <[u64; 3]>::try_from(counts).map_err(|counts| anyhow!("not three counts: {counts:?}"))
        };
        let before = count()?;
        let load = load()?;
        let after = count()?;
        let [users, accounts, told] = [0, 1, 2].map(|table| after[table] - before[table]);
        // Those that were under way at the end are made and not counted.
        let is_whole = (load.requests..=load.requests + u64::from(self.clients)).contains(&users);
        if !is_whole || accounts != ACCOUNTS * users || told != users {
            bail!(
                "{whose} told of {} users, and made {users}, with {accounts} accounts and {told} entries of history",
                load.requests
            );
        }
        Ok(load)
    }
}

fn rows(all: &[Figures]) -> Result<Vec<Row>> {
    let rates = |loads: &[Load]| -> Vec<f64> { loads.iter().map(|load| load.per_second).collect() };
    let medians = |loads: &[Load]| -> Vec<f64> { loads.iter().map(|load| load.p50_ms).collect() };
    let mut rows = Vec::new();
    for figures in all {
        let (clients, ours, its) = (figures.clients, rates(&figures.ours), rates(&figures.pgbench));
        let row = Row::new(
            format!("create-postgres/{clients}"),
            format!("create, {clients}"),
            "1/s",
            &ours,
        )?;
        rows.push(row.by(format!("pgbench {clients}"), &its, &ours)?);
    }
    let median = |figures: &&Figures| Summary::of(&rates(&figures.pgbench)).map_or(0.0, |summary| summary.median);
    let best = all.iter().max_by(|one, other| median(one).total_cmp(&median(other)));
    for figures in all.iter().filter(|figures| figures.clients >= 32) {
        let Some(best) = best else { break };
        let (clients, ours, its) = (figures.clients, rates(&figures.ours), rates(&best.pgbench));
        let row = Row::new(
            format!("create-postgres/{clients}-best"),
            format!("create, {clients}"),
            "1/s",
            &ours,
        )?;
        rows.push(row.by(format!("pgbench {} (best)", best.clients), &its, &ours)?);
    }
    for figures in all {
        let (clients, ours, its) = (figures.clients, medians(&figures.ours), medians(&figures.pgbench));
        let row = Row::new(
            format!("create-postgres/{clients}-latency"),
            format!("create p50, {clients}"),
            "ms",
            &ours,
        )?;
        rows.push(row.by(format!("pgbench {clients}"), &its, &ours)?);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::{Figures, Load, rows};

    fn loads(rates: [f64; 3]) -> Vec<Load> {
        let load = |per_second| Load {
            requests: 100,
            per_second,
            p50_ms: 1.0,
            p99_ms: 2.0,
        };
        rates.map(load).to_vec()
    }

    #[test]
    fn the_yardstick_of_the_goals_is_pgbench_at_its_best_number_of_clients() {
        let all = [
            Figures {
                clients: 8,
                ours: loads([1.0; 3]),
                pgbench: loads([10.0, 20.0, 40.0]),
            },
            Figures {
                clients: 32,
                ours: loads([30.0, 30.0, 20.0]),
                pgbench: loads([9.0, 90.0, 9.0]),
            },
        ];

        let rows = rows(&all).expect("rows");

        let best = rows
            .iter()
            .find(|row| row.id == "create-postgres/32-best")
            .expect("a row");
        let (name, yardstick) = best.yardstick.as_ref().expect("a yardstick");
        assert_eq!(name, "pgbench 8 (best)");
        assert!((yardstick.median - 20.0).abs() < f64::EPSILON);
        // Pair by pair: 3, 1.5 and 0.5.
        assert!((best.ratio.expect("a ratio").median - 1.5).abs() < f64::EPSILON);
    }
}
