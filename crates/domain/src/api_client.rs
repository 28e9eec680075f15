//! Who may call Roster for an organization.

use crate::Timestamp;
use crate::fields::Email;
use crate::history::Surface;
use crate::ids::{ApiClientId, OrganizationId};

/// Who may call Roster for an organization. Secrets are not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiClient {
    /// Roster's id of the client; for an OAuth client the `iss` and `sub` of its assertions.
    pub id: ApiClientId,
    /// The organization that the client acts for.
    pub organization_id: OrganizationId,
    /// How the client proves who it is.
    pub kind: ApiClientKind,
    /// What people call the client.
    pub label: Option<String>,
    /// The one surface that the client opens; `None` for one that opens all. One of [`Surface::CALLABLE`].
    pub surface: Option<Surface>,
    /// When the client was made.
    pub created_at: Timestamp,
}

impl ApiClient {
    /// Whether the client opens a surface. Elsewhere it is as if it were not there.
    #[must_use]
    pub fn opens(&self, surface: Surface) -> bool {
        self.surface.is_none_or(|only| only == surface)
    }
}

/// How an API client proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiClientKind {
    /// A long random key, sent as a Bearer token. Only its digest is kept.
    ApiKey,
    /// OAuth 2.0 client credentials with a signed assertion (RFC 7523).
    OAuthClient(ClientKey),
    /// E-mail address and password, exchanged for a token. Only the password's hash is kept.
    ServiceAccount {
        /// The address that it signs in with.
        email: Email,
    },
}

impl ApiClientKind {
    /// The names of all kinds.
    pub const NAMES: &'static [&'static str] = &["api_key", "oauth_client", "service_account"];

    /// The name of the kind.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::OAuthClient(_) => "oauth_client",
            Self::ServiceAccount { .. } => "service_account",
        }
    }
}

/// Where the public keys of an OAuth client come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientKey {
    /// One static RSA key, X.509 `SubjectPublicKeyInfo` in PEM. Assertions are RS256.
    PublicKey(String),
    /// The URL of a JSON Web Key Set (RFC 7517), which may hold any number of keys.
    JwksUrl(String),
}
