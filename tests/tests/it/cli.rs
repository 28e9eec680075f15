//! The command line: tables for people, JSON for machines, and errors that say what to do.

use std::io::Write;
use std::process::Stdio;

use e2e::nabla::{OWN, OauthClient};
use e2e::vendors::NAMES;
use e2e::{Api, Ran, Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, SOON};
use crate::whole;

/// Runs a command with text on its standard input.
fn with_input(server: &Server, arguments: &[&str], input: &str) -> Ran {
    let mut command = server.command(arguments);
    let shown = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{shown}: {error}"));
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input.as_bytes())
        .expect("the input is taken");
    let output = child.wait_with_output().expect("it ends");
    Ran {
        command: shown,
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[rstest]
#[tokio::test]
async fn users_are_created_shown_and_listed_with_and_without_a_running_server(
    #[values(Store::Sqlite, Store::Postgres)] store: Store,
    #[values(true, false)] running: bool,
) {
    // Given a database that a server has begun, which still runs or does not
    let mut server = Server::on(store).start().await;
    if !running {
        server.stop(SOON).await;
    }

    // When a user is created
    let full = [
        "users",
        "create",
        "--external-id",
        "ehr-1",
        "--email",
        "ann@example.org",
        "--first-name",
        "Ann",
        "--last-name",
        "Moreau",
        "--phone-country-code",
        "+33",
        "--phone-number",
        "123456789",
        "--locale",
        "fr-FR",
        "--role",
        "PRACTITIONER",
        "--npi",
        "1234567893",
        "--therapy-licence",
        "LIC-1",
        "--metadata",
        "site=Lyon",
        "--metadata",
        "floor=3",
        "--json",
    ];
    let made = server.cli(&full).ok().json();

    // Then it has what was said, in the form of the API
    assert_eq!(made["external_id"], "ehr-1");
    assert_eq!(made["metadata"], json!({ "floor": "3", "site": "Lyon" }));
    assert_eq!(made["roles"], json!(["PRACTITIONER"]));
    assert_eq!(made["phone"], json!({ "country_code": "+33", "number": "123456789" }));
    if running {
        assert_eq!(
            server
                .api()
                .get(&format!("/v1/users/{}", given::id(&made)))
                .await
                .expect(200)
                .json(),
            made
        );
    }
    // and is found by its id and by its external id,
    for name in [given::id(&made), "ehr-1"] {
        assert_eq!(server.cli(&["users", "get", name, "--json"]).ok().json(), made);
    }
    // alone and in the list, which is filtered,
    server.cli(&["users", "create", "--external-id", "ehr-2"]).ok();
    let listed = |arguments: &[&str]| {
        let arguments = [&["users", "list", "--json"], arguments].concat();
        server.cli(&arguments).ok().json()["data"]
            .as_array()
            .expect("a list")
            .clone()
    };
    assert_eq!(listed(&[]).len(), 2);
    assert_eq!(listed(&["--external-id", "ehr-1"]), std::slice::from_ref(&made));
    assert_eq!(listed(&["--email", "ANN@EXAMPLE.ORG"]), std::slice::from_ref(&made));
    assert_eq!(listed(&["--active", "false"]), Vec::<Value>::new());
    assert_eq!(listed(&["--limit", "1"]), [made]);
    // and in a table for people, without colours where nobody looks.
    let table = server.cli(&["users", "list"]).ok();
    for text in ["ID", "EXTERNAL ID", "ehr-1", "Ann Moreau", "ann@example.org", "ehr-2"] {
        assert!(table.stdout.contains(text), "{}", table.stdout);
    }
    assert!(!table.stdout.contains('\u{1b}'), "{:?}", table.stdout);
}

#[tokio::test]
async fn a_running_server_sends_what_the_command_line_creates() {
    for store in [Store::Sqlite, Store::Postgres] {
        let server = Server::on(store).sandbox().start().await;

        let full = [
            "--external-id",
            "ehr-1",
            "--email",
            "ann@example.org",
            "--first-name",
            "Ann",
            "--last-name",
            "Lee",
        ];
        let made = server
            .cli(&[&["users", "create", "--json"], full.as_slice()].concat())
            .ok()
            .json();

        let accounts = given::in_sync_everywhere(&server.api(), given::id(&made)).await;
        assert_eq!(accounts.len(), NAMES.len(), "{accounts:?}");
    }
}

#[tokio::test]
async fn colours_and_widths_never_get_into_a_pipe() {
    let server = Server::on(Store::Sqlite).start().await;
    server.cli(&["users", "create", "--external-id", &"x".repeat(256)]).ok();

    for (name, value) in [("NO_COLOR", "1"), ("TERM", "xterm-256color"), ("COLUMNS", "20")] {
        let ran = Ran::to_end(server.command(&["users", "list"]).env(name, value)).ok();
        assert!(!ran.stdout.contains('\u{1b}'), "{:?}", ran.stdout);
    }
    let failed = Ran::to_end(server.command(&["users", "get", "nobody"]).env("NO_COLOR", "1"));
    assert!(!failed.stderr.contains('\u{1b}'), "{:?}", failed.stderr);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn accounts_are_listed_with_what_stands_in_the_way_and_tried_again(#[case] store: Store) {
    // Given a user whom one vendor refused, and one whom all took
    let server = Server::on(store).sandbox().start().await;
    server
        .sandbox()
        .fault(
            json!({ "kind": "status", "status": 400 }),
            json!({ "operation": "create", "times": 1 }),
        )
        .await;
    let refused = whole::user(&server.api(), "refused").await;
    whole::account_with(&server.api(), given::id(&refused), "nabla_core", "needs_attention").await;
    for vendor in NAMES.into_iter().filter(|vendor| *vendor != "nabla_core") {
        whole::in_sync(&server.api(), given::id(&refused), vendor).await;
    }
    let taken = whole::user(&server.api(), "taken").await;
    given::in_sync_everywhere(&server.api(), given::id(&taken)).await;

    // Then the list says so
    let table = server.cli(&["accounts", "list"]).ok().stdout;
    for text in [
        "STATUS",
        "needs_attention",
        "in_sync",
        "Nabla Core refuses this user",
        "customer",
    ] {
        assert!(table.contains(text), "{text}:\n{table}");
    }
    let listed = |arguments: &[&str]| {
        let arguments = [&["accounts", "list", "--json"], arguments].concat();
        server.cli(&arguments).ok().json()["data"]
            .as_array()
            .expect("a list")
            .clone()
    };
    assert_eq!(listed(&[]), given::all(&server.api(), "/v1/accounts").await);
    assert_eq!(listed(&["--status", "needs_attention"]).len(), 1);
    let of_taken = listed(&["--user", "taken"]);
    assert_eq!(of_taken.len(), NAMES.len());
    assert!(
        of_taken.iter().all(|account| account["status"] == "in_sync"),
        "{of_taken:?}"
    );

    // And a retry from the command line reaches the running server.
    server.cli(&["accounts", "retry", "refused"]).ok();
    given::in_sync_everywhere(&server.api(), given::id(&refused)).await;
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn clients_of_every_kind_are_made_and_work_at_once(#[case] store: Store) {
    let server = Server::on(store).start().await;

    // An API key: shown once, and it opens the API
    let made = server
        .cli(&["clients", "create", "api-key", "--label", "EHR", "--json"])
        .ok()
        .json();
    server
        .api()
        .bearer(made["key"].as_str().expect("a key"))
        .get("/v1/users")
        .await
        .expect(200);
    let shown = server.cli(&["clients", "create", "api-key"]).ok().stdout;
    let key = shown
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("rstr_"))
        .expect("a key is shown");
    server.api().bearer(key).get("/v1/users").await.expect(200);
    // An OAuth client: its id signs assertions
    let file = server.folder().join("public.pem");
    std::fs::write(&file, OWN.public).expect("a file is written");
    let file = file.display().to_string();
    let made = server
        .cli(&["clients", "create", "oauth-client", "--public-key", &file, "--json"])
        .ok()
        .json();
    let client = OauthClient {
        id: given::id(&made).to_owned(),
        api: Api::new(&server.url()).below(e2e::nabla::CORE),
    };
    client.connect().await.get("/users").await.expect(200);
    let set = [
        "clients",
        "create",
        "oauth-client",
        "--jwks-url",
        "https://keys.example.org/jwks.json",
        "--json",
    ];
    server.cli(&set).ok();
    // A service account: its password comes from standard input
    let account = [
        "clients",
        "create",
        "service-account",
        "--email",
        "bot@example.org",
        "--json",
    ];
    let made = with_input(&server, &account, "correct-horse-battery-9\n").ok();
    assert!(!made.stdout.contains("correct-horse"), "{}", made.stdout);
    with_input(
        &server,
        &["clients", "create", "service-account", "--email", "other@example.org"],
        "short",
    )
    .failed(2);

    // The list of the API has all of them: the first key, and five more.
    let kinds: Vec<Value> = given::all(&server.api(), "/v1/clients")
        .await
        .iter()
        .map(|client| client["kind"].clone())
        .collect();
    assert_eq!(
        json!(kinds),
        json!([
            "api_key",
            "api_key",
            "api_key",
            "oauth_client",
            "oauth_client",
            "service_account"
        ])
    );
}

#[tokio::test]
async fn organizations_are_made_once_each() {
    let server = Server::on(Store::Sqlite).start().await;

    let made = server.cli(&["organizations", "create", "st-ann", "--json"]).ok().json();

    let api = server.api().bearer(made["key"].as_str().expect("a key"));
    assert_eq!(api.get("/v1/organization").await.expect(200).json()["slug"], "st-ann");
    let again = server.cli(&["organizations", "create", "st-ann"]).failed(2);
    assert!(again.stderr.contains("clients create api-key"), "{}", again.stderr);
    server.cli(&["organizations", "create", "Not A Slug"]).failed(2);
    assert_eq!(
        server
            .cli(&["users", "list", "--organization", "st-ann", "--json"])
            .ok()
            .json(),
        json!({ "data": [] })
    );
    let unknown = server.cli(&["users", "list", "--organization", "nobody"]).failed(2);
    assert!(unknown.stderr.contains("--organization"), "{}", unknown.stderr);
}

#[tokio::test]
async fn the_effective_settings_are_shown_with_secrets_masked() {
    let server = Server::on(Store::Sqlite)
        .env("ROSTER_SECRET_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        .env("ROSTER_DATABASE_URL", "postgres://ann:s3cret-pw@db.example.org/roster")
        .env("ROSTER_SANDBOX", "true")
        .prepare()
        .await;

    let table = server.cli(&["config"]).ok().stdout;
    let settings = server.cli(&["config", "--json"]).ok().json();

    for text in [table, settings.to_string()] {
        assert!(
            !text.contains("s3cret-pw") && !text.contains("AAAAAAAA") && !text.contains(server.key()),
            "{text}"
        );
    }
    assert_eq!(settings["secret_key"], "***");
    assert_eq!(settings["bootstrap_key"], "***");
    assert_eq!(settings["database"], "postgres://ann:***@db.example.org/roster");
    assert_eq!(settings["sandbox"], true);
    assert_eq!(settings["listen"], "127.0.0.1:8080");
}

#[tokio::test]
async fn a_file_of_settings_gives_way_to_environment_and_flags() {
    let server = Server::on(Store::Sqlite).prepare().await;
    let file = server.folder().join("roster.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:9001\"\nlog = \"warn\"\nsandbox = true\n").expect("a file is written");

    let settings = server
        .cli(&["config", "--json", "--listen", "127.0.0.1:9002"])
        .ok()
        .json();
    let other = Ran::to_end(server.command(&["config", "--json"]).env("ROSTER_LOG", "debug"))
        .ok()
        .json();

    assert_eq!(
        (&settings["listen"], &settings["log"]),
        (&json!("127.0.0.1:9002"), &json!("warn"))
    );
    assert_eq!(
        (&other["listen"], &other["log"]),
        (&json!("127.0.0.1:9001"), &json!("debug"))
    );
    assert_eq!(settings["sandbox"], true);
    std::fs::write(&file, "lissten = \"x\"\n").expect("a file is written");
    let wrong = server.cli(&["config"]).failed(2);
    assert!(
        wrong.stderr.contains("lissten") && wrong.stderr.contains("roster.toml"),
        "{}",
        wrong.stderr
    );
}

#[rstest]
#[case::bash("bash")]
#[case::zsh("zsh")]
#[case::fish("fish")]
#[tokio::test]
async fn completions_know_the_commands(#[case] shell: &str) {
    let server = Server::on(Store::Sqlite).prepare().await;

    let script = server.cli(&["completions", shell]).ok().stdout;

    for command in ["serve", "migrate", "accounts", "completions"] {
        assert!(script.contains(command), "{script}");
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn migrating_may_be_repeated_and_comes_before_the_first_start(#[case] store: Store) {
    let mut server = Server::on(store).prepare().await;

    server.cli(&["migrate"]).ok();
    server.cli(&["migrate"]).ok();
    let nobody = server.cli(&["users", "list"]).failed(2);

    assert!(nobody.stderr.contains("roster serve"), "{}", nobody.stderr);
    server.start_again().await;
    assert_eq!(given::users(&server.api()).await, Vec::<Value>::new());
}

#[rstest]
#[case::an_unknown_user(&["users", "get", "nobody"], 2, "roster users list")]
#[case::a_broken_rule(&["users", "create", "--email", "ann"], 2, "email must be an e-mail address")]
#[case::several_broken_rules(&["users", "create", "--email", "ann", "--npi", "1"], 2, "npi")]
#[case::a_pair_that_is_none(&["users", "create", "--metadata", "site"], 2, "key=value")]
#[case::an_unknown_status(&["accounts", "list", "--status", "fine"], 2, "in_sync")]
#[case::a_user_without_accounts(&["accounts", "retry", "ehr-1"], 2, "roster accounts list")]
#[case::an_unknown_command(&["frobnicate"], 2, "--help")]
#[case::a_database_of_another_kind(&["users", "list", "--database", "mysql://a:pw@b/c"], 2, "postgres://")]
#[case::a_file_that_is_not_there(&["clients", "create", "oauth-client", "--public-key", "nowhere.pem"], 2, "nowhere.pem")]
#[case::a_folder_that_is_not_there(&["users", "list", "--database", "sqlite:///nowhere/at/all.db"], 1, "/nowhere/at")]
#[case::a_postgres_that_does_not_answer(&["users", "list", "--database", "postgres://a:pw@127.0.0.1:1/c"], 1, "is PostgreSQL running there")]
#[case::why_postgres_does_not_answer(&["users", "list", "--database", "postgres://a:pw@127.0.0.1:1/c"], 1, "refused")]
#[case::a_filter_that_is_none(&["users", "list", "--email", "xx"], 2, "--email must be an e-mail address")]
#[case::a_file_that_nobody_made(&["accounts", "list", "--database", "sqlite://typo.db"], 1, "roster migrate")]
#[case::a_log_filter_that_is_none(&["users", "list", "--log", "=="], 2, "info")]
#[tokio::test]
async fn an_error_goes_to_standard_error_and_says_what_to_do(
    #[case] arguments: &[&str],
    #[case] code: i32,
    #[case] advice: &str,
) {
    let server = Server::on(Store::Sqlite).start().await;
    given::user(&server.api(), "ehr-1").await;

    let ran = server.cli(arguments).failed(code);

    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains(advice), "{}", ran.stderr);
    assert!(!ran.stderr.contains(":pw@"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_not_made_by_looking_into_it() {
    let server = Server::on(Store::Sqlite).prepare().await;

    for arguments in [["users", "list"], ["users", "get"], ["accounts", "list"]] {
        let named: &[&str] = if arguments[1] == "get" { &["ehr-1"] } else { &[] };
        let refused = server.cli(&[&arguments, named].concat()).failed(1);
        assert!(refused.stderr.contains("there is no database"), "{}", refused.stderr);
    }

    assert!(!server.folder().join("roster.db").exists());
}

#[rstest]
#[case::config(&["config"])]
#[case::config_in_json(&["config", "--json"])]
#[case::completions(&["completions", "bash"])]
#[case::users(&["users", "list"])]
#[case::users_in_json(&["users", "list", "--json"])]
#[case::a_new_client(&["clients", "create", "api-key"])]
#[case::help(&["--help"])]
#[tokio::test]
async fn a_reader_who_has_read_enough_is_no_failure(#[case] arguments: &[&str]) {
    let server = Server::on(Store::Sqlite).start().await;
    given::user(&server.api(), "ehr-1").await;
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);

    let child = server.command(arguments).stdout(writer).stderr(Stdio::piped()).spawn();
    let output = child.expect("it runs").wait_with_output().expect("it ends");

    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("pipe"), "{stderr}");
}

#[rstest]
#[case::a_secret_key("ROSTER_SECRET_KEY", "c2hvcnQ=", 1)]
#[case::a_log_filter("ROSTER_LOG", "==", 2)]
#[tokio::test]
async fn the_settings_are_refused_as_serving_would_refuse_them(
    #[case] variable: &str,
    #[case] value: &str,
    #[case] code: i32,
) {
    let server = Server::on(Store::Sqlite).env(variable, value).prepare().await;

    let shown = server.cli(&["config"]).failed(code);
    let served = server.cli(&["serve", "--listen", "127.0.0.1:0"]).failed(code);

    assert_eq!(shown.stderr, served.stderr);
}

#[tokio::test]
async fn every_command_explains_itself() {
    let server = Server::on(Store::Sqlite).prepare().await;

    for arguments in [
        vec!["--help"],
        vec!["serve", "--help"],
        vec!["users", "create", "--help"],
        vec!["accounts", "--help"],
    ] {
        assert!(server.cli(&arguments).ok().stdout.contains("Usage"), "{arguments:?}");
    }
    assert!(server.cli(&["--version"]).ok().stdout.starts_with("roster "));
}
