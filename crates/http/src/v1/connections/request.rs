//! What callers say about a connection.

use roster_application::connections::{ConnectionChanges, CredentialsChanges, OptionsChanges};
use roster_domain::{Change, FieldPath, Violations};
use roster_wire::field::Field;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::fields::{self, Others, secret};
use super::super::schemas;

/// What Roster alone sets.
const READ_ONLY: &[&str] = &["id", "created_at", "updated_at", "version"];

/// A new connection.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes which fields are required; `ConnectionRequest` is what is read"
)]
#[schema(example = json!({
    "vendor": "nabla_core", "base_url": "https://us.api.nabla.com",
    "credentials": {"client_id": "5f0c1f5e-6a0e-4b7c-9a53-3f1c8b1f2d10", "private_key": "-----BEGIN PRIVATE KEY-----\n…"}
}))]
pub(super) struct NewConnectionRequest {
    #[schema(schema_with = schemas::connectable_vendor)]
    vendor: Field,
    /// What people call the connection.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    label: Field,
    /// Where the vendor's API is: http or https, without credentials, query or fragment.
    #[schema(value_type = String, format = "uri", max_length = 2000, pattern = r"^https?://[!$-.0-9;=A-Z\[\]_a-z~][!$-;=A-Z\[\]_a-z~]*$")]
    base_url: Field,
    /// What the vendor leaves to choose.
    #[schema(value_type = Option<ConnectionOptionsRequest>)]
    options: Field,
    /// What the vendor is shown to prove who calls.
    #[schema(value_type = Credentials)]
    credentials: Field,
    /// Whether nothing is sent to the vendor for now.
    #[schema(value_type = Option<bool>)]
    paused: Field,
}

/// What is said about a connection. Fields that are left out stay as they are.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct ConnectionRequest {
    #[serde(default)]
    #[schema(schema_with = schemas::connectable_vendor)]
    vendor: Field,
    /// What people call the connection.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    label: Field,
    /// Where the vendor's API is: http or https, without credentials, query or fragment.
    #[serde(default)]
    #[schema(value_type = String, format = "uri", max_length = 2000, pattern = r"^https?://[!$-.0-9;=A-Z\[\]_a-z~][!$-;=A-Z\[\]_a-z~]*$")]
    base_url: Field,
    /// What the vendor leaves to choose; its parts merge.
    #[serde(default)]
    #[schema(value_type = Option<ConnectionOptionsRequest>)]
    options: Field,
    /// What the vendor is shown to prove who calls; replaced as a whole.
    #[serde(default)]
    #[schema(value_type = Credentials)]
    credentials: Field,
    /// Whether nothing is sent to the vendor for now.
    #[serde(default)]
    #[schema(value_type = bool)]
    paused: Field,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

/// What is said about a connection's options.
#[derive(Default, Deserialize, ToSchema)]
struct ConnectionOptionsRequest {
    /// The version that is asked for in the vendor's versioning header; null for the one that Roster was built for.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "calendar-date", pattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2}|x-nabla-next)$", example = "2026-06-12")]
    api_version: Field,
    /// Whether private, loopback and link-local addresses may be called.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    allow_private_addresses: Field,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

/// Credentials, as they are read: [`Credentials`] describes what goes together.
#[derive(Default, Deserialize)]
struct CredentialsRequest {
    #[serde(default)]
    client_id: Field,
    #[serde(default)]
    private_key: Field,
    #[serde(default)]
    api_key: Field,
    #[serde(default)]
    email: Field,
    #[serde(default)]
    password: Field,
    #[serde(flatten)]
    others: Others,
}

/// Credentials of one kind: an OAuth client for Nabla, an API key for Upheal, a service account for Corti.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes what goes together; `CredentialsRequest` is what is read"
)]
#[serde(untagged)]
enum Credentials {
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
struct OauthCredentialsRequest {
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
struct ApiKeyCredentialsRequest {
    /// The API key.
    #[schema(value_type = String, write_only)]
    api_key: Field,
}

/// A service account at the vendor.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes what goes together; `CredentialsRequest` is what is read"
)]
struct ServiceAccountCredentialsRequest {
    /// The e-mail address of the service account.
    #[schema(value_type = String)]
    email: Field,
    /// The password of the service account.
    #[schema(value_type = String, write_only)]
    password: Field,
}

/// Reads what a body says about a connection. What cannot be read is in `unreadable`.
pub(super) fn read(body: Value) -> ConnectionChanges {
    let mut unreadable = Violations::none();
    let request: ConnectionRequest = fields::read(body, &mut unreadable);
    let v = &mut unreadable;
    let at = FieldPath::of;
    let changes = ConnectionChanges {
        vendor: request.vendor.text(&at("vendor"), v),
        label: request.label.text(&at("label"), v),
        base_url: request.base_url.text(&at("base_url"), v),
        options: options(request.options, &at("options"), v),
        credentials: credentials(request.credentials, &at("credentials"), v),
        paused: request.paused.flag(&at("paused"), v),
        unreadable: Violations::none(),
    };
    fields::refuse_others(&request.others, READ_ONLY, &FieldPath::root(), v);
    ConnectionChanges { unreadable, ..changes }
}

fn options(field: Field, at: &FieldPath, v: &mut Violations) -> Change<OptionsChanges> {
    field.object::<ConnectionOptionsRequest>(at, v).map(|request| {
        fields::refuse_others(&request.others, &[], at, v);
        OptionsChanges {
            api_version: request.api_version.text(&at.then("api_version"), v),
            allow_private_addresses: request
                .allow_private_addresses
                .flag(&at.then("allow_private_addresses"), v),
        }
    })
}

fn credentials(field: Field, at: &FieldPath, v: &mut Violations) -> Change<CredentialsChanges> {
    field.object::<CredentialsRequest>(at, v).map(|request| {
        fields::refuse_others(&request.others, &[], at, v);
        CredentialsChanges {
            client_id: request.client_id.text(&at.then("client_id"), v),
            private_key: secret(request.private_key.text(&at.then("private_key"), v)),
            api_key: secret(request.api_key.text(&at.then("api_key"), v)),
            email: request.email.text(&at.then("email"), v),
            password: secret(request.password.text(&at.then("password"), v)),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_of_a_wrong_type_is_refused_without_being_repeated() {
        let changes = read(json!({"credentials": {"api_key": ["hunter2"], "secret": "hunter2"}, "version": 2}));

        insta::assert_snapshot!(changes.unreadable, @r#"
        credentials.secret is not a field of this request; given: "secret"
        credentials.api_key must be a string; given: an array
        version is set by Roster and cannot be changed; given: a number
        "#);
        assert!(!format!("{changes:?}").contains("hunter2"));
    }
}
