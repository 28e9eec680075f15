//! What opens each of the vendors' APIs in the sandbox, for whoever wants to try them by hand.

use chrono::TimeDelta;
use roster_application::Error;
use roster_application::authentication::{AccessClaims, Audience, Tokens};
use roster_application::credentials::Credentials;
use roster_domain::{ApiClientId, Organization, Slug, Timestamp, Vendor};
use secrecy::SecretString;

use super::registration::Registration;
use super::{client_id, connection_id, credentials, server_key_id, slug};
use crate::cli::Failure;
use crate::secret_key::SecretKey;
use crate::wiring::Wired;

/// Where the archived generation of Nabla Core is.
const ARCHIVED: &str = "/nabla/v1/copilot-api/server";
/// Where the first version of Upheal is.
const UPHEAL_V1: &str = "/upheal/v1";
/// Where the token endpoint of each of Nabla's APIs is, below the API.
const OAUTH_TOKEN: &str = "/oauth/token";
/// Where the token endpoint of Corti is, below the API.
const CORTI_TOKEN: &str = "/auth/token";

/// The path of the API that a connection to a vendor calls.
pub(super) const fn prefix(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::NablaCore => "/nabla/v1/core/server",
        Vendor::NablaConnect => "/nabla/v1/connect/server",
        Vendor::Upheal => "/upheal/v2",
        Vendor::Corti => "/corti/functions/v1/public",
    }
}

/// The base URL of a connection to a vendor, below the server's.
pub(super) const fn base(vendor: Vendor) -> &'static str {
    match vendor {
        // The client adds the version.
        Vendor::Upheal => "/upheal",
        _ => prefix(vendor),
    }
}

/// One of the vendors' APIs in the sandbox.
pub(crate) struct Access {
    /// The vendor.
    pub(crate) vendor: Vendor,
    /// The API, as people call it.
    pub(crate) title: &'static str,
    /// Where it is.
    pub(crate) base_url: String,
    /// The short name of the organization that plays the vendor.
    pub(crate) organization: &'static str,
    /// What opens it.
    pub(crate) opener: Opener,
}

/// What opens an API.
pub(crate) enum Opener {
    /// An access token, which an OAuth client gets for an assertion that it signs.
    AccessToken {
        /// The client's id.
        client_id: ApiClientId,
        /// The key that it signs with, in PEM; `None` where the operator has put another in its place.
        private_key: Option<SecretString>,
        /// Where assertions are exchanged for access tokens.
        token_url: String,
        /// An access token that was issued just now.
        access_token: SecretString,
        /// When that runs out.
        expires_at: Timestamp,
    },
    /// An API key.
    ApiKey {
        /// The header that it goes in, and what stands before it there.
        header: &'static str,
        /// The key.
        api_key: SecretString,
    },
    /// An e-mail address and a password, which are exchanged for an access token.
    ServiceAccount {
        /// The address.
        email: String,
        /// The password.
        password: SecretString,
        /// Where they are exchanged.
        token_url: String,
    },
}

/// What there is in the sandbox, and what there is not.
pub(crate) struct Accesses {
    /// The APIs that can be called.
    pub(crate) open: Vec<Access>,
    /// The vendors that have no client in the sandbox: the log of the server that set it up says why.
    pub(crate) shut: Vec<Vendor>,
    /// The vendors of which nothing says where they are, so that they are shown where this machine's settings would have them.
    pub(crate) assumed: Vec<Vendor>,
}

/// Looks up what a server has set up.
pub(crate) struct Finder<'a> {
    pub(crate) wired: &'a Wired,
    pub(crate) secret_key: &'a SecretKey,
    /// The URL under which callers know the server, if the operator has said so.
    pub(crate) public_url: Option<&'a str>,
    /// The URL where the server should be by its settings.
    pub(crate) local_url: &'a str,
    /// What the database is called in messages.
    pub(crate) database: &'a str,
}

