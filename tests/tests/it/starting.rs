//! Starting: what a first start shows, what it refuses, and several at once.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use e2e::process::Process;
use e2e::vendors::NAMES;
use e2e::{Api, Server, Store, wait};
use rstest::rstest;

use crate::given::{self, SOON};
use crate::whole;

/// A server beside the one of the harness, in the same environment, on a port of its own.
pub(crate) struct Beside {
    process: Process,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Beside {
    pub(crate) fn start(server: &Server, name: &str, arguments: &[&str]) -> Self {
        let file = |suffix: &str| server.folder().join(format!("{name}.{suffix}"));
        let (stdout, stderr) = (file("out"), file("err"));
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
        let process = Process::start(&mut server.command(&arguments), &stdout, &stderr);
        Self {
            process,
            stdout,
            stderr,
        }
    }

    /// What it shows once it serves.
    pub(crate) async fn banner(&mut self) -> String {
        wait::until("it serves", SOON, async || {
            let log = fs::read_to_string(&self.stderr).unwrap_or_default();
            assert_eq!(self.process.ended(), None, "{log}");
            if log.contains("roster is running") {
                Ok(())
            } else {
                Err(log)
            }
        })
        .await;
        fs::read_to_string(&self.stdout).unwrap_or_default()
    }
}

impl Beside {
    /// Where it listens, as its log says.
    pub(crate) fn url(&self) -> String {
        let log = fs::read_to_string(&self.stderr).unwrap_or_default();
        let (_, address) = log.split_once("127.0.0.1:").expect("an address");
        let port: String = address.chars().take_while(char::is_ascii_digit).collect();
        format!("http://127.0.0.1:{port}")
    }
}

/// The API key that a banner shows.
fn key(banner: &str) -> Option<&str> {
    banner.lines().map(str::trim).find(|line| line.starts_with("rstr_"))
}

/// The URL that a banner shows.
pub(crate) fn url(banner: &str) -> &str {
    let mut words = banner.split_whitespace();
    words
        .find(|word| word.starts_with("http://127.0.0.1:"))
        .unwrap_or_else(|| panic!("no URL: {banner}"))
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_first_start_that_fails_costs_no_key(#[case] store: Store) {
    // Given a first start on a port that somebody else has
    let other = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = other.local_addr().expect("an address").to_string();
    let server = Server::on(store).without_bootstrap_key().prepare().await;
    server.cli(&["serve", "--listen", &taken]).failed(1);

    // When it is started again on another
    let mut again = Beside::start(&server, "again", &[]);
    let banner = again.banner().await;

    // Then it shows the key, which opens the API.
    let key = key(&banner).unwrap_or_else(|| panic!("no key: {banner}"));
    Api::new(url(&banner)).bearer(key).get("/v1/users").await.expect(200);
}

#[tokio::test]
async fn two_first_starts_at_once_make_one_sandbox_that_works() {
    for _ in 0..10 {
        // Given two servers that begin with the same empty database at the same time
        let server = Server::on(Store::Postgres)
            .sandbox()
            .without_bootstrap_key()
            .prepare()
            .await;
        let mut one = Beside::start(&server, "one", &[]);
        let mut two = Beside::start(&server, "two", &[]);

        // Then both run, one of them shows the key,
        let banners = [one.banner().await, two.banner().await];
        let keys: Vec<&str> = banners.iter().filter_map(|banner| key(banner)).collect();
        let [key] = keys.as_slice() else {
            panic!("not one key: {banners:?}")
        };
        // and a user who comes in at either gets to every vendor, once.
        let [one, two] = [0, 1].map(|number| Api::new(url(&banners[number])).bearer(key));
        let user = whole::user(&one, "ehr-1").await;
        given::in_sync_everywhere(&two, given::id(&user)).await;
        for vendor in NAMES {
            let there = e2e::Sandbox::new(two.clone()).users_at(vendor).await;
            assert_eq!(there.len(), 1, "{vendor}: {there:?}");
        }
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn the_sandbox_reaches_itself_whatever_the_public_url_and_the_port_are(#[case] store: Store) {
    // Given a sandbox that callers know by another URL than the one it listens at
    let public = ("ROSTER_PUBLIC_URL", "https://roster.example");
    let mut server = Server::on(store).sandbox().env(public.0, public.1).start().await;
    let first = whole::user(&server.api(), "ehr-1").await;
    given::in_sync_everywhere(&server.api(), given::id(&first)).await;
    server.stop(SOON).await;

    // When it comes back on another port, under another URL, and then again as it was
    server.set_env(public.0, "https://elsewhere.example/roster");
    let mut beside = Beside::start(&server, "beside", &[]);
    beside.banner().await;
    let api = Api::new(&beside.url()).bearer(server.key());
    let second = whole::user(&api, "ehr-2").await;

    // Then its connections work each time.
    given::in_sync_everywhere(&api, given::id(&second)).await;
    drop(beside);
    server.set_env(public.0, public.1);
    server.start_again().await;
    let third = whole::user(&server.api(), "ehr-3").await;
    given::in_sync_everywhere(&server.api(), given::id(&third)).await;
}

#[tokio::test]
async fn a_lost_secret_key_is_not_replaced_in_silence() {
    // Given a database that was in use, and its key file gone
    let mut server = Server::on(Store::Sqlite).sandbox().start().await;
    let user = whole::user(&server.api(), "ehr-1").await;
    given::in_sync_everywhere(&server.api(), given::id(&user)).await;
    server.stop(SOON).await;
    let (file, aside) = (server.folder().join("roster.db.key"), server.folder().join("aside"));
    fs::rename(&file, &aside).expect("the file is moved");

    // When it is started, then it says what to do, and makes none
    let refused = server.cli(&["serve", "--listen", "127.0.0.1:0"]).failed(1);
    for text in ["roster.db.key", "ROSTER_SECRET_KEY", "--new-secret-key"] {
        assert!(refused.stderr.contains(text), "{}", refused.stderr);
    }
    assert!(!file.exists());

    // When it shall go on without, then it does, and the sandbox, which can make its own credentials, has new ones
    let mut beside = Beside::start(&server, "beside", &["--new-secret-key"]);
    let api = Api::new(url(&beside.banner().await)).bearer(server.key());
    let second = whole::user(&api, "ehr-2").await;
    given::in_sync_everywhere(&api, given::id(&second)).await;
    drop(beside);

    // And with the new file it starts as ever.
    server.start_again().await;
    let third = whole::user(&server.api(), "ehr-3").await;
    given::in_sync_everywhere(&server.api(), given::id(&third)).await;
}

#[tokio::test]
async fn a_start_that_ended_between_the_tables_and_the_key_is_taken_up() {
    let mut server = Server::on(Store::Sqlite).prepare().await;
    server.cli(&["migrate"]).ok();
    fs::write(server.folder().join("roster.db.key.new"), "half a k").expect("written");

    server.start_again().await;

    assert!(server.folder().join("roster.db.key").exists());
}

#[tokio::test]
async fn a_key_that_the_operator_chose_is_not_shown_and_the_commands_say_where_they_work() {
    let server = Server::on(Store::Sqlite).start().await;

    let banner = server.banner();

    assert!(!banner.contains(server.key()), "{banner}");
    assert!(
        banner.contains("a terminal where ROSTER_BOOTSTRAP_KEY is set") && banner.contains("$ROSTER_BOOTSTRAP_KEY"),
        "{banner}"
    );
}

#[tokio::test]
async fn a_bootstrap_key_that_is_too_short_is_refused_by_the_name_of_its_variable() {
    let server = Server::on(Store::Sqlite)
        .env("ROSTER_BOOTSTRAP_KEY", "7letter")
        .prepare()
        .await;

    for arguments in [vec!["serve", "--listen", "127.0.0.1:0"], vec!["config"]] {
        let refused = server.cli(&arguments).failed(2);
        assert!(refused.stderr.contains("ROSTER_BOOTSTRAP_KEY"), "{}", refused.stderr);
        assert!(!refused.stderr.contains("7letter"), "{}", refused.stderr);
    }
}

#[tokio::test]
async fn a_later_start_on_postgres_logs_no_notice_about_tables() {
    let mut server = Server::on(Store::Postgres).start().await;
    server.stop(SOON).await;

    server.start_again().await;

    assert!(!server.log().contains("already exists"), "{}", server.log());
}

#[tokio::test]
async fn what_postgres_refuses_is_said_at_once_with_its_cause() {
    let server = Server::on(Store::Postgres).prepare().await;
    let url = server.database().url();
    let name = url
        .rsplit('/')
        .next()
        .and_then(|name| name.split('?').next())
        .expect("a name");
    let nowhere = url.replace(name, "there_is_no_such_database");

    let start = std::time::Instant::now();
    let refused = server.cli(&["users", "list", "--database", &nowhere]).failed(1);

    assert!(refused.stderr.contains("does not exist"), "{}", refused.stderr);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}
