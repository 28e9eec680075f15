//! One user at one connection: what the vendor knows, and how far that is from what it should know.

use std::fmt;
use std::str::FromStr;

use crate::ids::{ConnectionId, OrganizationId, UserId};
use crate::plan::Known;
use crate::vendor::Vendor;
use crate::violation::{Fault, Given, Rule};
use crate::{Timestamp, Version};

/// One user at one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The organization that owns both.
    pub organization_id: OrganizationId,
    /// The user.
    pub user_id: UserId,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The vendor at the other end of the connection.
    pub vendor: Vendor,
    /// Whether the user is to be there. Always true where the connection takes all users.
    pub is_assigned: bool,
    /// The version of the user that the vendor should have.
    pub desired_version: Version,
    /// What Roster knows of the user at the vendor.
    pub known: Known,
    /// The page on which the user signs up, where the vendor gave one.
    pub invite_url: Option<String>,
    /// Failed attempts since the last success or the last change.
    pub attempts: u32,
    /// When the account is due, be it only to be read back; `None` when nothing is to be done, or a person is asked.
    pub next_attempt_at: Option<Timestamp>,
    /// What went wrong last, in plain words, while it is being retried.
    pub last_error: Option<String>,
    /// Set while a person is asked.
    pub attention: Option<Attention>,
    /// Set when the user is gone from the vendor for good.
    pub removed_at: Option<Timestamp>,
    /// Set while the connection is paused.
    pub paused: bool,
    /// Set while the user's departure waits for the connection's operator to approve a mass change.
    pub held_since: Option<Timestamp>,
    /// What somebody changed at the vendor, where that is reported and not repaired.
    pub drift: Option<Drift>,
    /// When the account last changed.
    pub updated_at: Timestamp,
}

impl Account {
    /// Where the account stands, in one word.
    #[must_use]
    pub fn status(&self) -> AccountStatus {
        let behind = self.known.applied_version < self.desired_version;
        if self.removed_at.is_some() && !behind {
            AccountStatus::Removed
        } else if self.attention.is_some() {
            AccountStatus::NeedsAttention
        } else if !behind {
            AccountStatus::InSync
        } else if self.paused || self.held_since.is_some() {
            AccountStatus::Paused
        } else if self.attempts > 0 {
            AccountStatus::Retrying
        } else {
            AccountStatus::Pending
        }
    }
}

/// What was found at the vendor that is not as Roster left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// What differs, in plain words.
    pub message: String,
    /// When it was found first.
    pub since: Timestamp,
}

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountStatus {
    /// A change waits to be sent.
    Pending,
    /// The vendor has what it should have.
    InSync,
    /// Sending failed and will be tried again by itself.
    Retrying,
    /// Sending cannot succeed until a person does something.
    NeedsAttention,
    /// The connection is paused, or the departure is held.
    Paused,
    /// The user is gone from the vendor.
    Removed,
}

impl AccountStatus {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::InSync,
        Self::Retrying,
        Self::NeedsAttention,
        Self::Paused,
        Self::Removed,
    ];

    /// The names of all, in the same order.
    pub const NAMES: &'static [&'static str] =
        &["pending", "in_sync", "retrying", "needs_attention", "paused", "removed"];

    /// The name of the status.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl fmt::Display for AccountStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for AccountStatus {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::ALL
            .into_iter()
            .find(|status| status.name() == text)
            .ok_or_else(|| Fault::new(Rule::OneOf { allowed: Self::NAMES }, Given::value(text)))
    }
}

/// Why a person is asked, and who that should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// The kind of cause, for machines.
    pub cause: Cause,
    /// What happened and what would heal it, in plain words.
    pub message: String,
    /// Who can heal it.
    pub remedy: Remedy,
    /// Since when.
    pub since: Timestamp,
}

/// The kinds of cause for which a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The vendor needs a field that the user lacks.
    MissingField,
    /// The vendor cannot do what the user's record demands.
    Unsupported,
    /// The vendor says that the user exists already, yet it is not found, or belongs to someone else.
    HeldElsewhere,
    /// The vendor refused the request for a reason that repeating it will not change.
    Rejected,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 4] = [
        Self::MissingField,
        Self::Unsupported,
        Self::HeldElsewhere,
        Self::Rejected,
    ];

    /// The names of all, in the same order.
    pub const NAMES: &'static [&'static str] = &["missing_field", "unsupported", "held_elsewhere", "rejected"];

    /// The name of the cause.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl FromStr for Cause {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::ALL
            .into_iter()
            .find(|cause| cause.name() == text)
            .ok_or_else(|| Fault::new(Rule::OneOf { allowed: Self::NAMES }, Given::value(text)))
    }
}

/// Who can heal what stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// The vendor's support.
    Vendor,
    /// Whoever maintains the user's record.
    Customer,
    /// Whoever operates Roster.
    Operator,
}

impl Remedy {
    /// Everyone who may be asked.
    pub const ALL: [Self; 3] = [Self::Vendor, Self::Customer, Self::Operator];

    /// The names of all, in the same order.
    pub const NAMES: &'static [&'static str] = &["vendor", "customer", "operator"];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl FromStr for Remedy {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::ALL
            .into_iter()
            .find(|remedy| remedy.name() == text)
            .ok_or_else(|| Fault::new(Rule::OneOf { allowed: Self::NAMES }, Given::value(text)))
    }
}
