//! `roster clients`

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use roster_application::api_clients::NewApiClient;
use roster_domain::{Change, Surface};
use serde_json::json;

use super::{Desired, Failure, input, output};
use crate::wiring::Desk;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make an API client, and print what it needs to call Roster
    #[command(subcommand)]
    Create(Create),
}

#[derive(Debug, Subcommand)]
pub(super) enum Create {
    /// An API key, printed this once
    ApiKey(Common),
    /// An OAuth client that signs assertions; its id is their iss and sub
    OauthClient(OAuthArgs),
    /// An e-mail address and a password, read from standard input
    ServiceAccount {
        /// E-mail address
        #[arg(long)]
        email: String,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
pub(super) struct Common {
    /// What you call the client
    #[arg(long)]
    label: Option<String>,
    /// The one surface that the client opens, such as scim for an identity provider [default: all]
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Surface::CALLABLE_NAMES))]
    surface: Option<String>,
    #[command(flatten)]
    desired: Desired,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("key").required(true)))]
pub(super) struct OAuthArgs {
    /// File with an RSA public key in PEM
    #[arg(long, group = "key", value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// URL of a JSON Web Key Set
    #[arg(long, group = "key", value_name = "URL")]
    jwks_url: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(desk: &Desk, command: Command) -> Result<(), Failure> {
    let Command::Create(create) = command;
    let (new, common) = read(create)?;
    let organization = desk.organization(&common.desired.organization).await?;
    let new = NewApiClient {
        label: common.label.into(),
        surface: common.surface.into(),
        ..new
    };
    let created = desk.api_clients.create(&organization, new, None).await?;
    let key = created.key.as_ref().map(|key| key.expose().to_owned());
    if common.desired.json {
        return output::json(&json!({
            "id": created.client.id.to_string(),
            "kind": created.client.kind.name(),
            "label": created.client.label,
            "surface": created.client.surface.map(Surface::name),
            "key": key,
        }));
    }
    let mut table = output::table(&["ID", "KIND", "LABEL", "OPENS"]);
    table.add_row(vec![
        output::optional(Some(created.client.id)),
        output::optional(Some(created.client.kind.name())),
        output::optional(created.client.label.as_ref()),
        output::optional(Some(created.client.surface.map_or("everything", Surface::name))),
    ]);
    output::show(&table, "")?;
    if let Some(key) = key {
        output::line(&format!("\n{key}"))?;
        output::hint("this is the API key; it is shown only now");
    }
    Ok(())
}

fn read(create: Create) -> Result<(NewApiClient, Common), Failure> {
    let kind = |kind: &str| Change::Set(kind.to_owned());
    Ok(match create {
        Create::ApiKey(common) => (
            NewApiClient {
                kind: kind("api_key"),
                ..NewApiClient::default()
            },
            common,
        ),
        Create::OauthClient(args) => {
            let public_key = args
                .public_key
                .map(|file| {
                    std::fs::read_to_string(&file)
                        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))
                })
                .transpose()?;
            let new = NewApiClient {
                kind: kind("oauth_client"),
                public_key: public_key.into(),
                jwks_url: args.jwks_url.into(),
                ..NewApiClient::default()
            };
            (new, args.common)
        }
        Create::ServiceAccount { email, common } => {
            let new = NewApiClient {
                kind: kind("service_account"),
                email: Change::Set(email),
                password: Change::Set(input::secret_from_stdin()?),
                ..NewApiClient::default()
            };
            (new, common)
        }
    })
}
