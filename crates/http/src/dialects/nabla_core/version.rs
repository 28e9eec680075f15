//! Which version of the API a request asks for.
//!
//! The versions of a generation do not differ in what this dialect serves, so a version is checked and then done with:
//! a client that asks for one that does not exist, or for one of the other generation, has a mistake in its base
//! URL or its configuration, and is told so. The vendor's answer to that is not known.

use axum::http::{HeaderMap, Uri};
use roster_domain::{Fault, FieldPath, Given, Rule, Violations};
use roster_wire::nabla_core::{NEXT_VERSION, VERSION_HEADER, VERSION_QUERY};

use super::Generation;
use crate::dialects::request::Parameters;
use crate::refusal::Refusal;

/// The versions that a generation knows: at least one, the oldest first, and those not released yet last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Versions {
    known: &'static [&'static str],
    pinned: &'static str,
}

const CURRENT: Versions = Versions {
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
    pinned: "2026-07-01",
};

const ARCHIVED: Versions = Versions {
    known: &["2023-05-12", "2024-04-22"],
    pinned: "2024-04-22",
};

impl Generation {
    /// The versions that the generation knows.
    pub(super) fn versions(self) -> Versions {
        match self {
            Self::Current => CURRENT,
            Self::Archived => ARCHIVED,
        }
    }
}

impl Versions {
    /// The version that holds for a request: that of the header, else that of the query, else the pinned one, which is
    /// the newest that is released.
    ///
    /// The header wins, since the query is meant for where none can be sent; what the query says is not looked at
    /// then. A header that is named without its `X-` is ignored, as the vendor does.
    pub(super) fn negotiate(self, headers: &HeaderMap, uri: &Uri) -> Result<&'static str, Refusal> {
        let mut violations = Violations::none();
        let mut given = headers.get_all(VERSION_HEADER).iter();
        let version = match (given.next(), given.next()) {
            (Some(value), None) => {
                let text = String::from_utf8_lossy(value.as_bytes());
                self.find(VERSION_HEADER, &text, &mut violations)
            }
            (Some(_), Some(_)) => {
                let fault = Fault::new(Rule::Format { expected: "given once" }, Given::kind("more than one"));
                violations.push(fault.at(FieldPath::of(VERSION_HEADER)));
                None
            }
            (None, _) => match Parameters::of_query(uri).one(VERSION_QUERY, &mut violations) {
                Some(text) => self.find(VERSION_QUERY, text, &mut violations),
                None => violations.is_empty().then_some(self.pinned),
            },
        };
        version.ok_or_else(|| Refusal::invalid(violations))
    }

    fn find(self, place: &'static str, text: &str, violations: &mut Violations) -> Option<&'static str> {
        let version = self.known.iter().find(|version| **version == text.trim()).copied();
        if version.is_none() {
            let fault = Fault::new(Rule::OneOf { allowed: self.known }, Given::value(text));
            violations.push(fault.at(FieldPath::of(place)));
        }
        version
    }
}

/// Whether it is the version that rules are broken in.
pub(super) fn is_about_version(violations: &Violations) -> bool {
    violations.iter().any(|violation| {
        violation.field.segments().eq([VERSION_HEADER]) || violation.field.segments().eq([VERSION_QUERY])
    })
}
