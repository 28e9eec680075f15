//! Tenants: what one organization has, another neither sees nor touches. The routes come from the served description,
//! so that a new one cannot be forgotten.

use std::collections::BTreeSet;

use e2e::nabla::{self, COPILOT};
use e2e::{Answer, Api, Body, Server, Store};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::given;

/// The routes that no test of this module covers. It stays empty.
const UNTESTED: &str = include_str!("../../routes-without-tenant-test.txt");

/// What the first organization has.
struct Owned {
    user: String,
    external_id: &'static str,
    connection: String,
    client: String,
}

impl Owned {
    async fn by(api: &Api) -> Self {
        let external_id = "of-the-first";
        Self {
            user: given::id(&given::user(api, external_id).await).to_owned(),
            external_id,
            connection: api
                .post("/v1/connections", given::new_connection())
                .await
                .expect(201)
                .text_at("/id"),
            client: api
                .post("/v1/clients", json!({ "kind": "api_key" }))
                .await
                .expect(201)
                .text_at("/id"),
        }
    }

    /// A route with the ids of what is owned in place of its parameters; `None` where nobody said what stands there.
    fn fill(&self, route: &str) -> Option<String> {
        let id = match route.split('/').nth(2)? {
            "users" => &self.user,
            "connections" => &self.connection,
            "clients" => &self.client,
            _ => return (!route.contains('{')).then(|| route.to_owned()),
        };
        let filled = route
            .replace("{id}", id)
            .replace("{external_id}", self.external_id)
            .replace("{connection_id}", &self.connection);
        (!filled.contains('{')).then_some(filled)
    }

    /// Everything by which an answer could give the first organization away.
    fn traces(&self) -> [&str; 4] {
        [&self.user, self.external_id, &self.connection, &self.client]
    }
}

/// Everything that the first organization has, to see whether it changed.
async fn state(api: &Api) -> Vec<Answer> {
    let mut state = Vec::new();
    for path in [
        "/v1/users",
        "/v1/connections",
        "/v1/clients",
        "/v1/accounts",
        "/v1/organization",
    ] {
        state.push(api.get(path).await.expect(200));
    }
    state
}

fn assert_same(before: &[Answer], after: &[Answer], route: &str) {
    for (before, after) in before.iter().zip(after) {
        assert_eq!(before.text, after.text, "{route} changed what another organization has");
    }
}

/// Every route of `/v1`: method, path, and whether it takes a body.
async fn routes(server: &Server) -> Vec<(Method, String, bool)> {
    let document = server
        .api()
        .anonymous()
        .get("/v1/openapi.json")
        .await
        .expect(200)
        .json();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("a path") {
            if let Ok(method) = method.to_uppercase().parse::<Method>()
                && ["GET", "PUT", "POST", "PATCH", "DELETE"].contains(&method.as_str())
            {
                routes.push((method, path.clone(), operation.get("requestBody").is_some()));
            }
        }
    }
    assert!(routes.len() > 15, "{routes:?}");
    routes
}

