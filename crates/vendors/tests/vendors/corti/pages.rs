//! Walking the customer's users, under either form of pagination.

use roster_application::ports::{Sought, VendorGateway};
use roster_contract::vendor::{clinician, look_up, read_back};
use roster_domain::{Change, OutcomeClass, VendorKey, VendorUserId};
use rstest::rstest;
use serde_json::{Value, json};
use wiremock::matchers::{path, query_param};
use wiremock::{Mock, Request, ResponseTemplate};

use super::{ID, Setting, USERS, ann, id, key, ok, user_json};

#[derive(Clone, Copy, Debug)]
enum Says {
    HasNextPage,
    Total,
    Neither,
}

/// Has these users, two on a page, whatever page size is asked for.
async fn has(setting: &Setting, users: Vec<Value>, says: Says) {
    Mock::given(path(USERS))
        .and(query_param("pageSize", "100"))
        .respond_with(move |request: &Request| {
            let pairs: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
            let page = pairs.iter().find(|(name, _)| name == "page").unwrap();
            let page: usize = page.1.parse().unwrap();
            let shown: Vec<&Value> = users.iter().skip((page - 1) * 2).take(2).collect();
            let pagination = match says {
                Says::HasNextPage => json!({"page": page, "pageSize": 2, "hasNextPage": users.len() > page * 2}),
                Says::Total => json!({"page": page, "pageSize": 2, "total": users.len()}),
                Says::Neither => json!({"page": page, "pageSize": 2}),
            };
            ok(json!({"users": shown, "pagination": pagination}))
        })
        .mount(&setting.server)
        .await;
}

fn others(count: usize) -> Vec<Value> {
    (0..count)
        .map(|index| user_json(&format!("u-{index}"), &format!("u{index}@example.org")))
        .collect()
}

#[rstest]
#[case::has_next_page(Says::HasNextPage, 3)]
#[case::total(Says::Total, 3)]
#[case::neither(Says::Neither, 3)]
#[tokio::test]
async fn a_user_is_found_on_the_page_on_which_it_is_whatever_pagination_says(#[case] says: Says, #[case] pages: usize) {
    let setting = Setting::new().await;
    has(&setting, [others(4), vec![ann()], others(3)].concat(), says).await;

    let looked_up = look_up(&setting.client, setting.target(), &key(), &clinician())
        .await
        .unwrap();
    let after_look_up = setting.sent().await.len();
    let read_back = read_back(
        &setting.client,
        setting.target(),
        &VendorUserId::new(ID.to_uppercase()),
        &clinician(),
    )
    .await
    .unwrap();

    assert_eq!(looked_up.map(|found| found.id), Some(id()));
    assert!(read_back.matches);
    assert_eq!((after_look_up, setting.sent().await.len()), (pages, 2 * pages));
}

#[rstest]
#[case::has_next_page(Says::HasNextPage, 2)]
#[case::total(Says::Total, 2)]
#[case::neither(Says::Neither, 3)]
#[tokio::test]
async fn nobody_is_found_only_once_the_last_page_was_seen(#[case] says: Says, #[case] pages: usize) {
    let setting = Setting::new().await;
    has(&setting, others(4), says).await;

    let found = look_up(&setting.client, setting.target(), &key(), &clinician())
        .await
        .unwrap();

    assert_eq!(found, None);
    assert_eq!(setting.sent().await.len(), pages);
}

#[tokio::test]
async fn a_user_in_another_customer_is_not_found_and_its_create_is_a_conflict() {
    let setting = Setting::new().await;
    has(&setting, others(1), Says::HasNextPage).await;
    let taken = super::refusal(409, "conflict");
    setting.answers("POST", USERS, taken).await;
    let user = clinician();

    let found = look_up(&setting.client, setting.target(), &key(), &user).await.unwrap();
    let refused = setting
        .client
        .create(setting.target(), &key(), super::whom(&user, None))
        .await
        .unwrap_err();

    assert_eq!(found, None);
    assert_eq!(refused.class, OutcomeClass::Conflict);
}

#[rstest]
#[case::as_it_is("ann@example.org")]
#[case::in_capitals("ANN@EXAMPLE.ORG")]
#[case::in_both("Ann@Example.org")]
#[tokio::test]
async fn an_address_is_found_in_whatever_case_and_nobody_is_told_that_it_differs(#[case] address: &str) {
    let setting = Setting::new().await;
    has(&setting, vec![user_json(ID, address)], Says::HasNextPage).await;

    let found = look_up(
        &setting.client,
        setting.target(),
        &VendorKey::new("aNN@example.org"),
        &clinician(),
    )
    .await
    .unwrap()
    .expect("the address is the same");

    assert!(found.matches, "{:?}", found.differing);
}

#[tokio::test]
async fn an_address_that_was_changed_there_is_no_difference_that_could_be_repaired() {
    let setting = Setting::new().await;
    has(
        &setting,
        vec![user_json(ID, "ann.mueller@example.org")],
        Says::HasNextPage,
    )
    .await;

    let read_back = read_back(&setting.client, setting.target(), &id(), &clinician())
        .await
        .unwrap();
    let looked_up = look_up(&setting.client, setting.target(), &key(), &clinician())
        .await
        .unwrap();

    assert!(read_back.matches);
    assert_eq!(looked_up, None);
}

