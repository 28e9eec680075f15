//! The public keys that OAuth clients register.

use jsonwebtoken::DecodingKey;
use roster_domain::{Fault, Given, Rule};

/// The most bytes of a key in PEM: enough for 16,384 bits.
const MAX_BYTES: usize = 8_192;

/// Checks that a text is an RSA public key, X.509 `SubjectPublicKeyInfo` in PEM (`BEGIN PUBLIC KEY`), as Nabla
/// documents it. A private key is refused, and never repeated.
pub fn check_public_key(pem: &str) -> Result<(), Fault> {
    let expected = "an RSA public key in PEM, beginning with -----BEGIN PUBLIC KEY-----";
    if pem.len() > MAX_BYTES {
        let rule = Rule::Length {
            min: 1,
            max: MAX_BYTES,
            unit: "bytes",
        };
        return Err(Fault::new(rule, Given::count(pem.len(), "bytes")));
    }
    if pem.contains("PRIVATE KEY") {
        return Err(Fault::new(
            Rule::Format { expected },
            Given::kind("a private key, which nobody else should have"),
        ));
    }
    let is_rsa =
        pem.trim_start().starts_with("-----BEGIN PUBLIC KEY-----") && DecodingKey::from_rsa_pem(pem.as_bytes()).is_ok();
    if is_rsa {
        Ok(())
    } else {
        Err(Fault::new(Rule::Format { expected }, Given::kind("something else")))
    }
}
