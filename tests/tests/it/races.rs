//! Many who want the same at the same time.

use std::collections::BTreeMap;

use e2e::{Answer, Api, Server, Store, Surface};
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

/// What makes one and the same user at a surface, by the key that must be its own alone.
fn creation(surface: Surface, key: &str) -> Value {
    let email = format!("{key}@example.org");
    match surface {
        Surface::V1 | Surface::NablaCore | Surface::NablaCopilotApi => json!({ "external_id": key }),
        Surface::NablaConnect => json!({ "provider_email": email, "external_provider_id": key }),
        Surface::Upheal => e2e::upheal::provider(&email),
        Surface::Corti => e2e::corti::user(&email),
    }
}

/// The statuses of the one who makes a user, and of the others.
fn statuses(surface: Surface) -> (u16, u16) {
    match surface {
        Surface::V1 | Surface::Corti => (201, 409),
        Surface::NablaCore | Surface::NablaCopilotApi => (200, 409),
        Surface::NablaConnect => (200, 200),
        Surface::Upheal => (200, 403),
    }
}

#[rstest]
#[tokio::test]
async fn of_many_who_create_the_same_user_one_succeeds(
    #[values(Store::Sqlite, Store::Postgres)] store: Store,
    #[values(
        Surface::V1,
        Surface::NablaCore,
        Surface::NablaCopilotApi,
        Surface::Upheal,
        Surface::Corti
    )]
    surface: Surface,
) {
    let server = Server::on(store).start().await;
    let api = surface.caller(&server, &server.api()).await;
    let (made, refused) = statuses(surface);

    for (count, key) in [(2, "pair"), (50, "crowd")] {
        let request = (api.clone(), Method::POST, surface.creation(), creation(surface, key));
        let answers = at_once(vec![request; count]).await;

        assert_eq!(
            tally(&answers),
            BTreeMap::from([(made, 1), (refused, count - 1)]),
            "{answers:?}"
        );
        answers
            .iter()
            .filter(|answer| answer.status == refused)
            .for_each(|refused| surface.is_error(refused));
    }
    assert_eq!(given::users(&server.api()).await.len(), 2);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn many_identical_upserts_make_one_user_and_all_succeed(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let surface = Surface::NablaConnect;
    let vendor = surface.caller(&server, &server.api()).await;

    // When fifty say the same of somebody who is new, or whose address alone is known
    let known = json!({ "email": "Known@example.org", "first_name": "Ann" });
    server.api().post("/v1/users", known).await.expect(201);
    for (key, email) in [("new", "new@example.org"), ("known", "Known@example.org")] {
        let settings = json!({ "settings": { "speech_locale": "FRENCH_FR" } });
        let body = given::with(&creation(surface, key), settings);
        let answers = at_once(vec![(vendor.clone(), Method::POST, surface.creation(), body); 50]).await;

        // Then all are told of one and the same user.
        assert_eq!(tally(&answers), BTreeMap::from([(200, 50)]), "{answers:?}");
        assert!(
            answers.iter().all(|answer| answer.text == answers[0].text),
            "{answers:?}"
        );
        assert_eq!(answers[0].text_at("/provider_email"), email);
    }
    let users = given::users(&server.api()).await;
    assert_eq!(users.len(), 2, "{users:?}");

    // When as many say different things, then one of them is true in the end, and all were answered what they said.
    let locales = ["GERMAN_DE", "THAI_TH", "nl-NL", "SPANISH_MX", "ENGLISH_UK"];
    let upsert = |number: usize| {
        let settings = json!({ "settings": { "speech_locale": locales[number % locales.len()] } });
        let body = given::with(&creation(surface, "new"), settings);
        (vendor.clone(), Method::POST, surface.creation(), body)
    };
    let answers = at_once((0..50).map(upsert)).await;
    assert_eq!(tally(&answers), BTreeMap::from([(200, 50)]), "{answers:?}");
    for locale in locales {
        let told = answers
            .iter()
            .filter(|answer| answer.json()["settings"]["speech_locale"] == locale);
        assert_eq!(told.count(), 10, "{locale}: {answers:?}");
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_customer_that_is_deleted_while_users_come_has_either_them_or_its_end(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let vendor = e2e::corti::project(&server, &server.api()).await;
    for round in 0..5 {
        let id = format!("clinic-{round}");
        vendor.post("/customers", e2e::corti::customer(&id)).await.expect(201);
        let path = format!("/customers/{id}");

        // When ten users are made in it while it is deleted
        let user = |number: usize| {
            let body = e2e::corti::user(&format!("ann-{round}-{number}@example.org"));
            (vendor.clone(), Method::POST, format!("{path}/users"), body)
        };
        let mut requests: Vec<_> = (0..10).map(user).collect();
        requests.insert(round * 2, (vendor.clone(), Method::DELETE, path.clone(), json!({})));
        let answers = at_once(requests).await;

        // Then either the customer has users and stays, or it is gone and has none.
        let tally = tally(&answers);
        let users = vendor.get(&format!("{path}/users")).await;
        if tally.contains_key(&204) {
            assert_eq!(users.status, 404, "{answers:?}");
            assert_eq!(tally, BTreeMap::from([(204, 1), (404, 10)]), "{answers:?}");
        } else {
            assert_eq!(tally, BTreeMap::from([(201, 10), (409, 1)]), "{answers:?}");
            assert_eq!(users.json()["users"].as_array().map(Vec::len), Some(10), "{users:?}");
        }
    }
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
