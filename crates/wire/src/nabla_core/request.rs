//! What is sent to create or change a user: strictly as clients write it, leniently as the dialect reads it.

use std::collections::BTreeMap;

use roster_domain::{FieldPath, UserChanges, Violations};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::field::Field;
use crate::schema;

/// `POST /users` and `PATCH /users/:id` of the current generation, complete: null clears, and the dictionary
/// replaces the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = NablaCoreUserBody)]
pub struct UserBody {
    /// The user's id in the customer's own system.
    #[schema(schema_with = schema::external_id_or_null, required = false)]
    pub external_id: Option<String>,
    /// Free key-value data: at most 50 keys of at most 40 characters, values of at most 500 characters. Not for patient data.
    #[schema(schema_with = schema::metadata_or_null, required = false)]
    pub metadata: Option<BTreeMap<String, String>>,
}

/// `POST /users` of the archived generation. Address and roles can be set when a user is created, and not later.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = NablaCoreArchivedUserBody)]
pub struct ArchivedUserBody {
    /// The user's id in the customer's own system.
    #[schema(schema_with = schema::external_id_or_null, required = false)]
    pub external_id: Option<String>,
    /// Free key-value data: at most 50 keys of at most 40 characters, values of at most 500 characters. Not for patient data.
    #[schema(schema_with = schema::metadata_or_null, required = false)]
    pub metadata: Option<BTreeMap<String, String>>,
    /// The e-mail address; left out rather than null, as the vendor does not document null here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::email_or_null, required = false)]
    pub email: Option<String>,
    /// The roles, `ADMINISTRATOR` or `PRACTITIONER`; left out for the vendor's default.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = schema::roles_or_null, required = false)]
    pub roles: Vec<String>,
}

/// `{}`, which activating and deactivating want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = NablaCoreEmpty)]
pub struct Empty {}

/// A [`UserBody`] as it comes in, to create or to change. Fields that are not named here are passed over, as the
/// vendor does.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct UserRequest {
    /// The user's id in the customer's own system.
    pub external_id: Field,
    /// Free key-value data.
    pub metadata: Field,
}

/// An [`ArchivedUserBody`] as it comes in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ArchivedUserRequest {
    /// The user's id in the customer's own system.
    pub external_id: Field,
    /// Free key-value data.
    pub metadata: Field,
    /// The e-mail address.
    pub email: Field,
    /// The roles.
    pub roles: Field,
}

impl From<UserRequest> for UserChanges {
    fn from(request: UserRequest) -> Self {
        let mut unreadable = Violations::none();
        Self {
            external_id: request.external_id.text(&FieldPath::of("external_id"), &mut unreadable),
            metadata: request.metadata.dictionary(&FieldPath::of("metadata"), &mut unreadable),
            unreadable,
            ..Self::default()
        }
    }
}

impl From<ArchivedUserRequest> for UserChanges {
    fn from(request: ArchivedUserRequest) -> Self {
        let ArchivedUserRequest {
            external_id,
            metadata,
            email,
            roles,
        } = request;
        let mut changes = Self::from(UserRequest { external_id, metadata });
        changes.email = email.text(&FieldPath::of("email"), &mut changes.unreadable);
        changes.roles = roles.texts(&FieldPath::of("roles"), &mut changes.unreadable);
        changes
    }
}
