//! Another organization's ids find nothing and change nothing.

use roster_application::ports::{
    AccountQuery, Begun, ClaimKey, ConnectionKey, DepartureCount, Find, IdempotencyKey, InCustomer, Sealed, Settled,
    Settlement, Store, StoreError, UserQuery,
};
use roster_domain::scim::{Filter, Operand, Operator, Path, ResourceType};
use roster_domain::{Connection, Customer, Deed, Departures, ExternalId, Group, User, VendorKey};

use super::given::{self, NOW, after};

/// Every way to a user.
pub async fn users_of_another_organization_are_neither_found_nor_changed(store: &dyn Store) {
    let (stranger, other) = (given::organization(store).await, given::organization(store).await);
    let user = given::new_user(other, &given::every_field());
    given::create(store, &user, None).await.expect("created");
    let external_id = user.profile.external_id.as_ref().expect("it has one");
    let email = user.profile.email.as_ref().expect("it has one");

    assert_eq!(store.user(stranger, user.id).await.expect("read"), None);
    assert_eq!(
        store.user_by_external_id(stranger, external_id).await.expect("read"),
        None
    );
    assert_eq!(store.user_by_email(stranger, email).await.expect("read"), None);
    let queries = [
        UserQuery::first(10),
        UserQuery {
            external_id: Some(external_id.clone()),
            ..UserQuery::first(10)
        },
        UserQuery {
            email: Some(email.clone()),
            ..UserQuery::first(10)
        },
    ];
    for query in queries {
        assert_eq!(store.users(stranger, &query).await.expect("read"), []);
    }
    let renamed = given::changed(&user, &given::first_name("Eve"), after(1));
    let updated = given::update(
        store,
        &User {
            organization_id: stranger,
            ..renamed
        },
        user.version,
        None,
    )
    .await;
    assert!(matches!(updated, Err(StoreError::Stale)), "{updated:?}");
    assert_eq!(store.user(other, user.id).await.expect("read"), Some(user));
}

/// Keys are unique in the organization, not beyond.
pub async fn two_organizations_may_have_the_same_external_id_and_email(store: &dyn Store) {
    let (first, second) = (given::organization(store).await, given::organization(store).await);
    let of_first = given::new_user(first, &given::every_field());
    let of_second = given::new_user(second, &given::every_field());

    given::create(store, &of_first, None).await.expect("created");
    given::create(store, &of_second, None).await.expect("created");

    let external_id = ExternalId::new("EHR-Ω-1").expect("valid");
    assert_eq!(
        store.user_by_external_id(first, &external_id).await.expect("read"),
        Some(of_first)
    );
    assert_eq!(
        store.user_by_external_id(second, &external_id).await.expect("read"),
        Some(of_second)
    );
}

/// Every way to an account.
pub async fn accounts_of_another_organization_are_neither_found_nor_changed(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    let stranger = given::organization(store).await;
    let claim = given::claim(store, after(1)).await;
    let before = given::account(store, &user).await;
    let foreign = ClaimKey {
        organization_id: stranger,
        ..claim.key
    };

    assert_eq!(store.accounts_of_user(stranger, user.id).await.expect("read"), []);
    let query = AccountQuery {
        after: None,
        limit: 10,
        status: None,
        connection_id: Some(connection.id),
    };
    assert_eq!(store.accounts(stranger, &query).await.expect("read"), []);
    assert_eq!(
        store
            .retry_account(stranger, user.id, connection.id, after(2))
            .await
            .expect("asked"),
        None
    );
    assert!(
        !store
            .announce(&foreign, &VendorKey::new("E-1"), after(99))
            .await
            .expect("asked")
    );
    assert!(!store.renew(&foreign, after(99)).await.expect("asked"));
    let settlement = given::settlement(&claim, given::IN_SYNC);
    assert!(!store.record(&foreign, &settlement, after(3)).await.expect("asked"));
    store.release(&[foreign]).await.expect("passed over");

    assert_eq!(given::account(store, &user).await, before);
    assert!(
        given::claims(store, after(4), after(60), 10).await.is_empty(),
        "the lease is untouched"
    );
}

