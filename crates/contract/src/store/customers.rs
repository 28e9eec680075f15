//! Corti's customers, and the users in them.

use roster_application::ports::{InCustomer, Store, StoreError, UniqueKey, UserQuery};
use roster_domain::{Customer, CustomerId, DisplayName, OrganizationId, Region, TenantName, User, UserId};

use super::given::{self, after};

fn id(text: &str) -> CustomerId {
    CustomerId::new(text).expect("a valid id")
}

async fn users_in(store: &dyn Store, organization: OrganizationId, customer: &str) -> Vec<UserId> {
    let query = UserQuery {
        customer: Some(InCustomer::Named(id(customer))),
        ..UserQuery::first(100)
    };
    let users = store.users(organization, &query).await.expect("read");
    users.iter().map(|user| user.id).collect()
}

/// Every field survives, to the letter and the microsecond.
pub async fn a_customer_comes_back_as_it_was_stored(store: &dyn Store) {
    let organization = given::organization(store).await;
    let plain = given::new_customer(organization, "plain");
    let filled = Customer {
        id: id("Zürich 'Ω' %_"),
        display_name: DisplayName::new("Clínica \"Ω\"").expect("valid"),
        tenant_name: TenantName::new("tenant").expect("valid"),
        region: Region::Us,
        is_nfr: true,
        created_at: after(5),
        ..plain.clone()
    };

    store.create_customer(&plain).await.expect("created");
    store.create_customer(&filled).await.expect("created");

    for customer in [plain, filled] {
        let found = store.customer(organization, &customer.id).await.expect("read");
        assert_eq!(found, Some(customer));
    }
}

/// Not found is not an error, and ids are compared exactly.
pub async fn an_absent_customer_is_not_found(store: &dyn Store) {
    let organization = given::organization(store).await;
    let customer = given::customer(store, organization, "clinic").await;

    for other in ["Clinic", "clini", "clinic2"] {
        assert_eq!(store.customer(organization, &id(other)).await.expect("read"), None);
        assert!(!store.delete_customer(organization, &id(other)).await.expect("asked"));
    }

    let found = store.customer(organization, &customer.id).await.expect("read");
    assert_eq!(found, Some(customer));
}

/// MUST: `Conflict(CustomerId)`.
pub async fn an_id_that_is_taken_is_a_conflict_and_nothing_is_written(store: &dyn Store) {
    let organization = given::organization(store).await;
    let customer = given::customer(store, organization, "clinic").await;

    let same = Customer {
        display_name: DisplayName::new("Another").expect("valid"),
        ..customer.clone()
    };
    let refused = store.create_customer(&same).await;

    assert!(
        matches!(refused, Err(StoreError::Conflict(UniqueKey::CustomerId))),
        "{refused:?}"
    );
    let all = store.customers(organization, 0, 10).await.expect("read");
    assert_eq!(all, [customer]);
}

/// By creation, then by id, byte by byte.
pub async fn customers_are_listed_in_the_order_of_their_creation_by_numbered_pages(store: &dyn Store) {
    let organization = given::organization(store).await;
    let mut customers = Vec::new();
    // Not stored in the order in which they are listed.
    for (name, seconds) in [("b", 9), ("z", 1), ("a", 2), ("B", 2), ("ä", 2)] {
        let customer = Customer {
            created_at: after(seconds),
            ..given::new_customer(organization, name)
        };
        store.create_customer(&customer).await.expect("created");
        customers.push(customer);
    }

    let mut listed = Vec::new();
    for skip in [0, 2, 4, 6] {
        listed.push(store.customers(organization, skip, 2).await.expect("read"));
    }

    let names: Vec<Vec<_>> = listed
        .iter()
        .map(|page| page.iter().map(|customer| customer.id.as_str()).collect())
        .collect();
    assert_eq!(names, [vec!["z", "B"], vec!["a", "ä"], vec!["b"], vec![]]);
    assert!(listed.concat().iter().all(|customer| customers.contains(customer)));
}

