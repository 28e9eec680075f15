//! All vendors as one.

use roster_application::ports::VendorGateway;
use roster_contract::vendor::clinician;
use roster_domain::{OutcomeClass, Vendor, VendorKey};
use roster_vendors::Gateway;

use crate::support::Subject;

#[test]
fn the_vendors_that_are_listed_are_those_that_have_a_client() {
    let gateway = Gateway::new(Subject::at("https://us.api.nabla.com").client);

    let supported: Vec<&str> = gateway.supported().map(Vendor::name).collect();

    assert_eq!(supported, Gateway::SUPPORTED);
}

#[test]
fn a_connection_goes_to_the_client_of_its_vendor() {
    let mut subject = Subject::at("https://us.api.nabla.com");
    let gateway = Gateway::new(subject.client.clone());

    assert_eq!(
        gateway.capabilities(&subject.connection),
        subject.client.capabilities(&subject.connection)
    );
    assert!(gateway.check(&subject.connection, &subject.credentials).is_empty());
    subject.connection.options.api_version = Some("latest".to_owned());
    assert_eq!(
        gateway.check(&subject.connection, &subject.credentials),
        subject.client.check(&subject.connection, &subject.credentials)
    );
}

#[tokio::test]
async fn a_vendor_without_a_client_is_a_violation_and_its_calls_are_rejected_in_words() {
    let mut subject = Subject::at("https://api.upheal.example");
    let gateway = Gateway::new(subject.client.clone());
    subject.connection.vendor = Vendor::Upheal;

    let violations = gateway.check(&subject.connection, &subject.credentials);
    let error = gateway
        .create(subject.target(), &VendorKey::new("ehr-4711"), &clinician())
        .await
        .unwrap_err();

    assert_eq!(
        violations.to_string(),
        "vendor must be one of nabla_core; given: \"upheal\""
    );
    assert_eq!(error.class, OutcomeClass::Rejected);
    assert_eq!(error.message, "this version of Roster cannot provision to Upheal");
    assert!(!gateway.capabilities(&subject.connection).update);
}
