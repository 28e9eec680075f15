//! A new provider: what is sent, and what comes back.

use roster_domain::User;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::fields::{self, UserUrls};
use super::schemas;

/// `POST /users/providers` of V1, alone or in an organization. What is null or left out is not set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = UphealNewProviderV1)]
#[serde(rename_all = "camelCase")]
pub struct NewProviderV1 {
    /// The user's id in the partner's system; unique in the organization. The vendor then takes it wherever it takes
    /// its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::partner_user_id_or_null)]
    pub partner_user_id: Option<String>,
    /// The first name.
    #[schema(schema_with = schemas::first_name)]
    pub first_name: String,
    /// The last name.
    #[schema(schema_with = schemas::last_name)]
    pub last_name: String,
    /// The e-mail address, at most 254 bytes; unique in the organization without regard to case.
    #[schema(schema_with = schemas::email)]
    pub email: String,
    /// The telephone number within the country.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::phone_number_or_null)]
    pub phone_number: Option<String>,
    /// The country's calling code, or its two letters (ISO 3166-1).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::phone_country_code_or_null)]
    pub phone_country_code: Option<String>,
    /// The language that the user reads, as a BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::locale_or_null)]
    pub locale: Option<String>,
    /// The National Provider Identifier: 10 digits, the last a check digit (Luhn over 80840 and the NPI).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::npi_or_null)]
    pub national_provider_identifier: Option<String>,
    /// The number of the therapist's licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::therapy_licence_or_null)]
    pub therapy_licence: Option<String>,
    /// The kind of session that notes are written for; the vendor's default is `Standard`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::session_type_or_null)]
    pub default_session_type: Option<String>,
}

/// `POST /users/providers` of V2, alone or in an organization. What is null or left out is not set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = UphealNewProviderV2)]
#[serde(rename_all = "camelCase")]
pub struct NewProviderV2 {
    /// The user's id in the partner's system; unique in the organization. The vendor then takes it wherever it takes
    /// its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::partner_user_id_or_null)]
    pub partner_user_id: Option<String>,
    /// The first name.
    #[schema(schema_with = schemas::first_name)]
    pub first_name: String,
    /// The last name.
    #[schema(schema_with = schemas::last_name)]
    pub last_name: String,
    /// The e-mail address, at most 254 bytes; unique in the organization without regard to case.
    #[schema(schema_with = schemas::email)]
    pub email: String,
    /// The telephone number within the country.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::phone_number_or_null)]
    pub phone_number: Option<String>,
    /// The country's calling code, or its two letters (ISO 3166-1).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::phone_country_code_or_null)]
    pub phone_country_code: Option<String>,
    /// The language that the user reads, as a BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::locale_or_null)]
    pub locale: Option<String>,
    /// The note templates to begin with, in the order of preference.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, schema_with = schemas::templates_or_null)]
    pub default_note_template_ids: Vec<String>,
    /// The National Provider Identifier: 10 digits, the last a check digit (Luhn over 80840 and the NPI).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::npi_or_null)]
    pub national_provider_identifier: Option<String>,
    /// The number of the therapist's licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::therapy_licence_or_null)]
    pub therapy_licence: Option<String>,
    /// How notes refer to the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::note_identifier_or_null)]
    pub note_identifier: Option<String>,
}

/// The answer to a [`NewProviderV1`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UphealCreatedProviderV1)]
#[serde(rename_all = "camelCase")]
pub struct CreatedProviderV1 {
    /// Who was made.
    pub user_id: Uuid,
    /// Where the user signs up: unique, and cannot be guessed.
    #[schema(format = "uri")]
    pub invite_url: String,
    /// The provider's own room, for them and all their clients.
    pub private_room_link: String,
    /// The user's id in the partner's system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub partner_user_id: Option<String>,
    /// The organization that the user belongs to.
    pub organization_id: Uuid,
}

/// The answer to a [`NewProviderV2`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UphealCreatedProviderV2)]
#[serde(rename_all = "camelCase")]
pub struct CreatedProviderV2 {
    /// Who was made.
    pub user_id: Uuid,
    /// Where the user signs up: unique, and cannot be guessed.
    #[schema(format = "uri")]
    pub invite_url: String,
    /// The provider's own room, for them and all their clients.
    pub private_room_link: String,
    /// The user's id in the partner's system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub partner_user_id: Option<String>,
    /// The note templates to begin with; empty where there are none.
    #[schema(schema_with = schemas::templates)]
    pub default_note_template_ids: Vec<String>,
    /// The organization that the user belongs to.
    pub organization_id: Uuid,
    /// How notes refer to the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::note_identifier)]
    pub note_identifier: Option<String>,
}

impl CreatedProviderV1 {
    /// Writes a user who was made.
    #[must_use]
    pub fn new(user: &User, urls: UserUrls) -> Self {
        Self {
            user_id: user.id.uuid(),
            invite_url: urls.invite_url,
            private_room_link: urls.private_room_link,
            partner_user_id: fields::partner_user_id(user),
            organization_id: user.organization_id.uuid(),
        }
    }
}

impl CreatedProviderV2 {
    /// Writes a user who was made.
    #[must_use]
    pub fn new(user: &User, urls: UserUrls) -> Self {
        Self {
            user_id: user.id.uuid(),
            invite_url: urls.invite_url,
            private_room_link: urls.private_room_link,
            partner_user_id: fields::partner_user_id(user),
            default_note_template_ids: fields::templates(user),
            organization_id: user.organization_id.uuid(),
            note_identifier: fields::note_identifier(user),
        }
    }
}
