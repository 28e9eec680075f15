//! Groups that are tied to connections say who is there.

use e2e::{Api, Played, Server, Store, wait};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, SOON};
use crate::whole;

/// A group that an identity provider keeps.
async fn group(api: &Api, name: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members,
    });
    api.post("/scim/v2/Groups", group).await.expect(201).text_at("/id")
}

/// A server whose only connection takes those who are chosen, with the id of that connection.
async fn choosing(store: Store) -> (Server, String) {
    let server = whole::with_only(store, &["nabla_core"]).await;
    whole::set(&server.api(), "nabla_core", json!({ "assignment": "chosen" })).await;
    let connection = whole::connection(&server.api(), "nabla_core").await;
    (server, given::id(&connection).to_owned())
}

/// Until so many are active at the vendor, and nobody else.
async fn until_active(played: &Played, count: usize) {
    wait::until("so many are active at the vendor", SOON, async || {
        let users = played.users().await;
        let active = users.iter().filter(|user| user["active"] == true).count();
        if active == count {
            Ok(())
        } else {
            Err(format!("{users:?}"))
        }
    })
    .await;
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_tie_assigns_the_members_and_untying_takes_off_whom_nobody_else_assigned(#[case] store: Store) {
    // Given three users, of whom one is assigned by hand and two are in a group, as the first is
    let (server, connection) = choosing(store).await;
    let api = server.api();
    let played = Played::of(&server, "nabla_core");
    let mut users = Vec::new();
    for name in ["by-hand", "second", "third", "nowhere"] {
        users.push(given::id(&whole::user(&api, name).await).to_owned());
    }
    let by_hand = format!("/v1/users/{}/accounts/{connection}", users[0]);
    api.put(&by_hand, json!({})).await.expect(200);
    let group = group(&api, "Scribe users", &[&users[0], &users[1], &users[2]]).await;
    let tie = format!("/v1/groups/{group}/connections/{connection}");
    until_active(&played, 1).await;

    // When the group is tied, twice over
    for _ in 0..2 {
        let tied = api.put(&tie, json!({})).await.expect(200).json();
        assert_eq!(tied["connections"], json!([connection]));
    }

    // Then its members are there, and nobody else
    until_active(&played, 3).await;
    assert_eq!(whole::account(&api, &users[3], "nabla_core").await, None);

    // When it is untied, only who was assigned by hand stays.
    for _ in 0..2 {
        api.delete(&tie).await.expect(204);
    }
    until_active(&played, 1).await;
    let account = whole::in_sync(&api, &users[0], "nabla_core").await;
    assert_eq!(account["assigned"], true, "{account}");
    for user in &users[1..3] {
        let account = whole::account_with(&api, user, "nabla_core", "removed").await;
        assert_eq!(account["assigned"], false, "{account}");
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn who_is_in_two_groups_stays_until_both_let_go(#[case] store: Store) {
    let (server, connection) = choosing(store).await;
    let api = server.api();
    let played = Played::of(&server, "nabla_core");
    let user = given::id(&whole::user(&api, "ann").await).to_owned();
    let groups = [group(&api, "A", &[&user]).await, group(&api, "B", &[&user]).await];
    for group in &groups {
        let tie = format!("/v1/groups/{group}/connections/{connection}");
        api.put(&tie, json!({})).await.expect(200);
    }
    until_active(&played, 1).await;

    let [first, second] = groups;
    api.delete(&format!("/scim/v2/Groups/{first}")).await.expect(204);
    let account = whole::in_sync(&api, &user, "nabla_core").await;
    assert_eq!(account["assigned"], true, "{account}");
    let untied = format!("/v1/groups/{second}/connections/{connection}");
    api.delete(&untied).await.expect(204);

    until_active(&played, 0).await;
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn groups_and_their_members_are_listed_page_by_page(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let api = server.api();
    let mut users = Vec::new();
    for number in 0..5 {
        users.push(given::id(&given::user(&api, &number.to_string()).await).to_owned());
    }
    let members: Vec<&str> = users.iter().map(String::as_str).collect();
    let whole = group(&api, "All", &members).await;
    for name in ["B", "C"] {
        group(&api, name, &members[..1]).await;
    }

    let names: Vec<Value> = given::all(&api, "/v1/groups")
        .await
        .iter()
        .map(|group| group["name"].clone())
        .collect();
    assert_eq!(json!(names), json!(["All", "B", "C"]));
    let first = api.get("/v1/groups?limit=2").await.expect(200);
    let rest = format!("/v1/groups?limit=2&cursor={}", first.text_at("/next_cursor"));
    assert_eq!(api.get(&rest).await.expect(200).data().len(), 1);

    let path = format!("/v1/groups/{whole}/members");
    let first = api.get(&format!("{path}?limit=3")).await.expect(200);
    let rest = format!("{path}?limit=3&cursor={}", first.text_at("/next_cursor"));
    let rest = api.get(&rest).await.expect(200);
    assert_eq!(rest.json()["next_cursor"], Value::Null);
    let seen: Vec<Value> = first.data().into_iter().chain(rest.data()).collect();
    let expected: Vec<Value> = users.iter().map(|id| json!({ "user_id": id })).collect();
    assert_eq!(seen, expected);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn the_command_line_ties_a_group_that_is_named_in_any_way(#[case] store: Store) {
    let (server, connection) = choosing(store).await;
    let api = server.api();
    let played = Played::of(&server, "nabla_core");
    assert!(server.cli(&["groups", "list"]).ok().stderr.contains("no groups"));
    let user = given::id(&whole::user(&api, "ann").await).to_owned();
    let id = group(&api, "Scribe users", &[&user]).await;

    for (name, at) in [("Scribe users", connection.as_str()), (&id, "nabla_core")] {
        let tied = server.cli(&["groups", "tie", name, "--connection", at, "--json"]);
        assert_eq!(tied.ok().json()["data"], json!(given::all(&api, "/v1/groups").await));
        until_active(&played, 1).await;
        let table = server.cli(&["groups", "list"]).ok().stdout;
        assert!(table.contains("Scribe users") && table.contains(&connection), "{table}");
        server.cli(&["groups", "untie", name, "--connection", at]).ok();
        until_active(&played, 0).await;
    }

    // A name that several have, or nobody, names no group.
    group(&api, "Scribe users", &[]).await;
    for (name, why) in [("Scribe users", "several groups"), ("Nobody", "no group")] {
        let refused = server.cli(&["groups", "tie", name, "--connection", &connection]);
        let refused = refused.failed(2);
        assert!(refused.stderr.contains(why), "{}", refused.stderr);
    }
    // Nor does a vendor that nobody is connected to name a connection.
    let refused = server.cli(&["groups", "tie", &id, "--connection", "upheal"]).failed(2);
    assert!(refused.stderr.contains("no connection"), "{}", refused.stderr);
}
