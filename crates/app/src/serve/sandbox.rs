//! Setting up the sandbox: one organization per vendor, and a connection from `default` to each.
//!
//! Several processes may do so at once, and each may end in the middle. So a connection is made first, under an id that
//! only one of them gets, and everything else follows from the private key that it holds.

use roster_application::Error;
use roster_application::api_clients::NewApiClient;
use roster_application::connections::{
    ConnectionChanges, Connections, CredentialsChanges, OptionsChanges, PrivateAddresses,
};
use roster_application::credentials::Credentials;
use roster_application::idempotency::Reserved;
use roster_application::ports::{StoreError, UniqueKey};
use roster_domain::{
    ApiClientId, ApiClientKind, Change, ClientKey, Connection, ConnectionId, Organization, Slug, Vendor,
};
use roster_http::sandbox::Sandbox;
use tracing::warn;
use uuid::Uuid;

use super::keys;
use crate::cli::Failure;
use crate::wiring::Wired;

/// The vendors that the sandbox plays, the short name of the organization that stands for each, and where its dialect is.
const PLAYED: [(Vendor, &str, &str); 1] = [(Vendor::NablaCore, "sandbox-nabla-core", "/nabla/v1/core/server")];

/// How many steps are taken before others are taken for interfering for ever. Alone it takes four at the most.
const STEPS: usize = 64;

/// Makes what is missing of the sandbox, and points its connections at this server. Repeating it changes nothing.
///
/// Credentials that were sealed with another secret key are left alone, since that other key may well be the right one,
/// unless the operator has given it up.
pub(super) async fn set_up(
    wired: &Wired,
    default: &Organization,
    url: &str,
    old_key_is_given_up: bool,
) -> Result<Sandbox, Failure> {
    let mut played = Vec::with_capacity(PLAYED.len());
    for (vendor, slug, path) in PLAYED {
        let slug = Slug::new(slug).map_err(|fault| Failure::internal(&fault.rule))?;
        let organization = wired.desk.organizations.ensure(&slug, None).await?.organization;
        let link = Link {
            wired,
            // The sandbox is this server, which the operator wanted to be called, whatever else may be.
            connections: wired
                .connections
                .clone()
                .with_private_addresses(PrivateAddresses::Allowed),
            default,
            organization: &organization,
            vendor,
            base_url: format!("{url}{path}"),
            old_key_is_given_up,
            id: ConnectionId::new(derived_id("connection", default, vendor)),
            client: ApiClientId::new(derived_id("client", &organization, vendor)),
        };
        link.make().await?;
        played.push((vendor, organization));
    }
    Ok(Sandbox::new(default.id, played))
}

/// A connection to a vendor that is played, and the client at the other end of it.
struct Link<'a> {
    wired: &'a Wired,
    connections: Connections,
    default: &'a Organization,
    organization: &'a Organization,
    vendor: Vendor,
    base_url: String,
    old_key_is_given_up: bool,
    id: ConnectionId,
    client: ApiClientId,
}

