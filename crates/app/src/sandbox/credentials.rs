//! The credentials of the sandbox: random where a connection holds them, and derived where none does.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use roster_application::api_clients::ApiKey;
use roster_application::credentials::Credentials;
use roster_application::ports::Entropy;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::adapters::SystemEntropy;
use crate::secret_key::SecretKey;

/// The address that Corti's service account signs in with. Nobody can have it: `example` is reserved (RFC 2606).
pub(super) const SERVICE_ACCOUNT: &str = "sandbox@corti.example";
/// Of how many bytes a password is made: 192 bits, written in 48 of the 64 characters that a password may have.
const PASSWORD_BYTES: usize = 24;

/// The server key that opens the archived generation of Nabla Core. No connection uses that, so the key follows from the
/// operator's secret key: the same at every start, in every process, and for whoever asks on the command line.
pub(super) fn server_key(secret_key: &SecretKey) -> Credentials {
    let derived = secret_key.derive("roster 2026-11 sandbox Nabla Core server key");
    Credentials::ApiKey {
        api_key: written(&derived),
    }
}

/// A fresh API key, for Upheal.
pub(super) fn api_key() -> SecretString {
    written(&Zeroizing::new(SystemEntropy.bytes()))
}

/// A fresh password, for Corti.
pub(super) fn password() -> SecretString {
    let bytes = Zeroizing::new(SystemEntropy.bytes());
    let mut password = Zeroizing::new(String::with_capacity(2 * PASSWORD_BYTES));
    for byte in &bytes[..PASSWORD_BYTES] {
        // Writing to a text cannot fail.
        let _ = write!(password, "{byte:02x}");
    }
    SecretString::from(password.as_str())
}

fn written(bytes: &[u8; 32]) -> SecretString {
    let random = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(bytes));
    SecretString::from(format!("{}{}", ApiKey::PREFIX, *random))
}

#[cfg(test)]
mod tests {
    use roster_domain::Password;
    use secrecy::ExposeSecret;

    use super::*;

    fn server_key_of(byte: u8) -> String {
        match server_key(&SecretKey::from_bytes([byte; 32])) {
            Credentials::ApiKey { api_key } => api_key.expose_secret().to_owned(),
            other => panic!("a server key is an API key: {other:?}"),
        }
    }

    #[test]
    fn the_server_key_follows_from_the_secret_key() {
        assert_eq!(server_key_of(1), server_key_of(1));
        assert_ne!(server_key_of(1), server_key_of(2));
        assert!(ApiKey::given(SecretString::from(server_key_of(1))).is_ok());
    }

    #[test]
    fn fresh_credentials_are_fresh_and_such_as_are_taken() {
        assert_ne!(api_key().expose_secret(), api_key().expose_secret());
        assert!(ApiKey::given(api_key()).is_ok());
        let password = password();
        assert!(Password::new(password.expose_secret()).is_ok());
        assert!(
            password
                .expose_secret()
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric()),
            "a shell leaves it as it is"
        );
    }
}
