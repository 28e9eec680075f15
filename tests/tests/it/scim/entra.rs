//! What Microsoft Entra ID sends, in the order in which it sends it: after its public description of how it provisions to a
//! SCIM endpoint.

use e2e::vendors::NAMES;
use e2e::{Api, Played, Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use super::{ENTERPRISE, GROUP, PATCH, USER, found, id, provider, query, refused};
use crate::{given, whole};

/// A clinician as Entra's default attribute mappings send one.
fn clinician(name: &str) -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": format!("0a21f0f2-8d2a-4f8e-bf98-{name}"),
        "userName": format!("{name}@clinic.example"),
        "active": true,
        "displayName": "Ann Moreau",
        "emails": [{ "primary": true, "type": "work", "value": format!("{name}@clinic.example") }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Ann Moreau", "familyName": "Moreau", "givenName": "Ann" },
        "roles": [],
        ENTERPRISE: { "department": "Cardiology", "employeeNumber": "4711" },
    })
}

/// What Entra asks before it creates anybody.
async fn asked_for(scim: &Api, name: &str) -> Vec<Value> {
    let filter = format!("userName eq \"{name}@clinic.example\"");
    let answer = query(scim, "/Users", &[("filter", &filter)]).await.expect(200).json();
    assert_eq!(
        answer["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"])
    );
    let resources = answer["Resources"].as_array().cloned().unwrap_or_default();
    assert_eq!(answer["totalResults"], json!(resources.len()));
    resources
}

fn operations(operations: &Value) -> Value {
    json!({ "schemas": [PATCH], "Operations": operations })
}

