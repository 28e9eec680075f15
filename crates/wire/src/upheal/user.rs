//! The generic user: what all kinds of users have in common. Roster's are providers.

use roster_domain::{Change, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::fields::{self, UserUrls};
use super::{USER_TYPE, schemas};

/// `GET /users/{id}` of V1, and the answer to a change. `clientSessionUrl` and `therapistSessionUrl` are of clients
/// alone and never here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UphealUserV1)]
#[serde(rename_all = "camelCase")]
pub struct UserV1 {
    /// Who it is.
    pub user_id: Uuid,
    /// The first name; empty for a user who was made elsewhere, without one.
    pub first_name: String,
    /// The last name; empty for a user who was made elsewhere, without one.
    pub last_name: String,
    /// The e-mail address; empty for a user who was made elsewhere, without one.
    pub email: String,
    /// What kind of user this is.
    #[schema(schema_with = schemas::user_type)]
    pub user_type: String,
    /// The telephone number within the country.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone_number: Option<String>,
    /// The country's calling code, or its two letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone_country_code: Option<String>,
    /// Where the user signs up: unique, and cannot be guessed.
    #[schema(format = "uri")]
    pub invite_url: String,
    /// The provider's own room, for them and all their clients.
    pub private_room_link: String,
    /// The user's pronoun.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::pronoun)]
    pub pronoun: Option<String>,
    /// The user's id in the partner's system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub partner_user_id: Option<String>,
    /// The day of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub date_of_birth: Option<String>,
    /// The organization that the user belongs to.
    pub organization_id: Uuid,
    /// The kind of session that notes are written for.
    #[schema(schema_with = schemas::session_type)]
    pub default_session_type: String,
}

/// `GET /users/{id}` of V2, and the answer to a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UphealUserV2)]
#[serde(rename_all = "camelCase")]
pub struct UserV2 {
    /// Who it is.
    pub user_id: Uuid,
    /// The first name; empty for a user who was made elsewhere, without one.
    pub first_name: String,
    /// The last name; empty for a user who was made elsewhere, without one.
    pub last_name: String,
    /// The e-mail address; empty for a user who was made elsewhere, without one.
    pub email: String,
    /// What kind of user this is.
    #[schema(schema_with = schemas::user_type)]
    pub user_type: String,
    /// The telephone number within the country.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone_number: Option<String>,
    /// The country's calling code, or its two letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone_country_code: Option<String>,
    /// Where the user signs up: unique, and cannot be guessed.
    #[schema(format = "uri")]
    pub invite_url: String,
    /// The provider's own room, for them and all their clients.
    pub private_room_link: String,
    /// The user's pronoun.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::pronoun)]
    pub pronoun: Option<String>,
    /// The user's id in the partner's system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub partner_user_id: Option<String>,
    /// The day of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub date_of_birth: Option<String>,
    /// The organization that the user belongs to.
    pub organization_id: Uuid,
    /// The note templates to begin with; empty where there are none.
    #[schema(schema_with = schemas::templates)]
    pub default_note_template_ids: Vec<String>,
}

/// `PATCH /users/{id}` of V1. What is left out stays; null clears, but for the names, which the vendor requires.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = UphealUserChangesV1)]
#[serde(rename_all = "camelCase")]
pub struct UserChangesV1 {
    /// The first name.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::first_name)]
    pub first_name: Change<String>,
    /// The last name.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::last_name)]
    pub last_name: Change<String>,
    /// The user's pronoun.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::pronoun_or_null)]
    pub pronoun: Change<String>,
    /// The day of birth, from 1900-01-01.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::date_of_birth_or_null)]
    pub date_of_birth: Change<String>,
    /// The kind of session that notes are written for.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::session_type_or_null)]
    pub default_session_type: Change<String>,
}

/// `PATCH /users/{id}` of V2. What is left out stays; null clears, but for the names, which the vendor requires.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = UphealUserChangesV2)]
#[serde(rename_all = "camelCase")]
pub struct UserChangesV2 {
    /// The first name.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::first_name)]
    pub first_name: Change<String>,
    /// The last name.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::last_name)]
    pub last_name: Change<String>,
    /// The user's pronoun.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::pronoun_or_null)]
    pub pronoun: Change<String>,
    /// The day of birth, from 1900-01-01.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::date_of_birth_or_null)]
    pub date_of_birth: Change<String>,
    /// The note templates to begin with, in the order of preference; replaced as a whole.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::templates_or_null)]
    pub default_note_template_ids: Change<Vec<String>>,
}

impl UserV1 {
    /// Writes a user.
    #[must_use]
    pub fn new(user: &User, urls: UserUrls) -> Self {
        Self {
            user_id: user.id.uuid(),
            first_name: fields::required(fields::first_name(user)),
            last_name: fields::required(fields::last_name(user)),
            email: fields::required(fields::email(user)),
            user_type: USER_TYPE.to_owned(),
            phone_number: fields::phone_number(user),
            phone_country_code: fields::phone_country_code(user),
            invite_url: urls.invite_url,
            private_room_link: urls.private_room_link,
            pronoun: fields::pronoun(user),
            partner_user_id: fields::partner_user_id(user),
            date_of_birth: fields::date_of_birth(user),
            organization_id: user.organization_id.uuid(),
            default_session_type: fields::session_type(user),
        }
    }
}

impl UserV2 {
    /// Writes a user.
    #[must_use]
    pub fn new(user: &User, urls: UserUrls) -> Self {
        Self {
            user_id: user.id.uuid(),
            first_name: fields::required(fields::first_name(user)),
            last_name: fields::required(fields::last_name(user)),
            email: fields::required(fields::email(user)),
            user_type: USER_TYPE.to_owned(),
            phone_number: fields::phone_number(user),
            phone_country_code: fields::phone_country_code(user),
            invite_url: urls.invite_url,
            private_room_link: urls.private_room_link,
            pronoun: fields::pronoun(user),
            partner_user_id: fields::partner_user_id(user),
            date_of_birth: fields::date_of_birth(user),
            organization_id: user.organization_id.uuid(),
            default_note_template_ids: fields::templates(user),
        }
    }
}
