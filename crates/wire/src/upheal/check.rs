//! Whether an e-mail address belongs to a user.

use roster_domain::{Change, Email, FieldPath, User, Violations};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{fields, request};
use crate::field::Field;

/// `POST /users/check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UphealCheckUserBody)]
pub struct CheckUserBody {
    /// The e-mail address, at most 254 bytes, compared without regard to case.
    #[schema(format = Email, max_length = 254)]
    pub email: String,
}

/// A [`CheckUserBody`] as it comes in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CheckUserRequest {
    /// The e-mail address.
    pub email: Field,
}

impl CheckUserRequest {
    /// The address, or everything that is wrong with the request.
    pub fn into_email(self) -> Result<Email, Violations> {
        let mut violations = Violations::none();
        let field = FieldPath::of("email");
        let email = match request::required(self.email, &field, &mut violations) {
            Change::Set(text) => violations.check(&field, Email::new(text)),
            Change::Keep | Change::Clear => None,
        };
        email.ok_or(violations)
    }
}

/// The answer to a [`CheckUserBody`]. Without a user there is only the first field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UphealCheckedUser)]
#[serde(rename_all = "camelCase")]
pub struct CheckedUser {
    /// Whether a user has the address. The vendor's page calls its type a URL, which is a slip.
    pub is_user_exists: bool,
    /// Who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user_id: Option<Uuid>,
    /// The address as it is on file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub email: Option<String>,
    /// Whether the user may work.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_active: Option<bool>,
}

impl From<Option<&User>> for CheckedUser {
    fn from(user: Option<&User>) -> Self {
        Self {
            is_user_exists: user.is_some(),
            user_id: user.map(|user| user.id.uuid()),
            email: user.and_then(fields::email).map(str::to_owned),
            is_active: user.map(|user| user.active),
        }
    }
}
