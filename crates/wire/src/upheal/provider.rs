//! A provider who is there: what is read, and what can be changed. Names are the generic user's matter, see
//! [`super::UserV1`]; the e-mail address cannot be changed at all.

use roster_domain::{Change, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{fields, schemas};

/// `GET /users/providers/{id}` of V1. The vendor only documents that of V2; this has V1's fields in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UphealProviderV1)]
#[serde(rename_all = "camelCase")]
pub struct ProviderV1 {
    /// Who it is.
    pub user_id: Uuid,
    /// The first name; empty for a user who was made elsewhere, without one.
    pub first_name: String,
    /// The last name; empty for a user who was made elsewhere, without one.
    pub last_name: String,
    /// The e-mail address; empty for a user who was made elsewhere, without one.
    pub email: String,
    /// The kind of session that notes are written for.
    #[schema(schema_with = schemas::session_type)]
    pub default_session_type: String,
    /// The National Provider Identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub national_provider_identifier: Option<String>,
    /// The number of the therapist's licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub therapy_licence: Option<String>,
    /// The user's id in the partner's system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub partner_user_id: Option<String>,
    /// The telephone number within the country.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone_number: Option<String>,
    /// The country's calling code, or its two letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone_country_code: Option<String>,
    /// The organization that the user belongs to.
    pub organization_id: Uuid,
}

/// `GET /users/providers/{id}` of V2, and the answer to a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UphealProviderV2)]
#[serde(rename_all = "camelCase")]
pub struct ProviderV2 {
    /// Who it is.
    pub user_id: Uuid,
    /// The first name; empty for a user who was made elsewhere, without one.
    pub first_name: String,
    /// The last name; empty for a user who was made elsewhere, without one.
    pub last_name: String,
    /// The e-mail address; empty for a user who was made elsewhere, without one.
    pub email: String,
    /// The note templates to begin with; empty where there are none.
    #[schema(schema_with = schemas::templates)]
    pub default_note_template_ids: Vec<String>,
    /// The National Provider Identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub national_provider_identifier: Option<String>,
    /// The number of the therapist's licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub therapy_licence: Option<String>,
    /// The user's id in the partner's system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub partner_user_id: Option<String>,
    /// The telephone number within the country.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone_number: Option<String>,
    /// The country's calling code, or its two letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone_country_code: Option<String>,
    /// The organization that the user belongs to.
    pub organization_id: Uuid,
    /// How notes refer to the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schemas::note_identifier)]
    pub note_identifier: Option<String>,
}

/// `PATCH /users/providers/{id}` of V1. What is left out stays, null clears.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = UphealProviderChangesV1)]
#[serde(rename_all = "camelCase")]
pub struct ProviderChangesV1 {
    /// The kind of session that notes are written for.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::session_type_or_null)]
    pub default_session_type: Change<String>,
    /// The National Provider Identifier: 10 digits, the last a check digit (Luhn over 80840 and the NPI).
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::npi_or_null)]
    pub national_provider_identifier: Change<String>,
    /// The number of the therapist's licence.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::therapy_licence_or_null)]
    pub therapy_licence: Change<String>,
}

/// `PATCH /users/providers/{id}` of V2. What is left out stays, null clears.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = UphealProviderChangesV2)]
#[serde(rename_all = "camelCase")]
pub struct ProviderChangesV2 {
    /// The note templates to begin with, in the order of preference; replaced as a whole.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::templates_or_null)]
    pub default_note_template_ids: Change<Vec<String>>,
    /// The National Provider Identifier: 10 digits, the last a check digit (Luhn over 80840 and the NPI).
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::npi_or_null)]
    pub national_provider_identifier: Change<String>,
    /// The number of the therapist's licence.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::therapy_licence_or_null)]
    pub therapy_licence: Change<String>,
    /// How notes refer to the provider.
    #[serde(skip_serializing_if = "Change::is_keep", serialize_with = "fields::change")]
    #[schema(required = false, schema_with = schemas::note_identifier_or_null)]
    pub note_identifier: Change<String>,
}

/// The answer to a [`ProviderChangesV1`]. The session type has another name here than anywhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UphealUpdatedProviderV1)]
#[serde(rename_all = "camelCase")]
pub struct UpdatedProviderV1 {
    /// Who was changed.
    pub user_id: Uuid,
    /// The kind of session that notes are written for.
    #[schema(schema_with = schemas::session_type)]
    pub default_notes_type: String,
}

impl From<&User> for ProviderV1 {
    fn from(user: &User) -> Self {
        Self {
            user_id: user.id.uuid(),
            first_name: fields::required(fields::first_name(user)),
            last_name: fields::required(fields::last_name(user)),
            email: fields::required(fields::email(user)),
            default_session_type: fields::session_type(user),
            national_provider_identifier: fields::npi(user),
            therapy_licence: fields::therapy_licence(user),
            partner_user_id: fields::partner_user_id(user),
            phone_number: fields::phone_number(user),
            phone_country_code: fields::phone_country_code(user),
            organization_id: user.organization_id.uuid(),
        }
    }
}

impl From<&User> for ProviderV2 {
    fn from(user: &User) -> Self {
        Self {
            user_id: user.id.uuid(),
            first_name: fields::required(fields::first_name(user)),
            last_name: fields::required(fields::last_name(user)),
            email: fields::required(fields::email(user)),
            default_note_template_ids: fields::templates(user),
            national_provider_identifier: fields::npi(user),
            therapy_licence: fields::therapy_licence(user),
            partner_user_id: fields::partner_user_id(user),
            phone_number: fields::phone_number(user),
            phone_country_code: fields::phone_country_code(user),
            organization_id: user.organization_id.uuid(),
            note_identifier: fields::note_identifier(user),
        }
    }
}

impl From<&User> for UpdatedProviderV1 {
    fn from(user: &User) -> Self {
        Self {
            user_id: user.id.uuid(),
            default_notes_type: fields::session_type(user),
        }
    }
}