/// A request that would succeed for whoever owns what it is about.
fn body(route: &str, takes_body: bool) -> Body {
    if !takes_body {
        return Body::None;
    }
    Body::Json(match route.split('/').nth(2) {
        Some("users") => json!({ "first_name": "Eve" }),
        Some("connections") => json!({ "label": "Eve's" }),
        Some("clients") => json!({ "kind": "api_key" }),
        Some("organization") => json!({ "phi_guard": "off" }),
        _ => json!({}),
    })
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn no_route_of_v1_reaches_what_another_organization_has(#[case] store: Store) {
    // Given two organizations, of which the first has one of everything
    let mut server = Server::on(store).start().await;
    let (first, second) = (server.api(), server.another_organization("second"));
    let owned = Owned::by(&first).await;
    let before = state(&first).await;
    let mut untested = BTreeSet::new();

    for (method, route, takes_body) in routes(&server).await {
        let name = format!("{method} {route}");
        let Some(path) = owned.fill(&route) else {
            untested.insert(name);
            continue;
        };
        // When the second calls a route with what the first has
        let answer = second.send(method.clone(), &path, body(&route, takes_body)).await;

        // Then there is no such thing,
        if route.contains('{') && !(method == Method::PUT && route.contains("{external_id}")) {
            assert_eq!(answer.status, 404, "{name}: {answer:?}");
            answer.is_problem().unwrap_or_else(|wrong| panic!("{wrong}"));
        } else {
            // or the answer is about the second's own.
            assert!(answer.status < 300 || answer.status == 422, "{name}: {answer:?}");
            for trace in owned.traces() {
                let own = trace == owned.external_id && method == Method::PUT;
                assert!(own || !answer.text.contains(trace), "{name} shows {trace}: {answer:?}");
            }
        }
        // And the first has what it had.
        assert_same(&before, &state(&first).await, &name);
    }

    let listed: BTreeSet<String> = UNTESTED
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(str::to_owned)
        .collect();
    assert_eq!(
        untested, listed,
        "every route needs to be told here what stands in its path"
    );
    assert!(listed.is_empty(), "{listed:?}");
    server.leaves_accounts();
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn the_same_external_id_and_email_may_be_in_two_organizations(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let second = server.another_organization("second");
    let user = json!({ "external_id": "ehr-1", "email": "ann@example.org" });

    let ids = [
        server
            .api()
            .post("/v1/users", user.clone())
            .await
            .expect(201)
            .text_at("/id"),
        second.post("/v1/users", user).await.expect(201).text_at("/id"),
    ];

    assert_ne!(ids[0], ids[1]);
    for (api, id) in [(server.api(), &ids[0]), (second, &ids[1])] {
        let found = api.get("/v1/users?external_id=ehr-1").await.expect(200).data();
        assert_eq!(found.iter().map(given::id).collect::<Vec<_>>(), [id]);
        let found = api.get("/v1/users?email=ANN@example.org").await.expect(200).data();
        assert_eq!(found.len(), 1);
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn no_route_of_the_dialect_reaches_what_another_organization_has(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let (first, second) = (server.api(), server.another_organization("second"));
    let user = given::user(&first, "of-the-first").await;
    let id = given::id(&user);

    for vendor in [second.below(COPILOT), nabla::core(&server, &second).await] {
        for (method, path) in [
            (Method::GET, format!("/users/{id}")),
            (Method::PATCH, format!("/users/{id}")),
            (Method::POST, format!("/users/{id}/activate")),
            (Method::POST, format!("/users/{id}/deactivate")),
            (Method::POST, format!("/jwt/authenticate/{id}")),
            (Method::GET, "/users/find_by_external_id/of-the-first".to_owned()),
        ] {
            let body = if method == Method::GET {
                Body::None
            } else {
                Body::Json(json!({}))
            };
            let answer = vendor.send(method, &path, body).await.expect(400);
            assert_eq!(answer.json()["code"], 20_000, "{answer:?}");
            assert!(!answer.text.contains("of-the-first"), "{answer:?}");
        }
        assert_eq!(vendor.get("/users").await.expect(200).data(), Vec::<Value>::new());
        // A cursor of the first organization leads nowhere either
        for number in 0..2 {
            first
                .below(COPILOT)
                .post(
                    "/users",
                    json!({ "external_id": format!("{number}{}", e2e::clock::fresh()) }),
                )
                .await
                .expect(200);
        }
        let page = first
            .below(COPILOT)
            .get("/users?limit=1")
            .await
            .expect(200)
            .text_at("/next_cursor");
        assert_eq!(
            vendor.get(&format!("/users?cursor={page}")).await.expect(200).data(),
            Vec::<Value>::new()
        );
    }
    assert_eq!(first.get(&format!("/v1/users/{id}")).await.expect(200).json(), user);
}

#[tokio::test]
async fn a_clients_token_acts_for_its_own_organization() {
    let server = Server::on(Store::Sqlite).start().await;
    let second = server.another_organization("second");

    nabla::core(&server, &second)
        .await
        .post("/users", json!({ "external_id": "ehr-1" }))
        .await
        .expect(200);

    assert_eq!(given::users(&server.api()).await, Vec::<Value>::new());
    assert_eq!(given::users(&second).await.len(), 1);
}
