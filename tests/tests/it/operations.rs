//! Running it: health, outages, and stopping in the middle of work.

use std::time::{Duration, Instant};

use e2e::vendors::NAMES;
use e2e::{Body, Server, Store, wait};
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use tokio::task::JoinSet;

use crate::given::{self, SOON};
use crate::whole;

/// How long stopping may take: what is under way gets 15 seconds to finish.
const STOP: Duration = Duration::from_secs(30);

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn health_and_readiness_need_no_key(#[case] store: Store) {
    let server = Server::on(store).start().await;

    for path in ["/healthz", "/readyz"] {
        server.api().anonymous().get(path).await.expect(200);
    }
}

#[tokio::test]
async fn an_outage_of_postgres_is_said_and_survived_without_a_restart() {
    // Given a server that works
    let server = Server::on(Store::Postgres).sandbox().start().await;
    let api = server.api();
    let user = whole::user(&api, "ehr-1").await;
    given::in_sync_everywhere(&api, given::id(&user)).await;

    // When the database is gone
    server.database().as_postgres().cut().await;

    // Then the server lives, says that it is not ready, and refuses requests in their surfaces' shapes
    let ready = async || {
        api.try_send(Method::GET, "/readyz", Body::None)
            .await
            .map(|answer| answer.status)
    };
    wait::until("it is not ready", SOON, async || match ready().await {
        Ok(503) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    api.get("/healthz").await.expect(200);
    let refused = api
        .post("/v1/users", json!({ "external_id": "ehr-2" }))
        .await
        .expect(503);
    refused.is_problem().unwrap_or_else(|wrong| panic!("{wrong}"));
    assert!(refused.header("retry-after").is_some(), "{refused:?}");
    let refused = api.below(e2e::nabla::COPILOT).get("/users").await.expect(503);
    refused.is_envelope().unwrap_or_else(|wrong| panic!("{wrong}"));

    // When it is back, everything goes on by itself.
    server.database().as_postgres().mend().await;
    wait::until("it is ready again", SOON, async || match ready().await {
        Ok(200) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    let second = whole::user(&api, "ehr-2").await;
    given::in_sync_everywhere(&api, given::id(&second)).await;
    assert_eq!(given::users(&api).await.len(), 2);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn sigterm_in_a_storm_of_work_ends_well_and_leaves_nothing_waiting(#[case] store: Store) {
    // Given a vendor that takes its time, and users who are just coming in
    let mut server = Server::on(store).sandbox().start().await;
    server
        .sandbox()
        .fault(
            json!({ "kind": "delay", "milliseconds": 200 }),
            json!({ "operation": "create" }),
        )
        .await;
    let api = server.api();
    let mut coming = JoinSet::new();
    for number in 0..60 {
        let api = api.clone();
        coming.spawn(async move {
            let body = Body::Json(whole::described(&format!("ehr-{number}")));
            api.try_send(Method::POST, "/v1/users", body)
                .await
                .ok()
                .filter(|answer| answer.status == 201)
        });
    }
    wait::pause(Duration::from_millis(150)).await;

    // When it is told to stop
    let start = Instant::now();
    let status = server.stop(STOP).await;

    // Then it ends well within its bound,
    assert_eq!(status.code(), Some(0), "{}", server.log());
    assert!(start.elapsed() < STOP, "{:?}", start.elapsed());
    let acknowledged: Vec<String> = coming
        .join_all()
        .await
        .into_iter()
        .flatten()
        .map(|answer| answer.text_at("/id"))
        .collect();

    // and after a restart nothing that was acknowledged is missing, and nothing waits for a lease to run out.
    server.start_again().await;
    let start = Instant::now();
    let count = given::all_in_sync(&server.api(), Duration::from_secs(15)).await;
    assert!(start.elapsed() < Duration::from_secs(15));
    let users = given::users(&server.api()).await;
    assert_eq!(users.len() * NAMES.len(), count);
    for id in &acknowledged {
        assert!(
            users.iter().any(|user| given::id(user) == id),
            "{id} was acknowledged and is gone"
        );
    }
    for vendor in NAMES {
        assert_eq!(server.sandbox().users_at(vendor).await.len(), users.len(), "{vendor}");
    }
}

#[tokio::test]
async fn an_idle_server_with_open_connections_stops_at_once() {
    let mut server = Server::on(Store::Sqlite).start().await;
    let api = server.api();
    api.get("/v1/users").await.expect(200);

    let start = Instant::now();
    let status = server.stop(STOP).await;

    assert_eq!(status.code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn any_free_port_may_be_asked_for_and_the_banner_says_which_it_is() {
    let mut server = Server::on(Store::Sqlite).prepare().await;
    let mut command = server.command(&["serve", "--listen", "127.0.0.1:0"]);
    let (stdout, stderr) = (server.folder().join("out"), server.folder().join("err"));

    let _process = e2e::process::Process::start(&mut command, &stdout, &stderr);
    let url = wait::until("the banner shows a URL", SOON, async || {
        let banner = std::fs::read_to_string(&stdout).unwrap_or_default();
        let url = banner
            .split_whitespace()
            .find(|word| word.starts_with("http://127.0.0.1:"));
        url.map(str::to_owned).ok_or(banner)
    })
    .await;

    assert!(!url.ends_with(":0"), "{url}");
    e2e::Api::new(&url)
        .bearer(server.key())
        .get("/v1/users")
        .await
        .expect(200);
    server.leaves_accounts();
}

#[tokio::test]
async fn a_taken_port_is_said_with_what_to_do() {
    let server = Server::on(Store::Sqlite).start().await;
    let address = server.url().replace("http://", "");

    let other = Server::on(Store::Sqlite).prepare().await;
    let ran = other.cli(&["serve", "--listen", &address]).failed(1);

    assert!(
        ran.stderr.contains(&address) && ran.stderr.contains("--listen"),
        "{}",
        ran.stderr
    );
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn logs_can_be_json_and_name_each_request_by_its_id(#[case] store: Store) {
    let server = Server::on(store).env("ROSTER_LOG_FORMAT", "json").start().await;

    let answer = server
        .api()
        .with("X-Request-Id", "trace-me-1")
        .get("/v1/users")
        .await
        .expect(200);

    assert_eq!(answer.header("x-request-id"), Some("trace-me-1"));
    let lines = wait::until("the request is logged", SOON, async || {
        let log = std::fs::read_to_string(server.folder().join("stderr.1")).unwrap_or_default();
        if log.contains("trace-me-1") { Ok(log) } else { Err(log) }
    })
    .await;
    for line in lines.lines() {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok(),
            "not JSON: {line}"
        );
    }
}

#[tokio::test]
async fn api_and_worker_may_be_processes_of_their_own() {
    // Given a server that only answers, and has a user to send
    let mut server = Server::on(Store::Postgres)
        .sandbox()
        .env("ROSTER_ROLE", "api")
        .start()
        .await;
    let user = whole::user(&server.api(), "ehr-1").await;
    wait::pause(Duration::from_millis(500)).await;
    let accounts = given::all(&server.api(), "/v1/accounts").await;
    assert_eq!(accounts.len(), NAMES.len(), "{accounts:?}");
    for account in accounts {
        assert_eq!(account["status"], "pending", "{account}");
    }

    // When a worker joins it on the same database
    server.set_env("ROSTER_ROLE", "worker");
    server.unset_env("ROSTER_SANDBOX");
    let (stdout, stderr) = (server.folder().join("worker.out"), server.folder().join("worker.err"));
    let mut command = server.command(&["serve", "--listen", "127.0.0.1:0"]);
    let _worker = e2e::process::Process::start(&mut command, &stdout, &stderr);

    // Then it says how it is, and serves nothing else
    let url = wait::until("the worker says where it can be asked", SOON, async || {
        let banner = std::fs::read_to_string(&stdout).unwrap_or_default();
        let url = banner.split_whitespace().find_map(|word| word.strip_suffix("/readyz"));
        url.map(str::to_owned).ok_or(banner)
    })
    .await;
    let worker = e2e::Api::new(&url).bearer(server.key());
    worker.get("/readyz").await.expect(200);
    worker.get("/healthz").await.expect(200);
    for path in ["/v1/users", "/docs", "/nabla/v1/core/server/users"] {
        worker.get(path).await.expect(404);
    }
    // and the user is sent, and a later one at once
    given::in_sync_everywhere(&server.api(), given::id(&user)).await;
    let later = whole::user(&server.api(), "ehr-2").await;
    given::in_sync_everywhere(&server.api(), given::id(&later)).await;
}

#[tokio::test]
async fn replicas_on_one_postgres_share_the_work_and_double_nobody() {
    // Given a second server on the database of a first, which plays the vendors for both
    let server = Server::on(Store::Postgres).sandbox().start().await;
    let mut command = server.command(&["serve", "--listen", "127.0.0.1:0"]);
    let (stdout, stderr) = (server.folder().join("second.out"), server.folder().join("second.err"));
    let _second = e2e::process::Process::start(command.env("ROSTER_SANDBOX", "false"), &stdout, &stderr);
    let url = wait::until("the second serves", SOON, async || {
        let banner = std::fs::read_to_string(&stdout).unwrap_or_default();
        let url = banner
            .split_whitespace()
            .find(|word| word.starts_with("http://127.0.0.1:"));
        url.map(str::to_owned).ok_or(banner)
    })
    .await;
    let callers = [server.api(), e2e::Api::new(&url).bearer(server.key())];

    // When users come in at both, each external id at both at once
    let mut coming = JoinSet::new();
    for number in 0..40 {
        for caller in callers.clone() {
            coming.spawn(async move {
                let body = whole::described(&format!("ehr-{number}"));
                caller.post("/v1/users", body).await.status
            });
        }
    }
    let statuses = coming.join_all().await;

    // Then each is made once, and is at each vendor once
    assert_eq!(
        statuses.iter().filter(|status| **status == 201).count(),
        40,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 409).count(),
        40,
        "{statuses:?}"
    );
    assert_eq!(given::all_in_sync(&callers[1], SOON).await, 40 * NAMES.len());
    for vendor in NAMES {
        assert_eq!(server.sandbox().users_at(vendor).await.len(), 40, "{vendor}");
    }
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused() {
    let server = Server::on(Store::Sqlite).start().await;

    let second = server.cli(&["serve", "--listen", "127.0.0.1:0"]).failed(2);

    assert!(
        second.stderr.contains("already") && second.stderr.contains("PostgreSQL"),
        "{}",
        second.stderr
    );
    server.api().get("/v1/users").await.expect(200);
}

#[tokio::test]
async fn a_request_that_is_refused_unread_does_not_cost_the_next_one_its_connection() {
    let server = Server::on(Store::Sqlite).start().await;
    let refused = [
        "POST /v1/users HTTP/1.1\r\nAuthorization: Bearer nobodys",
        "POST /upheal/v2/users/check HTTP/1.1\r\nx-api-key: nobodys",
        "POST /nabla/v1/connect/server/users HTTP/1.1\r\nAuthorization: Bearer nobodys",
        "POST /corti/functions/v1/public/projects/p/customers HTTP/1.1\r\nAuthorization: Bearer nobodys",
        "POST /nowhere HTTP/1.1",
        "PATCH /v1/clients HTTP/1.1",
    ];
    let body = format!("{{\"first_name\": \"{}\"}}", "n".repeat(2_000));
    let requests: Vec<(String, &str)> = (0..60)
        .map(|number| (refused[number % refused.len()].to_owned(), body.as_str()))
        .collect();

    let statuses = e2e::raw::in_two_packets(&server.url(), &requests).await;

    assert_eq!(statuses.len(), requests.len(), "{statuses:?}");
    assert!(
        statuses.iter().all(|status| (400..500).contains(status)),
        "{statuses:?}"
    );
}
