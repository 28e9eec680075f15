//! The boundaries between the crates: what is declared, held against the table of the house.
//!
//! It looks at what each `Cargo.toml` of the workspace
//! declares itself, in every section (ordinary, dev and build, optional, renamed or for one platform), because that
//! is what a person adds and what a reviewer can take out again.

use std::collections::BTreeSet;

use super::house::{FEATURES_NOT_IN_DOMAIN, HOUSE, NOT_IN_DOMAIN, OUTSIDE};

/// Where the table is, for whoever must change it.
const TABLE: &str = "xtask/src/chores/tidy/house.rs";

/// What every crate of the house is called, but for the two that are not part of it.
const HOUSE_PREFIX: &str = "roster-";

/// The section of `Cargo.toml` that a dependency is declared in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Normal,
    Dev,
    Build,
}

impl Kind {
    fn section(self) -> &'static str {
        match self {
            Self::Normal => "[dependencies]",
            Self::Dev => "[dev-dependencies]",
            Self::Build => "[build-dependencies]",
        }
    }
}

/// One dependency that a package of the workspace declares.
#[derive(Clone, Debug)]
pub(super) struct Dependency {
    pub(super) package: String,
    /// The real name, whatever it is renamed to.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) features: Vec<String>,
    pub(super) default_features: bool,
}

/// Everything that is against the rules, in sentences, each once.
pub(super) fn violations(dependencies: &[Dependency]) -> Vec<String> {
    let found: BTreeSet<String> = dependencies
        .iter()
        .flat_map(|dependency| {
            [
                in_the_house(dependency),
                from_outside(dependency),
                in_domain(dependency),
            ]
        })
        .flatten()
        .chain(dependencies.iter().flat_map(features_in_domain))
        .collect();
    found.into_iter().collect()
}

fn in_the_house(dependency: &Dependency) -> Option<String> {
    let Some(room) = HOUSE.iter().find(|room| room.package == dependency.package) else {
        return Some(format!(
            "{} is a new crate: say what it may depend on, in {}",
            dependency.package, TABLE,
        ));
    };
    if !is_house(&dependency.name) {
        return None;
    }
    let name = dependency.name.as_str();
    let allowed = room.uses.contains(&name) || (dependency.kind == Kind::Dev && room.tests_use.contains(&name));
    (!allowed).then(|| {
        let may = if room.uses.is_empty() {
            "it may depend on no crate of the house".to_owned()
        } else {
            format!("of the house it may depend on {}", room.uses.join(", "))
        };
        complain(dependency, &format!("{may}: {}", room.reason))
    })
}

fn from_outside(dependency: &Dependency) -> Option<String> {
    let guest = OUTSIDE.iter().find(|guest| guest.is(&dependency.name))?;
    let package = dependency.package.as_str();
    let allowed =
        guest.allowed.contains(&package) || (dependency.kind == Kind::Dev && guest.tests_allowed.contains(&package));
    (!allowed).then(|| {
        complain(
            dependency,
            &format!("it is for {} alone: {}", guest.allowed.join(", "), guest.reason),
        )
    })
}

fn in_domain(dependency: &Dependency) -> Option<String> {
    let (_, reason) = NOT_IN_DOMAIN.iter().find(|(name, _)| *name == dependency.name)?;
    (dependency.package == "roster-domain")
        .then(|| complain(dependency, &format!("the domain has no use for it: {reason}")))
}

fn features_in_domain(dependency: &Dependency) -> Vec<String> {
    if dependency.package != "roster-domain" {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (name, features, reason) in FEATURES_NOT_IN_DOMAIN {
        if *name != dependency.name {
            continue;
        }
        for feature in *features {
            if dependency.features.iter().any(|used| used == feature) {
                found.push(complain_of_feature(dependency, &format!("feature `{feature}`"), reason));
            }
        }
    }
    if dependency.name == "chrono" && dependency.default_features {
        let reason = "they include `clock`, and time is a parameter";
        found.push(complain_of_feature(dependency, "default features", reason));
    }
    found
}

fn is_house(name: &str) -> bool {
    name.starts_with(HOUSE_PREFIX) || HOUSE.iter().any(|room| room.package == name)
}

fn complain(dependency: &Dependency, rule: &str) -> String {
    let Dependency {
        package, name, kind, ..
    } = dependency;
    format!(
        "{package} must not have {name} in its {}; {rule}. Take it out, and reach what it was for through a port \
         or the crate that owns it.",
        kind.section(),
    )
}

fn complain_of_feature(dependency: &Dependency, feature: &str, reason: &str) -> String {
    let Dependency { package, name, .. } = dependency;
    format!(
        "{package} must not have {name} with {feature}: {reason}. Turn it off here, and where \
         `workspace = true` inherits it, in the [workspace.dependencies]; the crates that need it turn it on themselves."
    )
}

#[cfg(test)]
#[path = "boundaries_tests.rs"]
mod tests;
