//! Many who want the same at the same time.

use std::collections::BTreeMap;

use e2e::nabla::{self, COPILOT};
use e2e::{Answer, Api, Server, Store};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::given;

/// Sends many requests at once and returns all answers.
async fn at_once(requests: impl IntoIterator<Item = (Api, Method, String, Value)>) -> Vec<Answer> {
    let mut under_way = JoinSet::new();
    for (api, method, path, body) in requests {
        under_way.spawn(async move { api.send(method, &path, e2e::Body::Json(body)).await });
    }
    under_way.join_all().await
}

/// How often each status was answered.
fn tally(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry(answer.status).or_default() += 1;
    }
    tally
}

#[derive(Debug, Clone, Copy)]
enum Surface {
    V1,
    NablaCore,
    NablaCopilotApi,
}

impl Surface {
    async fn caller(self, server: &Server) -> (Api, &'static str, u16) {
        match self {
            Self::V1 => (server.api(), "/v1/users", 201),
            Self::NablaCore => (nabla::core(server, &server.api()).await, "/users", 200),
            Self::NablaCopilotApi => (server.api().below(COPILOT), "/users", 200),
        }
    }

    fn check(self, refused: &Answer) {
        let shape = match self {
            Self::V1 => refused.is_problem(),
            Self::NablaCore | Self::NablaCopilotApi => refused.is_envelope(),
        };
        shape.unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}

#[rstest]
#[tokio::test]
async fn of_many_who_create_the_same_external_id_one_succeeds(
    #[values(Store::Sqlite, Store::Postgres)] store: Store,
    #[values(Surface::V1, Surface::NablaCore, Surface::NablaCopilotApi)] surface: Surface,
) {
    let server = Server::on(store).start().await;
    let (api, path, created) = surface.caller(&server).await;

    for (count, external_id) in [(2, "pair"), (50, "crowd")] {
        let request = (
            api.clone(),
            Method::POST,
            path.to_owned(),
            json!({ "external_id": external_id }),
        );
        let answers = at_once(vec![request; count]).await;

        assert_eq!(
            tally(&answers),
            BTreeMap::from([(created, 1), (409, count - 1)]),
            "{answers:?}"
        );
        answers
            .iter()
            .filter(|answer| answer.status == 409)
            .for_each(|refused| surface.check(refused));
        let there = server
            .api()
            .get(&format!("/v1/users?external_id={external_id}"))
            .await
            .expect(200)
            .data();
        assert_eq!(there.len(), 1, "{there:?}");
    }
    assert_eq!(given::users(&server.api()).await.len(), 2);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn no_change_is_lost_when_many_are_made_at_once(#[case] store: Store) {
    // Given a user
    let server = Server::on(store).start().await;
    let api = server.api();
    let user = given::user(&api, "ehr-1").await;
    let path = format!("/v1/users/{}", given::id(&user));

    // When fifty changes come at once, each to a field of ten that the others do not touch, or to one of the same ten
    let fields = ["first_name", "last_name", "therapy_licence", "external_id"];
    let change = |number: usize| json!({ fields[number % fields.len()]: format!("value {number}") });
    let changes = (0..50).map(|number| (api.clone(), Method::PATCH, path.clone(), change(number)));
    let answers = at_once(changes).await;

    // Then every one was applied: each answer has its own value and a version of its own, and none was skipped,
    assert_eq!(tally(&answers), BTreeMap::from([(200, 50)]), "{answers:?}");
    let mut versions: Vec<u64> = answers
        .iter()
        .filter_map(|answer| answer.json()["version"].as_u64())
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, (2..=51).collect::<Vec<u64>>());
    // and the record is what the last version says, field by field the last value that was written to it.
    let newest = answers
        .iter()
        .max_by_key(|answer| answer.json()["version"].as_u64())
        .expect("an answer")
        .json();
    let now = api.get(&path).await.expect(200).json();
    assert_eq!(now, newest);
    for field in fields {
        assert!(
            now[field].as_str().is_some_and(|value| value.starts_with("value ")),
            "{field} was lost: {now}"
        );
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn of_two_who_changed_the_same_version_one_is_told(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let user = given::user(&server.api(), "ehr-1").await;
    let path = format!("/v1/users/{}", given::id(&user));
    let etag = server
        .api()
        .get(&path)
        .await
        .expect(200)
        .header("etag")
        .expect("an ETag")
        .to_owned();

    for round in 0..5 {
        let etag = if round == 0 {
            etag.clone()
        } else {
            server
                .api()
                .get(&path)
                .await
                .expect(200)
                .header("etag")
                .expect("an ETag")
                .to_owned()
        };
        let api = server.api().with("If-Match", &etag);
        let change = |name: &str| {
            (
                api.clone(),
                Method::PATCH,
                path.clone(),
                json!({ "first_name": format!("{name} {round}") }),
            )
        };
        let answers = at_once([change("Ann"), change("Bea")]).await;

        assert_eq!(tally(&answers), BTreeMap::from([(200, 1), (412, 1)]), "{answers:?}");
        let refused = answers
            .iter()
            .find(|answer| answer.status == 412)
            .expect("one was refused");
        refused.is_problem().unwrap_or_else(|wrong| panic!("{wrong}"));
        let applied = answers
            .iter()
            .find(|answer| answer.status == 200)
            .expect("one was applied");
        assert_eq!(server.api().get(&path).await.expect(200).json(), applied.json());
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn one_idempotency_key_makes_one_user_however_often_it_comes(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let api = server.api().with("Idempotency-Key", "order-66");
    let body = json!({ "external_id": "ehr-1", "first_name": "Ann" });

    // When the same request comes fifty times at once
    let answers = at_once(vec![
        (api.clone(), Method::POST, "/v1/users".to_owned(), body.clone());
        50
    ])
    .await;

    // Then all who are answered see the same user, and the others are told that it is under way
    let mut tally = tally(&answers);
    let made = tally.remove(&201).unwrap_or_default();
    assert!(made >= 1, "{answers:?}");
    assert_eq!(
        tally.into_iter().collect::<Vec<_>>(),
        if made < 50 { vec![(409, 50 - made)] } else { vec![] }
    );
    let users = given::users(&server.api()).await;
    assert_eq!(users.len(), 1, "{users:?}");
    for answer in answers.iter().filter(|answer| answer.status == 201) {
        assert_eq!(answer.json(), users[0]);
    }

    // And later the same answer is given again, headers included, and another request under the key is refused.
    let again = api.post("/v1/users", body).await.expect(201);
    assert_eq!(again.json(), users[0]);
    assert_eq!(
        again.header("location"),
        Some(format!("/v1/users/{}", given::id(&users[0])).as_str())
    );
    assert!(again.header("etag").is_some());
    let other = api
        .post("/v1/users", json!({ "external_id": "ehr-2" }))
        .await
        .expect(422);
    other.is_problem().unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(given::users(&server.api()).await.len(), 1);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn an_api_key_whose_answer_was_lost_is_given_again(#[case] store: Store) {
    let mut server = Server::on(store).start().await;
    let api = server.api().with("Idempotency-Key", "a-key-for-the-ehr");
    let wanted = json!({ "kind": "api_key", "label": "EHR" });

    let first = api.post("/v1/clients", wanted.clone()).await.expect(201).json();
    server.kill();
    server.start_again().await;
    let second = server
        .api()
        .with("Idempotency-Key", "a-key-for-the-ehr")
        .post("/v1/clients", wanted)
        .await
        .expect(201);

    assert_eq!(second.json(), first);
    let key = first["key"].as_str().expect("a key");
    server.api().bearer(key).get("/v1/users").await.expect(200);
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_its_organization() {
    let server = Server::on(Store::Sqlite).start().await;
    let other = server.another_organization("other");

    for api in [server.api(), other.clone()] {
        let api = api.with("Idempotency-Key", "1");
        api.post("/v1/users", json!({ "external_id": "ehr-1" }))
            .await
            .expect(201);
    }

    assert_ne!(
        given::users(&server.api()).await[0]["id"],
        given::users(&other).await[0]["id"]
    );
}

#[tokio::test]
async fn a_refused_request_does_not_use_up_its_idempotency_key() {
    let server = Server::on(Store::Sqlite).start().await;
    let api = server.api().with("Idempotency-Key", "1");

    api.post("/v1/users", json!({ "email": "nobody" })).await.expect(422);

    api.post("/v1/users", json!({ "email": "ann@example.org" }))
        .await
        .expect(201);
}
