//! The sandbox: for each vendor an organization that plays it, and a connection from `default` to it.
//!
//! Several processes may set it up at once, and each may end in the middle. So a connection is made first, under an id that
//! only one of them gets, and everything else follows from the credentials that it holds.

mod access;
mod credentials;
mod keys;
mod link;
mod registration;
#[cfg(test)]
mod tests;

use roster_application::Error;
use roster_application::ports::{StoreError, UniqueKey};
use roster_domain::{ApiClientId, ConnectionId, Organization, Slug, Vendor};
use roster_http::sandbox::Sandbox;
use uuid::Uuid;

pub(crate) use access::{Access, Accesses, Finder, Opener};

use self::link::Link;
use self::registration::Registration;
use crate::cli::Failure;
use crate::secret_key::SecretKey;
use crate::wiring::Wired;

/// How many steps are taken before others are taken for interfering for ever. Alone it takes four at the most.
const STEPS: usize = 64;

/// What the short names of the organizations that play vendors begin with. No other organization's does.
pub(crate) const SLUGS: &str = "sandbox-";

/// The short name of the organization that plays a vendor.
const fn slug(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::NablaCore => "sandbox-nabla-core",
        Vendor::NablaConnect => "sandbox-nabla-connect",
        Vendor::Upheal => "sandbox-upheal",
        Vendor::Corti => "sandbox-corti",
    }
}

/// Makes what is missing of the sandbox, and points its connections at this server. Repeating it changes nothing.
///
/// Credentials that were sealed with another secret key are left alone, since that other key may well be the right one,
/// unless the operator has given it up. Those that are derived are brought in line with the key of this process.
pub(crate) async fn set_up(
    wired: &Wired,
    secret_key: &SecretKey,
    default: &Organization,
    url: &str,
    old_key_is_given_up: bool,
) -> Result<Sandbox, Failure> {
    let mut played = Vec::with_capacity(Vendor::ALL.len());
    for vendor in Vendor::ALL {
        let slug = Slug::new(slug(vendor)).map_err(|fault| Failure::internal(&fault.rule))?;
        let organization = wired.desk.organizations.ensure(&slug, None).await?.organization;
        played.push((vendor, organization));
    }
    for (vendor, organization) in &played {
        let link = Link::new(wired, default, organization, *vendor, url, old_key_is_given_up);
        link.make().await?;
        if *vendor == Vendor::NablaCore {
            let registration = Registration {
                wired,
                organization,
                vendor: *vendor,
                id: server_key_id(organization),
                credentials: credentials::server_key(secret_key),
            };
            registration.ensure().await?;
        }
    }
    Ok(Sandbox::new(default.id, played))
}

/// The id of the client that calls a vendor's API: what each connection of the sandbox calls as.
fn client_id(organization: &Organization, vendor: Vendor) -> ApiClientId {
    ApiClientId::new(derived_id("client", organization, vendor))
}

/// The id of the client that calls the archived generation of Nabla Core, which takes a server key.
fn server_key_id(organization: &Organization) -> ApiClientId {
    ApiClientId::new(derived_id("server key", organization, Vendor::NablaCore))
}

/// The id of the connection from an organization to a vendor that is played.
fn connection_id(default: &Organization, vendor: Vendor) -> ConnectionId {
    ConnectionId::new(derived_id("connection", default, vendor))
}

/// An id that is the same at every start, so that the sandbox is found again and never made twice.
fn derived_id(what: &str, organization: &Organization, vendor: Vendor) -> Uuid {
    let text = format!("roster sandbox {what} {} {}", organization.id, vendor.name());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    Uuid::new_v8(bytes)
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
