//! What can be wrong with a connection to Corti before anything is called.

use roster_application::credentials::Credentials;
use roster_domain::{Connection, Email, Fault, FieldPath, Given, Rule, Violations};
use secrecy::ExposeSecret;

use crate::base_url;
use crate::paths::can_be_named;

/// Everything that is wrong, at once. What was given for the password is never repeated.
pub(super) fn check(connection: &Connection, credentials: &Credentials) -> Violations {
    let mut violations = Violations::none();
    violations.check(&FieldPath::of("base_url"), base_url::check(connection));
    let options = &connection.options;
    for (name, id) in [
        ("project_id", &options.project_id),
        ("customer_id", &options.customer_id),
    ] {
        violations.check(&FieldPath::of("options").then(name), named(id.as_deref()));
    }
    let field = FieldPath::of("credentials");
    match credentials {
        Credentials::ServiceAccount { email, password } => {
            violations.check(&field.then("email"), Email::new(email));
            if password.expose_secret().is_empty() {
                let fault = Fault::new(Rule::Required, Given::nothing());
                violations.push(fault.at(field.then("password")));
            }
        }
        Credentials::ApiKey { .. } => violations.push(wrong_kind("api_key").at(field.then("kind"))),
        Credentials::OAuthClient { .. } => violations.push(wrong_kind("oauth_client").at(field.then("kind"))),
    }
    violations
}

fn named(id: Option<&str>) -> Result<(), Fault> {
    let id = id.ok_or_else(|| Fault::new(Rule::Required, Given::nothing()))?;
    if can_be_named(id) {
        return Ok(());
    }
    let expected = "an id that a URL can hold, which \".\" and \"..\" are not";
    Err(Fault::new(Rule::Format { expected }, Given::value(id)))
}

fn wrong_kind(given: &str) -> Fault {
    Fault::new(
        Rule::OneOf {
            allowed: &["service_account"],
        },
        Given::value(given),
    )
}
