//! The ports that the operating system and the cryptographic library fulfil.

mod aead;
mod system;

pub(crate) use aead::AeadSecrets;
pub(crate) use system::{SystemClock, SystemEntropy, UuidV7};
