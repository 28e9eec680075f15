//! What a vendor can do, declared and not guessed.

use std::fmt;

use crate::presence::OnLeave;
use crate::user::User;

/// What a vendor can do, and what it needs. [`crate::plan()`] works from this alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one independent ability, named as such"
)]
pub struct Capabilities {
    /// What a user is looked up by. `None` where the vendor has no look-up at all: users go there by their external id, and
    /// a create must be an upsert by it, which finds whom it made before, so that it may be repeated.
    pub look_up: Option<KeyKind>,
    /// Whether a second create with the same key is known to be refused. Where it is not, Roster looks before
    /// every create, so that a user who is there already is adopted and not doubled.
    pub refuses_duplicates: bool,
    /// Whether the fields of a user can be changed.
    pub update: bool,
    /// Whether they can be changed while the user is deactivated. Upheal says that they cannot.
    pub update_inactive: bool,
    /// Whether a user can be deactivated.
    pub deactivate: bool,
    /// Whether a deactivated user can be activated again.
    pub reactivate: bool,
    /// Whether a user can be deleted.
    pub delete: bool,
    /// Whether a user can be read by the vendor's id, so that what somebody changed there is noticed.
    pub read_back: bool,
    /// Whether it takes an initial password.
    pub initial_password: bool,
    /// The fields of the canonical user without which the vendor takes nobody, by name.
    pub required: &'static [RequiredField],
}

impl Capabilities {
    /// The key under which the vendor should know a user; `None` where the user lacks what it is made of.
    #[must_use]
    pub fn key_of(&self, user: &User) -> Option<VendorKey> {
        VendorKey::of(user, self.look_up.unwrap_or(KeyKind::ExternalId))
    }

    /// Whether who leaves is deleted there: where the connection asks for it and the vendor can.
    #[must_use]
    pub fn deletes(&self, on_leave: OnLeave) -> bool {
        self.delete && on_leave == OnLeave::Delete
    }
}

/// A field that a vendor insists on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequiredField {
    /// `email`
    Email,
    /// `external_id`
    ExternalId,
    /// `first_name`
    FirstName,
    /// `last_name`
    LastName,
}

impl RequiredField {
    /// The name of the field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::ExternalId => "external_id",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
        }
    }

    /// Whether a user has the field.
    #[must_use]
    pub fn is_in(self, user: &User) -> bool {
        match self {
            Self::Email => user.profile.email.is_some(),
            Self::ExternalId => user.profile.external_id.is_some(),
            Self::FirstName => user.profile.first_name.is_some(),
            Self::LastName => user.profile.last_name.is_some(),
        }
    }
}

/// What a vendor knows users by, beside its own id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// An id from another system. A user without an external id goes there under Roster's own id, so that it
    /// can be found again.
    ExternalId,
    /// The e-mail address.
    Email,
}

/// The key under which a vendor knows, or would know, a user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VendorKey(String);

impl VendorKey {
    /// Takes a key as it is; stores read keys back with it.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key under which a user goes to a vendor; `None` where the user lacks what it is made of.
    #[must_use]
    pub fn of(user: &User, kind: KeyKind) -> Option<Self> {
        match kind {
            KeyKind::ExternalId => Some(match &user.profile.external_id {
                Some(external_id) => Self(external_id.as_str().to_owned()),
                None => Self(user.id.to_string()),
            }),
            KeyKind::Email => user.profile.email.as_ref().map(|email| Self(email.as_str().to_owned())),
        }
    }

    /// The key as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VendorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
