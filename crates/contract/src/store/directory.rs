//! Searching users and groups: what is found, page by page. That it is what the filters say: `directory_filters`.

use std::collections::HashSet;

use roster_application::ports::{Find, Place, Store};
use roster_domain::scim::{Filter, Operand, Operator, Path, ResourceType, Sort, index_user};
use roster_domain::{OrganizationId, User, UserId};

use super::given::{self, after, only};

/// An attribute of a user.
fn path(attribute: &str, part: Option<&str>) -> Path {
    Path::resolve(ResourceType::User, None, attribute, part).expect("an attribute")
}

fn equal(attribute: &str, text: &str) -> Filter {
    Filter::compare(path(attribute, None), Operator::Equal, Operand::Text(text.to_owned())).expect("a filter")
}

/// Everybody, or those who meet a filter.
fn all(filter: Option<Filter>) -> Find {
    Find {
        filter,
        sort: None,
        after: None,
        skip: 0,
        limit: 1_000,
    }
}

async fn found(store: &dyn Store, organization: OrganizationId, find: &Find) -> Vec<UserId> {
    let users = store.find_users(organization, find).await.expect("found");
    users.into_iter().map(|user| user.id).collect()
}

/// As they are stored, in the order of their ids.
pub async fn users_are_found_as_they_were_stored(store: &dyn Store) {
    let organization = given::organization(store).await;
    let ann = given::new_user(organization, &given::every_field());
    given::create(store, &ann, None).await.expect("created");
    let bea = given::user(store, organization, "E-2").await;

    assert_eq!(
        store.find_users(organization, &all(None)).await.expect("found"),
        [ann.clone(), bea.clone()]
    );
    assert_eq!(store.count_users(organization, None).await.expect("counted"), 2);
    let by_name = equal("userName", "ANN.müller@LOGIN.example.org");
    assert_eq!(
        store.count_users(organization, Some(&by_name)).await.expect("counted"),
        1
    );
    assert_eq!(found(store, organization, &all(Some(by_name))).await, [ann.id]);
    assert_eq!(
        found(store, organization, &all(Some(equal("externalId", "E-2")))).await,
        [bea.id]
    );
    assert_eq!(
        found(store, organization, &all(Some(equal("externalId", "e-2")))).await,
        []
    );
    assert_eq!(
        found(store, organization, &all(Some(equal("id", &bea.id.to_string())))).await,
        [bea.id]
    );
}

/// Every write is found, and none that is past.
pub async fn users_are_found_as_they_are_now(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = given::user(store, organization, "E-1").await;
    let by_name = |name: &str| {
        let given_name = path("name", Some("givenName"));
        all(Some(
            Filter::compare(given_name, Operator::Equal, Operand::Text(name.to_owned())).expect("a filter"),
        ))
    };

    let user = given::rename(store, &user, "Ann", after(1)).await;
    assert_eq!(found(store, organization, &by_name("ann")).await, [user.id]);
    let user = given::rename(store, &user, "Bea", after(2)).await;
    assert_eq!(found(store, organization, &by_name("ann")).await, []);
    let tombstone = given::delete(store, &user, after(3)).await;
    assert_eq!(found(store, organization, &by_name("bea")).await, []);
    assert_eq!(store.count_users(organization, None).await.expect("counted"), 0);
    let back = given::restored(&tombstone, &given::first_name("Cora"), after(4));
    given::restore(store, &back, tombstone.version).await.expect("restored");

    assert_eq!(found(store, organization, &by_name("cora")).await, [user.id]);
    assert_eq!(found(store, organization, &by_name("bea")).await, []);
}

/// By number and by place, in the order of the ids and in another one.
pub async fn users_are_found_page_by_page(store: &dyn Store) {
    let organization = given::organization(store).await;
    for name in ["d", "b", "a", "c", "b", "e", "b"] {
        let user = given::new_user(organization, &given::first_name(name));
        given::create(store, &user, None).await.expect("created");
    }
    given::user(store, organization, "nameless").await;
    let sort = |is_descending| Sort::by(path("name", Some("givenName")), is_descending);

    for sort in [None, sort(false), sort(true)] {
        let whole = Find { sort, ..all(None) };
        let expected = found(store, organization, &whole).await;
        assert_eq!(expected.len(), 8);
        let mut numbered = Vec::new();
        let mut walked = Vec::new();
        let mut place = None;
        for skip in [0, 3, 6] {
            let page = Find {
                skip,
                limit: 3,
                ..whole.clone()
            };
            numbered.extend(found(store, organization, &page).await);
            let page = Find {
                after: place,
                limit: 3,
                ..whole.clone()
            };
            let users = store.find_users(organization, &page).await.expect("found");
            place = users.last().map(|user| place_of(&whole, user));
            walked.extend(users.iter().map(|user| user.id));
        }
        assert_eq!(numbered, expected);
        assert_eq!(walked, expected);
        assert_eq!(
            found(
                store,
                organization,
                &Find {
                    limit: 0,
                    ..whole.clone()
                }
            )
            .await,
            []
        );
        assert_eq!(found(store, organization, &Find { skip: 8, ..whole }).await, []);
    }
}

