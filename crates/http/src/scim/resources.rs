//! The endpoints of resources: what both types have in common.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use axum::routing::{self, post};
use axum::{Extension, Router};
use roster_application::authentication::Caller;
use roster_domain::Version;
use roster_domain::scim::ResourceType;
use serde_json::Value as Json;

use super::answer::{Answer, Call, written};
use super::project::Projection;
use super::request::{Conditions, Parameters, ScimBody, Shown};
use super::search::{self, Search};
use super::{groups, users};
use crate::Services;
use crate::refusal::Refusal;
use crate::v1::etag::Preconditions;
use crate::v1::request::Segments;

type Shared = State<Arc<Services>>;

/// The endpoints of a type.
pub(super) fn routes(of: ResourceType) -> Router<Arc<Services>> {
    let endpoint = of.endpoint();
    let list = move |State(services): Shared, Extension(caller): Extension<Caller>, parameters: Parameters| async move {
        query(&services, &caller, &[of], &parameters).await
    };
    let create = move |State(services): Shared,
                       Extension(caller): Extension<Caller>,
                       Shown(shown): Shown,
                       ScimBody(body): ScimBody| async move {
        let call = Call {
            services: &services,
            caller: &caller,
        };
        create(call, of, &body, &shown).await
    };
    let find = move |State(services): Shared, Extension(caller): Extension<Caller>, ScimBody(body): ScimBody| async move {
        search(&services, &caller, &[of], &body).await
    };
    let show = move |State(services): Shared,
                     Extension(caller): Extension<Caller>,
                     Segments(id): Segments<String>,
                     Shown(shown): Shown,
                     Conditions(conditions): Conditions| async move {
        let call = Call {
            services: &services,
            caller: &caller,
        };
        show(call, of, &id, &shown, &conditions).await
    };
    let replace = move |State(services): Shared,
                        Extension(caller): Extension<Caller>,
                        Segments(id): Segments<String>,
                        Conditions(conditions): Conditions,
                        Shown(shown): Shown,
                        ScimBody(body): ScimBody| async move {
        let call = Call {
            services: &services,
            caller: &caller,
        };
        check_change(call, of, &id, &conditions).await?;
        replace(call, of, &id, conditions.expected(), &body, &shown).await
    };
    let change = move |State(services): Shared,
                       Extension(caller): Extension<Caller>,
                       Segments(id): Segments<String>,
                       Conditions(conditions): Conditions,
                       Shown(shown): Shown,
                       ScimBody(body): ScimBody| async move {
        let call = Call {
            services: &services,
            caller: &caller,
        };
        check_change(call, of, &id, &conditions).await?;
        patch(call, of, &id, conditions.expected(), &body, &shown).await
    };
    let remove = move |State(services): Shared,
                       Extension(caller): Extension<Caller>,
                       Segments(id): Segments<String>,
                       Conditions(conditions): Conditions| async move {
        let call = Call {
            services: &services,
            caller: &caller,
        };
        check_change(call, of, &id, &conditions).await?;
        delete(call, of, &id, conditions.expected()).await
    };
    Router::new()
        .route(endpoint, routing::get(list).post(create))
        .route(&format!("{endpoint}/.search"), post(find))
        .route(
            &format!("{endpoint}/{{id}}"),
            routing::get(show).put(replace).patch(change).delete(remove),
        )
}

/// The endpoints of all types at once.
pub(super) fn routes_of_all() -> Router<Arc<Services>> {
    let list = |State(services): Shared, Extension(caller): Extension<Caller>, parameters: Parameters| async move {
        query(&services, &caller, &ResourceType::ALL, &parameters).await
    };
    let find = |State(services): Shared, Extension(caller): Extension<Caller>, ScimBody(body): ScimBody| async move {
        search(&services, &caller, &ResourceType::ALL, &body).await
    };
    Router::new()
        .route("/", routing::get(list))
        .route("/.search", post(find))
}

async fn query(
    services: &Services,
    caller: &Caller,
    types: &[ResourceType],
    parameters: &Parameters,
) -> Result<Response, Refusal> {
    let call = Call { services, caller };
    let found = search::list(call, types, &Search::of_query(parameters)?).await?;
    Ok(written(&found))
}

async fn search(
    services: &Services,
    caller: &Caller,
    types: &[ResourceType],
    body: &Json,
) -> Result<Response, Refusal> {
    let call = Call { services, caller };
    let found = search::list(call, types, &Search::of_body(body)?).await?;
    Ok(written(&found))
}

async fn show(
    call: Call<'_>,
    of: ResourceType,
    id: &str,
    shown: &Projection,
    conditions: &Preconditions,
) -> Result<Response, Refusal> {
    let answer = get(call, of, id, shown).await?;
    if let Some(tag) = answer.tag()
        && conditions.check_read(&tag)?
    {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(answer.into_response())
}

/// Refuses a change of a resource that is as `If-None-Match` names it.
async fn check_change(call: Call<'_>, of: ResourceType, id: &str, conditions: &Preconditions) -> Result<(), Refusal> {
    if conditions.exclude_some() {
        let nothing_else = Projection::Only(vec!["id".to_owned()]);
        if let Some(tag) = get(call, of, id, &nothing_else).await?.tag() {
            conditions.check_change(&tag)?;
        }
    }
    Ok(())
}

async fn get(call: Call<'_>, of: ResourceType, id: &str, shown: &Projection) -> Result<Answer, Refusal> {
    match of {
        ResourceType::User => users::get(call, id, shown).await,
        ResourceType::Group => groups::get(call, id, shown).await,
    }
}

/// Makes a resource.
pub(super) async fn create(
    call: Call<'_>,
    of: ResourceType,
    body: &Json,
    shown: &Projection,
) -> Result<Answer, Refusal> {
    match of {
        ResourceType::User => users::create(call, body, shown).await,
        ResourceType::Group => groups::create(call, body, shown).await,
    }
}

/// Puts a resource in place of what it was.
pub(super) async fn replace(
    call: Call<'_>,
    of: ResourceType,
    id: &str,
    expected: Option<&[Version]>,
    body: &Json,
    shown: &Projection,
) -> Result<Answer, Refusal> {
    match of {
        ResourceType::User => users::replace(call, id, expected, body, shown).await,
        ResourceType::Group => groups::replace(call, id, expected, body, shown).await,
    }
}

/// Changes a resource piece by piece.
pub(super) async fn patch(
    call: Call<'_>,
    of: ResourceType,
    id: &str,
    expected: Option<&[Version]>,
    body: &Json,
    shown: &Projection,
) -> Result<Answer, Refusal> {
    match of {
        ResourceType::User => users::patch(call, id, expected, body, shown).await,
        ResourceType::Group => groups::patch(call, id, expected, body, shown).await,
    }
}

/// Deletes a resource.
pub(super) async fn delete(
    call: Call<'_>,
    of: ResourceType,
    id: &str,
    expected: Option<&[Version]>,
) -> Result<Answer, Refusal> {
    match of {
        ResourceType::User => users::delete(call, id, expected).await,
        ResourceType::Group => groups::delete(call, id, expected).await,
    }
}
