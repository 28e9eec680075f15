//! The boundary rules against hand-made manifests: what must be caught is, and what the house needs passes.

use super::{Dependency, Kind, violations};

fn dependency(package: &str, name: &str, kind: Kind) -> Dependency {
    Dependency {
        package: package.into(),
        name: name.into(),
        kind,
        features: Vec::new(),
        default_features: false,
    }
}

fn with_features(package: &str, name: &str, features: &[&str]) -> Dependency {
    Dependency {
        features: features.iter().map(ToString::to_string).collect(),
        ..dependency(package, name, Kind::Normal)
    }
}

#[test]
fn what_the_house_is_built_of_passes() {
    let house = [
        dependency("roster-application", "roster-domain", Kind::Normal),
        dependency("roster-http", "roster-wire", Kind::Normal),
        dependency("roster-http", "axum", Kind::Normal),
        dependency("roster-http", "utoipa-axum", Kind::Normal),
        dependency("roster-wire", "utoipa", Kind::Normal),
        dependency("roster-vendors", "reqwest", Kind::Normal),
        dependency("roster-vendors", "roster-contract", Kind::Dev),
        dependency("roster-store-postgres", "sqlx", Kind::Normal),
        dependency("roster-app", "roster-store-sqlite", Kind::Normal),
        dependency("roster-app", "axum-server", Kind::Normal),
        dependency("e2e", "reqwest", Kind::Dev),
        dependency("xtask", "sqlx", Kind::Dev),
        with_features("roster-domain", "chrono", &["std"]),
        with_features("roster-app", "chrono", &["clock"]),
        dependency("roster-domain", "thiserror", Kind::Normal),
    ];
    assert_eq!(violations(&house), Vec::<String>::new());
}

#[test]
fn outside_crates_stay_in_their_adapters() {
    for (package, name) in [
        ("roster-domain", "sqlx"),
        ("roster-http", "sqlx"),
        ("roster-app", "sqlx"),
        ("roster-application", "axum"),
        ("roster-app", "axum"),
        ("roster-vendors", "tower-http"),
        ("roster-wire", "utoipa-axum"),
        ("roster-http", "reqwest"),
        ("roster-application", "reqwest"),
    ] {
        for kind in [Kind::Normal, Kind::Dev, Kind::Build] {
            let found = violations(&[dependency(package, name, kind)]);
            assert_eq!(found.len(), 1, "{package} with {name} as {kind:?}: {found:?}");
        }
    }
    assert_eq!(violations(&[dependency("xtask", "sqlx", Kind::Normal)]).len(), 1);
}

#[test]
fn dependencies_inside_the_house_point_inward_only() {
    for (package, name) in [
        ("roster-domain", "roster-application"),
        ("roster-application", "roster-wire"),
        ("roster-http", "roster-store-sqlite"),
        ("roster-http", "roster-vendors"),
        ("roster-store-postgres", "roster-store-sqlite"),
        ("roster-store-postgres", "roster-wire"),
        ("roster-wire", "roster-app"),
        ("e2e", "roster-domain"),
        ("xtask", "roster-app"),
        ("roster-domain", "xtask"),
    ] {
        let found = violations(&[dependency(package, name, Kind::Dev)]);
        assert_eq!(found.len(), 1, "{package} with {name}: {found:?}");
    }
}

#[test]
fn contract_suites_are_for_tests() {
    let shipped = dependency("roster-store-sqlite", "roster-contract", Kind::Normal);
    assert_eq!(violations(&[shipped]).len(), 1);
}

#[test]
fn the_domain_has_no_effects_and_no_wire_format() {
    for name in ["async-trait", "rand", "serde", "serde_json", "tokio"] {
        assert_eq!(violations(&[dependency("roster-domain", name, Kind::Normal)]).len(), 1);
        assert_eq!(
            violations(&[dependency("roster-application", name, Kind::Normal)]).len(),
            0
        );
    }
    for (name, feature) in [
        ("chrono", "clock"),
        ("chrono", "serde"),
        ("uuid", "v4"),
        ("uuid", "v7"),
        ("uuid", "serde"),
    ] {
        let found = violations(&[with_features("roster-domain", name, &[feature])]);
        assert_eq!(found.len(), 1, "{name} with {feature}: {found:?}");
    }
    let by_default = Dependency {
        default_features: true,
        ..dependency("roster-domain", "chrono", Kind::Normal)
    };
    assert_eq!(violations(&[by_default]).len(), 1);
}

#[test]
fn a_crate_that_the_table_does_not_know_is_reported() {
    let found = violations(&[dependency("roster-queue", "thiserror", Kind::Normal)]);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("new crate"), "{found:?}");
}

#[test]
fn a_violation_says_who_what_why_and_what_to_do() {
    let found = violations(&[dependency("roster-http", "sqlx", Kind::Normal)]);
    assert_eq!(
        found,
        [
            "roster-http must not have sqlx in its [dependencies]; it is for roster-store-postgres, \
          roster-store-sqlite, e2e, yardsticks alone: SQL is the stores' own affair (a chore applies their migrations, and end-to-end \
          tests let time pass). Take it out, and reach what it was for through a port or the crate that owns it."
        ]
    );
}
