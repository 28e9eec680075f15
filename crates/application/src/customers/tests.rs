//! The use cases for customers against a scripted store.

use std::sync::Arc;

use mockall::Sequence;
use roster_domain::{Change, Customer, CustomerChanges};
use rstest::rstest;

use super::{Customers, ROUNDS};
use crate::error::{Conflicting, Error, Missing};
use crate::ports::{MockCustomerStore, StoreError, UniqueKey};
use crate::testing::{at, clock_at, organization, set};

fn customers(store: MockCustomerStore) -> Customers {
    Customers::new(Arc::new(store), clock_at(60))
}

fn named(id: &str) -> CustomerChanges {
    CustomerChanges {
        customer_id: set(id),
        display_name: set("Contoso Hospital"),
        ..CustomerChanges::default()
    }
}

fn contoso() -> Customer {
    Customer::create(organization().id, &named("contoso"), at(0)).expect("valid")
}

fn renamed() -> CustomerChanges {
    CustomerChanges {
        display_name: set("Contoso"),
        ..CustomerChanges::default()
    }
}

#[tokio::test]
async fn a_new_customer_is_stored_with_the_time_of_now() {
    let mut store = MockCustomerStore::new();
    store.expect_create_customer().times(1).return_once(|_| Ok(()));

    let made = customers(store).create(&organization(), &named("contoso")).await;

    assert_eq!(made.expect("created").created_at, at(60));
}

#[tokio::test]
async fn another_customer_of_the_same_id_stands_against_a_new_one() {
    let mut store = MockCustomerStore::new();
    store
        .expect_create_customer()
        .return_once(|_| Err(StoreError::Conflict(UniqueKey::CustomerId)));

    let failed = customers(store).create(&organization(), &named("contoso")).await;

    assert!(
        matches!(failed, Err(Error::Conflict(Conflicting::CustomerId))),
        "{failed:?}"
    );
}

#[tokio::test]
async fn the_default_customer_is_there_and_can_be_neither_made_changed_taken_nor_deleted() {
    let mut store = MockCustomerStore::new();
    store.expect_customer().returning(|_, _| Ok(Some(contoso())));
    let (customers, of) = (customers(store), organization());

    assert_eq!(
        customers.get(&of, "default").await.expect("it is there"),
        Customer::default_of(&of)
    );
    for refused in [
        customers.create(&of, &named("default")).await.map(drop),
        customers.update(&of, "default", &renamed()).await.map(drop),
        customers.update(&of, "contoso", &named("default")).await.map(drop),
        customers.delete(&of, "default").await,
    ] {
        assert!(
            matches!(refused, Err(Error::Conflict(Conflicting::DefaultCustomer))),
            "{refused:?}"
        );
    }
}

#[rstest]
#[case::the_beginning(0, 3, Some((0, 2)), 1)]
#[case::only_the_default(0, 1, None, 1)]
#[case::further_on(1, 3, Some((0, 3)), 0)]
#[case::far_on(41, 20, Some((40, 20)), 0)]
#[tokio::test]
async fn a_list_begins_with_the_default_customer(
    #[case] skip: u32,
    #[case] limit: u32,
    #[case] asked: Option<(u32, u32)>,
    #[case] defaults: usize,
) {
    let mut store = MockCustomerStore::new();
    if let Some(asked) = asked {
        store
            .expect_customers()
            .withf(move |_, skip, limit| (*skip, *limit) == asked)
            .times(1)
            .return_once(|_, _, _| Ok(vec![contoso()]));
    }

    let listed = customers(store)
        .list(&organization(), skip, limit)
        .await
        .expect("a list");

    let found = listed.iter().filter(|customer| customer.id.is_default()).count();
    assert_eq!(found, defaults);
    assert_eq!(listed.len(), defaults + usize::from(asked.is_some()));
}

#[tokio::test]
async fn a_change_that_others_were_faster_than_is_decided_anew() {
    let (mut store, mut order) = (MockCustomerStore::new(), Sequence::new());
    for outcome in [Err(StoreError::Stale), Ok(())] {
        store
            .expect_customer()
            .times(1)
            .in_sequence(&mut order)
            .return_once(|_, _| Ok(Some(contoso())));
        store
            .expect_update_customer()
            .withf(|was, next, expected| was.as_str() == "contoso" && next.version == 2 && *expected == 1)
            .times(1)
            .in_sequence(&mut order)
            .return_once(|_, _, _| outcome);
    }

    let changed = customers(store).update(&organization(), "contoso", &renamed()).await;

    assert_eq!(changed.expect("changed").display_name.as_str(), "Contoso");
}

#[tokio::test]
async fn a_change_that_others_are_always_faster_than_is_given_up() {
    let mut store = MockCustomerStore::new();
    store
        .expect_customer()
        .times(ROUNDS)
        .returning(|_, _| Ok(Some(contoso())));
    store
        .expect_update_customer()
        .times(ROUNDS)
        .returning(|_, _, _| Err(StoreError::Stale));

    let failed = customers(store).update(&organization(), "contoso", &renamed()).await;

    assert!(matches!(failed, Err(Error::Contention)), "{failed:?}");
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_not_written() {
    let mut store = MockCustomerStore::new();
    store.expect_customer().returning(|_, _| Ok(Some(contoso())));
    let changes = CustomerChanges {
        is_nfr: Change::Set(false),
        ..CustomerChanges::default()
    };

    let same = customers(store).update(&organization(), "contoso", &changes).await;

    assert_eq!(same.expect("nothing to do"), contoso());
}

#[rstest]
#[case::there(Ok(true), None)]
#[case::not_there(Ok(false), Some(Error::NotFound(Missing::Customer)))]
#[case::in_use(Err(StoreError::Reference), Some(Error::Conflict(Conflicting::CustomerInUse)))]
#[tokio::test]
async fn a_customer_is_deleted_unless_it_is_not_there_or_has_users(
    #[case] outcome: Result<bool, StoreError>,
    #[case] refused: Option<Error>,
) {
    let mut store = MockCustomerStore::new();
    store.expect_delete_customer().times(1).return_once(|_, _| outcome);

    let deleted = customers(store).delete(&organization(), "contoso").await;

    assert_eq!(
        deleted.err().map(|error| error.to_string()),
        refused.map(|error| error.to_string())
    );
}

#[tokio::test]
async fn what_cannot_be_an_id_names_nobody() {
    let (customers, of) = (customers(MockCustomerStore::new()), organization());
    for id in ["", "a\nb", &"c".repeat(65)] {
        for missing in [customers.get(&of, id).await.map(drop), customers.delete(&of, id).await] {
            assert!(
                matches!(missing, Err(Error::NotFound(Missing::Customer))),
                "{missing:?}"
            );
        }
    }
}
