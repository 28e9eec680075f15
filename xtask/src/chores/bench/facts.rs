//! The circumstances of a run, without which its figures say little.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::json;

use super::context::Bench;
use super::sql::Database;
use crate::{process, progress};

/// Asks the machine, the checkout and the database, and says what matters to whoever reads the table.
pub(super) fn gather(bench: &mut Bench<'_>) -> Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    let processor = processor().unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let mut git = Command::new("git");
    git.current_dir(bench.workspace.root())
        .args(["describe", "--always", "--dirty"]);
    let commit = process::output(&mut git).map_or_else(|_| "unknown".to_owned(), |commit| commit.trim().to_owned());
    let database = Database::create(&bench.server, &bench.tools, "bench_facts")?;
    let settings = database.settings()?;
    let place = file_system(&database.data);
    let here = file_system(&std::env::temp_dir());
    progress::note(&format!("{cores} cores of {processor}; {commit}"));
    progress::note(&format!("PostgreSQL on {place}: {}", told(&settings)));
    for (whose, system) in [("PostgreSQL's", &place), ("SQLite's", &here)] {
        if system == "tmpfs" {
            progress::note(&format!(
                "{whose} files are in memory, where durability costs nothing: set TMPDIR to a disk"
            ));
        }
    }
    let plan = bench.plan;
    let report = &mut bench.report;
    report.fact("commit", commit);
    report.fact("cores", cores);
    report.fact("processor", processor);
    report.fact("postgres", json!(settings));
    report.fact("file_systems", json!({ "postgres": place, "sqlite": here }));
    report.fact(
        "plan",
        json!({ "seconds": plan.seconds, "pairs": plan.pairs, "quick": plan.is_quick }),
    );
    Ok(())
}

fn told(settings: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = settings.iter().map(|(name, value)| format!("{name} {value}")).collect();
    pairs.join(", ")
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// What kind of file system a folder is on, where the system says it.
fn file_system(folder: &Path) -> String {
    let kind = process::output(Command::new("stat").args(["--file-system", "--format=%T"]).arg(folder));
    kind.map_or_else(
        |_| "a file system of unknown kind".to_owned(),
        |kind| kind.trim().to_owned(),
    )
}
