//! The public keys that OAuth clients register.

use std::ops::RangeInclusive;

use jsonwebtoken::{DecodingKey, DecodingKeyKind};
use roster_domain::{Fault, Given, Rule};

/// The most bytes of a key in PEM: enough for 16,384 bits.
const MAX_BYTES: usize = 8_192;

/// The bits of the keys that signatures are checked with; fewer are not safe (NIST SP 800-131A), and more take long.
const BITS: RangeInclusive<usize> = 2_048..=8_192;

/// Checks that a text is an RSA public key of 2048 to 8192 bits, X.509 `SubjectPublicKeyInfo` in PEM (`BEGIN PUBLIC KEY`), as Nabla
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
    let bits = if pem.trim_start().starts_with("-----BEGIN PUBLIC KEY-----") {
        DecodingKey::from_rsa_pem(pem.as_bytes()).ok().as_ref().and_then(bits)
    } else {
        None
    };
    match bits {
        Some(bits) if BITS.contains(&bits) => Ok(()),
        Some(bits) => {
            let expected = "an RSA key of 2048 to 8192 bits, as signatures are checked with no other";
            Err(Fault::new(Rule::Format { expected }, Given::count(bits, "bits")))
        }
        None => Err(Fault::new(Rule::Format { expected }, Given::kind("something else"))),
    }
}

/// How many bits the modulus has. A key that was read from PEM is an `RSAPublicKey` in DER (RFC 8017, A.1.1): a sequence
/// of two integers, of which the modulus is the first.
fn bits(key: &DecodingKey) -> Option<usize> {
    let modulus = match key.kind() {
        DecodingKeyKind::SecretOrDer(der) => {
            let (sequence, _) = content(der, 0x30)?;
            content(sequence, 0x02)?.0
        }
        DecodingKeyKind::RsaModulusExponent { n, .. } => n.as_slice(),
    };
    let first = modulus.iter().position(|byte| *byte != 0)?;
    let significant = modulus.get(first..)?;
    let leading_zeros = usize::try_from(significant.first()?.leading_zeros()).ok()?;
    Some(significant.len() * 8 - leading_zeros)
}

/// The content of a DER value with this tag, and what follows it.
fn content(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.strip_prefix(&[tag])?.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        // Lengths of more than two bytes are beyond every key that is taken.
        let (length, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
        if length.len() > 2 {
            return None;
        }
        (length.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte)), rest)
    };
    rest.split_at_checked(length)
}
