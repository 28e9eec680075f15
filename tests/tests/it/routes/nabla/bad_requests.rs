//! Nabla Core: what is answered to bad requests, row by row, on both generations.

use e2e::nabla::{self, COPILOT, COPILOT_USER, CORE, CORE_USER, OTHER, OWN, OauthClient, token_request};
use e2e::{Answer, Api, Body, Server, Store};
use reqwest::Method;
use serde_json::{Value, json};

use crate::given;

/// A bad request: what is bad, who sends it, and what is sent.
type Row = (&'static str, Api, Method, String, Body);

/// Sends each request, and writes down what is answered: status and body, in which traces and URLs are named.
async fn answers(server: &Server, rows: Vec<Row>) -> String {
    let mut table = Vec::new();
    for (what, caller, method, path, body) in rows {
        let answer = caller.send(method, &path, body).await;
        answer.is_envelope().unwrap_or_else(|wrong| panic!("{what}: {wrong}"));
        table.push(format!("{what}: {}", row(&answer).replace(&server.url(), "[url]")));
    }
    table.join("\n")
}

fn row(answer: &Answer) -> String {
    let mut body = answer.json();
    body["traceId"] = json!("[trace]");
    format!("{} {body}", answer.status)
}

fn post(what: &'static str, caller: &Api, path: &str, body: Value) -> Row {
    (what, caller.clone(), Method::POST, path.to_owned(), Body::Json(body))
}

fn get(what: &'static str, caller: &Api, path: &str) -> Row {
    (what, caller.clone(), Method::GET, path.to_owned(), Body::None)
}

fn raw(what: &'static str, caller: &Api, kind: &'static str, text: &str) -> Row {
    let body = Body::Raw(kind, text.as_bytes().to_vec());
    (what, caller.clone(), Method::POST, "/users".to_owned(), body)
}

/// Bodies for both generations.
fn bodies(vendor: &Api) -> Vec<Row> {
    let entries = |count: usize| -> Value { (0..count).map(|number| (number.to_string(), json!(""))).collect() };
    let users = |what, body| post(what, vendor, "/users", body);
    vec![
        users("external id over its limit", json!({ "external_id": "é".repeat(257) })),
        users("empty external id", json!({ "external_id": "" })),
        users("external id of a wrong type", json!({ "external_id": 7 })),
        users("external id with NUL", json!({ "external_id": "a\0b" })),
        users("external id of another user", json!({ "external_id": "ehr-1" })),
        users("too much metadata", json!({ "metadata": entries(51) })),
        users("metadata of a wrong type", json!({ "metadata": [] })),
        users("metadata with a number", json!({ "metadata": { "floor": 3 } })),
        users("metadata with null", json!({ "metadata": { "floor": null } })),
        users(
            "metadata with a long key",
            json!({ "metadata": { "k".repeat(41): "" } }),
        ),
        users("metadata with an empty key", json!({ "metadata": { "": "" } })),
        users(
            "metadata with a long value",
            json!({ "metadata": { "k": "v".repeat(501) } }),
        ),
        users("two broken rules", json!({ "external_id": [], "metadata": "x" })),
        users("a list", json!([])),
        users("null", json!(null)),
        raw("no JSON", vendor, "application/json", "{"),
        raw("nothing", vendor, "application/json", ""),
        raw("a form", vendor, "application/x-www-form-urlencoded", "external_id=1"),
        raw("text", vendor, "text/plain", "{}"),
    ]
}

/// Paths and queries for both generations.
fn paths(vendor: &Api, user: &str) -> Vec<Row> {
    let unknown = "/users/98fce1ef-dbca-41ef-8bc7-4d1621ac07c6";
    let patch = (
        "a change of nobody",
        vendor.clone(),
        Method::PATCH,
        unknown.to_owned(),
        Body::Json(json!({})),
    );
    let delete = (
        "a wrong method",
        vendor.clone(),
        Method::DELETE,
        format!("/users/{user}"),
        Body::None,
    );
    vec![
        get("nobody", vendor, unknown),
        get("an id that is none", vendor, "/users/7"),
        get(
            "an external id that nobody has",
            vendor,
            "/users/find_by_external_id/nobody",
        ),
        patch,
        post(
            "a session of nobody",
            vendor,
            "/jwt/authenticate/98fce1ef-dbca-41ef-8bc7-4d1621ac07c6",
            json!({}),
        ),
        post(
            "a list where an object is due",
            vendor,
            &format!("/users/{user}/activate"),
            json!([]),
        ),
        get("limit over its bound", vendor, "/users?limit=101"),
        get("limit under its bound", vendor, "/users?limit=0"),
        get(
            "everything wrong",
            vendor,
            "/users?limit=x&order=UP&activated=yes&cursor=x",
        ),
        get("an unknown path", vendor, "/nowhere"),
        delete,
    ]
}

#[tokio::test]
async fn every_bad_request_to_the_current_generation_is_answered_as_the_table_says() {
    let server = Server::on(Store::Sqlite).start().await;
    let vendor = nabla::core(&server, &server.api()).await;
    let client = OauthClient::register(&server, &server.api()).await;
    let user = given::user(&server.api(), "ehr-1").await;
    let nobody = vendor.anonymous();
    let assertion = || client.assertion();
    let token = |what, assertion: String| post(what, &nobody, "/oauth/token", token_request(&assertion));

    let mut rows = bodies(&vendor);
    rows.extend(paths(&vendor, given::id(&user)));
    rows.extend([
        get("no credentials", &nobody, "/users"),
        get("a token that is none", &nobody.bearer("x.y.z"), "/users"),
        get("a server key", &nobody.bearer(server.key()), "/users"),
        get(
            "an unknown version",
            &vendor.with("X-Nabla-Api-Version", "2024-04-22"),
            "/users",
        ),
        token("an expired assertion", assertion().at("exp", -120).sign(OWN)),
        token("an assertion for too long", assertion().at("exp", 3_600).sign(OWN)),
        token(
            "an assertion for another audience",
            assertion().claim("aud", "https://example.org").sign(OWN),
        ),
        token("an assertion that another signed", assertion().sign(OTHER)),
        token("an assertion that nobody signed", assertion().unsigned()),
        token(
            "an assertion of an unknown client",
            assertion().claim("iss", "x").claim("sub", "x").sign(OWN),
        ),
        post("a token request of nothing", &nobody, "/oauth/token", json!({})),
        post(
            "a refresh token that is none",
            &nobody.at(&server.url()).below(CORE_USER),
            "/jwt/refresh",
            json!({ "refresh_token": "x" }),
        ),
    ]);

    insta::assert_snapshot!(answers(&server, rows).await, @r#"
    external id over its limit: 400 {"code":90002,"debuggingHints":["external_id must have 1 to 256 characters; given: 257 characters"],"message":"external_id must have 1 to 256 characters; given: 257 characters","name":"INVALID_REQUEST","traceId":"[trace]"}
    empty external id: 400 {"code":90002,"debuggingHints":["external_id must have 1 to 256 characters; given: 0 characters"],"message":"external_id must have 1 to 256 characters; given: 0 characters","name":"INVALID_REQUEST","traceId":"[trace]"}
    external id of a wrong type: 400 {"code":90002,"debuggingHints":["external_id must be a string; given: a number"],"message":"external_id must be a string; given: a number","name":"INVALID_REQUEST","traceId":"[trace]"}
    external id with NUL: 400 {"code":90002,"debuggingHints":["external_id must be text without control characters; given: \"a\\0b\""],"message":"external_id must be text without control characters; given: \"a\\0b\"","name":"INVALID_REQUEST","traceId":"[trace]"}
    external id of another user: 409 {"code":90001,"debuggingHints":[],"message":"another user has this external_id","name":"ENTITY_ALREADY_EXISTS","traceId":"[trace]"}
    too much metadata: 400 {"code":90002,"debuggingHints":["metadata must have at most 50 entries; given: 51 entries"],"message":"metadata must have at most 50 entries; given: 51 entries","name":"INVALID_REQUEST","traceId":"[trace]"}
    metadata of a wrong type: 400 {"code":90002,"debuggingHints":["metadata must be an object with string values; given: an array"],"message":"metadata must be an object with string values; given: an array","name":"INVALID_REQUEST","traceId":"[trace]"}
    metadata with a number: 400 {"code":90002,"debuggingHints":["metadata.floor must be a string; given: a number"],"message":"metadata.floor must be a string; given: a number","name":"INVALID_REQUEST","traceId":"[trace]"}
    metadata with null: 400 {"code":90002,"debuggingHints":["metadata.floor must be a string; given: null"],"message":"metadata.floor must be a string; given: null","name":"INVALID_REQUEST","traceId":"[trace]"}
    metadata with a long key: 400 {"code":90002,"debuggingHints":["metadata.kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk must have 1 to 40 characters in its key; given: 41 characters"],"message":"metadata.kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk must have 1 to 40 characters in its key; given: 41 characters","name":"INVALID_REQUEST","traceId":"[trace]"}
    metadata with an empty key: 400 {"code":90002,"debuggingHints":["metadata.\"\" must have 1 to 40 characters in its key; given: 0 characters"],"message":"metadata.\"\" must have 1 to 40 characters in its key; given: 0 characters","name":"INVALID_REQUEST","traceId":"[trace]"}
    metadata with a long value: 400 {"code":90002,"debuggingHints":["metadata.k must have at most 500 characters; given: 501 characters"],"message":"metadata.k must have at most 500 characters; given: 501 characters","name":"INVALID_REQUEST","traceId":"[trace]"}
    two broken rules: 400 {"code":90002,"debuggingHints":["external_id must be a string; given: an array","metadata must be an object with string values; given: a string"],"message":"external_id must be a string; given: an array; metadata must be an object with string values; given: a string","name":"INVALID_REQUEST","traceId":"[trace]"}
    a list: 400 {"code":90002,"debuggingHints":["the request must be an object; given: an array"],"message":"the request must be an object; given: an array","name":"INVALID_REQUEST","traceId":"[trace]"}
    null: 400 {"code":90002,"debuggingHints":["the request must be an object; given: null"],"message":"the request must be an object; given: null","name":"INVALID_REQUEST","traceId":"[trace]"}
    no JSON: 400 {"code":90002,"debuggingHints":[],"message":"the body ends too early: line 1, column 1","name":"INVALID_REQUEST","traceId":"[trace]"}
    nothing: 400 {"code":90002,"debuggingHints":[],"message":"the body ends too early: line 1, column 0","name":"INVALID_REQUEST","traceId":"[trace]"}
    a form: 415 {"code":90002,"debuggingHints":[],"message":"the body must be JSON: send it with Content-Type: application/json","name":"INVALID_REQUEST","traceId":"[trace]"}
    text: 415 {"code":90002,"debuggingHints":[],"message":"the body must be JSON: send it with Content-Type: application/json","name":"INVALID_REQUEST","traceId":"[trace]"}
    nobody: 400 {"code":20000,"debuggingHints":[],"message":"there is no such user","name":"ENTITY_NOT_FOUND","traceId":"[trace]"}
    an id that is none: 400 {"code":90002,"debuggingHints":["id must be a UUID; given: \"7\""],"message":"id must be a UUID; given: \"7\"","name":"INVALID_REQUEST","traceId":"[trace]"}
    an external id that nobody has: 400 {"code":20000,"debuggingHints":[],"message":"there is no such user","name":"ENTITY_NOT_FOUND","traceId":"[trace]"}
    a change of nobody: 400 {"code":20000,"debuggingHints":[],"message":"there is no such user","name":"ENTITY_NOT_FOUND","traceId":"[trace]"}
    a session of nobody: 400 {"code":20000,"debuggingHints":[],"message":"there is no such user","name":"ENTITY_NOT_FOUND","traceId":"[trace]"}
    a list where an object is due: 400 {"code":90002,"debuggingHints":["the request must be an object; given: an array"],"message":"the request must be an object; given: an array","name":"INVALID_REQUEST","traceId":"[trace]"}
    limit over its bound: 400 {"code":90002,"debuggingHints":["limit must be a whole number from 1 to 100; given: \"101\""],"message":"limit must be a whole number from 1 to 100; given: \"101\"","name":"INVALID_REQUEST","traceId":"[trace]"}
    limit under its bound: 400 {"code":90002,"debuggingHints":["limit must be a whole number from 1 to 100; given: \"0\""],"message":"limit must be a whole number from 1 to 100; given: \"0\"","name":"INVALID_REQUEST","traceId":"[trace]"}
    everything wrong: 400 {"code":90002,"debuggingHints":["cursor must be the next_cursor of a page; given: \"x\"","limit must be a whole number from 1 to 100; given: \"x\"","order must be one of ASC, DESC; given: \"UP\"","activated must be true or false; given: \"yes\""],"message":"cursor must be the next_cursor of a page; given: \"x\"; limit must be a whole number from 1 to 100; given: \"x\"; order must be one of ASC, DESC; given: \"UP\"; activated must be true or false; given: \"yes\"","name":"INVALID_REQUEST","traceId":"[trace]"}
    an unknown path: 404 {"code":90005,"debuggingHints":[],"message":"there is no such path","name":"ROUTE_NOT_FOUND","traceId":"[trace]"}
    a wrong method: 405 {"code":90005,"debuggingHints":[],"message":"this path does not know the method; see the Allow header","name":"ROUTE_NOT_FOUND","traceId":"[trace]"}
    no credentials: 401 {"code":90003,"debuggingHints":[],"message":"an Authorization header with a Bearer token is needed","name":"UNAUTHENTICATED","traceId":"[trace]"}
    a token that is none: 401 {"code":90003,"debuggingHints":[],"message":"the token is not valid here","name":"UNAUTHENTICATED","traceId":"[trace]"}
    a server key: 401 {"code":90003,"debuggingHints":[],"message":"the token is not valid here","name":"UNAUTHENTICATED","traceId":"[trace]"}
    an unknown version: 400 {"code":90006,"debuggingHints":["x-nabla-api-version must be one of 2024-10-01, 2025-04-03, 2025-05-07, 2025-05-21, 2025-07-24, 2026-02-20, 2026-06-12, 2026-07-01, x-nabla-next; given: \"2024-04-22\""],"message":"x-nabla-api-version must be one of 2024-10-01, 2025-04-03, 2025-05-07, 2025-05-21, 2025-07-24, 2026-02-20, 2026-06-12, 2026-07-01, x-nabla-next; given: \"2024-04-22\"","name":"UNSUPPORTED_API_VERSION","traceId":"[trace]"}
    an expired assertion: 401 {"code":90003,"debuggingHints":[],"message":"the client assertion has expired","name":"UNAUTHENTICATED","traceId":"[trace]"}
    an assertion for too long: 401 {"code":90003,"debuggingHints":[],"message":"the client assertion's exp must be at most 10 minutes ahead","name":"UNAUTHENTICATED","traceId":"[trace]"}
    an assertion for another audience: 401 {"code":90003,"debuggingHints":[],"message":"the client assertion's aud must be the URL of this token endpoint: [url]/nabla/v1/core/server/oauth/token","name":"UNAUTHENTICATED","traceId":"[trace]"}
    an assertion that another signed: 401 {"code":90003,"debuggingHints":[],"message":"the client assertion's signature does not fit the client's key","name":"UNAUTHENTICATED","traceId":"[trace]"}
    an assertion that nobody signed: 401 {"code":90003,"debuggingHints":[],"message":"the client assertion is not a JSON Web Token with the claims iss, sub, aud and exp","name":"UNAUTHENTICATED","traceId":"[trace]"}
    an assertion of an unknown client: 401 {"code":90003,"debuggingHints":[],"message":"the client assertion's iss and sub must both be the id of a registered OAuth client","name":"UNAUTHENTICATED","traceId":"[trace]"}
    a token request of nothing: 400 {"code":90002,"debuggingHints":["grant_type is required; given: nothing","client_assertion_type is required; given: nothing","client_assertion is required; given: nothing"],"message":"grant_type is required; given: nothing; client_assertion_type is required; given: nothing; client_assertion is required; given: nothing","name":"INVALID_REQUEST","traceId":"[trace]"}
    a refresh token that is none: 401 {"code":90003,"debuggingHints":[],"message":"the token is not valid here","name":"UNAUTHENTICATED","traceId":"[trace]"}
    "#);
    assert!(vendor.base().ends_with(CORE));
    assert_eq!(given::users(&server.api()).await, [user]);
}

#[tokio::test]
async fn every_bad_request_to_the_archived_generation_is_answered_as_the_table_says() {
    let server = Server::on(Store::Sqlite).start().await;
    let vendor = server.api().below(COPILOT);
    let user = given::user(&server.api(), "ehr-1").await;
    let user = server
        .api()
        .patch(
            &format!("/v1/users/{}", given::id(&user)),
            json!({ "email": "ann@example.org" }),
        )
        .await
        .expect(200)
        .json();
    let nobody = vendor.anonymous();
    let token = nabla::core(&server, &server.api()).await;
    let users = |what, body| post(what, &vendor, "/users", body);

    let mut rows = bodies(&vendor);
    rows.extend(paths(&vendor, given::id(&user)));
    rows.extend([
        users("no e-mail address", json!({ "email": "ann" })),
        users("an empty e-mail address", json!({ "email": "" })),
        users(
            "an e-mail address over its limit",
            json!({ "email": format!("{}@example.org", "a".repeat(250)) }),
        ),
        users(
            "an e-mail address of another user",
            json!({ "email": "ANN@example.org" }),
        ),
        users("an unknown role", json!({ "roles": ["CLEANER"] })),
        users("a role of a wrong type", json!({ "roles": [7] })),
        users("roles of a wrong type", json!({ "roles": "PRACTITIONER" })),
        get("no credentials", &nobody, "/users"),
        get("an unknown key", &nobody.bearer("rstr_unknown"), "/users"),
        get("an OAuth client's token", &nobody.bearer(token.token()), "/users"),
        post(
            "a refresh token that is none",
            &nobody.at(&server.url()).below(COPILOT_USER),
            "/jwt/refresh",
            json!({ "refresh_token": "x" }),
        ),
    ]);

    insta::assert_snapshot!(answers(&server, rows).await, @r#"
    external id over its limit: 400 {"code":90002,"debuggingHints":["external_id must have 1 to 256 characters; given: 257 characters"],"message":"external_id must have 1 to 256 characters; given: 257 characters","name":"INVALID_REQUEST","traceId":"[trace]"}
    empty external id: 400 {"code":90002,"debuggingHints":["external_id must have 1 to 256 characters; given: 0 characters"],"message":"external_id must have 1 to 256 characters; given: 0 characters","name":"INVALID_REQUEST","traceId":"[trace]"}
    external id of a wrong type: 400 {"code":90002,"debuggingHints":["external_id must be a string; given: a number"],"message":"external_id must be a string; given: a number","name":"INVALID_REQUEST","traceId":"[trace]"}
    external id with NUL: 400 {"code":90002,"debuggingHints":["external_id must be text without control characters; given: \"a\\0b\""],"message":"external_id must be text without control characters; given: \"a\\0b\"","name":"INVALID_REQUEST","traceId":"[trace]"}
    external id of another user: 409 {"code":90001,"debuggingHints":[],"message":"another user has this external_id","name":"ENTITY_ALREADY_EXISTS","traceId":"[trace]"}
    too much metadata: 400 {"code":90002,"debuggingHints":["metadata must have at most 50 entries; given: 51 entries"],"message":"metadata must have at most 50 entries; given: 51 entries","name":"INVALID_REQUEST","traceId":"[trace]"}
    metadata of a wrong type: 400 {"code":90002,"debuggingHints":["metadata must be an object with string values; given: an array"],"message":"metadata must be an object with string values; given: an array","name":"INVALID_REQUEST","traceId":"[trace]"}
    metadata with a number: 400 {"code":90002,"debuggingHints":["metadata.floor must be a string; given: a number"],"message":"metadata.floor must be a string; given: a number","name":"INVALID_REQUEST","traceId":"[trace]"}
    metadata with null: 400 {"code":90002,"debuggingHints":["metadata.floor must be a string; given: null"],"message":"metadata.floor must be a string; given: null","name":"INVALID_REQUEST","traceId":"[trace]"}
    metadata with a long key: 400 {"code":90002,"debuggingHints":["metadata.kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk must have 1 to 40 characters in its key; given: 41 characters"],"message":"metadata.kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk must have 1 to 40 characters in its key; given: 41 characters","name":"INVALID_REQUEST","traceId":"[trace]"}
    metadata with an empty key: 400 {"code":90002,"debuggingHints":["metadata.\"\" must have 1 to 40 characters in its key; given: 0 characters"],"message":"metadata.\"\" must have 1 to 40 characters in its key; given: 0 characters","name":"INVALID_REQUEST","traceId":"[trace]"}
    metadata with a long value: 400 {"code":90002,"debuggingHints":["metadata.k must have at most 500 characters; given: 501 characters"],"message":"metadata.k must have at most 500 characters; given: 501 characters","name":"INVALID_REQUEST","traceId":"[trace]"}
    two broken rules: 400 {"code":90002,"debuggingHints":["external_id must be a string; given: an array","metadata must be an object with string values; given: a string"],"message":"external_id must be a string; given: an array; metadata must be an object with string values; given: a string","name":"INVALID_REQUEST","traceId":"[trace]"}
    a list: 400 {"code":90002,"debuggingHints":["the request must be an object; given: an array"],"message":"the request must be an object; given: an array","name":"INVALID_REQUEST","traceId":"[trace]"}
    null: 400 {"code":90002,"debuggingHints":["the request must be an object; given: null"],"message":"the request must be an object; given: null","name":"INVALID_REQUEST","traceId":"[trace]"}
    no JSON: 400 {"code":90002,"debuggingHints":[],"message":"the body ends too early: line 1, column 1","name":"INVALID_REQUEST","traceId":"[trace]"}
    nothing: 400 {"code":90002,"debuggingHints":[],"message":"the body ends too early: line 1, column 0","name":"INVALID_REQUEST","traceId":"[trace]"}
    a form: 415 {"code":90002,"debuggingHints":[],"message":"the body must be JSON: send it with Content-Type: application/json","name":"INVALID_REQUEST","traceId":"[trace]"}
    text: 415 {"code":90002,"debuggingHints":[],"message":"the body must be JSON: send it with Content-Type: application/json","name":"INVALID_REQUEST","traceId":"[trace]"}
    nobody: 400 {"code":20000,"debuggingHints":[],"message":"there is no such user","name":"ENTITY_NOT_FOUND","traceId":"[trace]"}
    an id that is none: 400 {"code":90002,"debuggingHints":["id must be a UUID; given: \"7\""],"message":"id must be a UUID; given: \"7\"","name":"INVALID_REQUEST","traceId":"[trace]"}
    an external id that nobody has: 400 {"code":20000,"debuggingHints":[],"message":"there is no such user","name":"ENTITY_NOT_FOUND","traceId":"[trace]"}
    a change of nobody: 400 {"code":20000,"debuggingHints":[],"message":"there is no such user","name":"ENTITY_NOT_FOUND","traceId":"[trace]"}
    a session of nobody: 400 {"code":20000,"debuggingHints":[],"message":"there is no such user","name":"ENTITY_NOT_FOUND","traceId":"[trace]"}
    a list where an object is due: 400 {"code":90002,"debuggingHints":["the request must be an object; given: an array"],"message":"the request must be an object; given: an array","name":"INVALID_REQUEST","traceId":"[trace]"}
    limit over its bound: 400 {"code":90002,"debuggingHints":["limit must be a whole number from 1 to 100; given: \"101\""],"message":"limit must be a whole number from 1 to 100; given: \"101\"","name":"INVALID_REQUEST","traceId":"[trace]"}
    limit under its bound: 400 {"code":90002,"debuggingHints":["limit must be a whole number from 1 to 100; given: \"0\""],"message":"limit must be a whole number from 1 to 100; given: \"0\"","name":"INVALID_REQUEST","traceId":"[trace]"}
    everything wrong: 400 {"code":90002,"debuggingHints":["cursor must be the next_cursor of a page; given: \"x\"","limit must be a whole number from 1 to 100; given: \"x\"","order must be one of ASC, DESC; given: \"UP\"","activated must be true or false; given: \"yes\""],"message":"cursor must be the next_cursor of a page; given: \"x\"; limit must be a whole number from 1 to 100; given: \"x\"; order must be one of ASC, DESC; given: \"UP\"; activated must be true or false; given: \"yes\"","name":"INVALID_REQUEST","traceId":"[trace]"}
    an unknown path: 404 {"code":90005,"debuggingHints":[],"message":"there is no such path","name":"ROUTE_NOT_FOUND","traceId":"[trace]"}
    a wrong method: 405 {"code":90005,"debuggingHints":[],"message":"this path does not know the method; see the Allow header","name":"ROUTE_NOT_FOUND","traceId":"[trace]"}
    no e-mail address: 400 {"code":90002,"debuggingHints":["email must be an e-mail address; given: \"ann\""],"message":"email must be an e-mail address; given: \"ann\"","name":"INVALID_REQUEST","traceId":"[trace]"}
    an empty e-mail address: 400 {"code":90002,"debuggingHints":["email must be an e-mail address; given: \"\""],"message":"email must be an e-mail address; given: \"\"","name":"INVALID_REQUEST","traceId":"[trace]"}
    an e-mail address over its limit: 400 {"code":90002,"debuggingHints":["email must have 3 to 254 bytes; given: 262 bytes"],"message":"email must have 3 to 254 bytes; given: 262 bytes","name":"INVALID_REQUEST","traceId":"[trace]"}
    an e-mail address of another user: 409 {"code":90001,"debuggingHints":[],"message":"another user has this email","name":"ENTITY_ALREADY_EXISTS","traceId":"[trace]"}
    an unknown role: 400 {"code":90002,"debuggingHints":["roles.0 must be one of ADMINISTRATOR, PRACTITIONER; given: \"CLEANER\""],"message":"roles.0 must be one of ADMINISTRATOR, PRACTITIONER; given: \"CLEANER\"","name":"INVALID_REQUEST","traceId":"[trace]"}
    a role of a wrong type: 400 {"code":90002,"debuggingHints":["roles.0 must be a string; given: a number"],"message":"roles.0 must be a string; given: a number","name":"INVALID_REQUEST","traceId":"[trace]"}
    roles of a wrong type: 400 {"code":90002,"debuggingHints":["roles must be an array of strings; given: a string"],"message":"roles must be an array of strings; given: a string","name":"INVALID_REQUEST","traceId":"[trace]"}
    no credentials: 401 {"code":90003,"debuggingHints":[],"message":"an Authorization header with a Bearer token is needed","name":"UNAUTHENTICATED","traceId":"[trace]"}
    an unknown key: 401 {"code":90003,"debuggingHints":[],"message":"the API key is not known","name":"UNAUTHENTICATED","traceId":"[trace]"}
    an OAuth client's token: 401 {"code":90003,"debuggingHints":[],"message":"the API key is not known","name":"UNAUTHENTICATED","traceId":"[trace]"}
    a refresh token that is none: 401 {"code":90003,"debuggingHints":[],"message":"the token is not valid here","name":"UNAUTHENTICATED","traceId":"[trace]"}
    "#);
    assert_eq!(given::users(&server.api()).await, [user]);
}
