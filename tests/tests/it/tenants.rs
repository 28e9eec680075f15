//! Tenants: what one organization has, another neither sees nor touches. The routes come from the served descriptions of
//! every surface, so that a new one cannot be forgotten.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use e2e::documents::{self, Route};
use e2e::nabla::{self, COPILOT};
use e2e::{Answer, Api, Body, Server, Store, Surface, corti};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::given;

/// The routes that no test of this module covers. It stays empty.
const UNTESTED: &str = include_str!("../../routes-without-tenant-test.txt");

/// What the first organization has: one of everything, all of which is somebody's and not the second's.
struct Owned {
    organization: String,
    user: String,
    external_id: &'static str,
    email: &'static str,
    customer: &'static str,
    connection: String,
    client: String,
    group: String,
}

impl Owned {
    async fn by(server: &Server, api: &Api) -> Self {
        let (external_id, email, customer) = ("of-the-first", "ann@first.example.org", "clinic-of-the-first");
        let corti = corti::project(server, api).await;
        corti.post("/customers", corti::customer(customer)).await.expect(201);
        let user = corti
            .post(&format!("/customers/{customer}/users"), corti::user(email))
            .await
            .expect(201);
        let user = user.text_at("/id");
        let more = json!({ "external_id": external_id, "metadata": { "site": "site-of-the-first" } });
        api.patch(&format!("/v1/users/{user}"), more).await.expect(200);
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "group-of-the-first", "members": [{ "value": user }],
        });
        let group = api.post("/scim/v2/Groups", group).await.expect(201).text_at("/id");
        let connection = api.post("/v1/connections", given::new_connection()).await.expect(201);
        let connection = connection.text_at("/id");
        let tie = format!("/v1/groups/{group}/connections/{connection}");
        api.put(&tie, json!({})).await.expect(200);
        Self {
            organization: api.get("/v1/organization").await.expect(200).text_at("/id"),
            user,
            external_id,
            email,
            customer,
            connection,
            group,
            client: api
                .post("/v1/clients", json!({ "kind": "api_key" }))
                .await
                .expect(201)
                .text_at("/id"),
        }
    }

    /// A route with the ids of what is owned in place of its parameters, in every way that there is: `None` where nobody said
    /// what stands there. The second organization is called `second`.
    fn fill(&self, route: &Route) -> Option<Vec<String>> {
        let user = vec![self.user.as_str()];
        let mut paths = vec![route.template.clone()];
        for name in route.parameters() {
            let ids = match (route.surface, name) {
                (Surface::V1, "id") => match route.template.split('/').nth(2)? {
                    "users" => user.clone(),
                    "connections" => vec![self.connection.as_str()],
                    "clients" => vec![self.client.as_str()],
                    "groups" => vec![self.group.as_str()],
                    _ => return None,
                },
                (Surface::V1, "connection_id") => vec![self.connection.as_str()],
                (Surface::V1 | Surface::NablaCore | Surface::NablaCopilotApi, "external_id") => vec![self.external_id],
                (Surface::NablaCore | Surface::NablaCopilotApi, "id" | "user_id") | (Surface::Corti, "userId") => {
                    user.clone()
                }
                (Surface::Upheal, "orgId") => vec![self.organization.as_str(), "default"],
                (Surface::Upheal, "userId" | "providerUserId") => vec![self.user.as_str(), self.external_id],
                (Surface::Corti, "projectId") => vec![self.organization.as_str(), "default", "second"],
                (Surface::Corti, "customerId") => vec![self.customer, "default"],
                _ => return None,
            };
            let parameter = format!("{{{name}}}");
            paths = paths
                .iter()
                .flat_map(|path| ids.iter().map(|id| path.replace(&parameter, id)))
                .collect();
        }
        (!paths.iter().any(|path| path.contains('{'))).then_some(paths)
    }

    /// Everything by which an answer could give the first organization away.
    fn traces(&self) -> [&str; 11] {
        [
            &self.organization,
            &self.user,
            self.external_id,
            self.email,
            self.customer,
            &self.connection,
            &self.client,
            "Moreau",
            "site-of-the-first",
            &self.group,
            "group-of-the-first",
        ]
    }
}

/// Everything that the first organization has, to see whether it changed.
async fn state(api: &Api, project: &Api) -> Vec<Answer> {
    let mut state = Vec::new();
    for path in [
        "/v1/users",
        "/v1/connections",
        "/v1/clients",
        "/v1/accounts",
        "/v1/organization",
        "/v1/groups",
    ] {
        state.push(api.get(path).await.expect(200));
    }
    state.push(project.get("/customers").await.expect(200));
    state
}

fn assert_same(before: &[Answer], after: &[Answer], route: &str) {
    for (before, after) in before.iter().zip(after) {
        assert_eq!(before.text, after.text, "{route} changed what another organization has");
    }
}

