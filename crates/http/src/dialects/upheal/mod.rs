//! Upheal's partner API, in the two versions of it that the vendor serves side by side.
//!
//! | | V1 | V2 |
//! |---|---|---|
//! | prefix | `/upheal/v1` | `/upheal/v2` |
//! | caller | API key, in `x-api-key` or as Bearer token | the same |
//! | how notes are written | session types | note templates, and how notes refer to the provider |
//!
//! Everything else is the same code. A user is named by Roster's id or by `partnerUserId`, which is the external id.

mod answer;
mod check;
mod error;
mod limit;
mod new_providers;
mod providers;
#[cfg(test)]
mod tests;
mod users;

use std::sync::Arc;

use axum::http::request::Parts;
use roster_application::authentication::Caller;
use roster_application::links::Links;
use roster_application::users::Users;
use roster_domain::Vendor;
use roster_wire::upheal::{API_KEY_HEADER, ErrorBody};
use utoipa_axum::routes;

use self::answer::UrlBases;
use self::limit::Limit;
use super::{Api, Callers, Dialect, ErrorShape, Mount, Registry, Scheme};
use crate::Services;
use crate::refusal::Refusal;
use crate::sandbox::{Operation, Sandbox};

const V1: Api = Api {
    name: "upheal-v1",
    prefix: "/upheal/v1",
    title: "Roster: Upheal V1",
    description: "The provider users of Upheal's partner API in its first version, as Roster speaks it.",
    scheme: Scheme::ApiKey {
        header: Some(API_KEY_HEADER),
    },
    errors: ErrorShape::of::<ErrorBody>(error::render),
    versions: None,
    is_limited: true,
};

const V2: Api = Api {
    name: "upheal-v2",
    prefix: "/upheal/v2",
    title: "Roster: Upheal V2",
    description: "The provider users of Upheal's partner API in its second version, as Roster speaks it.",
    ..V1
};

/// The dialect, with what its handlers work with. Both versions share it, and its rate limit.
pub(super) struct Upheal {
    users: Users,
    links: Links,
    urls: UrlBases,
    limit: Limit,
    callers: Callers,
}

/// What handlers get as their state.
type Shared = Arc<Upheal>;

/// Both versions.
pub(super) fn register(registry: &mut Registry<'_>) {
    let dialect = registry.dialect(Upheal::new);
    registry.add(v1(), dialect.as_ref());
    registry.add(v2(), dialect.as_ref());
}

fn v1() -> Mount<Upheal> {
    let mount = Mount::new(V1)
        .guarded(Operation::Create, routes!(new_providers::create_v1))
        .guarded(Operation::Create, routes!(new_providers::create_in_organization_v1))
        .guarded(Operation::Get, routes!(providers::show_v1))
        .guarded(Operation::Update, routes!(providers::update_v1))
        .guarded(Operation::Get, routes!(users::show_v1))
        .guarded(Operation::Update, routes!(users::update_v1));
    common(mount)
}

fn v2() -> Mount<Upheal> {
    let mount = Mount::new(V2)
        .guarded(Operation::Create, routes!(new_providers::create_v2))
        .guarded(Operation::Create, routes!(new_providers::create_in_organization_v2))
        .guarded(Operation::Get, routes!(providers::show_v2))
        .guarded(Operation::Update, routes!(providers::update_v2))
        .guarded(Operation::Get, routes!(users::show_v2))
        .guarded(Operation::Update, routes!(users::update_v2));
    common(mount)
}

/// The endpoints that are the same in both versions.
fn common(mount: Mount<Upheal>) -> Mount<Upheal> {
    mount
        .guarded(Operation::Check, routes!(check::check))
        .guarded(Operation::Activate, routes!(users::activate))
        .guarded(Operation::Deactivate, routes!(users::deactivate))
}

impl Upheal {
    fn new(services: &Services, sandbox: Option<&Sandbox>) -> Self {
        let settings = &services.dialects;
        Self {
            users: services.users.clone(),
            links: services.links.clone(),
            urls: UrlBases {
                invite: settings.upheal_invite_url.clone(),
                room: settings.upheal_room_url.clone(),
            },
            limit: Limit::new(settings.upheal_requests_per_minute, sandbox),
            callers: Callers::of(services),
        }
    }
}

impl Dialect for Upheal {
    fn vendor(&self) -> Vendor {
        Vendor::Upheal
    }

    fn callers(&self) -> &Callers {
        &self.callers
    }

    async fn admit(&self, caller: &Caller, _request: &mut Parts) -> Result<(), Refusal> {
        self.limit.admit(caller)
    }
}
