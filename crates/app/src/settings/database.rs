//! Which database is used, and the files that stand beside it.

use std::path::{Path, PathBuf};

use super::SettingsError;

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Database {
    /// One file, for one server.
    Sqlite {
        /// The URL as it was given.
        url: String,
        /// The file.
        path: PathBuf,
    },
    /// A PostgreSQL database, for any number of servers.
    Postgres {
        /// The URL, password and all.
        url: String,
    },
}

impl Database {
    /// Reads a database URL.
    pub(crate) fn parse(given: &str) -> Result<Self, SettingsError> {
        if given.starts_with("postgres://") || given.starts_with("postgresql://") {
            return Ok(Self::Postgres { url: given.to_owned() });
        }
        let path = given
            .strip_prefix("sqlite://")
            .or_else(|| given.strip_prefix("sqlite:"));
        match path.map(|path| path.split('?').next().unwrap_or_default()) {
            Some(path) if !path.is_empty() && !path.starts_with(":memory:") => Ok(Self::Sqlite {
                url: given.to_owned(),
                path: PathBuf::from(path),
            }),
            _ => Err(SettingsError::Value {
                setting: "database",
                expected: "sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE",
                // A URL of another kind may well hold a password.
                given: given.split_once("://").map_or(given, |(scheme, _)| scheme).to_owned(),
            }),
        }
    }

    /// The file with the secret key, for a database that one server owns.
    pub(crate) fn key_file(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite { path, .. } => Some(with_suffix(path, ".key")),
            Self::Postgres { .. } => None,
        }
    }

    /// The file that is locked while a server runs, for a database that one server owns.
    pub(crate) fn lock_file(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite { path, .. } => Some(with_suffix(path, ".lock")),
            Self::Postgres { .. } => None,
        }
    }

    /// Whether the database is a file that is not there.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Sqlite { path, .. } if !path.exists())
    }

    /// The database in words, without its password.
    pub(crate) fn masked(&self) -> String {
        match self {
            Self::Sqlite { path, .. } => format!("sqlite://{}", path.display()),
            Self::Postgres { url } => mask_password(url),
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Replaces the password of a URL, wherever PostgreSQL lets it stand.
fn mask_password(text: &str) -> String {
    let Ok(mut url) = url::Url::parse(text) else {
        return "postgres://…".to_owned();
    };
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return "postgres://…".to_owned();
    }
    if url.query().is_some() {
        let pairs: Vec<(String, String)> = url
            .query_pairs()
            .map(|(key, value)| {
                let value = if key == "password" { "***".into() } else { value };
                (key.into_owned(), value.into_owned())
            })
            .collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    url.into()
}
