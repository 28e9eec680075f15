//! The versions of both generations.
//!
//! The versions of a generation do not differ in what this dialect serves, so a version is checked and then done with, and
//! which one is pinned makes no difference.

use roster_wire::nabla::{NEXT_VERSION, VERSION_HEADER, VERSION_QUERY};

use crate::dialects::Versions;

/// Those of the current generation.
pub(super) const CURRENT: Versions = Versions {
    header: VERSION_HEADER,
    query: VERSION_QUERY,
    known: &[
        "2024-10-01",
        "2025-04-03",
        "2025-05-07",
        "2025-05-21",
        "2025-07-24",
        "2026-02-20",
        "2026-06-12",
        "2026-07-01",
        NEXT_VERSION,
    ],
};

/// Those of the archived generation.
pub(super) const ARCHIVED: Versions = Versions {
    known: &["2023-05-12", "2024-04-22"],
    ..CURRENT
};