#[tokio::test]
async fn each_name_that_differs_is_named_and_what_is_not_told_does_not_differ() {
    let setting = Setting::new().await;
    let changed = json!({
        "id": ID, "email": "ann@example.org", "firstName": "Anna", "lastName": "", "enabled": false
    });
    let curt = json!({"id": "u-1", "email": "ann@example.net"});
    has(&setting, vec![changed, curt], Says::HasNextPage).await;
    let read_back = async |id: &str| {
        let id = VendorUserId::new(id);
        let read = read_back(&setting.client, setting.target(), &id, &clinician()).await;
        read.unwrap()
    };

    let (changed, curt) = (read_back(ID).await, read_back("u-1").await);

    assert_eq!(
        (changed.active, changed.differing),
        (false, vec!["firstName", "lastName"])
    );
    assert_eq!((curt.active, curt.matches), (true, true));
}

#[tokio::test]
async fn a_page_that_is_kept_back_is_not_taken_for_the_last() {
    let setting = Setting::new().await;
    let empty = json!({"users": [], "pagination": {"page": 1, "pageSize": 100, "hasNextPage": true}});
    setting.answers("GET", USERS, ok(empty)).await;

    let error = look_up(&setting.client, setting.target(), &key(), &clinician())
        .await
        .unwrap_err();

    assert_eq!(error.class, OutcomeClass::Unknown);
}

#[tokio::test]
async fn each_call_of_a_search_asks_for_one_page_however_many_there_are() {
    let setting = Setting::new().await;
    has(&setting, [others(800), vec![ann()]].concat(), Says::HasNextPage).await;
    let (client, user) = (&setting.client, clinician());
    let mut from: Option<String> = None;
    let mut calls = 0;

    let found = loop {
        calls += 1;
        match client
            .look_up(setting.target(), &key(), &user, from.as_deref())
            .await
            .unwrap()
        {
            Sought::Further(next) => from = Some(next),
            sought => break sought,
        }
        assert_eq!(setting.sent().await.len(), calls, "one page a call");
    };

    assert!(matches!(found, Sought::Found(found) if found.id == id()));
    assert_eq!((calls, setting.sent().await.len()), (401, 401));
    let read = read_back(client, setting.target(), &id(), &user).await.unwrap();
    assert_eq!(read.id, id());
}

#[tokio::test]
async fn a_list_that_never_ends_is_given_up() {
    let setting = Setting::new().await;
    let endless = json!({"users": others(1), "pagination": {"hasNextPage": true}});
    setting.answers("GET", USERS, ok(endless)).await;

    let error = look_up(&setting.client, setting.target(), &key(), &clinician())
        .await
        .unwrap_err();

    assert_eq!(error.class, OutcomeClass::Rejected);
    assert!(
        error.message.contains("1000 pages") && error.message.contains("customer_id"),
        "{error}"
    );
    assert_eq!(setting.sent().await.len(), 1_000);
    let listed = setting
        .client
        .list(setting.target(), Some("1001-1000"))
        .await
        .unwrap_err();
    assert_eq!(listed.class, OutcomeClass::Rejected);
}

#[rstest]
#[case::has_next_page(Says::HasNextPage)]
#[case::total(Says::Total)]
#[tokio::test]
async fn a_list_tells_address_names_and_state(#[case] says: Says) {
    let setting = Setting::new().await;
    let nameless = json!({"id": "u-9", "email": "n@example.org", "firstName": "", "enabled": false});
    has(&setting, vec![ann(), user_json("u-1", "b@example.org"), nameless], says).await;

    let first = setting.client.list(setting.target(), None).await.unwrap();
    let second = setting
        .client
        .list(setting.target(), first.next.as_deref())
        .await
        .unwrap();

    assert_eq!((first.users.len(), second.users.len()), (2, 1));
    assert_eq!(second.next, None);
    let (ann, nameless) = (&first.users[0], &second.users[0]);
    assert_eq!(ann.fields.email, Change::Set("ann@example.org".to_owned()));
    assert_eq!(ann.fields.last_name, Change::Set("Müller".to_owned()));
    assert_eq!((nameless.active, &nameless.fields.first_name), (false, &Change::Keep));
}

#[rstest]
#[case("2")]
#[case("0-0")]
#[case("a-b")]
#[tokio::test]
async fn a_cursor_that_is_none_is_rejected(#[case] cursor: &str) {
    let setting = Setting::new().await;

    let error = setting.client.list(setting.target(), Some(cursor)).await.unwrap_err();

    assert_eq!(error.class, OutcomeClass::Rejected);
    assert!(setting.sent().await.is_empty());
}

#[tokio::test]
async fn a_user_without_an_id_makes_the_page_unknown() {
    let setting = Setting::new().await;
    setting
        .answers(
            "GET",
            USERS,
            ResponseTemplate::new(200).set_body_json(json!({"users": [user_json("", "x@example.org")]})),
        )
        .await;

    let error = setting.client.list(setting.target(), None).await.unwrap_err();

    assert_eq!(error.class, OutcomeClass::Unknown);
}
