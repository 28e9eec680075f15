//! What a chore says while it works: steps, the commands they run, notes, and the table of durations at the end.
//!
//! All of it goes to standard error, and it is coloured only on a terminal and without `NO_COLOR`, which `anstream`
//! sees to.

use std::borrow::Cow;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anstream::eprintln;
use anstyle::{AnsiColor, Style};
use anyhow::Result;

use crate::process::Failed;
use crate::signals::Interrupted;

const STEP: Style = AnsiColor::Cyan.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const FAINT: Style = Style::new().dimmed();

/// The steps of one chore, as far as it got.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

struct Step {
    name: Cow<'static, str>,
    took: Duration,
    succeeded: bool,
}

impl Steps {
    /// Does `work`, and remembers how long it took and how it ended.
    pub(crate) fn run<T>(&mut self, name: impl Into<Cow<'static, str>>, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let name = name.into();
        eprintln!("{STEP}==>{STEP:#} {name}");
        let start = Instant::now();
        let outcome = work();
        let took = start.elapsed();
        let succeeded = outcome.is_ok();
        let (style, verdict) = verdict(succeeded);
        eprintln!("{style}{verdict}{style:#} {name} in {}", seconds(took));
        self.done.push(Step { name, took, succeeded });
        outcome
    }

    /// Prints the table of what was done and how long it took, if there were steps.
    pub(crate) fn summarize(&self) {
        if self.done.is_empty() {
            return;
        }
        let total = self.done.iter().map(|step| step.took).sum();
        let width = self
            .done
            .iter()
            .map(|step| step.name.len())
            .max()
            .unwrap_or(0)
            .max("total".len());
        eprintln!();
        for step in &self.done {
            let (style, verdict) = verdict(step.succeeded);
            let (name, took) = (&step.name, seconds(step.took));
            eprintln!("  {name:width$}  {took:>9}  {style}{verdict}{style:#}");
        }
        eprintln!("  {:width$}  {:>9}", "total", seconds(total));
    }
}

/// Says something worth knowing about what goes on.
pub(crate) fn note(text: &str) {
    eprintln!("    {text}");
}

/// Shows a command that is about to run.
pub(crate) fn command(line: &str) {
    eprintln!("    {FAINT}$ {line}{FAINT:#}");
}

/// Says why the chore failed, and gives the exit code for it.
pub(crate) fn give_up(error: &anyhow::Error) -> ExitCode {
    eprintln!("{BAD}error{BAD:#}: {error:#}");
    if let Some(interrupted) = error.downcast_ref::<Interrupted>() {
        return ExitCode::from(interrupted.exit_code());
    }
    error
        .downcast_ref::<Failed>()
        .and_then(Failed::exit_code)
        .map_or(ExitCode::FAILURE, ExitCode::from)
}

fn verdict(succeeded: bool) -> (Style, &'static str) {
    if succeeded { (GOOD, "ok") } else { (BAD, "FAILED") }
}

fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole >= 60 {
        format!("{} min {:02} s", whole / 60, whole % 60)
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}
