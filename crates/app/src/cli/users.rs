//! `roster users`

use clap::{Args, Subcommand};
use roster_application::Acting;
use roster_application::ports::{HistoryEvent, UserQuery};
use roster_domain::{
    Change, Email, ExternalId, PhoneChanges, Pronoun, SessionType, Surface, User, UserChanges, UserId,
};
use roster_http::json;

use super::{Desired, Failure, input, output};
use crate::wiring::{Desk, Wired};

/// The most users that are read at once.
const PAGE: u32 = 200;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List users, oldest first
    List(ListArgs),
    /// Show one user
    Get {
        /// Roster's id of the user, or the external id
        user: String,
        #[command(flatten)]
        desired: Desired,
    },
    /// Create a user
    Create(Box<CreateArgs>),
    /// Show who changed a user, and how the vendors took it
    History {
        /// Roster's id of the user, or the external id
        user: String,
        /// The most entries to show
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        #[command(flatten)]
        desired: Desired,
    },
    /// Show the requests that would be sent to each vendor for a user, without sending them
    Preview {
        /// Roster's id of the user, or the external id
        user: String,
        #[command(flatten)]
        desired: Desired,
    },
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only the user with this external id
    #[arg(long)]
    external_id: Option<String>,
    /// Only the user with this e-mail address
    #[arg(long)]
    email: Option<String>,
    /// Only users who are active, or are not
    #[arg(long)]
    active: Option<bool>,
    /// The most users to list
    #[arg(long, default_value_t = 50, conflicts_with = "all", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// List all users
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    desired: Desired,
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// The user's id in your own system
    #[arg(long)]
    external_id: Option<String>,
    /// E-mail address
    #[arg(long)]
    email: Option<String>,
    /// First name
    #[arg(long)]
    first_name: Option<String>,
    /// Last name
    #[arg(long)]
    last_name: Option<String>,
    /// Country code of the telephone number, such as +1
    #[arg(long, value_name = "CODE")]
    phone_country_code: Option<String>,
    /// Telephone number
    #[arg(long, value_name = "NUMBER")]
    phone_number: Option<String>,
    /// Language, such as en-US
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// Role; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// National Provider Identifier
    #[arg(long)]
    npi: Option<String>,
    /// Therapist's licence
    #[arg(long, value_name = "LICENCE")]
    therapy_licence: Option<String>,
    #[arg(long, value_name = "TYPE", help = format!("Kind of session that notes are written for: {}", SessionType::NAMES.join(", ")))]
    default_session_type: Option<String>,
    #[arg(long, help = format!("How the user is referred to: {}", Pronoun::NAMES.join(", ")))]
    pronoun: Option<String>,
    /// Day of birth, such as 1978-05-17
    #[arg(long, value_name = "DATE")]
    date_of_birth: Option<String>,
    /// Metadata; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = input::pair)]
    metadata: Vec<(String, String)>,
    #[command(flatten)]
    desired: Desired,
}

impl Command {
    /// Whether the command must open what is sealed.
    pub(super) const fn needs_secrets(&self) -> bool {
        matches!(self, Self::Preview { .. })
    }
}

/// Carries out a command that opens nothing sealed, or, with everything at hand, any.
pub(super) async fn run(desk: &Desk, wired: Option<&Wired>, command: Command) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(desk, args).await,
        Command::Get { user, desired } => {
            let organization = desk.organization(&desired.organization).await?;
            show(&input::user(desk, &organization, &user).await?, desired.json)
        }
        Command::Create(args) => create(desk, *args).await,
        Command::History { user, limit, desired } => history(desk, &user, limit, &desired).await,
        Command::Preview { user, desired } => match wired {
            Some(wired) => preview(wired, &user, &desired).await,
            None => Err(Failure::internal(&"a preview needs the vendors' clients")),
        },
    }
}

async fn history(desk: &Desk, user: &str, limit: u32, desired: &Desired) -> Result<(), Failure> {
    let organization = desk.organization(&desired.organization).await?;
    // A deleted user has a history, too; it is named by Roster's id.
    let id = match user.parse() {
        Ok(id) => id,
        Err(_) => input::user(desk, &organization, user).await?.id,
    };
    let entries = desk.histories.of_user(&organization, id, None, limit).await?;
    if desired.json {
        let data: Vec<serde_json::Value> = entries.into_iter().map(json::history).collect();
        return output::json(&serde_json::json!({ "data": data }));
    }
    let mut table = output::table(&["WHEN", "WHO", "WHAT", "OUTCOME"]);
    for entry in &entries {
        let (at, who, what, outcome) = match &entry.event {
            HistoryEvent::Change(change) => (
                change.at,
                change.actor.surface.name().to_owned(),
                format!("{} {}", change.deed, change.fields.join(", ")),
                format!("version {}", change.version),
            ),
            HistoryEvent::Call { vendor, call, .. } => (
                call.at,
                vendor.name().to_owned(),
                call.operation.clone(),
                match &call.message {
                    Some(message) => format!("{}: {message}", call.outcome),
                    None => call.outcome.clone(),
                },
            ),
        };
        table.add_row(vec![
            output::optional(Some(at.format("%Y-%m-%d %H:%M:%S"))),
            output::optional(Some(who)),
            output::optional(Some(what.trim())),
            output::optional(Some(outcome)),
        ]);
    }
    output::show(&table, "nothing is known of the user")
}