impl Link<'_> {
    async fn make(&self) -> Result<(), Failure> {
        for _ in 0..STEPS {
            match self.step().await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) if somebody_was_faster(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::internal(&"others keep changing the sandbox's connection"))
    }

    /// Does the next thing that is missing. `true` once nothing is: what was done is looked at again.
    async fn step(&self) -> Result<bool, Error> {
        let connection = match self.connections.get(self.default, self.id).await {
            Ok(connection) => connection,
            Err(Error::NotFound(_)) => {
                let reserved = Some(Reserved::Fresh(self.id.uuid()));
                let changes = self.whole_connection()?;
                self.connections.create(self.default, &changes, reserved).await?;
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        let public_key = match self.connections.credentials(self.default, self.id).await {
            Ok(Credentials::OAuthClient { client_id, private_key }) if client_id == self.client.to_string() => {
                keys::public_key(&private_key)
            }
            // Somebody entered other credentials on purpose.
            Ok(_) => return self.lead_here(&connection).await.map(|()| true),
            Err(Error::Secrets(_)) if self.old_key_is_given_up => None,
            Err(Error::Secrets(error)) => {
                warn!(
                    %error,
                    "the sandbox's credentials cannot be opened; --new-secret-key makes new ones"
                );
                return Ok(true);
            }
            Err(error) => return Err(error),
        };
        let Some(public_key) = public_key else {
            let changes = self.whole_connection()?;
            let seen = [connection.version];
            self.connections
                .update(self.default, self.id, &changes, Some(&seen))
                .await?;
            return Ok(false);
        };
        let registered = self.wired.authentication.by_client_id(self.client).await?;
        let fits = ApiClientKind::OAuthClient(ClientKey::PublicKey(public_key.clone()));
        if let Some(caller) = &registered
            && caller.client.kind == fits
        {
            return self.lead_here(&connection).await.map(|()| true);
        }
        self.register(public_key, registered.is_some()).await?;
        if connection.paused.is_some() {
            // A worker elsewhere may have been refused as long as there was no such client.
            self.connections
                .update(self.default, self.id, &pausing(false), None)
                .await?;
        }
        Ok(false)
    }

    /// Registers the client, in place of one whose private key is gone.
    async fn register(&self, public_key: String, replace: bool) -> Result<(), Error> {
        let client = NewApiClient {
            kind: Change::Set("oauth_client".to_owned()),
            label: Change::Set("sandbox".to_owned()),
            public_key: Change::Set(public_key),
            ..NewApiClient::default()
        };
        let id = self.client.uuid();
        let reserved = if replace {
            Reserved::Resumed(id)
        } else {
            Reserved::Fresh(id)
        };
        let clients = &self.wired.desk.api_clients;
        clients.create(self.organization, client, Some(reserved)).await?;
        Ok(())
    }

    /// Points the connection at this server. A pause stays: whoever paused it does not want it to go on by a restart.
    async fn lead_here(&self, connection: &Connection) -> Result<(), Error> {
        if connection.base_url.as_str() != self.base_url {
            let moved = ConnectionChanges {
                base_url: Change::Set(self.base_url.clone()),
                ..pausing(connection.paused.is_some())
            };
            let seen = [connection.version];
            self.connections
                .update(self.default, self.id, &moved, Some(&seen))
                .await?;
        }
        Ok(())
    }

    /// All of the connection, with a fresh key.
    fn whole_connection(&self) -> Result<ConnectionChanges, Error> {
        let private_key = keys::generate()?;
        Ok(ConnectionChanges {
            vendor: Change::Set(self.vendor.name().to_owned()),
            label: Change::Set("sandbox".to_owned()),
            base_url: Change::Set(self.base_url.clone()),
            options: Change::Set(OptionsChanges {
                allow_private_addresses: Change::Set(true),
                ..OptionsChanges::default()
            }),
            credentials: Change::Set(CredentialsChanges {
                client_id: Change::Set(self.client.to_string()),
                private_key: Change::Set(private_key),
                ..CredentialsChanges::default()
            }),
            ..ConnectionChanges::default()
        })
    }
}

fn pausing(paused: bool) -> ConnectionChanges {
    ConnectionChanges {
        paused: Change::Set(paused),
        ..ConnectionChanges::default()
    }
}

/// Whether another process did the same meanwhile, or changed what was looked at.
fn somebody_was_faster(error: &Error) -> bool {
    matches!(
        error,
        Error::Conflict(_)
            | Error::Store(StoreError::Conflict(UniqueKey::Id))
            | Error::VersionMismatch { .. }
            | Error::NotFound(_)
    )
}

/// An id that is the same at every start, so that the sandbox is found again and never made twice.
fn derived_id(what: &str, organization: &Organization, vendor: Vendor) -> Uuid {
    let text = format!("roster sandbox {what} {} {}", organization.id, vendor.name());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    Uuid::new_v8(bytes)
}
