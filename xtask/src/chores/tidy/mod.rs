//! `cargo xtask tidy`: what compiles, but must not be: broken boundaries, and habits that the house does not have.

mod boundaries;
mod house;
mod sources;

use anyhow::{Result, bail};
use cargo_metadata::DependencyKind;

use self::boundaries::{Dependency, Kind};
use crate::progress;
use crate::workspace::Workspace;

/// Check the boundaries between the crates, and the habits of the sources
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let dependencies = declared_dependencies(workspace);
    let mut complaints = boundaries::violations(&dependencies);
    let files = sources::files(workspace)?;
    for file in &files {
        complaints.extend(sources::complaints(&file.path, &file.text));
    }
    for complaint in &complaints {
        progress::note(complaint);
    }
    if !complaints.is_empty() {
        bail!("tidy found {} things to put right", complaints.len());
    }
    progress::note(&format!(
        "{} dependencies and {} files are tidy",
        dependencies.len(),
        files.len(),
    ));
    Ok(())
}

fn declared_dependencies(workspace: &Workspace) -> Vec<Dependency> {
    let mut dependencies = Vec::new();
    for package in workspace.metadata().workspace_packages() {
        for dependency in &package.dependencies {
            dependencies.push(Dependency {
                package: package.name.to_string(),
                name: dependency.name.clone(),
                kind: match dependency.kind {
                    DependencyKind::Development => Kind::Dev,
                    DependencyKind::Build => Kind::Build,
                    _ => Kind::Normal,
                },
                features: dependency.features.clone(),
                default_features: dependency.uses_default_features,
            });
        }
    }
    dependencies
}
