//! Sealing with AES-256-GCM-SIV (RFC 8452), which forgives a repeated nonce.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, Nonce, RandomizedNonceKey};
use roster_application::ports::{Sealed, Secrets, SecretsError};
use zeroize::Zeroizing;

use crate::secret_key::SecretKey;

/// The first byte of everything sealed, so that the form can change.
const FORM: u8 = 1;
const KEY_ID_BYTES: usize = 8;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_BYTES;

/// Seals with a key that is derived from the operator's secret key, and opens also with those that it replaced.
///
/// What is sealed is: form (1 byte), key id (8), nonce (12), ciphertext, tag (16). The context is authenticated and
/// not stored.
pub(crate) struct AeadSecrets {
    current: SealingKey,
    previous: Vec<SealingKey>,
}

struct SealingKey {
    key: RandomizedNonceKey,
    id: [u8; KEY_ID_BYTES],
}

impl SealingKey {
    fn new(secret_key: &SecretKey) -> Result<Self, SecretsError> {
        let derived = secret_key.derive("roster 2026-11 sealing");
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&secret_key.derive("roster 2026-11 key id")[..KEY_ID_BYTES]);
        let key = RandomizedNonceKey::new(&AES_256_GCM_SIV, &*derived).map_err(|_| SecretsError::Refused)?;
        Ok(Self { key, id })
    }
}

impl AeadSecrets {
    /// Derives the sealing keys: of the present secret key, and of those that it replaced and that are still live.
    pub(crate) fn new<'a>(
        secret_key: &SecretKey,
        previous: impl IntoIterator<Item = &'a SecretKey>,
    ) -> Result<Self, SecretsError> {
        Ok(Self {
            current: SealingKey::new(secret_key)?,
            previous: previous.into_iter().map(SealingKey::new).collect::<Result<_, _>>()?,
        })
    }

    fn key_of(&self, id: &[u8]) -> Option<&SealingKey> {
        [&self.current]
            .into_iter()
            .chain(&self.previous)
            .find(|key| key.id == id)
    }
}

/// The parts of what is sealed: key id, nonce, ciphertext with tag.
fn parts(sealed: &Sealed) -> Option<(&[u8], &[u8], &[u8])> {
    let bytes = sealed.as_bytes();
    if bytes.len() < HEADER_BYTES + TAG_BYTES || bytes[0] != FORM {
        return None;
    }
    let (header, body) = bytes.split_at(HEADER_BYTES);
    let (key_id, nonce) = header[1..].split_at(KEY_ID_BYTES);
    Some((key_id, nonce, body))
}

