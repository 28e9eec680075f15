//! What would be sent to each vendor: shown without sending it, and then sent as it was shown.

use e2e::{Played, Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, SOON};
use crate::whole;

const VENDORS: [&str; 4] = ["nabla_core", "nabla_connect", "upheal", "corti"];

/// Operations that a preview does not show: how a caller proves who it is.
const UNSHOWN: &str = "token";

async fn pause_all(server: &Server, paused: bool) {
    for vendor in VENDORS {
        whole::pause(&server.api(), vendor, paused).await;
    }
}

async fn calls(server: &Server, vendor: &'static str) -> Vec<Value> {
    Played::of(server, vendor).calls().await
}

/// The method and path of every request that is previewed for a vendor.
fn previewed(preview: &Value, vendor: &str) -> Vec<(String, String)> {
    let steps = of(preview, vendor)["steps"].as_array().expect("steps");
    let requests = steps.iter().flat_map(|step| {
        assert_eq!(step["error"], Value::Null, "{step}");
        step["requests"].as_array().expect("requests")
    });
    requests
        .map(|request| {
            let url = request["url"].as_str().expect("a URL");
            let path = url.splitn(4, '/').nth(3).expect("a path");
            let path = path.split('?').next().unwrap_or_default();
            (text(&request["method"]), format!("/{path}"))
        })
        .collect()
}

