//! A user, as the vendor writes it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Secret, seconds};

/// A user of a customer. All seven keys are always written, and none is ever null; a password is never among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CortiUser)]
pub struct User {
    /// A unique identifier. Written in lower case, read in either.
    #[schema(example = "123e4567-e89b-12d3-a456-426614174000")]
    pub id: Uuid,
    /// The e-mail address. Empty where the user was made elsewhere without one.
    #[schema(example = "user@example.com")]
    pub email: String,
    /// The first name. Empty where the user was made elsewhere without one.
    #[schema(example = "John")]
    pub first_name: String,
    /// The last name. Empty where the user was made elsewhere without one.
    #[schema(example = "Doe")]
    pub last_name: String,
    /// Whether the address was found to be the user's own. Nobody asks the user here, so it is always false.
    pub email_verified: bool,
    /// Whether the user may work.
    pub enabled: bool,
    /// When the user was made: UTC, in whole seconds.
    #[serde(serialize_with = "seconds")]
    #[schema(example = "2023-10-01T12:00:00Z")]
    pub created_at: DateTime<Utc>,
}

impl From<&roster_domain::User> for User {
    fn from(user: &roster_domain::User) -> Self {
        let profile = &user.profile;
        let name =
            |name: Option<&roster_domain::PersonName>| name.map(|name| name.as_str().to_owned()).unwrap_or_default();
        Self {
            id: user.id.uuid(),
            email: profile
                .email
                .as_ref()
                .map(|email| email.as_str().to_owned())
                .unwrap_or_default(),
            first_name: name(profile.first_name.as_ref()),
            last_name: name(profile.last_name.as_ref()),
            email_verified: false,
            enabled: user.active,
            created_at: user.created_at,
        }
    }
}

/// What a client needs of a user that the vendor reports, and no more: an answer is not thrown away over a
/// field that nobody reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedUser {
    /// The vendor's id, as it came. The vendor documents it without requiring it; a user without one cannot be spoken of.
    pub id: String,
    /// The e-mail address, by which a user is looked up.
    pub email: String,
    /// The first name.
    #[serde(default)]
    pub first_name: Option<String>,
    /// The last name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// Whether the user may work; true where it is left out, which is the documented default.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// `POST …/users`, complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CortiNewUser)]
pub struct NewUser {
    /// The e-mail address, at most 254 bytes; unique in the project without regard to case. It cannot be changed later.
    #[schema(format = Email, max_length = 254, example = "user@example.com")]
    pub email: String,
    /// The first name: not only white space, without control characters.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "John"
    )]
    pub first_name: String,
    /// The last name: not only white space, without control characters.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "Doe"
    )]
    pub last_name: String,
    /// The initial password: 16 to 64 ASCII letters, digits and punctuation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        value_type = String,
        required = false,
        nullable = false,
        format = Password,
        min_length = 16,
        max_length = 64,
        pattern = "^[!-~]*$",
        example = "My$ecureP@ssw0rd123!"
    )]
    pub password: Option<Secret>,
}

/// `PATCH …/users/{userId}`: what is left out stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CortiUserChange)]
pub struct UserChange {
    /// The first name: not only white space, without control characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, nullable = false)]
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "John"
    )]
    pub first_name: Option<String>,
    /// The last name: not only white space, without control characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, nullable = false)]
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "Doe"
    )]
    pub last_name: Option<String>,
    /// Whether the user may work.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false, nullable = false)]
    pub enabled: Option<bool>,
    /// A new password: 16 to 64 ASCII letters, digits and punctuation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        value_type = String,
        required = false,
        nullable = false,
        format = Password,
        min_length = 16,
        max_length = 64,
        pattern = "^[!-~]*$",
        example = "My$ecureP@ssw0rd123!"
    )]
    pub password: Option<Secret>,
}
