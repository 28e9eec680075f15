//! `roster groups`

use std::collections::HashMap;

use clap::{Args, Subcommand};
use roster_application::ports::Find;
use roster_application::{Acting, Error};
use roster_domain::{ConnectionId, Group, GroupId, Organization, Surface};
use roster_http::json;
use serde_json::{Value, json};

use super::{Desired, Failure, input, output};
use crate::wiring::Desk;

/// The most groups that are read at once.
const PAGE: u32 = 200;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the groups that identity providers keep, and the connections that they are tied to
    List {
        #[command(flatten)]
        desired: Desired,
    },
    /// Tie a group to a connection: its members are assigned there, where the connection takes those who are chosen
    Tie(TieArgs),
    /// Untie a group from a connection: who was assigned there by it alone is taken off
    Untie(TieArgs),
}

#[derive(Debug, Args)]
pub(super) struct TieArgs {
    /// Roster's id of the group, its external id, or its name where only one group is called so
    group: String,
    /// The connection's id, or its vendor where there is one such connection only
    #[arg(long)]
    connection: String,
    #[command(flatten)]
    desired: Desired,
}

pub(super) async fn run(desk: &Desk, command: Command) -> Result<(), Failure> {
    match command {
        Command::List { desired } => {
            let organization = desk.organization(&desired.organization).await?;
            let groups = all(desk, &organization).await?;
            show(desk, &organization, groups, desired.json).await
        }
        Command::Tie(args) => tie(desk, args, true).await,
        Command::Untie(args) => tie(desk, args, false).await,
    }
}

async fn tie(desk: &Desk, args: TieArgs, is_tied: bool) -> Result<(), Failure> {
    let organization = desk.organization(&args.desired.organization).await?;
    let group = find(desk, &organization, &args.group).await?;
    let connection = input::connection(desk, &organization, &args.connection).await?;
    let acting = Acting::inside(&organization, Surface::Cli);
    desk.groups.tie(acting, group.id, connection.id, is_tied).await?;
    show(desk, &organization, vec![group], args.desired.json).await
}

async fn all(desk: &Desk, organization: &Organization) -> Result<Vec<Group>, Failure> {
    let mut groups = Vec::new();
    let mut find = Find {
        filter: None,
        sort: None,
        after: None,
        skip: 0,
        limit: PAGE,
    };
    loop {
        let found = desk.directory.groups(organization, &find).await?;
        groups.extend(found.records);
        match found.next {
            Some(place) => find.after = Some(place),
            None => return Ok(groups),
        }
    }
}

/// The group that somebody names by one of its ids, or by its name where that is clear.
async fn find(desk: &Desk, organization: &Organization, given: &str) -> Result<Group, Failure> {
    if let Ok(id) = given.parse::<GroupId>() {
        match desk.groups.get(organization, id).await {
            Err(Error::NotFound(_)) => {}
            outcome => return Ok(outcome?),
        }
    }
    let (by_external_id, mut by_name): (Vec<_>, Vec<_>) = all(desk, organization)
        .await?
        .into_iter()
        .filter(|group| is_external_id(group, given) || group.name.as_str() == given)
        .partition(|group| is_external_id(group, given));
    if let Some(group) = by_external_id.into_iter().next() {
        return Ok(group);
    }
    match (by_name.pop(), by_name.is_empty()) {
        (Some(group), true) => Ok(group),
        (Some(_), false) => Err(Failure::usage(format!(
            "there are several groups called {given:?}: name one by its id, see `roster groups list`"
        ))),
        (None, _) => Err(Failure::usage(format!(
            "there is no group {given:?}: `roster groups list` shows which there are"
        ))),
    }
}

fn is_external_id(group: &Group, given: &str) -> bool {
    group.external_id.as_ref().is_some_and(|id| id.as_str() == given)
}

async fn show(desk: &Desk, organization: &Organization, groups: Vec<Group>, as_json: bool) -> Result<(), Failure> {
    let ids: Vec<GroupId> = groups.iter().map(|group| group.id).collect();
    let mut ties: HashMap<GroupId, Vec<ConnectionId>> = HashMap::new();
    for ids in ids.chunks(PAGE as usize) {
        ties.extend(desk.groups.ties(organization, ids).await?);
    }
    if as_json {
        let shown = |group: Group| {
            let ties = ties.remove(&group.id).unwrap_or_default();
            json::group(group, &ties)
        };
        let data: Vec<Value> = groups.into_iter().map(shown).collect();
        return output::json(&json!({ "data": data }));
    }
    let mut table = output::table(&["ID", "NAME", "EXTERNAL ID", "TIED TO"]);
    for group in groups {
        let connections = ties.remove(&group.id).unwrap_or_default();
        let connections: Vec<String> = connections.iter().map(ToString::to_string).collect();
        table.add_row(vec![
            output::optional(Some(group.id)),
            output::optional(Some(group.name)),
            output::optional(group.external_id),
            output::optional((!connections.is_empty()).then(|| connections.join("\n"))),
        ]);
    }
    output::show(&table, "no groups")
}
