//! `roster sandbox credentials`: what opens each vendor's API in the sandbox, and goes on doing so.

use std::collections::BTreeMap;
use std::process::Command;

use e2e::nabla::{Assertion, token_request};
use e2e::{Answer, Api, Ran, Server, Store, Surface, corti};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::SOON;
use crate::whole;

/// What the command prints for machines.
fn printed(server: &Server) -> Vec<Value> {
    let printed = server.cli(&["sandbox", "credentials", "--json"]).ok().json();
    printed["data"].as_array().expect("a list").clone()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer}: {value}"))
}

/// Makes one call with what is printed for an API, as its client would from the credentials alone.
async fn call(access: &Value) {
    let api = Api::new(text(access, "/base_url"));
    let credential = |name: &str| text(access, &format!("/credentials/{name}"));
    let token = async |body: Value, name: &str| {
        Api::new(credential("token_url"))
            .post("", body)
            .await
            .expect(200)
            .text_at(name)
    };
    match text(access, "/authentication") {
        "oauth_client" => {
            let url = credential("token_url");
            let assertion = Assertion::new(credential("client_id"), url);
            let assertion = assertion.sign_with_pem(credential("private_key"));
            let issued = token(token_request(&assertion), "/access_token").await;
            for token in [issued.as_str(), credential("access_token")] {
                let api = api.bearer(token);
                if text(access, "/vendor") == "nabla_connect" {
                    let body = json!({ "provider_email": "ann@example.org", "external_provider_id": "ehr-1" });
                    api.post("/users", body).await.expect(200);
                } else {
                    api.get("/users").await.expect(200);
                }
            }
        }
        "api_key" if text(access, "/vendor") == "upheal" => {
            let api = api.with("x-api-key", credential("api_key"));
            api.post("/users/check", json!({ "email": "ann@example.org" }))
                .await
                .expect(200);
        }
        "api_key" => drop(api.bearer(credential("api_key")).get("/users").await.expect(200)),
        "service_account" => {
            let login = json!({ "email": credential("email"), "password": credential("password") });
            let api = api.bearer(&token(login, "/accessToken").await);
            let project = text(access, "/organization");
            api.get(&format!("/projects/{project}/customers")).await.expect(200);
        }
        other => panic!("{other} is no way to authenticate that is known here"),
    }
}

