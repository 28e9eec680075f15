//! A connection to a vendor that is played, and the client at the other end of it.

use roster_application::Error;
use roster_application::connections::{
    ConnectionChanges, Connections, CredentialsChanges, OptionsChanges, PrivateAddresses,
};
use roster_application::credentials::Credentials;
use roster_application::idempotency::Reserved;
use roster_domain::{ApiClientId, Change, Connection, ConnectionId, Organization, Vendor};
use tracing::warn;

use super::{Registration, STEPS, access, client_id, connection_id, credentials, keys, somebody_was_faster};
use crate::cli::Failure;
use crate::wiring::Wired;

/// The customer at Corti that the sandbox's connection makes its users in.
const CUSTOMER: &str = "sandbox";

/// A connection of the organization `default` to a vendor that is played. The credentials that it holds are what everything
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
            base_url: format!("{url}{}", access::base(vendor)),
            old_key_is_given_up,
            id: connection_id(default, vendor),
            client: client_id(organization, vendor),
        }
    }

    /// Makes what is missing, and leaves alone what somebody has changed on purpose.
    pub(super) async fn make(&self) -> Result<(), Failure> {
        for _ in 0..STEPS {
            match self.step().await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(Failed::Core(error)) if somebody_was_faster(&error) => {}
                Err(Failed::Core(error)) => return Err(error.into()),
                Err(Failed::Outright(failure)) => return Err(failure),
            }
        }
        Err(Failure::internal(&"others keep changing the sandbox's connection"))
    }

    /// Does the next thing that is missing. `true` once nothing is: what was done is looked at again.
    async fn step(&self) -> Result<bool, Failed> {
        let connection = match self.connections.get(self.default, self.id).await {
            Ok(connection) => connection,
            Err(Error::NotFound(_)) => {
                let reserved = Some(Reserved::Fresh(self.id.uuid()));
                let changes = self.whole_connection()?;
                self.connections.create(self.default, &changes, reserved).await?;
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        };
        let held = match self.connections.credentials(self.default, self.id).await {
            Ok(held) if self.is_ours(&held) => Some(held),
            // Somebody entered other credentials on purpose.
            Ok(_) => return self.lead_here(&connection).await.map(|()| true),
            Err(Error::Secrets(_)) if self.old_key_is_given_up => None,
            Err(Error::Secrets(error)) => {
                warn!(
                    vendor = %self.vendor,
                    %error,
                    "the sandbox's credentials cannot be opened; --new-secret-key makes new ones"
                );
                return Ok(true);
            }
            Err(error) => return Err(error.into()),
        };
        let Some(credentials) = held else {
            let changes = self.whole_connection()?;
            let seen = [connection.version];
            self.connections
                .update(self.default, self.id, &changes, Some(&seen))
                .await?;
            return Ok(false);
        };
        let registration = Registration {
            wired: self.wired,
            organization: self.organization,
            vendor: self.vendor,
            id: self.client,
            credentials,
        };
        if !registration.is_made().await? {
            registration.ensure().await.map_err(Failed::Outright)?;
            if connection.paused.is_some() {
                // A worker elsewhere may have been refused as long as there was no such client.
                self.connections
                    .update(self.default, self.id, &pausing(false), None)
                    .await?;
            }
        }
        self.lead_here(&connection).await.map(|()| true)
    }

    /// Whether the credentials are such as are made here.
    fn is_ours(&self, credentials: &Credentials) -> bool {
        match credentials {
            Credentials::OAuthClient { client_id, private_key } => {
                *client_id == self.client.to_string() && keys::public_key(private_key).is_some()
            }
            Credentials::ApiKey { .. } => true,
            Credentials::ServiceAccount { email, .. } => email == credentials::SERVICE_ACCOUNT,
        }
    }

    /// Points the connection at this server. A pause stays: whoever paused it does not want it to go on by a restart.
    async fn lead_here(&self, connection: &Connection) -> Result<(), Failed> {
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

    /// All of the connection, with fresh credentials.
    fn whole_connection(&self) -> Result<ConnectionChanges, Error> {
        let of_corti = |text: &str| match self.vendor {
            Vendor::Corti => Change::Set(text.to_owned()),
            _ => Change::Keep,
        };
        Ok(ConnectionChanges {
            vendor: Change::Set(self.vendor.name().to_owned()),
            label: Change::Set("sandbox".to_owned()),
            base_url: Change::Set(self.base_url.clone()),
            options: Change::Set(OptionsChanges {
                allow_private_addresses: Change::Set(true),
                // The sandbox has no limit unless one is set.
                requests_per_minute: Change::Set(0),
                project_id: of_corti(self.organization.slug.as_str()),
                customer_id: of_corti(CUSTOMER),
                create_customer: Change::Set(self.vendor == Vendor::Corti),
                ..OptionsChanges::default()
            }),
            credentials: Change::Set(self.fresh_credentials()?),
            ..ConnectionChanges::default()
        })
    }

    fn fresh_credentials(&self) -> Result<CredentialsChanges, Error> {
        let nothing = CredentialsChanges::default();
        Ok(match self.vendor {
            Vendor::NablaCore | Vendor::NablaConnect => CredentialsChanges {
                client_id: Change::Set(self.client.to_string()),
                private_key: Change::Set(keys::generate()?),
                ..nothing
            },
            Vendor::Upheal => CredentialsChanges {
                api_key: Change::Set(credentials::api_key()),
                ..nothing
            },
            Vendor::Corti => CredentialsChanges {
                email: Change::Set(credentials::SERVICE_ACCOUNT.to_owned()),
                password: Change::Set(credentials::password()),
                ..nothing
            },
        })
    }
}

/// Why a step failed.
enum Failed {
    /// In a use case; others may have been faster.
    Core(Error),
    /// For good.
    Outright(Failure),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

fn pausing(paused: bool) -> ConnectionChanges {
    ConnectionChanges {
        paused: Change::Set(paused),
        ..ConnectionChanges::default()
    }
}
