//! The four APIs, and which endpoints each has.

use roster_application::authentication::Audience;
use roster_wire::nabla_core::{ArchivedUser, ArchivedUserBody, ArchivedUserPage, User, UserBody, UserPage};
use utoipa_axum::routes;

use super::{Generation, NablaCore, list, sessions, token, users, version};
use crate::dialects::{Api, Mount, Scheme, nabla};
use crate::sandbox::Operation;

const SERVER_DESCRIPTION: &str = "\
Nabla Core's server API, spoken by Roster: what a client of the vendor's knows works after a change of base URL.

Everything belongs to the organization of the caller. Fields and parameters that are not described are passed over. What does \
not exist is answered with 400 and `ENTITY_NOT_FOUND`.";

const USER_DESCRIPTION: &str = "\
Nabla Core's user API, spoken by Roster: what a user who was signed in by the server API does.";

/// The server API of the current generation; the audience of client assertions begins with its prefix.
pub(super) const CURRENT_SERVER: Api = Api {
    name: "nabla-core-server",
    prefix: "/nabla/v1/core/server",
    title: "Nabla Core server API",
    description: SERVER_DESCRIPTION,
    scheme: Scheme::AccessToken(Audience::NablaCoreServer),
    errors: nabla::ERRORS,
    versions: Some(version::CURRENT),
    is_limited: false,
};

const CURRENT_USER: Api = Api {
    name: "nabla-core-user",
    prefix: "/nabla/v1/core/user",
    title: "Nabla Core user API",
    description: USER_DESCRIPTION,
    ..CURRENT_SERVER
};

const ARCHIVED_SERVER: Api = Api {
    name: "nabla-copilot-api-server",
    prefix: "/nabla/v1/copilot-api/server",
    title: "Nabla Core server API, archived generation",
    scheme: Scheme::ApiKey { header: None },
    versions: Some(version::ARCHIVED),
    ..CURRENT_SERVER
};

const ARCHIVED_USER: Api = Api {
    name: "nabla-copilot-api-user",
    prefix: "/nabla/v1/copilot-api/user",
    title: "Nabla Core user API, archived generation",
    versions: Some(version::ARCHIVED),
    ..CURRENT_USER
};

/// The server API of a generation.
pub(super) fn server(generation: Generation) -> Mount<NablaCore> {
    let api = match generation {
        Generation::Current => CURRENT_SERVER,
        Generation::Archived => ARCHIVED_SERVER,
    };
    let mount = Mount::new(api)
        .guarded(Operation::Create, routes!(users::create))
        .guarded(Operation::List, routes!(list::list))
        .guarded(Operation::Get, routes!(users::show))
        .guarded(Operation::Update, routes!(users::update))
        .guarded(Operation::Activate, routes!(users::activate))
        .guarded(Operation::Deactivate, routes!(users::deactivate))
        .guarded(Operation::Find, routes!(users::find_by_external_id))
        .guarded(Operation::Authenticate, routes!(sessions::authenticate));
    match generation {
        Generation::Current => mount.open(routes!(token::token)),
        Generation::Archived => mount
            .describing::<User, ArchivedUser>()
            .describing::<UserPage, ArchivedUserPage>()
            .describing_at::<UserBody, ArchivedUserBody>("/users"),
    }
}

/// The user API of a generation.
pub(super) fn user(generation: Generation) -> Mount<NablaCore> {
    let api = match generation {
        Generation::Current => CURRENT_USER,
        Generation::Archived => ARCHIVED_USER,
    };
    Mount::new(api)
        .open(routes!(sessions::refresh))
        .open(routes!(sessions::logout))
}
