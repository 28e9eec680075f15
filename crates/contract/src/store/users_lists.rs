//! Users: lists of them.

use roster_application::ports::{InCustomer, Order, Store, UserQuery};
use roster_domain::{Change, CustomerId, Email, ExternalId, User, UserChanges, UserId};

use super::given::{self, after};

async fn some_users(store: &dyn Store) -> Vec<User> {
    let organization = given::organization(store).await;
    let mut users = Vec::new();
    for number in 0..5 {
        let changes = UserChanges {
            external_id: Change::Set(format!("E-{number}")),
            email: Change::Set(format!("User{number}@example.org")),
            active: Change::Set(number % 2 == 0),
            ..UserChanges::default()
        };
        let user = given::new_user(organization, &changes);
        given::create(store, &user, None).await.expect("created");
        users.push(user);
    }
    users
}

async fn list(store: &dyn Store, users: &[User], query: UserQuery) -> Vec<UserId> {
    let found = store.users(users[0].organization_id, &query).await.expect("read");
    assert!(found.iter().all(|user| users.contains(user)), "as they were stored");
    found.iter().map(|user| user.id).collect()
}

fn ids<'a>(users: impl IntoIterator<Item = &'a User>) -> Vec<UserId> {
    users.into_iter().map(|user| user.id).collect()
}

/// By id, which is by creation.
pub async fn users_are_listed_oldest_first_and_page_by_page(store: &dyn Store) {
    let users = some_users(store).await;

    let first = list(store, &users, UserQuery::first(2)).await;
    let second = list(
        store,
        &users,
        UserQuery {
            after: Some(users[1].id),
            ..UserQuery::first(2)
        },
    )
    .await;
    let last = list(
        store,
        &users,
        UserQuery {
            after: Some(users[3].id),
            ..UserQuery::first(2)
        },
    )
    .await;
    let behind = list(
        store,
        &users,
        UserQuery {
            after: Some(users[4].id),
            ..UserQuery::first(2)
        },
    )
    .await;

    assert_eq!(first, ids(&users[..2]));
    assert_eq!(second, ids(&users[2..4]));
    assert_eq!(last, ids(&users[4..]));
    assert_eq!(behind, []);
}

/// The same backwards.
pub async fn users_are_listed_newest_first_and_page_by_page(store: &dyn Store) {
    let users = some_users(store).await;
    let newest = UserQuery {
        order: Order::NewestFirst,
        ..UserQuery::first(3)
    };

    let first = list(store, &users, newest.clone()).await;
    let last = list(
        store,
        &users,
        UserQuery {
            after: Some(users[2].id),
            ..newest
        },
    )
    .await;

    assert_eq!(first, ids(users[2..].iter().rev()));
    assert_eq!(last, ids(users[..2].iter().rev()));
}

/// Each filter alone and all together.
pub async fn users_are_filtered_by_key_and_state(store: &dyn Store) {
    let users = some_users(store).await;
    let all = UserQuery::first(10);
    let external_id = |text: &str| Some(ExternalId::new(text).expect("valid"));
    let email = |text: &str| Some(Email::new(text).expect("valid"));

    let by_external_id = UserQuery {
        external_id: external_id("E-1"),
        ..all.clone()
    };
    let by_email = UserQuery {
        email: email("USER2@example.org"),
        ..all.clone()
    };
    let by_both = UserQuery {
        email: email("user1@example.org"),
        ..by_external_id.clone()
    };
    let by_two_users = UserQuery {
        email: email("user2@example.org"),
        ..by_external_id.clone()
    };
    let inactive = UserQuery {
        active: Some(false),
        ..all.clone()
    };
    let active = UserQuery {
        active: Some(true),
        ..all.clone()
    };
    let active_of_inactive = UserQuery {
        active: Some(true),
        ..by_external_id.clone()
    };
    let behind_itself = UserQuery {
        after: Some(users[1].id),
        ..by_external_id.clone()
    };
    let newer_than_it = UserQuery {
        after: Some(users[3].id),
        order: Order::NewestFirst,
        ..by_external_id.clone()
    };

    assert_eq!(list(store, &users, by_external_id).await, ids(&users[1..2]));
    assert_eq!(list(store, &users, by_email).await, ids(&users[2..3]));
    assert_eq!(list(store, &users, by_both).await, ids(&users[1..2]));
    assert_eq!(list(store, &users, by_two_users).await, []);
    assert_eq!(list(store, &users, inactive).await, ids([&users[1], &users[3]]));
    assert_eq!(
        list(store, &users, active).await,
        ids([&users[0], &users[2], &users[4]])
    );
    assert_eq!(list(store, &users, active_of_inactive).await, []);
    assert_eq!(list(store, &users, behind_itself).await, []);
    assert_eq!(list(store, &users, newer_than_it).await, ids(&users[1..2]));
}

/// So many are left out, in either order and behind whoever is named.
pub async fn users_are_listed_by_numbered_pages(store: &dyn Store) {
    let users = some_users(store).await;
    let skipping = |skip| UserQuery {
        skip,
        ..UserQuery::first(2)
    };

    let second = list(store, &users, skipping(2)).await;
    let last = list(store, &users, skipping(4)).await;
    let beyond = list(store, &users, skipping(100_000)).await;
    let newest = UserQuery {
        order: Order::NewestFirst,
        ..skipping(1)
    };
    let newest = list(store, &users, newest).await;
    let behind = UserQuery {
        after: Some(users[0].id),
        ..skipping(1)
    };
    let behind = list(store, &users, behind).await;
    let active = UserQuery {
        active: Some(true),
        ..skipping(1)
    };
    let active = list(store, &users, active).await;

    assert_eq!(second, ids(&users[2..4]));
    assert_eq!(last, ids(&users[4..]));
    assert_eq!(beyond, []);
    assert_eq!(newest, ids([&users[3], &users[2]]));
    assert_eq!(behind, ids(&users[2..4]));
    assert_eq!(active, ids([&users[2], &users[4]]));
}

