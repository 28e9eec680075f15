//! Organizations and API clients as rows.

use std::str::FromStr;

use roster_application::ports::{ClientSecret, StoreError};
use roster_domain::{
    ApiClient, ApiClientId, ApiClientKind, ClientKey, ConnectVersion, Email, Organization, OrganizationId, PhiGuard,
    Slug, Surface,
};
use uuid::Uuid;

use super::Place;

/// Reads organizations: `organizations!("WHERE …", argument)`.
macro_rules! organizations {
    ($rest:literal, $argument:expr $(,)?) => {
        sqlx::query_as!(
            $crate::rows::OrganizationRow,
            "SELECT id AS \"id: Uuid\", slug, phi_guard, nabla_connect_version, created_at FROM organizations " + $rest,
            $argument
        )
    };
}
pub(crate) use organizations;

/// A row of `organizations`, without the key of its links.
pub(crate) struct OrganizationRow {
    pub(crate) id: Uuid,
    pub(crate) slug: String,
    pub(crate) phi_guard: String,
    pub(crate) nabla_connect_version: Option<String>,
    pub(crate) created_at: i64,
}

impl TryFrom<OrganizationRow> for Organization {
    type Error = StoreError;

    fn try_from(row: OrganizationRow) -> Result<Self, StoreError> {
        let place = Place::new("organizations", row.id);
        Ok(Self {
            id: OrganizationId::new(row.id),
            slug: place.check("slug", Slug::new(row.slug))?,
            phi_guard: place.check("phi_guard", PhiGuard::from_str(&row.phi_guard))?,
            nabla_connect_version: place.check_optional(
                "nabla_connect_version",
                row.nabla_connect_version,
                |name| ConnectVersion::from_str(&name),
            )?,
            created_at: place.time("created_at", row.created_at)?,
        })
    }
}

/// A row of `api_clients`, without what only serves to find it.
pub(crate) struct ApiClientRow {
    pub(crate) organization_id: Uuid,
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) label: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) public_key: Option<String>,
    pub(crate) jwks_url: Option<String>,
    pub(crate) surface: Option<String>,
    pub(crate) created_at: i64,
}

impl TryFrom<ApiClientRow> for ApiClient {
    type Error = StoreError;

    fn try_from(row: ApiClientRow) -> Result<Self, StoreError> {
        let place = Place::new("api_clients", row.id);
        let kind = match (row.kind.as_str(), row.email, row.public_key, row.jwks_url) {
            ("api_key", None, None, None) => ApiClientKind::ApiKey,
            ("oauth_client", None, Some(pem), None) => ApiClientKind::OAuthClient(ClientKey::PublicKey(pem)),
            ("oauth_client", None, None, Some(url)) => ApiClientKind::OAuthClient(ClientKey::JwksUrl(url)),
            ("service_account", Some(email), None, None) => ApiClientKind::ServiceAccount {
                email: place.check("email", Email::new(email))?,
            },
            _ => {
                let detail = format!(
                    "must be one of {}, with the columns that belong to it",
                    ApiClientKind::NAMES.join(", ")
                );
                return Err(place.corrupt("kind", detail));
            }
        };
        Ok(Self {
            id: ApiClientId::new(row.id),
            organization_id: OrganizationId::new(row.organization_id),
            kind,
            label: row.label,
            surface: place.check_optional("surface", row.surface, |name| Surface::from_str(&name))?,
            created_at: place.time("created_at", row.created_at)?,
        })
    }
}

/// Reads API clients with their organizations: `clients_with_organization!("WHERE …", argument)`, where `k` is the
/// client.
macro_rules! clients_with_organization {
    ($rest:literal, $argument:expr) => {
        sqlx::query_as!(
            $crate::rows::ClientOfOrganizationRow,
            "SELECT
                 k.organization_id AS \"organization_id: Uuid\", k.id AS \"id: Uuid\", k.kind, k.label, k.email, k.key_digest, k.password_hash, k.public_key, k.jwks_url, k.surface,
                 k.created_at, o.slug, o.phi_guard, o.nabla_connect_version, o.created_at AS organization_created_at
             FROM api_clients k JOIN organizations o ON o.id = k.organization_id " + $rest,
            $argument
        )
    };
}
pub(crate) use clients_with_organization;

/// A row of `api_clients` joined with its row of `organizations`.
pub(crate) struct ClientOfOrganizationRow {
    pub(crate) organization_id: Uuid,
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) label: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) key_digest: Option<Vec<u8>>,
    pub(crate) password_hash: Option<String>,
    pub(crate) public_key: Option<String>,
    pub(crate) jwks_url: Option<String>,
    pub(crate) surface: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) slug: String,
    pub(crate) phi_guard: String,
    pub(crate) nabla_connect_version: Option<String>,
    pub(crate) organization_created_at: i64,
}

impl TryFrom<ClientOfOrganizationRow> for (ApiClient, ClientSecret, Organization) {
    type Error = StoreError;

    /// The secret is the password's hash or none: digests of keys are compared by the database.
    fn try_from(row: ClientOfOrganizationRow) -> Result<Self, StoreError> {
        let organization = OrganizationRow {
            id: row.organization_id,
            slug: row.slug,
            phi_guard: row.phi_guard,
            nabla_connect_version: row.nabla_connect_version,
            created_at: row.organization_created_at,
        };
        let client = ApiClientRow {
            organization_id: row.organization_id,
            id: row.id,
            kind: row.kind,
            label: row.label,
            email: row.email,
            public_key: row.public_key,
            jwks_url: row.jwks_url,
            surface: row.surface,
            created_at: row.created_at,
        };
        let secret = row.password_hash.map_or(ClientSecret::None, ClientSecret::PasswordHash);
        Ok((client.try_into()?, secret, organization.try_into()?))
    }
}
