//! Bad input on every route: always a 4xx in the surface's own shape, never a 5xx, and nothing is written.

use e2e::nabla::{self, COPILOT, COPILOT_USER, CORE, CORE_USER};
use e2e::{Answer, Api, Body, Server, Store};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::given;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Problem,
    Envelope,
}

/// What a route takes in its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    /// Nothing or an empty object.
    Empty,
    /// Whatever, which is passed over.
    Anything,
    Object,
}

/// One route, with the ids of what there is in its path.
#[derive(Debug, Clone)]
struct Route {
    shape: Shape,
    method: Method,
    path: String,
    takes: Takes,
    /// Who may call it; `None` where nobody has to say who they are.
    caller: Option<Api>,
}

impl Route {
    /// Sends a request of this route, of which `what` says what is bad, and asserts that it is refused.
    async fn refuses(&self, what: &str, caller: &Api, method: &Method, path: &str, body: Body) -> Answer {
        let answer = caller.try_send(method.clone(), path, body).await;
        self.refused(
            what,
            answer.unwrap_or_else(|error| panic!("{what} to {method} {path} got no answer: {error:?}")),
        )
    }

    /// Asserts that an answer is a refusal in the route's shape, and returns it.
    #[track_caller]
    fn refused(&self, what: &str, answer: Answer) -> Answer {
        assert!(
            (400..500).contains(&answer.status),
            "{what} to {self:?} was answered {}: {}",
            answer.status,
            answer.text
        );
        let shape = match self.shape {
            Shape::Problem => answer.is_problem(),
            Shape::Envelope => answer.is_envelope(),
        };
        shape.unwrap_or_else(|wrong| panic!("{what}: {wrong}"));
        answer
    }
}

/// A server with one of everything, and all its routes.
struct Everything {
    server: Server,
    routes: Vec<Route>,
}

impl Everything {
    async fn on(store: Store) -> Self {
        let server = Server::on(store).start().await;
        let api = server.api();
        let ids = Ids {
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
            user: api
                .post("/v1/users", json!({ "external_id": "ehr-1" }))
                .await
                .expect(201)
                .text_at("/id"),
        };
        let mut routes = of_v1(&server, &ids).await;
        routes.extend(of_nabla(&server, &ids).await);
        Self { server, routes }
    }

    /// Everything that there is, to see whether something was written.
    async fn state(&self) -> Vec<String> {
        let mut state = Vec::new();
        for path in [
            "/v1/users",
            "/v1/connections",
            "/v1/clients",
            "/v1/accounts",
            "/v1/organization",
        ] {
            state.push(self.server.api().get(path).await.expect(200).text);
        }
        state
    }

    async fn finish(mut self, before: Vec<String>) {
        assert_eq!(self.state().await, before, "something was written");
        self.server.api().anonymous().get("/readyz").await.expect(200);
        self.server.leaves_accounts();
    }
}

struct Ids {
    user: String,
    connection: String,
    client: String,
}

impl Ids {
    fn fill(&self, path: &str, external_id: &str) -> String {
        let id = match path.split('/').nth(2) {
            Some("connections") => &self.connection,
            Some("clients") => &self.client,
            _ => &self.user,
        };
        path.replace("{id}", id)
            .replace("{connection_id}", &self.connection)
            .replace("{external_id}", external_id)
    }
}

async fn of_v1(server: &Server, ids: &Ids) -> Vec<Route> {
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
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            let takes = match (operation.get("requestBody"), method.as_str()) {
                (Some(_), _) => Takes::Object,
                (None, "POST") => Takes::Empty,
                (None, "GET" | "DELETE") => Takes::Nothing,
                _ => continue,
            };
            routes.push(Route {
                shape: Shape::Problem,
                method,
                path: ids.fill(path, "ehr-1"),
                takes,
                caller: Some(server.api()),
            });
        }
    }
    assert!(routes.len() > 15, "{routes:?}");
    routes
}

