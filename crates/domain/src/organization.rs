//! The tenant that owns everything else.

use std::fmt;

use crate::Timestamp;
use crate::choice::choice;
use crate::ids::OrganizationId;
use crate::violation::{Fault, Given, Rule};

/// The tenant: owns users, connections and API clients, and is named by every key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Roster's id of the organization.
    pub id: OrganizationId,
    /// The short name that people and URLs use.
    pub slug: Slug,
    /// What is done about metadata that looks like patient data.
    pub phi_guard: PhiGuard,
    /// The version of Nabla Connect's API that requests without one get; `None` is [`ConnectVersion::NEWEST`].
    pub nabla_connect_version: Option<ConnectVersion>,
    /// When the organization was made.
    pub created_at: Timestamp,
}

/// A short name for URLs: 1 to 63 lower-case letters, digits and hyphens, the first no hyphen. Not of the form of an id, for
/// in some URLs either names an organization.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

impl Slug {
    /// Checks a short name.
    pub fn new(text: impl Into<String>) -> Result<Self, Fault> {
        let text = text.into();
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let valid = (1..=63).contains(&text.len())
            && text.bytes().all(|byte| letter(byte) || byte == b'-')
            && !text.starts_with('-')
            && text.parse::<OrganizationId>().is_err();
        if valid {
            Ok(Self(text))
        } else {
            let expected = "a short name of 1 to 63 lower-case letters, digits and hyphens, not of the form of an id";
            Err(Fault::new(Rule::Format { expected }, Given::value(&text)))
        }
    }

    /// The organization that the first start makes.
    #[must_use]
    pub fn default_organization() -> Self {
        Self("default".to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

choice! {
    /// What an organization wants done about metadata that looks like patient data.
    #[derive(Default)]
    PhiGuard {
        /// Nothing.
        Off = "off",
        /// The write goes through and its answer carries a warning.
        #[default]
        Warn = "warn",
        /// The write is refused.
        Reject = "reject",
    }
}

choice! {
    /// A version of Nabla Connect's API. A request may name one; the organization's pinned one holds for those that do not.
    ConnectVersion {
        /// A new form of creating encounters. There is no endpoint for users yet.
        V2026_02_13 = "2026-02-13",
        /// The first with an endpoint for users.
        V2026_03_23 = "2026-03-23",
        /// What is not released yet.
        Next = "x-nabla-next",
    }
}

impl ConnectVersion {
    /// The newest that is released, which is what a new organization is pinned to.
    pub const NEWEST: Self = Self::V2026_03_23;
}
