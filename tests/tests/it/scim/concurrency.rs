//! Two who change the same at once.

use e2e::{Api, Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use super::{PATCH, id, named, provider, refused, user};

fn replace(path: &str, value: &str) -> Value {
    json!({ "schemas": [PATCH], "Operations": [{ "op": "replace", "path": path, "value": value }] })
}

/// Two changes of one user, sent at once.
async fn at_once(first: &Api, second: &Api, path: &str, bodies: [Value; 2]) -> [e2e::Answer; 2] {
    let [one, two] = bodies;
    let (one, two) = tokio::join!(first.patch(path, one), second.patch(path, two));
    [one, two]
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn of_two_patches_with_the_same_etag_one_is_refused(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let scim = provider(&server).await;
    for round in 0..20 {
        let made = scim.post("/Users", named(&format!("user-{round}"))).await.expect(201);
        let etag = made.header("etag").expect("there is no ETag").to_owned();
        assert_eq!(made.json()["meta"]["version"], json!(etag));
        let path = format!("/Users/{}", id(&made.json()));
        let tagged = scim.with("if-match", &etag);

        // When two change it at once, both from the same version
        let bodies = [replace("title", "one"), replace("nickName", "two")];
        let answers = at_once(&tagged, &tagged, &path, bodies).await;

        // Then one is done, the other is refused, and the user has the one change.
        let mut statuses = answers.clone().map(|answer| answer.status);
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "{answers:?}");
        let lost = answers.into_iter().find(|answer| answer.status == 412);
        refused(lost.expect("one was refused"), 412, None);
        let now = scim.get(&path).await.expect(200).json();
        assert_ne!(now.get("title").is_some(), now.get("nickName").is_some(), "{now}");
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn patches_without_etags_are_all_applied(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let scim = provider(&server).await;
    let made = user(&scim, named("ann")).await;
    let path = format!("/Users/{}", id(&made));
    for round in 0..20 {
        let (title, nickname) = (format!("title {round}"), format!("nick {round}"));
        let bodies = [replace("title", &title), replace("nickName", &nickname)];
        for answer in at_once(&scim, &scim, &path, bodies).await {
            answer.expect(200);
        }
        let now = scim.get(&path).await.expect(200).json();
        assert_eq!((&now["title"], &now["nickName"]), (&json!(title), &json!(nickname)));
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn an_unchanged_resource_is_not_sent_again_and_a_changed_one_not_overwritten(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let scim = provider(&server).await;
    let made = scim.post("/Users", named("ann")).await.expect(201);
    let etag = made.header("etag").expect("there is no ETag").to_owned();
    let path = format!("/Users/{}", id(&made.json()));

    let unchanged = scim.with("if-none-match", &etag).get(&path).await.expect(304);
    assert_eq!(unchanged.text, "");
    scim.with("if-none-match", "W/\"999\"").get(&path).await.expect(200);

    scim.patch(&path, replace("title", "Dr.")).await.expect(200);
    scim.with("if-none-match", &etag).get(&path).await.expect(200);
    let stale = scim.with("if-match", &etag);
    refused(stale.put(&path, named("ann")).await, 412, None);
    refused(stale.delete(&path).await, 412, None);
    let now = scim.get(&path).await.expect(200);
    assert_eq!(now.text_at("/title"), "Dr.");
    let current = now.header("etag").expect("there is no ETag").to_owned();
    scim.with("if-match", &current).delete(&path).await.expect(204);
    refused(scim.get(&path).await, 404, None);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn many_who_put_members_into_one_group_lose_none(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let scim = provider(&server).await;
    let group = scim
        .post("/Groups", json!({ "displayName": "all" }))
        .await
        .expect(201)
        .text_at("/id");
    let mut ids = Vec::new();
    for number in 0..90 {
        ids.push(id(&user(&scim, named(&format!("user-{number}"))).await));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for member in &ids {
        let (scim, path) = (scim.clone(), format!("/Groups/{group}"));
        let value = json!([{ "value": member }]);
        let body = json!({ "schemas": [PATCH], "Operations": [{ "op": "Add", "path": "members", "value": value }] });
        tasks.spawn(async move { scim.patch(&path, body).await.status });
    }
    while let Some(status) = tasks.join_next().await {
        assert!([200, 204].contains(&status.expect("the request ended")));
    }
    let group = scim.get(&format!("/Groups/{group}")).await.expect(200).json();
    let mut members: Vec<String> = group["members"]
        .as_array()
        .expect("members")
        .iter()
        .map(|m| m["value"].as_str().expect("value").to_owned())
        .collect();
    members.sort();
    ids.sort();
    assert_eq!(members, ids);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn many_who_change_one_user_are_all_served(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let scim = provider(&server).await;
    let path = format!("/Users/{}", id(&user(&scim, named("ann")).await));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..90 {
        let (scim, path) = (scim.clone(), path.clone());
        let value = json!([{ "value": format!("https://photos.example.org/{number}") }]);
        let body = json!({ "schemas": [PATCH], "Operations": [{ "op": "add", "path": "photos", "value": value }] });
        tasks.spawn(async move { scim.patch(&path, body).await.status });
    }
    while let Some(status) = tasks.join_next().await {
        assert_eq!(status.expect("the request ended"), 200);
    }
    let photos = scim.get(&path).await.expect(200).json()["photos"].clone();
    assert_eq!(photos.as_array().map(Vec::len), Some(90), "{photos}");
}
