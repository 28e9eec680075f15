//! `/v1/clients`: who may call Roster.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use roster_application::Missing;
use roster_application::api_clients::NewApiClient;
use roster_application::authentication::Caller;
use roster_domain::{ApiClient, ApiClientId, ApiClientKind, ClientKey, FieldPath, Timestamp, Violations};
use roster_wire::field::Field;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::cursor::{self, List};
use super::fields::{self, Others, secret};
use super::query::{NoQuery, Page, Query};
use super::request::{JsonBody, ReservedId, Segments, id};
use super::{schemas, time};
use crate::Services;
use crate::refusal::Refusal;

/// What Roster alone sets.
const READ_ONLY: &[&str] = &["id", "key", "created_at"];

/// A new API client.
#[derive(Default, Deserialize, ToSchema)]
#[schema(example = json!({"kind": "api_key", "label": "EHR integration"}))]
struct ClientRequest {
    #[serde(default)]
    #[schema(schema_with = schemas::client_kind, required = true)]
    kind: Field,
    /// What people call the client.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    label: Field,
    /// For `oauth_client`: an RSA public key in PEM. Either this or `jwks_url`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    public_key: Field,
    /// For `oauth_client`: the URL of a JSON Web Key Set.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "uri", max_length = 2000)]
    jwks_url: Field,
    /// For `service_account`: the e-mail address that it signs in with.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Email, max_length = 254)]
    email: Field,
    /// For `service_account`: the password.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only, min_length = 16, max_length = 64)]
    password: Field,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

/// Who may call Roster for the organization.
#[derive(Serialize, ToSchema)]
#[schema(as = Client)]
struct ClientAnswer {
    /// Roster's id of the client; for an OAuth client the `iss` and `sub` of its assertions.
    id: Uuid,
    #[schema(schema_with = schemas::client_kind)]
    kind: &'static str,
    /// What people call the client.
    #[schema(required)]
    label: Option<String>,
    /// For `oauth_client`: the RSA public key in PEM, if there is one.
    #[schema(required)]
    public_key: Option<String>,
    /// For `oauth_client`: the URL of a JSON Web Key Set, if there is one.
    #[schema(required)]
    jwks_url: Option<String>,
    /// For `service_account`: the e-mail address that it signs in with.
    #[schema(required)]
    email: Option<String>,
    /// For `api_key`, in the answer that creates it only: the key, which is never shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<String>,
    /// When the client was made.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// A page of API clients.
#[derive(Serialize, ToSchema)]
struct ClientPage {
    /// The clients, in the order in which they were made.
    #[schema(max_items = 200)]
    data: Vec<ClientAnswer>,
    /// What to pass as `cursor` for the next page; null on the last.
    #[schema(required)]
    next_cursor: Option<String>,
}

impl From<ApiClient> for ClientAnswer {
    fn from(client: ApiClient) -> Self {
        let kind = client.kind.name();
        let (public_key, jwks_url, email) = match client.kind {
            ApiClientKind::ApiKey => (None, None, None),
            ApiClientKind::OAuthClient(ClientKey::PublicKey(pem)) => (Some(pem), None, None),
            ApiClientKind::OAuthClient(ClientKey::JwksUrl(url)) => (None, Some(url), None),
            ApiClientKind::ServiceAccount { email } => (None, None, Some(email.as_str().to_owned())),
        };
        Self {
            id: client.id.uuid(),
            kind,
            label: client.label,
            public_key,
            jwks_url,
            email,
            key: None,
            created_at: client.created_at,
        }
    }
}

/// The routes, with their specification.
pub(crate) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(routes!(list_clients, create_client))
        .routes(routes!(delete_client))
}

/// Create an API client
///
/// `api_key` answers the `key`, this once. `oauth_client` needs a `public_key` or a `jwks_url`, and its `id` is the issuer and
/// subject of its assertions. `service_account` needs `email` and `password`.
#[utoipa::path(post, path = "/clients", tag = "clients", request_body = ClientRequest, responses(
    (status = 201, description = "The client was created.", body = ClientAnswer),
    (status = 409, description = "Another service account has the email."),
))]
async fn create_client(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    reserved: ReservedId,
    JsonBody(body): JsonBody,
) -> Result<Response, Refusal> {
    let created = services
        .api_clients
        .create(&caller.organization, read(body), reserved.0)
        .await?;
    let location =
        HeaderValue::from_str(&format!("/v1/clients/{}", created.client.id)).map(|value| [(LOCATION, value)]);
    let key = created.key.map(|key| key.expose().to_owned());
    let answer = ClientAnswer {
        key,
        ..ClientAnswer::from(created.client)
    };
    Ok((StatusCode::CREATED, location.ok(), Json(answer)).into_response())
}

/// List API clients
///
/// In the order in which they were made, page by page.
#[utoipa::path(get, path = "/clients", tag = "clients", params(Page<1>), responses(
    (status = 200, description = "A page of clients.", body = ClientPage),
))]
async fn list_clients(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    mut query: Query,
) -> Result<Json<ClientPage>, Refusal> {
    let page = query.page::<1>(List::Clients);
    query.finish()?;
    let after = page.after.map(|[id]| ApiClientId::new(id));
    let clients = services
        .api_clients
        .list(&caller.organization, after, page.asked())
        .await?;
    let ids = |client: &ApiClient| [client.id.uuid()];
    let (clients, next_cursor) = cursor::page(clients, page.limit, List::Clients, ids);
    Ok(Json(ClientPage {
        data: clients.into_iter().map(ClientAnswer::from).collect(),
        next_cursor,
    }))
}

/// Delete an API client
///
/// Nothing that the client holds opens anything from then on.
#[utoipa::path(delete, path = "/clients/{id}", tag = "clients", responses(
    (status = 204, description = "The client was deleted."),
    (status = 404, description = "There is no such client."),
))]
async fn delete_client(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(client): Segments<String>,
) -> Result<StatusCode, Refusal> {
    services
        .api_clients
        .delete(&caller.organization, id(&client, Missing::ApiClient)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read(body: Value) -> NewApiClient {
    let mut unreadable = Violations::none();
    let request: ClientRequest = fields::read(body, &mut unreadable);
    let v = &mut unreadable;
    let at = FieldPath::of;
    let new = NewApiClient {
        kind: request.kind.text(&at("kind"), v),
        label: request.label.text(&at("label"), v),
        public_key: request.public_key.text(&at("public_key"), v),
        jwks_url: request.jwks_url.text(&at("jwks_url"), v),
        email: request.email.text(&at("email"), v),
        password: secret(request.password.text(&at("password"), v)),
        unreadable: Violations::none(),
    };
    fields::refuse_others(&request.others, READ_ONLY, &FieldPath::root(), v);
    NewApiClient { unreadable, ..new }
}
