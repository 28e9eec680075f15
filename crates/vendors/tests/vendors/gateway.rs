//! All vendors as one.

use std::sync::Arc;

use roster_application::credentials::Credentials;
use roster_application::ports::{AtOnce, PreviewedRequest, Target, VendorGateway};
use roster_contract::vendor::clinician;
use roster_domain::{Connection, ConnectionOptions, Step, Vendor, VendorKey, VendorUserId};
use roster_vendors::{Corti, Gateway, NablaConnect, NablaCore, Upheal};
use rstest::rstest;

use crate::support::{CountingIds, SetClock, connection, credentials, egress};

fn gateway() -> Gateway {
    let (clock, ids) = (SetClock::new(), Arc::new(CountingIds::default()));
    Gateway::new(
        NablaCore::new(egress(), clock.clone(), ids.clone()),
        NablaConnect::new(egress(), clock.clone(), ids),
        Upheal::new(egress(), clock.clone()),
        Corti::new(egress(), clock),
    )
}

fn connection_to(vendor: Vendor) -> (Connection, Credentials) {
    let (project_id, customer_id, credentials) = match vendor {
        Vendor::NablaCore | Vendor::NablaConnect => (None, None, credentials()),
        Vendor::Upheal => {
            let api_key = "a-key".into();
            (None, None, Credentials::ApiKey { api_key })
        }
        Vendor::Corti => {
            let account = Credentials::ServiceAccount {
                email: "admin@example.org".to_owned(),
                password: "a-password".into(),
            };
            (Some("project"), Some("customer"), account)
        }
    };
    let vendors = connection("https://vendor.example");
    let connection = Connection {
        vendor,
        options: ConnectionOptions {
            project_id: project_id.map(str::to_owned),
            customer_id: customer_id.map(str::to_owned),
            ..vendors.options.clone()
        },
        ..vendors
    };
    (connection, credentials)
}

#[rstest]
#[case(Vendor::NablaCore, "https://vendor.example/users")]
#[case(Vendor::NablaConnect, "https://vendor.example/users")]
#[case(Vendor::Upheal, "https://vendor.example/v2/users/providers")]
#[case(Vendor::Corti, "https://vendor.example/projects/project/customers/customer/users")]
fn a_connection_goes_to_the_client_of_its_vendor(#[case] vendor: Vendor, #[case] url: &str) {
    let (connection, credentials) = connection_to(vendor);
    let target = Target {
        turns: &AtOnce,
        connection: &connection,
        credentials: &credentials,
    };
    let gateway = gateway();

    let violations = gateway.check(&connection, &credentials);
    let step = Step::Create(VendorKey::new("ehr-4711"));
    let created: Vec<PreviewedRequest> = gateway.preview(target, &step, &clinician(), false).unwrap();

    assert!(violations.is_empty(), "{violations}");
    assert_eq!((created[0].method.as_str(), created[0].url.as_str()), ("POST", url));
}

#[rstest]
#[case(Vendor::NablaCore, true, false, false)]
#[case(Vendor::NablaConnect, false, false, false)]
#[case(Vendor::Upheal, true, false, false)]
#[case(Vendor::Corti, true, true, true)]
fn each_vendor_says_what_it_can_do(
    #[case] vendor: Vendor,
    #[case] deactivate: bool,
    #[case] delete: bool,
    #[case] initial_password: bool,
) {
    let (connection, _) = connection_to(vendor);

    let can = gateway().capabilities(&connection);

    assert_eq!(
        (can.deactivate, can.delete, can.initial_password),
        (deactivate, delete, initial_password)
    );
    assert_eq!(can.read_back, vendor != Vendor::NablaConnect);
}

#[tokio::test]
async fn what_a_vendor_cannot_do_is_said_in_its_name() {
    for (vendor, words) in [
        (Vendor::NablaCore, "Nabla Core has no way to"),
        (Vendor::NablaConnect, "Nabla Connect has no way to"),
        (Vendor::Upheal, "Upheal has no way to"),
    ] {
        let (connection, credentials) = connection_to(vendor);
        let target = Target {
            turns: &AtOnce,
            connection: &connection,
            credentials: &credentials,
        };

        let refused = gateway().delete(target, &VendorUserId::new("1")).await.unwrap_err();

        assert!(refused.message.starts_with(words), "{refused}");
    }
}