/// What stays the same: everything but access tokens and the times at which they run out.
fn lasting(printed: &[Value]) -> BTreeMap<String, Value> {
    let mut lasting = BTreeMap::new();
    for access in printed {
        let mut credentials = access["credentials"].clone();
        let fields = credentials.as_object_mut().expect("credentials");
        fields.remove("access_token");
        fields.remove("expires_at");
        lasting.insert(text(access, "/base_url").to_owned(), credentials);
    }
    lasting
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn every_vendors_api_opens_with_what_is_printed_also_after_a_restart(#[case] store: Store) {
    let mut server = Server::on(store).sandbox().start().await;

    // Every vendor is there, and each of its APIs opens
    let first = printed(&server);
    let mut vendors: Vec<&str> = first.iter().map(|access| text(access, "/vendor")).collect();
    vendors.dedup();
    assert_eq!(vendors, ["nabla_core", "nabla_connect", "upheal", "corti"]);
    for access in &first {
        assert!(text(access, "/base_url").starts_with(&server.url()), "{access}");
        call(access).await;
        // and so does each line that is to be pasted.
        for line in access["calls"].as_array().expect("calls") {
            pasted(&server, text(line, "/curl"));
        }
    }
    // and whoever may look into the sandbox sees that it was called.
    for vendor in vendors {
        let calls = server
            .api()
            .get(&format!("/sandbox/calls?vendor={vendor}"))
            .await
            .expect(200)
            .data();
        assert!(!calls.is_empty(), "{vendor} was not called");
    }
    let users = server
        .api()
        .get("/sandbox/users?vendor=nabla_connect")
        .await
        .expect(200)
        .data();
    assert!(users.iter().any(|user| user["email"] == "ann@example.org"), "{users:?}");
    let table = server.cli(&["sandbox", "credentials"]).ok().stdout;
    for access in &first {
        assert!(
            table.contains(text(access, "/base_url")) && table.contains(text(access, "/api")),
            "{table}"
        );
    }

    // When the server is restarted, then the same credentials open the same.
    server.stop(SOON).await;
    server.start_again().await;
    assert_eq!(lasting(&printed(&server)), lasting(&first));
    for access in &first {
        call(access).await;
    }
}

/// Pastes a line into a shell, and expects an answer that is a success.
fn pasted(server: &Server, line: &str) {
    let mut shell = Command::new("sh");
    // As a reader's own settings would: an answer that is an error fails.
    std::fs::write(server.folder().join(".curlrc"), "fail-with-body\n").expect("a file is written");
    shell.args(["-c", line]).env("HOME", server.folder());
    let ran = Ran::to_end(&mut shell).ok();
    let answered: Result<Value, _> = serde_json::from_str(&ran.stdout);
    assert!(answered.is_ok(), "{line} was answered {ran:?}");
}

/// One call of an API that needs no more than a token or key, at the address where it is.
async fn simple_call(server: &Server, access: &Value) -> Answer {
    let api = Api::new(text(access, "/base_url"));
    let credential = |name: &str| text(access, &format!("/credentials/{name}"));
    match text(access, "/vendor") {
        "nabla_connect" => {
            let body = json!({ "provider_email": "ann@example.org", "external_provider_id": "ehr-1" });
            api.bearer(credential("access_token")).post("/users", body).await
        }
        "nabla_core" => match access.pointer("/credentials/access_token").and_then(Value::as_str) {
            Some(token) => api.bearer(token).get("/users").await,
            None => api.bearer(credential("api_key")).get("/users").await,
        },
        "upheal" => {
            let api = api.with("x-api-key", credential("api_key"));
            api.post("/users/check", json!({ "email": "ann@example.org" })).await
        }
        _ => {
            let signed_in = corti::sign_in(server, credential("email"), credential("password")).await;
            let api = api.bearer(&signed_in.expect(200).text_at("/accessToken"));
            api.get(&format!("/projects/{}/customers", text(access, "/organization")))
                .await
        }
    }
}

#[tokio::test]
async fn faults_strike_every_vendors_api_in_its_own_shape_and_no_other() {
    let server = Server::on(Store::Sqlite).sandbox().start().await;
    for access in printed(&server) {
        let vendor = text(&access, "/vendor");
        let others = ["nabla_core", "nabla_connect", "upheal", "corti"]
            .into_iter()
            .filter(|other| *other != vendor);
        for other in others {
            let fault = json!({ "vendor": other, "fault": { "kind": "status", "status": 500 }, "times": 9 });
            server.api().post("/sandbox/faults", fault).await.expect(201);
        }
        simple_call(&server, &access).await.expect(200);

        for (fault, status) in [
            (json!({ "kind": "status", "status": 503, "retry_after": 7 }), 503),
            (json!({ "kind": "unauthorized" }), 401),
        ] {
            let fault = json!({ "vendor": vendor, "fault": fault, "times": 1 });
            server.api().post("/sandbox/faults", fault).await.expect(201);
            let struck = simple_call(&server, &access).await.expect(status);
            let path = text(&access, "/base_url")
                .strip_prefix(&server.url())
                .expect("this server")
                .to_owned()
                + "/";
            Surface::of(&path).is_error(&struck);
            assert_eq!(
                struck.header("retry-after"),
                (status == 503).then_some("7"),
                "{struck:?}"
            );
        }
        simple_call(&server, &access).await.expect(200);
        server.api().delete("/sandbox/faults").await.expect(204);
    }
}

#[tokio::test]
async fn the_sandbox_has_no_rate_limit() {
    let server = Server::on(Store::Sqlite).sandbox().start().await;
    let access = printed(&server);
    let upheal = access
        .iter()
        .find(|access| access["vendor"] == "upheal")
        .expect("Upheal");

    for _ in 0..310 {
        simple_call(&server, upheal).await.expect(200);
    }
}

#[tokio::test]
async fn without_a_sandbox_the_command_says_how_to_get_one() {
    let server = Server::on(Store::Sqlite).start().await;

    let ran = server.cli(&["sandbox", "credentials"]);

    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("--sandbox"), "{ran:?}");
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn each_vendors_urls_come_from_its_own_connection_and_people_are_told_where_it_does_not_say(
    #[case] store: Store,
) {
    let server = Server::on(store).sandbox().start().await;
    let api = server.api();
    let core = whole::path(&api, "nabla_core").await;
    api.delete(&core).await.expect(204);

    let ran = server.cli(&["sandbox", "credentials"]).ok();

    let hint = "no connection says where the sandbox plays Nabla Core";
    assert!(
        ran.stderr.contains(hint) && ran.stderr.contains("--public-url"),
        "{}",
        ran.stderr
    );
    for vendor in ["Nabla Connect", "Upheal", "Corti"] {
        assert!(!ran.stderr.contains(&format!("plays {vendor}")), "{}", ran.stderr);
    }
    for access in printed(&server) {
        if text(&access, "/vendor") != "nabla_core" {
            assert!(text(&access, "/base_url").starts_with(&server.url()), "{access}");
        }
    }
}