impl Secrets for AeadSecrets {
    fn seal(&self, clear: &[u8], context: &str) -> Result<Sealed, SecretsError> {
        let mut body = clear.to_vec();
        let nonce = self
            .current
            .key
            .seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut body)
            .map_err(|_| SecretsError::Refused)?;
        let mut sealed = Vec::with_capacity(HEADER_BYTES + body.len());
        sealed.push(FORM);
        sealed.extend_from_slice(&self.current.id);
        sealed.extend_from_slice(nonce.as_ref());
        sealed.append(&mut body);
        Ok(Sealed::new(sealed))
    }

    fn is_current(&self, sealed: &Sealed) -> bool {
        parts(sealed).is_some_and(|(key_id, ..)| key_id == self.current.id)
    }

    fn missing_key(&self, sealed: &Sealed) -> Option<String> {
        let (key_id, ..) = parts(sealed)?;
        if self.key_of(key_id).is_some() {
            return None;
        }
        let id = key_id.iter().fold(0_u64, |id, byte| (id << 8) | u64::from(*byte));
        Some(format!("{id:016x}"))
    }

    fn open(&self, sealed: &Sealed, context: &str) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
        let (key_id, nonce, body) = parts(sealed).ok_or(SecretsError::Damaged)?;
        let key = self.key_of(key_id).ok_or(SecretsError::UnknownKey)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SecretsError::Damaged)?;
        let mut body = Zeroizing::new(body.to_vec());
        let clear = key
            .key
            .open_in_place(nonce, Aad::from(context.as_bytes()), &mut body)
            .map_err(|_| SecretsError::Damaged)?;
        Ok(Zeroizing::new(clear.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(byte: u8) -> AeadSecrets {
        AeadSecrets::new(&SecretKey::from_bytes([byte; 32]), []).expect("a key")
    }

    #[test]
    fn what_was_sealed_with_the_key_before_opens_while_that_is_live_and_is_not_current() {
        let old = secrets(1).seal(b"a private key", "c").expect("sealed");
        let (new_key, old_key) = (SecretKey::from_bytes([2; 32]), SecretKey::from_bytes([1; 32]));
        let both = AeadSecrets::new(&new_key, [&old_key]).expect("keys");

        assert_eq!(both.open(&old, "c").expect("opened").as_slice(), b"a private key");
        assert!(!both.is_current(&old));
        let anew = both.seal(b"a private key", "c").expect("sealed");
        assert!(both.is_current(&anew));
        assert_eq!(
            secrets(2).open(&anew, "c").expect("opened").as_slice(),
            b"a private key"
        );
    }

    #[test]
    fn the_key_that_is_missing_is_named_and_one_that_is_live_is_not() {
        let sealed = secrets(1).seal(b"a private key", "c").expect("sealed");
        let (new_key, old_key) = (SecretKey::from_bytes([2; 32]), SecretKey::from_bytes([1; 32]));
        let both = AeadSecrets::new(&new_key, [&old_key]).expect("keys");

        let missing = secrets(2).missing_key(&sealed).expect("it is missing");

        assert_eq!(missing.len(), 2 * KEY_ID_BYTES, "{missing}");
        assert_eq!(secrets(3).missing_key(&sealed), Some(missing));
        assert_eq!(secrets(1).missing_key(&sealed), None);
        assert_eq!(both.missing_key(&sealed), None);
        assert_eq!(secrets(2).missing_key(&Sealed::new(b"damaged".to_vec())), None);
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_context_only() {
        let sealed = secrets(1).seal(b"a private key", "connection 1").expect("sealed");

        assert_eq!(
            secrets(1).open(&sealed, "connection 1").expect("opened").as_slice(),
            b"a private key"
        );
        assert_eq!(
            secrets(1).open(&sealed, "connection 2").err(),
            Some(SecretsError::Damaged)
        );
        assert_eq!(
            secrets(2).open(&sealed, "connection 1").err(),
            Some(SecretsError::UnknownKey)
        );
    }

    #[test]
    fn a_changed_bit_anywhere_is_noticed() {
        let secrets = secrets(1);
        let sealed = secrets.seal(b"a private key", "connection 1").expect("sealed");

        for position in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[position] ^= 1;
            assert!(
                secrets.open(&Sealed::new(bytes), "connection 1").is_err(),
                "at byte {position}"
            );
        }
    }

    #[test]
    fn the_same_text_is_never_sealed_the_same_way_and_never_in_clear() {
        let secrets = secrets(1);
        let (one, two) = (secrets.seal(b"a private key", "c"), secrets.seal(b"a private key", "c"));

        assert_ne!(one, two);
        assert!(
            !one.expect("sealed")
                .as_bytes()
                .windows(9)
                .any(|window| window == b"a private")
        );
    }

    #[test]
    fn cut_short_it_is_damaged() {
        let secrets = secrets(1);
        let sealed = secrets.seal(b"", "c").expect("sealed");

        for length in 0..sealed.as_bytes().len() {
            let cut = Sealed::new(sealed.as_bytes()[..length].to_vec());
            assert_eq!(
                secrets.open(&cut, "c").err(),
                Some(SecretsError::Damaged),
                "at length {length}"
            );
        }
    }
}