/// All but the id and the time at which it was made.
pub async fn an_update_replaces_a_customer(store: &dyn Store) {
    let organization = given::organization(store).await;
    let customer = given::customer(store, organization, "clinic").await;
    let other = given::customer(store, organization, "other").await;

    let changed = Customer {
        display_name: DisplayName::new("Another name").expect("valid"),
        tenant_name: TenantName::new("another").expect("valid"),
        region: Region::Us,
        is_nfr: true,
        version: 2,
        ..customer.clone()
    };
    store
        .update_customer(&customer.id, &changed, customer.version)
        .await
        .expect("updated");

    let found = store.customer(organization, &customer.id).await.expect("read");
    assert_eq!(found, Some(changed));
    let untouched = store.customer(organization, &other.id).await.expect("read");
    assert_eq!(untouched, Some(other));
}

/// MUST: `Stale`, and nothing is written.
pub async fn an_update_of_another_version_or_of_nothing_is_stale(store: &dyn Store) {
    let organization = given::organization(store).await;
    let customer = given::customer(store, organization, "clinic").await;
    let user = given::user_in(store, &customer).await;
    let renamed = given::renamed(&customer, "renamed");

    let late = store.update_customer(&customer.id, &renamed, 7).await;
    let absent = store.update_customer(&id("absent"), &renamed, customer.version).await;

    assert!(matches!(late, Err(StoreError::Stale)), "{late:?}");
    assert!(matches!(absent, Err(StoreError::Stale)), "{absent:?}");
    let all = store.customers(organization, 0, 10).await.expect("read");
    assert_eq!(all, [customer]);
    assert_eq!(store.user(organization, user.id).await.expect("read"), Some(user));
}

/// The users come along; their versions, and so what their accounts must catch up with, stay as they are.
pub async fn a_new_id_carries_the_users_along_and_leaves_their_versions_alone(store: &dyn Store) {
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    let customer = given::customer(store, organization, "clinic").await;
    let user = given::user_in(store, &customer).await;
    let inactive = given::user_in(store, &customer).await;
    let elsewhere = given::user_in(store, &given::customer(store, organization, "other").await).await;
    let account = given::account(store, &user).await;

    store
        .update_customer(&customer.id, &given::renamed(&customer, "renamed"), customer.version)
        .await
        .expect("renamed");

    assert_eq!(store.customer(organization, &customer.id).await.expect("read"), None);
    assert_eq!(users_in(store, organization, "clinic").await, []);
    assert_eq!(users_in(store, organization, "renamed").await, [user.id, inactive.id]);
    assert_eq!(users_in(store, organization, "other").await, [elsewhere.id]);
    let mut carried = user.clone();
    carried.profile.customer_id = Some(id("renamed"));
    assert_eq!(store.user(organization, user.id).await.expect("read"), Some(carried));
    assert_eq!(given::account(store, &user).await, account);
}

/// MUST: `Conflict(CustomerId)`, and nothing is written.
pub async fn a_new_id_that_is_taken_is_a_conflict_and_nothing_is_written(store: &dyn Store) {
    let organization = given::organization(store).await;
    let customer = given::customer(store, organization, "clinic").await;
    let other = given::customer(store, organization, "other").await;
    let user = given::user_in(store, &customer).await;

    let refused = store
        .update_customer(&customer.id, &given::renamed(&customer, "other"), customer.version)
        .await;

    assert!(
        matches!(refused, Err(StoreError::Conflict(UniqueKey::CustomerId))),
        "{refused:?}"
    );
    let all = store.customers(organization, 0, 10).await.expect("read");
    assert_eq!(all, [customer, other]);
    assert_eq!(users_in(store, organization, "clinic").await, [user.id]);
}

/// Its id may be used again.
pub async fn a_customer_that_nobody_is_in_is_deleted(store: &dyn Store) {
    let organization = given::organization(store).await;
    let customer = given::customer(store, organization, "clinic").await;

    assert!(
        store
            .delete_customer(organization, &customer.id)
            .await
            .expect("deleted")
    );

    assert_eq!(store.customer(organization, &customer.id).await.expect("read"), None);
    assert!(!store.delete_customer(organization, &customer.id).await.expect("asked"));
    given::customer(store, organization, "clinic").await;
}

