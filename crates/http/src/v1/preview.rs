//! `/v1/users/{id}/preview`: the requests that would be sent to each vendor, without sending them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use roster_application::Missing;
use roster_application::authentication::Caller;
use roster_application::ports::PreviewedRequest;
use roster_application::preview::{Preview, PreviewedStep};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::query::NoQuery;
use super::request::{NoBody, Segments, id};
use super::schemas;
use crate::Services;
use crate::refusal::Refusal;

/// What would be sent for a user.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewList {
    /// One for each connection at which the user has an account.
    data: Vec<PreviewAnswer>,
}

/// What would be sent over one connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preview)]
pub(crate) struct PreviewAnswer {
    /// The connection.
    connection_id: Uuid,
    #[schema(schema_with = schemas::vendor)]
    vendor: &'static str,
    /// The steps in their order, as they follow if a look-up finds nobody and all else is done. None where the vendor has what it
    /// should have.
    steps: Vec<StepAnswer>,
    /// Why nothing, or no more, would be sent, where a person is needed first.
    #[schema(required)]
    attention: Option<String>,
}

/// One step and its requests.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewedStep)]
struct StepAnswer {
    #[schema(schema_with = schemas::step)]
    operation: &'static str,
    /// The requests, in their order.
    requests: Vec<RequestAnswer>,
    /// Why there can be none.
    #[schema(required)]
    error: Option<String>,
}

/// A request that would be sent, but for secrets, which are masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewedCall)]
struct RequestAnswer {
    /// The HTTP method.
    #[schema(example = "POST")]
    method: String,
    /// The whole URL.
    url: String,
    /// Names, in lower case, and values.
    headers: BTreeMap<String, String>,
    #[schema(schema_with = schemas::any_json, required)]
    body: Value,
}

impl From<Preview> for PreviewAnswer {
    fn from(preview: Preview) -> Self {
        Self {
            connection_id: preview.connection.id.uuid(),
            vendor: preview.connection.vendor.name(),
            steps: preview.steps.into_iter().map(StepAnswer::from).collect(),
            attention: preview.attention,
        }
    }
}

impl From<PreviewedStep> for StepAnswer {
    fn from(step: PreviewedStep) -> Self {
        let (requests, error) = match step.requests {
            Ok(requests) => (requests.into_iter().map(RequestAnswer::from).collect(), None),
            Err(error) => (Vec::new(), Some(error.message)),
        };
        Self {
            operation: step.operation,
            requests,
            error,
        }
    }
}

impl From<PreviewedRequest> for RequestAnswer {
    fn from(request: PreviewedRequest) -> Self {
        let mut headers = BTreeMap::<String, String>::new();
        for (name, value) in request.headers {
            // One name twice is one list (RFC 9110, 5.3).
            headers
                .entry(name)
                .and_modify(|values| {
                    values.push_str(", ");
                    values.push_str(&value);
                })
                .or_insert(value);
        }
        let body = request.body.map_or(Value::Null, |text| {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        });
        Self {
            method: request.method,
            url: request.url,
            headers,
            body,
        }
    }
}

/// The routes, with their specification.
pub(crate) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new().routes(routes!(preview_user))
}

/// Show what would be sent for a user
///
/// To each connection at which the user has an account: the exact requests, secrets masked. Nothing is sent, and nothing is changed.
#[utoipa::path(post, path = "/users/{id}/preview", tag = "users", responses(
    (status = 200, description = "What would be sent.", body = PreviewList),
    (status = 404, description = "There is no such user."),
))]
async fn preview_user(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(user): Segments<String>,
    _: NoBody,
) -> Result<Json<PreviewList>, Refusal> {
    let user = id(&user, Missing::User)?;
    let previews = services.previews.of_user(&caller.organization, user).await?;
    Ok(Json(PreviewList {
        data: previews.into_iter().map(PreviewAnswer::from).collect(),
    }))
}

#[cfg(test)]
mod tests;