async fn of_nabla(server: &Server, ids: &Ids) -> Vec<Route> {
    let with_token = nabla::core(server, &server.api()).await;
    let token = with_token.authorization().expect("credentials").replace("Bearer ", "");
    let mut routes = Vec::new();
    for (server_api, user_api, caller) in [
        (CORE, CORE_USER, server.api().bearer(&token)),
        (COPILOT, COPILOT_USER, server.api()),
    ] {
        for (method, path, takes) in [
            (Method::POST, "/users", Takes::Object),
            (Method::GET, "/users", Takes::Nothing),
            (Method::GET, "/users/{id}", Takes::Nothing),
            (Method::PATCH, "/users/{id}", Takes::Object),
            (Method::POST, "/users/{id}/activate", Takes::Empty),
            (Method::POST, "/users/{id}/deactivate", Takes::Empty),
            (Method::GET, "/users/find_by_external_id/{external_id}", Takes::Nothing),
            (Method::POST, "/jwt/authenticate/{id}", Takes::Anything),
        ] {
            let path = format!("{server_api}{}", ids.fill(path, "ehr-1"));
            routes.push(Route {
                shape: Shape::Envelope,
                method,
                path,
                takes,
                caller: Some(caller.clone()),
            });
        }
        for path in ["/jwt/refresh", "/jwt/logout"] {
            let path = format!("{user_api}{path}");
            routes.push(Route {
                shape: Shape::Envelope,
                method: Method::POST,
                path,
                takes: Takes::Object,
                caller: None,
            });
        }
    }
    let path = format!("{CORE}/oauth/token");
    routes.push(Route {
        shape: Shape::Envelope,
        method: Method::POST,
        path,
        takes: Takes::Object,
        caller: None,
    });
    routes
}

