//! The kinds of remote systems that Roster knows.

use std::fmt;
use std::str::FromStr;

use crate::violation::{Fault, Given, Rule};

/// A kind of remote system that clinicians are provisioned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vendor {
    /// Nabla's Core API.
    NablaCore,
    /// Nabla's Connect API.
    NablaConnect,
    /// Upheal's partner API.
    Upheal,
    /// Corti's Console Admin API.
    Corti,
}

impl Vendor {
    /// Every vendor, in the order in which they are listed to people.
    pub const ALL: [Self; 4] = [Self::NablaCore, Self::NablaConnect, Self::Upheal, Self::Corti];

    /// The names of all vendors, in the same order.
    pub const NAMES: &'static [&'static str] = &["nabla_core", "nabla_connect", "upheal", "corti"];

    /// The name that is used in URLs, JSON, tables and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NablaCore => "nabla_core",
            Self::NablaConnect => "nabla_connect",
            Self::Upheal => "upheal",
            Self::Corti => "corti",
        }
    }

    /// The name as the vendor writes it, for sentences that people read.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::NablaCore => "Nabla Core",
            Self::NablaConnect => "Nabla Connect",
            Self::Upheal => "Upheal",
            Self::Corti => "Corti",
        }
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Vendor {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::ALL
            .into_iter()
            .find(|vendor| vendor.name() == text)
            .ok_or_else(|| Fault::new(Rule::OneOf { allowed: Self::NAMES }, Given::value(text)))
    }
}
