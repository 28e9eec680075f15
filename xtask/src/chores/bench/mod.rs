//! `cargo xtask bench`: how fast Roster is, beside yardsticks that do the same with nothing around it.
//!
//! Every figure is measured in pairs: a slice of the yardstick, a slice of Roster, and so on, so that what the machine
//! does at one moment burdens both. A run fails when a tool fails, when an answer is no success or when what was told
//! to be done is not there; never because something was slow.

mod api;

mod capture;
mod context;
mod docs;
mod facts;
mod fill;
mod goals;
mod pairs;
mod pgbench;
mod plan;
mod report;
mod script;
mod sections;
mod sql;
mod stage;
mod stats;
mod table;
mod tools;
mod wrk;
mod yardsticks;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anstream::println;
use anyhow::{Context, Result};
use clap::ValueEnum;

use self::context::Bench;
use self::plan::Plan;
use self::report::Report;
use self::tools::Tools;
use self::yardsticks::Yardsticks;
use super::test::BINARY_VARIABLE;
use crate::postgres::Server;
use crate::progress::Steps;
use crate::workspace::Workspace;
use crate::{process, progress};

/// Names the yardsticks' binary where it is built already.
const YARDSTICKS_VARIABLE: &str = "YARDSTICKS_BIN";
/// A run of fewer pairs than this shows that the tool works, and little else.
const PAIRS: u32 = 5;

/// Measure how fast Roster is, beside yardsticks that do the same with nothing around it
///
/// It builds a release, starts a PostgreSQL of its own with default durability, prints a table, and writes all of it to
/// `target/bench/<time>.json`. `docs/performance.md` says how to read it. `ROSTER_BIN` names another binary to measure.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Arguments {
    /// Only these sections, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SECTIONS")]
    only: Vec<Section>,
    /// How long one slice is, of which each pair has two [default: 5]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: Option<u32>,
    /// How many pairs there are [default: 5]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100))]
    pairs: Option<u32>,
    /// Show that the tool works: short slices, few pairs, few users
    #[arg(long)]
    quick: bool,
    /// Grow to ten million users, too
    #[arg(long)]
    large: bool,
    /// Print JSON in place of the table
    #[arg(long)]
    json: bool,
    /// Write the tables of `docs/performance.md` anew
    #[arg(long)]
    write_docs: bool,
}

/// In the order in which they run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Create users on PostgreSQL, against pgbench with the same SQL
    CreatePostgres,
    /// Create and read on SQLite, against a bare writer and bare axum
    Sqlite,
    /// Read on PostgreSQL, against pgbench with the same SQL
    ReadPostgres,
    /// Memory, start and room on disk
    Footprint,
    /// Work off a backlog, against a bare loop of reqwest to the same vendors
    Backlog,
    /// How long a change takes to the vendors
    Latency,
    /// SCIM and Nabla Connect, against `/v1`
    Surfaces,
    /// The same with few users and with many
    Growth,
}

impl Section {
    const fn title(self) -> &'static str {
        match self {
            Self::CreatePostgres => "create on PostgreSQL",
            Self::Sqlite => "SQLite",
            Self::ReadPostgres => "read on PostgreSQL",
            Self::Footprint => "footprint",
            Self::Backlog => "backlog",
            Self::Latency => "latency",
            Self::Surfaces => "SCIM and Nabla Connect",
            Self::Growth => "growth",
        }
    }

    /// Whether it is held against programs of our own, and not only against PostgreSQL's or Roster itself.
    const fn needs_yardsticks(self) -> bool {
        !matches!(
            self,
            Self::CreatePostgres | Self::ReadPostgres | Self::Growth | Self::Latency
        )
    }

    fn run(self, bench: &mut Bench<'_>) -> Result<()> {
        match self {
            Self::CreatePostgres => sections::create_postgres::run(bench),
            Self::Sqlite => sections::sqlite::run(bench),
            Self::ReadPostgres => sections::read_postgres::run(bench),
            Self::Footprint => sections::footprint::run(bench),
            Self::Backlog => sections::convergence::backlog(bench),
            Self::Latency => sections::convergence::latency(bench),
            Self::Surfaces => sections::surfaces::run(bench),
            Self::Growth => sections::growth::run(bench),
        }
    }
}

impl Arguments {
    fn plan(&self) -> Plan {
        let (seconds, pairs) = if self.quick { (1, 2) } else { (5, PAIRS) };
        Plan {
            seconds: self.seconds.unwrap_or(seconds),
            pairs: self.pairs.unwrap_or(pairs),
            is_quick: self.quick,
            is_large: self.large,
        }
    }
}

/// Measures, as steps of `steps`.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, steps: &mut Steps) -> Result<()> {
    let sections = match arguments.only.as_slice() {
        [] => Section::value_variants(),
        chosen => chosen,
    };
    let plan = arguments.plan();
    let folder = workspace.target().join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // First, because what follows takes minutes and this says within seconds what is missing.
    let server = steps.run("postgres", || Server::start_with_defaults(workspace))?;
    let tools = steps.run("tools", || Tools::find(&server))?;
    let binary = steps.run("build", || match std::env::var_os(BINARY_VARIABLE) {
        Some(named) => Ok(PathBuf::from(named)),
        None => workspace.build_release("roster-app", "roster"),
    })?;
    let yardsticks = if sections.iter().any(|section| section.needs_yardsticks()) {
        steps.run("yardsticks", || match std::env::var_os(YARDSTICKS_VARIABLE) {
            Some(named) => Ok(PathBuf::from(named)),
            None => workspace.build_release("yardsticks", "yardsticks"),
        })?
    } else {
        PathBuf::new()
    };
    let yardsticks = Yardsticks(yardsticks);
    let mut bench = Bench {
        workspace,
        plan,
        server,
        tools,
        yardsticks,
        binary,
        report: Report::default(),
    };
    steps.run("circumstances", || facts::gather(&mut bench))?;
    for section in sections {
        steps.run(section.title(), || section.run(&mut bench))?;
    }
    let time = process::output(Command::new("date").args(["-u", "+%Y-%m-%dT%H-%M-%SZ"]))?;
    let time = time.trim();
    tell(&bench.report, arguments.json, &folder.join(format!("{time}.json")))?;
    if arguments.write_docs {
        docs::write(workspace, &bench.report, time.split('T').next().unwrap_or(time))?;
    }
    if plan.pairs < PAIRS {
        progress::note(&format!(
            "fewer than {PAIRS} pairs: this shows that the tool works, and little else"
        ));
    }
    Ok(())
}

/// Prints what was measured, and keeps it.
fn tell(report: &Report, as_json: bool, file: &Path) -> Result<()> {
    let told = format!("{:#}\n", report.json());
    fs::write(file, &told).with_context(|| format!("cannot write {}", file.display()))?;
    if as_json {
        anstream::print!("{told}");
    } else {
        println!();
        for line in table::lines(report) {
            println!("{line}");
        }
        println!();
    }
    progress::note(&format!(
        "least, median and most of all pairs; kept in {}",
        file.display()
    ));
    Ok(())
}
