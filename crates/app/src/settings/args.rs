//! The settings as flags and environment give them.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

/// The settings of every command, as flags and environment give them; what is absent comes from the file, or is the
/// default.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SettingsArgs {
    /// Settings file in TOML [default: roster.toml, if it exists]
    #[arg(long, env = "ROSTER_CONFIG", global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    #[arg(
        long,
        env = "ROSTER_DATABASE_URL",
        hide_env_values = true,
        global = true,
        value_name = "URL",
        help = "Where the data is: sqlite://FILE (made if absent) or postgres://… [default: sqlite://roster.db]"
    )]
    pub(super) database: Option<String>,
    #[arg(
        long,
        env = "ROSTER_LOG",
        global = true,
        value_name = "FILTER",
        help = "What to log, such as info or roster_http=debug [default: info, without PostgreSQL's notices]"
    )]
    pub(super) log: Option<String>,
    /// How to log [default: text]
    #[arg(long, env = "ROSTER_LOG_FORMAT", global = true)]
    pub(super) log_format: Option<LogFormat>,
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
    #[command(flatten)]
    pub(super) address: AddressArgs,
    /// Play the vendors too, and connect the organization `default` to them
    #[arg(
        long, env = "ROSTER_SANDBOX", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = BoolishValueParser::new()
    )]
    pub(super) sandbox: Option<bool>,
    /// What this process does [default: all]
    #[arg(long, env = "ROSTER_ROLE")]
    pub(super) role: Option<Role>,
    /// Let connections and OAuth clients' key sets lead to private addresses
    #[arg(
        long, env = "ROSTER_ALLOW_PRIVATE_ADDRESSES", num_args = 0..=1,
        require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new()
    )]
    pub(super) allow_private_addresses: Option<bool>,
    /// Most connections to PostgreSQL that this process holds [default: 20]
    #[arg(long, env = "ROSTER_DATABASE_CONNECTIONS", value_name = "COUNT")]
    pub(super) database_connections: Option<u32>,
    /// For how many days it is kept who changed users and how vendors took it [default: 365]
    #[arg(long, env = "ROSTER_HISTORY_DAYS", value_name = "DAYS")]
    pub(super) history_days: Option<u32>,
    /// How long a call to a vendor may take, in seconds [default: 10]
    #[arg(long, env = "ROSTER_VENDOR_TIMEOUT", value_name = "SECONDS")]
    pub(super) vendor_timeout: Option<u32>,
    /// Go on with a new secret key where the one beside the database is lost: vendor credentials must be entered anew
    #[arg(long)]
    pub(super) new_secret_key: bool,
    #[command(flatten)]
    pub(super) upheal: UphealArgs,
}

/// Where the server is.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AddressArgs {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "ROSTER_LISTEN", value_name = "ADDRESS:PORT")]
    pub(super) listen: Option<String>,
    /// URL under which callers know this server, several separated by commas [default: the address it listens on]
    #[arg(long, env = "ROSTER_PUBLIC_URL", value_name = "URL")]
    pub(super) public_url: Option<String>,
}

impl From<AddressArgs> for ServeArgs {
    /// For a command that is not to serve, and must know where the server is.
    fn from(address: AddressArgs) -> Self {
        Self {
            address,
            ..Self::default()
        }
    }
}

/// What Upheal's dialect leaves to the operator.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct UphealArgs {
    #[arg(
        long = "upheal-invite-url",
        env = "ROSTER_UPHEAL_INVITE_URL",
        value_name = "URL",
        help = "What the invitations that Upheal's dialect gives out begin with [default: https://app.upheal.io/invite]"
    )]
    pub(super) invite_url: Option<String>,
    #[arg(
        long = "upheal-room-url",
        env = "ROSTER_UPHEAL_ROOM_URL",
        value_name = "URL",
        help = "What the links to private rooms that Upheal's dialect gives out begin with [default: https://upheal.io]"
    )]
    pub(super) room_url: Option<String>,
    #[arg(
        long = "upheal-requests-per-minute",
        env = "ROSTER_UPHEAL_REQUESTS_PER_MINUTE",
        value_name = "COUNT",
        help = "Requests that Upheal's dialect takes in a minute by one API key; 0 for any number [default: 300, and any \
                number for the organization that plays Upheal in the sandbox]"
    )]
    pub(super) requests_per_minute: Option<u32>,
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
