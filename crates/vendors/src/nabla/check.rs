//! What can be wrong with a connection to one of Nabla's APIs before anything is called.

use chrono::NaiveDate;
use roster_application::credentials::Credentials;
use roster_domain::{Connection, Fault, FieldPath, Given, Rule, Violations};
use roster_wire::nabla::NEXT_VERSION;

use crate::base_url;
use crate::oauth::can_sign;

/// Everything that is wrong, at once. What was given for the key is never repeated.
pub(crate) fn check(connection: &Connection, credentials: &Credentials) -> Violations {
    let mut violations = Violations::none();
    violations.check(&FieldPath::of("base_url"), base_url::check(connection));
    if let Some(version) = &connection.options.api_version {
        violations.check(&FieldPath::of("options").then("api_version"), api_version(version));
    }
    let field = FieldPath::of("credentials");
    match credentials {
        Credentials::OAuthClient { client_id, private_key } => {
            if client_id.trim().is_empty() {
                let fault = Fault::new(Rule::Required, Given::nothing());
                violations.push(fault.at(field.then("client_id")));
            }
            if !can_sign(private_key) {
                let expected = "an RSA private key of at least 2048 bits in PEM";
                let fault = Fault::new(Rule::Format { expected }, Given::kind("something else"));
                violations.push(fault.at(field.then("private_key")));
            }
        }
        Credentials::ApiKey { .. } => violations.push(wrong_kind("api_key").at(field.then("kind"))),
        Credentials::ServiceAccount { .. } => {
            violations.push(wrong_kind("service_account").at(field.then("kind")));
        }
    }
    violations
}

fn api_version(version: &str) -> Result<(), Fault> {
    // The length rules out shortened months and days, which chrono would read.
    let is_date = version.len() == "2026-06-12".len() && version.parse::<NaiveDate>().is_ok();
    if is_date || version == NEXT_VERSION {
        return Ok(());
    }
    let expected = "a version of the form YYYY-MM-DD, or x-nabla-next";
    Err(Fault::new(Rule::Format { expected }, Given::value(version)))
}

fn wrong_kind(given: &str) -> Fault {
    Fault::new(
        Rule::OneOf {
            allowed: &["oauth_client"],
        },
        Given::value(given),
    )
}
