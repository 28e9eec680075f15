//! The operator's secret key: 32 bytes that seal vendor credentials and sign tokens.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use roster_application::authentication::TokenKey;
use roster_application::ports::Entropy;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::settings::Database;

/// 32 bytes that everything secret is derived from. Never used itself.
pub(crate) struct SecretKey(Zeroizing<[u8; 32]>);

/// Why there is no secret key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretKeyError {
    /// It is not 32 bytes of base64.
    #[error("{0} must be 32 bytes in base64: make one with `openssl rand -base64 32`")]
    Form(String),
    /// PostgreSQL is shared, so every process must be given the same one.
    #[error(
        "ROSTER_SECRET_KEY is required with PostgreSQL: make one with `openssl rand -base64 32`, keep it, and give every \
         process the same"
    )]
    Missing,
    /// The file beside the database cannot be read or made.
    #[error("the secret key file {} cannot be {doing}: {cause}", path.display())]
    File {
        path: PathBuf,
        doing: &'static str,
        #[source]
        cause: std::io::Error,
    },
}

impl SecretKey {
    #[cfg(test)]
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key that was given, or the one beside the SQLite database, which is made on the first start.
    pub(crate) fn load(
        given: Option<&SecretString>,
        database: &Database,
        entropy: &dyn Entropy,
    ) -> Result<Self, SecretKeyError> {
        match (given, database.key_file()) {
            (Some(text), _) => Self::parse(text.expose_secret(), "ROSTER_SECRET_KEY"),
            (None, None) => Err(SecretKeyError::Missing),
            (None, Some(path)) => Self::read_or_make(&path, entropy),
        }
    }

    /// A key for one purpose. Keys for different purposes tell nothing about each other.
    pub(crate) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(blake3::derive_key(purpose, &*self.0))
    }

    /// The key that tokens are signed with.
    pub(crate) fn token_key(&self) -> TokenKey {
        TokenKey::new(*self.derive("roster 2026-11 tokens"))
    }

    fn parse(text: &str, source: &str) -> Result<Self, SecretKeyError> {
        let text = text.trim();
        [
            BASE64_STANDARD,
            BASE64_STANDARD_NO_PAD,
            BASE64_URL_SAFE,
            BASE64_URL_SAFE_NO_PAD,
        ]
        .iter()
        .find_map(|engine| engine.decode(text).ok())
        .map(Zeroizing::new)
        .and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok())
        .map(|bytes| Self(Zeroizing::new(bytes)))
        .ok_or_else(|| SecretKeyError::Form(source.to_owned()))
    }

    fn read_or_make(path: &Path, entropy: &dyn Entropy) -> Result<Self, SecretKeyError> {
        let failed = |doing| {
            move |cause| SecretKeyError::File {
                path: path.to_owned(),
                doing,
                cause,
            }
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Ok(mut file) => {
                let key = Self(Zeroizing::new(entropy.bytes()));
                let text = Zeroizing::new(format!("{}\n", BASE64_STANDARD.encode(*key.0)));
                file.write_all(text.as_bytes())
                    .and_then(|()| file.sync_all())
                    .map_err(failed("written"))?;
                Ok(key)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let mut text = Zeroizing::new(String::new());
                std::fs::File::open(path)
                    .and_then(|mut file| file.read_to_string(&mut text))
                    .map_err(failed("read"))?;
                Self::parse(&text, &format!("the secret key file {}", path.display()))
            }
            Err(error) => Err(failed("made")(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::SystemEntropy;

    #[test]
    fn the_file_is_made_once_for_its_owner_alone_and_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::parse(&format!("sqlite://{}/r.db", folder.path().display())).expect("a database");

        let made = SecretKey::load(None, &database, &SystemEntropy).expect("made");
        let read = SecretKey::load(None, &database, &SystemEntropy).expect("read");

        assert_eq!(made.derive("a"), read.derive("a"));
        assert_ne!(made.derive("a"), made.derive("b"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let permissions = std::fs::metadata(folder.path().join("r.db.key"))
                .expect("a file")
                .permissions();
            assert_eq!(permissions.mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn postgres_without_a_key_and_keys_of_the_wrong_length_are_refused() {
        let postgres = Database::parse("postgres://localhost/roster").expect("a database");
        let short = SecretString::from(BASE64_STANDARD.encode([1; 31]));

        assert!(matches!(
            SecretKey::load(None, &postgres, &SystemEntropy),
            Err(SecretKeyError::Missing)
        ));
        assert!(matches!(
            SecretKey::load(Some(&short), &postgres, &SystemEntropy),
            Err(SecretKeyError::Form(_))
        ));
    }
}
