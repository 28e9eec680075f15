//! Sealing what must not be stored in clear.

use std::fmt;

use zeroize::Zeroizing;

/// Bytes that only the holder of the secret key can read.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes bytes that [`Secrets::seal`] made.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Authenticated encryption with the operator's secret key.
#[cfg_attr(test, mockall::automock)]
pub trait Secrets: Send + Sync {
    /// Seals bytes for a context, such as the id of the record that they belong to.
    fn seal(&self, clear: &[u8], context: &str) -> Result<Sealed, SecretsError>;

    /// Whether bytes were sealed with the key that [`Self::seal`] uses now, as far as their form says. Where two keys are
    /// live, those that were sealed with the other one are not current.
    fn is_current(&self, sealed: &Sealed) -> bool;

    /// The id of the key that bytes were sealed with where that key is not live, as far as their form says: they cannot be
    /// opened. It tells nothing of the key. `None` where the key is live, and for bytes that are damaged.
    fn missing_key(&self, sealed: &Sealed) -> Option<String>;

    /// Opens what was sealed with any key that is live. MUST fail when a bit was changed, when the context differs from the
    /// one it was sealed for, and when it was sealed with a key that is not live.
    fn open(&self, sealed: &Sealed, context: &str) -> Result<Zeroizing<Vec<u8>>, SecretsError>;
}

/// Why sealing or opening failed. Says nothing about the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// Sealed with a key that this process does not have.
    #[error(
        "sealed with another secret key: start with the one that it was sealed with, as ROSTER_SECRET_KEY or in \
             ROSTER_PREVIOUS_SECRET_KEYS"
    )]
    UnknownKey,
    /// Not what was sealed, or not for this record.
    #[error("sealed bytes are damaged or belong to another record")]
    Damaged,
    /// The cryptographic library refused.
    #[error("the cryptographic library refused")]
    Refused,
}
