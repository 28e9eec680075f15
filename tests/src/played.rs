//! A vendor that the sandbox plays: what it was asked, whom it has, and its own API, for what somebody does there by hand.

use serde_json::{Value, json};

use crate::{Api, Server};

/// A vendor that the sandbox plays.
#[derive(Debug, Clone)]
pub struct Played {
    vendor: &'static str,
    /// The sandbox, for its operator.
    sandbox: Api,
}

impl Played {
    /// A vendor by its name, such as `corti`.
    pub fn of(server: &Server, vendor: &'static str) -> Self {
        Self {
            vendor,
            sandbox: server.api(),
        }
    }

    /// A caller of the vendor's own API, with what the sandbox made to open it; at Corti, below the customer that users are in.
    pub async fn by_hand(&self, server: &Server) -> Api {
        let accesses = server.cli(&["sandbox", "credentials", "--json"]).ok().json();
        let found = accesses["data"].as_array().into_iter().flatten();
        let mut found = found.filter(|access| access["vendor"] == self.vendor);
        // The newest of its APIs: the current generation of Nabla Core comes first, the second version of Upheal last.
        let access = match self.vendor {
            "nabla_core" => found.next(),
            _ => found.next_back(),
        };
        let access = access.unwrap_or_else(|| panic!("{} is not in the sandbox: {accesses}", self.vendor));
        caller(&server.url(), access).await
    }

    /// The calls that it got, in order.
    pub async fn calls(&self) -> Vec<Value> {
        let path = format!("/sandbox/calls?vendor={}", self.vendor);
        self.sandbox.get(&path).await.expect(200).data()
    }

    /// Whom it has, as canonical users.
    pub async fn users(&self) -> Vec<Value> {
        let path = format!("/sandbox/users?vendor={}", self.vendor);
        self.sandbox.get(&path).await.expect(200).data()
    }

    /// The user of an e-mail address, of whom there is one.
    pub async fn user(&self, email: &str) -> Value {
        let users = self.users().await;
        let found: Vec<&Value> = users.iter().filter(|user| user["email"] == email).collect();
        let [user] = found.as_slice() else {
            panic!("{} has not one user of {email}: {users:?}", self.vendor)
        };
        (*user).clone()
    }

    /// Has it answer every call of one operation with a status.
    pub async fn refuse(&self, operation: &str, status: u16) {
        let fault = json!({ "kind": "status", "status": status });
        let body = json!({ "vendor": self.vendor, "operation": operation, "fault": fault });
        self.sandbox.post("/sandbox/faults", body).await.expect(201);
    }

    /// Has it do everything right again, and panics unless each of its faults has struck.
    pub async fn mend(&self) {
        let path = format!("/sandbox/faults?vendor={}", self.vendor);
        let faults = self.sandbox.get(&path).await.expect(200).data();
        assert!(!faults.is_empty(), "no fault is set");
        for fault in faults {
            assert!(fault["fired"].as_u64() > Some(0), "a fault never struck: {fault}");
        }
        self.sandbox.delete(&path).await.expect(204);
    }
}

async fn caller(server: &str, access: &Value) -> Api {
    let text = |value: &Value| {
        value
            .as_str()
            .unwrap_or_else(|| panic!("not a text: {access}"))
            .to_owned()
    };
    // Where the server is, is told by one of its connections, which a test may have deleted.
    let base = text(&access["base_url"]);
    let path = base.splitn(4, '/').nth(3).unwrap_or_default();
    let api = Api::new(&format!("{server}/{path}"));
    let credentials = &access["credentials"];
    match access["authentication"].as_str() {
        Some("oauth_client") => api.bearer(&text(&credentials["access_token"])),
        Some("api_key") => api.with("x-api-key", &text(&credentials["api_key"])),
        Some("service_account") => {
            let login = json!({ "email": credentials["email"], "password": credentials["password"] });
            let token = api.post("/auth/token", login).await.expect(200).text_at("/accessToken");
            api.below(&format!(
                "/projects/{}/customers/sandbox",
                text(&access["organization"])
            ))
            .bearer(&token)
        }
        other => panic!("nothing is known of {other:?}: {access}"),
    }
}
