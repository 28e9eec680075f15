//! What is found is what [`Filter::matches`] and [`Sort::compare`] say: random users, groups and filters, on the real thing.

mod random;

use std::cmp::Ordering;

use chrono::TimeDelta;
use proptest::prelude::Strategy;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use roster_application::ports::{Find, Place, Store};
use roster_domain::scim::{
    Attributes, Filter, GroupName, Operand, Operator, Path, ResourceType, Sort, Value, index_group, index_user,
};
use roster_domain::{Group, MemberChanges, OrganizationId, User};
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use uuid::Uuid;

use super::given::{self, after};

/// How many users, how many groups, and how many filters are held against them, for each of so many organizations.
const USERS: usize = 30;
const GROUPS: usize = 8;
const FILTERS: u32 = 300;
const ROUNDS: usize = 3;

/// A runner whose failures name the least filter that fails.
fn runner() -> TestRunner {
    TestRunner::new(Config {
        cases: FILTERS,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..Config::default()
    })
}

/// A random value.
fn draw<S: Strategy>(runner: &mut TestRunner, strategy: &S) -> S::Value {
    strategy.new_tree(runner).expect("a value").current()
}

/// An organization with random users in random groups, and what they are searched by.
struct World {
    organization: OrganizationId,
    users: Vec<(Uuid, Attributes)>,
    groups: Vec<(Uuid, Attributes)>,
    /// Texts that ids are compared with.
    ids: Vec<String>,
}

async fn world(store: &dyn Store, runner: &mut TestRunner) -> World {
    let organization = given::organization(store).await;
    let mut users = Vec::new();
    for number in 0..USERS {
        let profile = draw(runner, &random::profile());
        let seconds = draw(runner, &(0..4i64));
        let mut user = given::new_user(organization, &profile.changes);
        // Nobody has the same key by chance.
        let keyed = given::changed(&user, &random::keys(number, &profile), given::NOW);
        user = User {
            version: 1,
            created_at: after(seconds),
            updated_at: after(seconds * 2),
            ..keyed
        };
        user.profile.scim = profile.scim;
        given::create(store, &user, None).await.expect("created");
        users.push(user);
    }
    let mut groups = Vec::new();
    for _ in 0..GROUPS {
        let mut group = given::new_group(organization, "a group");
        group.name = GroupName::new(draw(runner, &random::name())).expect("a name");
        let members: Vec<&User> = users.iter().filter(|_| draw(runner, &(0..3)) == 0).collect();
        let changes = MemberChanges::replaced(members.iter().map(|user| user.id));
        given::create_group(store, &group, &changes).await.expect("created");
        groups.push((group, changes));
    }
    let ids = users.iter().map(|user| user.id.to_string());
    let ids = ids
        .chain(groups.iter().map(|(group, _)| group.id.to_string()))
        .collect();
    World {
        organization,
        ids,
        users: users
            .iter()
            .map(|user| (user.id.uuid(), searched_user(user, &groups)))
            .collect(),
        groups: groups
            .iter()
            .map(|(group, members)| (group.id.uuid(), searched_group(group, members)))
            .collect(),
    }
}

fn complex(parts: [(&str, String); 2]) -> Value {
    Value::Complex(
        parts
            .into_iter()
            .map(|(name, text)| (name.to_owned(), Value::Text(text)))
            .collect(),
    )
}

/// With the groups that the user is in.
fn searched_user(user: &User, groups: &[(Group, MemberChanges)]) -> Attributes {
    let mut index = index_user(user);
    let own = groups.iter().filter(|(_, members)| members.added.contains(&user.id));
    let own = own.map(|(group, _)| {
        let display = index_group(group).text("displayName").expect("a name").to_owned();
        let Value::Complex(mut parts) = complex([("value", group.id.to_string()), ("display", display)]) else {
            unreachable!("it was made complex");
        };
        parts.set("type", Value::text("direct"));
        Value::Complex(parts)
    });
    index.set("groups", Value::Many(own.collect()));
    index
}

/// With the members of the group.
fn searched_group(group: &Group, members: &MemberChanges) -> Attributes {
    let mut index = index_group(group);
    let members = members.added.iter();
    let members = members.map(|user| complex([("value", user.to_string()), ("type", "user".to_owned())]));
    index.set("members", Value::Many(members.collect()));
    index
}

async fn find(store: &dyn Store, of: ResourceType, organization: OrganizationId, find: &Find) -> Vec<Uuid> {
    match of {
        ResourceType::User => {
            let users = store.find_users(organization, find).await.expect("found");
            users.into_iter().map(|user| user.id.uuid()).collect()
        }
        ResourceType::Group => {
            let groups = store.find_groups(organization, find).await.expect("found");
            groups.into_iter().map(|group| group.id.uuid()).collect()
        }
    }
}

async fn check(store: &dyn Store, of: ResourceType, world: &World, filter: &Filter) -> Result<(), TestCaseError> {
    let records = match of {
        ResourceType::User => &world.users,
        ResourceType::Group => &world.groups,
    };
    let expected: Vec<_> = records
        .iter()
        .filter(|(_, index)| filter.matches(index))
        .map(|(id, _)| *id)
        .collect();
    let whole = Find {
        filter: Some(filter.clone()),
        sort: None,
        after: None,
        skip: 0,
        limit: 1_000,
    };
    let found = find(store, of, world.organization, &whole).await;
    let counted = match of {
        ResourceType::User => store.count_users(world.organization, Some(filter)).await,
        ResourceType::Group => store.count_groups(world.organization, Some(filter)).await,
    };
    if found == expected && counted.expect("counted") == expected.len() as u64 {
        return Ok(());
    }
    let differs = records
        .iter()
        .find(|(id, _)| found.contains(id) != expected.contains(id));
    Err(TestCaseError::fail(format!(
        "{} and not {}: {differs:?}",
        found.len(),
        expected.len()
    )))
}

