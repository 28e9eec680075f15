//! A Roster to be measured: with four connections, so that each user makes four accounts, and with users if wanted.

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::api::Api;
use super::plan::{AT_ONCE, MARK};
use super::wrk::Request;
use crate::roster::KEY;
use crate::workspace::Workspace;

/// An RSA key that proves nothing to anybody.
const PRIVATE_KEY: &str = "tests/fixtures/client.pem";

/// How many calls each of the four vendors gets at once: together as many as the bare loop of calls sends.
const CONCURRENCY: u32 = AT_ONCE / 4;

/// The four vendors, all at `base`, where nobody need be as long as no worker runs.
pub(super) fn connect(workspace: &Workspace, api: &Api, base: &str) -> Result<()> {
    connections(workspace, api, base, false)
}

/// The same with nothing sent to them, whatever a worker would do.
pub(super) fn connect_paused(workspace: &Workspace, api: &Api, base: &str) -> Result<()> {
    connections(workspace, api, base, true)
}

fn connections(workspace: &Workspace, api: &Api, base: &str, paused: bool) -> Result<()> {
    let path = workspace.root().join(PRIVATE_KEY);
    let private_key = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let oauth = json!({ "client_id": "00000000-0000-4000-8000-000000000001", "private_key": private_key });
    let vendors = [
        ("nabla_core", "core", oauth.clone(), json!({})),
        ("nabla_connect", "connect", oauth, json!({})),
        ("upheal", "upheal", json!({ "api_key": "a-key" }), json!({})),
        (
            "corti",
            "corti",
            json!({ "email": "bench@example.org", "password": "a-password" }),
            json!({ "project_id": "bench", "customer_id": "bench", "create_customer": true }),
        ),
    ];
    for (vendor, folder, credentials, mut options) in vendors {
        options["allow_private_addresses"] = json!(true);
        options["requests_per_minute"] = json!(0);
        options["hold_percent"] = json!(100);
        options["concurrency"] = json!(CONCURRENCY);
        let connection = json!({
            "vendor": vendor, "base_url": format!("{base}/{folder}"), "credentials": credentials, "options": options,
            "paused": paused,
        });
        api.json("POST", "/v1/connections", &connection)?;
    }
    Ok(())
}

/// A caller with the key of the organization `default`.
pub(super) fn api(url: &str) -> Api {
    Api::new(url, &authorization())
}

pub(super) fn authorization() -> String {
    format!("Bearer {KEY}")
}

/// A clinician such as there are many, with a mark where the token goes.
pub(super) fn user() -> Value {
    json!({
        "external_id": format!("ehr-{MARK}"),
        "email": format!("clinician.{MARK}@example.org"),
        "first_name": "Ann",
        "last_name": "Lee",
        "locale": "en-US",
        "roles": ["PRACTITIONER"],
        "metadata": { "site": "north" },
        "settings": { "speech_locale": "en-US" },
    })
}

/// The request that makes one over `/v1`.
pub(super) fn create() -> Request {
    Request {
        method: "POST",
        path: "/v1/users".to_owned(),
        authorization: authorization(),
        content_type: "application/json",
        body: user().to_string(),
    }
}

/// A request that reads over `/v1`.
pub(super) fn get(path: String) -> Request {
    Request {
        method: "GET",
        path,
        authorization: authorization(),
        content_type: "",
        body: String::new(),
    }
}

/// Makes one request with one token, and returns what it answers.
pub(super) fn once(api: &Api, request: &Request, token: &str) -> Result<Value> {
    let (path, body) = (request.path.replace(MARK, token), request.body.replace(MARK, token));
    let body = (!body.is_empty()).then_some((request.content_type, body.as_str()));
    api.call(request.method, &path, body)
}
