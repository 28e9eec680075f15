//! Setting up the sandbox: one organization per vendor, and a connection from `default` to each.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use roster_application::Error;
use roster_application::api_clients::NewApiClient;
use roster_application::connections::{ConnectionChanges, CredentialsChanges, OptionsChanges};
use roster_application::idempotency::Reserved;
use roster_domain::{ApiClientId, Change, Connection, ConnectionId, Organization, Slug, Vendor};
use roster_http::sandbox::Sandbox;
use secrecy::SecretString;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::cli::Failure;
use crate::wiring::Wired;

/// The vendors that the sandbox plays, the short name of the organization that stands for each, and where its dialect is.
const PLAYED: [(Vendor, &str, &str); 1] = [(Vendor::NablaCore, "sandbox-nabla-core", "/nabla/v1/core/server")];

/// Makes what is missing of the sandbox, and points its connections at this server. Repeating it changes nothing.
pub(super) async fn set_up(wired: &Wired, default: &Organization, url: &str) -> Result<Sandbox, Failure> {
    let mut played = Vec::with_capacity(PLAYED.len());
    for (vendor, slug, path) in PLAYED {
        let slug = Slug::new(slug).map_err(|fault| Failure::internal(&fault.rule))?;
        let organization = wired.desk.organizations.ensure(&slug, None).await?.organization;
        connect(wired, default, &organization, vendor, &format!("{url}{path}")).await?;
        played.push((vendor, organization));
    }
    Ok(Sandbox::new(default.id, played))
}

async fn connect(
    wired: &Wired,
    default: &Organization,
    organization: &Organization,
    vendor: Vendor,
    base_url: &str,
) -> Result<(), Failure> {
    let id = derived_id("connection", default, vendor);
    let client = ApiClientId::new(derived_id("client", organization, vendor));
    let is_known = wired.authentication.by_client_id(client).await?.is_some();
    match wired.desk_connection(default, ConnectionId::new(id)).await? {
        Some(connection) if is_known => {
            if connection.base_url.as_str() != base_url {
                let moved = ConnectionChanges {
                    base_url: Change::Set(base_url.to_owned()),
                    ..ConnectionChanges::default()
                };
                wired.connections.update(default, connection.id, &moved, None).await?;
            }
        }
        known => {
            let keys = KeyPem::generate()?;
            register(wired, organization, client, keys.public).await?;
            let changes = connection_changes(vendor, base_url, client, keys.private);
            if let Some(connection) = known {
                wired.connections.update(default, connection.id, &changes, None).await?;
            } else {
                wired
                    .connections
                    .create(default, &changes, Some(Reserved::Fresh(id)))
                    .await?;
            }
        }
    }
    Ok(())
}

/// Registers the client under its id, in place of one whose private key is gone.
async fn register(
    wired: &Wired,
    organization: &Organization,
    id: ApiClientId,
    public_key: String,
) -> Result<(), Failure> {
    let client = NewApiClient {
        kind: Change::Set("oauth_client".to_owned()),
        label: Change::Set("sandbox".to_owned()),
        public_key: Change::Set(public_key),
        ..NewApiClient::default()
    };
    wired
        .desk
        .api_clients
        .create(organization, client, Some(Reserved::Resumed(id.uuid())))
        .await?;
    Ok(())
}

fn connection_changes(
    vendor: Vendor,
    base_url: &str,
    client: ApiClientId,
    private_key: SecretString,
) -> ConnectionChanges {
    ConnectionChanges {
        vendor: Change::Set(vendor.name().to_owned()),
        label: Change::Set("sandbox".to_owned()),
        base_url: Change::Set(base_url.to_owned()),
        options: Change::Set(OptionsChanges {
            allow_private_addresses: Change::Set(true),
            ..OptionsChanges::default()
        }),
        credentials: Change::Set(CredentialsChanges {
            client_id: Change::Set(client.to_string()),
            private_key: Change::Set(private_key),
            ..CredentialsChanges::default()
        }),
        ..ConnectionChanges::default()
    }
}

/// An id that is the same at every start, so that the sandbox is found again and never made twice.
fn derived_id(what: &str, organization: &Organization, vendor: Vendor) -> Uuid {
    let text = format!("roster sandbox {what} {} {}", organization.id, vendor.name());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    Uuid::new_v8(bytes)
}

/// A fresh RSA key pair in PEM.
struct KeyPem {
    private: SecretString,
    public: String,
}

impl KeyPem {
    fn generate() -> Result<Self, Failure> {
        let failed = |_| Failure::internal(&"an RSA key could not be generated");
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
        let private: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
        let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(failed)?;
        let private = Zeroizing::new(pem("PRIVATE KEY", private.as_ref()));
        Ok(Self {
            private: SecretString::from(private.as_str()),
            public: pem("PUBLIC KEY", public.as_ref()),
        })
    }
}

/// PEM (RFC 7468): base64 in lines of 64 characters between two markers.
fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem + &format!("-----END {label}-----\n")
}

impl Wired {
    async fn desk_connection(
        &self,
        organization: &Organization,
        id: ConnectionId,
    ) -> Result<Option<Connection>, Error> {
        match self.connections.get(organization, id).await {
            Ok(connection) => Ok(Some(connection)),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