/// Every way to a connection.
pub async fn connections_of_another_organization_are_neither_found_nor_changed(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    let stranger = given::organization(store).await;
    let taken_over = Connection {
        organization_id: stranger,
        version: 2,
        ..connection.clone()
    };

    assert_eq!(store.connection(stranger, connection.id).await.expect("read"), None);
    assert_eq!(store.connections(stranger, None, 10).await.expect("read"), []);
    let updated = store
        .update_connection(&taken_over, Some(&Sealed::new(vec![6])), 1)
        .await;
    assert!(matches!(updated, Err(StoreError::Stale)), "{updated:?}");
    assert!(!store.delete_connection(stranger, connection.id).await.expect("asked"));

    let stored = store
        .connection(user.organization_id, connection.id)
        .await
        .expect("read");
    assert_eq!(stored, Some((connection, given::credentials())));
    assert_eq!(
        store
            .accounts_of_user(user.organization_id, user.id)
            .await
            .expect("read")
            .len(),
        1
    );
}

/// A user gets accounts at its own organization's connections only.
pub async fn users_get_no_accounts_at_connections_of_another_organization(store: &dyn Store) {
    let (stranger, other) = (given::organization(store).await, given::organization(store).await);
    given::connection(store, stranger).await;

    let user = given::user(store, other, "E-1").await;

    assert_eq!(store.accounts_of_user(other, user.id).await.expect("read"), []);
    assert_eq!(given::next_due(store).await, None);
}

/// Clients of the other are not listed and not deleted.
pub async fn clients_of_another_organization_are_neither_listed_nor_deleted(store: &dyn Store) {
    let (stranger, other) = (given::organization(store).await, given::organization(store).await);
    let theirs = store.clients(other, None, 10).await.expect("read").remove(0);

    let listed = store.clients(stranger, None, 10).await.expect("read");
    assert!(listed.iter().all(|client| client.organization_id == stranger));
    assert!(!store.delete_client(stranger, theirs.id).await.expect("asked"));

    assert!(store.client(theirs.id).await.expect("read").is_some());
}

/// The same key in two organizations is two keys.
pub async fn idempotency_keys_of_another_organization_are_other_keys(store: &dyn Store) {
    let key = |organization_id| IdempotencyKey {
        organization_id,
        key: "1".to_owned(),
        fingerprint: [1; 32],
    };
    let (first, second) = (
        key(given::organization(store).await),
        key(given::organization(store).await),
    );
    store
        .begin(&first, given::new_id(), NOW, after(-60))
        .await
        .expect("begun");
    let id = given::new_id();

    assert_eq!(
        store.begin(&second, id, NOW, after(-60)).await.expect("begun"),
        Begun::Now(id)
    );
    store
        .answer(&second, &Sealed::new(vec![1]), NOW)
        .await
        .expect("answered");
    store.abandon(&second).await.expect("passed over");

    let of_first = store
        .begin(&first, given::new_id(), after(1), after(-60))
        .await
        .expect("begun");
    assert_eq!(of_first, Begun::InProgress);
}

/// Every way to a customer, and every way into one.
pub async fn customers_of_another_organization_are_neither_found_nor_changed(store: &dyn Store) {
    let (stranger, other) = (given::organization(store).await, given::organization(store).await);
    let customer = given::customer(store, other, "clinic").await;
    let user = given::user_in(store, &customer).await;
    let taken_over = Customer {
        organization_id: stranger,
        ..given::renamed(&customer, "taken over")
    };

    assert_eq!(store.customer(stranger, &customer.id).await.expect("read"), None);
    assert_eq!(store.customers(stranger, 0, 10).await.expect("read"), []);
    let updated = store.update_customer(&customer.id, &taken_over, customer.version).await;
    assert!(matches!(updated, Err(StoreError::Stale)), "{updated:?}");
    assert!(!store.delete_customer(stranger, &customer.id).await.expect("asked"));
    let within = UserQuery {
        customer: Some(InCustomer::Named(customer.id.clone())),
        ..UserQuery::first(10)
    };
    assert_eq!(store.users(stranger, &within).await.expect("read"), []);
    let intruder = given::new_user(stranger, &given::in_customer("clinic"));
    let created = given::create(store, &intruder, None).await;
    assert!(matches!(created, Err(StoreError::Reference)), "{created:?}");

    assert_eq!(store.customer(other, &customer.id).await.expect("read"), Some(customer));
    assert_eq!(store.users(other, &within).await.expect("read"), [user]);
}

