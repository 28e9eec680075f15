//! Users whom every vendor takes, and their accounts at each.

use e2e::{Api, Server, Store, wait};
use serde_json::{Value, json};

use crate::given::{self, SOON};

/// A server that plays the vendors, of whose connections only these are left.
pub(crate) async fn with_only(store: Store, vendors: &[&str]) -> Server {
    let server = Server::on(store).sandbox().start().await;
    let api = server.api();
    for connection in api.get("/v1/connections").await.expect(200).data() {
        if !vendors.iter().any(|vendor| connection["vendor"] == *vendor) {
            let path = format!("/v1/connections/{}", given::id(&connection));
            api.delete(&path).await.expect(204);
        }
    }
    server
}

/// A user with all that a vendor may require.
pub(crate) async fn user(api: &Api, name: &str) -> Value {
    api.post("/v1/users", described(name)).await.expect(201).json()
}

/// What makes such a user.
pub(crate) fn described(name: &str) -> Value {
    json!({ "external_id": name, "email": email(name), "first_name": "Ann", "last_name": "Moreau" })
}

/// The address of such a user.
pub(crate) fn email(name: &str) -> String {
    format!("{name}@example.org")
}

/// The connection to a vendor.
pub(crate) async fn connection(api: &Api, vendor: &str) -> Value {
    let connections = api.get("/v1/connections").await.expect(200).data();
    let found = connections.iter().find(|connection| connection["vendor"] == vendor);
    found
        .unwrap_or_else(|| panic!("no connection to {vendor}: {connections:?}"))
        .clone()
}

/// The path of the connection to a vendor.
pub(crate) async fn path(api: &Api, vendor: &str) -> String {
    format!("/v1/connections/{}", given::id(&connection(api, vendor).await))
}

/// Changes options of the connection to a vendor.
pub(crate) async fn set(api: &Api, vendor: &str, options: Value) {
    let path = path(api, vendor).await;
    api.patch(&path, json!({ "options": options })).await.expect(200);
}

/// Pauses the connection to a vendor, or lets it go on.
pub(crate) async fn pause(api: &Api, vendor: &str, paused: bool) {
    let path = path(api, vendor).await;
    api.patch(&path, json!({ "paused": paused })).await.expect(200);
}

/// The path of a user's account at a vendor.
pub(crate) async fn account_path(api: &Api, user: &str, vendor: &str) -> String {
    let connection = connection(api, vendor).await;
    format!("/v1/users/{user}/accounts/{}", given::id(&connection))
}

/// A user's account at a vendor, if there is one.
pub(crate) async fn account(api: &Api, user: &str, vendor: &str) -> Option<Value> {
    let accounts = api.get(&format!("/v1/users/{user}/accounts")).await.expect(200).data();
    accounts.into_iter().find(|account| account["vendor"] == vendor)
}

/// A user's account at a vendor, once it is as it should be.
pub(crate) async fn account_once(
    api: &Api,
    user: &str,
    vendor: &str,
    what: &str,
    is_so: impl Fn(&Value) -> bool,
) -> Value {
    wait::until(
        &format!("the account at {vendor} {what}"),
        SOON,
        async || match account(api, user, vendor).await {
            Some(account) if is_so(&account) => Ok(account),
            other => Err(format!("{other:?}")),
        },
    )
    .await
}

/// A user's account at a vendor, once it has a status.
pub(crate) async fn account_with(api: &Api, user: &str, vendor: &str, status: &str) -> Value {
    account_once(api, user, vendor, &format!("is {status}"), |account| {
        account["status"] == status
    })
    .await
}

/// A user's account at a vendor, once it is in sync.
pub(crate) async fn in_sync(api: &Api, user: &str, vendor: &str) -> Value {
    account_with(api, user, vendor, "in_sync").await
}
