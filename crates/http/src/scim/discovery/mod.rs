//! What the server says of itself (RFC 7644, section 4): its configuration, its types of resources and their schemas.

mod described;
mod schemas;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use roster_domain::scim::ResourceType;
use serde_json::{Value as Json, json};

use super::answer::{base, written};
use super::bulk;
use super::paging;
use super::request::Parameters;
use crate::refusal::{Kind, Refusal};
use crate::v1::request::Segments;
use crate::{Services, body};

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

type Shared = State<Arc<Services>>;

/// The endpoints, which are read only.
pub(super) fn routes() -> Router<Arc<Services>> {
    Router::new()
        .route("/ServiceProviderConfig", get(config))
        .route("/ResourceTypes", get(resource_types))
        .route("/ResourceTypes/{id}", get(resource_type))
        .route("/Schemas", get(all_schemas))
        .route("/Schemas/{urn}", get(schema))
}

async fn config(State(services): Shared, parameters: Parameters) -> Result<Response, Refusal> {
    refuse_filter(&parameters)?;
    Ok(written(&configuration(&base(&services))))
}

/// The configuration (RFC 7643, section 5; RFC 9865, section 4).
fn configuration(base: &str) -> Json {
    json!({
        "schemas": [CONFIG],
        "patch": {"supported": true},
        "bulk": {"supported": true, "maxOperations": bulk::MAX_OPERATIONS, "maxPayloadSize": body::MAX_BYTES},
        "filter": {"supported": true, "maxResults": paging::MAX_SIZE},
        "changePassword": {"supported": false},
        "sort": {"supported": true},
        "etag": {"supported": true},
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": paging::DEFAULT_SIZE,
            "maxPageSize": paging::MAX_SIZE,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "API key",
            "description": "An API key of the organization as Bearer token.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {"resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig")},
    })
}

async fn resource_types(State(services): Shared, parameters: Parameters) -> Result<Response, Refusal> {
    refuse_filter(&parameters)?;
    let base = base(&services);
    Ok(listed(&ResourceType::ALL.map(|of| described_type(of, &base))))
}

async fn resource_type(State(services): Shared, Segments(id): Segments<String>) -> Result<Response, Refusal> {
    let found = ResourceType::ALL
        .into_iter()
        .find(|of| of.name().eq_ignore_ascii_case(&id));
    let found = found.ok_or_else(|| missing("type of resources"))?;
    Ok(written(&described_type(found, &base(&services))))
}

/// A type of resources (RFC 7643, section 6).
fn described_type(of: ResourceType, base: &str) -> Json {
    let extensions = of.extensions().iter();
    let extensions: Vec<Json> = extensions
        .map(|schema| json!({"schema": schema.id, "required": false}))
        .collect();
    json!({
        "schemas": [RESOURCE_TYPE],
        "id": of.name(),
        "name": of.name(),
        "description": of.schema().description,
        "endpoint": of.endpoint(),
        "schema": of.schema().id,
        "schemaExtensions": extensions,
        "meta": {"resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{}", of.name())},
    })
}

async fn all_schemas(State(services): Shared, parameters: Parameters) -> Result<Response, Refusal> {
    refuse_filter(&parameters)?;
    Ok(listed(&schemas::all(&base(&services))))
}

async fn schema(State(services): Shared, Segments(urn): Segments<String>) -> Result<Response, Refusal> {
    let mut all = schemas::all(&base(&services)).into_iter();
    let found = all.find(|schema| schema["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(&urn)));
    Ok(written(&found.ok_or_else(|| missing("schema"))?))
}

/// All of them at once: paging and sorting mean nothing here.
fn listed(resources: &[Json]) -> Response {
    written(&json!({
        "schemas": [LIST],
        "totalResults": resources.len(),
        "startIndex": 1,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    }))
}

/// Nobody is to take an answer for what a filter has left over (RFC 7644, section 4).
fn refuse_filter(parameters: &Parameters) -> Result<(), Refusal> {
    if parameters.get("filter")?.is_none() {
        return Ok(());
    }
    let message = "what the server says of itself is not filtered";
    Err(Refusal::new(StatusCode::FORBIDDEN, Kind::Forbidden, message))
}

fn missing(what: &str) -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        Kind::UnknownPath,
        format!("there is no such {what}"),
    )
}
