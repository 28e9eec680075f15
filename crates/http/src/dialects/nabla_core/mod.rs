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

mod caller;
mod error;
mod list;
mod oauth;
mod sessions;
#[cfg(test)]
mod tests;
mod users;
mod version;

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::http::request::Parts;
use axum::routing::{get, patch, post};
use roster_application::authentication::{Authentication, Caller, Tokens};
use roster_application::ports::Ids;
use roster_application::sessions::Sessions;
use roster_application::users::Users;
use roster_domain::{Timestamp, Vendor};
use roster_wire::nabla_core::TOKEN_PATH;

use super::{Dialect, Mount};
use crate::Services;
use crate::layers::Render;
use crate::refusal::Refusal;
use crate::sandbox::{Operation, Sandbox};

/// Where the server API of the current generation is; the audience of client assertions begins with it.
const CURRENT_SERVER: &str = "/nabla/v1/core/server";
const CURRENT_USER: &str = "/nabla/v1/core/user";
const ARCHIVED_SERVER: &str = "/nabla/v1/copilot-api/server";
const ARCHIVED_USER: &str = "/nabla/v1/copilot-api/user";

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
    tokens: Tokens,
    authentication: Authentication,
    ids: Arc<dyn Ids>,
    /// Every URL of the token endpoint under which callers know it.
    audiences: Vec<String>,
    sandbox: Option<Sandbox>,
}

/// What handlers get as their state.
type Shared = Arc<NablaCore>;

/// Both generations.
pub(super) fn routes(services: &Arc<Services>, sandbox: Option<&Sandbox>) -> Router {
    [Generation::Current, Generation::Archived]
        .into_iter()
        .map(|generation| {
            Arc::new(NablaCore {
                generation,
                users: services.users.clone(),
                sessions: services.sessions.clone(),
                tokens: services.tokens.clone(),
                authentication: services.authentication.clone(),
                ids: services.ids.clone(),
                audiences: audiences(&services.public_urls),
                sandbox: sandbox.cloned(),
            })
        })
        .fold(Router::new(), |router, dialect| router.merge(dialect.router()))
}

fn audiences(public_urls: &[String]) -> Vec<String> {
    public_urls
        .iter()
        .map(|url| format!("{url}{CURRENT_SERVER}{TOKEN_PATH}"))
        .collect()
}

impl NablaCore {
    fn router(self: Shared) -> Router {
        let (server, user) = match self.generation {
            Generation::Current => (CURRENT_SERVER, CURRENT_USER),
            Generation::Archived => (ARCHIVED_SERVER, ARCHIVED_USER),
        };
        self.clone().server_api(server).merge(self.user_api(user))
    }

    fn server_api(self: Shared, prefix: &str) -> Router {
        let state = self.clone();
        let mount = Mount::new(self.clone(), self.sandbox.clone())
            .guarded("/users", Operation::Create, post(users::create).with_state(state.clone()))
            .guarded("/users", Operation::List, get(list::list).with_state(state.clone()))
            .guarded("/users/{id}", Operation::Get, get(users::show).with_state(state.clone()))
            .guarded("/users/{id}", Operation::Update, patch(users::update).with_state(state.clone()))
            .guarded("/users/{id}/activate", Operation::Activate, post(users::activate).with_state(state.clone()))
            .guarded(
                "/users/{id}/deactivate",
                Operation::Deactivate,
                post(users::deactivate).with_state(state.clone()),
            )
            // The rest of the path, since clients do not encode slashes in it.
            .guarded(
                "/users/find_by_external_id/{*external_id}",
                Operation::Find,
                get(users::find_by_external_id).with_state(state.clone()),
            )
            .guarded(
                "/jwt/authenticate/{id}",
                Operation::Authenticate,
                post(sessions::authenticate).with_state(state.clone()),
            );
        match self.generation {
            Generation::Current => mount.open(TOKEN_PATH, post(oauth::token).with_state(state)),
            Generation::Archived => mount,
        }
        .under(prefix)
    }

    fn user_api(self: Shared, prefix: &str) -> Router {
        Mount::new(self.clone(), self.sandbox.clone())
            .open("/jwt/refresh", post(sessions::refresh).with_state(self.clone()))
            .open("/jwt/logout", post(sessions::logout).with_state(self))
            .under(prefix)
    }
}

#[async_trait]
impl Dialect for NablaCore {
    fn vendor(&self) -> Vendor {
        Vendor::NablaCore
    }

    fn errors(&self) -> Render {
        error::render
    }

    fn now(&self) -> Timestamp {
        self.authentication.now()
    }

    fn check(&self, request: &Parts) -> Result<(), Refusal> {
        self.generation
            .versions()
            .negotiate(&request.headers, &request.uri)
            .map(drop)
    }

    async fn authenticate(&self, request: &Parts) -> Result<Caller, Refusal> {
        caller::authenticate(self, &request.headers).await
    }
}