async fn filters_find_what_they_match(store: &dyn Store, of: ResourceType) {
    let mut runner = runner();
    for _ in 0..ROUNDS {
        let world = world(store, &mut runner).await;
        let filters = random::filter(of, &world.ids);
        // The shrinking runner knows no futures.
        let handle = Handle::current();
        let checked =
            block_in_place(|| runner.run(&filters, |filter| handle.block_on(check(store, of, &world, &filter))));
        if let Err(failure) = checked {
            panic!("{failure}");
        }
    }
}

/// MUST: the users whom [`Filter::matches`] holds for, and no others.
pub async fn random_filters_find_the_users_whom_they_match(store: &dyn Store) {
    filters_find_what_they_match(store, ResourceType::User).await;
}

/// MUST: the groups that [`Filter::matches`] holds for, and no others.
pub async fn random_filters_find_the_groups_that_they_match(store: &dyn Store) {
    filters_find_what_they_match(store, ResourceType::Group).await;
}

/// MUST: also with moments that are more exact than those that are stored, and with leap seconds.
pub async fn every_moment_compares_as_it_is(store: &dyn Store) {
    let world = world(store, &mut runner()).await;
    let created = Path::resolve(ResourceType::User, None, "meta", Some("created")).expect("an attribute");
    let leap = "2025-12-31T23:59:60.5Z".parse().expect("a moment");
    let between = [-1_000, -999, -1, 0, 1, 500, 999, 1_000];
    let moments = (0..4).flat_map(|seconds| between.map(|nanos| after(seconds) + TimeDelta::nanoseconds(nanos)));
    for moment in moments.chain([leap]) {
        for operator in [
            Operator::Equal,
            Operator::Greater,
            Operator::GreaterOrEqual,
            Operator::Less,
            Operator::LessOrEqual,
        ] {
            let filter = Filter::compare(created, operator, Operand::DateTime(moment)).expect("it makes sense");
            let checked = check(store, ResourceType::User, &world, &filter).await;
            assert!(checked.is_ok(), "{} {moment}: {checked:?}", operator.name());
        }
    }
}

/// MUST: by every attribute, up and down, at once and page by page.
pub async fn every_order_is_that_of_the_keys(store: &dyn Store) {
    let world = world(store, &mut runner()).await;
    for of in ResourceType::ALL {
        let records = match of {
            ResourceType::User => &world.users,
            ResourceType::Group => &world.groups,
        };
        for path in random::paths(of) {
            for is_descending in [false, true] {
                let Some(sort) = Sort::by(path, is_descending) else {
                    continue;
                };
                in_order(store, of, world.organization, records, &sort).await;
            }
        }
    }
}

async fn in_order(
    store: &dyn Store,
    of: ResourceType,
    organization: OrganizationId,
    records: &[(Uuid, Attributes)],
    sort: &Sort,
) {
    let mut expected: Vec<Place> = records
        .iter()
        .map(|(id, index)| Place {
            key: sort.key(index),
            id: *id,
        })
        .collect();
    expected.sort_by(
        |left, right| match sort.compare(left.key.as_ref(), right.key.as_ref()) {
            Ordering::Equal => left.id.cmp(&right.id),
            other => other,
        },
    );
    let ids: Vec<_> = expected.iter().map(|place| place.id).collect();
    let whole = Find {
        filter: None,
        sort: Some(sort.clone()),
        after: None,
        skip: 0,
        limit: 1_000,
    };
    let what = format!("{} {}", sort.path, sort.is_descending);
    assert_eq!(find(store, of, organization, &whole).await, ids, "{what}");
    for (number, place) in expected.into_iter().enumerate().step_by(3) {
        let behind = Find {
            after: Some(place),
            limit: 4,
            ..whole.clone()
        };
        let found = find(store, of, organization, &behind).await;
        assert_eq!(
            found,
            ids[number + 1..].iter().copied().take(4).collect::<Vec<_>>(),
            "{what}"
        );
    }
}

/// Places of another kind than the order, which somebody made up, are taken as the kinds are ordered.
pub async fn places_that_somebody_made_up_are_places(store: &dyn Store) {
    use roster_domain::scim::SortKey;

    let world = world(store, &mut runner()).await;
    let keys = [
        SortKey::Boolean(true),
        SortKey::DateTime(after(1) + TimeDelta::nanoseconds(1)),
        SortKey::Text("m".to_owned()),
    ];
    for path in random::paths(ResourceType::User) {
        for is_descending in [false, true] {
            let Some(sort) = Sort::by(path, is_descending) else {
                continue;
            };
            for key in &keys {
                let place = Place {
                    key: Some(key.clone()),
                    id: world.users[USERS / 2].0,
                };
                let mut expected: Vec<_> = world
                    .users
                    .iter()
                    .map(|(id, index)| (sort.key(index), *id))
                    .filter(|(own, id)| match sort.compare(own.as_ref(), Some(key)) {
                        Ordering::Equal => *id > place.id,
                        other => other.is_gt(),
                    })
                    .map(|(_, id)| id)
                    .collect();
                expected.sort_unstable();
                let behind = Find {
                    filter: None,
                    sort: Some(sort.clone()),
                    after: Some(place),
                    skip: 0,
                    limit: 1_000,
                };
                let mut found = find(store, ResourceType::User, world.organization, &behind).await;
                found.sort_unstable();
                assert_eq!(found, expected, "{path} {is_descending} {key:?}");
            }
        }
    }
}
