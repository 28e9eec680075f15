//! The whole loop: a clinician comes in, is stored, reaches the vendor, and a person can see it.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use e2e::vendors::NAMES;
use e2e::{Ran, Server, Store};
use rstest::rstest;
use serde_json::Value;

use crate::{given, whole};

/// The first line of the banner that can be pasted.
fn first_curl(banner: &str) -> String {
    let line = banner.lines().map(str::trim).find(|line| line.starts_with("curl "));
    line.unwrap_or_else(|| panic!("the banner shows no curl line:\n{banner}"))
        .to_owned()
}

/// Pastes a line into a shell that has the server's environment. The line stays as it is: that curl also writes the
/// status is said in its own settings file.
fn paste(server: &Server, line: &str) -> Ran {
    assert!(
        Command::new("curl").arg("--version").output().is_ok(),
        "this test needs curl, as its readers do"
    );
    fs::write(server.folder().join(".curlrc"), "write-out = \"\\n%{http_code}\"\n").expect("a file is written");
    let environment = server.command(&[]);
    let given = environment
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    Ran::to_end(Command::new("sh").args(["-c", line]).env_clear().envs(given))
}

/// The key that a banner shows.
fn shown_key(banner: &str) -> &str {
    let shown = banner.lines().map(str::trim).find(|line| line.starts_with("rstr_"));
    shown.unwrap_or_else(|| panic!("the banner shows no key:\n{banner}"))
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn the_banners_curl_line_brings_a_clinician_to_every_vendor_within_a_second(#[case] store: Store) {
    // Given a server that was started for the first time, with nothing but the sandbox
    let mut server = Server::on(store).sandbox().without_bootstrap_key().start().await;
    let banner = server.banner();
    server.learn_key(shown_key(&banner));

    // When its line is pasted
    let pasted = paste(&server, &first_curl(&banner)).ok();

    // Then the clinician is made, ...
    let (body, status) = pasted.stdout.rsplit_once('\n').expect("a body and a status");
    assert_eq!(status, "201", "{body}");
    let user: Value = serde_json::from_str(body).expect("a user");
    let (api, id) = (server.api(), given::id(&user));
    // ... is in sync with an id of each vendor, ...
    let accounts = given::in_sync_everywhere(&api, id).await;
    assert_eq!(accounts.len(), NAMES.len(), "{accounts:?}");
    for account in &accounts {
        assert!(account["vendor_user_id"].is_string(), "{account}");
    }
    // ... and each vendor has that user once.
    for vendor in NAMES {
        let at_vendor = server.sandbox().users_at(vendor).await;
        assert_eq!(at_vendor.len(), 1, "{vendor}: {at_vendor:?}");
        // Nabla Core knows no addresses, and the others do not all know external ids.
        let key = if vendor == "nabla_core" { "external_id" } else { "email" };
        assert_eq!(at_vendor[0][key], user[key], "{vendor}");
    }
    let account = whole::in_sync(&api, id, "nabla_core").await;
    let at_vendor = server.sandbox().users().await;
    assert_eq!(at_vendor[0]["id"], account["vendor_user_id"]);

    // And it takes less than a second. (The best of some: other tests run on the same machine.)
    let mut best = Duration::MAX;
    for number in 0..5 {
        let start = Instant::now();
        let user = whole::user(&api, &format!("timed-{number}")).await;
        given::in_sync_everywhere(&api, given::id(&user)).await;
        best = best.min(start.elapsed());
    }
    assert!(best < Duration::from_secs(1), "the fastest of five took {best:?}");
}

#[tokio::test]
async fn a_key_that_the_operator_chose_is_not_shown_and_the_curl_line_still_works() {
    let server = Server::on(Store::Sqlite).start().await;
    let banner = server.banner();
    assert!(
        !banner.contains(server.key()),
        "the banner shows the operator's key:\n{banner}"
    );

    let pasted = paste(&server, &first_curl(&banner)).ok();

    assert!(pasted.stdout.ends_with("\n201"), "{}", pasted.stdout);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_second_start_finds_everything_and_makes_no_new_key(#[case] store: Store) {
    // Given a server with a clinician who is in sync
    let mut server = Server::on(store).sandbox().without_bootstrap_key().start().await;
    let banner = server.banner();
    server.learn_key(shown_key(&banner));
    let user = whole::user(&server.api(), "ehr-1").await;
    let before = given::in_sync_everywhere(&server.api(), given::id(&user)).await;
    let connections = given::all(&server.api(), "/v1/connections").await;

    // When it is stopped and started again
    let status = server.stop(Duration::from_secs(20)).await;
    server.start_again().await;

    // Then it ended well, shows no key, and the first key still opens the same data
    assert_eq!(status.code(), Some(0));
    let banner = server.banner();
    assert!(!banner.contains("rstr_"), "the second start shows a key:\n{banner}");
    let after = server
        .api()
        .get(&format!("/v1/users/{}/accounts", given::id(&user)))
        .await
        .expect(200)
        .data();
    assert_eq!(after, before);
    assert_eq!(given::users(&server.api()).await, [user]);
    // And the sandbox was neither emptied nor made twice.
    for vendor in NAMES {
        assert_eq!(server.sandbox().users_at(vendor).await.len(), 1, "{vendor}");
    }
    assert_eq!(given::all(&server.api(), "/v1/connections").await, connections);
}
