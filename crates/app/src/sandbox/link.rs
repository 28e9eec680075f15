//! A connection to a vendor that is played, and the client at the other end of it.

use roster_application::Error;
use roster_application::connections::{
    ConnectionChanges, Connections, CredentialsChanges, OptionsChanges, PrivateAddresses,
};
use roster_application::credentials::Credentials;
use roster_application::idempotency::Reserved;
use roster_domain::{ApiClientId, Change, Connection, ConnectionId, Organization, Vendor};
use secrecy::SecretString;
use tracing::warn;

use super::{Registration, STEPS, access, client_id, connection_id, keys, somebody_was_faster};
use crate::cli::Failure;
use crate::wiring::Wired;

/// A connection of the organization `default` to a vendor that is played. The private key that it holds is what everything
/// else follows from.
pub(super) struct Link<'a> {
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

/// Where the next step leads.
enum Next {
    /// What was done is looked at again.
    Look,
    /// Nothing is missing, and this is the key that the connection holds.
    Done(SecretString),
    /// The connection is not for us to change.
    LeftAlone,
}

impl<'a> Link<'a> {
    /// The connection to the vendor that this organization plays, on the server at a URL.
    pub(super) fn new(
        wired: &'a Wired,
        default: &'a Organization,
        organization: &'a Organization,
        vendor: Vendor,
        url: &str,
        old_key_is_given_up: bool,
    ) -> Self {
        Self {
            wired,
            // The sandbox is this server, which the operator wanted to be called, whatever else may be.
            connections: wired
                .connections
                .clone()
                .with_private_addresses(PrivateAddresses::Allowed),
            default,
            organization,
            vendor,
            base_url: format!("{url}{}", access::prefix(vendor)),
            old_key_is_given_up,
            id: connection_id(default, vendor),
            client: client_id(organization, vendor),
        }
    }

    /// Makes what is missing. Returns the private key that the connection holds, if it is one that was made for it.
    pub(super) async fn make(&self) -> Result<Option<SecretString>, Failure> {
        for _ in 0..STEPS {
            match self.step().await {
                Ok(Next::Done(private_key)) => return Ok(Some(private_key)),
                Ok(Next::LeftAlone) => return Ok(None),
                Ok(Next::Look) => {}
                Err(error) if somebody_was_faster(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::internal(&"others keep changing the sandbox's connection"))
    }

    /// Does the next thing that is missing.
    async fn step(&self) -> Result<Next, Error> {
        let connection = match self.connections.get(self.default, self.id).await {
            Ok(connection) => connection,
            Err(Error::NotFound(_)) => {
                let reserved = Some(Reserved::Fresh(self.id.uuid()));
                let changes = self.whole_connection()?;
                self.connections.create(self.default, &changes, reserved).await?;
                return Ok(Next::Look);
            }
            Err(error) => return Err(error),
        };
        let private_key = match self.connections.credentials(self.default, self.id).await {
            Ok(Credentials::OAuthClient { client_id, private_key }) if client_id == self.client.to_string() => {
                Some(private_key).filter(|key| keys::public_key(key).is_some())
            }
            // Somebody entered other credentials on purpose.
            Ok(_) => return self.lead_here(&connection).await.map(|()| Next::LeftAlone),
            Err(Error::Secrets(_)) if self.old_key_is_given_up => None,
            Err(Error::Secrets(error)) => {
                warn!(
                    %error,
                    "the sandbox's credentials cannot be opened; --new-secret-key makes new ones"
                );
                return Ok(Next::LeftAlone);
            }
            Err(error) => return Err(error),
        };
        let Some(private_key) = private_key else {
            let changes = self.whole_connection()?;
            let seen = [connection.version];
            self.connections
                .update(self.default, self.id, &changes, Some(&seen))
                .await?;
            return Ok(Next::Look);
        };
        let registration = Registration {
            wired: self.wired,
            organization: self.organization,
            id: self.client,
            credentials: Credentials::OAuthClient {
                client_id: self.client.to_string(),
                private_key: private_key.clone(),
            },
        };
        if registration.is_made().await? {
            return self.lead_here(&connection).await.map(|()| Next::Done(private_key));
        }
        registration.make().await?;
        if connection.paused.is_some() {
            // A worker elsewhere may have been refused as long as there was no such client.
            self.connections
                .update(self.default, self.id, &pausing(false), None)
                .await?;
        }
        Ok(Next::Look)
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
