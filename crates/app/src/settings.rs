//! The settings: flags, then environment, then a TOML file, then defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use config::{Config, File, FileFormat};
use roster_application::api_clients::ApiKey;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// The file that is read when it exists and no other is named.
const DEFAULT_FILE: &str = "roster.toml";
/// What is logged by default. PostgreSQL notes at each start that the table of migrations exists already.
const DEFAULT_LOG: &str = "info,sqlx::postgres::notice=warn";

/// The settings of every command, as flags and environment give them; what is absent comes from the file, or is the
/// default.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SettingsArgs {
    /// Settings file in TOML [default: roster.toml, if it exists]
    #[arg(long, env = "ROSTER_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[arg(
        long,
        env = "ROSTER_DATABASE_URL",
        hide_env_values = true,
        global = true,
        value_name = "URL",
        help = "Where the data is: sqlite://FILE (made if absent) or postgres://… [default: sqlite://roster.db]"
    )]
    database: Option<String>,
    #[arg(
        long,
        env = "ROSTER_LOG",
        global = true,
        value_name = "FILTER",
        help = "What to log, such as info or roster_http=debug [default: info, without PostgreSQL's notices]"
    )]
    log: Option<String>,
    /// How to log [default: text]
    #[arg(long, env = "ROSTER_LOG_FORMAT", global = true)]
    log_format: Option<LogFormat>,
}

impl SettingsArgs {
    /// The same with only warnings logged, unless more was asked for: a command's answer is its output.
    pub(crate) fn quieter(&self) -> Self {
        Self {
            log: self.log.clone().or_else(|| Some("warn".to_owned())),
            ..self.clone()
        }
    }
}

/// The settings that only serving needs.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ServeArgs {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "ROSTER_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// URL under which callers know this server, several separated by commas [default: the address it listens on]
    #[arg(long, env = "ROSTER_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Play the vendors too, and connect the organization `default` to them
    #[arg(
        long, env = "ROSTER_SANDBOX", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = BoolishValueParser::new()
    )]
    sandbox: Option<bool>,
    /// What this process does [default: all]
    #[arg(long, env = "ROSTER_ROLE")]
    role: Option<Role>,
    /// Let connections and OAuth clients' key sets lead to private addresses
    #[arg(
        long, env = "ROSTER_ALLOW_PRIVATE_ADDRESSES", num_args = 0..=1,
        require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new()
    )]
    allow_private_addresses: Option<bool>,
    /// Most connections to PostgreSQL that this process holds [default: 20]
    #[arg(long, env = "ROSTER_DATABASE_CONNECTIONS", value_name = "COUNT")]
    database_connections: Option<u32>,
    /// Go on with a new secret key where the one beside the database is lost: vendor credentials must be entered anew
    #[arg(long)]
    new_secret_key: bool,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Serves the API and calls the vendors.
    All,
    /// Serves the API.
    Api,
    /// Calls the vendors.
    Worker,
}

