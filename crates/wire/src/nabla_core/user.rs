//! A user, as both generations write it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use roster_domain::{Metadata, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::schema;

/// A user of the current generation. All five keys are always written; what is not set is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NablaCoreUser)]
pub struct User {
    /// A unique identifier. Written in lower case, read in either.
    pub id: Uuid,
    /// True unless the user was deactivated.
    pub activated: bool,
    /// The user's id in the customer's own system.
    #[schema(schema_with = schema::external_id_or_null, required = true)]
    pub external_id: Option<String>,
    /// Free key-value data. Null where it was never set, which is not the same as an empty dictionary.
    #[schema(schema_with = schema::metadata_or_null, required = true)]
    pub metadata: Option<BTreeMap<String, String>>,
    /// When the user was made: UTC, to the millisecond.
    #[serde(serialize_with = "crate::nabla::milliseconds")]
    pub created_at: DateTime<Utc>,
}

/// A user of the archived generation: the same, with e-mail address and roles, which are always written, too.
// The vendor's examples leave these two out, its schema requires them; the schema is what clients are built from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NablaCoreArchivedUser)]
pub struct ArchivedUser {
    /// A unique identifier. Written in lower case, read in either.
    pub id: Uuid,
    /// True unless the user was deactivated.
    pub activated: bool,
    /// The user's id in the customer's own system.
    #[schema(schema_with = schema::external_id_or_null, required = true)]
    pub external_id: Option<String>,
    /// Free key-value data. Null where it was never set, which is not the same as an empty dictionary.
    #[schema(schema_with = schema::metadata_or_null, required = true)]
    pub metadata: Option<BTreeMap<String, String>>,
    /// When the user was made: UTC, to the millisecond.
    #[serde(serialize_with = "crate::nabla::milliseconds")]
    pub created_at: DateTime<Utc>,
    /// The e-mail address.
    #[schema(schema_with = schema::email_or_null, required = true)]
    pub email: Option<String>,
    /// The roles: `ADMINISTRATOR`, `PRACTITIONER`.
    #[schema(schema_with = schema::roles)]
    pub roles: Vec<String>,
}

/// What a client needs of a user that the vendor reports, and no more: an answer is not thrown away over a
/// field that nobody reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReportedUser {
    /// The vendor's id, as it came.
    pub id: String,
    /// Whether the user may work.
    pub activated: bool,
    /// The id in the customer's own system.
    #[serde(default)]
    pub external_id: Option<String>,
    /// Free key-value data.
    #[serde(default)]
    pub metadata: Option<BTreeMap<String, String>>,
}

impl From<&roster_domain::User> for User {
    fn from(user: &roster_domain::User) -> Self {
        Self {
            id: user.id.uuid(),
            activated: user.active,
            external_id: user.profile.external_id.as_ref().map(|id| id.as_str().to_owned()),
            metadata: user.profile.metadata.as_ref().map(Metadata::entries).cloned(),
            created_at: user.created_at,
        }
    }
}

impl From<&roster_domain::User> for ArchivedUser {
    fn from(user: &roster_domain::User) -> Self {
        let User {
            id,
            activated,
            external_id,
            metadata,
            created_at,
        } = User::from(user);
        let email = user.profile.email.as_ref().map(|email| email.as_str().to_owned());
        let roles = user
            .profile
            .roles
            .iter()
            .copied()
            .map(Role::name)
            .map(str::to_owned)
            .collect();
        Self {
            id,
            activated,
            external_id,
            metadata,
            created_at,
            email,
            roles,
        }
    }
}
