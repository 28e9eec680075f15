//! A connection's credentials: opened for a call, sealed everywhere else.

use roster_domain::ConnectionId;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::ports::{Sealed, Secrets, SecretsError};

/// What a vendor is shown to prove who calls. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// OAuth 2.0 client credentials with a signed assertion (Nabla Core, Nabla Connect).
    OAuthClient {
        /// The client's id at the vendor.
        client_id: String,
        /// Its RSA key, PKCS#8 or PKCS#1 in PEM.
        private_key: SecretString,
    },
    /// An API key (Upheal).
    ApiKey {
        /// The key.
        api_key: SecretString,
    },
    /// E-mail address and password (Corti).
    ServiceAccount {
        /// The address.
        email: String,
        /// The password.
        password: SecretString,
    },
}

/// The form that is sealed. Private, so that credentials cannot be serialized by accident.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Clear {
    OauthClient {
        client_id: String,
        private_key: Zeroizing<String>,
    },
    ApiKey {
        api_key: Zeroizing<String>,
    },
    ServiceAccount {
        email: String,
        password: Zeroizing<String>,
    },
}

impl Credentials {
    /// Seals credentials for the connection that they belong to.
    pub fn seal(&self, connection: ConnectionId, secrets: &dyn Secrets) -> Result<Sealed, SecretsError> {
        let secret = |text: &SecretString| Zeroizing::new(text.expose_secret().to_owned());
        let clear = match self {
            Self::OAuthClient { client_id, private_key } => Clear::OauthClient {
                client_id: client_id.clone(),
                private_key: secret(private_key),
            },
            Self::ApiKey { api_key } => Clear::ApiKey {
                api_key: secret(api_key),
            },
            Self::ServiceAccount { email, password } => Clear::ServiceAccount {
                email: email.clone(),
                password: secret(password),
            },
        };
        let json = serde_json::to_vec(&clear)
            .map(Zeroizing::new)
            .map_err(|_| SecretsError::Refused)?;
        secrets.seal(&json, &context(connection))
    }

    /// Opens the credentials of a connection.
    pub fn open(sealed: &Sealed, connection: ConnectionId, secrets: &dyn Secrets) -> Result<Self, SecretsError> {
        let json = secrets.open(sealed, &context(connection))?;
        let clear: Clear = serde_json::from_slice(&json).map_err(|_| SecretsError::Damaged)?;
        let secret = |text: Zeroizing<String>| SecretString::from(text.as_str());
        Ok(match clear {
            Clear::OauthClient { client_id, private_key } => Self::OAuthClient {
                client_id,
                private_key: secret(private_key),
            },
            Clear::ApiKey { api_key } => Self::ApiKey {
                api_key: secret(api_key),
            },
            Clear::ServiceAccount { email, password } => Self::ServiceAccount {
                email,
                password: secret(password),
            },
        })
    }
}

/// What credentials are sealed for.
pub(crate) fn context(connection: ConnectionId) -> String {
    format!("connection {connection}")
}