async fn preview(wired: &Wired, user: &str, desired: &Desired) -> Result<(), Failure> {
    let desk = &wired.desk;
    let organization = desk.organization(&desired.organization).await?;
    let user = input::user(desk, &organization, user).await?;
    let previews = wired.previews.of_user(&organization, user.id).await?;
    if desired.json {
        let data: Vec<serde_json::Value> = previews.into_iter().map(json::preview).collect();
        return output::json(&serde_json::json!({ "data": data }));
    }
    if previews.is_empty() {
        output::hint("the user is at no vendor: there is no connection that takes it");
    }
    for preview in previews {
        output::heading(preview.connection.vendor.title())?;
        for step in &preview.steps {
            match &step.requests {
                Ok(requests) => {
                    for request in requests {
                        output::line(&format!("{} {}", request.method, request.url))?;
                        for (name, value) in &request.headers {
                            output::faint(&format!("  {name}: {value}"))?;
                        }
                        if let Some(body) = &request.body {
                            output::line(&format!("  {body}"))?;
                        }
                    }
                }
                Err(error) => output::line(&format!("{}: {error}", step.operation))?,
            }
        }
        match (&preview.attention, preview.steps.is_empty()) {
            (Some(attention), _) => output::line(attention)?,
            (None, true) => output::faint("nothing would be sent: the vendor has what it should have")?,
            (None, false) => {}
        }
        output::line("")?;
    }
    Ok(())
}

async fn list(desk: &Desk, args: ListArgs) -> Result<(), Failure> {
    let organization = desk.organization(&args.desired.organization).await?;
    let wrong = |flag: &'static str| {
        move |fault: roster_domain::Fault| Failure::usage(format!("{flag} {}; given: {}", fault.rule, fault.given))
    };
    let filter = UserQuery {
        external_id: args
            .external_id
            .map(ExternalId::new)
            .transpose()
            .map_err(wrong("--external-id"))?,
        email: args.email.map(Email::new).transpose().map_err(wrong("--email"))?,
        active: args.active,
        ..UserQuery::first(PAGE)
    };
    let most = if args.all { usize::MAX } else { args.limit as usize };
    let mut users: Vec<User> = Vec::new();
    let mut after: Option<UserId> = None;
    let more = loop {
        let page = desk
            .users
            .list(
                &organization,
                &UserQuery {
                    after,
                    ..filter.clone()
                },
            )
            .await?;
        let full = page.len() == PAGE as usize;
        after = page.last().map(|user| user.id);
        users.extend(page);
        if users.len() > most {
            users.truncate(most);
            break true;
        }
        if !full {
            break false;
        }
    };
    if args.desired.json {
        let data: Vec<serde_json::Value> = users.iter().map(json::user).collect();
        return output::json(&serde_json::json!({ "data": data }));
    }
    let mut table = output::table(&["ID", "EXTERNAL ID", "NAME", "EMAIL", "ACTIVE", "UPDATED"]);
    for user in &users {
        table.add_row(vec![
            output::optional(Some(user.id)),
            output::optional(user.profile.external_id.as_ref()),
            output::optional(full_name(user)),
            output::optional(user.profile.email.as_ref()),
            output::optional(Some(if user.active { "yes" } else { "no" })),
            output::optional(Some(user.updated_at.format("%Y-%m-%d %H:%M"))),
        ]);
    }
    output::show(&table, "no users: make one with `roster users create`")?;
    if more {
        output::hint("there are more: list them with --all");
    }
    Ok(())
}

async fn create(desk: &Desk, args: CreateArgs) -> Result<(), Failure> {
    let organization = desk.organization(&args.desired.organization).await?;
    let phone = (args.phone_country_code.is_some() || args.phone_number.is_some()).then(|| PhoneChanges {
        country_code: args.phone_country_code.into(),
        number: args.phone_number.into(),
    });
    let changes = UserChanges {
        external_id: args.external_id.into(),
        email: args.email.into(),
        first_name: args.first_name.into(),
        last_name: args.last_name.into(),
        phone: phone.into(),
        locale: args.locale.into(),
        roles: if args.roles.is_empty() {
            Change::Keep
        } else {
            Change::Set(args.roles)
        },
        npi: args.npi.into(),
        therapy_licence: args.therapy_licence.into(),
        default_session_type: args.default_session_type.into(),
        pronoun: args.pronoun.into(),
        date_of_birth: args.date_of_birth.into(),
        metadata: if args.metadata.is_empty() {
            Change::Keep
        } else {
            Change::Set(args.metadata.into_iter().collect())
        },
        ..UserChanges::default()
    };
    let acting = Acting::inside(&organization, Surface::Cli);
    let revision = desk.users.create(acting, &changes, None).await?;
    for suspicion in &revision.suspicions {
        output::hint(&format!(
            "metadata.{} looks like {}",
            suspicion.key, suspicion.resembles
        ));
    }
    show(&revision.user, args.desired.json)
}

fn show(user: &User, as_json: bool) -> Result<(), Failure> {
    let user_json = json::user(user);
    if as_json {
        return output::json(&user_json);
    }
    let mut table = output::table(&["FIELD", "VALUE"]);
    if let serde_json::Value::Object(fields) = user_json {
        for (name, value) in fields {
            let text = match value {
                serde_json::Value::Null => None,
                serde_json::Value::String(text) => Some(text),
                other => Some(other.to_string()),
            };
            table.add_row(vec![output::optional(Some(name)), output::optional(text)]);
        }
    }
    output::show(&table, "")
}

fn full_name(user: &User) -> Option<String> {
    let names = [&user.profile.first_name, &user.profile.last_name];
    let names: Vec<&str> = names
        .into_iter()
        .flatten()
        .map(roster_domain::PersonName::as_str)
        .collect();
    (!names.is_empty()).then(|| names.join(" "))
}
