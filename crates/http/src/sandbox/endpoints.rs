//! What the default organization does with the sandbox: set faults, look at calls, look at users.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use roster_application::authentication::Authentication;
use roster_application::ports::UserQuery;
use roster_application::users::Users;
use roster_application::{Error, Missing};
use roster_domain::{Fault as Broken, FieldPath, Given, Revision, Rule, Surface, User, Vendor};

use super::answer::{CallAnswer, Data, FaultAnswer};
use super::{Sandbox, request};
use crate::bearer::bearer;
use crate::body;
use crate::layers;
use crate::refusal::{Kind, Refusal};
use crate::v1::problem;
use crate::v1::query::Query;
use crate::v1::users::UserAnswer;

/// How many users are read at a time.
const USERS_AT_ONCE: u32 = 500;

/// What the handlers work with.
#[derive(Clone)]
pub(super) struct Endpoints {
    pub(super) sandbox: Sandbox,
    pub(super) users: Users,
    pub(super) authentication: Authentication,
}

/// The endpoints, to be nested under `/sandbox`. Errors are those of `/v1`.
pub(super) fn router(state: Endpoints) -> Router {
    let router = Router::new()
        .route("/faults", post(set_fault).get(faults).delete(clear_faults))
        .route("/calls", get(calls))
        .route("/users", get(users))
        .route_layer(from_fn_with_state(state.clone(), admit))
        .fallback(|| async { Refusal::unknown_path() })
        .method_not_allowed_fallback(|| async { Refusal::method_not_allowed() })
        .with_state(state);
    layers::guarded(router, problem::render)
}

/// Lets in who holds an API key of the default organization.
async fn admit(State(state): State<Endpoints>, request: Request, next: Next) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let key = bearer(&parts.headers)?;
    // The sandbox is operated with what operates the organization.
    let caller = state.authentication.by_api_key(key, Surface::V1).await?;
    let caller = caller.ok_or_else(|| Refusal::unauthorized("the API key is not known"))?;
    if caller.organization.id != state.sandbox.0.default_organization {
        let message = "the sandbox belongs to the organization default";
        return Err(Refusal::new(StatusCode::FORBIDDEN, Kind::Forbidden, message));
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// `POST /sandbox/faults`.
async fn set_fault(State(state): State<Endpoints>, headers: HeaderMap, body: Body) -> Result<Response, Refusal> {
    let bytes = body::bytes(body).await?;
    let aim = request::read(body::json(&headers, &bytes)?)?;
    let fault = state.sandbox.faults().add(aim);
    Ok((
        StatusCode::CREATED,
        [(LOCATION, "/sandbox/faults")],
        Json(FaultAnswer::from(&fault)),
    )
        .into_response())
}

/// `GET /sandbox/faults?vendor=`.
async fn faults(State(state): State<Endpoints>, mut query: Query) -> Result<Response, Refusal> {
    let vendor = vendor(&mut query);
    query.finish()?;
    let faults = state.sandbox.faults();
    let wanted = faults
        .all()
        .iter()
        .filter(|fault| vendor.is_none_or(|vendor| vendor == fault.aim.vendor));
    Ok(Json(wanted.map(FaultAnswer::from).collect::<Data<_>>()).into_response())
}

/// `DELETE /sandbox/faults?vendor=`.
async fn clear_faults(State(state): State<Endpoints>, mut query: Query) -> Result<StatusCode, Refusal> {
    let vendor = vendor(&mut query);
    query.finish()?;
    state.sandbox.faults().clear(vendor);
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /sandbox/calls?vendor=`, the oldest first.
async fn calls(State(state): State<Endpoints>, mut query: Query) -> Result<Response, Refusal> {
    let vendor = vendor(&mut query);
    query.finish()?;
    let calls = state.sandbox.calls().list(vendor);
    Ok(Json(calls.iter().map(CallAnswer::from).collect::<Data<_>>()).into_response())
}

/// `GET /sandbox/users?vendor=`: every user of the organization that plays the vendor, the oldest first, also those
/// who are not active.
async fn users(State(state): State<Endpoints>, mut query: Query) -> Result<Response, Refusal> {
    let vendor = vendor(&mut query);
    let given = query.finish();
    let Some(vendor) = vendor else {
        given?;
        let missing = Broken::new(Rule::Required, Given::nothing()).at(FieldPath::of("vendor"));
        return Err(Refusal::invalid_query(missing.into()));
    };
    given?;
    let organization = state
        .sandbox
        .organization(vendor)
        .ok_or(Error::NotFound(Missing::Organization))?;
    let mut found: Vec<User> = Vec::new();
    loop {
        let after = found.last().map(|user| user.id);
        let query = UserQuery {
            after,
            ..UserQuery::first(USERS_AT_ONCE)
        };
        let page = state.users.list(organization, &query).await?;
        let is_last = page.len() < USERS_AT_ONCE as usize;
        found.extend(page);
        if is_last {
            break;
        }
    }
    let shown = found.into_iter().map(|user| {
        UserAnswer::from(Revision {
            password: None,
            user,
            changed: false,
            suspicions: Vec::new(),
        })
    });
    Ok(Json(shown.collect::<Data<_>>()).into_response())
}

fn vendor(query: &mut Query) -> Option<Vendor> {
    query.take("vendor", str::parse)
}
