//! `kill -9` at any moment: nothing that was acknowledged is lost, and nobody is at a vendor twice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use e2e::random::Random;
use e2e::vendors::NAMES;
use e2e::{Api, Body, Server, Store, wait};
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{given, whole};

/// How many users are made.
const USERS: usize = 200;
/// How often the server is killed on the way.
const KILLS: usize = 6;
/// How many users are being made at any moment.
const AT_ONCE: usize = 8;
/// Until when everything must be in sync after the last start: a PostgreSQL is shared, so what a dead process claimed is only
/// taken over when its lease of 20 seconds has run out.
const CONVERGED: Duration = Duration::from_mins(2);

/// The users that are to be made, and those whose making was acknowledged, with their ids.
struct Making {
    waiting: Vec<String>,
    acknowledged: BTreeMap<String, String>,
}

impl Making {
    /// Goes on making users until all are acknowledged or the server is gone.
    async fn go_on(&mut self, api: &Api, at_most: usize) {
        let mut under_way = JoinSet::new();
        let mut left = at_most;
        loop {
            while under_way.len() < AT_ONCE && left > 0 {
                let Some(external_id) = self.waiting.pop() else { break };
                left -= 1;
                under_way.spawn(make(api.clone(), external_id));
            }
            let Some(made) = under_way.join_next().await else {
                return;
            };
            match made.expect("making a user does not panic") {
                (external_id, Some(id)) => {
                    self.acknowledged.insert(external_id, id);
                }
                (external_id, None) => {
                    self.waiting.push(external_id);
                    left = 0;
                }
            }
        }
    }
}

/// Makes a user; `None` if the server was gone before it answered.
async fn make(api: Api, external_id: String) -> (String, Option<String>) {
    let body = Body::Json(whole::described(&external_id));
    let Ok(answer) = api.try_send(Method::POST, "/v1/users", body).await else {
        return (external_id, None);
    };
    let id = match answer.status {
        201 => answer.text_at("/id"),
        // It was made just before the server was killed, and its answer lost: not acknowledged then, but it is there.
        409 => {
            let path = format!("/v1/users?external_id={external_id}");
            let found = api.try_send(Method::GET, &path, Body::None).await;
            return (
                external_id,
                found
                    .ok()
                    .map(|found| given::id(&found.expect(200).data()[0]).to_owned()),
            );
        }
        _ => panic!("a user was refused: {answer:?}"),
    };
    (external_id, Some(id))
}

async fn drop_every_tenth_reply(server: &Server) {
    for vendor in NAMES {
        let fault = json!({ "kind": "drop_reply" });
        server
            .sandbox()
            .fault(fault, json!({ "vendor": vendor, "every": 10 }))
            .await;
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_at_any_moment_loses_nobody_and_doubles_nobody(#[case] store: Store) {
    let mut random = Random::seeded();
    // Given a sandbox in which every vendor drops every tenth reply
    let mut server = Server::on(store).sandbox().start().await;
    let waiting = (0..USERS).map(|number| format!("ehr-{number}")).collect();
    let mut making = Making {
        waiting,
        acknowledged: BTreeMap::new(),
    };

    // When users are made, and the server is killed in between, at moments that nobody chose
    for _ in 0..KILLS {
        drop_every_tenth_reply(&server).await;
        let moment = Duration::from_millis(random.below(500));
        let batch = USERS / (KILLS + 1);
        let api = server.api();
        let killing = async {
            wait::pause(moment).await;
            server.kill();
        };
        tokio::join!(making.go_on(&api, batch), killing);
        server.start_again().await;
    }
    drop_every_tenth_reply(&server).await;
    while !making.waiting.is_empty() {
        making.go_on(&server.api(), USERS).await;
    }

    // Then everyone who was acknowledged is there, under the id that was acknowledged, and nobody else
    let api = server.api();
    let there: BTreeMap<String, String> = given::users(&api)
        .await
        .iter()
        .map(|user| {
            (
                user["external_id"].as_str().unwrap_or_default().to_owned(),
                given::id(user).to_owned(),
            )
        })
        .collect();
    assert_eq!(there, making.acknowledged);
    assert_eq!(there.len(), USERS);
    // and every account comes to be in sync
    assert_eq!(given::all_in_sync(&api, CONVERGED).await, USERS * NAMES.len());
    // and each vendor has each of them exactly once.
    for vendor in NAMES {
        // Nabla Core knows no addresses, and the others do not all know external ids.
        let by_external_id = vendor == "nabla_core";
        let key = if by_external_id { "external_id" } else { "email" };
        let wanted: BTreeSet<String> = there
            .keys()
            .map(|name| {
                if by_external_id {
                    name.clone()
                } else {
                    whole::email(name)
                }
            })
            .collect();
        let at_vendor = server.sandbox().users_at(vendor).await;
        let keys: BTreeSet<String> = at_vendor
            .iter()
            .filter_map(|user| user[key].as_str().map(str::to_owned))
            .collect();
        assert_eq!(
            at_vendor.len(),
            USERS,
            "users at {vendor}; {} different ones",
            keys.len()
        );
        assert_eq!(keys, wanted, "{vendor}");
        // And replies were dropped to the last.
        let calls = server.sandbox().calls_of(vendor).await;
        let dropped = calls.iter().filter(|call| call["fault"] == "drop_reply").count();
        assert!(dropped > 0, "no reply of {vendor} was dropped after the last start");
    }
}

#[tokio::test]
async fn kill_9_of_an_idle_server_leaves_a_database_that_opens_again() {
    let mut server = Server::on(Store::Sqlite).start().await;
    let user = given::user(&server.api(), "ehr-1").await;

    for _ in 0..3 {
        server.kill();
        server.start_again().await;
    }

    assert_eq!(given::users(&server.api()).await, [user]);
}
