//! Hashing and checking passwords. Both take their time by design, so they run on the blocking pool.

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use roster_domain::Password;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OnceCell, Semaphore};

use crate::error::Error;

/// Hashes a password with Argon2id, in PHC string format, with a salt of 128 random bits.
pub async fn hash_password(password: Password, salt: [u8; 32]) -> Result<String, Error> {
    tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password_with_salt(password.expose().as_bytes(), &salt[..16])
            .map(|hash| hash.to_string())
            .map_err(|error| Error::Internal(format!("hashing a password: {error}")))
    })
    .await
    .map_err(|error| Error::Internal(format!("hashing a password: {error}")))?
}

/// The hash of a password that nobody has: what a login is checked against where there is no account, so that it takes as
/// long as one that is checked for real.
pub(super) async fn nobodys_hash() -> Result<String, Error> {
    static HASH: OnceCell<String> = OnceCell::const_new();
    let made = HASH.get_or_try_init(|| async {
        let password = Password::new("the-password-of-nobody");
        let password = password.map_err(|fault| Error::Internal(fault.to_string()))?;
        hash_password(password, *blake3::hash(b"nobody").as_bytes()).await
    });
    made.await.cloned()
}

/// How many passwords are checked at a time: on half of the cores, since each takes a whole one for a while, and 19 MiB of
/// memory, and anybody may ask for it.
fn checked_at_once() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (cores / 2).max(1)
}

/// Whether a password is the one that was hashed. A hash that cannot be read fits nothing.
pub async fn verify_password(password: SecretString, hash: String) -> Result<bool, Error> {
    static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(checked_at_once()));
    let _turn = TURNS.acquire().await;
    tokio::task::spawn_blocking(move || {
        PasswordHash::new(&hash).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.expose_secret().as_bytes(), &hash)
                .is_ok()
        })
    })
    .await
    .map_err(|error| Error::Internal(format!("checking a password: {error}")))
}
