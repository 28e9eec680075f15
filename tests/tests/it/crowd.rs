//! Many who create users at once: they are stored in groups, and each is answered for its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use e2e::random::Random;
use e2e::vendors::NAMES;
use e2e::{Api, Body, Server, Store, wait};
use reqwest::Method;
use rstest::rstest;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::{given, whole};

/// How many create users at any moment.
const AT_ONCE: usize = 48;
/// How long it takes at the most until all of them have asked.
const ASKED: Duration = Duration::from_millis(400);
/// How often the server is killed.
const KILLS: usize = 5;
/// Until when everything must be in sync after the last start: what a dead process claimed is only taken over when its lease has
/// run out.
const CONVERGED: Duration = Duration::from_mins(2);

/// Sends a create for each external id at once. The status of each, in whatever order they are answered; nothing where there was
/// no answer.
fn create_all(api: &Api, external_ids: Vec<String>) -> JoinSet<(String, Option<(u16, Value)>)> {
    let mut under_way = JoinSet::new();
    for external_id in external_ids {
        let api = api.clone();
        under_way.spawn(async move {
            let body = Body::Json(whole::described(&external_id));
            let answer = api.try_send(Method::POST, "/v1/users", body).await.ok();
            (external_id, answer.map(|answer| (answer.status, answer.json())))
        });
    }
    under_way
}

fn external_ids(round: usize) -> Vec<String> {
    (0..AT_ONCE).map(|number| format!("ehr-{round}-{number}")).collect()
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_inside_a_group_loses_nobody_who_was_acknowledged(#[case] store: Store) {
    let mut random = Random::seeded();
    let mut server = Server::on(store).sandbox().start().await;
    let mut acknowledged = BTreeMap::new();
    let mut asked = BTreeSet::new();
    for round in 0..KILLS {
        // Given many who create users, and none of whom gets through
        let held = server.database().hold_users().await;
        asked.extend(external_ids(round));
        let mut under_way = create_all(&server.api(), external_ids(round));
        wait::pause(ASKED).await;
        assert_eq!(under_way.try_join_next().map(drop), None, "nobody was answered");

        // When they get through, and the server is killed while they do
        held.release().await;
        wait::pause(Duration::from_millis(random.below(20))).await;
        server.kill();

        // Then whoever was answered was told that it was done
        while let Some(ended) = under_way.join_next().await {
            if let (external_id, Some((status, user))) = ended.expect("creating does not panic") {
                assert_eq!(status, 201, "{user}");
                acknowledged.insert(external_id, given::id(&user).to_owned());
            }
        }
        server.start_again().await;
    }

    // and is there, under the id that it was told, and nobody is there twice, or whom nobody asked for.
    let mut there = BTreeMap::new();
    for user in given::users(&server.api()).await {
        let external_id = user["external_id"].as_str().expect("all have one").to_owned();
        assert!(asked.contains(&external_id), "{external_id}");
        let before = there.insert(external_id, given::id(&user).to_owned());
        assert_eq!(before, None, "somebody is there twice");
    }
    for (external_id, id) in &acknowledged {
        assert_eq!(there.get(external_id), Some(id), "{external_id} was acknowledged");
    }
    // Everybody comes to the vendors, too.
    let in_sync = given::all_in_sync(&server.api(), CONVERGED).await;
    assert_eq!(in_sync, there.len() * NAMES.len());
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_cannot_get_in_keeps_no_other_of_a_group_out(#[case] store: Store) {
    let server = Server::on(store).sandbox().start().await;
    let api = server.api();
    // Given somebody who has the external id of one of many
    let taken = external_ids(1)[AT_ONCE / 2].clone();
    api.post("/v1/users", whole::described(&taken)).await.expect(201);

    // When all of them come at once, and have to wait for each other
    let held = server.database().hold_users().await;
    let mut under_way = create_all(&api, external_ids(1));
    wait::pause(ASKED).await;
    held.release().await;

    // Then that one is refused, and the others are in.
    while let Some(ended) = under_way.join_next().await {
        let (external_id, answer) = ended.expect("creating does not panic");
        let (status, body) = answer.expect("it is answered");
        let expected = if external_id == taken { 409 } else { 201 };
        assert_eq!(status, expected, "{external_id}: {body}");
    }
    assert_eq!(given::users(&api).await.len(), AT_ONCE);
}
