//! Gets PostgreSQL on Debian's kin without being root: its packages are fetched and unpacked under `target/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::install::apt_packages;
use crate::workspace::Workspace;
use crate::{process, progress};

/// Where the packages are unpacked to.
pub(super) fn root(workspace: &Workspace) -> PathBuf {
    workspace.target().join("postgresql")
}

/// The folder of the unpacked libraries, which is named after the processor: `usr/lib/x86_64-linux-gnu`.
pub(super) fn libraries(root: &Path) -> Option<PathBuf> {
    fs::read_dir(root.join("usr/lib"))
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains("-linux-"))
}

/// Fetches and unpacks the server and whatever libraries of it the machine lacks.
pub(super) fn get(workspace: &Workspace) -> Result<()> {
    if rustix::process::geteuid().is_root() {
        bail!("unpacking packages: only for those who are not root");
    }
    if !process::answers("apt-get", "--version") || !process::answers("dpkg-deb", "--version") {
        bail!("unpacking packages: no apt-get and dpkg-deb on this machine");
    }
    let root = root(workspace);
    progress::note(&format!("unpacking PostgreSQL's packages into {}", root.display()));
    let downloads = root.join("downloads");
    fs::create_dir_all(&downloads).with_context(|| format!("cannot make {}", downloads.display()))?;

    let apt = Apt { root: &root };
    // An index of our own, since the system's may be missing or old and is not ours to renew.
    fs::create_dir_all(root.join("apt/lists/partial"))?;
    fs::create_dir_all(root.join("apt/cache/archives/partial"))?;
    process::run(apt.command("apt-get").args(["-qq", "update"]))?;

    let mut packages = apt_packages(apt.command("apt-cache"));
    let plan = process::output(
        apt.command("apt-get")
            .args(["install", "--simulate", "--no-install-recommends"])
            .args(&packages),
    )?;
    for package in missing_packages(&plan) {
        if !packages.contains(&package) {
            packages.push(package);
        }
    }
    let mut download = apt.command("apt-get");
    download.args(["-qq", "download"]).args(&packages);
    process::run(download.current_dir(&downloads))?;
    for package in fs::read_dir(&downloads)? {
        process::output(Command::new("dpkg-deb").arg("-x").arg(package?.path()).arg(&root))?;
    }
    Ok(())
}

struct Apt<'root> {
    root: &'root Path,
}

impl Apt<'_> {
    fn command(&self, program: &str) -> Command {
        let apt = self.root.join("apt");
        let mut command = Command::new(program);
        for (setting, folder) in [("Dir::State::Lists", "lists"), ("Dir::Cache", "cache")] {
            command
                .arg("-o")
                .arg(format!("{setting}={}", apt.join(folder).display()));
        }
        command.args(["-o", "Debug::NoLocking=1"]);
        command
    }
}

/// The packages that a simulated installation would add, from lines such as `Inst libpq5 (15.18 Debian [amd64])`.
fn missing_packages(plan: &str) -> impl Iterator<Item = String> {
    plan.lines()
        .filter_map(|line| line.strip_prefix("Inst "))
        .filter_map(|rest| rest.split_whitespace().next())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::missing_packages;

    #[test]
    fn what_a_simulated_installation_adds_is_missing() {
        let plan = "NOTE: This is only a simulation!\n\
                    Inst libpq5 (15.18 Debian [amd64])\n\
                    Conf libpq5 (15.18 Debian [amd64])\n";
        let missing: Vec<String> = missing_packages(plan).collect();
        assert_eq!(missing, ["libpq5"]);
    }
}
