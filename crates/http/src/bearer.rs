//! The `Authorization: Bearer` header (RFC 6750).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::IntoResponse;
use futures::FutureExt;
use futures::future::BoxFuture;
use roster_application::authentication::Caller;
use roster_domain::Surface;
use tower_http::auth::{AsyncAuthorizeRequest, AsyncRequireAuthorizationLayer};

use crate::Services;
use crate::refusal::Refusal;

/// Finds out who is calling, for every path of a surface that is opened by API keys; handlers find the [`Caller`] among the
/// extensions. Whose key opens nothing hears `wrong`.
pub(crate) fn authenticated(
    services: &Arc<Services>,
    surface: Surface,
    wrong: &'static str,
) -> AsyncRequireAuthorizationLayer<ByApiKey> {
    AsyncRequireAuthorizationLayer::new(ByApiKey {
        services: Arc::clone(services),
        surface,
        wrong,
    })
}

/// Lets requests through whose API key opens a surface.
#[derive(Clone)]
pub(crate) struct ByApiKey {
    services: Arc<Services>,
    surface: Surface,
    wrong: &'static str,
}

impl ByApiKey {
    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let key = bearer(headers)?;
        let caller = self.services.authentication.by_api_key(key, self.surface).await?;
        caller.ok_or_else(|| Refusal::unauthorized(self.wrong))
    }
}

impl AsyncAuthorizeRequest<Body> for ByApiKey {
    type RequestBody = Body;
    type ResponseBody = Body;
    type Future = BoxFuture<'static, Result<Request, axum::response::Response>>;

    fn authorize(&mut self, mut request: Request) -> Self::Future {
        let this = self.clone();
        async move {
            match this.caller(request.headers()).await {
                Ok(caller) => {
                    request.extensions_mut().insert(caller);
                    Ok(request)
                }
                Err(refusal) => Err(refusal.into_response()),
            }
        }
        .boxed()
    }
}

/// The token of an `Authorization: Bearer` header. The scheme's name is compared without regard to case (RFC 9110).
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let missing = || Refusal::unauthorized("an Authorization header with a Bearer token is needed");
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(missing());
    };
    let text = value.to_str().map_err(|_| missing())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(missing)?;
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(token)
    } else {
        Err(missing())
    }
}
