//! What a person sees when the server starts.

use anstyle::{AnsiColor, Style};
use roster_application::organizations::Ensured;

use crate::settings::{Role, Settings};

const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();

/// Prints where the server is and, on the first start, the key and what to do next.
pub(crate) fn print(settings: &Settings, url: &str, first: &Ensured) {
    let database = settings.database.masked();
    if settings.role == Role::Worker {
        anstream::println!("{GOOD}Roster{GOOD:#} is working for the data in {database}");
        return;
    }
    anstream::println!("{GOOD}Roster{GOOD:#} is running on {BOLD}{url}{BOLD:#} with its data in {database}");
    anstream::println!("  API reference  {url}/docs");
    anstream::println!("  health         {url}/readyz");
    let Some(key) = &first.key else {
        anstream::println!();
        anstream::println!("  Lost the API key? Make another one: {BOLD}roster clients create api-key{BOLD:#}");
        return;
    };
    anstream::println!();
    // A key that the operator chose is not repeated: the output of a server often ends up in a log.
    let authorization = if settings.bootstrap_key.is_some() {
        anstream::println!("  The organization \"default\" was made; its API key is the one in ROSTER_BOOTSTRAP_KEY.");
        "\"Authorization: Bearer $ROSTER_BOOTSTRAP_KEY\"".to_owned()
    } else {
        anstream::println!("  The organization \"default\" was made. Its API key, shown only now:");
        anstream::println!();
        anstream::println!("    {BOLD}{}{BOLD:#}", key.expose());
        format!("'Authorization: Bearer {}'", key.expose())
    };
    anstream::println!();
    anstream::println!("  {FAINT}Create a clinician (paste it into another terminal):{FAINT:#}");
    anstream::println!();
    anstream::println!(
        "curl -sS {url}/v1/users -H {authorization} -H 'Content-Type: application/json' -d '{}'",
        r#"{"external_id":"ehr-1001","email":"ada.moreau@example.org","first_name":"Ada","last_name":"Moreau"}"#
    );
    anstream::println!();
    anstream::println!("  {FAINT}See where every clinician is at every vendor:{FAINT:#}");
    anstream::println!();
    anstream::println!("curl -sS {url}/v1/accounts -H {authorization}");
    anstream::println!();
    if settings.sandbox {
        anstream::println!("  {FAINT}See whom the sandbox's Nabla Core has:{FAINT:#}");
        anstream::println!();
        anstream::println!("curl -sS '{url}/sandbox/users?vendor=nabla_core' -H {authorization}");
        anstream::println!();
    }
}