/// The same id in two organizations is two customers: what becomes of one leaves the other and its users alone.
pub async fn two_organizations_may_have_the_same_customer_id(store: &dyn Store) {
    let (first, second) = (given::organization(store).await, given::organization(store).await);
    let of_first = given::customer(store, first, "clinic").await;
    let of_second = given::customer(store, second, "clinic").await;
    let user = given::user_in(store, &of_second).await;

    store
        .update_customer(&of_first.id, &given::renamed(&of_first, "renamed"), of_first.version)
        .await
        .expect("renamed");
    let again = given::customer(store, first, "clinic").await;
    assert!(store.delete_customer(first, &again.id).await.expect("deleted"));

    assert_eq!(
        store.customer(second, &of_second.id).await.expect("read"),
        Some(of_second)
    );
    assert_eq!(store.user(second, user.id).await.expect("read"), Some(user));
}

/// A claim under another organization's name delivers no password and tells nothing.
pub async fn passwords_of_another_organization_are_neither_found_nor_forgotten(store: &dyn Store) {
    let (stranger, other) = (given::organization(store).await, given::organization(store).await);
    given::connection(store, other).await;
    let user = given::new_user(other, &given::external_id("E-1"));
    given::create(store, &user, Some(&given::password(1)))
        .await
        .expect("created");
    let claim = given::claim(store, after(1)).await;
    let foreign = ClaimKey {
        organization_id: stranger,
        ..claim.key
    };

    let settlement = Settlement {
        delivered: claim.password.clone(),
        calls: vec![given::call("create", "done", after(1))],
        ..given::settlement(&claim, given::IN_SYNC)
    };
    assert!(!store.record(&foreign, &settlement, after(2)).await.expect("asked"));

    store.release(&[claim.key]).await.expect("released");
    assert_eq!(given::claim(store, after(3)).await.password, Some(given::password(1)));
    let told = store.history(stranger, user.id, None, 10).await.expect("read");
    assert_eq!(told, []);
}

/// Every way to a history.
pub async fn histories_of_another_organization_are_not_found(store: &dyn Store) {
    let (stranger, other) = (given::organization(store).await, given::organization(store).await);
    let user = given::user(store, other, "E-1").await;

    assert_eq!(store.history(stranger, user.id, None, 10).await.expect("read"), []);
    assert_eq!(store.history(other, user.id, None, 10).await.expect("read").len(), 1);
}

/// Every way to whom a connection takes, and to whom it holds.
pub async fn assignments_of_another_organization_are_neither_found_nor_changed(store: &dyn Store) {
    let stranger = given::organization(store).await;
    let organization = given::organization(store).await;
    let connection = given::choosy_connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;
    given::assign(store, &user, &connection, true, after(1)).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, Settled::Held, after(2)).await;
    let before = given::account(store, &user).await;
    let foreign = ConnectionKey {
        organization_id: stranger,
        ..given::key(&connection)
    };

    let change = given::change(Deed::Unassigned, 1, after(3));
    let assigned = store
        .assign(stranger, user.id, connection.id, false, &change)
        .await
        .expect("asked");
    assert_eq!(assigned, None);
    assert_eq!(store.holds(stranger).await.expect("read"), []);
    assert_eq!(
        store.approve(stranger, connection.id, after(3)).await.expect("asked"),
        None
    );
    let everything = DepartureCount {
        since: NOW,
        percent: 0,
        deletes: true,
    };
    assert_eq!(
        store.departures(&foreign, everything).await.expect("read"),
        Departures::default()
    );
    assert_eq!(store.next_due_at(&foreign).await.expect("read"), None);
    assert_eq!(
        store.keep(given::WORKER, &[foreign], after(99)).await.expect("asked"),
        []
    );
    store.disown(given::WORKER, &[foreign]).await.expect("passed over");

    assert_eq!(given::account(store, &user).await, before);
    let own = given::key(&connection);
    assert_eq!(
        store.keep(given::WORKER, &[own], after(99)).await.expect("asked"),
        [own]
    );
}

