//! What happened to a user: who changed which fields through which surface, and how the vendors took it.

use e2e::nabla::{CONNECT, CORE, OauthClient};
use e2e::traces::Place;
use e2e::{Api, Played, Store, corti, upheal};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given;
use crate::whole;

/// A user's history, the oldest entry first, in pages of so many.
async fn told(api: &Api, user: &str, limit: usize) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/users/{user}/history?limit={limit}{cursor}");
        let page = api.get(&path).await.expect(200);
        assert!(page.data().len() <= limit, "{page:?}");
        entries.extend(page.data());
        match page.json()["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    entries.reverse();
    entries
}

fn changes(entries: &[Value]) -> Vec<Value> {
    let changes = entries.iter().filter(|entry| entry["kind"] == "change");
    changes
        .map(|entry| json!([entry["surface"], entry["action"], entry["fields"], entry["version"]]))
        .collect()
}

/// The calls to a vendor: operation, outcome and status.
fn calls(entries: &[Value], vendor: &str) -> Vec<Value> {
    let calls = entries.iter().filter(|entry| entry["vendor"] == vendor);
    calls
        .map(|entry| json!([entry["operation"], entry["outcome"], entry["status"]]))
        .collect()
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn every_surface_leaves_its_name_in_the_history(#[case] store: Store) {
    let server = whole::with_only(store, &[]).await;
    let key = server
        .api()
        .post("/v1/clients", json!({ "kind": "api_key" }))
        .await
        .expect(201);
    let api = server.api().bearer(&key.text_at("/key"));
    let nabla = OauthClient::register(&server, &api).await;
    let account = corti::Account::register(&api).await;
    let clients = given::all(&api, "/v1/clients").await;
    let is_account = |client: &&Value| client["kind"] == "service_account";
    let account_id = given::id(clients.iter().find(is_account).expect("the account")).to_owned();

    // Given a user who is changed through every surface
    let user = whole::user(&api, "ann").await;
    let id = given::id(&user);
    let path = format!("/v1/users/{id}");
    api.patch(&path, json!({ "last_name": "Lee", "roles": ["PRACTITIONER"] }))
        .await
        .expect(200);
    let core = nabla.at(&server, CORE).connect().await;
    core.patch(&format!("/users/{id}"), json!({ "metadata": { "site": "north" } }))
        .await
        .expect(200);
    let provider = json!({
        "external_provider_id": "ann", "provider_email": whole::email("ann"),
        "settings": { "speech_locale": "ENGLISH_US" },
    });
    nabla
        .at(&server, CONNECT)
        .connect()
        .await
        .post("/users", provider)
        .await
        .expect(200);
    let partner = upheal::with_key(&server, upheal::V2, api.token());
    partner
        .patch(&format!("/users/{id}"), json!({ "firstName": "Eve" }))
        .await
        .expect(200);
    let console = account.api(&server).await.below("/projects/default/customers/default");
    console
        .patch(&format!("/users/{id}"), json!({ "lastName": "Moreau" }))
        .await
        .expect(200);
    core.post(&format!("/users/{id}/deactivate"), json!({}))
        .await
        .expect(200);
    api.post(&format!("{path}/activate"), json!({})).await.expect(200);
    // and once without any effect
    api.patch(&path, json!({ "first_name": "Eve" })).await.expect(200);

    let entries = told(&api, id, 200).await;

    // Then each change is there, with what it changed,
    let named = json!(["external_id", "email", "first_name", "last_name", "active"]);
    let expected = [
        json!(["v1", "created", named, 1]),
        json!(["v1", "updated", ["last_name", "roles"], 2]),
        json!(["nabla_core", "updated", ["metadata"], 3]),
        json!(["nabla_connect", "updated", ["settings"], 4]),
        json!(["upheal", "updated", ["first_name"], 5]),
        json!(["corti", "updated", ["last_name"], 6]),
        json!(["nabla_core", "deactivated", ["active"], 7]),
        json!(["v1", "activated", ["active"], 8]),
    ];
    assert_eq!(changes(&entries), expected);
    // and with who made it, and when.
    for entry in &entries {
        let client = match entry["surface"].as_str() {
            Some("v1" | "upheal") => key.text_at("/id"),
            Some("corti") => account_id.clone(),
            _ => nabla.id.clone(),
        };
        assert_eq!(entry["client_id"].as_str(), Some(client.as_str()), "{entry}");
        assert!(entry["at"].as_str() >= user["created_at"].as_str(), "{entry}");
    }
    // What was in the fields is not told.
    let text = json!(entries).to_string();
    for value in ["Lee", "Moreau", "Eve", "north", "example.org"] {
        assert!(!text.contains(value), "{value} is told: {text}");
    }
    // However small the pages, everything is told once.
    assert_eq!(told(&api, id, 1).await, entries);
    assert_eq!(told(&api, id, 3).await, entries);
    // The command line tells the same,
    let by_cli = server.cli(&["users", "history", "ann", "--json"]).ok().json();
    let mut by_cli = by_cli["data"].as_array().expect("a list").clone();
    by_cli.reverse();
    assert_eq!(by_cli, entries);
    let table = server.cli(&["users", "history", "ann", "--limit", "2"]).ok().stdout;
    assert!(table.contains("activated") && !table.contains("created"), "{table}");
    // and is one of those who change.
    let arguments = ["users", "create", "--external-id", "bob", "--json"];
    let bob = server.cli(&arguments).ok().json();
    let entries = told(&api, given::id(&bob), 50).await;
    assert_eq!(
        changes(&entries),
        [json!(["cli", "created", ["external_id", "active"], 1])]
    );
    assert_eq!(entries[0]["client_id"], Value::Null);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn calls_are_told_with_what_came_of_them_and_without_secrets(#[case] store: Store) {
    // Given a vendor that refuses a user who has a password, and then takes it
    let server = whole::with_only(store, &["corti"]).await;
    let api = server.api();
    let played = Played::of(&server, "corti");
    let password = "first-passw0rd-9-Xq";
    let console = corti::project(&server, &api).await.below("/customers/default");
    let mut described = corti::user(&whole::email("ann"));
    described["password"] = json!(password);
    played.refuse("create", 400).await;
    let id = console.post("/users", described).await.expect(201).text_at("/id");
    whole::account_with(&api, &id, "corti", "needs_attention").await;
    played.mend().await;
    let account = whole::account_path(&api, &id, "corti").await;
    api.post(&format!("{account}/retry"), json!({})).await.expect(200);
    whole::in_sync(&api, &id, "corti").await;
    api.post(&format!("/v1/users/{id}/deactivate"), json!({}))
        .await
        .expect(200);
    whole::in_sync(&api, &id, "corti").await;

    let entries = told(&api, &id, 200).await;

    let calls = calls(&entries, "corti");
    let refused = calls
        .iter()
        .position(|call| *call == json!(["create", "rejected", 400]));
    let refused = refused.unwrap_or_else(|| panic!("no refused call: {calls:?}"));
    assert!(
        calls[..refused].contains(&json!(["look_up", "absent", null])),
        "{calls:?}"
    );
    assert!(calls[refused..].contains(&json!(["create", "done", null])), "{calls:?}");
    assert!(calls.contains(&json!(["deactivate", "done", null])), "{calls:?}");
    let told_why = entries.iter().filter(|entry| entry["kind"] == "call");
    for entry in told_why {
        assert_eq!(entry["message"].is_string(), entry["status"].is_number(), "{entry}");
        assert!(
            entry["took_ms"].is_u64() && entry["connection_id"].is_string(),
            "{entry}"
        );
    }
    // Neither the password nor what opens the vendor is told, or logged.
    let accesses = server.cli(&["sandbox", "credentials", "--json"]).ok().json();
    let all = accesses["data"].as_array().expect("a list");
    let corti = all.iter().find(|access| access["vendor"] == "corti").expect("Corti");
    let text = format!("{}{}", json!(entries), server.log());
    for secret in [password, corti["credentials"]["password"].as_str().expect("a password")] {
        assert!(!text.contains(secret), "{secret} is told");
    }
    assert!(!Place::of(&text).has_token(), "a token is told");
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn who_was_deleted_still_has_a_history_and_nobody_elses_organization_sees_it(#[case] store: Store) {
    let server = whole::with_only(store, &["corti"]).await;
    let (api, other) = (server.api(), server.another_organization("st-ann"));
    whole::set(&api, "corti", json!({ "assignment": "chosen", "on_leave": "delete" })).await;
    let user = whole::user(&api, "ann").await;
    let id = given::id(&user);
    let account = whole::account_path(&api, id, "corti").await;

    // Given a user who was assigned, taken off, assigned again and deleted
    api.put(&account, json!({})).await.expect(200);
    whole::in_sync(&api, id, "corti").await;
    api.delete(&account).await.expect(200);
    whole::account_with(&api, id, "corti", "removed").await;
    let connection = whole::connection(&api, "corti").await;
    server
        .cli(&["accounts", "assign", "ann", "--connection", given::id(&connection)])
        .ok();
    whole::in_sync(&api, id, "corti").await;
    api.delete(&format!("/v1/users/{id}")).await.expect(204);
    whole::account_with(&api, id, "corti", "removed").await;

    let entries = told(&api, id, 2).await;

    let deeds: Vec<Value> = entries
        .iter()
        .filter(|entry| entry["kind"] == "change")
        .map(|entry| json!([entry["surface"], entry["action"], entry["connection_id"]]))
        .collect();
    let at = given::id(&connection);
    assert_eq!(
        json!(deeds),
        json!([
            ["v1", "created", null],
            ["v1", "assigned", at],
            ["v1", "unassigned", at],
            ["cli", "assigned", at],
            ["v1", "deleted", null],
        ])
    );
    assert!(
        calls(&entries, "corti").contains(&json!(["delete", "done", null])),
        "{entries:?}"
    );
    // The command line finds it by the id.
    let table = server.cli(&["users", "history", id]).ok().stdout;
    assert!(table.contains("deleted"), "{table}");
    // Nobody else does, and what there is not has none.
    let path = format!("/v1/users/{id}/history");
    other.get(&path).await.expect(404);
    api.anonymous().get(&path).await.expect(401);
    api.get(&format!("/v1/users/{}/history", e2e::clock::unknown_id()))
        .await
        .expect(404);
    server
        .cli(&["users", "history", id, "--organization", "st-ann"])
        .failed(2);
}
