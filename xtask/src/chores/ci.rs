//! `cargo xtask ci`: the whole gate, what fails fastest first.

use anyhow::Result;
use clap::ValueEnum;

use super::{conformance, openapi, sqlx_prepare, test, tidy};
use crate::process;
use crate::progress::Steps;
use crate::workspace::Workspace;

/// Run every check that a change must pass
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Begin with this step, when those before it have passed
    #[arg(long, value_enum, value_name = "STEP", default_value = "format")]
    from: Step,
}

/// In the order in which they run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Step {
    Format,
    Tidy,
    Clippy,
    Docs,
    SqlxPrepare,
    Openapi,
    Test,
    Conformance,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, steps: &mut Steps) -> Result<()> {
    Step::value_variants()
        .iter()
        .filter(|step| **step >= arguments.from)
        .try_for_each(|step| step.run(workspace, steps))
}

impl Step {
    fn run(self, workspace: &Workspace, steps: &mut Steps) -> Result<()> {
        match self {
            Self::Format => steps.run("format", || {
                process::run(workspace.cargo("fmt").args(["--all", "--check"]))
            }),
            Self::Tidy => steps.run("tidy", || tidy::run(workspace)),
            Self::Clippy => steps.run("clippy", || {
                let mut clippy = workspace.cargo("clippy");
                clippy.args(["--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]);
                process::run(&mut clippy)
            }),
            Self::Docs => steps.run("docs", || {
                let mut doc = workspace.cargo("doc");
                doc.args(["--locked", "--workspace", "--no-deps", "--document-private-items"]);
                process::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
            }),
            Self::SqlxPrepare => steps.run("sqlx-prepare", || {
                sqlx_prepare::run(workspace, &sqlx_prepare::Arguments::CHECK)
            }),
            Self::Openapi => steps.run("openapi", || openapi::run(workspace, &openapi::Arguments::CHECK)),
            Self::Test => test::run(workspace, &test::Arguments::default(), steps),
            Self::Conformance => conformance::run(workspace, &conformance::Arguments::GATE, steps),
        }
    }
}
