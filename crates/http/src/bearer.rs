//! The `Authorization: Bearer` header (RFC 6750).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use crate::refusal::Refusal;

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
