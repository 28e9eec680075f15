//! What a person sees when the server starts.

use anstyle::{AnsiColor, Style};
use roster_application::api_clients::ApiKey;
use roster_application::organizations::Ensured;

use crate::cli::{Failure, output};
use crate::settings::{Role, Settings};

const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();

/// Prints where the server is and, on the first start, the key and what to do next.
pub(super) fn print(settings: &Settings, url: &str, first: &Ensured) -> Result<(), Failure> {
    let mut lines = place(settings, url);
    lines.push(String::new());
    match &first.key {
        Some(key) => lines.extend(first_steps(settings, url, key)),
        // Whoever looks after a worker has no use for a key.
        None if settings.role == Role::Worker => {}
        None => lines.push(format!(
            "  Lost the API key? Make another one: {BOLD}roster clients create api-key{BOLD:#}"
        )),
    }
    lines.push(String::new());
    output::line(&lines.join("\n"))
}

fn place(settings: &Settings, url: &str) -> Vec<String> {
    let database = settings.database.masked();
    let mut lines = if settings.role == Role::Worker {
        vec![format!("{GOOD}Roster{GOOD:#} is working for the data in {database}")]
    } else {
        vec![
            format!("{GOOD}Roster{GOOD:#} is running on {BOLD}{url}{BOLD:#} with its data in {database}"),
            format!("  API reference  {url}/docs"),
        ]
    };
    lines.push(format!("  health         {url}/readyz"));
    if settings.sandbox && settings.role != Role::Worker {
        lines.push(format!(
            "  vendors' APIs  {BOLD}roster sandbox credentials{BOLD:#} shows what opens each of the sandbox's"
        ));
    }
    lines
}

fn first_steps(settings: &Settings, url: &str, key: &ApiKey) -> Vec<String> {
    // A key that the operator chose is not repeated: the output of a server often ends up in a log.
    let chosen = settings.bootstrap_key.is_some();
    let (mut lines, authorization, terminal) = if chosen {
        (
            vec!["  The organization \"default\" was made; its API key is the one in ROSTER_BOOTSTRAP_KEY.".to_owned()],
            "\"Authorization: Bearer $ROSTER_BOOTSTRAP_KEY\"".to_owned(),
            "a terminal where ROSTER_BOOTSTRAP_KEY is set",
        )
    } else {
        (
            vec![
                "  The organization \"default\" was made. Its API key, shown only now:".to_owned(),
                String::new(),
                format!("    {BOLD}{}{BOLD:#}", key.expose()),
            ],
            format!("'Authorization: Bearer {}'", key.expose()),
            "another terminal",
        )
    };
    if settings.role == Role::Worker {
        return lines;
    }
    let body = r#"{"external_id":"ehr-1001","email":"ada.moreau@example.org","first_name":"Ada","last_name":"Moreau"}"#;
    let mut steps = vec![
        (
            format!("Create a clinician (paste it into {terminal}):"),
            format!("curl -sS {url}/v1/users -H {authorization} -H 'Content-Type: application/json' -d '{body}'"),
        ),
        (
            "See where every clinician is at every vendor:".to_owned(),
            format!("curl -sS {url}/v1/accounts -H {authorization}"),
        ),
    ];
    if settings.sandbox {
        steps.push((
            "See whom the sandbox's Nabla Core has:".to_owned(),
            format!("curl -sS '{url}/sandbox/users?vendor=nabla_core' -H {authorization}"),
        ));
    }
    for (what, command) in steps {
        lines.extend([
            String::new(),
            format!("  {FAINT}{what}{FAINT:#}"),
            String::new(),
            command,
        ]);
    }
    lines
}
