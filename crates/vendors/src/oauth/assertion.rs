//! The assertion that a client signs to get a token.

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use roster_domain::Timestamp;
use roster_wire::nabla::Token;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use uuid::Uuid;

/// How long an assertion is good for: it is used at once, and once.
const LIFETIME: TimeDelta = TimeDelta::seconds(60);

/// The claims that Nabla's own clients send.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    iat: i64,
    jti: Uuid,
}

/// A key that is not an RSA private key in PEM, or too weak to sign with.
#[derive(Debug, thiserror::Error)]
#[error("the private key cannot sign")]
pub(super) struct Unsignable(#[source] jsonwebtoken::errors::Error);

/// Signs an assertion (RS256). The audience is the exact URL of the token endpoint.
pub(super) fn sign(
    client_id: &str,
    private_key: &SecretString,
    audience: &str,
    jti: Uuid,
    now: Timestamp,
) -> Result<Token, Unsignable> {
    let claims = Claims {
        iss: client_id,
        sub: client_id,
        aud: audience,
        exp: (now + LIFETIME).timestamp(),
        iat: now.timestamp(),
        jti,
    };
    // `typ` is `JWT` in the default header of an algorithm.
    EncodingKey::from_rsa_pem(private_key.expose_secret().as_bytes())
        .and_then(|key| encode(&Header::new(Algorithm::RS256), &claims, &key))
        .map(Token::new)
        .map_err(Unsignable)
}

/// Whether a key can sign assertions. Only signing tells: a public key reads just as well as a private one.
pub(crate) fn can_sign(private_key: &SecretString) -> bool {
    sign("", private_key, "", Uuid::nil(), Timestamp::UNIX_EPOCH).is_ok()
}
