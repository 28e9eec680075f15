//! Python programs for a chore: an interpreter, found or got, and a virtual environment under `target/` with exactly the packages
//! that a requirements file names.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::packages::Packages;
use crate::{process, progress, signals};

/// The oldest release that the pinned packages run on.
const OLDEST: (u32, u32) = (3, 11);

/// Names an interpreter, before any other is looked at.
const VARIABLE: &str = "PYTHON";

/// What an interpreter may be called: the system's own first, then the releases that systems with an old one offer beside it.
const NAMES: &[&str] = &["python3", "python3.14", "python3.13", "python3.12", "python3.11"];

/// Its packages. Debian and its kin keep apart what virtual environments are made with.
const PACKAGES: Packages = Packages {
    name: "Python",
    apt: || ["python3", "python3-venv"].map(str::to_owned).into(),
    dnf: &["python3", "python3-pip"],
    apk: &["python3"],
    brew: &["python@3.13"],
};

/// What was installed into an environment, written last: what is not finished is begun anew.
const STAMP: &str = "installed.txt";

/// A virtual environment.
pub(crate) struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// The environment in `folder` with the packages of `requirements`; made, unless it is there already.
    pub(crate) fn provide(folder: &Path, requirements: &Path) -> Result<Self> {
        let environment = Self {
            folder: folder.to_owned(),
        };
        let wanted =
            fs::read_to_string(requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
        let stamp = folder.join(STAMP);
        let is_current = fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted);
        // Its interpreter is a link to the system's, which may be gone.
        if is_current && process::answers(environment.program("python"), "--version") {
            return Ok(environment);
        }
        let interpreter = match find()? {
            Some(interpreter) => interpreter,
            None => get()?,
        };
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        process::run(Command::new(interpreter).args(["-m", "venv"]).arg(folder))?;
        let mut install = Command::new(environment.program("python"));
        install
            .args(["-m", "pip", "--disable-pip-version-check", "install", "--quiet"])
            .args(["--require-hashes", "--requirement"])
            .arg(requirements);
        process::run(&mut install).context("the packages cannot be installed")?;
        fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
        Ok(environment)
    }

    /// Where a program of the environment is.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }
}

/// An interpreter on this machine that can make virtual environments, if there is one.
fn find() -> Result<Option<OsString>> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        if serves(&named) {
            return Ok(Some(named));
        }
        let (major, minor) = OLDEST;
        bail!(
            "{VARIABLE} is {}, which is no Python {major}.{minor} or later with `venv`",
            named.display()
        );
    }
    Ok(NAMES.iter().map(OsString::from).find(serves))
}

/// Whether it is new enough, and has `venv` with what that installs.
fn serves(interpreter: &OsString) -> bool {
    let (major, minor) = OLDEST;
    let question = format!("import ensurepip, sys, venv; sys.exit(sys.version_info < ({major}, {minor}))");
    process::output(Command::new(interpreter).args(["-c", &question])).is_ok()
}

/// Gets an interpreter by the first way that works, and finds it then.
fn get() -> Result<OsString> {
    progress::note("Python: none on this machine that can make virtual environments, so it is fetched now");
    let mut failures = Vec::new();
    for way in [Packages::install_with_apt, Packages::install_with_another_manager] {
        match way(&PACKAGES) {
            Ok(()) => match find()? {
                Some(interpreter) => return Ok(interpreter),
                None => failures.push("a package manager ran, but left no Python that serves".to_owned()),
            },
            Err(error) => {
                signals::check()?;
                failures.push(format!("{error:#}"));
            }
        }
    }
    let (major, minor) = OLDEST;
    bail!(
        "Python {major}.{minor} or later with `venv` is needed for this chore and could not be had:\n  - {}\n\
         Do one of these, then run this again:\n  \
         - install it (Debian and Ubuntu: `sudo apt-get install python3 python3-venv`; Fedora: `sudo dnf install \
         python3`; macOS: `brew install python`)\n  \
         - set {VARIABLE} to an interpreter",
        failures.join("\n  - "),
    );
}
