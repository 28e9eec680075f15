//! `cargo xtask conformance`: does the binary keep to its OpenAPI documents, and to SCIM 2.0? Schemathesis reads every document
//! that a running Roster serves, makes up requests that it allows and requests that it forbids, sends them, and checks the
//! answers. scim2-tester does the same with what `/scim/v2` says of itself.

mod documents;
mod scim;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::postgres::Server;
use crate::progress::{self, Steps};
use crate::python::Environment;
use crate::roster::{Documents, KEY, Roster};
use crate::workspace::Workspace;
use crate::{process, signals};

/// What schemathesis is told: pinned packages, its settings, and the hooks.
const FOLDER: &str = "tests/conformance";

/// The seed of every run that names none, so that the gate does the same each time.
const SEED: u64 = 20_260_101;

/// Random requests per operation and phase; those that follow from the document alone come on top.
const EXAMPLES: u32 = 25;

/// Check that the binary keeps to every OpenAPI document that it serves
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only this document, as `roster openapi --list` names it, or `scim`; may be given several times
    #[arg(long = "document", value_name = "NAME")]
    documents: Vec<String>,
    /// Where Roster keeps its data
    #[arg(long, value_enum, default_value = "sqlite")]
    store: Store,
    /// What the random requests are made from
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// Random requests per operation
    #[arg(long, value_name = "NUMBER", default_value_t = EXAMPLES)]
    examples: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    /// A database server of its own, where one is needed.
    fn start(self, workspace: &Workspace) -> Result<Option<Server>> {
        match self {
            Self::Sqlite => Ok(None),
            Self::Postgres => Server::start(workspace).map(Some),
        }
    }
}

impl std::fmt::Display for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

impl Arguments {
    /// As the gate runs it.
    pub(crate) const GATE: Self = Self {
        documents: Vec::new(),
        store: Store::Sqlite,
        seed: SEED,
        examples: EXAMPLES,
    };
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, steps: &mut Steps) -> Result<()> {
    let folder = workspace.target().join("conformance");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let settings = workspace.root().join(FOLDER);
    // First, because what follows takes minutes and this says within seconds what is missing.
    let python = steps.run("python packages", || {
        Environment::provide(&folder.join("python"), &settings.join("requirements.txt"))
    })?;
    let binary = steps.run("build", || workspace.build_roster())?;
    let paths = steps.run("documents", || {
        let roster = Roster::start(&binary, None, &folder.join("documents.log"))?;
        documents::paths(&roster, &Documents::of(binary.clone()))
    })?;
    let is_known = |name: &&String| *name == scim::NAME || paths.contains_key(*name);
    if let Some(name) = arguments.documents.iter().find(|name| !is_known(name)) {
        bail!(
            "there is no document {name}: see `roster openapi --list`, or say `{}`",
            scim::NAME
        );
    }
    let is_wanted =
        |name: &str| arguments.documents.is_empty() || arguments.documents.iter().any(|wanted| wanted == name);
    let schemathesis = Schemathesis {
        workspace,
        program: python.program("schemathesis"),
        binary,
        settings,
        folder,
        arguments,
    };
    let mut failed = Vec::new();
    for (name, path) in &paths {
        if !is_wanted(name) {
            continue;
        }
        // One document that fails is no reason to know nothing of the others.
        if let Err(error) = steps.run(format!("conformance of {name}"), || schemathesis.run(name, path)) {
            signals::check()?;
            progress::note(&format!("{error:#}"));
            failed.push(name.as_str());
        }
    }
    if is_wanted(scim::NAME) {
        // Both stores in every run: it takes seconds.
        for store in [Store::Sqlite, Store::Postgres] {
            let step = format!("conformance of {} on {store}", scim::NAME);
            let program = python.program("scim2");
            if let Err(error) = steps.run(step, || {
                scim::run(workspace, &program, &schemathesis.binary, &schemathesis.folder, store)
            }) {
                signals::check()?;
                progress::note(&format!("{error:#}"));
                failed.push(scim::NAME);
            }
        }
    }
    failed.dedup();
    if failed.is_empty() {
        return Ok(());
    }
    let again: Vec<String> = failed.iter().map(|name| format!("--document {name}")).collect();
    bail!(
        "Roster does not keep to these: {}; see what was sent and answered above, and try again with \
         `cargo xtask conformance --seed {} {}`",
        failed.join(", "),
        arguments.seed,
        again.join(" "),
    );
}

/// How schemathesis is run.
struct Schemathesis<'run> {
    workspace: &'run Workspace,
    program: PathBuf,
    binary: PathBuf,
    settings: PathBuf,
    folder: PathBuf,
    arguments: &'run Arguments,
}

impl Schemathesis<'_> {
    /// Tries one document, on a Roster of its own: what is found does not depend on which documents were tried before.
    fn run(&self, name: &str, path: &str) -> Result<()> {
        let server = self.arguments.store.start(self.workspace)?;
        let database = server.as_ref().map(Server::url);
        let log = self.folder.join(format!("{name}.log"));
        let roster = Roster::start(&self.binary, database.as_deref(), &log)?;
        let url = roster.url();
        let mut command = Command::new(&self.program);
        command
            .arg("--config-file")
            .arg(self.settings.join("schemathesis.toml"))
            .args(["run", &format!("{url}{path}"), "--checks", "all"])
            .args(["--seed", &self.arguments.seed.to_string()])
            .args(["--max-examples", &self.arguments.examples.to_string()])
            // What a run leaves behind stays under `target/`.
            .current_dir(&self.folder)
            .env("PYTHONPYCACHEPREFIX", self.folder.join("pycache"))
            .env("PYTHONPATH", &self.settings)
            .env("ROSTER_URL", &url)
            .env("ROSTER_KEY", KEY)
            .env("ROSTER_FIXTURES", self.fixtures());
        process::run(&mut command)
    }

    /// The keys of the end-to-end tests.
    fn fixtures(&self) -> PathBuf {
        let tests = self.settings.parent().unwrap_or(Path::new(""));
        tests.join("fixtures")
    }
}
