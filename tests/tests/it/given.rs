//! What the tests begin with, and what they look at in the end.

use std::time::Duration;

use e2e::{Api, wait};
use serde_json::{Value, json};

/// Longer than anything takes that is not stuck.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A user with nothing but an external id.
pub(crate) async fn user(api: &Api, external_id: &str) -> Value {
    api.post("/v1/users", json!({ "external_id": external_id }))
        .await
        .expect(201)
        .json()
}

/// The canonical record of a user, by whatever id another surface answered.
pub(crate) async fn canonical(api: &Api, id: &str) -> Value {
    api.get(&format!("/v1/users/{id}")).await.expect(200).json()
}

/// The canonical record of the user of an external id.
pub(crate) async fn by_external_id(api: &Api, external_id: &str) -> Value {
    let path = format!("/v1/users?external_id={external_id}");
    let found = api.get(&path).await.expect(200).data();
    let [user] = found.as_slice() else {
        panic!("{path} is not one user: {found:?}")
    };
    user.clone()
}

/// A record with some fields changed.
pub(crate) fn with(record: &Value, changes: Value) -> Value {
    let mut result = record.clone();
    let (Value::Object(fields), Value::Object(changes)) = (&mut result, changes) else {
        panic!("records are objects")
    };
    fields.extend(changes);
    result
}

/// The id of a record.
pub(crate) fn id(record: &Value) -> &str {
    record["id"]
        .as_str()
        .unwrap_or_else(|| panic!("a record without an id: {record}"))
}

/// Every user of an organization, page by page.
pub(crate) async fn users(api: &Api) -> Vec<Value> {
    all(api, "/v1/users").await
}

/// Every record of a list of `/v1`, page by page.
pub(crate) async fn all(api: &Api, path: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("{path}?limit=100{cursor}")).await.expect(200);
        found.extend(page.data());
        match page.json()["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// A user's account at the only connection there is.
pub(crate) async fn account(api: &Api, user: &str) -> Value {
    let accounts = api.get(&format!("/v1/users/{user}/accounts")).await.expect(200).data();
    let [account] = accounts.as_slice() else {
        panic!("not one account: {accounts:?}")
    };
    account.clone()
}

/// A user's account at the only connection there is, once it has a status.
pub(crate) async fn account_with(api: &Api, user: &str, status: &str, limit: Duration) -> Value {
    wait::until(&format!("the account is {status}"), limit, async || {
        let account = account(api, user).await;
        if account["status"] == status {
            Ok(account)
        } else {
            Err(account.to_string())
        }
    })
    .await
}

/// A user's account at the only connection there is, once it is in sync.
pub(crate) async fn in_sync(api: &Api, user: &str) -> Value {
    account_with(api, user, "in_sync", SOON).await
}

/// The accounts of a user at every connection, once all of them are in sync.
pub(crate) async fn in_sync_everywhere(api: &Api, user: &str) -> Vec<Value> {
    in_sync_everywhere_within(api, user, SOON * 2).await
}

/// The accounts of a user at every connection, once all of them are in sync, which may take longer than usual.
pub(crate) async fn in_sync_everywhere_within(api: &Api, user: &str, limit: Duration) -> Vec<Value> {
    wait::until("every account of the user is in sync", limit, async || {
        let accounts = api.get(&format!("/v1/users/{user}/accounts")).await.expect(200).data();
        let in_sync = accounts.iter().filter(|account| account["status"] == "in_sync").count();
        if in_sync > 0 && in_sync == accounts.len() {
            Ok(accounts)
        } else {
            Err(format!("{in_sync} are, of {accounts:?}"))
        }
    })
    .await
}

/// Waits until every account of a user who is to work no more has a status, but for the one at Nabla Connect: where the user
/// is there already, nothing can be done about it, and that is said.
pub(crate) async fn off_everywhere(api: &Api, user: &str, status: &str) {
    wait::until(&format!("every account of the user is {status}"), SOON, async || {
        let accounts = api.get(&format!("/v1/users/{user}/accounts")).await.expect(200).data();
        let is_done = |account: &Value| {
            let is_said = account["vendor"] == "nabla_connect" && account["attention"]["cause"] == "unsupported";
            account["status"] == status || is_said
        };
        if !accounts.is_empty() && accounts.iter().all(is_done) {
            Ok(())
        } else {
            Err(format!("{accounts:?}"))
        }
    })
    .await;
}

/// Waits until every account of the organization is in sync, and returns how many there are.
pub(crate) async fn all_in_sync(api: &Api, limit: Duration) -> usize {
    wait::until("every account is in sync", limit, async || {
        let accounts = all(api, "/v1/accounts").await;
        let behind: Vec<&Value> = accounts
            .iter()
            .filter(|account| account["status"] != "in_sync")
            .collect();
        match behind.first() {
            None => Ok(accounts.len()),
            Some(one) => Err(format!("{} of {} are not, such as {one}", behind.len(), accounts.len())),
        }
    })
    .await
}

/// A connection to a Nabla Core that nobody runs, for tests in which nothing is sent.
pub(crate) fn new_connection() -> Value {
    json!({
        "vendor": "nabla_core",
        "label": "Nabla, EU",
        "base_url": "https://nabla.example.org/v1/core/server",
        "paused": true,
        "credentials": { "client_id": e2e::clock::unknown_id(), "private_key": e2e::nabla::OWN.private },
    })
}

/// Holds an answer against a snapshot, ids and times aside.
macro_rules! shows {
    ($answer:expr, @$snapshot:literal) => {{
        let shown = $answer.shown();
        insta::with_settings!({ sort_maps => true }, {
            insta::assert_json_snapshot!(
                shown,
                {
                    ".body.id" => "[id]",
                    ".body.userId" => "[id]",
                    ".body.organizationId" => "[organization]",
                    ".body.inviteUrl" => "[invite]",
                    ".body.privateRoomLink" => "[room]",
                    ".body.createdAt" => "[time]",
                    ".body.created_at" => "[time]",
                    ".body.updated_at" => "[time]",
                    ".body.traceId" => "[trace]",
                    ".body.instance" => "[id]",
                },
                @$snapshot
            );
        });
    }};
}
pub(crate) use shows;
