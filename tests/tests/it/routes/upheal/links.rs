//! Invitations and private rooms: each user's own for ever, and nobody can guess them.

use std::collections::BTreeSet;

use e2e::upheal::{V1, V2, provider};
use e2e::{Api, Server, Store};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::given;
use crate::starting::{Beside, url};

/// A user's two links, as a version has them.
async fn links(organization: &Api, prefix: &str, user: &str) -> [Value; 2] {
    let user = organization
        .below(prefix)
        .get(&format!("/users/{user}"))
        .await
        .expect(200)
        .json();
    ["inviteUrl", "privateRoomLink"].map(|name| user[name].clone())
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn links_are_each_users_own_and_stay_whatever_happens(#[case] store: Store) {
    // Given twenty users of one organization, nineteen of them made at once and one elsewhere, and one of another
    let mut server = Server::on(store).start().await;
    let (first, second) = (server.api(), server.another_organization("second"));
    let mut given: Vec<(String, [Value; 2])> = Vec::new();
    let mut under_way = JoinSet::new();
    for number in 0..19 {
        let vendor = first.below(V2);
        let body = provider(&format!("ann-{number}@example.org"));
        under_way.spawn(async move { vendor.post("/users/providers", body).await.expect(200).json() });
    }
    for made in under_way.join_all().await {
        let id = made["userId"].as_str().expect("an id").to_owned();
        given.push((id, ["inviteUrl", "privateRoomLink"].map(|name| made[name].clone())));
    }
    let elsewhere = given::id(&given::user(&first, "ehr-1").await).to_owned();
    given.push((elsewhere.clone(), links(&first, V2, &elsewhere).await));
    let body = provider("ann-0@example.org");
    let of_second = second
        .below(V2)
        .post("/users/providers", body)
        .await
        .expect(200)
        .text_at("/userId");

    // Then all are different, and none tells whose it is
    let mut all: Vec<Value> = given.iter().flat_map(|(_, links)| links.clone()).collect();
    all.extend(links(&second, V2, &of_second).await);
    let different: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(different.len(), 42);
    for (id, links) in &given {
        for link in links {
            let link = link.to_string().to_lowercase();
            assert!(
                !link.contains(id.as_str()) && !link.contains("moreau"),
                "{link} of {id}"
            );
        }
    }
    // When users are changed and deactivated, and the server is restarted
    let user = &given[0].0;
    let change = json!({ "firstName": "Bea", "lastName": "Lee" });
    first
        .below(V2)
        .patch(&format!("/users/{user}"), change)
        .await
        .expect(200);
    first
        .patch(&format!("/v1/users/{user}"), json!({ "email": "bea@example.org" }))
        .await
        .expect(200);
    first.below(V1).delete(&format!("/users/{user}")).await.expect(202);
    server.stop(given::SOON).await;
    server.start_again().await;

    // Then every link is what it was, in both versions.
    for (id, before) in &given {
        for prefix in [V1, V2] {
            assert_eq!(&links(&first, prefix, id).await, before, "of {id}");
        }
    }
}

#[tokio::test]
async fn replicas_agree_on_the_links_of_an_organization_that_has_none_yet() {
    for _ in 0..5 {
        // Given two servers on one database, and a user whose links nobody has asked for
        let server = Server::on(Store::Postgres).start().await;
        let mut beside = Beside::start(&server, "beside", &[]);
        let other = server.api().at(url(&beside.banner().await));
        let user = given::user(&server.api(), "ehr-1").await;

        // When both are asked at once
        let api = server.api();
        let asked = tokio::join!(
            links(&api, V1, given::id(&user)),
            links(&other, V2, given::id(&user)),
            links(&api, V2, given::id(&user)),
            links(&other, V1, given::id(&user)),
        );

        // Then they say the same.
        assert_eq!((&asked.0, &asked.2), (&asked.1, &asked.3));
        assert_eq!(asked.0, asked.2);
    }
}

#[tokio::test]
async fn the_addresses_of_links_can_be_set() {
    let server = Server::on(Store::Sqlite)
        .env("ROSTER_UPHEAL_INVITE_URL", "https://join.example.org/i")
        .env("ROSTER_UPHEAL_ROOM_URL", "https://rooms.example.org")
        .start()
        .await;

    let made = server
        .api()
        .below(V2)
        .post("/users/providers", provider("ann@example.org"))
        .await
        .expect(200);

    assert!(
        made.text_at("/inviteUrl").starts_with("https://join.example.org/i/"),
        "{made:?}"
    );
    assert!(
        made.text_at("/privateRoomLink")
            .starts_with("https://rooms.example.org/"),
        "{made:?}"
    );
}
