//! Nabla Connect's API: one endpoint for users, an upsert, and one for tokens.
//!
//! Errors, tokens and versions are written as Nabla Core's are; what one API's tokens open, the other's do not. The versions
//! differ in which endpoints there are: see [`USERS_SINCE`].

#[cfg(test)]
mod tests;
mod token;
mod users;

use axum::http::request::Parts;
use roster_application::authentication::{Audience, Caller};
use roster_application::users::Users;
use roster_domain::{ConnectVersion, Vendor};
use roster_wire::nabla::{VERSION_HEADER, VERSION_QUERY};
use utoipa_axum::routes;

use super::nabla::{ERRORS, TokenEndpoint};
use super::{Api, Callers, Dialect, Mount, Registry, Scheme, Versions};
use crate::refusal::Refusal;
use crate::sandbox::Operation;

/// The first version with an endpoint for users (the vendor's document). In older ones its path is unknown.
const USERS_SINCE: ConnectVersion = ConnectVersion::V2026_03_23;

const AUDIENCE: Audience = Audience::NablaConnectServer;

const VERSIONS: Versions = Versions {
    header: VERSION_HEADER,
    query: VERSION_QUERY,
    known: ConnectVersion::NAMES,
};

const DESCRIPTION: &str = "\
Nabla Connect's server API, spoken by Roster: what a client of the vendor's knows works after a change of base URL.

Everything belongs to the organization of the caller. Fields and parameters that are not described are passed over.";

const API: Api = Api {
    name: "nabla-connect-server",
    prefix: "/nabla/v1/connect/server",
    title: "Nabla Connect server API",
    description: DESCRIPTION,
    scheme: Scheme::AccessToken(AUDIENCE),
    errors: ERRORS,
    versions: Some(VERSIONS),
    is_limited: false,
};

/// The dialect, with what its handlers work with.
struct NablaConnect {
    users: Users,
    callers: Callers,
    token_endpoint: TokenEndpoint,
}

/// Adds the API.
pub(super) fn register(registry: &mut Registry<'_>) {
    let dialect = registry.dialect(|services, sandbox| NablaConnect {
        users: services.users.clone(),
        callers: Callers::of(services),
        token_endpoint: TokenEndpoint::at(API.prefix, Vendor::NablaConnect, AUDIENCE, services, sandbox),
    });
    registry.add(mount(), dialect.as_ref());
}

fn mount() -> Mount<NablaConnect> {
    Mount::new(API)
        .open(routes!(token::token))
        .guarded(Operation::Upsert, routes!(users::upsert))
}

impl Dialect for NablaConnect {
    fn vendor(&self) -> Vendor {
        Vendor::NablaConnect
    }

    fn callers(&self) -> &Callers {
        &self.callers
    }

    /// Every endpoint that is guarded is about users.
    async fn admit(&self, caller: &Caller, request: &mut Parts) -> Result<(), Refusal> {
        let pinned = caller.organization.nabla_connect_version;
        let pinned = pinned.unwrap_or(ConnectVersion::NEWEST).name();
        let version = VERSIONS.negotiate(&request.headers, &request.uri, pinned)?;
        let has_users = version
            .parse()
            .is_ok_and(|version: ConnectVersion| version >= USERS_SINCE);
        if has_users {
            Ok(())
        } else {
            Err(Refusal::unknown_path())
        }
    }
}
