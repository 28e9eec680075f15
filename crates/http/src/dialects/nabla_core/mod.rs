//! Nabla Core's API, in both of its generations.
//!
//! They differ in where they are, in how callers prove who they are, in the versions they know, and in two fields of a
//! user; [`Generation`] says how. Everything else is the same code.
//!
//! | | current | archived |
//! |---|---|---|
//! | server API | `/nabla/v1/core/server` | `/nabla/v1/copilot-api/server` |
//! | user API | `/nabla/v1/core/user` | `/nabla/v1/copilot-api/user` |
//! | caller | OAuth client, by an access token | server key, which is an API key |
//! | user | five keys | the same, with `email` and `roles` |

mod apis;
mod list;
mod sessions;
#[cfg(test)]
mod tests;
mod token;
mod users;
mod version;

use std::sync::Arc;

use roster_application::authentication::Audience;
use roster_application::sessions::Sessions;
use roster_application::users::Users;
use roster_domain::Vendor;

use super::nabla::TokenEndpoint;
use super::{Callers, Dialect, Registry};
use crate::Services;
use crate::sandbox::Sandbox;

/// A generation of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Generation {
    /// Versions from 2024-10-01.
    Current,
    /// Versions up to 2024-04-22.
    Archived,
}

/// One generation of the dialect, with what its handlers work with.
struct NablaCore {
    generation: Generation,
    users: Users,
    sessions: Sessions,
    callers: Callers,
    /// The current generation's token endpoint; the archived one has none.
    token: TokenEndpoint,
    sandbox: Option<Sandbox>,
}

/// What handlers get as their state.
type Shared = Arc<NablaCore>;

/// Both generations.
pub(super) fn register(registry: &mut Registry<'_>) {
    for generation in [Generation::Current, Generation::Archived] {
        let dialect = registry.dialect(|services, sandbox| NablaCore::new(generation, services, sandbox));
        registry.add(apis::server(generation), dialect.as_ref());
        registry.add(apis::user(generation), dialect.as_ref());
    }
}

impl NablaCore {
    fn new(generation: Generation, services: &Services, sandbox: Option<&Sandbox>) -> Self {
        Self {
            generation,
            users: services.users.clone(),
            sessions: services.sessions.clone(),
            callers: Callers::of(services),
            token: TokenEndpoint::at(
                apis::CURRENT_SERVER.prefix,
                Vendor::NablaCore,
                Audience::NablaCoreServer,
                services,
                sandbox,
            ),
            sandbox: sandbox.cloned(),
        }
    }
}

impl Dialect for NablaCore {
    fn vendor(&self) -> Vendor {
        Vendor::NablaCore
    }

    fn callers(&self) -> &Callers {
        &self.callers
    }
}
