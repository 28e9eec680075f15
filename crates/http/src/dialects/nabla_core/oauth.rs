//! The token endpoint: OAuth 2.0 client credentials with a signed assertion (RFC 6749, RFC 7523).

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use roster_application::Error;
use roster_application::authentication::{AccessClaims, Audience, Caller, Tokens};
use roster_domain::{Fault, FieldPath, Given, Rule, Vendor, Violations};
use roster_wire::nabla_core::{CLIENT_ASSERTION_TYPE, CLIENT_CREDENTIALS, Token, TokenResponse};
use serde_json::{Map, Value};

use super::{NablaCore, Shared};
use crate::body;
use crate::dialects::request::{self, Parameters};
use crate::refusal::Refusal;
use crate::sandbox::{Call, Operation, intercept};

/// `POST /oauth/token`. JSON, as the vendor documents it; a form, as RFC 6749 has it, is taken as well.
pub(super) async fn token(State(dialect): State<Shared>, parts: Parts, body: Body) -> Result<Response, Refusal> {
    let assertion = read(&parts.headers, body).await?;
    let caller = dialect
        .authentication
        .by_assertion(&assertion, &dialect.audiences)
        .await?;
    let now = dialect.authentication.now();
    let call = Call::of(&parts, Vendor::NablaCore, caller.organization.id, Operation::Token, now);
    let issued = {
        let dialect = dialect.clone();
        async move { issue(&dialect, &caller).unwrap_or_else(IntoResponse::into_response) }
    };
    Ok(intercept(dialect.sandbox.as_ref(), call, issued).await)
}

fn issue(dialect: &NablaCore, caller: &Caller) -> Result<Response, Refusal> {
    let claims = AccessClaims {
        client: caller.client.id,
        organization: caller.organization.id,
    };
    let now = dialect.authentication.now();
    let issued = dialect
        .tokens
        .issue_access(claims, Audience::NablaCoreServer, dialect.ids.new_id(), now);
    // That signing fails says nothing about the caller.
    let token = issued.map_err(|error| Error::Internal(error.to_string()))?;
    let answer = TokenResponse::new(Token::new(token), Tokens::ACCESS.as_secs());
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

/// The assertion, once everything around it is right.
async fn read(headers: &HeaderMap, body: Body) -> Result<String, Refusal> {
    let bytes = body::bytes(body).await?;
    let mut violations = Violations::none();
    let mut members = if is_form(headers) {
        Parameters::parse(&bytes).into_members(&mut violations)
    } else {
        request::object(request::parse(headers, &bytes)?)?
    };
    constant(&mut members, "grant_type", &[CLIENT_CREDENTIALS], &mut violations);
    constant(
        &mut members,
        "client_assertion_type",
        &[CLIENT_ASSERTION_TYPE],
        &mut violations,
    );
    let assertion = request::required_text(&mut members, "client_assertion", &mut violations);
    match assertion {
        Some(assertion) if violations.is_empty() => Ok(assertion),
        _ => Err(Refusal::invalid(violations)),
    }
}

fn constant(
    members: &mut Map<String, Value>,
    name: &'static str,
    allowed: &'static [&'static str],
    violations: &mut Violations,
) {
    if let Some(text) = request::required_text(members, name, violations)
        && !allowed.contains(&text.as_str())
    {
        violations.push(Fault::new(Rule::OneOf { allowed }, Given::value(&text)).at(FieldPath::of(name)));
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            let essence = value.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
}
