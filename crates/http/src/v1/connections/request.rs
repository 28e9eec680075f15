//! What callers say about a connection.

use roster_application::connections::{ConnectionChanges, CredentialsChanges};
use roster_domain::{Change, FieldPath, Violations};
use roster_wire::field::Field;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::fields::{self, Others, secret};
use super::super::schemas;
use super::new::Credentials;
use super::options::{self, AnyOptions};

/// What Roster alone sets.
const READ_ONLY: &[&str] = &["id", "created_at", "updated_at", "version"];

/// What is said about a connection. Fields that are left out stay as they are.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct ConnectionRequest {
    #[serde(default)]
    #[schema(schema_with = schemas::vendor)]
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
    #[schema(value_type = Option<AnyOptions>)]
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
        options: options::read(request.options, &at("options"), v),
        credentials: credentials(request.credentials, &at("credentials"), v),
        paused: request.paused.flag(&at("paused"), v),
        unreadable: Violations::none(),
    };
    fields::refuse_others(&request.others, READ_ONLY, &FieldPath::root(), v);
    ConnectionChanges { unreadable, ..changes }
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