/// Every way to a group, to who is in it, and to where it is tied.
pub async fn groups_of_another_organization_are_neither_found_nor_changed(store: &dyn Store) {
    let (stranger, other) = (given::organization(store).await, given::organization(store).await);
    let connection = given::choosy_connection(store, other).await;
    let user = given::user(store, other, "E-1").await;
    let group = given::group(store, other, "Ward", &[&user]).await;
    given::tie(store, &group, &connection, true, after(1)).await;
    let strange = Group {
        organization_id: stranger,
        ..given::next(&group, after(2))
    };
    let (_, left) = given::records(after(2));

    assert_eq!(store.group(stranger, group.id).await.expect("read"), None);
    assert_eq!(store.members(stranger, &[group.id]).await.expect("read"), []);
    assert_eq!(store.ties(stranger, &[group.id]).await.expect("read"), []);
    assert_eq!(store.groups_of_users(stranger, &[user.id]).await.expect("read"), []);
    assert_eq!(
        store.missing_users(stranger, &[user.id]).await.expect("read"),
        [user.id]
    );
    let updated = given::update_group(store, &strange, &given::only(&[]), 1).await;
    assert!(matches!(updated, Err(StoreError::Stale)), "{updated:?}");
    let deleted = store.delete_group(stranger, group.id, 1, &left).await;
    assert!(matches!(deleted, Err(StoreError::Stale)), "{deleted:?}");
    assert_eq!(store.group(other, group.id).await.expect("read"), Some(group.clone()));
    assert_eq!(
        store.members(other, &[group.id]).await.expect("read"),
        [(group.id, user.id)]
    );
    let twin = Group { version: 1, ..strange };
    given::create_group(store, &twin, &given::only(&[]))
        .await
        .expect("ids are the organization's own");
}

/// Searches end at the organization, whatever the filter; tombstones, too, are its own.
pub async fn searches_find_nothing_of_another_organization(store: &dyn Store) {
    let (stranger, other) = (given::organization(store).await, given::organization(store).await);
    let user = given::user(store, other, "E-1").await;
    let group = given::group(store, other, "Ward", &[&user]).await;
    let everybody = Filter::Or(vec![
        Filter::And(Vec::new()),
        Filter::Not(Box::new(Filter::Or(Vec::new()))),
    ]);
    let compare = |of, attribute, text: String| {
        let path = Path::resolve(of, None, attribute, None).expect("an attribute");
        Filter::compare(path, Operator::Equal, Operand::Text(text)).expect("a filter")
    };
    let of_users = [
        everybody.clone(),
        compare(ResourceType::User, "groups", group.id.to_string()),
        compare(ResourceType::User, "id", user.id.to_string()),
        compare(ResourceType::User, "externalId", "E-1".to_owned()),
    ];
    let of_groups = [everybody, compare(ResourceType::Group, "members", user.id.to_string())];
    let find = |filter: &Filter| Find {
        filter: Some(filter.clone()),
        sort: None,
        after: None,
        skip: 0,
        limit: 9,
    };

    for filter in &of_users {
        assert_eq!(store.count_users(other, Some(filter)).await.expect("counted"), 1);
        assert_eq!(store.count_users(stranger, Some(filter)).await.expect("counted"), 0);
        assert_eq!(store.find_users(stranger, &find(filter)).await.expect("found"), []);
    }
    for filter in &of_groups {
        assert_eq!(store.count_groups(other, Some(filter)).await.expect("counted"), 1);
        assert_eq!(store.count_groups(stranger, Some(filter)).await.expect("counted"), 0);
        assert_eq!(store.find_groups(stranger, &find(filter)).await.expect("found"), []);
    }
    given::delete(store, &user, after(1)).await;
    let id = ExternalId::new("E-1").expect("valid");
    assert_eq!(store.deleted_user(stranger, Some(&id), None).await.expect("read"), None);
}