/// Bodies that are no JSON object, by name.
fn unreadable() -> Vec<(&'static str, Body)> {
    let json = |text: &str| Body::Raw("application/json", text.as_bytes().to_vec());
    vec![
        ("a brace that opens", json("{")),
        ("text", json("hello")),
        ("a list", json("[]")),
        ("a string", json("\"hello\"")),
        ("a number", json("7")),
        ("null", json("null")),
        ("something behind the object", json("{} {}")),
        (
            "a huge number",
            json(&format!("{{\"external_id\": 1{}}}", "0".repeat(400))),
        ),
        (
            "ten thousand lists in each other",
            json(&format!(
                "{{\"metadata\": {}{}}}",
                "[".repeat(10_000),
                "]".repeat(10_000)
            )),
        ),
        (
            "ten thousand objects in each other",
            json(&format!("{}1{}", "{\"metadata\":".repeat(10_000), "}".repeat(10_000))),
        ),
        (
            "bytes that are no text",
            Body::Raw("application/json", b"{\"external_id\": \"\xff\xfe\"}".to_vec()),
        ),
        ("half a surrogate", json("{\"external_id\": \"\\ud800\"}")),
        (
            "the same field as text of another type",
            Body::Raw("text/plain", b"{}".to_vec()),
        ),
        ("a form", Body::Raw("multipart/form-data", b"external_id=1".to_vec())),
        ("XML", Body::Raw("application/xml", b"<user/>".to_vec())),
        (
            "two mebibytes",
            json(&format!("{{\"external_id\": \"{}\"}}", "x".repeat(2 * 1024 * 1024))),
        ),
    ]
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_on_every_route(#[case] store: Store) {
    let everything = Everything::on(store).await;
    let before = everything.state().await;

    for route in &everything.routes {
        let caller = route.caller.clone().unwrap_or(everything.server.api().anonymous());
        for (what, body) in unreadable() {
            let too_large = matches!(&body, Body::Raw(_, bytes) if bytes.len() > 1024 * 1024);
            if route.takes == Takes::Nothing || (route.takes == Takes::Anything && !too_large) {
                continue;
            }
            let answer = route.refuses(what, &caller, &route.method, &route.path, body).await;
            if too_large {
                assert_eq!(answer.status, 413, "{answer:?}");
            }
        }
        if route.takes == Takes::Object {
            for (what, body) in [
                ("an empty body", Body::Raw("application/json", Vec::new())),
                ("no body", Body::None),
            ] {
                route.refuses(what, &caller, &route.method, &route.path, body).await;
            }
        }
    }
    everything.finish(before).await;
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn whoever_has_no_valid_credentials_is_refused_on_every_route(#[case] store: Store) {
    let everything = Everything::on(store).await;
    let nobody = everything.server.api().anonymous();
    let token = nabla::core(&everything.server, &everything.server.api())
        .await
        .authorization()
        .expect("credentials");
    let before = everything.state().await;

    for route in everything.routes.iter().filter(|route| route.caller.is_some()) {
        let foreign = if route.path.starts_with(CORE) {
            everything.server.api()
        } else {
            nobody.with("Authorization", &token)
        };
        for (what, caller) in [
            ("no credentials", nobody.clone()),
            ("an unknown key", nobody.bearer("rstr_unknown")),
            ("an empty key", nobody.with("Authorization", "Bearer ")),
            ("another scheme", nobody.with("Authorization", "Basic YTpi")),
            ("no scheme", nobody.with("Authorization", everything.server.key())),
            ("another surface's credentials", foreign),
            ("a long key", nobody.bearer(&"k".repeat(4_000))),
            (
                "two keys",
                everything.server.api().with("Authorization", "Bearer another"),
            ),
        ] {
            let body = if route.takes == Takes::Object {
                Body::Json(json!({}))
            } else {
                Body::None
            };
            let answer = route.refuses(what, &caller, &route.method, &route.path, body).await;
            assert_eq!(answer.status, 401, "{what}: {answer:?}");
            assert!(answer.header("www-authenticate").is_some(), "{what}: {answer:?}");
        }
    }
    everything.finish(before).await;
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn ids_of_nothing_and_ids_that_are_none_are_refused_on_every_route(#[case] store: Store) {
    let everything = Everything::on(store).await;
    let before = everything.state().await;
    let uuid = |segment: &&str| segment.len() == 36;

    for route in everything
        .routes
        .iter()
        .filter(|route| route.path.split('/').any(|segment| uuid(&segment)))
    {
        let caller = route.caller.clone().expect("a caller");
        let unknown = e2e::clock::unknown_id();
        for id in [
            &unknown,
            "1",
            "not-a-uuid",
            "%00",
            "%ff",
            "..%2f..%2fetc",
            "%F0%9F%A9%BA",
            "{id}",
            &"9".repeat(2_000),
        ] {
            // The first id, or the last, or both
            let segments: Vec<&str> = route.path.split('/').collect();
            let places: Vec<usize> = (0..segments.len()).filter(|place| uuid(&segments[*place])).collect();
            for place in places {
                let mut path = segments.clone();
                path[place] = id;
                let body = if route.takes == Takes::Object {
                    Body::Json(json!({}))
                } else {
                    Body::None
                };
                let answer = route.refuses(id, &caller, &route.method, &path.join("/"), body).await;
                let allowed: &[u16] = if route.shape == Shape::Problem {
                    &[400, 404]
                } else {
                    &[400]
                };
                assert!(allowed.contains(&answer.status), "{answer:?}");
                if *id == unknown && route.shape == Shape::Problem {
                    assert_eq!(answer.status, 404, "{answer:?}");
                }
            }
        }
    }
    everything.finish(before).await;
}

#[tokio::test]
async fn wrong_methods_and_unknown_paths_are_refused_on_every_surface() {
    let everything = Everything::on(Store::Sqlite).await;
    let before = everything.state().await;

    for route in &everything.routes {
        let caller = route.caller.clone().unwrap_or(everything.server.api().anonymous());
        let known: Vec<&Method> = everything
            .routes
            .iter()
            .filter(|other| other.path == route.path)
            .map(|other| &other.method)
            .collect();
        for method in [
            Method::GET,
            Method::PUT,
            Method::POST,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
            Method::TRACE,
        ] {
            if known.contains(&&method) {
                continue;
            }
            let answer = route
                .refuses("a wrong method", &caller, &method, &route.path, Body::None)
                .await;
            // What is a wrong method for one route may be another route's external id
            if answer.status == 405 {
                assert!(answer.header("allow").is_some(), "{method}: {answer:?}");
            }
        }
        for ending in ["/x/y/z", "/%20", "//"] {
            let is_rest_of_path = route.path.contains("find_by_external_id") || route.path.contains("by-external-id");
            if !is_rest_of_path {
                let path = format!("{}{ending}", route.path);
                route
                    .refuses("an unknown path", &caller, &Method::GET, &path, Body::None)
                    .await;
            }
        }
    }
    for path in [
        "/",
        "/nowhere",
        "/v2/users",
        "/nabla",
        "/nabla/v1",
        "/nabla/v1/core",
        "/v1",
    ] {
        let answer = everything.server.api().get(path).await;
        assert_eq!(answer.status, 404, "{answer:?}");
    }
    everything.finish(before).await;
}

/// Every field of a user that is text, as a request with that text.
fn text_fields(text: &str) -> Vec<Value> {
    let mut requests: Vec<Value> = [
        "external_id",
        "email",
        "first_name",
        "last_name",
        "locale",
        "npi",
        "therapy_licence",
        "note_identifier",
    ]
    .into_iter()
    .map(|name| json!({ name: text }))
    .collect();
    requests.push(json!({ "phone": { "country_code": "+1", "number": text } }));
    requests.push(json!({ "phone": { "country_code": text, "number": "5550100" } }));
    requests.push(json!({ "roles": [text] }));
    requests.push(json!({ "metadata": { "key": text } }));
    requests.push(json!({ "metadata": { text: "value" } }));
    requests.push(json!({ "default_note_template_ids": [text] }));
    requests.push(json!({ "settings": { "speech_locale": text } }));
    requests.push(json!({ "settings": { "specialty": { "kind": text } } }));
    requests.push(json!({ "settings": { "specialty": { "kind": "OTHER", "other_specialty_name": text } } }));
    requests
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn nul_in_any_text_and_wrong_types_in_any_field_are_refused(#[case] store: Store) {
    let everything = Everything::on(store).await;
    let before = everything.state().await;
    let api = everything.server.api();
    let user = given::id(&given::users(&api).await[0]).to_owned();
    let archived = api.below(COPILOT);

    let mut requests = text_fields("a\0b");
    requests.extend(text_fields("\0"));
    for name in text_fields("x")
        .iter()
        .filter_map(Value::as_object)
        .filter_map(|object| object.keys().next())
    {
        requests.extend([
            json!({ name: 7 }),
            json!({ name: true }),
            json!({ name: 1e300 }),
            json!({ name: [[]] }),
            json!({ name: { "a": [] } }),
        ]);
    }
    requests.extend([
        json!({ "active": "yes" }),
        json!({ "active": null }),
        json!({ "version": 7 }),
        json!({ "id": user }),
        json!({ "unknown": 1 }),
    ]);
    for request in requests {
        for answer in [
            api.post("/v1/users", request.clone()).await,
            api.patch(&format!("/v1/users/{user}"), request.clone()).await,
            api.put("/v1/users/by-external-id/new", request.clone()).await,
        ] {
            assert_eq!(answer.status, 422, "{request} was answered {answer:?}");
            answer.is_problem().unwrap_or_else(|wrong| panic!("{wrong}"));
            assert!(
                answer.json()["errors"][0]["pointer"].is_string(),
                "{request}: {answer:?}"
            );
        }
        let known = ["external_id", "metadata", "email", "roles"]
            .iter()
            .any(|name| request.get(name).is_some());
        if known {
            let answer = archived.post("/users", request.clone()).await;
            assert_eq!(answer.status, 400, "{request} was answered {answer:?}");
            answer.is_envelope().unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
    // In the path, and in queries
    for path in [
        "/v1/users?external_id=%00",
        "/v1/users?email=%00",
        "/v1/users?cursor=%00",
        "/v1/users?limit=99999999999999999999",
        "/v1/users?external_id=%ff",
    ] {
        assert_eq!(api.get(path).await.status, 400, "{path}");
    }
    assert!([404, 422].contains(&api.put("/v1/users/by-external-id/%00", json!({})).await.status));
    everything.finish(before).await;
}

#[tokio::test]
async fn a_head_that_is_too_large_and_a_request_that_is_none_do_no_harm() {
    let everything = Everything::on(Store::Sqlite).await;
    let before = everything.state().await;
    let url = everything.server.url();

    let long = format!(
        "GET /v1/users HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\nConnection: close\r\n\r\n",
        "x".repeat(1024 * 1024)
    );
    assert!((400..500).contains(&e2e::raw::send(&url, long.as_bytes()).await.status));
    let none = e2e::raw::send(&url, b"\x16\x03\x01 this is no HTTP\r\n\r\n").await;
    assert_eq!(none.status, 400);
    let cut = format!(
        "POST /v1/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{{\"external_id\":",
        everything.server.key()
    );
    drop(
        tokio::time::timeout(
            std::time::Duration::from_millis(300),
            e2e::raw::send(&url, cut.as_bytes()),
        )
        .await,
    );

    everything.finish(before).await;
}
