//! Who is calling the server API.

use axum::http::HeaderMap;
use roster_application::authentication::{Audience, Caller};

use super::{Generation, NablaCore};
use crate::bearer::bearer;
use crate::refusal::Refusal;

/// The caller, by the scheme of the generation. Neither generation takes what opens the other.
pub(super) async fn authenticate(dialect: &NablaCore, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let token = bearer(headers)?;
    match dialect.generation {
        Generation::Current => by_access_token(dialect, token).await,
        Generation::Archived => {
            let found = dialect.authentication.by_api_key(token).await?;
            found.ok_or_else(|| Refusal::unauthorized("the server key is not known"))
        }
    }
}

/// The OAuth client is looked up each time, so that one that is deleted is out at once, whatever its token says.
async fn by_access_token(dialect: &NablaCore, token: &str) -> Result<Caller, Refusal> {
    let claims = dialect
        .tokens
        .read_access(token, Audience::NablaCoreServer, dialect.authentication.now())?;
    let found = dialect.authentication.by_client_id(claims.client).await?;
    found
        .filter(|caller| caller.organization.id == claims.organization)
        .ok_or_else(|| Refusal::unauthorized("the OAuth client of this access token is not known any more"))
}
