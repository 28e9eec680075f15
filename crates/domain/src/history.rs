//! Who or what changed a user, and which fields: a pure comparison of two records.

use crate::choice::choice;
use crate::ids::ApiClientId;
use crate::profile::Profile;
use crate::user::User;
use crate::vendor::Vendor;
use crate::violation::{Fault, Given, Rule};

choice! {
    /// Through which surface a change came.
    Surface {
        /// The canonical REST API.
        V1 = "v1",
        /// Nabla Core's dialect.
        NablaCore = "nabla_core",
        /// Nabla Connect's dialect.
        NablaConnect = "nabla_connect",
        /// Upheal's dialect.
        Upheal = "upheal",
        /// Corti's dialect.
        Corti = "corti",
        /// SCIM 2.0.
        Scim = "scim",
        /// The command line.
        Cli = "cli",
        /// Adopting users who are at a vendor already.
        Pull = "pull",
    }
}

impl Surface {
    /// The surfaces that API clients call, so that one can be limited to them. The others are Roster's own.
    pub const CALLABLE: &'static [Self] = &[
        Self::V1,
        Self::Scim,
        Self::NablaCore,
        Self::NablaConnect,
        Self::Upheal,
        Self::Corti,
    ];

    /// The names of those, in the same order.
    pub const CALLABLE_NAMES: &'static [&'static str] =
        &["v1", "scim", "nabla_core", "nabla_connect", "upheal", "corti"];

    /// The surface of a name, if API clients call it.
    pub fn callable(name: &str) -> Result<Self, Fault> {
        let found = Self::CALLABLE.iter().copied().find(|surface| surface.name() == name);
        let rule = Rule::OneOf {
            allowed: Self::CALLABLE_NAMES,
        };
        found.ok_or_else(|| Fault::new(rule, Given::value(name)))
    }
}

/// The surface where a vendor's own API is spoken.
impl From<Vendor> for Surface {
    fn from(vendor: Vendor) -> Self {
        match vendor {
            Vendor::NablaCore => Self::NablaCore,
            Vendor::NablaConnect => Self::NablaConnect,
            Vendor::Upheal => Self::Upheal,
            Vendor::Corti => Self::Corti,
        }
    }
}

/// Who changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Through which surface.
    pub surface: Surface,
    /// The API client; `None` for whoever has the command line.
    pub client: Option<ApiClientId>,
}

choice! {
    /// What was done to a user.
    Deed {
        /// The user was created.
        Created = "created",
        /// Fields were changed.
        Updated = "updated",
        /// The user was activated.
        Activated = "activated",
        /// The user was deactivated.
        Deactivated = "deactivated",
        /// The user was deleted.
        Deleted = "deleted",
        /// The user was assigned to a connection.
        Assigned = "assigned",
        /// The user was taken off a connection.
        Unassigned = "unassigned",
        /// The user was put into a group.
        Joined = "joined",
        /// The user was taken out of a group.
        Left = "left",
        /// The user, who had been deleted, was created again.
        Restored = "restored",
    }
}

/// The fields of a user that differ between two versions, by the names that `/v1` has for them, in its order. For a user
/// who is new, those that are set.
///
/// Only names: what was in a field is the user's business, and is not kept beyond the record itself.
#[must_use]
pub fn changed_fields(before: Option<&User>, after: &User) -> Vec<&'static str> {
    let nobody = Profile::default();
    let (was, is) = (before.map_or(&nobody, |user| &user.profile), &after.profile);
    let spelling = |profile: &Profile| profile.email.as_ref().map(|email| email.as_str().to_owned());
    [
        ("external_id", was.external_id != is.external_id),
        ("email", spelling(was) != spelling(is)),
        ("first_name", was.first_name != is.first_name),
        ("last_name", was.last_name != is.last_name),
        ("phone", was.phone != is.phone),
        ("locale", was.locale != is.locale),
        ("roles", was.roles != is.roles),
        ("active", before.is_none_or(|user| user.active != after.active)),
        ("metadata", was.metadata != is.metadata),
        ("npi", was.npi != is.npi),
        ("therapy_licence", was.therapy_licence != is.therapy_licence),
        ("note_identifier", was.note_identifier != is.note_identifier),
        (
            "default_note_template_ids",
            was.default_note_template_ids != is.default_note_template_ids,
        ),
        (
            "default_session_type",
            was.default_session_type != is.default_session_type,
        ),
        ("pronoun", was.pronoun != is.pronoun),
        ("date_of_birth", was.date_of_birth != is.date_of_birth),
        ("settings", was.settings != is.settings),
        ("customer_id", was.customer_id != is.customer_id),
        ("user_name", was.user_name != is.user_name),
        ("scim", was.scim != is.scim),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

impl Deed {
    /// What was done, judged by the two versions. A change of fields beside a switch is the switch: that is what
    /// whoever reads a history looks for, and the fields are listed beside it.
    #[must_use]
    pub fn of(before: Option<&User>, after: &User) -> Self {
        match before {
            _ if after.deleted_at.is_some() => Self::Deleted,
            None => Self::Created,
            Some(before) if before.deleted_at.is_some() => Self::Restored,
            Some(before) if before.active && !after.active => Self::Deactivated,
            Some(before) if !before.active && after.active => Self::Activated,
            Some(_) => Self::Updated,
        }
    }
}
