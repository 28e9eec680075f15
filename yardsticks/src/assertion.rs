//! What an OAuth client of Nabla's signs to be given an access token (RFC 7523).

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

/// Prints an assertion that holds for a minute.
#[expect(
    clippy::disallowed_methods,
    reason = "an assertion holds for a while of the real time"
)]
pub(crate) fn print(client: &str, audience: &str, key: &Path) -> Result<()> {
    let pem = fs::read(key).with_context(|| format!("cannot read {}", key.display()))?;
    let moment = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now = moment.as_secs();
    let claims = json!({
        "iss": client, "sub": client, "aud": audience, "exp": now + 60, "iat": now,
        "jti": format!("{}", moment.as_nanos()),
    });
    let key = EncodingKey::from_rsa_pem(&pem)?;
    println!(
        "{}",
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key)?
    );
    Ok(())
}
