//! Why a command failed, with what to do next.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use roster_application::ports::StoreError;

use crate::settings::{Database, Settings};

/// Why a command failed, in words for the person who gave it.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    /// The exit code: 1 for a failure, 2 for a command that cannot be carried out as it was given.
    pub(crate) code: u8,
}

impl Failure {
    /// The command cannot be carried out as it was given.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: 2,
        }
    }

    /// Something failed that should not.
    pub(crate) fn internal(cause: &dyn fmt::Display) -> Self {
        Self {
            message: format!("internal failure: {cause}"),
            code: 1,
        }
    }

    /// The store cannot be opened or used.
    pub(crate) fn store(error: &StoreError, settings: &Settings) -> Self {
        let advice = match &settings.database {
            Database::Sqlite { path, .. } => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                match folder {
                    Some(folder) if !folder.exists() => format!("the folder {} does not exist", folder.display()),
                    _ => format!("is {} a database of Roster that this user may write?", path.display()),
                }
            }
            Database::Postgres { .. } => "is PostgreSQL running there, and are user and password right?".to_owned(),
        };
        let message = format!(
            "the database {} cannot be used: {}\n{advice}",
            settings.database.masked(),
            chain(error)
        );
        Self { message, code: 1 }
    }

    /// A command needs a database that is there.
    pub(crate) fn no_database(database: &Database) -> Self {
        let message = format!(
            "there is no database at {}: run `roster serve` or `roster migrate` first",
            database.masked()
        );
        Self { message, code: 1 }
    }

    /// A command needs a sandbox that is set up.
    pub(crate) fn no_sandbox(database: &str) -> Self {
        Self::usage(format!(
            "the sandbox is not set up in {database}: start `roster serve --sandbox` once, and ask again"
        ))
    }

    /// The sandbox was set up with another secret key, so that nothing that is derived from this one opens it.
    pub(crate) fn other_sandbox(database: &str) -> Self {
        Self::usage(format!(
            "the sandbox in {database} was set up with another secret key, or by another version: start `roster serve \
             --sandbox` once with this one, and ask again"
        ))
    }

    /// The file that says who serves a database cannot be used.
    pub(crate) fn lock(path: &Path, error: &std::io::Error) -> Self {
        let message = format!(
            "the lock file {} cannot be opened: {error}\nthe database's folder must exist, and this user may write in it",
            path.display()
        );
        Self { message, code: 1 }
    }

    /// An answer cannot be written.
    pub(crate) fn output(error: &std::io::Error) -> Self {
        let message = format!("the answer cannot be written: {error}");
        Self { message, code: 1 }
    }

    /// The port cannot be opened.
    pub(crate) fn listen(address: SocketAddr, error: &std::io::Error) -> Self {
        let message = format!(
            "cannot listen on {address}: {error}\nchoose another address with --listen, such as --listen 127.0.0.1:8081"
        );
        Self { message, code: 1 }
    }
}

/// An error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = anstyle::AnsiColor::Red.on_default().bold();
        write!(f, "{style}error{style:#}: {}", self.message)
    }
}

impl From<roster_application::Error> for Failure {
    fn from(error: roster_application::Error) -> Self {
        let code = match error {
            roster_application::Error::Store(_)
            | roster_application::Error::Secrets(_)
            | roster_application::Error::Internal(_) => 1,
            _ => 2,
        };
        let message = match &error {
            roster_application::Error::Invalid(violations) => {
                let lines: Vec<String> = violations.iter().map(|violation| format!("  {violation}")).collect();
                format!("the input breaks these rules:\n{}", lines.join("\n"))
            }
            other => chain(other),
        };
        Self { message, code }
    }
}

macro_rules! internal {
    ($($error:ty),+) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self { message: chain(&error), code: 1 }
            }
        }
    )+};
}

internal!(
    std::io::Error,
    serde_json::Error,
    crate::wiring::WiringError,
    crate::secret_key::SecretKeyError
);

impl From<crate::settings::SettingsError> for Failure {
    fn from(error: crate::settings::SettingsError) -> Self {
        Self::usage(error.to_string())
    }
}
