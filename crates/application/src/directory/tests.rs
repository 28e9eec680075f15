//! Searching, against a scripted store.

use std::sync::{Arc, Mutex};

use mockall::Sequence;
use roster_domain::scim::{Filter, GroupReference, Operand, Operator, Path, ResourceType, Sort, SortKey};
use roster_domain::{Group, GroupChanges, GroupId, User, UserChanges};
use uuid::Uuid;

use super::{Directory, Found, STEP};
use crate::ports::{Find, MockDirectoryStore, Place};
use crate::testing::{at, organization, set, user, user_id};

const GROUP: GroupId = GroupId::new(Uuid::from_u128(1));

fn directory(store: MockDirectoryStore) -> Directory {
    Directory::new(Arc::new(store))
}

fn find(sort: Option<Sort>, limit: u32) -> Find {
    Find {
        filter: None,
        sort,
        after: None,
        skip: 0,
        limit,
    }
}

/// Users called so, numbered from 1 on.
fn called(names: &[&str]) -> Vec<User> {
    let changes = |name: &str| UserChanges {
        user_name: set(name),
        ..UserChanges::default()
    };
    (1..)
        .zip(names)
        .map(|(number, name)| user(number, &changes(name)))
        .collect()
}

/// A store with these users, which is asked for so many.
fn with_users(users: Vec<User>, asked: u32) -> MockDirectoryStore {
    let mut store = MockDirectoryStore::new();
    store
        .expect_find_users()
        .withf(move |of, find| (*of, find.limit) == (organization().id, asked))
        .times(1)
        .return_once(|_, _| Ok(users));
    store
}

fn by_user_name() -> Option<Sort> {
    Sort::by(Path::resolve(ResourceType::User, None, "userName", None)?, false)
}

#[tokio::test]
async fn a_page_with_something_behind_it_ends_at_the_key_and_the_id_of_its_last_record() {
    let store = with_users(called(&["Ann", "BEA", "Cleo"]), 3);

    let page = directory(store).users(&organization(), &find(by_user_name(), 2)).await;

    let expected = Found {
        records: called(&["Ann", "BEA"]),
        next: Some(Place {
            key: Some(SortKey::Text("bea".to_owned())),
            id: user_id(2).uuid(),
        }),
    };
    assert_eq!(page.expect("a page"), expected);
}

#[tokio::test]
async fn a_page_in_the_order_of_the_ids_ends_at_an_id() {
    let store = with_users(called(&["Ann", "Bea"]), 2);

    let page = directory(store)
        .users(&organization(), &find(None, 1))
        .await
        .expect("a page");

    let place = Place {
        key: None,
        id: user_id(1).uuid(),
    };
    assert_eq!((page.records.len(), page.next), (1, Some(place)));
}

#[tokio::test]
async fn the_last_page_has_nothing_behind_it() {
    let store = with_users(called(&["Ann", "Bea"]), 3);

    let page = directory(store)
        .users(&organization(), &find(None, 2))
        .await
        .expect("a page");

    assert_eq!((page.records.len(), page.next), (2, None));
}

#[tokio::test]
async fn a_page_of_nothing_asks_for_nothing() {
    let store = with_users(Vec::new(), 0);

    let page = directory(store)
        .users(&organization(), &find(None, 0))
        .await
        .expect("a page");

    assert_eq!((page.records.len(), page.next), (0, None));
}

#[tokio::test]
async fn groups_have_pages_as_users_have() {
    let named = |number: u128, name: &str| {
        let changes = GroupChanges {
            name: set(name),
            ..GroupChanges::default()
        };
        let id = GroupId::new(Uuid::from_u128(number));
        Group::create(id, organization().id, &changes, at(0)).expect("valid")
    };
    let mut store = MockDirectoryStore::new();
    let both = vec![named(1, "Cardiology"), named(2, "Dermatology")];
    store
        .expect_find_groups()
        .withf(|of, find| (*of, find.limit) == (organization().id, 2))
        .times(1)
        .return_once(|_, _| Ok(both));
    let path = Path::resolve(ResourceType::Group, None, "displayName", None).expect("an attribute");

    let page = directory(store)
        .groups(&organization(), &find(Sort::by(path, false), 1))
        .await
        .expect("a page");

    let place = Place {
        key: Some(SortKey::Text("cardiology".to_owned())),
        id: Uuid::from_u128(1),
    };
    assert_eq!((page.records.len(), page.next), (1, Some(place)));
}

#[tokio::test]
async fn groups_come_by_the_users_who_are_in_them_and_nobody_asks_for_those_of_nobody() {
    let reference = |number: u128| GroupReference {
        id: GroupId::new(Uuid::from_u128(number)),
        name: number.to_string(),
    };
    let mut store = MockDirectoryStore::new();
    store
        .expect_groups_of_users()
        .withf(|of, users| *of == organization().id && users == [user_id(1), user_id(2), user_id(3)])
        .times(1)
        .return_once(move |_, _| {
            Ok(vec![
                (user_id(1), reference(1)),
                (user_id(1), reference(2)),
                (user_id(3), reference(1)),
            ])
        });
    let directory = directory(store);

    let groups = directory
        .groups_of(&organization(), &[user_id(1), user_id(2), user_id(3)])
        .await
        .expect("groups");

    assert_eq!(groups[&user_id(1)], [reference(1), reference(2)]);
    assert_eq!(groups.get(&user_id(2)), None);
    assert_eq!(groups[&user_id(3)], [reference(1)]);
    assert!(
        directory
            .groups_of(&organization(), &[])
            .await
            .expect("none")
            .is_empty()
    );
}

#[tokio::test]
async fn members_are_the_users_whose_groups_have_the_groups_id() {
    let path = Path::resolve(ResourceType::User, None, "groups", Some("value")).expect("an attribute");
    let filter = Filter::compare(path, Operator::Equal, Operand::Text(GROUP.to_string())).expect("a filter");
    let asked = Find {
        filter: Some(filter),
        after: Some(Place {
            key: None,
            id: user_id(7).uuid(),
        }),
        ..find(None, 2)
    };
    let mut store = MockDirectoryStore::new();
    store
        .expect_find_users()
        .withf(move |of, find| *of == organization().id && *find == asked)
        .times(1)
        .return_once(|_, _| Ok(called(&["Ann", "Bea"])));

    let members = directory(store)
        .members(&organization(), GROUP, Some(user_id(7)), 2)
        .await;

    assert_eq!(members.expect("members"), [user_id(1), user_id(2)]);
}

#[tokio::test]
async fn everybody_is_made_searchable_step_by_step_and_progress_is_told() {
    let (mut store, mut order) = (MockDirectoryStore::new(), Sequence::new());
    for some in [500, 500, 7, 0] {
        store
            .expect_index_users()
            .withf(|limit| *limit == STEP)
            .times(1)
            .in_sequence(&mut order)
            .return_once(move |_| Ok(some));
    }
    let told = Mutex::new(Vec::new());

    let total = directory(store)
        .complete(|so_far| told.lock().expect("no panic").push(so_far))
        .await;

    assert_eq!(total.expect("done"), 1_007);
    assert_eq!(*told.lock().expect("no panic"), [500, 1_000, 1_007]);
}
