//! What somebody changes at a vendor by hand: it is noticed when accounts are read back, and repaired or reported.

use std::time::Duration;

use e2e::{Played, Server, Store, wait};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, SOON};
use crate::whole;

/// A user who is at one vendor.
struct There {
    server: Server,
    vendor: Played,
    name: &'static str,
    user: String,
    /// The vendor's id.
    id: String,
}

impl There {
    async fn at(store: Store, name: &'static str, drift: &str) -> Self {
        let server = whole::with_only(store, &[name]).await;
        whole::set(&server.api(), name, json!({ "drift": drift })).await;
        let user = whole::user(&server.api(), "ann").await;
        let account = whole::in_sync(&server.api(), given::id(&user), name).await;
        Self {
            vendor: Played::of(&server, name),
            user: given::id(&user).to_owned(),
            id: account["vendor_user_id"].as_str().expect("the vendor's id").to_owned(),
            name,
            server,
        }
    }

    /// Changes something at the vendor, as its own console does.
    async fn change_by_hand(&self) {
        let change = match self.name {
            "nabla_core" => json!({ "metadata": { "changed": "by hand" } }),
            _ => json!({ "firstName": "Eve" }),
        };
        let path = format!("/users/{}", self.id);
        self.vendor
            .by_hand(&self.server)
            .await
            .patch(&path, change)
            .await
            .expect(200);
        assert!(!self.is_right().await, "nothing was changed");
    }

    /// Whether the one user at the vendor is as in Roster.
    async fn is_right(&self) -> bool {
        let users = self.vendor.users().await;
        let [user] = users.as_slice() else {
            panic!("not one user: {users:?}")
        };
        match self.name {
            "nabla_core" => user["metadata"].is_null() && user["active"] == true,
            _ => user["first_name"] == "Ann" && user["active"] == true,
        }
    }

    async fn read_back(&self) {
        assert_eq!(
            self.server.database().read_back_now().await,
            1,
            "one account is read back"
        );
    }

    async fn is_right_again(&self) {
        wait::until("the vendor's user is right again", SOON, async || {
            let users = self.vendor.users().await;
            if users.len() == 1 && self.is_right().await {
                Ok(())
            } else {
                Err(format!("{users:?}"))
            }
        })
        .await;
    }

    async fn account_once(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        whole::account_once(&self.server.api(), &self.user, self.name, what, is_so).await
    }
}

#[rstest]
#[tokio::test]
async fn a_change_by_hand_is_repaired(
    #[values(Store::Sqlite, Store::Postgres)] store: Store,
    #[values("nabla_core", "upheal", "corti")] vendor: &'static str,
) {
    let there = There::at(store, vendor, "repair").await;

    // Fields
    there.change_by_hand().await;
    there.read_back().await;
    there.is_right_again().await;
    let account = there
        .account_once("is in sync", |account| account["status"] == "in_sync")
        .await;
    assert_eq!(account["drift"], Value::Null, "{account}");
    assert!(
        account["next_attempt_at"].is_string(),
        "it is read back again: {account}"
    );

    // And whether the user is active
    let (path, hand) = (
        format!("/users/{}", there.id),
        there.vendor.by_hand(&there.server).await,
    );
    match vendor {
        "nabla_core" => hand.post(&format!("{path}/deactivate"), json!({})).await.expect(200),
        "upheal" => hand.delete(&path).await.expect(202),
        _ => hand.patch(&path, json!({ "enabled": false })).await.expect(200),
    };
    assert!(!there.is_right().await);
    there
        .account_once("is in sync", |account| account["status"] == "in_sync")
        .await;
    there.read_back().await;
    there.is_right_again().await;
}

