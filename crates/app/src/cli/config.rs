//! `roster config`

use clap::Args;
use serde_json::{Map, Value, json};

use super::{Failure, output};
use crate::logging;
use crate::secret_key::{SecretKey, SecretKeyError};
use crate::settings::{ServeArgs, Settings, SettingsArgs, name};

#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// Answer in JSON, for machines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    serve: ServeArgs,
}

pub(super) fn run(args: &SettingsArgs, config: &ConfigArgs) -> Result<(), Failure> {
    let settings = Settings::load(args, &config.serve)?;
    check(&settings)?;
    let shown = shown(&settings);
    if config.json {
        return output::json(&shown);
    }
    let mut table = output::table(&["SETTING", "VALUE"]);
    for (setting, value) in &shown {
        let text = match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        table.add_row(vec![output::optional(Some(setting)), output::optional(text)]);
    }
    output::show(&table, "")
}

/// Refuses what `roster serve` would refuse, as far as the settings alone can tell.
fn check(settings: &Settings) -> Result<(), Failure> {
    settings.check_serving()?;
    logging::filter(&settings.log).map_err(Failure::usage)?;
    match SecretKey::find(settings.secret_key.as_ref(), &settings.database) {
        // The other settings are worth a look all the same.
        Err(missing @ SecretKeyError::Missing) => output::hint(&missing.to_string()),
        outcome => {
            outcome?;
        }
    }
    Ok(())
}

/// The settings, with secrets masked.
fn shown(settings: &Settings) -> Map<String, Value> {
    let masked = |present: bool| if present { json!("***") } else { Value::Null };
    let public_url = if settings.public_urls.is_empty() {
        Value::Null
    } else {
        json!(settings.public_urls.join(","))
    };
    let entries = [
        (
            "config",
            json!(settings.file.as_ref().map(|file| file.display().to_string())),
        ),
        ("listen", json!(settings.listen.to_string())),
        ("public_url", public_url),
        ("database", json!(settings.database.masked())),
        ("database_connections", json!(settings.database_connections)),
        ("role", json!(name(&settings.role))),
        ("sandbox", json!(settings.sandbox)),
        ("allow_private_addresses", json!(settings.allow_private_addresses)),
        ("upheal_invite_url", json!(settings.dialects.upheal_invite_url)),
        ("upheal_room_url", json!(settings.dialects.upheal_room_url)),
        (
            "upheal_requests_per_minute",
            json!(settings.dialects.upheal_requests_per_minute),
        ),
        ("secret_key", masked(settings.secret_key.is_some())),
        ("previous_secret_keys", masked(settings.previous_secret_key.is_some())),
        ("history_days", settings.history_days.into()),
        ("vendor_timeout", settings.vendor_timeout.into()),
        ("bootstrap_key", masked(settings.bootstrap_key.is_some())),
        ("log", json!(settings.log)),
        ("log_format", json!(name(&settings.log_format))),
    ];
    entries
        .into_iter()
        .map(|(setting, value)| (setting.to_owned(), value))
        .collect()
}
