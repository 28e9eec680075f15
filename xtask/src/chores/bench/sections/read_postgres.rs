//! Reading users over `/v1` on PostgreSQL, against pgbench with the statements that Roster reads with.

use anyhow::Result;

use crate::chores::bench::context::Bench;
use crate::chores::bench::fill::{fill, first_user};
use crate::chores::bench::pairs::Pairs;
use crate::chores::bench::pgbench;
use crate::chores::bench::plan::{MARK, token};
use crate::chores::bench::report::Row;
use crate::chores::bench::script::{Each, script};
use crate::chores::bench::sql::{Database, only};
use crate::chores::bench::stage;
use crate::chores::bench::wrk::Tokens;

/// At how many clients is read.
const CLIENTS: u32 = 32;

/// The requests that read, by what the rows are called.
pub(in crate::chores::bench) fn reads(id: &str) -> [(&'static str, &'static str, String); 3] {
    [
        ("id", "read by id", format!("/v1/users/{id}")),
        (
            "find",
            "find by external id",
            format!("/v1/users?external_id=ehr-{MARK}"),
        ),
        ("page", "first page of 100", "/v1/users?limit=100".to_owned()),
    ]
}

pub(in crate::chores::bench) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let database = Database::create(&bench.server, &bench.tools, "bench_read")?;
    let roster = bench.roster(Some(&database.url), &["--role", "api", "--allow-private-addresses"])?;
    let api = stage::api(&roster.url());
    stage::connect(bench.workspace, &api, "http://127.0.0.1:9")?;
    let (id, pattern) = first_user(&api)?;
    let users = bench.plan.users();
    fill(&database, &id, users)?;
    let mut rows = Vec::new();
    let mut facts = Vec::new();
    for (name, what, path) in reads(&pattern) {
        let request = stage::get(path);
        let tokens = [1, 2].map(token);
        stage::once(&api, &request, &tokens[0])?;
        let [one, other] = tokens
            .each_ref()
            .map(|token| database.statements_of(|| stage::once(&api, &request, token).map(drop)));
        let (one, other) = (one?, other?);
        let (one, other) = (only(&one, &["FROM users"])?, only(&other, &["FROM users"])?);
        let types = database.types(&one.sql)?;
        let script = script((one, &tokens[0]), (other, &tokens[1]), &types, Each::Among)?;
        pgbench::prove(&bench.tools, &database.url, &script, users)?;
        let (plan, tools, url) = (bench.plan, &bench.tools, roster.url());
        for clients in if name == "id" { vec![1, CLIENTS] } else { vec![CLIENTS] } {
            let pairs = Pairs::measure(
                plan.pairs,
                &format!("{what}, {clients} clients"),
                "1/s",
                || Ok(pgbench::run(tools, &database.url, &script, users, clients, plan.seconds)?.per_second),
                || {
                    Ok(tools
                        .wrk
                        .run(&url, &request, Tokens::Among(users), clients, plan.seconds)?
                        .per_second)
                },
            )?;
            let row = Row::new(
                format!("read-postgres/{name}-{clients}"),
                format!("{what}, {clients}"),
                "1/s",
                &pairs.ours,
            )?;
            rows.push(row.by(format!("pgbench {clients}"), &pairs.yardstick, &pairs.ours)?);
        }
        facts.push((format!("{name}_statement"), script.text()));
    }
    for (name, text) in facts {
        bench.report.fact(name, text);
    }
    bench.report.rows.extend(rows);
    Ok(())
}
