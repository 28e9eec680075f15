//! Corti's Console Admin API: an organization is a *project*, and its users are in the customers of it.
//!
//! | | |
//! |---|---|
//! | prefix | `/corti/functions/v1/public` |
//! | caller | service account, by an access token from `/auth/token` |
//! | project | the organization's short name or id |
//! | customers | those that were made, and `default`, which every organization has for users who were made elsewhere |

mod customers;
mod error;
mod logins;
mod place;
#[cfg(test)]
mod tests;
mod token;
mod users;

use std::sync::Arc;

use axum::body::Body;
use axum::http::HeaderMap;
use roster_application::authentication::Audience;
use roster_application::customers::Customers;
use roster_application::ports::Ids;
use roster_application::users::Users;
use roster_domain::{FieldPath, Vendor, Violations};
use roster_wire::corti::ErrorBody;
use roster_wire::field::read_object;
use serde::de::DeserializeOwned;
use utoipa_axum::routes;

use self::logins::Logins;
use super::{Api, Callers, Dialect, ErrorShape, Mount, Registry, Scheme, request};
use crate::Services;
use crate::refusal::Refusal;
use crate::sandbox::{Operation, Sandbox};

/// The one API there is.
const API: Api = Api {
    name: "corti",
    prefix: "/corti/functions/v1/public",
    title: "Corti's Console Admin API, as Roster speaks it",
    description: "The customers of a project and their users. A project is an organization, by its short name or its id. \
                  Users who were made elsewhere are in the customer `default`, which every project has.",
    scheme: Scheme::AccessToken(Audience::Corti),
    errors: ErrorShape::of::<ErrorBody>(error::render),
    versions: None,
    is_limited: false,
};

/// What handlers work with.
struct Corti {
    users: Users,
    customers: Customers,
    callers: Callers,
    ids: Arc<dyn Ids>,
    logins: Logins,
    sandbox: Option<Sandbox>,
}

/// What handlers get as their state.
type Shared = Arc<Corti>;

/// Registers the API.
pub(super) fn register(registry: &mut Registry<'_>) {
    let dialect = registry.dialect(Corti::new);
    registry.add(mount(), dialect.as_ref());
}

fn mount() -> Mount<Corti> {
    Mount::new(API)
        .open(routes!(token::token))
        .guarded(Operation::ListCustomers, routes!(customers::list))
        .guarded(Operation::CreateCustomer, routes!(customers::create))
        .guarded(Operation::UpdateCustomer, routes!(customers::update))
        .guarded(Operation::DeleteCustomer, routes!(customers::delete))
        .guarded(Operation::List, routes!(users::list))
        .guarded(Operation::Create, routes!(users::create))
        .guarded(Operation::Update, routes!(users::update))
        .guarded(Operation::Delete, routes!(users::delete))
}

impl Corti {
    fn new(services: &Services, sandbox: Option<&Sandbox>) -> Self {
        Self {
            users: services.users.clone(),
            customers: services.customers.clone(),
            callers: Callers::of(services),
            ids: services.ids.clone(),
            logins: Logins::default(),
            sandbox: sandbox.cloned(),
        }
    }
}

impl Dialect for Corti {
    fn vendor(&self) -> Vendor {
        Vendor::Corti
    }

    fn callers(&self) -> &Callers {
        &self.callers
    }
}

/// Reads a body that is an object of fields.
async fn read<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Refusal> {
    let value = request::json(headers, body).await?;
    let mut violations = Violations::none();
    let request = read_object(value, &FieldPath::root(), &mut violations);
    request.ok_or_else(|| Refusal::invalid(violations))
}
