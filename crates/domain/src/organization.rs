//! The tenant that owns everything else.

use std::fmt;
use std::str::FromStr;

use crate::Timestamp;
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
    /// When the organization was made.
    pub created_at: Timestamp,
}

/// A short name for URLs: 1 to 63 lower-case letters, digits and hyphens, the first no hyphen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

impl Slug {
    /// Checks a short name.
    pub fn new(text: impl Into<String>) -> Result<Self, Fault> {
        let text = text.into();
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let valid = (1..=63).contains(&text.len())
            && text.bytes().all(|byte| letter(byte) || byte == b'-')
            && !text.starts_with('-');
        if valid {
            Ok(Self(text))
        } else {
            let expected = "a short name of 1 to 63 lower-case letters, digits and hyphens";
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

/// What an organization wants done about metadata that looks like patient data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PhiGuard {
    /// Nothing.
    Off,
    /// The write goes through and its answer carries a warning.
    #[default]
    Warn,
    /// The write is refused.
    Reject,
}

impl PhiGuard {
    /// The names of all choices.
    pub const NAMES: &'static [&'static str] = &["off", "warn", "reject"];

    /// The name of the choice.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl FromStr for PhiGuard {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        [Self::Off, Self::Warn, Self::Reject]
            .into_iter()
            .find(|choice| choice.name() == text)
            .ok_or_else(|| Fault::new(Rule::OneOf { allowed: Self::NAMES }, Given::value(text)))
    }
}
