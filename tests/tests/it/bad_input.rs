//! Bad input on every route: always a 4xx in the surface's own shape, never a 5xx, and nothing is written.

use e2e::nabla::{self, COPILOT};
use e2e::{Answer, Api, Body, Server, Store, Surface, corti, documents};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::given;

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
    surface: Surface,
    method: Method,
    path: String,
    /// Which segments of the path are ids that Roster gave, or names of what must be there.
    ids: Vec<usize>,
    takes: Takes,
    /// The fields of its body, each with its schema.
    fields: Vec<(String, Value)>,
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
            "{what} to {} {} was answered {}: {}",
            self.method,
            self.path,
            answer.status,
            answer.text
        );
        self.surface
            .check(&answer)
            .unwrap_or_else(|wrong| panic!("{what}: {wrong}"));
        answer
    }

    /// What it takes at the least: what a bad request has beside what is bad in it.
    fn body(&self) -> Body {
        if self.takes == Takes::Object {
            Body::Json(json!({}))
        } else {
            Body::None
        }
    }
}

/// A server with one of everything, and all its routes.
struct Everything {
    server: Server,
    routes: Vec<Route>,
    project: Api,
}

impl Everything {
    async fn on(store: Store) -> Self {
        // More requests come than a vendor would take.
        let unlimited = Server::on(store).env("ROSTER_UPHEAL_REQUESTS_PER_MINUTE", "0");
        let server = unlimited.start().await;
        let api = server.api();
        let project = corti::project(&server, &api).await;
        project.post("/customers", corti::customer("clinic")).await.expect(201);
        let user = project
            .post("/customers/clinic/users", corti::user("ann@example.org"))
            .await
            .expect(201)
            .text_at("/id");
        api.patch(&format!("/v1/users/{user}"), json!({ "external_id": "ehr-1" }))
            .await
            .expect(200);
        let ids = Ids {
            user,
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
            organization: api.get("/v1/organization").await.expect(200).text_at("/id"),
        };
        Self {
            routes: routes(&server, &ids).await,
            server,
            project,
        }
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
        state.push(self.project.get("/customers").await.expect(200).text);
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
    organization: String,
}

impl Ids {
    /// What stands for a parameter, and whether it is an id that must be there.
    fn fill(&self, template: &str, parameter: &str) -> (&str, bool) {
        match (parameter, template.split('/').nth(2)) {
            ("id", Some("connections")) | ("connection_id", _) => (&self.connection, true),
            ("id", Some("clients")) => (&self.client, true),
            ("id" | "user_id" | "userId" | "providerUserId", _) => (&self.user, true),
            ("orgId" | "projectId", _) => (&self.organization, true),
            ("customerId", _) => ("clinic", true),
            ("external_id", _) => ("ehr-1", false),
            _ => panic!("what stands for {{{parameter}}} in {template}?"),
        }
    }
}

async fn routes(server: &Server, ids: &Ids) -> Vec<Route> {
    let mut callers: Vec<(Surface, Api)> = Vec::new();
    let mut routes = Vec::new();
    for route in documents::routes(server).await {
        let known = callers.iter().find(|(surface, _)| *surface == route.surface);
        let caller = if let Some((_, caller)) = known {
            caller.clone()
        } else {
            let caller = route.surface.caller(server, &server.api()).await;
            callers.push((route.surface, caller.clone()));
            caller
        };
        let takes = match (route.body, route.method.as_str(), route.surface) {
            (Some(true), ..) => Takes::Object,
            (Some(false), ..) | (None, "POST", Surface::V1) => Takes::Empty,
            (None, "POST", _) => Takes::Anything,
            (None, ..) => Takes::Nothing,
        };
        let (mut path, mut places) = (Vec::new(), Vec::new());
        for (place, segment) in route.template.split('/').enumerate() {
            let parameter = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
            let (filled, is_id) = parameter.map_or((segment, false), |name| ids.fill(&route.template, name));
            path.push(filled);
            places.extend(is_id.then_some(place));
        }
        routes.push(Route {
            surface: route.surface,
            method: route.method,
            path: path.join("/"),
            ids: places,
            takes,
            fields: route.fields,
            caller: (!route.is_open).then_some(caller),
        });
    }
    assert!(routes.len() > 60, "{routes:?}");
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
        let takes_keys = matches!(route.surface, Surface::V1 | Surface::NablaCopilotApi | Surface::Upheal);
        let foreign = if takes_keys {
            nobody.with("Authorization", &token)
        } else {
            everything.server.api()
        };
        let in_header = match route.surface {
            Surface::Upheal => nobody.with("x-api-key", "rstr_unknown"),
            _ => nobody.with("x-api-key", everything.server.key()),
        };
        for (what, caller) in [
            ("no credentials", nobody.clone()),
            ("an unknown key", nobody.bearer("rstr_unknown")),
            ("an empty key", nobody.with("Authorization", "Bearer ")),
            ("another scheme", nobody.with("Authorization", "Basic YTpi")),
            ("no scheme", nobody.with("Authorization", everything.server.key())),
            ("another surface's credentials", foreign),
            ("a key in another vendor's header, or one that nobody has", in_header),
            ("a long key", nobody.bearer(&"k".repeat(4_000))),
            (
                "two keys",
                everything.server.api().with("Authorization", "Bearer another"),
            ),
        ] {
            let answer = route
                .refuses(what, &caller, &route.method, &route.path, route.body())
                .await;
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

    for route in &everything.routes {
        let caller = route.caller.clone().unwrap_or(everything.server.api().anonymous());
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
            for place in &route.ids {
                let mut path: Vec<&str> = route.path.split('/').collect();
                path[*place] = id;
                let answer = route
                    .refuses(id, &caller, &route.method, &path.join("/"), route.body())
                    .await;
                let allowed: &[u16] = match route.surface {
                    Surface::V1 => &[400, 404],
                    Surface::NablaCore | Surface::NablaCopilotApi | Surface::NablaConnect => &[400],
                    Surface::Upheal | Surface::Corti => &[400, 403, 404],
                };
                assert!(allowed.contains(&answer.status), "{answer:?}");
                if *id == unknown && route.surface == Surface::V1 {
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
        "/upheal",
        "/upheal/v3/users/check",
        "/corti",
        "/corti/functions/v1",
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

/// What a value of a schema can be, by JSON's names. A schema that does not say is one of an object.
fn kinds(schema: &Value) -> Vec<String> {
    let mut kinds: Vec<String> = match &schema["type"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    for choice in ["oneOf", "anyOf"] {
        kinds.extend(schema[choice].as_array().into_iter().flatten().flat_map(self::kinds));
    }
    kinds.retain(|kind| kind != "null");
    if kinds.is_empty() {
        kinds.push("object".to_owned());
    }
    kinds
}

/// Values that a field of a schema cannot have.
fn hostile(schema: &Value) -> Vec<Value> {
    let kinds = kinds(schema);
    let is = |kind: &str| kinds.iter().any(|known| known == kind);
    let mut values = vec![json!(7), json!(1e300), json!([[]])];
    if is("string") {
        values.extend([
            json!("a\0b"),
            json!("\0"),
            json!("x".repeat(10_000)),
            json!(true),
            json!([]),
        ]);
    } else {
        values.push(json!("x"));
    }
    if !is("object") {
        values.push(json!({ "a": [[]] }));
    }
    if is("array") {
        values.extend([json!({}), json!([7]), json!(["a\0b"]), json!([null])]);
    }
    if is("boolean") {
        values.extend([json!("true"), json!(1), json!(null)]);
    } else {
        values.push(json!(false));
    }
    values
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_value_that_a_field_cannot_have_is_refused_by_every_dialect_and_the_field_is_named(#[case] store: Store) {
    let everything = Everything::on(store).await;
    let before = everything.state().await;
    // What each of them takes, when it is not bad: dialects pass over fields of others.
    let good = json!({
        "provider_email": "bea@example.org", "external_provider_id": "ehr-2", "email": "bea@example.org",
        "firstName": "Bea", "lastName": "Lee", "displayName": "Hospital", "customerId": "hospital",
        "grant_type": "client_credentials", "client_assertion": "x.y.z", "password": "a-long-passw0rd-for-b",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "refresh_token": "x.y.z",
    });

    let mut fields = 0;
    for route in everything.routes.iter().filter(|route| route.surface != Surface::V1) {
        let caller = route.caller.clone().unwrap_or(everything.server.api().anonymous());
        for (name, schema) in &route.fields {
            fields += 1;
            for value in hostile(schema) {
                let mut body = if route.method == Method::POST {
                    good.clone()
                } else {
                    json!({})
                };
                body[name] = value.clone();
                let what = format!("{name} = {:.80}", value.to_string());
                let answer = route
                    .refuses(&what, &caller, &route.method, &route.path, Body::Json(body))
                    .await;
                let is_named = answer.text.contains(name) || route.caller.is_none();
                assert!(is_named, "{what} to {}: {answer:?}", route.path);
            }
        }
    }
    assert!(fields > 60, "{fields} fields");
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