/// Also where a key names one user at the most.
pub async fn the_only_user_of_a_key_may_be_left_out(store: &dyn Store) {
    let users = some_users(store).await;
    let named = UserQuery {
        external_id: Some(ExternalId::new("E-1").expect("valid")),
        skip: 1,
        ..UserQuery::first(2)
    };

    assert_eq!(list(store, &users, named).await, []);
}

/// Those in one customer, and those in none, who are the default customer's; with every other filter.
pub async fn users_are_filtered_by_customer(store: &dyn Store) {
    let organization = given::organization(store).await;
    for customer in ["clinic", "other"] {
        given::customer(store, organization, customer).await;
    }
    let mut users = Vec::new();
    for number in 0..9 {
        let changes = UserChanges {
            external_id: Change::Set(format!("E-{number}")),
            active: Change::Set(number < 6),
            customer_id: match number % 3 {
                0 => Change::Set("clinic".to_owned()),
                1 => Change::Set("other".to_owned()),
                _ => Change::Keep,
            },
            ..UserChanges::default()
        };
        let user = given::new_user(organization, &changes);
        given::create(store, &user, None).await.expect("created");
        users.push(user);
    }
    let of = |indices: &[usize]| ids(indices.iter().map(|index| &users[*index]));
    let named = |id: &str| UserQuery {
        customer: Some(InCustomer::Named(CustomerId::new(id).expect("valid"))),
        ..UserQuery::first(10)
    };
    let default = UserQuery {
        customer: Some(InCustomer::Default),
        ..UserQuery::first(10)
    };

    for (query, members) in [
        (named("clinic"), [0, 3, 6]),
        (named("other"), [1, 4, 7]),
        (default, [2, 5, 8]),
    ] {
        let [first, second, third] = members;
        let narrowed = |narrow: &dyn Fn(&mut UserQuery)| {
            let mut query = query.clone();
            narrow(&mut query);
            query
        };
        let newest = narrowed(&|query| query.order = Order::NewestFirst);
        let numbered = narrowed(&|query| (query.skip, query.limit) = (1, 1));
        let newest_numbered = UserQuery {
            order: Order::NewestFirst,
            ..narrowed(&|query| query.skip = 2)
        };
        let behind = narrowed(&|query| query.after = Some(users[first].id));
        let active = narrowed(&|query| query.active = Some(true));
        let with_key = narrowed(&|query| query.external_id.clone_from(&users[second].profile.external_id));
        let with_anothers_key = narrowed(&|query| {
            query
                .external_id
                .clone_from(&users[(second + 1) % 9].profile.external_id);
        });

        assert_eq!(list(store, &users, query.clone()).await, of(&members));
        assert_eq!(list(store, &users, newest).await, of(&[third, second, first]));
        assert_eq!(list(store, &users, numbered).await, of(&[second]));
        assert_eq!(list(store, &users, newest_numbered).await, of(&[first]));
        assert_eq!(list(store, &users, behind).await, of(&[second, third]));
        assert_eq!(list(store, &users, active).await, of(&[first, second]));
        assert_eq!(list(store, &users, with_key).await, of(&[second]));
        assert_eq!(list(store, &users, with_anothers_key).await, []);
    }
    assert_eq!(list(store, &users, named("absent")).await, []);
}

/// Tombstones are in no customer, and in the default one neither.
pub async fn deleted_users_are_in_no_customers_list(store: &dyn Store) {
    let organization = given::organization(store).await;
    let customer = given::customer(store, organization, "clinic").await;
    let users = [
        given::user_in(store, &customer).await,
        given::user_in(store, &customer).await,
        given::user(store, organization, "E-1").await,
    ];

    given::delete(store, &users[0], after(1)).await;
    given::delete(store, &users[2], after(1)).await;

    let within = |customer| UserQuery {
        customer: Some(customer),
        ..UserQuery::first(10)
    };
    let of_customer = list(store, &users, within(InCustomer::Named(customer.id))).await;
    assert_eq!(of_customer, ids([&users[1]]));
    assert_eq!(list(store, &users, within(InCustomer::Default)).await, []);
}

/// MUST: everyone who is there throughout exactly once.
pub async fn a_walk_visits_everyone_who_stays_once_while_others_come_and_go(store: &dyn Store) {
    let organization = given::organization(store).await;
    let mut staying = Vec::new();
    let mut going = Vec::new();
    for number in 0..30 {
        let user = given::user(store, organization, &format!("E-{number}")).await;
        if number % 3 == 0 {
            going.push(user);
        } else {
            staying.push(user);
        }
    }

    let mut seen = Vec::new();
    let mut query = UserQuery::first(4);
    loop {
        let page = store.users(organization, &query).await.expect("read");
        let Some(last) = page.last() else { break };
        query.after = Some(last.id);
        seen.extend(ids(&page));
        if let Some(user) = going.pop() {
            given::delete(store, &user, after(1)).await;
        }
        if seen.len() < 20 {
            given::user(store, organization, &format!("new-{}", seen.len())).await;
        }
    }

    let mut sorted = seen.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(seen, sorted, "in order, and nobody twice");
    for user in staying {
        assert!(seen.contains(&user.id), "{} was passed over", user.id);
    }
}