/// The effective settings.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) database: Database,
    pub(crate) public_urls: Vec<String>,
    pub(crate) sandbox: bool,
    pub(crate) role: Role,
    pub(crate) secret_key: Option<SecretString>,
    pub(crate) bootstrap_key: Option<SecretString>,
    pub(crate) allow_private_addresses: bool,
    pub(crate) database_connections: u32,
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
    bootstrap_key: Option<String>,
    allow_private_addresses: bool,
    database_connections: u32,
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
        Config::builder()
            .set_default("listen", "127.0.0.1:8080")?
            .set_default("database", "sqlite://roster.db")?
            .set_default("sandbox", false)?
            .set_default("role", "all")?
            .set_default("allow_private_addresses", false)?
            .set_default("database_connections", 20)?
            .set_default("log", DEFAULT_LOG)?
            .set_default("log_format", "text")?
            .add_source(File::from(file).format(FileFormat::Toml).required(required))
            .set_override_option("listen", serve.listen.clone())?
            .set_override_option("database", args.database.clone())?
            .set_override_option("public_url", serve.public_url.clone())?
            .set_override_option("sandbox", serve.sandbox)?
            .set_override_option("role", serve.role.as_ref().map(name))?
            .set_override_option("secret_key", from_environment("ROSTER_SECRET_KEY"))?
            .set_override_option("bootstrap_key", from_environment("ROSTER_BOOTSTRAP_KEY"))?
            .set_override_option("allow_private_addresses", serve.allow_private_addresses)?
            .set_override_option("database_connections", serve.database_connections)?
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
                roster_domain::BaseUrl::new(given.trim())
                    .map(|url| url.as_str().to_owned())
                    .map_err(|_| SettingsError::Value {
                        setting: "public_url",
                        expected: "an http or https URL such as https://roster.example.org",
                        given: given.to_owned(),
                    })
            })
            .collect::<Result<_, _>>()?;
        if raw.database_connections == 0 {
            return Err(SettingsError::Value {
                setting: "database_connections",
                expected: "at least 1",
                given: "0".to_owned(),
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
            bootstrap_key: raw.bootstrap_key.and_then(secret),
            allow_private_addresses: raw.allow_private_addresses,
            database_connections: raw.database_connections,
            new_secret_key: false,
            log: raw.log,
            log_format: raw.log_format,
            file: None,
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_way_to_flags_and_fills_in_for_what_they_leave_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("settings.toml");
        std::fs::write(&file, "listen = \"127.0.0.1:9000\"\nsandbox = true\nlog = \"debug\"").expect("written");
        let args = SettingsArgs {
            config: Some(file),
            ..SettingsArgs::default()
        };
        let serve = ServeArgs {
            listen: Some("127.0.0.1:9001".to_owned()),
            ..ServeArgs::default()
        };

        let settings = Settings::load(&args, &serve).expect("settings");

        assert_eq!(settings.listen.port(), 9001);
        assert!(settings.sandbox);
        assert_eq!(settings.log, "debug");
        assert_eq!(settings.role, Role::All);
    }

    #[test]
    fn a_setting_that_there_is_not_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("settings.toml");
        std::fs::write(&file, "lissten = \"127.0.0.1:9000\"").expect("written");
        let args = SettingsArgs {
            config: Some(file),
            ..SettingsArgs::default()
        };

        let error = Settings::load(&args, &ServeArgs::default()).expect_err("refused");

        assert!(error.to_string().contains("lissten"), "{error}");
        assert!(error.to_string().contains("settings.toml"), "{error}");
    }

    #[test]
    fn a_bootstrap_key_that_is_too_short_is_refused_by_name_and_not_repeated() {
        let settings = |key: &str| Settings {
            bootstrap_key: Some(SecretString::from(key)),
            ..Settings::load(&SettingsArgs::default(), &ServeArgs::default()).expect("settings")
        };

        assert!(settings("8letters").check_serving().is_ok());
        let error = settings("7letter").check_serving().expect_err("refused").to_string();

        assert!(error.contains("ROSTER_BOOTSTRAP_KEY") && error.contains('8'), "{error}");
        assert!(!error.contains("7letter"), "{error}");
    }

    #[test]
    fn a_password_in_a_database_url_is_masked_wherever_it_stands() {
        let masked = |url: &str| Database::parse(url).expect("a database").masked();

        assert_eq!(masked("postgres://u:secret@db/roster"), "postgres://u:***@db/roster");
        assert_eq!(
            masked("postgres://db/roster?user=u&password=secret"),
            "postgres://db/roster?user=u&password=***"
        );
        assert_eq!(masked("sqlite://data/roster.db"), "sqlite://data/roster.db");
    }

    #[test]
    fn a_database_of_another_kind_is_refused_without_repeating_its_password() {
        let error = Database::parse("mysql://u:secret@db/roster").expect_err("refused");

        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(error.to_string().contains("postgres://"), "{error}");
    }
}
