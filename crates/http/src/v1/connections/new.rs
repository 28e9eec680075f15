//! A new connection as the specification describes it: what each vendor needs, which [`super::request`] reads in one way.

use roster_wire::field::Field;
use utoipa::ToSchema;

use super::super::schemas;
use super::options::{CortiOptions, NablaOptions, UphealOptions};

/// A new connection, as its vendor needs it.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes what goes together; `ConnectionRequest` is what is read"
)]
#[serde(untagged)]
pub(super) enum NewConnection {
    Nabla(NewNablaConnectionRequest),
    Upheal(NewUphealConnectionRequest),
    Corti(NewCortiConnectionRequest),
}

/// A new connection to one of the Nablas.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes what goes together; `ConnectionRequest` is what is read"
)]
#[schema(example = json!({
    "vendor": "nabla_core", "base_url": "https://us.api.nabla.com",
    "credentials": {"client_id": "5f0c1f5e-6a0e-4b7c-9a53-3f1c8b1f2d10", "private_key": "-----BEGIN PRIVATE KEY-----\n…"}
}))]
pub(super) struct NewNablaConnectionRequest {
    #[schema(schema_with = schemas::vendor_nabla)]
    vendor: Field,
    /// What people call the connection.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    label: Field,
    /// Where the vendor's API is: http or https, without credentials, query or fragment.
    #[schema(value_type = String, format = "uri", max_length = 2000, pattern = r"^https?://[!$-.0-9;=A-Z\[\]_a-z~][!$-;=A-Z\[\]_a-z~]*$")]
    base_url: Field,
    /// What the vendor leaves to choose.
    #[schema(value_type = Option<NablaOptions>)]
    options: Field,
    /// What the vendor is shown to prove who calls.
    #[schema(value_type = OauthCredentialsRequest)]
    credentials: Field,
    /// Whether nothing is sent to the vendor for now.
    #[schema(value_type = Option<bool>)]
    paused: Field,
}

/// A new connection to Upheal.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes what goes together; `ConnectionRequest` is what is read"
)]
#[schema(example = json!({
    "vendor": "upheal", "base_url": "https://partners.example.org", "credentials": {"api_key": "the-key-that-upheal-gave"},
    "options": {"assignment": "chosen"}
}))]
pub(super) struct NewUphealConnectionRequest {
    #[schema(schema_with = schemas::vendor_upheal)]
    vendor: Field,
    /// What people call the connection.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    label: Field,
    /// Where the vendor's API is: http or https, without credentials, query or fragment.
    #[schema(value_type = String, format = "uri", max_length = 2000, pattern = r"^https?://[!$-.0-9;=A-Z\[\]_a-z~][!$-;=A-Z\[\]_a-z~]*$")]
    base_url: Field,
    /// What the vendor leaves to choose.
    #[schema(value_type = Option<UphealOptions>)]
    options: Field,
    /// What the vendor is shown to prove who calls.
    #[schema(value_type = ApiKeyCredentialsRequest)]
    credentials: Field,
    /// Whether nothing is sent to the vendor for now.
    #[schema(value_type = Option<bool>)]
    paused: Field,
}

/// A new connection to Corti.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes what goes together; `ConnectionRequest` is what is read"
)]
#[schema(example = json!({
    "vendor": "corti", "base_url": "https://api.example.org/functions/v1/public",
    "credentials": {"email": "roster@example.org", "password": "…"},
    "options": {"project_id": "clinic", "customer_id": "cardiology", "create_customer": true}
}))]
pub(super) struct NewCortiConnectionRequest {
    #[schema(schema_with = schemas::vendor_corti)]
    vendor: Field,
    /// What people call the connection.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    label: Field,
    /// Where the vendor's API is: http or https, without credentials, query or fragment.
    #[schema(value_type = String, format = "uri", max_length = 2000, pattern = r"^https?://[!$-.0-9;=A-Z\[\]_a-z~][!$-;=A-Z\[\]_a-z~]*$")]
    base_url: Field,
    /// What the vendor leaves to choose.
    #[schema(value_type = CortiOptions)]
    options: Field,
    /// What the vendor is shown to prove who calls.
    #[schema(value_type = ServiceAccountCredentialsRequest)]
    credentials: Field,
    /// Whether nothing is sent to the vendor for now.
    #[schema(value_type = Option<bool>)]
    paused: Field,
}

/// Credentials of one kind: an OAuth client for Nabla, an API key for Upheal, a service account for Corti.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes what goes together; `CredentialsRequest` is what is read"
)]
#[serde(untagged)]
pub(super) enum Credentials {
    OauthClient(OauthCredentialsRequest),
    ApiKey(ApiKeyCredentialsRequest),
    ServiceAccount(ServiceAccountCredentialsRequest),
}

/// The credentials of an OAuth client at the vendor.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes what goes together; `CredentialsRequest` is what is read"
)]
pub(super) struct OauthCredentialsRequest {
    /// The id of the OAuth client at the vendor.
    #[schema(value_type = String, pattern = r"\S")]
    client_id: Field,
    /// The client's RSA key of at least 2048 bits, PKCS#8 or PKCS#1 in PEM.
    #[schema(value_type = String, format = "rsa-private-key", write_only, pattern = "-----BEGIN (RSA )?PRIVATE KEY-----")]
    private_key: Field,
}

/// An API key of the vendor's.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes what goes together; `CredentialsRequest` is what is read"
)]
pub(super) struct ApiKeyCredentialsRequest {
    /// The API key, as a header can carry it.
    #[schema(value_type = String, write_only, pattern = "^[!-~]([ -~]*[!-~])?$")]
    api_key: Field,
}

/// A service account at the vendor.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes what goes together; `CredentialsRequest` is what is read"
)]
pub(super) struct ServiceAccountCredentialsRequest {
    /// The e-mail address of the service account.
    #[schema(value_type = String, format = "email", max_length = 254)]
    email: Field,
    /// The password of the service account.
    #[schema(value_type = String, write_only, min_length = 1)]
    password: Field,
}
