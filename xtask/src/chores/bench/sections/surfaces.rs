//! Writing and reading over other surfaces on PostgreSQL: SCIM, and Nabla Connect's upsert. What they are held against is
//! the same over `/v1`, in pairs as always.

use anyhow::{Context, Result};
use serde_json::json;

use crate::chores::bench::api::Api;
use crate::chores::bench::context::Bench;
use crate::chores::bench::fill::{fill, first_user};
use crate::chores::bench::pairs::Pairs;
use crate::chores::bench::plan::{Counter, MARK};
use crate::chores::bench::report::Row;
use crate::chores::bench::sql::Database;
use crate::chores::bench::stage;
use crate::chores::bench::wrk::{Request, Tokens};

const CLIENTS: u32 = 32;
/// Where Nabla Connect's dialect is.
const CONNECT: &str = "/nabla/v1/connect/server";
/// The halves of a key pair that proves nothing to anybody.
const PRIVATE_KEY: &str = "tests/fixtures/client.pem";
const PUBLIC_KEY: &str = "tests/fixtures/client.pub.pem";

pub(in crate::chores::bench) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let database = Database::create(&bench.server, &bench.tools, "bench_surfaces")?;
    let roster = bench.roster(Some(&database.url), &["--role", "api", "--allow-private-addresses"])?;
    let (url, plan) = (roster.url(), bench.plan);
    let api = stage::api(&url);
    stage::connect(bench.workspace, &api, "http://127.0.0.1:9")?;
    let (id, pattern) = first_user(&api)?;
    fill(&database, &id, plan.users())?;
    let client = client(bench, &api)?;
    let mut counter = Counter::new();
    let mut rows = Vec::new();
    let read = stage::get(format!("/v1/users/{pattern}"));
    let scim_read = stage::get(format!("/scim/v2/Users/{pattern}"));
    for (name, what, request, yardstick, is_write) in [
        ("scim-create", "SCIM create", Some(scim_create()), stage::create(), true),
        ("scim-read", "SCIM read", Some(scim_read), read, false),
        ("connect-upsert", "Nabla Connect upsert", None, stage::create(), true),
    ] {
        let mut tokens = || {
            if is_write {
                Tokens::From(counter.next())
            } else {
                Tokens::Among(plan.users())
            }
        };
        let mut all = Vec::new();
        (0..2 * plan.pairs).for_each(|_| all.push(tokens()));
        let mut left = all.into_iter();
        let next = std::cell::RefCell::new(move || left.next().context("no tokens are left"));
        let pairs = Pairs::measure(
            plan.pairs,
            &format!("{what}, {CLIENTS} clients"),
            "1/s",
            || {
                let tokens = (next.borrow_mut())()?;
                database.settle()?;
                Ok(bench
                    .tools
                    .wrk
                    .run(&url, &yardstick, tokens, CLIENTS, plan.seconds)?
                    .per_second)
            },
            || {
                let tokens = (next.borrow_mut())()?;
                database.settle()?;
                // An access token does not hold for ever, so that each slice has one of its own.
                let request = match &request {
                    Some(request) => request.clone(),
                    None => connect_upsert(&access_token(bench, &url, &client)?),
                };
                Ok(bench
                    .tools
                    .wrk
                    .run(&url, &request, tokens, CLIENTS, plan.seconds)?
                    .per_second)
            },
        )?;
        let row = Row::new(
            format!("surfaces/{name}-{CLIENTS}"),
            format!("{what}, {CLIENTS}"),
            "1/s",
            &pairs.ours,
        )?;
        rows.push(row.by("/v1", &pairs.yardstick, &pairs.ours)?);
    }
    bench.report.rows.extend(rows);
    Ok(())
}

/// A user as an identity provider brings it.
pub(in crate::chores::bench) fn scim_create() -> Request {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("clinician.{MARK}@example.org"),
        "externalId": format!("idp-{MARK}"),
        "name": { "givenName": "Ann", "familyName": "Lee" },
        "emails": [{ "value": format!("clinician.{MARK}@example.org"), "primary": true }],
        "active": true,
    });
    Request {
        method: "POST",
        path: "/scim/v2/Users".to_owned(),
        authorization: stage::authorization(),
        content_type: "application/scim+json",
        body: body.to_string(),
    }
}

fn connect_upsert(token: &str) -> Request {
    let body = json!({
        "external_provider_id": format!("ehr-{MARK}"),
        "provider_email": format!("clinician.{MARK}@example.org"),
        "settings": { "speech_locale": "ENGLISH_US" },
    });
    Request {
        method: "POST",
        path: format!("{CONNECT}/users"),
        authorization: format!("Bearer {token}"),
        content_type: "application/json",
        body: body.to_string(),
    }
}

/// An OAuth client, by its id.
fn client(bench: &Bench<'_>, api: &Api) -> Result<String> {
    let path = bench.workspace.root().join(PUBLIC_KEY);
    let key = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let made = api.json(
        "POST",
        "/v1/clients",
        &json!({ "kind": "oauth_client", "public_key": key }),
    )?;
    Ok(made["id"].as_str().context("a client without an id")?.to_owned())
}

fn access_token(bench: &Bench<'_>, url: &str, client: &str) -> Result<String> {
    let audience = format!("{url}{CONNECT}/oauth/token");
    let assertion = bench
        .yardsticks
        .assertion(client, &audience, &bench.workspace.root().join(PRIVATE_KEY))?;
    let request = json!({
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    });
    let granted = stage::api(url).json("POST", &format!("{CONNECT}/oauth/token"), &request)?;
    Ok(granted["access_token"].as_str().context("no access token")?.to_owned())
}