#[rstest]
#[tokio::test]
async fn a_change_by_hand_is_reported_and_left_where_the_connection_says_so(
    #[values(Store::Sqlite, Store::Postgres)] store: Store,
    #[values("nabla_core", "upheal", "corti")] vendor: &'static str,
) {
    let there = There::at(store, vendor, "report").await;
    there.change_by_hand().await;

    there.read_back().await;

    let account = there
        .account_once("shows it", |account| account["drift"].is_object())
        .await;
    assert_eq!(account["status"], "in_sync", "{account}");
    let message = account["drift"]["message"].as_str().expect("a message");
    let field = if vendor == "nabla_core" {
        "metadata"
    } else {
        "firstName"
    };
    assert!(message.contains(field), "{message}");
    assert!(account["drift"]["since"].is_string(), "{account}");
    assert!(!there.is_right().await, "it was to be left");
    let table = there.server.cli(&["accounts", "list"]).ok().stdout;
    assert!(table.contains(field), "{table}");

    // Found again, it is as old as before
    there.read_back().await;
    wait::pause(Duration::from_millis(1_500)).await;
    let again = there
        .account_once("shows it", |account| account["drift"].is_object())
        .await;
    assert_eq!(again["drift"], account["drift"]);

    // and gone, once it is to be repaired.
    whole::set(&there.server.api(), vendor, json!({ "drift": "repair" })).await;
    there.server.database().read_back_now().await;
    there.is_right_again().await;
    there
        .account_once("shows it no more", |account| {
            account["drift"].is_null() && account["status"] == "in_sync"
        })
        .await;
}

#[rstest]
#[tokio::test]
async fn nobody_looks_where_the_connection_says_so(
    #[values(Store::Sqlite, Store::Postgres)] store: Store,
    #[values("nabla_core", "upheal", "corti")] vendor: &'static str,
) {
    // Given two accounts that were to be read back, one of them not from the beginning
    let there = There::at(store, vendor, "off").await;
    let account = there
        .account_once("is in sync", |account| account["status"] == "in_sync")
        .await;
    assert_eq!(account["next_attempt_at"], Value::Null, "{account}");
    assert_eq!(there.server.database().read_back_now().await, 0);
    let api = there.server.api();
    whole::set(&api, vendor, json!({ "drift": "repair" })).await;
    let other = whole::user(&api, "other").await;
    whole::in_sync(&api, given::id(&other), vendor).await;
    let (one, other) = (there.user.as_str(), given::id(&other));
    for user in [one, other] {
        whole::account_once(&api, user, vendor, "is to be read back", |account| {
            account["status"] == "in_sync" && account["next_attempt_at"].is_string()
        })
        .await;
    }
    whole::set(&api, vendor, json!({ "drift": "off" })).await;
    let calls = there.vendor.calls().await.len();
    let let_be = async |user| {
        whole::account_once(&api, user, vendor, "is let be", |account| {
            account["status"] == "in_sync" && account["next_attempt_at"].is_null()
        })
        .await;
    };

    // Then there is no time at which either is due any more,
    let_be(one).await;
    let_be(other).await;
    assert_eq!(there.server.database().read_back_now().await, 0);
    // and where one comes up all the same, the vendor is not asked, and the time is not set again.
    assert_eq!(there.server.database().claim_again_now().await, 2);
    let_be(one).await;
    let_be(other).await;
    assert_eq!(there.vendor.calls().await.len(), calls);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn who_is_deleted_at_the_vendor_is_noticed_and_made_again(#[case] store: Store) {
    let there = There::at(store, "corti", "repair").await;
    let path = format!("/users/{}", there.id);
    there
        .vendor
        .by_hand(&there.server)
        .await
        .delete(&path)
        .await
        .expect(204);
    assert_eq!(there.vendor.users().await, Vec::<Value>::new());

    there.read_back().await;

    let account = there
        .account_once("has another id", |account| {
            account["status"] == "in_sync" && account["vendor_user_id"].as_str() != Some(&there.id)
        })
        .await;
    assert!(there.is_right().await);
    assert_eq!(there.vendor.users().await[0]["id"], account["vendor_user_id"]);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn who_is_deleted_at_the_vendor_is_reported_where_the_connection_says_so(#[case] store: Store) {
    let there = There::at(store, "corti", "report").await;
    let path = format!("/users/{}", there.id);
    there
        .vendor
        .by_hand(&there.server)
        .await
        .delete(&path)
        .await
        .expect(204);

    there.read_back().await;

    let account = there
        .account_once("shows it", |account| account["drift"].is_object())
        .await;
    let message = account["drift"]["message"].as_str().expect("a message");
    assert!(message.contains("Corti"), "{message}");
    assert_eq!(there.vendor.users().await, Vec::<Value>::new());
}
