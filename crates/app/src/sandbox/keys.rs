//! The RSA keys with which the sandbox's OAuth clients sign.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use roster_application::Error;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// A fresh RSA private key: PKCS#8 in PEM.
pub(super) fn generate() -> Result<SecretString, Error> {
    let failed = |_| Error::Internal("an RSA key could not be generated".to_owned());
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
    let text = Zeroizing::new(pem("PRIVATE KEY", der.as_ref()));
    Ok(SecretString::from(text.as_str()))
}

/// The public key that fits a private key of [`generate`], in PEM; `None` for anything else.
pub(super) fn public_key(private_key: &SecretString) -> Option<String> {
    let lines = private_key.expose_secret().lines();
    let text: Zeroizing<String> = Zeroizing::new(lines.filter(|line| !line.starts_with("-----")).collect());
    let der = Zeroizing::new(BASE64_STANDARD.decode(&*text).ok()?);
    let pair = KeyPair::from_pkcs8(&der).ok()?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().ok()?;
    Some(pem("PUBLIC KEY", public.as_ref()))
}

/// PEM (RFC 7468): base64 in lines of 64 characters between two markers.
fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem + &format!("-----END {label}-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_has_one_public_key_and_other_texts_have_none() {
        let (one, two) = (generate().expect("a key"), generate().expect("a key"));

        let public = public_key(&one).expect("a public key");
        assert!(roster_application::authentication::check_public_key(&public).is_ok());
        assert_eq!(public_key(&one), Some(public.clone()));
        assert_ne!(public_key(&two), Some(public));
        assert_eq!(public_key(&SecretString::from("no key")), None);
    }
}
