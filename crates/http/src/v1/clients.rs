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
use roster_domain::{ApiClient, ApiClientId, ApiClientKind, ClientKey, FieldPath, Surface, Timestamp, Violations};
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

/// A new API client, as it is read: [`NewClient`] describes what goes together.
#[derive(Default, Deserialize)]
struct ClientRequest {
    #[serde(default)]
    kind: Field,
    #[serde(default)]
    label: Field,
    #[serde(default)]
    surface: Field,
    #[serde(default)]
    public_key: Field,
    #[serde(default)]
    jwks_url: Field,
    #[serde(default)]
    email: Field,
    #[serde(default)]
    password: Field,
    #[serde(flatten)]
    others: Others,
}

/// A new API client, of one kind.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what goes together; `ClientRequest` is what is read")]
#[serde(untagged)]
enum NewClient {
    ApiKey(NewApiKeyRequest),
    OauthClient(NewOauthClientRequest),
    OauthClientWithKeySet(NewOauthClientWithKeySetRequest),
    ServiceAccount(NewServiceAccountRequest),
}

/// A client that calls with a key, which Roster makes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what goes together; `ClientRequest` is what is read")]
struct NewApiKeyRequest {
    #[schema(schema_with = schemas::kind_api_key)]
    kind: Field,
    /// What people call the client.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    label: Field,
    /// The one surface that the client is to open; without it, it opens all.
    #[schema(schema_with = schemas::optional_callable_surface, required = false)]
    surface: Field,
}

/// A client that signs assertions with one key.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what goes together; `ClientRequest` is what is read")]
struct NewOauthClientRequest {
    #[schema(schema_with = schemas::kind_oauth_client)]
    kind: Field,
    /// What people call the client.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    label: Field,
    /// The one surface that the client is to open; without it, it opens all.
    #[schema(schema_with = schemas::optional_callable_surface, required = false)]
    surface: Field,
    /// The client's RSA public key of 2048 to 8192 bits, in PEM.
    #[schema(value_type = String, format = "rsa-public-key", max_length = 8192, pattern = "^-----BEGIN PUBLIC KEY-----")]
    public_key: Field,
}

/// A client that signs assertions with the keys of a set, which it may change.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what goes together; `ClientRequest` is what is read")]
struct NewOauthClientWithKeySetRequest {
    #[schema(schema_with = schemas::kind_oauth_client)]
    kind: Field,
    /// What people call the client.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    label: Field,
    /// The one surface that the client is to open; without it, it opens all.
    #[schema(schema_with = schemas::optional_callable_surface, required = false)]
    surface: Field,
    /// Where the JSON Web Key Set is: https on a public host, unless Roster's operator allows private addresses.
    #[schema(value_type = String, format = "uri", max_length = 2000, pattern = r"^https?://[!$-.0-9;=A-Z\[\]_a-z~][!$-;=A-Z\[\]_a-z~]*$")]
    jwks_url: Field,
}

/// A client that signs in with an e-mail address and a password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what goes together; `ClientRequest` is what is read")]
struct NewServiceAccountRequest {
    #[schema(schema_with = schemas::kind_service_account)]
    kind: Field,
    /// What people call the client.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    label: Field,
    /// The one surface that the client is to open; without it, it opens all.
    #[schema(schema_with = schemas::optional_callable_surface, required = false)]
    surface: Field,
    /// The e-mail address that it signs in with.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: Field,
    /// The password.
    #[schema(value_type = String, write_only, min_length = 16, max_length = 64, pattern = "^[!-~]*$")]
    password: Field,
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
    /// The one surface that the client opens; null for one that opens all.
    #[schema(schema_with = schemas::nullable_callable_surface, required)]
    surface: Option<&'static str>,
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
            surface: client.surface.map(Surface::name),
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
        .routes(routes!(get_client, delete_client))
}

/// Create an API client
///
/// `api_key` answers the `key`, this once. `oauth_client` needs a `public_key` or a `jwks_url`, and its `id` is the issuer and
/// subject of its assertions. `service_account` needs `email` and `password`.
///
/// A client with a `surface` opens that one and is not known anywhere else: give an identity provider a key with `scim`. Who
/// opens `v1` can make clients of every kind for every surface.
#[utoipa::path(post, path = "/clients", tag = "clients",
    request_body(content = NewClient, examples(
        ("api_key" = (value = json!({"kind": "api_key", "label": "EHR integration"}))),
        ("api_key_of_an_identity_provider" = (value = json!({
            "kind": "api_key", "label": "Entra ID", "surface": "scim"
        }))),
        ("oauth_client" = (value = json!({"kind": "oauth_client", "public_key": "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA6p+QpcMlyg4AkOZ53hKs\naFvGNzfoXzDKiBFp/0NwkhjzMHwTumZ27qvnqoxL9E0IMw1pvEd9SQxNbBo9Sw4c\nv3jhK8xL0dVWWqRTLHueBUQjOWUlDF1Lnpg6zju11E78c+Vxh4uzLjgzhWPVU3F2\nvo2YBah0i4fPkheXAIriXzWvSXjH+x3YeQyA/mUWR97cWKC03ym/VQP0XnYrzZdX\nCVBXR/3AY8IipdLIog4IBxX71HOKBRHH5Q+N+4UD7UZ1EYOH1RI2GttHvfp2u4Tr\nQ6phG4GtUzLfbF9r7nwmcFjKWIwyK9DEt+uv3GR3XpdGPDIpEg6vbDFRL2ZswSXw\nAwIDAQAB\n-----END PUBLIC KEY-----"}))),
        ("oauth_client_with_key_set" = (value = json!({
            "kind": "oauth_client", "jwks_url": "https://keys.example.org/jwks.json"
        }))),
        ("service_account" = (value = json!({
            "kind": "service_account", "email": "feed@example.org", "password": "correct-horse-battery-9"
        }))),
    )),
    responses(
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

/// Get an API client
///
/// As it is listed: the key of an `api_key` is not shown again.
#[utoipa::path(get, path = "/clients/{id}", tag = "clients", responses(
    (status = 200, description = "The client.", body = ClientAnswer),
    (status = 404, description = "There is no such client."),
))]
async fn get_client(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(client): Segments<String>,
) -> Result<Json<ClientAnswer>, Refusal> {
    let client = services
        .api_clients
        .get(&caller.organization, id(&client, Missing::ApiClient)?)
        .await?;
    Ok(Json(ClientAnswer::from(client)))
}

/// Delete an API client
///
/// Nothing that the client holds opens anything from then on. A client cannot delete itself, so that nobody locks themselves
/// out: make another one, and delete the first with that.
#[utoipa::path(delete, path = "/clients/{id}", tag = "clients", responses(
    (status = 204, description = "The client was deleted."),
    (status = 404, description = "There is no such client."),
    (status = 409, description = "The client is the one that asks, or that one was deleted meanwhile."),
))]
async fn delete_client(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(client): Segments<String>,
) -> Result<StatusCode, Refusal> {
    services
        .api_clients
        .delete_for(&caller, id(&client, Missing::ApiClient)?)
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
        surface: request.surface.text(&at("surface"), v),
        public_key: request.public_key.text(&at("public_key"), v),
        jwks_url: request.jwks_url.text(&at("jwks_url"), v),
        email: request.email.text(&at("email"), v),
        password: secret(request.password.text(&at("password"), v)),
        ..NewApiClient::default()
    };
    fields::refuse_others(&request.others, READ_ONLY, &FieldPath::root(), v);
    NewApiClient { unreadable, ..new }
}
