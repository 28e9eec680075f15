//! Passwords and tokens, which go over the wire and into no log.

use std::fmt;

use roster_domain::{Change, FieldPath, Violations};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::field::Field;

/// A password or a token: whoever holds it is let in, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(as = CortiSecret)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret as it is.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, for the one place that sends or checks it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A [`Field`] whose value `Debug` does not show.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct SecretField(Field);

impl SecretField {
    /// Whether the request leaves the field out.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.0.is_absent()
    }

    /// The field as text. What a violation says of it never repeats it.
    pub fn text(self, field: &FieldPath, violations: &mut Violations) -> Change<String> {
        self.0.text(field, violations)
    }
}

impl fmt::Debug for SecretField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_absent() {
            "SecretField(absent)"
        } else {
            "SecretField(…)"
        })
    }
}
