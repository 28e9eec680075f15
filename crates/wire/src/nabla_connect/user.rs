//! A user, as the vendor answers it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Settings;

/// A provider user. All four keys are always written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NablaConnectUser)]
pub struct User {
    /// The e-mail address, in the spelling in which it came first.
    #[schema(format = Email)]
    pub provider_email: String,
    /// The provider's id in the customer's own system.
    #[schema(max_length = 256)]
    pub external_provider_id: String,
    /// Specialty and speech locales. Null until something is set; the vendor's defaults hold meanwhile.
    #[schema(required = true)]
    pub settings: Option<Settings>,
    /// When the user was made: UTC, to the millisecond.
    #[serde(serialize_with = "crate::nabla::milliseconds")]
    pub created_at: DateTime<Utc>,
}

impl From<&roster_domain::User> for User {
    /// The vendor knows no user without address and id; one that another surface left without is shown with empty text.
    fn from(user: &roster_domain::User) -> Self {
        let profile = &user.profile;
        let email = profile.email.as_ref().map(|email| email.as_str().to_owned());
        let external_id = profile.external_id.as_ref().map(|id| id.as_str().to_owned());
        Self {
            provider_email: email.unwrap_or_default(),
            external_provider_id: external_id.unwrap_or_default(),
            settings: Settings::of(&profile.settings),
            created_at: user.created_at,
        }
    }
}
