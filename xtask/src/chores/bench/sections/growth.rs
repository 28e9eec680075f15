//! How cost grows with the number of users: the same requests to a Roster with few users and to one with many, in pairs.

use anyhow::{Context, Result};

use crate::chores::bench::context::Bench;
use crate::chores::bench::fill::{fill, first_user};
use crate::chores::bench::pairs::Pairs;
use crate::chores::bench::plan::Counter;
use crate::chores::bench::report::Row;
use crate::chores::bench::sql::Database;
use crate::chores::bench::stage;
use crate::chores::bench::wrk::{Request, Tokens};
use crate::progress;
use crate::roster::Roster;

use super::read_postgres::reads;
use super::surfaces::scim_create;

/// Few, so that what is measured is what one request costs and not how long it waits for others.
const CLIENTS: u32 = 4;
/// Databases for the sizes.
const NAMES: [&str; 3] = ["bench_growth_1", "bench_growth_2", "bench_growth_3"];

/// A Roster with so many users.
struct Grown<'tools> {
    users: u64,
    database: Database<'tools>,
    roster: Roster,
    pattern: String,
    counter: std::cell::RefCell<Counter>,
}

pub(in crate::chores::bench) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let mut rows = Vec::new();
    let sizes = bench.plan.sizes();
    let mut all = Vec::new();
    for (name, users) in NAMES.into_iter().zip(sizes) {
        all.push(Grown::make(bench, name, *users)?);
    }
    let (few, many) = all.split_first().context("no sizes")?;
    for many in many {
        rows.extend(compared(bench, few, many)?);
    }
    drop(all);
    bench.report.rows.extend(rows);
    Ok(())
}

impl<'tools> Grown<'tools> {
    fn make(bench: &'tools Bench<'_>, name: &'static str, users: u64) -> Result<Self> {
        let database = Database::create(&bench.server, &bench.tools, name)?;
        let roster = bench.roster(Some(&database.url), &["--role", "api", "--allow-private-addresses"])?;
        let api = stage::api(&roster.url());
        stage::connect(bench.workspace, &api, "http://127.0.0.1:9")?;
        let (id, pattern) = first_user(&api)?;
        fill(&database, &id, users)?;
        progress::note(&format!("{users} users are there"));
        Ok(Self {
            users,
            database,
            roster,
            pattern,
            counter: Counter::new().into(),
        })
    }

    /// The time within which half of the answers came, in milliseconds.
    fn median(&self, bench: &Bench<'_>, request: &Request, is_write: bool) -> Result<f64> {
        self.database.settle()?;
        let tokens = if is_write {
            Tokens::From(self.counter.borrow_mut().next())
        } else {
            Tokens::Among(self.users)
        };
        Ok(bench
            .tools
            .wrk
            .run(&self.roster.url(), request, tokens, CLIENTS, bench.plan.seconds)?
            .p50_ms)
    }
}

fn compared(bench: &Bench<'_>, few: &Grown<'_>, many: &Grown<'_>) -> Result<Vec<Row>> {
    let creates = [
        ("create", "create", stage::create()),
        ("scim-create", "SCIM create", scim_create()),
    ];
    let creates = creates.map(|(name, what, request)| (name, what, [request.clone(), request]));
    let mut rows = creates
        .into_iter()
        .map(|(name, what, requests)| pairs(bench, few, many, (name, what), requests, true))
        .collect::<Result<Vec<_>>>()?;
    few.database.warm()?;
    many.database.warm()?;
    let both = [few, many].map(|grown| reads(&grown.pattern));
    for (of_few, of_many) in both[0].iter().zip(&both[1]) {
        let requests = [of_few, of_many].map(|(_, _, path)| stage::get(path.clone()));
        rows.push(pairs(bench, few, many, (of_few.0, of_few.1), requests, false)?);
    }
    let scim = [few, many].map(|grown| stage::get(format!("/scim/v2/Users/{}", grown.pattern)));
    rows.push(pairs(bench, few, many, ("scim-id", "SCIM read"), scim, false)?);
    Ok(rows)
}

/// The same request to both, in pairs: first to the one with few users.
fn pairs(
    bench: &Bench<'_>,
    few: &Grown<'_>,
    many: &Grown<'_>,
    (name, what): (&str, &str),
    [of_few, of_many]: [Request; 2],
    is_write: bool,
) -> Result<Row> {
    let pairs = Pairs::measure(
        bench.plan.pairs,
        &format!("{what} among {}", many.users),
        "ms",
        || few.median(bench, &of_few, is_write),
        || many.median(bench, &of_many, is_write),
    )?;
    let what = format!("{what} p50, {} users", many.users);
    let row = Row::new(format!("growth/{}-{name}", many.users), what, "ms", &pairs.ours)?;
    row.by(format!("{} users", few.users), &pairs.yardstick, &pairs.ours)
}
