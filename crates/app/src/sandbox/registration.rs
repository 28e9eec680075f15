//! An API client of an organization that plays a vendor: registered so that some credentials open the vendor's API.

use roster_application::api_clients::{ApiKey, NewApiClient};
use roster_application::credentials::Credentials;
use roster_application::idempotency::Reserved;
use roster_application::{Conflicting, Error};
use roster_domain::{ApiClientId, ApiClientKind, Change, ClientKey, Organization, Surface, Vendor};
use secrecy::ExposeSecret;
use tracing::warn;

use super::{STEPS, keys, somebody_was_faster};
use crate::cli::Failure;
use crate::wiring::Wired;

/// How often another client may stand in the way before it is taken for one that stays.
const PATIENCE: usize = 4;

/// The client of an id, as it is to be: whoever has the credentials acts for the organization.
pub(super) struct Registration<'a> {
    pub(super) wired: &'a Wired,
    pub(super) organization: &'a Organization,
    pub(super) vendor: Vendor,
    pub(super) id: ApiClientId,
    pub(super) credentials: Credentials,
}

impl Registration<'_> {
    /// Registers the client unless it is. Others may do so at the same time.
    pub(super) async fn ensure(&self) -> Result<(), Failure> {
        let mut in_the_way = 0;
        for _ in 0..STEPS {
            if self.is_made().await? {
                return Ok(());
            }
            match self.make().await {
                Ok(()) => {}
                // Either another process has just made this very client, or somebody has the address or the key for
                // another. The server can do without the sandbox's client then, and not without a start.
                Err(Error::Conflict(conflict @ (Conflicting::ServiceAccountEmail | Conflicting::ApiKey)))
                    if in_the_way == PATIENCE =>
                {
                    let organization = self.organization.slug.as_str();
                    warn!(organization, "the sandbox's client cannot be registered: {conflict}");
                    return Ok(());
                }
                Err(Error::Conflict(Conflicting::ServiceAccountEmail | Conflicting::ApiKey)) => in_the_way += 1,
                Err(error) if somebody_was_faster(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::internal(&"others keep changing the sandbox's clients"))
    }

    /// Whether the client is registered, and the credentials are its own.
    pub(super) async fn is_made(&self) -> Result<bool, Error> {
        let authentication = &self.wired.authentication;
        let opening = Surface::from(self.vendor);
        let found = match &self.credentials {
            Credentials::OAuthClient { private_key, .. } => {
                let fits =
                    keys::public_key(private_key).map(|key| ApiClientKind::OAuthClient(ClientKey::PublicKey(key)));
                let found = authentication.by_client_id(self.id, opening).await?;
                found.filter(|caller| Some(&caller.client.kind) == fits.as_ref())
            }
            Credentials::ApiKey { api_key } => authentication.by_api_key(api_key.expose_secret(), opening).await?,
            Credentials::ServiceAccount { email, password } => {
                authentication
                    .by_service_account(email, password.clone(), opening)
                    .await?
            }
        };
        Ok(found.is_some_and(|caller| caller.client.id == self.id))
    }

    /// Registers the client, in place of one that has other credentials.
    pub(super) async fn make(&self) -> Result<(), Error> {
        let clients = &self.wired.desk.api_clients;
        let id = self.id.uuid();
        let reserved = match clients.get(self.organization, self.id).await {
            Ok(_) => Reserved::Resumed(id),
            Err(Error::NotFound(_)) => Reserved::Fresh(id),
            Err(error) => return Err(error),
        };
        clients
            .create(self.organization, self.new_client()?, Some(reserved))
            .await
            .map(drop)
    }

    fn new_client(&self) -> Result<NewApiClient, Error> {
        let new = |kind: &str| NewApiClient {
            kind: Change::Set(kind.to_owned()),
            label: Change::Set("sandbox".to_owned()),
            ..NewApiClient::default()
        };
        Ok(match &self.credentials {
            Credentials::OAuthClient { private_key, .. } => {
                let public_key = keys::public_key(private_key)
                    .ok_or_else(|| Error::Internal("the sandbox's private key is none".to_owned()))?;
                NewApiClient {
                    public_key: Change::Set(public_key),
                    ..new("oauth_client")
                }
            }
            Credentials::ApiKey { api_key } => NewApiClient {
                key: Some(ApiKey::given(api_key.clone())?),
                ..new("api_key")
            },
            Credentials::ServiceAccount { email, password } => NewApiClient {
                email: Change::Set(email.clone()),
                password: Change::Set(password.clone()),
                ..new("service_account")
            },
        })
    }
}
