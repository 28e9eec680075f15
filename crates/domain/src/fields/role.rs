//! What a user may do at Nabla Core.

use std::fmt;
use std::str::FromStr;

use crate::violation::{Fault, Given, Rule};

/// A role, as the archived generation of Nabla Core has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Administers the organization at the vendor.
    Administrator,
    /// Works with patients.
    Practitioner,
}

impl Role {
    /// Every role, in the order in which they are listed.
    pub const ALL: [Self; 2] = [Self::Administrator, Self::Practitioner];

    /// The names of all roles, in the same order.
    pub const NAMES: &'static [&'static str] = &["ADMINISTRATOR", "PRACTITIONER"];

    /// The vendor's spelling.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| Fault::new(Rule::OneOf { allowed: Self::NAMES }, Given::value(text)))
    }
}
