//! What can be wrong with a connection to Upheal before anything is called.

use http::{HeaderName, HeaderValue};
use roster_application::credentials::Credentials;
use roster_domain::{Connection, Fault, FieldPath, Given, Rule, Violations};
use secrecy::ExposeSecret;

use crate::base_url;

/// Headers that say how a request is framed and what is in it, and cannot be the key's.
const FRAMING: [&str; 11] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "te",
    "transfer-encoding",
    "user-agent",
];

/// Everything that is wrong, at once. What was given for the key is never repeated.
pub(super) fn check(connection: &Connection, credentials: &Credentials) -> Violations {
    let mut violations = Violations::none();
    violations.check(&FieldPath::of("base_url"), base_url::check(connection));
    let options = FieldPath::of("options");
    if let Some(version) = &connection.options.api_version {
        violations.check(&options.then("api_version"), api_version(version));
    }
    if let Some(organization) = &connection.options.organization_id {
        violations.check(&options.then("organization_id"), organization_id(organization));
    }
    if let Some(header) = &connection.options.api_key_header {
        violations.check(&options.then("api_key_header"), api_key_header(header));
    }
    let field = FieldPath::of("credentials");
    match credentials {
        Credentials::ApiKey { api_key } => {
            violations.check(&field.then("api_key"), key(api_key.expose_secret()));
        }
        Credentials::OAuthClient { .. } => violations.push(wrong_kind("oauth_client").at(field.then("kind"))),
        Credentials::ServiceAccount { .. } => {
            violations.push(wrong_kind("service_account").at(field.then("kind")));
        }
    }
    violations
}

fn api_version(version: &str) -> Result<(), Fault> {
    if matches!(version, "v1" | "v2") {
        return Ok(());
    }
    let allowed = &["v1", "v2"];
    Err(Fault::new(Rule::OneOf { allowed }, Given::value(version)))
}

/// `.` and `..` cannot be segments of a URL.
fn organization_id(id: &str) -> Result<(), Fault> {
    if !matches!(id, "." | "..") {
        return Ok(());
    }
    let expected = "the id of an organization";
    Err(Fault::new(Rule::Format { expected }, Given::value(id)))
}

fn api_key_header(name: &str) -> Result<(), Fault> {
    let parsed = name.parse::<HeaderName>();
    if parsed.is_ok_and(|name| !FRAMING.contains(&name.as_str())) {
        return Ok(());
    }
    let expected = "the name of an HTTP header that can carry a key";
    Err(Fault::new(Rule::Format { expected }, Given::value(name)))
}

fn key(key: &str) -> Result<(), Fault> {
    if key.trim().is_empty() {
        return Err(Fault::new(Rule::Required, Given::nothing()));
    }
    if key.trim() == key && key.is_ascii() && HeaderValue::from_str(key).is_ok() {
        return Ok(());
    }
    let expected = "printable ASCII characters without spaces around them, as a header can carry them";
    Err(Fault::new(Rule::Format { expected }, Given::kind("something else")))
}

fn wrong_kind(given: &str) -> Fault {
    Fault::new(Rule::OneOf { allowed: &["api_key"] }, Given::value(given))
}