/// A request that would succeed for whoever owns what it is about. Dialects pass over fields that they do not know.
fn body(route: &Route, owned: &Owned) -> Body {
    if route.body.is_none() {
        return Body::None;
    }
    Body::Json(match (route.surface, route.template.split('/').nth(2)) {
        (Surface::V1, Some("users")) => json!({ "first_name": "Eve" }),
        (Surface::V1, Some("connections")) => json!({ "label": "Eve's" }),
        (Surface::V1, Some("clients")) => json!({ "kind": "api_key" }),
        (Surface::V1, Some("organization")) => json!({ "phi_guard": "off" }),
        (Surface::V1 | Surface::NablaCore | Surface::NablaCopilotApi, _) => json!({}),
        (Surface::NablaConnect, _) => json!({
            "provider_email": owned.email, "external_provider_id": owned.external_id,
            "settings": { "speech_locale": "GERMAN_DE" },
        }),
        (Surface::Upheal, _) => json!({
            "partnerUserId": owned.external_id, "firstName": "Eve", "lastName": "Lee", "email": owned.email,
            "therapyLicence": "PSY 1",
        }),
        (Surface::Corti, _) => json!({
            "email": owned.email, "firstName": "Eve", "lastName": "Lee", "enabled": false, "displayName": "Eve's",
            "customerId": "clinic-of-the-second", "password": "not-their-passw0rd",
        }),
    })
}

/// The status with which a surface says that there is no such thing for whoever asks.
fn unknown(surface: Surface, path: &str) -> u16 {
    let is_own_project = path.contains("/projects/second/");
    match surface {
        Surface::V1 => 404,
        Surface::NablaCore | Surface::NablaCopilotApi | Surface::NablaConnect => 400,
        Surface::Upheal if path.contains("/organizations/") => 404,
        Surface::Corti if is_own_project => 404,
        Surface::Upheal | Surface::Corti => 403,
    }
}

/// Whether a path names nothing of the first organization's, so that its answer is about the second's own.
fn is_own(route: &Route, path: &str) -> bool {
    let is_put = route.method == Method::PUT && route.template.contains("{external_id}");
    let own_customer = ["/projects/second/customers", "/projects/second/customers/default"];
    let own_list = path.strip_suffix("/users").unwrap_or(path);
    route.parameters().next().is_none()
        || (route.surface == Surface::V1 && is_put)
        || own_customer.iter().any(|own| own_list.ends_with(own))
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn no_route_reaches_what_another_organization_has(#[case] store: Store) {
    // Given two organizations, of which the first has one of everything, and callers of the second's
    let mut server = Server::on(store).start().await;
    let (first, second) = (server.api(), server.another_organization("second"));
    let owned = Owned::by(&server, &first).await;
    let project = corti::project(&server, &first).await;
    let mut callers = BTreeMap::new();
    let mut untested = BTreeSet::new();
    let routes = documents::routes(&server).await;
    for route in &routes {
        if let Entry::Vacant(place) = callers.entry(route.surface) {
            place.insert(route.surface.caller(&server, &second).await);
        }
    }
    let before = state(&first, &project).await;
    // What the second has said of itself, it may be told again.
    let mut said = String::new();

    let mut calls = Vec::new();
    for route in &routes {
        match owned.fill(route) {
            Some(paths) => calls.extend(paths.into_iter().map(|path| (is_own(route, &path), route, path))),
            None => drop(untested.insert(route.name())),
        }
    }
    // Those in which the second makes something of its own come last, so that before them there is nothing to be found.
    calls.sort_by_key(|(is_own, ..)| *is_own);
    for (is_own, route, path) in calls {
        let name = format!("{} {path}", route.method);
        // When the second calls a route with what the first has
        let sent = body(route, &owned);
        if let Body::Json(sent) = &sent {
            said.push_str(&sent.to_string());
        }
        let answer = callers[&route.surface].send(route.method.clone(), &path, sent).await;

        if is_own {
            // Then the answer is about the second's own,
            assert!(answer.status < 500, "{name}: {answer:?}");
        } else {
            // or there is no such thing,
            assert_eq!(answer.status, unknown(route.surface, &path), "{name}: {answer:?}");
            route.surface.is_error(&answer);
        }
        // and says nothing that the second has not said itself,
        for trace in owned.traces() {
            let is_said = said.contains(trace) || path.contains(trace);
            assert!(
                is_said || !answer.text.contains(trace),
                "{name} shows {trace}: {answer:?}"
            );
        }
        // and the first has what it had.
        assert_same(&before, &state(&first, &project).await, &name);
    }
    // What the second made of the same keys is its own.
    let users = given::users(&second).await;
    assert!(
        !users.is_empty() && users.iter().all(|user| user["id"] != owned.user.as_str()),
        "{users:?}"
    );

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
async fn nabla_core_shows_another_organization_neither_users_nor_pages(#[case] store: Store) {
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
