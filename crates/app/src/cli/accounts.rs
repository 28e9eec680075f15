//! `roster accounts`

use clap::{Args, Subcommand};
use roster_application::Acting;
use roster_application::ports::{AccountPosition, AccountQuery};
use roster_domain::{Account, AccountStatus, ConnectionId, Organization, Surface};
use roster_http::json;

use super::{Desired, Failure, input, output};
use crate::wiring::Desk;

/// What stands in the way of a departure that is held.
const HELD: &str = "so many users would leave at once that it waits for `roster connections approve`";
/// The most accounts that are read at once.
const PAGE: u32 = 200;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List where users are at the vendors
    List(ListArgs),
    /// Assign a user to a connection that takes only those who are chosen
    Assign(AssignArgs),
    /// Take a user off a connection: the user is deactivated or deleted there
    Unassign(AssignArgs),
    /// Try a user's accounts again that are behind
    Retry {
        /// Roster's id of the user, or the external id
        user: String,
        /// Only the account at this connection (id, or vendor where there is one such connection only)
        #[arg(long)]
        connection: Option<String>,
        #[command(flatten)]
        desired: Desired,
    },
}

#[derive(Debug, Args)]
pub(super) struct AssignArgs {
    /// Roster's id of the user, or the external id
    user: String,
    /// The connection's id, or its vendor where there is one such connection only
    #[arg(long)]
    connection: String,
    #[command(flatten)]
    desired: Desired,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[arg(long, help = format!("Only accounts that stand so: {}", AccountStatus::NAMES.join(", ")))]
    status: Option<AccountStatus>,
    /// Only accounts at this connection (id, or vendor where there is one such connection only)
    #[arg(long)]
    connection: Option<String>,
    /// Only accounts of this user (id or external id)
    #[arg(long)]
    user: Option<String>,
    /// The most accounts to list
    #[arg(long, default_value_t = 50, conflicts_with = "all", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// List all accounts
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    desired: Desired,
}

pub(super) async fn run(desk: &Desk, command: Command) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(desk, args).await,
        Command::Assign(args) => assign(desk, args, true).await,
        Command::Unassign(args) => assign(desk, args, false).await,
        Command::Retry {
            user,
            connection,
            desired,
        } => {
            let organization = desk.organization(&desired.organization).await?;
            let user = input::user(desk, &organization, &user).await?;
            let connection = at(desk, &organization, connection.as_deref()).await?;
            let mut tried = Vec::new();
            for account in desk.accounts.of_user(&organization, user.id).await? {
                if connection.is_none_or(|id| id == account.connection_id) {
                    tried.push(
                        desk.accounts
                            .retry(&organization, user.id, account.connection_id)
                            .await?,
                    );
                }
            }
            if tried.is_empty() {
                return Err(Failure::usage(
                    "the user has no such account: `roster accounts list` shows which there are",
                ));
            }
            show(&tried, desired.json)
        }
    }
}

async fn assign(desk: &Desk, args: AssignArgs, is_assigned: bool) -> Result<(), Failure> {
    let organization = desk.organization(&args.desired.organization).await?;
    let user = input::user(desk, &organization, &args.user).await?;
    let connection = input::connection(desk, &organization, &args.connection).await?;
    let acting = Acting::inside(&organization, Surface::Cli);
    let account = desk
        .accounts
        .assign(acting, user.id, connection.id, is_assigned)
        .await?;
    show(&[account], args.desired.json)
}

/// The id of the connection that is named, if one is.
async fn at(desk: &Desk, organization: &Organization, named: Option<&str>) -> Result<Option<ConnectionId>, Failure> {
    match named {
        Some(named) => Ok(Some(input::connection(desk, organization, named).await?.id)),
        None => Ok(None),
    }
}

async fn list(desk: &Desk, args: ListArgs) -> Result<(), Failure> {
    let organization = desk.organization(&args.desired.organization).await?;
    let connection_id = at(desk, &organization, args.connection.as_deref()).await?;
    let most = if args.all { usize::MAX } else { args.limit as usize };
    let mut accounts: Vec<Account> = Vec::new();
    let more = if let Some(user) = &args.user {
        let user = input::user(desk, &organization, user).await?;
        accounts = desk.accounts.of_user(&organization, user.id).await?;
        accounts.retain(|account| {
            args.status.is_none_or(|status| account.status() == status)
                && connection_id.is_none_or(|connection| account.connection_id == connection)
        });
        false
    } else {
        let mut after = None;
        loop {
            let query = AccountQuery {
                after,
                limit: PAGE,
                status: args.status,
                connection_id,
            };
            let page = desk.accounts.list(&organization, &query).await?;
            let full = page.len() == PAGE as usize;
            after = page.last().map(|account| AccountPosition {
                user_id: account.user_id,
                connection_id: account.connection_id,
            });
            accounts.extend(page);
            if accounts.len() > most {
                break true;
            }
            if !full {
                break false;
            }
        }
    };
    accounts.truncate(most);
    show(&accounts, args.desired.json)?;
    if more {
        output::hint("there are more: list them with --all");
    }
    Ok(())
}

fn show(accounts: &[Account], as_json: bool) -> Result<(), Failure> {
    if as_json {
        let data: Vec<serde_json::Value> = accounts.iter().map(json::account).collect();
        return output::json(&serde_json::json!({ "data": data }));
    }
    let mut table = output::table(&["USER", "VENDOR", "STATUS", "VENDOR'S ID", "WHAT STANDS IN THE WAY"]);
    for account in accounts {
        let obstacle = account
            .attention
            .as_ref()
            .map(|attention| format!("{} (to be healed by: {})", attention.message, attention.remedy.name()))
            .or_else(|| account.held_since.map(|_| HELD.to_owned()))
            .or_else(|| account.last_error.clone())
            .or_else(|| account.drift.as_ref().map(|drift| drift.message.clone()));
        table.add_row(vec![
            output::optional(Some(account.user_id)),
            output::optional(Some(account.vendor)),
            output::status(account.status()),
            output::optional(account.known.vendor_user_id.as_ref()),
            output::optional(obstacle),
        ]);
    }
    output::show(&table, "no such accounts")
}
