//! Corti's customers: what is required, what is assumed, and what stays as it was.

use roster_domain::{
    Change, Customer, CustomerChanges, Organization, OrganizationId, PhiGuard, Region, Slug, Violations,
};
use uuid::Uuid;

use crate::given::{at, set};

fn organization_id() -> OrganizationId {
    OrganizationId::new(Uuid::from_u128(9))
}

fn contoso() -> CustomerChanges {
    CustomerChanges {
        customer_id: set("contoso"),
        display_name: set("Contoso Hospital"),
        ..CustomerChanges::default()
    }
}

fn made(changes: &CustomerChanges) -> Result<Customer, Violations> {
    Customer::create(organization_id(), changes, at(0))
}

#[test]
fn what_is_left_out_of_a_new_customer_is_as_the_vendor_documents() {
    let customer = made(&contoso()).expect("valid");

    assert_eq!(customer.tenant_name.as_str(), "base");
    assert_eq!((customer.region, customer.is_nfr), (Region::Eu, false));
    assert_eq!((customer.version, customer.created_at), (1, at(0)));
}

#[test]
fn everything_that_is_wrong_with_a_customer_is_reported_under_the_vendors_names() {
    let wrong = made(&CustomerChanges {
        customer_id: set("c".repeat(65)),
        tenant_name: set("t".repeat(15)),
        region: set("mars"),
        is_nfr: Change::Clear,
        ..CustomerChanges::default()
    })
    .expect_err("it breaks rules");

    assert_eq!(
        wrong.to_string(),
        "customerId must have 1 to 64 characters; given: 65 characters\n\
         displayName is required; given: nothing\n\
         tenantName must have 1 to 14 characters; given: 15 characters\n\
         region must be one of eu, us; given: \"mars\"\n\
         isNfr must not be null; given: null"
    );
}

#[test]
fn a_text_may_be_as_long_as_its_limit() {
    let long = |count: usize| set("漢".repeat(count));
    let changes = CustomerChanges {
        customer_id: long(64),
        display_name: long(200),
        tenant_name: long(14),
        ..CustomerChanges::default()
    };
    assert!(made(&changes).is_ok());

    let display_name = long(201);
    assert!(
        made(&CustomerChanges {
            display_name,
            ..contoso()
        })
        .is_err()
    );
}

#[test]
fn a_change_takes_what_is_given_and_leaves_tenant_and_region() {
    let customer = made(&contoso()).expect("valid");
    let changes = CustomerChanges {
        customer_id: set("contoso-2"),
        is_nfr: Change::Set(true),
        tenant_name: set("other"),
        region: set("us"),
        ..CustomerChanges::default()
    };

    let (next, differs) = customer.update(&changes).expect("valid");

    assert!(differs);
    assert_eq!((next.id.as_str(), next.is_nfr, next.version), ("contoso-2", true, 2));
    assert_eq!(next.display_name, customer.display_name);
    assert_eq!((next.tenant_name, next.region), (customer.tenant_name, customer.region));
}

#[test]
fn a_change_that_says_what_is_known_already_changes_nothing() {
    let customer = made(&contoso()).expect("valid");

    let (next, changed) = customer.update(&contoso()).expect("valid");

    assert!(!changed);
    assert_eq!(next, customer);
}

#[test]
fn every_organization_has_a_default_customer_under_its_own_name() {
    let organization = Organization {
        id: organization_id(),
        slug: Slug::new("north-clinic").expect("valid"),
        phi_guard: PhiGuard::Off,
        nabla_connect_version: None,
        created_at: at(7),
    };

    let customer = Customer::default_of(&organization);

    assert!(customer.id.is_default());
    assert_eq!(customer.display_name.as_str(), "north-clinic");
    assert_eq!(customer.created_at, at(7));
}
