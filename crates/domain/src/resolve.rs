//! Which user an upsert means: a pure function of the request and of whom its keys are found to belong to.

use crate::fields::{Email, ExternalId};
use crate::ids::UserId;
use crate::user::User;

/// The keys that an upsert carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The external id.
    pub external_id: &'a ExternalId,
    /// The e-mail address, where one is given.
    pub email: Option<&'a Email>,
    /// Whether the address may differ from the one on file.
    pub email_rule: EmailRule,
}

/// What it means that a request brings another e-mail address than the one on file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailRule {
    /// The address is changed to the one given, unless somebody else has it.
    MayChange,
    /// The request is refused (Nabla Connect: the address must be the same as on file).
    MustMatch,
}

/// Which user an upsert means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Nobody has either key: a new user.
    Create,
    /// The external id belongs to this user.
    Update(UserId),
    /// The address belongs to this user, who has no external id yet and is given this one.
    Link(UserId),
    /// The keys cannot be brought together.
    Conflict(Conflict),
}

/// Why the keys of an upsert cannot be brought together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// External id and address belong to two users.
    TwoUsers {
        /// Who has the external id.
        external_id: UserId,
        /// Who has the address.
        email: UserId,
    },
    /// The address belongs to a user with another external id.
    EmailTaken {
        /// Who has the address.
        email: UserId,
    },
    /// The address differs from the one on file, and must not.
    EmailDiffers {
        /// Who has the external id.
        external_id: UserId,
    },
}

/// Decides which user an upsert means, from who was found by external id and who by e-mail address.
#[must_use]
pub fn resolve(identity: Identity<'_>, by_external_id: Option<&User>, by_email: Option<&User>) -> Resolution {
    match (by_external_id, by_email) {
        (None, None) => Resolution::Create,
        (None, Some(owner)) if owner.profile.external_id.is_none() => Resolution::Link(owner.id),
        (None, Some(owner)) => Resolution::Conflict(Conflict::EmailTaken { email: owner.id }),
        (Some(user), Some(owner)) if user.id != owner.id => Resolution::Conflict(Conflict::TwoUsers {
            external_id: user.id,
            email: owner.id,
        }),
        (Some(user), _) => match (identity.email_rule, identity.email, &user.profile.email) {
            (EmailRule::MustMatch, Some(given), Some(on_file)) if given != on_file => {
                Resolution::Conflict(Conflict::EmailDiffers { external_id: user.id })
            }
            _ => Resolution::Update(user.id),
        },
    }
}
