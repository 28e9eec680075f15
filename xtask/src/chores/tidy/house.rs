//! The table of the house: which crate may depend on which, and why. `docs/ARCHITECTURE.md` says the same in words.

/// Which crates of the house a package may depend on.
pub(super) const HOUSE: &[Room] = &[
    Room {
        package: "roster-domain",
        uses: &[],
        tests_use: &[],
        reason: "the rules stand alone, so that others can embed them",
    },
    Room {
        package: "roster-application",
        uses: &["roster-domain"],
        tests_use: &[],
        reason: "the use cases know the rules and their own ports, and no adapter",
    },
    Room {
        package: "roster-wire",
        uses: &["roster-domain", "roster-application"],
        tests_use: &[],
        reason: "the vendors' JSON is shared by the adapters and knows none of them",
    },
    Room {
        package: "roster-http",
        uses: &["roster-domain", "roster-application", "roster-wire"],
        tests_use: &[],
        reason: "adapters never depend on each other",
    },
    Room {
        package: "roster-vendors",
        uses: &["roster-domain", "roster-application", "roster-wire"],
        tests_use: &["roster-contract"],
        reason: "adapters never depend on each other",
    },
    Room {
        package: "roster-store-postgres",
        uses: &["roster-domain", "roster-application"],
        tests_use: &["roster-contract"],
        reason: "adapters never depend on each other",
    },
    Room {
        package: "roster-store-sqlite",
        uses: &["roster-domain", "roster-application"],
        tests_use: &["roster-contract"],
        reason: "adapters never depend on each other",
    },
    Room {
        package: "roster-contract",
        uses: &["roster-domain", "roster-application", "roster-wire"],
        tests_use: &[],
        reason: "the obligations of a port hold for every adapter, so they name none",
    },
    Room {
        package: "roster-app",
        uses: &[
            "roster-domain",
            "roster-application",
            "roster-wire",
            "roster-http",
            "roster-vendors",
            "roster-store-postgres",
            "roster-store-sqlite",
        ],
        tests_use: &["roster-contract"],
        reason: "only tests need the contract suites",
    },
    Room {
        package: "e2e",
        uses: &[],
        tests_use: &[],
        reason: "the end-to-end tests know the running binary and nothing behind it",
    },
    Room {
        package: "yardsticks",
        uses: &[],
        tests_use: &[],
        reason: "what Roster is measured against has nothing of Roster's in it",
    },
    Room {
        package: "xtask",
        uses: &[],
        tests_use: &[],
        reason: "a chore must work while the house does not compile",
    },
];

/// Outside crates that only some packages may depend on.
pub(super) const OUTSIDE: &[Guest] = &[
    Guest {
        name: "sqlx",
        allowed: &["roster-store-postgres", "roster-store-sqlite", "e2e", "yardsticks"],
        tests_allowed: &["xtask"],
        reason: "SQL is the stores' own affair (a chore applies their migrations, and end-to-end tests let time pass)",
    },
    Guest {
        name: "axum",
        allowed: &["roster-http", "yardsticks"],
        tests_allowed: &[],
        reason: "only the inbound adapter speaks HTTP to callers",
    },
    Guest {
        name: "axum-server",
        allowed: &["roster-http", "roster-app"],
        tests_allowed: &[],
        reason: "only the inbound adapter speaks HTTP to callers, and only the binary listens",
    },
    Guest {
        name: "tower",
        allowed: &["roster-http"],
        tests_allowed: &[],
        reason: "only the inbound adapter speaks HTTP to callers",
    },
    Guest {
        name: "tower-http",
        allowed: &["roster-http"],
        tests_allowed: &[],
        reason: "only the inbound adapter speaks HTTP to callers",
    },
    Guest {
        name: "utoipa",
        allowed: &["roster-http", "roster-wire"],
        tests_allowed: &[],
        reason: "OpenAPI describes the surfaces, and the wire types that they show",
    },
    Guest {
        name: "utoipa-*",
        allowed: &["roster-http"],
        tests_allowed: &[],
        reason: "OpenAPI describes the surfaces",
    },
    Guest {
        name: "reqwest",
        allowed: &["roster-vendors", "e2e", "yardsticks"],
        tests_allowed: &[],
        reason: "only the outbound adapter calls vendors (and the end-to-end tests call Roster)",
    },
];

/// What the domain does without: effects, and other people's formats.
pub(super) const NOT_IN_DOMAIN: &[(&str, &str)] = &[
    ("async-trait", "the rules are not asynchronous"),
    ("futures", "the rules are not asynchronous"),
    ("rand", "randomness is a parameter"),
    ("serde", "wire formats belong to `wire` and the adapters"),
    ("serde_json", "wire formats belong to `wire` and the adapters"),
    ("tokio", "the rules are not asynchronous"),
];

/// Features that would bring the same effects in by another door.
pub(super) const FEATURES_NOT_IN_DOMAIN: &[(&str, &[&str], &str)] = &[
    ("chrono", &["clock", "now"], "time is a parameter"),
    ("chrono", &["serde"], "wire formats belong to `wire` and the adapters"),
    (
        "uuid",
        &["v1", "v4", "v6", "v7", "rng", "fast-rng", "rng-getrandom", "rng-rand"],
        "ids are made by the `Ids` port, so that tests can choose them",
    ),
    ("uuid", &["serde"], "wire formats belong to `wire` and the adapters"),
];

/// One crate of the workspace, and what of it is its business.
pub(super) struct Room {
    pub(super) package: &'static str,
    pub(super) uses: &'static [&'static str],
    /// Allowed as a dev-dependency on top of that.
    pub(super) tests_use: &'static [&'static str],
    pub(super) reason: &'static str,
}

/// One outside crate, and who may have it.
pub(super) struct Guest {
    /// A name, or a beginning followed by `*`.
    pub(super) name: &'static str,
    pub(super) allowed: &'static [&'static str],
    /// Who may have it as a dev-dependency.
    pub(super) tests_allowed: &'static [&'static str],
    pub(super) reason: &'static str,
}

impl Guest {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name
            .strip_suffix('*')
            .map_or(self.name == name, |beginning| name.starts_with(beginning))
    }
}