/// The place of a user in an order.
fn place_of(find: &Find, user: &User) -> Place {
    Place {
        key: find.sort.as_ref().and_then(|sort| sort.key(&index_user(user))),
        id: user.id.uuid(),
    }
}

/// MUST: everybody who is there, and stands at the same place, throughout, once.
pub async fn a_walk_finds_everybody_who_stays_while_others_come_and_go(store: &dyn Store) {
    let organization = given::organization(store).await;
    let mut users = Vec::new();
    for number in 0..60 {
        let user = given::new_user(organization, &given::first_name(&format!("n{:02}", number * 7 % 20)));
        given::create(store, &user, None).await.expect("created");
        users.push(user);
    }
    let sort = Sort::by(path("name", Some("givenName")), false);
    let mut alive = users.clone();
    for sort in [None, sort] {
        let mut find = Find {
            sort,
            limit: 7,
            ..all(None)
        };
        let mut seen = Vec::new();
        let mut gone = HashSet::new();
        let mut round = 0;
        loop {
            let page = store.find_users(organization, &find).await.expect("found");
            find.after = page.last().map(|last| place_of(&find, last)).or(find.after);
            seen.extend(page.iter().map(|user| user.id));
            if page.len() < 7 {
                break;
            }
            let victim = alive.remove((round * 5) % alive.len());
            gone.insert(victim.id);
            given::delete(store, &victim, after(1)).await;
            let newcomer = given::new_user(organization, &given::first_name(&format!("n{:02}", round * 3 % 20)));
            given::create(store, &newcomer, None).await.expect("created");
            round += 1;
        }
        let once: HashSet<_> = seen.iter().copied().collect();
        assert_eq!(once.len(), seen.len(), "nobody twice");
        for user in &alive {
            assert!(once.contains(&user.id), "{} was missed", user.id);
        }
        assert!(!gone.is_empty());
    }
}

/// By name, key, and member, page by page.
pub async fn groups_are_found(store: &dyn Store) {
    let organization = given::organization(store).await;
    let ann = given::user(store, organization, "E-1").await;
    let mut groups = Vec::new();
    for name in ["Ward B", "ward a", "Night"] {
        groups.push(given::group(store, organization, name, &[&ann]).await);
    }
    let keyed = given::known_as(&given::new_group(organization, "Day"), "G-1");
    given::create_group(store, &keyed, &only(&[])).await.expect("created");
    let path = |attribute, part| Path::resolve(ResourceType::Group, None, attribute, part).expect("an attribute");
    let compare = |attribute, part, operator, text: &str| {
        Filter::compare(path(attribute, part), operator, Operand::Text(text.to_owned())).expect("a filter")
    };
    let find = |filter| Find {
        sort: Sort::by(path("displayName", None), false),
        ..all(Some(filter))
    };

    let wards = find(compare("displayName", None, Operator::StartsWith, "WARD"));
    let found = store.find_groups(organization, &wards).await.expect("found");
    assert_eq!(found, [groups[1].clone(), groups[0].clone()]);
    let page = Find {
        skip: 1,
        limit: 1,
        ..wards.clone()
    };
    assert_eq!(
        store.find_groups(organization, &page).await.expect("found"),
        [groups[0].clone()]
    );
    assert_eq!(
        store
            .count_groups(organization, wards.filter.as_ref())
            .await
            .expect("counted"),
        2
    );
    assert_eq!(store.count_groups(organization, None).await.expect("counted"), 4);
    let with_key = find(compare("externalId", None, Operator::Equal, "G-1"));
    assert_eq!(
        store.find_groups(organization, &with_key).await.expect("found"),
        [keyed]
    );
    let with_ann = compare("members", Some("value"), Operator::Equal, &ann.id.to_string());
    assert_eq!(
        store
            .count_groups(organization, Some(&with_ann))
            .await
            .expect("counted"),
        3
    );
    let renamed = given::next(&groups[2], after(1));
    let renamed = roster_domain::Group {
        name: groups[0].name.clone(),
        ..renamed
    };
    given::update_group(store, &renamed, &only(&[]), 1)
        .await
        .expect("changed");
    assert_eq!(
        store
            .count_groups(organization, wards.filter.as_ref())
            .await
            .expect("counted"),
        3
    );
    assert_eq!(
        store
            .count_groups(organization, Some(&with_ann))
            .await
            .expect("counted"),
        2
    );
}

/// Those who can be searched already are left.
pub async fn who_can_be_searched_is_not_made_searchable_again(store: &dyn Store) {
    let organization = given::organization(store).await;
    given::user(store, organization, "E-1").await;

    assert_eq!(store.index_users(10).await.expect("indexed"), 0);
}
