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
    "vendor": "upheal", "base_url": "https://api.upheal.example", "credentials": {"api_key": "uph_0000000000000000"}
}))]
pub(super) struct NewConnectionRequest {
    #[schema(schema_with = schemas::vendor)]
    vendor: Field,
    /// What people call the connection.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    label: Field,
    /// Where the vendor's API is: http or https, without credentials, query or fragment.
    #[schema(value_type = String, format = "uri", max_length = 2000)]
    base_url: Field,
    /// What the vendor leaves to choose.
    #[schema(value_type = Option<ConnectionOptionsRequest>)]
    options: Field,
    /// What the vendor is shown to prove who calls.
    #[schema(value_type = CredentialsRequest)]
    credentials: Field,
    /// Whether nothing is sent to the vendor for now.
    #[schema(value_type = bool, required = false)]
    paused: Field,
}

/// What is said about a connection. Fields that are left out stay as they are.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct ConnectionRequest {
    #[serde(default)]
    #[schema(schema_with = schemas::vendor)]
    vendor: Field,
    /// What people call the connection.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    label: Field,
    /// Where the vendor's API is: http or https, without credentials, query or fragment.
    #[serde(default)]
    #[schema(value_type = String, format = "uri", max_length = 2000)]
    base_url: Field,
    /// What the vendor leaves to choose; its parts merge.
    #[serde(default)]
    #[schema(value_type = Option<ConnectionOptionsRequest>)]
    options: Field,
    /// What the vendor is shown to prove who calls; replaced as a whole.
    #[serde(default)]
    #[schema(value_type = CredentialsRequest)]
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
    #[schema(value_type = Option<String>)]
    api_version: Field,
    /// Whether private, loopback and link-local addresses may be called.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    allow_private_addresses: Field,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

/// Credentials: `client_id` and `private_key` for Nabla, `api_key` for Upheal, `email` and `password` for Corti.
#[derive(Default, Deserialize, ToSchema)]
struct CredentialsRequest {
    /// The id of the OAuth client at the vendor.
    #[serde(default)]
    #[schema(value_type = String)]
    client_id: Field,
    /// The client's RSA key, PKCS#8 or PKCS#1 in PEM.
    #[serde(default)]
    #[schema(value_type = String, write_only)]
    private_key: Field,
    /// The API key.
    #[serde(default)]
    #[schema(value_type = String, write_only)]
    api_key: Field,
    /// The e-mail address of the service account.
    #[serde(default)]
    #[schema(value_type = String)]
    email: Field,
    /// The password of the service account.
    #[serde(default)]
    #[schema(value_type = String, write_only)]
    password: Field,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
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
