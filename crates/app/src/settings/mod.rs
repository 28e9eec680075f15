//! The settings: flags, then environment, then a TOML file, then defaults.

mod args;
mod database;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use config::{Config, File, FileFormat};
use roster_application::api_clients::ApiKey;
use roster_http::DialectSettings;
use secrecy::SecretString;
use serde::Deserialize;

pub(crate) use args::{AddressArgs, LogFormat, Role, ServeArgs, SettingsArgs};
pub(crate) use database::Database;

/// The file that is read when it exists and no other is named.
const DEFAULT_FILE: &str = "roster.toml";
/// What is logged by default. PostgreSQL notes at each start that the table of migrations exists already.
const DEFAULT_LOG: &str = "info,sqlx::postgres::notice=warn";

/// The effective settings.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) database: Database,
    pub(crate) public_urls: Vec<String>,
    pub(crate) sandbox: bool,
    pub(crate) role: Role,
    pub(crate) secret_key: Option<SecretString>,
    /// Those that it replaced and that are still live.
    pub(crate) previous_secret_key: Option<SecretString>,
    /// For how many days histories are kept.
    pub(crate) history_days: u32,
    /// How long a call to a vendor may take, in seconds.
    pub(crate) vendor_timeout: u32,
    pub(crate) bootstrap_key: Option<SecretString>,
    pub(crate) allow_private_addresses: bool,
    pub(crate) database_connections: u32,
    pub(crate) dialects: DialectSettings,
    /// Whether a lost secret key is given up for a new one. For one start, so it is a flag only.
    pub(crate) new_secret_key: bool,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
}

/// The file's form; also what flags and environment are merged into.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    listen: String,
    database: String,
    public_url: Option<String>,
    sandbox: bool,
    role: Role,
    secret_key: Option<String>,
    previous_secret_keys: Option<String>,
    history_days: u32,
    vendor_timeout: u32,
    bootstrap_key: Option<String>,
    allow_private_addresses: bool,
    database_connections: u32,
    upheal_invite_url: String,
    upheal_room_url: String,
    /// As text, since a fraction would be rounded otherwise.
    upheal_requests_per_minute: Option<String>,
    log: String,
    log_format: LogFormat,
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// The file cannot be read, or has a setting that there is not.
    #[error("the settings{} cannot be read: {cause}", in_file(file.as_deref()))]
    Read {
        file: Option<PathBuf>,
        cause: config::ConfigError,
    },
    /// A setting has a value that it cannot have.
    #[error("{setting} must be {expected}, not {given:?}")]
    Value {
        setting: &'static str,
        expected: &'static str,
        given: String,
    },
    /// The first API key could not be sent in a header, or is too easily guessed. It is not repeated.
    #[error(
        "ROSTER_BOOTSTRAP_KEY (bootstrap_key) must have {} to {} visible ASCII characters without spaces: make one with \
         `openssl rand -base64 32`",
        ApiKey::MIN_GIVEN,
        ApiKey::MAX_GIVEN
    )]
    BootstrapKey,
}

fn in_file(file: Option<&Path>) -> String {
    file.map(|file| format!(" in {}", file.display())).unwrap_or_default()
}

impl Settings {
    /// Puts the settings together.
    pub(crate) fn load(args: &SettingsArgs, serve: &ServeArgs) -> Result<Self, SettingsError> {
        let (file, required) = match &args.config {
            Some(file) => (file.clone(), true),
            None => (PathBuf::from(DEFAULT_FILE), false),
        };
        let read = required || file.exists();
        let raw = Self::merge(args, serve, &file, required).map_err(|cause| SettingsError::Read {
            file: read.then(|| file.clone()),
            cause,
        })?;
        Ok(Self {
            file: read.then_some(file),
            new_secret_key: serve.new_secret_key,
            ..Self::check(raw)?
        })
    }

