//! Finds PostgreSQL's server programs where the packagers of this world put them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::unpack;
use crate::process;
use crate::workspace::Workspace;

/// The oldest release that Roster supports.
pub(super) const OLDEST: u32 = 14;

/// Names the folder of the server programs, before any other place is looked at.
pub(super) const FOLDER_VARIABLE: &str = "PG_BIN";

/// Tells the tests where the programs' libraries are, if that is not where the system looks.
const LIBRARIES_VARIABLE: &str = "PG_LIB";

/// Folders that hold one folder for each version, and what leads from there to its programs.
const VERSIONED: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                  // the PostgreSQL project's RPMs
    ("/usr/libexec", "postgresql", ""),         // Alpine
    ("/opt/homebrew/opt", "postgresql", "bin"), // Homebrew on Apple's processors
    ("/usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel's
    ("/usr/local", "pgsql", "bin"),             // built from source
];

/// The server programs of one PostgreSQL.
#[derive(Debug)]
pub(super) struct Binaries {
    folder: PathBuf,
    /// Where the libraries are that its packages brought, if that is not where the system looks.
    libraries: Option<PathBuf>,
    version: u32,
}

impl Binaries {
    /// A command for one of the programs, unmoved by the caller's own PostgreSQL settings.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join(program));
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.env("LC_ALL", "C");
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }

    /// Tells a program where these are, as the tests look for them that run a server of their own.
    pub(super) fn tell(&self, command: &mut Command) {
        command.env(FOLDER_VARIABLE, &self.folder);
        if let Some(libraries) = &self.libraries {
            command.env(LIBRARIES_VARIABLE, libraries);
        }
    }

    /// One line for the terminal.
    pub(super) fn describe(&self) -> String {
        format!("PostgreSQL {} in {}", self.version, self.folder.display())
    }

    /// The programs in `folder`, if they are there, run, and are not too old.
    fn in_folder(folder: PathBuf, libraries: Option<PathBuf>) -> Option<Self> {
        let mut binaries = Self {
            folder,
            libraries,
            version: 0,
        };
        for program in ["initdb", "postgres"] {
            let answer = process::output(binaries.command(program).arg("--version")).ok()?;
            binaries.version = major_version(&answer)?;
        }
        (binaries.version >= OLDEST).then_some(binaries)
    }
}

/// The best server programs on this machine, if there are any.
pub(super) fn find(workspace: &Workspace) -> Result<Option<Binaries>> {
    if let Some(folder) = env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty()) {
        let folder = PathBuf::from(folder);
        let Some(binaries) = Binaries::in_folder(folder.clone(), None) else {
            bail!(
                "{FOLDER_VARIABLE} is {}, where `initdb` and `postgres` of version {OLDEST} or later do not run",
                folder.display(),
            );
        };
        return Ok(Some(binaries));
    }
    let installed = candidates()
        .into_iter()
        .find_map(|folder| Binaries::in_folder(folder, None));
    Ok(installed.or_else(|| in_unpacked_packages(workspace)))
}

/// Those which an earlier run unpacked under `target/`.
pub(super) fn in_unpacked_packages(workspace: &Workspace) -> Option<Binaries> {
    let root = unpack::root(workspace);
    let libraries = unpack::libraries(&root);
    versions_in(&root.join("usr/lib/postgresql"), "", "bin")
        .into_iter()
        .find_map(|folder| Binaries::in_folder(folder, libraries.clone()))
}

fn candidates() -> Vec<PathBuf> {
    let told = process::output(Command::new("pg_config").arg("--bindir")).map(|folder| PathBuf::from(folder.trim()));
    let versioned = VERSIONED
        .iter()
        .flat_map(|(parent, prefix, rest)| versions_in(Path::new(parent), prefix, rest));
    let path = env::var_os("PATH").unwrap_or_default();
    told.into_iter()
        .chain(versioned)
        .chain(env::split_paths(&path))
        .collect()
}

/// The folders `parent/prefix*/rest`, the highest version first.
fn versions_in(parent: &Path, prefix: &str, rest: &str) -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let suffix = name.to_str()?.strip_prefix(prefix)?;
            let version = suffix.trim_start_matches('@');
            // A folder without a number is a link to the newest one, as Homebrew makes it.
            let version = if version.is_empty() { 0 } else { version.parse().ok()? };
            Some((version, entry.path().join(rest)))
        })
        .collect();
    versions.sort_by(|one, other| other.cmp(one));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

/// The `15` of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn major_version(answer: &str) -> Option<u32> {
    let version = answer.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = version
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(version.len());
    version[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{major_version, versions_in};
    use std::fs;

    #[test]
    fn the_major_version_is_read_from_releases_and_betas() {
        assert_eq!(
            major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major_version("initdb (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(major_version("mysqld 8"), None);
    }

    #[test]
    fn the_highest_version_comes_first_and_by_number() {
        let parent = tempfile::tempdir().expect("a folder");
        for name in ["postgresql@9", "postgresql@17", "postgresql", "postgresql-common"] {
            fs::create_dir(parent.path().join(name)).expect("a folder inside");
        }

        let found = versions_in(parent.path(), "postgresql", "bin");

        let expected = ["postgresql@17", "postgresql@9", "postgresql"].map(|name| parent.path().join(name).join("bin"));
        assert_eq!(found, expected);
    }
}
