//! `roster sandbox`

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{Absent, Failure, at_store, output};
use crate::sandbox::{Access, Accesses, Finder, Opener};
use crate::secret_key::SecretKey;
use crate::serve::local_url;
use crate::settings::{AddressArgs, ServeArgs, Settings, SettingsArgs};
use crate::wiring::Wired;

mod calls;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print what opens each vendor's API in the sandbox, with lines to paste
    ///
    /// The credentials stay the same as long as the secret key does; access tokens are made anew each time and are valid for an
    /// hour. URLs begin with --public-url or, without it, with the address that the vendor's connection has from the server that
    /// set the sandbox up last; where the connection does not say, with --listen.
    Credentials(CredentialsArgs),
}

#[derive(Debug, Args)]
pub(super) struct CredentialsArgs {
    /// Answer in JSON, for machines: with the private keys
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    address: AddressArgs,
}

pub(super) fn run(args: &SettingsArgs, command: Command) -> Result<(), Failure> {
    let Command::Credentials(CredentialsArgs { json, address }) = command;
    let serve = ServeArgs::from(address);
    let database = Settings::load(args, &serve)?.database;
    if database.is_absent() {
        return Err(Failure::no_sandbox(&database.masked()));
    }
    at_store(args, &serve, Absent::IsRefused, async |store, settings| {
        let database = settings.database.masked();
        let secret_key = SecretKey::find(settings.secret_key.as_ref(), &settings.database)?
            .ok_or_else(|| Failure::no_sandbox(&database))?;
        let wired = Wired::new(store.ports(), &secret_key, settings)?;
        let finder = Finder {
            wired: &wired,
            secret_key: &secret_key,
            public_url: settings.public_urls.first().map(String::as_str),
            local_url: &local_url(settings.listen),
            database: &database,
        };
        show(&finder.find().await?, json)
    })
}

fn show(found: &Accesses, as_json: bool) -> Result<(), Failure> {
    if as_json {
        let data: Vec<Value> = found.open.iter().map(in_json).collect();
        output::json(&json!({ "data": data }))?;
    } else {
        for access in &found.open {
            show_in_words(access)?;
        }
    }
    for vendor in &found.shut {
        output::hint(&format!(
            "the sandbox has no client for {} that goes with this secret key: the log of `roster serve --sandbox` says why",
            vendor.title()
        ));
    }
    for vendor in &found.assumed {
        output::hint(&format!(
            "no connection says where the sandbox plays {}, so its URLs begin with --listen: if the server is elsewhere, give \
             --public-url",
            vendor.title()
        ));
    }
    Ok(())
}

fn show_in_words(access: &Access) -> Result<(), Failure> {
    output::heading(access.title)?;
    output::show(&output::pairs(in_words(access)), "")?;
    for call in calls::of(access) {
        output::faint(&format!("\n {}\n", call.what))?;
        output::line(&call.command)?;
    }
    output::line("")
}

/// What opens an API, for people. The access token is in the line to paste, where it is of use.
fn in_words(access: &Access) -> Vec<(&'static str, String)> {
    let mut rows = vec![("base URL", access.base_url.clone())];
    match &access.opener {
        Opener::AccessToken {
            client_id,
            private_key,
            token_url,
            expires_at,
            ..
        } => {
            let key = if private_key.is_some() {
                "see --json"
            } else {
                "the one that was put into the connection in place of the sandbox's"
            };
            rows.extend([
                (
                    "authenticate",
                    "OAuth client: an access token as Bearer token".to_owned(),
                ),
                ("client id", client_id.to_string()),
                ("private key", key.to_owned()),
                ("token URL", token_url.clone()),
                (
                    "access token",
                    format!("below, valid until {}", expires_at.format("%H:%M UTC")),
                ),
            ]);
        }
        Opener::ApiKey { header, api_key } => rows.extend([
            ("authenticate", format!("API key, as {header} …")),
            ("API key", api_key.expose_secret().to_owned()),
        ]),
        Opener::ServiceAccount {
            email,
            password,
            token_url,
        } => rows.extend([
            (
                "authenticate",
                "service account: an access token as Bearer token".to_owned(),
            ),
            ("e-mail", email.clone()),
            ("password", password.expose_secret().to_owned()),
            ("token URL", token_url.clone()),
            ("project id", access.organization.to_owned()),
        ]),
    }
    rows
}