    fn merge(args: &SettingsArgs, serve: &ServeArgs, file: &Path, required: bool) -> Result<Raw, config::ConfigError> {
        let dialects = DialectSettings::default();
        Config::builder()
            .set_default("listen", "127.0.0.1:8080")?
            .set_default("database", "sqlite://roster.db")?
            .set_default("sandbox", false)?
            .set_default("role", "all")?
            .set_default("allow_private_addresses", false)?
            .set_default("database_connections", 20)?
            .set_default("history_days", 365)?
            .set_default("vendor_timeout", 10)?
            .set_default("upheal_invite_url", dialects.upheal_invite_url)?
            .set_default("upheal_room_url", dialects.upheal_room_url)?
            .set_default("log", DEFAULT_LOG)?
            .set_default("log_format", "text")?
            .add_source(File::from(file).format(FileFormat::Toml).required(required))
            .set_override_option("listen", serve.address.listen.clone())?
            .set_override_option("database", args.database.clone())?
            .set_override_option("public_url", serve.address.public_url.clone())?
            .set_override_option("sandbox", serve.sandbox)?
            .set_override_option("role", serve.role.as_ref().map(name))?
            .set_override_option("secret_key", from_environment("ROSTER_SECRET_KEY"))?
            .set_override_option("previous_secret_keys", from_environment("ROSTER_PREVIOUS_SECRET_KEYS"))?
            .set_override_option("history_days", serve.history_days)?
            .set_override_option("vendor_timeout", serve.vendor_timeout)?
            .set_override_option("bootstrap_key", from_environment("ROSTER_BOOTSTRAP_KEY"))?
            .set_override_option("allow_private_addresses", serve.allow_private_addresses)?
            .set_override_option("database_connections", serve.database_connections)?
            .set_override_option("upheal_invite_url", serve.upheal.invite_url.clone())?
            .set_override_option("upheal_room_url", serve.upheal.room_url.clone())?
            .set_override_option("upheal_requests_per_minute", serve.upheal.requests_per_minute)?
            .set_override_option("log", args.log.clone())?
            .set_override_option("log_format", args.log_format.as_ref().map(name))?
            .build()?
            .try_deserialize()
    }

    /// Checks what only serving uses, so that other commands are not held up by it.
    pub(crate) fn check_serving(&self) -> Result<(), SettingsError> {
        match self.bootstrap_key.clone().map(ApiKey::given) {
            Some(Err(_)) => Err(SettingsError::BootstrapKey),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    fn check(raw: Raw) -> Result<Self, SettingsError> {
        let listen = raw.listen.parse().map_err(|_| SettingsError::Value {
            setting: "listen",
            expected: "an address and a port such as 127.0.0.1:8080",
            given: raw.listen.clone(),
        })?;
        let public_urls = raw
            .public_url
            .iter()
            .flat_map(|urls| urls.split(','))
            .map(|given| {
                let expected = "an http or https URL such as https://roster.example.org";
                url("public_url", expected, given)
            })
            .collect::<Result<_, _>>()?;
        let dialects = DialectSettings {
            upheal_invite_url: url(
                "upheal_invite_url",
                "an http or https URL such as https://app.example.org/invite",
                &raw.upheal_invite_url,
            )?,
            upheal_room_url: url(
                "upheal_room_url",
                "an http or https URL such as https://rooms.example.org",
                &raw.upheal_room_url,
            )?,
            upheal_requests_per_minute: raw.upheal_requests_per_minute.map(rate).transpose()?,
        };
        if raw.database_connections == 0 {
            return Err(SettingsError::Value {
                setting: "database_connections",
                expected: "at least 1",
                given: "0".to_owned(),
            });
        }
        if raw.history_days == 0 {
            return Err(SettingsError::Value {
                setting: "history_days",
                expected: "at least 1",
                given: "0".to_owned(),
            });
        }
        // A claim's lease outlasts a step, and a step a call with the token that it may need first.
        if !(1..=12).contains(&raw.vendor_timeout) {
            return Err(SettingsError::Value {
                setting: "vendor_timeout",
                expected: "1 to 12 seconds",
                given: raw.vendor_timeout.to_string(),
            });
        }
        let secret = |text: String| {
            Some(text)
                .filter(|text| !text.trim().is_empty())
                .map(SecretString::from)
        };
        Ok(Self {
            listen,
            database: Database::parse(&raw.database)?,
            public_urls,
            sandbox: raw.sandbox,
            role: raw.role,
            secret_key: raw.secret_key.and_then(secret),
            previous_secret_key: raw.previous_secret_keys.and_then(secret),
            history_days: raw.history_days,
            vendor_timeout: raw.vendor_timeout,
            bootstrap_key: raw.bootstrap_key.and_then(secret),
            allow_private_addresses: raw.allow_private_addresses,
            database_connections: raw.database_connections,
            dialects,
            new_secret_key: false,
            log: raw.log,
            log_format: raw.log_format,
            file: None,
        })
    }
}

/// A URL that something is to be appended to: without a slash at its end.
fn url(setting: &'static str, expected: &'static str, given: &str) -> Result<String, SettingsError> {
    match roster_domain::BaseUrl::new(given.trim()) {
        Ok(url) => Ok(url.as_str().to_owned()),
        Err(_) => Err(SettingsError::Value {
            setting,
            expected,
            given: given.to_owned(),
        }),
    }
}

/// A number of requests, where 0 is any number.
fn rate(given: String) -> Result<u32, SettingsError> {
    given.trim().parse().map_err(|_| SettingsError::Value {
        setting: "upheal_requests_per_minute",
        expected: "a whole number such as 300, or 0 for any number of requests",
        given,
    })
}

/// Secrets have no flags, since everyone on the machine can see a process's flags.
fn from_environment(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.trim().is_empty())
}

/// The name of a choice, as the file spells it.
pub(crate) fn name<T: ValueEnum>(choice: &T) -> String {
    choice
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
