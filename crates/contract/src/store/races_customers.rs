//! What happens to customers and the users in them at once, from two stores on one database as from two processes.

use std::sync::Arc;

use roster_application::ports::{InCustomer, Store, StoreError, UniqueKey, UserQuery};
use roster_domain::{CustomerId, OrganizationId, User};

use super::given::{self, after};
use super::races::{Stores, at_once};

async fn users_in(store: &dyn Store, organization: OrganizationId, customer: &CustomerId) -> Vec<User> {
    let query = UserQuery {
        customer: Some(InCustomer::Named(customer.clone())),
        ..UserQuery::first(100)
    };
    store.users(organization, &query).await.expect("read")
}

/// MUST: `Conflict(CustomerId)` for all but one.
pub async fn of_many_who_create_one_customer_one_succeeds(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;

    let outcomes = at_once(stores, 20, move |store, _| async move {
        store
            .create_customer(&given::new_customer(organization, "clinic"))
            .await
    })
    .await;

    let created = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(StoreError::Conflict(UniqueKey::CustomerId))))
        .count();
    assert_eq!((created, refused), (1, 19));
}

/// Each version is written once, and the users follow the one that was.
pub async fn of_many_who_give_one_customer_new_ids_one_succeeds(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let customer = given::customer(&*stores[0], organization, "clinic").await;
    for _ in 0..5 {
        given::user_in(&*stores[0], &customer).await;
    }

    let outcomes = at_once(stores, 20, |store, number| {
        let was = customer.clone();
        async move {
            let renamed = given::renamed(&was, &format!("clinic-{number}"));
            store.update_customer(&was.id, &renamed, was.version).await
        }
    })
    .await;

    let updated = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let stale = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(StoreError::Stale)))
        .count();
    assert_eq!((updated, stale), (1, 19));
    let left = stores[1].customers(organization, 0, 9).await.expect("read");
    assert_eq!(left.len(), 1);
    assert_eq!(users_in(&*stores[1], organization, &left[0].id).await.len(), 5);
}

/// MUST: either the customer is deleted, and nobody gets into it any more; or somebody is in it, and it stays.
pub async fn a_customer_is_deleted_or_users_are_put_into_it(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    for round in 0..12 {
        let name = format!("clinic-{round}");
        let customer = given::customer(&*stores[0], organization, &name).await;
        let mut movers = Vec::new();
        for number in 0..8 {
            movers.push(given::user(&*stores[0], organization, &format!("E-{round}-{number}")).await);
        }
        let movers: Arc<[User]> = movers.into();

        let outcomes = at_once(stores, 17, |store, number| {
            let (id, name, movers) = (customer.id.clone(), name.clone(), Arc::clone(&movers));
            async move {
                // At another place in each round, so that now the one side is first, and now the other.
                if number == round {
                    (true, store.delete_customer(organization, &id).await.map(|_| ()))
                } else if let Some(user) = movers.get(number / 2).filter(|_| number % 2 == 0) {
                    let moved = given::changed(user, &given::in_customer(&name), after(1));
                    (false, given::update(&*store, &moved, user.version, None).await)
                } else {
                    let user = given::new_user(organization, &given::in_customer(&name));
                    (false, given::create(&*store, &user, None).await)
                }
            }
        })
        .await;

        for (_, outcome) in &outcomes {
            assert!(matches!(outcome, Ok(()) | Err(StoreError::Reference)), "{outcome:?}");
        }
        let deleted = outcomes.iter().any(|(delete, outcome)| *delete && outcome.is_ok());
        let inside = outcomes
            .iter()
            .filter(|(delete, outcome)| !delete && outcome.is_ok())
            .count();
        assert_eq!(inside, if deleted { 0 } else { 16 });
        let found = stores[0].customer(organization, &customer.id).await.expect("read");
        assert_eq!(found.is_none(), deleted);
        assert_eq!(users_in(&*stores[0], organization, &customer.id).await.len(), inside);
    }
}

/// Whoever changes a user whose customer gets another id meanwhile is told so, and the user is in the customer
/// afterwards.
pub async fn users_that_are_changed_while_their_customer_gets_another_id_stay_in_it(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let customer = given::customer(&*stores[0], organization, "clinic").await;
    let mut users = Vec::new();
    for _ in 0..20 {
        users.push(given::user_in(&*stores[0], &customer).await);
    }
    let users: Arc<[User]> = users.into();

    at_once(stores, 26, |store, number| {
        let users = Arc::clone(&users);
        async move {
            match users.get(number) {
                Some(user) => rename_user(&*store, user).await,
                None => rename_customer(&*store, organization, number).await,
            }
        }
    })
    .await;

    let left = stores[0].customers(organization, 0, 9).await.expect("read");
    assert_eq!(left.iter().map(|customer| customer.version).collect::<Vec<_>>(), [7]);
    let inside = users_in(&*stores[0], organization, &left[0].id).await;
    assert_eq!(inside.len(), 20);
    for user in inside {
        assert_eq!((user.version, user.profile.first_name.is_some()), (2, true));
    }
}

async fn rename_user(store: &dyn Store, user: &User) {
    loop {
        let current = store.user(user.organization_id, user.id).await.expect("read");
        let current = current.expect("the user");
        let renamed = given::changed(&current, &given::first_name("Ann"), after(1));
        match given::update(store, &renamed, current.version, None).await {
            Ok(()) => return,
            Err(StoreError::Reference) => {}
            Err(error) => panic!("only the customer is changed by others: {error:?}"),
        }
    }
}

async fn rename_customer(store: &dyn Store, organization: OrganizationId, number: usize) {
    loop {
        let current = store.customers(organization, 0, 1).await.expect("read").remove(0);
        let renamed = given::renamed(&current, &format!("clinic-{number}"));
        match store.update_customer(&current.id, &renamed, current.version).await {
            Ok(()) => return,
            Err(StoreError::Stale) => {}
            Err(error) => panic!("only renamed by others: {error:?}"),
        }
    }
}
