//! The credentials of the sandbox that follow from the operator's secret key: the same at every start, in every process, and for
//! whoever asks on the command line. Where nothing is stored, nothing can be lost or differ.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use roster_application::api_clients::ApiKey;
use roster_application::credentials::Credentials;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::secret_key::SecretKey;

/// The address that Corti's service account signs in with. Nobody can have it: `example` is reserved (RFC 2606).
pub(super) const SERVICE_ACCOUNT: &str = "sandbox@corti.example";
/// Of how many bytes a password is made: 192 bits, written in 48 of the 64 characters that a password may have.
const PASSWORD_BYTES: usize = 24;

/// The server key that opens the archived generation of Nabla Core.
pub(super) fn server_key(secret_key: &SecretKey) -> Credentials {
    api_key(secret_key, "roster 2026-11 sandbox Nabla Core server key")
}

/// The API key that opens Upheal.
pub(super) fn upheal(secret_key: &SecretKey) -> Credentials {
    api_key(secret_key, "roster 2026-11 sandbox Upheal API key")
}

/// The service account that opens Corti.
pub(super) fn corti(secret_key: &SecretKey) -> Credentials {
    let bytes = secret_key.derive("roster 2026-11 sandbox Corti password");
    let mut password = Zeroizing::new(String::with_capacity(2 * PASSWORD_BYTES));
    for byte in &bytes[..PASSWORD_BYTES] {
        // Writing to a text cannot fail.
        let _ = write!(password, "{byte:02x}");
    }
    Credentials::ServiceAccount {
        email: SERVICE_ACCOUNT.to_owned(),
        password: SecretString::from(password.as_str()),
    }
}

fn api_key(secret_key: &SecretKey, purpose: &str) -> Credentials {
    let random = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*secret_key.derive(purpose)));
    Credentials::ApiKey {
        api_key: SecretString::from(format!("{}{}", ApiKey::PREFIX, *random)),
    }
}

#[cfg(test)]
mod tests {
    use roster_domain::Password;
    use secrecy::ExposeSecret;

    use super::*;

    /// The secrets that follow from a key of this byte.
    fn derived(byte: u8) -> [String; 3] {
        let secret_key = SecretKey::from_bytes([byte; 32]);
        [server_key(&secret_key), upheal(&secret_key), corti(&secret_key)].map(|credentials| match credentials {
            Credentials::ApiKey { api_key } => api_key.expose_secret().to_owned(),
            Credentials::ServiceAccount { password, .. } => password.expose_secret().to_owned(),
            Credentials::OAuthClient { .. } => panic!("a key pair is derived from nothing"),
        })
    }

    #[test]
    fn they_follow_from_the_secret_key_and_each_is_its_own() {
        let [server_key, upheal, password] = derived(1);

        assert_eq!(derived(1), [server_key.clone(), upheal.clone(), password.clone()]);
        assert_ne!(server_key, upheal);
        for (one, other) in derived(1).iter().zip(derived(2)) {
            assert_ne!(*one, other);
        }
        for key in [server_key, upheal] {
            assert!(ApiKey::given(SecretString::from(key)).is_ok());
        }
        assert!(Password::new(password.as_str()).is_ok());
        assert!(
            password.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "a shell leaves it as it is"
        );
    }
}
