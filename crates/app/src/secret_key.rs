//! The operator's secret key: 32 bytes that seal vendor credentials and sign tokens.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
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
    #[error("the secret key file {} cannot be {doing}", path.display())]
    File {
        path: PathBuf,
        doing: &'static str,
        #[source]
        cause: std::io::Error,
    },
    /// The database was in use before, and another key would not open what it holds.
    #[error(
        "the secret key file {} is gone, and the database beside it was in use: restore the file, or give its content \
         as ROSTER_SECRET_KEY. If the key is lost, `roster serve --new-secret-key` goes on with a new one; all vendor \
         credentials must then be entered anew",
        .0.display()
    )]
    Lost(PathBuf),
    /// The database is another key's, of which only the id is known.
    #[error(
        "the credentials of {count} connections in the database are sealed with a secret key that this server does not have \
         (key id {ids}): give that key as ROSTER_SECRET_KEY or, where another one has replaced it, in \
         ROSTER_PREVIOUS_SECRET_KEYS. If it is lost, start with --new-secret-key to go on without it; those credentials must \
         then be entered anew"
    )]
    Unknown {
        /// The ids of the keys that are missing.
        ids: String,
        /// How many connections need them.
        count: u64,
    },
}

impl SecretKey {
    #[cfg(test)]
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key that was given, or the one beside the SQLite database; `None` if that is still to be made.
    pub(crate) fn find(given: Option<&SecretString>, database: &Database) -> Result<Option<Self>, SecretKeyError> {
        match (given, database.key_file()) {
            (Some(text), _) => Self::parse(text.expose_secret(), "ROSTER_SECRET_KEY").map(Some),
            (None, None) => Err(SecretKeyError::Missing),
            (None, Some(path)) => Self::read(&path),
        }
    }

    /// The keys that were replaced and are still live: separated by commas.
    pub(crate) fn previous(given: Option<&SecretString>) -> Result<Vec<Self>, SecretKeyError> {
        given
            .map(ExposeSecret::expose_secret)
            .unwrap_or_default()
            .split(',')
            .filter(|text| !text.trim().is_empty())
            .map(|text| Self::parse(text, "ROSTER_PREVIOUS_SECRET_KEYS"))
            .collect()
    }

    /// Makes the key beside the SQLite database. The caller makes sure that nobody else does at the same time, and that
    /// nothing was sealed with another key.
    pub(crate) fn make(database: &Database, entropy: &dyn Entropy) -> Result<Self, SecretKeyError> {
        let path = database.key_file().ok_or(SecretKeyError::Missing)?;
        let key = Self(Zeroizing::new(entropy.bytes()));
        let text = Zeroizing::new(format!("{}\n", BASE64_STANDARD.encode(*key.0)));
        write_whole(&path, text.as_bytes()).map_err(failed(&path, "made"))?;
        Ok(key)
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

    fn read(path: &Path) -> Result<Option<Self>, SecretKeyError> {
        match std::fs::read_to_string(path).map(Zeroizing::new) {
            Ok(text) => Self::parse(&text, &format!("the secret key file {}", path.display())).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(path, "read")(error)),
        }
    }
}

fn failed(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> SecretKeyError {
    let path = path.to_owned();
    move |cause| SecretKeyError::File { path, doing, cause }
}

/// Writes a file that is there whole or not at all, whenever the machine stops, and readable by its owner alone.
fn write_whole(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    // The name is durable once its folder is. Elsewhere than on Unix a folder cannot be opened, nor need be.
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::SystemEntropy;

    #[test]
    fn the_file_is_made_once_for_its_owner_alone_and_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::parse(&format!("sqlite://{}/r.db", folder.path().display())).expect("a database");

        assert!(SecretKey::find(None, &database).expect("looked for").is_none());
        let made = SecretKey::make(&database, &SystemEntropy).expect("made");
        let read = SecretKey::find(None, &database).expect("read").expect("a key");

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

        assert!(matches!(SecretKey::find(None, &postgres), Err(SecretKeyError::Missing)));
        assert!(matches!(
            SecretKey::find(Some(&short), &postgres),
            Err(SecretKeyError::Form(_))
        ));
    }

    #[test]
    fn a_file_that_was_left_unfinished_locks_nobody_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::parse(&format!("sqlite://{}/r.db", folder.path().display())).expect("a database");
        std::fs::write(folder.path().join("r.db.key.new"), "half a k").expect("written");

        assert!(SecretKey::find(None, &database).expect("looked for").is_none());
        let made = SecretKey::make(&database, &SystemEntropy).expect("made");

        let read = SecretKey::find(None, &database).expect("read").expect("a key");
        assert_eq!(made.derive("a"), read.derive("a"));
        assert!(!folder.path().join("r.db.key.new").exists());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_said_with_the_systems_words_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::parse(&format!("sqlite://{}/r.db", folder.path().display())).expect("a database");
        std::fs::create_dir(folder.path().join("r.db.key")).expect("a folder in its place");

        let error = SecretKey::find(None, &database).err().expect("refused");
        let said = crate::cli::Failure::from(error).to_string();

        assert_eq!(said.matches("os error").count(), 1, "{said}");
    }
}
