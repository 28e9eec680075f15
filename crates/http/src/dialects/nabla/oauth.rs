//! The token endpoint: OAuth 2.0 client credentials with a signed assertion (RFC 6749, RFC 7523).

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use roster_application::Error;
use roster_application::authentication::{AccessClaims, Audience, Caller, Tokens};
use roster_application::ports::Ids;
use roster_domain::{Fault, FieldPath, Given, Rule, Surface, Vendor, Violations};
use roster_wire::nabla::{CLIENT_ASSERTION_TYPE, CLIENT_CREDENTIALS, TOKEN_PATH, Token, TokenResponse};
use serde_json::{Map, Value};

use crate::Services;
use crate::body;
use crate::dialects::Callers;
use crate::dialects::request::{self, Parameters};
use crate::refusal::Refusal;
use crate::sandbox::{Call, Operation, Sandbox, intercept};

/// What a request is made of.
const MEMBERS: [&str; 3] = ["grant_type", "client_assertion_type", "client_assertion"];

/// The token endpoint of one API. What it issues opens that API and no other.
#[derive(Clone)]
pub(crate) struct TokenEndpoint {
    /// Whose API it is.
    pub(crate) vendor: Vendor,
    /// What its tokens open.
    pub(crate) audience: Audience,
    /// Every URL of the endpoint under which callers know it: assertions must be made out to one of them.
    pub(crate) urls: Vec<String>,
    /// Who is calling.
    pub(crate) callers: Callers,
    /// New ids, for tokens.
    pub(crate) ids: Arc<dyn Ids>,
    /// Where faults may be set.
    pub(crate) sandbox: Option<Sandbox>,
}

impl TokenEndpoint {
    /// The token endpoint of the API at a prefix, on a server.
    pub(crate) fn at(
        prefix: &str,
        vendor: Vendor,
        audience: Audience,
        services: &Services,
        sandbox: Option<&Sandbox>,
    ) -> Self {
        Self {
            vendor,
            audience,
            urls: Self::urls(&services.public_urls, prefix),
            callers: Callers::of(services),
            ids: services.ids.clone(),
            sandbox: sandbox.cloned(),
        }
    }

    /// Every URL of the token endpoint of the API at a prefix.
    pub(crate) fn urls(public_urls: &[String], prefix: &str) -> Vec<String> {
        public_urls
            .iter()
            .map(|url| format!("{url}{prefix}{TOKEN_PATH}"))
            .collect()
    }

    /// Answers a request. JSON, as the vendor documents it; a form, as RFC 6749 has it, is taken as well.
    pub(crate) async fn answer(&self, parts: Parts, body: Body) -> Result<Response, Refusal> {
        let assertion = read(&parts.headers, body).await?;
        let opening = Surface::from(self.vendor);
        let authentication = &self.callers.authentication;
        let caller = authentication.by_assertion(&assertion, &self.urls, opening).await?;
        let now = self.callers.now();
        let call = Call::of(&parts, self.vendor, caller.organization.id, Operation::Token, now);
        let endpoint = self.clone();
        let issued = async move { endpoint.issue(&caller).unwrap_or_else(IntoResponse::into_response) };
        Ok(intercept(self.sandbox.as_ref(), call, issued).await)
    }

    fn issue(&self, caller: &Caller) -> Result<Response, Refusal> {
        let claims = AccessClaims {
            client: caller.client.id,
            organization: caller.organization.id,
        };
        let issued = self
            .callers
            .tokens
            .issue_access(claims, self.audience, self.ids.new_id(), self.callers.now());
        // That signing fails says nothing about the caller.
        let token = issued.map_err(|error| Error::Internal(error.to_string()))?;
        let answer = TokenResponse::new(Token::new(token), Tokens::ACCESS.as_secs());
        Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
    }
}

/// The assertion, once everything around it is right.
async fn read(headers: &HeaderMap, body: Body) -> Result<String, Refusal> {
    let bytes = body::bytes(body).await?;
    let mut violations = Violations::none();
    let mut members = if is_form(headers) {
        Parameters::parse(&bytes).into_members(&MEMBERS, &mut violations)
    } else {
        request::object(request::parse(headers, &bytes)?)?
    };
    let [grant_type, assertion_type, assertion] = MEMBERS;
    constant(&mut members, grant_type, &[CLIENT_CREDENTIALS], &mut violations);
    constant(&mut members, assertion_type, &[CLIENT_ASSERTION_TYPE], &mut violations);
    let assertion = request::required_text(&mut members, assertion, &mut violations);
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