/// Nabla Connect cannot deactivate, and says so; the others do.
async fn all_are(server: &Server, email: &str, external_id: &str, active: bool) {
    for vendor in NAMES {
        if !active && vendor == "nabla_connect" {
            continue;
        }
        let users = Played::of(server, vendor).users().await;
        let of_them: Vec<&Value> = users
            .iter()
            .filter(|user| user["email"] == email || user["external_id"] == external_id)
            .collect();
        assert_eq!(of_them.len(), 1, "{vendor}: {users:?}");
        assert_eq!(of_them[0]["active"], active, "{vendor}: {users:?}");
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_clinician_joins_changes_leaves_and_comes_back(#[case] store: Store) {
    let server = Server::on(store).sandbox().start().await;
    let (api, scim) = (server.api(), provider(&server).await);

    // "Test connection" asks for a user whom there is not.
    let filter = r#"userName eq "f8a3c1d0-no-such-user""#;
    let nobody = query(&scim, "/Users", &[("filter", filter)]).await.expect(200).json();
    assert_eq!(nobody["totalResults"], json!(0), "{nobody}");

    // Joining: Entra asks, and creates.
    assert!(asked_for(&scim, "ann").await.is_empty());
    let made = scim.post("/Users", clinician("ann")).await.expect(201);
    let location = made.header("location").expect("Location").to_owned();
    let user = made.json();
    let (ann, path) = (id(&user), format!("/Users/{}", id(&user)));
    assert_eq!(location, user["meta"]["location"].as_str().expect("location"));
    assert!(location.ends_with(&path), "{location}");
    assert_eq!(asked_for(&scim, "ann").await[0]["id"], json!(ann));
    given::in_sync_everywhere(&api, &ann).await;
    all_are(&server, "ann@clinic.example", "0a21f0f2-8d2a-4f8e-bf98-ann", true).await;
    // A second creation, as after a lost answer, is a conflict that Entra knows.
    refused(scim.post("/Users", clinician("ann")).await, 409, Some("uniqueness"));

    // Changing: capitalized operations, a path with a filter, attributes that were not there, and a manager as a text.
    let change = operations(&json!([
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ann.m@clinic.example" },
        { "op": "Replace", "path": "name.familyName", "value": "Moreau-Lund" },
        { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1 201 555 0123" },
        { "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": ann },
        { "op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Oncology" },
    ]));
    let changed = scim.patch(&path, change).await.expect(200).json();
    assert_eq!(changed["emails"][0]["value"], "ann.m@clinic.example");
    assert_eq!(changed["emails"][0]["type"], "work");
    assert_eq!(changed["phoneNumbers"][0]["type"], "mobile");
    assert_eq!(changed[ENTERPRISE]["manager"]["value"], json!(ann));
    assert_eq!(changed[ENTERPRISE]["department"], "Oncology");
    assert_eq!(changed[ENTERPRISE]["employeeNumber"], "4711");
    let canonical = given::canonical(&api, &ann).await;
    assert_eq!(canonical["email"], "ann.m@clinic.example");
    assert_eq!(canonical["last_name"], "Moreau-Lund");
    assert_eq!(canonical["phone"]["country_code"], "+1");
    // The older form: no path, and paths as names in the value; unknown ones are passed over.
    let older = operations(&json!([{ "op": "replace", "value": {
        "displayName": "Dr. Ann Moreau-Lund",
        "name.givenName": "Anna",
        "emails[type eq \"work\"].value": "ann@clinic.example",
        format!("{ENTERPRISE}:costCenter"): "C-7",
        "extensionAttribute1": "whatever",
    } }]));
    let changed = scim.patch(&path, older).await.expect(200).json();
    assert_eq!(changed["displayName"], "Dr. Ann Moreau-Lund");
    assert_eq!(changed["name"]["givenName"], "Anna");
    assert_eq!(changed["name"]["familyName"], "Moreau-Lund");
    assert_eq!(changed["emails"][0]["value"], "ann@clinic.example");
    assert_eq!(changed[ENTERPRISE]["costCenter"], "C-7");
    given::in_sync_everywhere(&api, &ann).await;
    assert_eq!(
        Played::of(&server, "corti").user("ann@clinic.example").await["first_name"],
        "Anna"
    );

    // Disabling, with the text that Entra has for false, and enabling again.
    let disable = |value: Value| operations(&json!([{ "op": "Replace", "path": "active", "value": value }]));
    let disabled = scim.patch(&path, disable(json!("False"))).await.expect(200).json();
    assert_eq!(disabled["active"], json!(false));
    for vendor in ["nabla_core", "upheal", "corti"] {
        whole::in_sync(&api, &ann, vendor).await;
    }
    whole::account_with(&api, &ann, "nabla_connect", "needs_attention").await;
    all_are(&server, "ann@clinic.example", "0a21f0f2-8d2a-4f8e-bf98-ann", false).await;
    scim.patch(&path, disable(json!("True"))).await.expect(200);
    given::in_sync_everywhere(&api, &ann).await;
    all_are(&server, "ann@clinic.example", "0a21f0f2-8d2a-4f8e-bf98-ann", true).await;

    // Soft deletion in Entra is being disabled; somebody who is created anew under the same name is found, and taken over.
    scim.patch(&path, disable(json!(false))).await.expect(200);
    let found = asked_for(&scim, "ann").await;
    assert_eq!(found[0]["active"], json!(false));
    let taken_over = operations(&json!([
        { "op": "Replace", "path": "active", "value": "True" },
        { "op": "Replace", "path": "externalId", "value": "a-new-object-id" },
    ]));
    let again = scim.patch(&path, taken_over).await.expect(200).json();
    assert_eq!(
        (&again["id"], &again["externalId"]),
        (&json!(ann), &json!("a-new-object-id"))
    );
    for vendor in ["nabla_core", "upheal", "corti"] {
        whole::in_sync(&api, &ann, vendor).await;
    }

    // Deletion for good, thirty days later, and the same person hired once more: the same user.
    scim.delete(&path).await.expect(204);
    refused(scim.get(&path).await, 404, None);
    refused(scim.delete(&path).await, 404, None);
    assert!(asked_for(&scim, "ann").await.is_empty());
    for vendor in ["nabla_core", "upheal", "corti"] {
        whole::account_with(&api, &ann, vendor, "removed").await;
    }
    let returned = scim.post("/Users", clinician("ann")).await.expect(201).json();
    assert_eq!(id(&returned), ann);
    assert_eq!(returned["name"]["familyName"], "Moreau");
    assert_eq!(returned.get("phoneNumbers"), None, "{returned}");
    given::in_sync_everywhere(&api, &ann).await;
    for vendor in ["nabla_core", "upheal", "corti"] {
        let users = Played::of(&server, vendor).users().await;
        assert_eq!(users.len(), 1, "{vendor}: {users:?}");
        assert_eq!(users[0]["active"], json!(true), "{vendor}");
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_group_of_a_thousand_is_pushed_in_batches_and_drives_who_is_at_a_vendor(#[case] store: Store) {
    const MEMBERS: usize = 1_000;
    const BATCH: usize = 100;

    // Given a connection that takes those in a group, and a thousand users
    let server = whole::with_only(store, &["nabla_core"]).await;
    let (api, scim) = (server.api(), provider(&server).await);
    whole::set(
        &api,
        "nabla_core",
        json!({ "assignment": "chosen", "hold_percent": 100 }),
    )
    .await;
    let members = super::many(&scim, "clinician", MEMBERS).await;
    let more = super::many(&scim, "outsider", 5).await;

    // When Entra makes the group, as it does: asked for first, made empty, filled in batches, never read with its members
    let by_name = [
        ("excludedAttributes", "members"),
        ("filter", "displayName eq \"Scribe users\""),
    ];
    let none = query(&scim, "/Groups", &by_name).await.expect(200).json();
    assert_eq!(none["totalResults"], json!(0));
    let group = json!({
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
        "displayName": "Scribe users",
        "meta": { "resourceType": "Group" },
    });
    let group = scim.post("/Groups", group).await.expect(201).json();
    let path = format!("/Groups/{}", id(&group));
    let connection = given::id(&whole::connection(&api, "nabla_core").await).to_owned();
    let tie = format!("/v1/groups/{}/connections/{connection}", id(&group));
    let tied = api.put(&tie, json!({})).await;
    assert!([200, 204].contains(&tied.status), "{}", tied.text);
    for batch in members.chunks(BATCH) {
        let value: Vec<Value> = batch.iter().map(|id| json!({ "$ref": null, "value": id })).collect();
        let body = operations(&json!([{ "op": "Add", "path": "members", "value": value }]));
        let answer = scim.patch(&path, body).await;
        assert!([200, 204].contains(&answer.status), "{}", answer.text);
    }
    let lean = query(&scim, &path, &[("excludedAttributes", "members")])
        .await
        .expect(200)
        .json();
    assert_eq!(lean.get("members"), None);
    assert_eq!(
        scim.get(&path).await.expect(200).json()["members"]
            .as_array()
            .map(Vec::len),
        Some(MEMBERS)
    );

    // Then exactly its members are at the vendor.
    let played = Played::of(&server, "nabla_core");
    let count = async |wanted: usize| {
        let limit = std::time::Duration::from_secs(90);
        e2e::wait::until("the members are at the vendor", limit, async || {
            let active = played
                .users()
                .await
                .iter()
                .filter(|user| user["active"] == true)
                .count();
            if active == wanted {
                Ok(())
            } else {
                Err(active.to_string())
            }
        })
        .await;
    };
    count(MEMBERS).await;
    for outsider in &more {
        assert_eq!(whole::account(&api, outsider, "nabla_core").await, None);
    }

    // When some leave, one of them twice, and one is renamed into the group again
    let leaving: Vec<Value> = members[..30]
        .iter()
        .map(|id| json!({ "$ref": null, "value": id }))
        .collect();
    for _ in 0..2 {
        let body = operations(&json!([{ "op": "Remove", "path": "members", "value": leaving }]));
        let answer = scim.patch(&path, body).await;
        assert!([200, 204].contains(&answer.status), "{}", answer.text);
    }
    count(MEMBERS - 30).await;
    whole::account_with(&api, &members[0], "nabla_core", "removed").await;
    let rename = operations(&json!([{ "op": "Replace", "path": "displayName", "value": "Scribes" }]));
    scim.patch(&path, rename).await;
    let back = operations(&json!([{ "op": "Add", "path": "members", "value": [{ "value": members[0] }] }]));
    scim.patch(&path, back).await;
    count(MEMBERS - 29).await;
    let seen = scim.get(&format!("/Users/{}", members[0])).await.expect(200).json();
    assert_eq!(seen["groups"][0]["display"], "Scribes");
    assert_eq!(seen["groups"][0]["value"], json!(id(&group)));

    // And when the group goes, all leave, and nobody is lost here.
    scim.delete(&path).await.expect(204);
    refused(scim.get(&path).await, 404, None);
    count(0).await;
    let all = query(&scim, "/Users", &[("count", "1")]).await.expect(200).json();
    assert_eq!(all["totalResults"], json!(MEMBERS + 5));
    let found = found(&query(&scim, "/Users", &[("filter", "groups pr")]).await, "id");
    assert!(found.is_empty(), "{found:?}");
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn what_entra_sends_wrongly_is_refused_in_words_and_nothing_is_half_done(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let scim = provider(&server).await;
    let made = scim.post("/Users", clinician("ann")).await.expect(201).json();
    let path = format!("/Users/{}", id(&made));
    for (operation, scim_type) in [
        (
            json!([{ "op": "Replace", "path": "active", "value": "perhaps" }]),
            "invalidValue",
        ),
        (
            json!([{ "op": "Rename", "path": "active", "value": true }]),
            "invalidSyntax",
        ),
        (
            json!([{ "op": "Replace", "path": "emails[type eq \"work\"", "value": "a@b.example" }]),
            "invalidPath",
        ),
        (
            json!([{ "op": "Replace", "path": "shoeSize", "value": "42" }]),
            "invalidPath",
        ),
        (json!([{ "op": "Remove" }]), "noTarget"),
        (
            json!([{ "op": "Replace", "path": "id", "value": "other" }]),
            "mutability",
        ),
        (
            json!([{ "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "no address" }]),
            "invalidValue",
        ),
        (
            json!([
                { "op": "Replace", "path": "displayName", "value": "Half Done" },
                { "op": "Replace", "path": "locale", "value": "not a language at all" },
            ]),
            "invalidValue",
        ),
    ] {
        let answer = scim.patch(&path, operations(&operation)).await;
        let error = refused(answer, 400, Some(scim_type));
        assert!(
            error["detail"].as_str().is_some_and(|detail| detail.len() > 10),
            "{operation} {error}"
        );
    }
    let now = scim.get(&path).await.expect(200).json();
    assert_eq!(now, made, "something was done");
}
