//! Four vendors in a process of their own, which goes on while the servers that are connected to it are killed.

use serde_json::{Value, json};

use crate::{Api, Server, Store};

/// The vendors, as requests name them.
pub const NAMES: [&str; 4] = ["nabla_core", "nabla_connect", "upheal", "corti"];

/// A sandbox in a process of its own, and nobody's users in it.
#[derive(Debug)]
pub struct Vendors {
    server: Server,
}

impl Vendors {
    /// Starts it.
    pub async fn start() -> Self {
        let server = Server::on(Store::Sqlite).sandbox().start().await;
        Self { server }
    }

    /// Connects an organization of another server to all four. Departures are never held, and there is no limit of calls.
    pub async fn connect(&self, api: &Api) {
        let printed = self.server.cli(&["sandbox", "credentials", "--json"]).ok().json();
        let accesses = printed["data"].as_array().expect("a list");
        for vendor in NAMES {
            // An archived generation opens with a key instead, and an older version comes before the newest.
            let is_meant = |access: &&Value| {
                access["vendor"] == vendor && (vendor != "nabla_core" || access["authentication"] == "oauth_client")
            };
            let access = accesses.iter().rfind(is_meant);
            let access = access.unwrap_or_else(|| panic!("no credentials for {vendor}: {printed}"));
            let base_url = access["base_url"].as_str().expect("a URL").trim_end_matches("/v2");
            let credentials: Value = ["client_id", "private_key", "api_key", "email", "password"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), access["credentials"].get(name)?.clone())))
                .collect::<serde_json::Map<_, _>>()
                .into();
            let mut options = json!({ "allow_private_addresses": true, "requests_per_minute": 0, "hold_percent": 100 });
            if vendor == "corti" {
                options["project_id"] = access["organization"].clone();
                options["customer_id"] = json!("storm");
                options["create_customer"] = json!(true);
            }
            let connection =
                json!({ "vendor": vendor, "base_url": base_url, "credentials": credentials, "options": options });
            api.post("/v1/connections", connection).await.expect(201);
        }
    }

    /// Has a vendor do something wrong. `more` says how often and where: `times`, `every`, `operation`.
    pub async fn fault(&self, vendor: &str, fault: Value, more: Value) {
        let mut body = json!({ "vendor": vendor, "fault": fault });
        let (Value::Object(fields), Value::Object(more)) = (&mut body, more) else {
            panic!("a fault is described by objects")
        };
        fields.extend(more);
        self.server.api().post("/sandbox/faults", body).await.expect(201);
    }

    /// Has everything done right again. Panics unless every fault struck: one that never came proves nothing. Returns how
    /// often they did.
    pub async fn mend(&self) -> u64 {
        let faults = self.server.api().get("/sandbox/faults").await.expect(200).data();
        assert!(!faults.is_empty(), "no fault is set");
        let mut strikes = 0;
        for fault in faults {
            let fired = fault["fired"].as_u64().unwrap_or_default();
            assert!(fired > 0, "a fault never struck: {fault}");
            strikes += fired;
        }
        self.server.api().delete("/sandbox/faults").await.expect(204);
        strikes
    }

    /// The calls that a vendor got, in order: at most the last thousand.
    pub async fn calls(&self, vendor: &str) -> Vec<Value> {
        let path = format!("/sandbox/calls?vendor={vendor}");
        self.server.api().get(&path).await.expect(200).data()
    }

    /// Whom a vendor has, as canonical users.
    pub async fn users(&self, vendor: &str) -> Vec<Value> {
        let path = format!("/sandbox/users?vendor={vendor}");
        self.server.api().get(&path).await.expect(200).data()
    }
}