impl Finder<'_> {
    /// Everything that opens an API of the sandbox.
    pub(crate) async fn find(&self) -> Result<Accesses, Failure> {
        let default = self.organization(Slug::default_organization()).await?;
        let (mut open, mut shut, mut assumed) = (Vec::new(), Vec::new(), Vec::new());
        for vendor in Vendor::ALL {
            let slug = Slug::new(slug(vendor)).map_err(|fault| Failure::internal(&fault.rule))?;
            let organization = self.organization(slug).await?;
            let noted = self.url(&default, vendor).await?;
            let url = noted.as_deref().unwrap_or(self.local_url);
            let openers = match vendor {
                Vendor::NablaCore => self.nabla_core(&default, &organization, url).await?,
                Vendor::NablaConnect => {
                    let token = self.nabla(&default, &organization, vendor, url).await?;
                    token
                        .map(|token| ("Nabla Connect", prefix(vendor), token))
                        .into_iter()
                        .collect()
                }
                Vendor::Upheal => self.upheal(&default, &organization).await?,
                Vendor::Corti => self.corti(&default, &organization, url).await?,
            };
            if openers.is_empty() {
                shut.push(vendor);
            } else if noted.is_none() {
                assumed.push(vendor);
            }
            open.extend(openers.into_iter().map(|(title, path, opener)| Access {
                vendor,
                title,
                base_url: format!("{url}{path}"),
                organization: self::slug(vendor),
                opener,
            }));
        }
        Ok(Accesses { open, shut, assumed })
    }

    /// Where the server that plays a vendor is: the operator's word, else what the server itself noted in the vendor's
    /// connection when it set the sandbox up. `None` where that connection is gone, or leads to somewhere else now.
    async fn url(&self, default: &Organization, vendor: Vendor) -> Result<Option<String>, Failure> {
        if let Some(url) = self.public_url {
            return Ok(Some(url.to_owned()));
        }
        let id = connection_id(default, vendor);
        match self.wired.connections.get(default, id).await {
            Ok(connection) => {
                let noted = connection.base_url.as_str().strip_suffix(base(vendor));
                Ok(noted.map(str::to_owned))
            }
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn organization(&self, slug: Slug) -> Result<Organization, Failure> {
        match self.wired.desk.organizations.get(&slug).await {
            Err(Error::NotFound(_)) => Err(Failure::no_sandbox(self.database)),
            outcome => Ok(outcome?),
        }
    }

    async fn nabla_core(
        &self,
        default: &Organization,
        organization: &Organization,
        url: &str,
    ) -> Result<Vec<(&'static str, &'static str, Opener)>, Failure> {
        let key = credentials::server_key(self.secret_key);
        let server_key = self
            .own(organization, Vendor::NablaCore, server_key_id(organization), key)
            .await?;
        // It is always there once a server has set the sandbox up with this secret key, and with another one the tokens
        // below would not be taken either.
        let Some(Credentials::ApiKey { api_key }) = server_key else {
            return Err(Failure::other_sandbox(self.database));
        };
        let token = self.nabla(default, organization, Vendor::NablaCore, url).await?;
        let archived = Opener::ApiKey {
            header: "Authorization: Bearer",
            api_key,
        };
        let current = token.map(|token| ("Nabla Core", prefix(Vendor::NablaCore), token));
        let archived = ("Nabla Core, archived generation", ARCHIVED, archived);
        Ok(current.into_iter().chain([archived]).collect())
    }

    async fn nabla(
        &self,
        default: &Organization,
        organization: &Organization,
        vendor: Vendor,
        url: &str,
    ) -> Result<Option<Opener>, Failure> {
        let client_id = client_id(organization, vendor);
        let found = self.wired.authentication.by_client_id(client_id, vendor.into());
        if found.await?.is_none() {
            return Ok(None);
        }
        let audience = match vendor {
            Vendor::NablaConnect => Audience::NablaConnectServer,
            _ => Audience::NablaCoreServer,
        };
        let claims = AccessClaims {
            client: client_id,
            organization: organization.id,
        };
        let now = self.wired.clock.now();
        let access_token = self
            .wired
            .tokens
            .issue_access(claims, audience, self.wired.ids.new_id(), now)
            .map_err(|error| Failure::internal(&error))?;
        Ok(Some(Opener::AccessToken {
            client_id,
            private_key: self.private_key(default, organization, vendor).await?,
            token_url: format!("{url}{}{OAUTH_TOKEN}", prefix(vendor)),
            access_token: SecretString::from(access_token),
            expires_at: now + TimeDelta::from_std(Tokens::ACCESS).map_err(|error| Failure::internal(&error))?,
        }))
    }

    /// The private key that the connection holds, if it is the one of this client.
    async fn private_key(
        &self,
        default: &Organization,
        organization: &Organization,
        vendor: Vendor,
    ) -> Result<Option<SecretString>, Failure> {
        Ok(match self.held(default, organization, vendor).await? {
            Some(Credentials::OAuthClient { private_key, .. }) => Some(private_key),
            _ => None,
        })
    }

    async fn upheal(
        &self,
        default: &Organization,
        organization: &Organization,
    ) -> Result<Vec<(&'static str, &'static str, Opener)>, Failure> {
        let Some(Credentials::ApiKey { api_key }) = self.held(default, organization, Vendor::Upheal).await? else {
            return Ok(Vec::new());
        };
        let version = |title, path| {
            let api_key = api_key.clone();
            let header = "x-api-key:";
            (title, path, Opener::ApiKey { header, api_key })
        };
        Ok(vec![
            version("Upheal, version 1", UPHEAL_V1),
            version("Upheal, version 2", prefix(Vendor::Upheal)),
        ])
    }

    async fn corti(
        &self,
        default: &Organization,
        organization: &Organization,
        url: &str,
    ) -> Result<Vec<(&'static str, &'static str, Opener)>, Failure> {
        let held = self.held(default, organization, Vendor::Corti).await?;
        let Some(Credentials::ServiceAccount { email, password }) = held else {
            return Ok(Vec::new());
        };
        let path = prefix(Vendor::Corti);
        let token_url = format!("{url}{path}{CORTI_TOKEN}");
        let opener = Opener::ServiceAccount {
            email,
            password,
            token_url,
        };
        Ok(vec![("Corti", path, opener)])
    }

    /// The credentials that the connection to a vendor holds, if the vendor's client has them.
    async fn held(
        &self,
        default: &Organization,
        organization: &Organization,
        vendor: Vendor,
    ) -> Result<Option<Credentials>, Failure> {
        let credentials = match self
            .wired
            .connections
            .credentials(default, connection_id(default, vendor))
            .await
        {
            Ok(credentials) => credentials,
            Err(Error::NotFound(_) | Error::Secrets(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        self.own(organization, vendor, client_id(organization, vendor), credentials)
            .await
    }

    /// The credentials, if the client has them.
    async fn own(
        &self,
        organization: &Organization,
        vendor: Vendor,
        id: ApiClientId,
        credentials: Credentials,
    ) -> Result<Option<Credentials>, Failure> {
        let registration = Registration {
            wired: self.wired,
            organization,
            vendor,
            id,
            credentials,
        };
        Ok(registration.is_made().await?.then_some(registration.credentials))
    }
}
