//! How callers prove who they are. A dialect picks one.

use axum::http::HeaderMap;
use roster_application::authentication::{Audience, Caller};
use roster_domain::{ApiClientKind, Surface};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::Callers;
use crate::bearer::bearer;
use crate::refusal::Refusal;

/// How callers prove who they are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scheme {
    /// An access token for an audience as Bearer token, which the API's own token endpoint gives.
    AccessToken(Audience),
    /// An API key as Bearer token, or in a header of the vendor's if there is one. A request may use both if they agree.
    ApiKey {
        /// The vendor's header, in lower case.
        header: Option<&'static str>,
    },
}

impl Scheme {
    /// Who is calling. What opens one scheme, or one audience, opens none of the others; and a client that is limited to one
    /// surface opens no other.
    pub(super) async fn authenticate(
        self,
        callers: &Callers,
        opening: Surface,
        headers: &HeaderMap,
    ) -> Result<Caller, Refusal> {
        match self {
            Self::AccessToken(audience) => by_access_token(callers, opening, audience, bearer(headers)?).await,
            Self::ApiKey { header } => {
                let key = key(header, headers)?;
                let found = callers.authentication.by_api_key(key, opening).await?;
                found.ok_or_else(|| Refusal::unauthorized("the API key is not known"))
            }
        }
    }

    /// The schemes of the specification, any one of which will do, with their names.
    pub(super) fn described(self) -> Vec<(&'static str, SecurityScheme)> {
        let bearer = |description: &str| {
            let http = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(description));
            SecurityScheme::Http(http.build())
        };
        match self {
            Self::AccessToken(_) => vec![("access_token", bearer("An access token of the token endpoint."))],
            Self::ApiKey { header } => {
                let in_header = header.map(|name| {
                    let value = ApiKeyValue::with_description(name, "An API key of the organization.");
                    ("api_key", SecurityScheme::ApiKey(ApiKey::Header(value)))
                });
                let in_bearer = ("bearer", bearer("An API key of the organization."));
                in_header.into_iter().chain([in_bearer]).collect()
            }
        }
    }
}

/// The client is looked up each time, so that one that is deleted is out at once, whatever its token says.
async fn by_access_token(
    callers: &Callers,
    opening: Surface,
    audience: Audience,
    token: &str,
) -> Result<Caller, Refusal> {
    let claims = callers.tokens.read_access(token, audience, callers.now())?;
    let found = callers.authentication.by_client_id(claims.client, opening).await?;
    found
        .filter(|caller| caller.organization.id == claims.organization && is_of(audience, &caller.client.kind))
        .ok_or_else(|| Refusal::unauthorized("the client of this access token is not known any more"))
}

/// Whether a kind of client is given tokens for an audience.
fn is_of(audience: Audience, kind: &ApiClientKind) -> bool {
    match audience {
        Audience::NablaCoreServer | Audience::NablaConnectServer => matches!(kind, ApiClientKind::OAuthClient(_)),
        Audience::Corti => matches!(kind, ApiClientKind::ServiceAccount { .. }),
        // These are of users, who are no clients.
        Audience::NablaCoreUser | Audience::NablaCoreUserRefresh => false,
    }
}

fn key<'a>(header: Option<&'static str>, headers: &'a HeaderMap) -> Result<&'a str, Refusal> {
    let Some(name) = header else { return bearer(headers) };
    let mut values = headers.get_all(name).iter();
    let key = match (values.next(), values.next()) {
        (None, _) => return bearer(headers).map_err(|_| Refusal::unauthorized(missing(name))),
        (Some(key), None) => key.to_str().map(str::trim).unwrap_or_default(),
        (Some(_), Some(_)) => "",
    };
    if key.is_empty() {
        return Err(Refusal::unauthorized(missing(name)));
    }
    // Which of two keys was meant is not for the server to guess.
    if headers.contains_key(axum::http::header::AUTHORIZATION) && bearer(headers)? != key {
        return Err(Refusal::unauthorized(format!(
            "the API keys of {name} and Authorization differ"
        )));
    }
    Ok(key)
}

fn missing(header: &str) -> String {
    format!("an API key is needed, in {header} or as Bearer token in Authorization")
}

#[cfg(test)]
mod tests;