/// MUST: `Reference`, and nothing is deleted; until the last user has left for another customer, or for none.
pub async fn a_customer_that_users_are_in_is_not_deleted(store: &dyn Store) {
    let organization = given::organization(store).await;
    let customer = given::customer(store, organization, "clinic").await;
    given::customer(store, organization, "other").await;
    let first = given::user_in(store, &customer).await;
    let second = given::user_in(store, &customer).await;

    let held_by_two = store.delete_customer(organization, &customer.id).await;
    let moved = given::changed(&first, &given::in_customer("other"), after(1));
    given::update(store, &moved, first.version, None).await.expect("moved");
    let held_by_one = store.delete_customer(organization, &customer.id).await;

    assert!(matches!(held_by_two, Err(StoreError::Reference)), "{held_by_two:?}");
    assert!(matches!(held_by_one, Err(StoreError::Reference)), "{held_by_one:?}");
    assert_eq!(users_in(store, organization, "clinic").await, [second.id]);
    let found = store.customer(organization, &customer.id).await.expect("read");
    assert_eq!(found.as_ref(), Some(&customer));

    let mut left = User {
        version: 2,
        ..second.clone()
    };
    left.profile.customer_id = None;
    given::update(store, &left, second.version, None).await.expect("left");
    assert!(
        store
            .delete_customer(organization, &customer.id)
            .await
            .expect("deleted")
    );
    assert_eq!(store.user(organization, second.id).await.expect("read"), Some(left));
}

/// Tombstones do not hold a customer, and are not in it any more.
pub async fn a_deleted_user_does_not_hold_its_customer(store: &dyn Store) {
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    let customer = given::customer(store, organization, "clinic").await;
    let user = given::user_in(store, &customer).await;

    let deleted = given::delete(store, &user, after(1)).await;

    assert!(
        store
            .delete_customer(organization, &customer.id)
            .await
            .expect("deleted")
    );
    assert_eq!(given::claim(store, after(1)).await.user, deleted);
}

/// MUST: `Reference`, and all or nothing.
pub async fn a_new_user_of_an_absent_customer_is_refused_and_nothing_is_written(store: &dyn Store) {
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    let user = given::new_user(organization, &given::in_customer("absent"));

    let refused = given::create(store, &user, Some(&given::password(1))).await;

    assert!(matches!(refused, Err(StoreError::Reference)), "{refused:?}");
    assert_eq!(store.user(organization, user.id).await.expect("read"), None);
    assert_eq!(store.accounts_of_user(organization, user.id).await.expect("read"), []);
}

/// MUST: `Reference`, and nothing is written; `Stale` for a version that is not there any more.
pub async fn a_user_is_not_put_into_an_absent_customer(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let account = given::account(store, &user).await;

    let moved = given::changed(&user, &given::in_customer("absent"), after(1));
    let refused = given::update(store, &moved, user.version, Some(&given::password(1))).await;
    let late = given::update(store, &moved, 7, None).await;

    assert!(matches!(refused, Err(StoreError::Reference)), "{refused:?}");
    assert!(matches!(late, Err(StoreError::Stale)), "{late:?}");
    let organization = user.organization_id;
    assert_eq!(given::account(store, &user).await, account);
    assert_eq!(given::claim(store, after(2)).await.password, None);
    assert_eq!(store.user(organization, user.id).await.expect("read"), Some(user));
}

/// MUST: `Reference` for whoever read the user before its customer got another id, although the version is the same.
pub async fn an_update_with_the_old_id_of_a_renamed_customer_is_refused(store: &dyn Store) {
    let organization = given::organization(store).await;
    let customer = given::customer(store, organization, "clinic").await;
    let user = given::user_in(store, &customer).await;
    store
        .update_customer(&customer.id, &given::renamed(&customer, "renamed"), customer.version)
        .await
        .expect("renamed");

    let late = given::changed(&user, &given::first_name("Ann"), after(1));
    let refused = given::update(store, &late, user.version, None).await;

    assert!(matches!(refused, Err(StoreError::Reference)), "{refused:?}");
    let found = store
        .user(organization, user.id)
        .await
        .expect("read")
        .expect("the user");
    assert_eq!((found.version, found.profile.first_name.as_ref()), (user.version, None));
    assert_eq!(found.profile.customer_id, Some(id("renamed")));
    given::rename(store, &found, "Ann", after(2)).await;
}

/// A claim carries the customer, as everything else of the user.
pub async fn a_claim_carries_the_users_customer(store: &dyn Store) {
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    let customer = given::customer(store, organization, "clinic").await;

    let user = given::user_in(store, &customer).await;

    assert_eq!(given::claim(store, after(1)).await.user, user);
}
