//! `cargo xtask latency`: how long a change takes to the vendors, on an idle server.

use std::path::{Path, PathBuf};

use anstream::println;
use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::test::BINARY_VARIABLE;
use crate::postgres::Server;
use crate::process;
use crate::progress::Steps;
use crate::workspace::Workspace;

/// Tells the end-to-end tests how many changes to measure.
const CHANGES_VARIABLE: &str = "E2E_CHANGES";
/// The tests that measure, one for each store.
const TESTS: &str = "latency::each_change_on_an_idle_server_is_sent_once_to_each_vendor_at_once";
/// How many lines they tell: two on each store.
const LINES: usize = 4;
/// What each line begins with on which they tell what they measured.
const MARK: &str = "latency ";

/// Measure how long a change takes from its request to the vendors' receipt of it
///
/// On each store one user at four vendors is changed again and again, most times just after the change before, and now and
/// then after a rest. Beside it stands what a request that asks for nothing takes after the same pause: an idle machine has to
/// wake up first, which some do in a tenth of a millisecond and others in ten. All of it is built as it is released;
/// `ROSTER_BIN` names another binary than the one of this workspace.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many changes there are on each store
    #[arg(long, value_name = "NUMBER", default_value_t = 200, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    changes: u32,
    /// Print one JSON object for each line of the table
    #[arg(long)]
    json: bool,
}

/// Measures, as steps of `steps`.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, steps: &mut Steps) -> Result<()> {
    let server = steps.run("postgres", || Server::provide(workspace))?;
    let roster = steps.run("build", || match std::env::var_os(BINARY_VARIABLE) {
        Some(named) => Ok(PathBuf::from(named)),
        None => workspace.build_release("roster-app", "roster"),
    })?;
    let measured = steps.run("measure", || measure(workspace, &server, &roster, arguments.changes))?;
    if arguments.json {
        for one in measured {
            println!("{one}");
        }
    } else {
        println!(
            "{}",
            row(&["store", "change", "calls", "p50 ms", "p99 ms", "most ms", "bare p50"])
        );
        for one in measured {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let milliseconds = |name: &str| format!("{:.1}", one[name].as_f64().unwrap_or(f64::NAN));
            println!(
                "{}",
                row(&[
                    text("store"),
                    text("change"),
                    one["calls"].to_string(),
                    milliseconds("p50_ms"),
                    milliseconds("p99_ms"),
                    milliseconds("max_ms"),
                    milliseconds("bare_p50_ms"),
                ])
            );
        }
    }
    Ok(())
}

/// What a binary came to, an object for each store and kind of change.
pub(super) fn measure(workspace: &Workspace, server: &Server, roster: &Path, changes: u32) -> Result<Vec<Value>> {
    let mut command = workspace.cargo("test");
    command
        // Who asks and who is called take no longer than they must: what is measured is Roster.
        .args(["--locked", "--release", "-p", "e2e", "--test", "it", "--", TESTS])
        // One store after the other, so that neither is in the other's way.
        .args(["--nocapture", "--test-threads", "1"])
        .env(BINARY_VARIABLE, roster)
        .env(CHANGES_VARIABLE, changes.to_string());
    server.tell(&mut command);
    let told = process::output(&mut command)?;
    let measured = told.lines().filter_map(measured).collect::<Result<Vec<Value>>>()?;
    if measured.len() != LINES {
        bail!("not everything was measured with {}:\n{told}", roster.display());
    }
    Ok(measured)
}

/// What a line tells, if it is one that tells something; the test's name may stand before it.
fn measured(line: &str) -> Option<Result<Value>> {
    let (before, told) = line.split_once(MARK)?;
    let is_told = before.is_empty() || before.ends_with("... ");
    is_told.then(|| serde_json::from_str(told).with_context(|| format!("the test told {told:?}")))
}

fn row<T: AsRef<str>>(cells: &[T; 7]) -> String {
    let [store, change, count, median, most, longest, bare] = cells.each_ref().map(AsRef::<str>::as_ref);
    format!("{store:<10} {change:<15} {count:>7} {median:>8} {most:>8} {longest:>8} {bare:>9}")
}

#[cfg(test)]
mod tests {
    use super::{measured, row};

    #[test]
    fn what_the_tests_tell_is_read_wherever_their_runner_puts_it() {
        let told = "latency {\"store\":\"sqlite\",\"p50_ms\":1.5}";
        for line in [told.to_owned(), format!("test latency::each::case_1 ... {told}")] {
            let read = measured(&line).expect("it is told").expect("it is read");
            assert_eq!(read["store"], "sqlite", "{line}");
        }
        assert!(measured("test latency::each::case_1 ... ok").is_none());
        assert!(measured("of latency nothing is said").is_none());
        assert!(measured("latency {").expect("it is told").is_err());
    }

    #[test]
    fn columns_stand_below_each_other() {
        let head = row(&["store", "change", "calls", "p50 ms", "p99 ms", "most ms", "bare p50"]);
        let line = row(&["sqlite", "after a change", "720", "16.0", "30.0", "38.6", "1.5"]);
        assert_eq!(head.len(), line.len());
    }
}
