//! What Okta sends, in the order in which it sends it: after its public description of how it uses a SCIM 2.0 server.

use e2e::vendors::NAMES;
use e2e::{Api, Played, Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use super::{GROUP, PATCH, USER, id, provider, query};
use crate::{given, whole};

/// A clinician as Okta sends one. The password is one that Okta makes up; nobody signs in to Roster with it.
fn clinician(name: &str) -> Value {
    json!({
        "schemas": [USER],
        "userName": format!("{name}@clinic.example"),
        "name": { "givenName": "Test", "familyName": "User" },
        "emails": [{ "primary": true, "value": format!("{name}@clinic.example"), "type": "work" }],
        "displayName": "Test User",
        "locale": "en_US",
        "externalId": format!("00ujl29u0le5T6Aj10h7-{name}"),
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    })
}

/// What Okta asks before it creates anybody.
async fn asked_for(scim: &Api, name: &str) -> Value {
    let filter = format!("userName eq \"{name}@clinic.example\"");
    let parameters = [("filter", filter.as_str()), ("startIndex", "1"), ("count", "100")];
    let answer = query(scim, "/Users", &parameters).await.expect(200).json();
    assert_eq!(answer["startIndex"], json!(1));
    answer
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_clinician_is_assigned_changed_deactivated_and_assigned_again(#[case] store: Store) {
    let server = Server::on(store).sandbox().start().await;
    let (api, scim) = (server.api(), provider(&server).await);

    // Okta tries the connection, imports nobody, asks for the user, and creates.
    query(&scim, "/Users", &[("startIndex", "1"), ("count", "2")])
        .await
        .expect(200);
    assert_eq!(asked_for(&scim, "ann").await["totalResults"], json!(0));
    let made = scim.post("/Users", clinician("ann")).await.expect(201);
    assert!(!made.text.contains("1mz050nq"), "{}", made.text);
    let user = made.json();
    let (ann, path) = (id(&user), format!("/Users/{}", id(&user)));
    assert_eq!(user["locale"], "en-US");
    given::in_sync_everywhere(&api, &ann).await;
    for vendor in NAMES {
        assert_eq!(Played::of(&server, vendor).users().await.len(), 1, "{vendor}");
    }

    // Okta changes a user by reading it and putting it back, with whatever else it holds of the user.
    let mut whole_user = scim.get(&path).await.expect(200).json();
    whole_user["name"]["givenName"] = json!("Another");
    whole_user["name"]["middleName"] = json!("Excited");
    whole_user["phoneNumbers"] = json!([{ "primary": true, "value": "555-123-4567", "type": "work" }]);
    whole_user["favouriteColour"] = json!("green");
    whole_user["urn:example:custom:2.0:User"] = json!({ "shoeSize": 42 });
    let put = scim.put(&path, whole_user).await.expect(200).json();
    assert_eq!(put["name"]["middleName"], "Excited");
    assert_eq!(put.get("favouriteColour"), None);
    assert_eq!(scim.get(&path).await.expect(200).json(), put);
    given::in_sync_everywhere(&api, &ann).await;
    assert_eq!(given::canonical(&api, &ann).await["first_name"], "Another");
    assert_eq!(
        Played::of(&server, "corti").user("ann@clinic.example").await["first_name"],
        "Another"
    );

    // What is put without an attribute takes it away.
    let mut without_phone = put.clone();
    without_phone.as_object_mut().expect("an object").remove("phoneNumbers");
    let put = scim.put(&path, without_phone).await.expect(200).json();
    assert_eq!(put.get("phoneNumbers"), None);

    // Taken off the application: deactivated by a PATCH without a path, which is read back.
    let deactivate = json!({ "schemas": [PATCH], "Operations": [{ "op": "replace", "value": { "active": false } }] });
    scim.patch(&path, deactivate).await.expect(200);
    for vendor in ["nabla_core", "upheal", "corti"] {
        whole::in_sync(&api, &ann, vendor).await;
        assert_eq!(
            Played::of(&server, vendor).users().await[0]["active"],
            json!(false),
            "{vendor}"
        );
    }
    // Deactivated in Okta altogether: a PUT says so.
    let mut inactive = scim.get(&path).await.expect(200).json();
    assert_eq!(inactive["active"], json!(false));
    inactive["active"] = json!(false);
    scim.put(&path, inactive).await.expect(200);

    // Assigned again: Okta finds the user, and activates it by a PUT.
    let found = asked_for(&scim, "ann").await;
    assert_eq!(found["Resources"][0]["id"], json!(ann));
    let mut again = clinician("ann");
    again["id"] = json!(ann);
    scim.put(&path, again).await.expect(200);
    given::in_sync_everywhere(&api, &ann).await;
    for vendor in NAMES {
        let users = Played::of(&server, vendor).users().await;
        assert_eq!(users.len(), 1, "{vendor}: {users:?}");
        assert_eq!(users[0]["active"], json!(true), "{vendor}");
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn groups_are_pushed_renamed_filled_and_unlinked(#[case] store: Store) {
    let server = whole::with_only(store, &["upheal"]).await;
    let (api, scim) = (server.api(), provider(&server).await);
    whole::set(&api, "upheal", json!({ "assignment": "chosen", "hold_percent": 100 })).await;
    let mut ids = Vec::new();
    for name in ["ann", "bob", "eve"] {
        ids.push(id(&scim.post("/Users", clinician(name)).await.expect(201).json()));
    }

    // Pushing a group: Okta lists the groups, makes one with its members, and renames it by a value without a path.
    query(&scim, "/Groups", &[("startIndex", "1"), ("count", "100")])
        .await
        .expect(200);
    let members: Vec<Value> = ids[..2]
        .iter()
        .map(|id| json!({ "value": id, "display": "whoever" }))
        .collect();
    let group = json!({ "schemas": [GROUP], "displayName": "Test SCIMv2", "members": members });
    let group = scim.post("/Groups", group).await.expect(201).json();
    let path = format!("/Groups/{}", id(&group));
    let connection = given::id(&whole::connection(&api, "upheal").await).to_owned();
    let tie = format!("/v1/groups/{}/connections/{connection}", id(&group));
    let tied = api.put(&tie, json!({})).await;
    assert!([200, 204].contains(&tied.status), "{}", tied.text);
    let value = json!({ "id": id(&group), "displayName": "Renamed" });
    let rename = json!({ "schemas": [PATCH], "Operations": [{ "op": "replace", "value": value }] });
    assert!([200, 204].contains(&scim.patch(&path, rename).await.status));
    assert_eq!(scim.get(&path).await.expect(200).json()["displayName"], "Renamed");
    for member in &ids[..2] {
        whole::in_sync(&api, member, "upheal").await;
    }
    assert_eq!(whole::account(&api, &ids[2], "upheal").await, None);

    // One goes and another comes, in one request.
    let change = json!({ "schemas": [PATCH], "Operations": [
        { "op": "remove", "path": format!("members[value eq \"{}\"]", ids[0]) },
        { "op": "add", "path": "members", "value": [{ "value": ids[2], "display": "eve@clinic.example" }] },
    ] });
    assert!([200, 204].contains(&scim.patch(&path, change).await.status));
    whole::account_with(&api, &ids[0], "upheal", "removed").await;
    whole::in_sync(&api, &ids[2], "upheal").await;

    // The whole list is replaced, by a PATCH and by a PUT.
    let value = json!([{ "value": ids[0], "display": "ann@clinic.example" }]);
    let replace = json!({ "schemas": [PATCH], "Operations": [{ "op": "replace", "path": "members", "value": value }] });
    assert!([200, 204].contains(&scim.patch(&path, replace).await.status));
    whole::in_sync(&api, &ids[0], "upheal").await;
    for gone in &ids[1..] {
        whole::account_with(&api, gone, "upheal", "removed").await;
    }
    let put = json!({
        "schemas": [GROUP], "id": id(&group), "displayName": "Renamed", "members": [{ "value": ids[1] }]
    });
    scim.put(&path, put).await.expect(200);
    whole::in_sync(&api, &ids[1], "upheal").await;
    whole::account_with(&api, &ids[0], "upheal", "removed").await;

    // Unlinked and deleted: nobody is there any more, each is there once, and all come back as they were.
    scim.delete(&path).await.expect(204);
    for member in &ids {
        whole::account_with(&api, member, "upheal", "removed").await;
    }
    let users = Played::of(&server, "upheal").users().await;
    assert_eq!(users.len(), 3, "{users:?}");
    assert!(users.iter().all(|user| user["active"] == false), "{users:?}");
}