/// The same for machines.
fn in_json(access: &Access) -> Value {
    let (authentication, credentials) = match &access.opener {
        Opener::AccessToken {
            client_id,
            private_key,
            token_url,
            access_token,
            expires_at,
        } => (
            "oauth_client",
            json!({
                "client_id": client_id.to_string(),
                "private_key": private_key.as_ref().map(ExposeSecret::expose_secret),
                "token_url": token_url,
                "access_token": access_token.expose_secret(),
                "expires_at": expires_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            }),
        ),
        Opener::ApiKey { api_key, .. } => ("api_key", json!({ "api_key": api_key.expose_secret() })),
        Opener::ServiceAccount {
            email,
            password,
            token_url,
        } => (
            "service_account",
            json!({ "email": email, "password": password.expose_secret(), "token_url": token_url }),
        ),
    };
    let calls: Vec<Value> = calls::of(access)
        .into_iter()
        .map(|call| json!({ "what": call.what, "curl": call.command }))
        .collect();
    json!({
        "vendor": access.vendor.name(),
        "api": access.title,
        "base_url": access.base_url,
        "organization": access.organization,
        "authentication": authentication,
        "credentials": credentials,
        "calls": calls,
    })
}

#[cfg(test)]
mod tests {
    use roster_domain::{ApiClientId, Timestamp, Vendor};
    use secrecy::SecretString;

    use super::*;

    fn nabla(private_key: Option<&str>) -> Access {
        Access {
            vendor: Vendor::NablaCore,
            title: "Nabla Core",
            base_url: "http://127.0.0.1:8080/nabla".to_owned(),
            organization: "sandbox-nabla-core",
            opener: Opener::AccessToken {
                client_id: "515e1de3-4a37-8e50-8b24-3e9f87fb061c"
                    .parse::<ApiClientId>()
                    .expect("an id"),
                private_key: private_key.map(SecretString::from),
                token_url: "http://127.0.0.1:8080/nabla/oauth/token".to_owned(),
                access_token: SecretString::from("a.b.c"),
                expires_at: Timestamp::from_timestamp(1_750_000_000, 123_456_000).expect("a time"),
            },
        }
    }

    #[test]
    fn people_see_short_lines_and_are_told_where_the_long_ones_are() {
        let rows = in_words(&nabla(Some("-----BEGIN PRIVATE KEY-----")));

        assert!(rows.iter().all(|(_, value)| value.len() < 60), "{rows:?}");
        for row in [
            ("access token", "below, valid until 15:06 UTC"),
            ("private key", "see --json"),
        ] {
            assert!(rows.contains(&(row.0, row.1.to_owned())), "{rows:?}");
        }
        let replaced = in_words(&nabla(None));
        assert!(
            !replaced.contains(&("private key", "see --json".to_owned())),
            "{replaced:?}"
        );
    }

    #[test]
    fn machines_get_everything_that_a_client_of_their_own_needs() {
        let said = in_json(&nabla(Some("-----BEGIN PRIVATE KEY-----")));

        assert_eq!(
            said,
            json!({
                "vendor": "nabla_core",
                "api": "Nabla Core",
                "base_url": "http://127.0.0.1:8080/nabla",
                "organization": "sandbox-nabla-core",
                "authentication": "oauth_client",
                "credentials": {
                    "client_id": "515e1de3-4a37-8e50-8b24-3e9f87fb061c",
                    "private_key": "-----BEGIN PRIVATE KEY-----",
                    "token_url": "http://127.0.0.1:8080/nabla/oauth/token",
                    "access_token": "a.b.c",
                    "expires_at": "2025-06-15T15:06:40Z",
                },
                "calls": [{
                    "what": "List the users:",
                    "curl": "curl -sS http://127.0.0.1:8080/nabla/users -H 'Authorization: Bearer a.b.c'",
                }],
            })
        );
    }
}