fn of<'a>(preview: &'a Value, vendor: &str) -> &'a Value {
    let all = preview["data"].as_array().expect("a list");
    let found = all.iter().find(|one| one["vendor"] == vendor);
    found.unwrap_or_else(|| panic!("nothing is said of {vendor}: {preview}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

async fn preview(server: &Server, user: &str) -> Value {
    let path = format!("/v1/users/{user}/preview");
    server.api().post(&path, json!({})).await.expect(200).json()
}

/// Previews at every vendor what is then sent, and holds one against the other.
async fn holds(server: &Server, user: &str) -> Value {
    let mut before = Vec::new();
    for vendor in VENDORS {
        before.push(calls(server, vendor).await);
    }
    let shown = preview(server, user).await;
    for (vendor, before) in VENDORS.into_iter().zip(&before) {
        assert_eq!(&calls(server, vendor).await, before, "{vendor} was called by looking");
    }
    pause_all(server, false).await;
    for vendor in VENDORS {
        if of(&shown, vendor)["attention"].is_null() {
            whole::in_sync(&server.api(), user, vendor).await;
        } else {
            whole::account_with(&server.api(), user, vendor, "needs_attention").await;
        }
    }
    for (vendor, before) in VENDORS.into_iter().zip(&before) {
        let sent: Vec<(String, String)> = calls(server, vendor).await[before.len()..]
            .iter()
            .filter(|call| call["operation"] != UNSHOWN)
            .map(|call| (text(&call["method"]), text(&call["path"])))
            .collect();
        let shown: Vec<(String, String)> = previewed(&shown, vendor);
        assert_eq!(shown, sent, "{vendor}");
    }
    shown
}

/// Everything that opens a vendor's API.
fn secrets(server: &Server) -> Vec<String> {
    let accesses = server.cli(&["sandbox", "credentials", "--json"]).ok().json();
    let mut secrets = Vec::new();
    for access in accesses["data"].as_array().expect("a list") {
        for name in ["api_key", "password", "private_key", "access_token"] {
            secrets.extend(access["credentials"][name].as_str().map(str::to_owned));
        }
    }
    assert!(secrets.len() >= 6, "{secrets:?}");
    secrets
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn what_is_previewed_for_a_new_a_changed_and_a_deactivated_user_is_what_is_sent(#[case] store: Store) {
    let mut server = Server::on(store).sandbox().start().await;
    server.leaves_accounts(); // Connect cannot deactivate anybody.
    let api = server.api();
    // Given vendors that were called before
    let first = whole::user(&api, "first").await;
    for vendor in VENDORS {
        whole::in_sync(&api, given::id(&first), vendor).await;
    }
    assert_eq!(
        of(&preview(&server, given::id(&first)).await, "corti")["steps"],
        json!([])
    );

    // A new user is looked for where the vendor can be asked, and created
    pause_all(&server, true).await;
    let user = whole::user(&api, "ann").await;
    let id = given::id(&user);
    let shown = holds(&server, id).await;
    for vendor in ["nabla_core", "upheal", "corti"] {
        let steps = &of(&shown, vendor)["steps"];
        assert_eq!(
            (&steps[0]["operation"], &steps[1]["operation"]),
            (&json!("look_up"), &json!("create"))
        );
    }
    let body = &of(&shown, "corti")["steps"][1]["requests"][0]["body"];
    assert_eq!(body["email"].as_str(), Some(whole::email("ann").as_str()), "{body}");

    // A changed one is updated.
    pause_all(&server, true).await;
    let change = json!({ "first_name": "Anna", "metadata": { "site": "north" } });
    api.patch(&format!("/v1/users/{id}"), change).await.expect(200);
    let shown = holds(&server, id).await;
    for vendor in ["nabla_core", "upheal", "corti"] {
        assert_eq!(of(&shown, vendor)["steps"][0]["operation"], "update", "{shown}");
    }

    // A deactivated one is deactivated; where the vendor cannot do that, it is said.
    pause_all(&server, true).await;
    api.post(&format!("/v1/users/{id}/deactivate"), json!({}))
        .await
        .expect(200);
    let shown = holds(&server, id).await;
    let connect = of(&shown, "nabla_connect");
    assert_eq!(connect["steps"], json!([]));
    assert!(
        text(&connect["attention"]).contains("no way to deactivate"),
        "{connect}"
    );
    // Afterwards nothing is left to send.
    let shown = preview(&server, id).await;
    for vendor in ["nabla_core", "upheal", "corti"] {
        assert_eq!(of(&shown, vendor)["steps"], json!([]), "{vendor}");
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_preview_masks_what_is_secret_and_the_command_line_shows_the_same(#[case] store: Store) {
    let server = Server::on(store).sandbox().start().await;
    let api = server.api();
    pause_all(&server, true).await;
    // Given a user with an initial password
    let console = e2e::corti::project(&server, &api).await.below("/customers/default");
    let mut described = e2e::corti::user(&whole::email("ann"));
    described["password"] = json!("first-passw0rd-9-Xq");
    let id = console.post("/users", described).await.expect(201).text_at("/id");
    api.patch(&format!("/v1/users/{id}"), json!({ "external_id": "ann" }))
        .await
        .expect(200);

    let shown = preview(&server, &id).await;
    let told = server.cli(&["users", "preview", "ann", "--json"]).ok().json();
    let text = server.cli(&["users", "preview", "ann"]).ok().stdout;

    assert_eq!(told, shown);
    for title in ["Nabla Core", "Nabla Connect", "Upheal", "Corti"] {
        assert!(text.contains(title), "{text}");
    }
    for vendor in VENDORS {
        for (method, path) in previewed(&shown, vendor) {
            assert!(
                text.contains(&method) && text.contains(&path),
                "{method} {path}:\n{text}"
            );
        }
        let headers = &of(&shown, vendor)["steps"][0]["requests"][0]["headers"];
        let masked = headers["authorization"].as_str().or(headers["x-api-key"].as_str());
        assert!(masked.is_some_and(|value| value.ends_with("***")), "{headers}");
    }
    let everything = format!("{shown}{text}");
    assert!(!everything.contains("first-passw0rd-9-Xq"), "{everything}");
    for secret in secrets(&server) {
        assert!(!everything.contains(&secret), "{secret} is shown:\n{everything}");
    }
    for vendor in VENDORS {
        assert_eq!(calls(&server, vendor).await, Vec::<Value>::new());
    }
    pause_all(&server, false).await;
    given::all_in_sync(&api, SOON).await;
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn who_is_not_there_or_somebody_elses_is_not_previewed(#[case] store: Store) {
    let server = whole::with_only(store, &["corti"]).await;
    let other = server.another_organization("st-ann");
    let user = whole::user(&server.api(), "ann").await;

    let path = format!("/v1/users/{}/preview", given::id(&user));
    other.post(&path, json!({})).await.expect(404);
    let path = format!("/v1/users/{}/preview", e2e::clock::unknown_id());
    server.api().post(&path, json!({})).await.expect(404);
    server.cli(&["users", "preview", "nobody"]).failed(2);
    server
        .cli(&["users", "preview", "ann", "--organization", "st-ann"])
        .failed(2);
    whole::in_sync(&server.api(), given::id(&user), "corti").await;
}
