//! Many changes of one user cost few calls: what a vendor is told is how the user is, not how the user came to be so.

use std::time::Duration;

use e2e::{Store, Vendors, vendors, wait};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given;
use crate::load::connected;

/// How often the user is changed while the vendors are down.
const CHANGES: u64 = 100;
/// The most calls that this may cost at each vendor.
const MOST_CALLS: usize = 2;
/// At Upheal a user is two records, each of which is read before it is changed: these are so many more requests, which
/// change nothing, of the one step that brings the user up to date.
const READS_AT_UPHEAL: usize = 2;
/// Until when a vendor that is up again has been called: the longest time between two probes, and what waits behind it.
const CALLED_AGAIN: Duration = Duration::from_mins(1);

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_changes_of_a_user_while_vendors_are_down_cost_each_of_them_two_calls_at_most(
    #[values(Store::Sqlite, Store::Postgres)] store: Store,
    #[values(json!({ "kind": "status", "status": 503 }), json!({ "kind": "reset" }))] fault: Value,
) {
    // Given a user who is at four vendors, which then go down
    let vendors = Vendors::start().await;
    let server = connected(store, &vendors).await;
    let api = server.api();
    let user = api
        .post(
            "/v1/users",
            json!({ "external_id": "ehr-1", "email": "ann@example.org", "first_name": "Ann", "last_name": "Lee" }),
        )
        .await
        .expect(201);
    let id = user.text_at("/id");
    given::in_sync_everywhere(&api, &id).await;
    for vendor in vendors::NAMES {
        vendors.fault(vendor, fault.clone(), json!({})).await;
    }

    // When the user is changed a hundred times, each time in something that each vendor takes
    let path = format!("/v1/users/{id}");
    for number in 1..=CHANGES {
        let change = json!({
            "last_name": format!("Lee {number}"),
            "metadata": { "site": number.to_string() },
            "settings": { "speech_locale": if number % 2 == 0 { "en-US" } else { "fr-FR" } },
        });
        api.patch(&path, change).await.expect(200);
        wait::pause(Duration::from_millis(10)).await;
    }
    // and the vendors come back
    let mut earlier = Vec::new();
    vendors.mend().await;
    for vendor in vendors::NAMES {
        // What was still struck by the fault does not count, wherever the moment was.
        let struck = |call: &&Value| !call["fault"].is_null();
        earlier.push(
            vendors
                .calls(vendor)
                .await
                .iter()
                .rfind(struck)
                .map(|call| call["id"].as_u64()),
        );
    }

    // Then each of them has the user as the last change left it, after two calls at most.
    given::in_sync_everywhere_within(&api, &id, CALLED_AGAIN).await;
    for (vendor, last_struck) in vendors::NAMES.into_iter().zip(earlier) {
        let last_struck = last_struck
            .flatten()
            .unwrap_or_else(|| panic!("{vendor} was never down"));
        let calls = vendors.calls(vendor).await;
        let since: Vec<&Value> = calls
            .iter()
            .filter(|call| call["id"].as_u64() > Some(last_struck))
            .collect();
        let (reads, others): (Vec<&Value>, Vec<&Value>) = since.into_iter().partition(|call| call["method"] == "GET");
        let allowed = if vendor == "upheal" { READS_AT_UPHEAL } else { 0 };
        let calls = others.len() + reads.len().saturating_sub(allowed);
        assert!(
            !others.is_empty() && calls <= MOST_CALLS,
            "{vendor} was called too often, or not at all: {others:?} and {reads:?}"
        );
        let users = vendors.users(vendor).await;
        let [there] = users.as_slice() else {
            panic!("{vendor} has not one user: {users:?}")
        };
        let last = CHANGES.to_string();
        let is_last = match vendor {
            "nabla_core" => there["metadata"]["site"] == last,
            "nabla_connect" => there["settings"]["speech_locale"] == "en-US",
            _ => there["last_name"] == format!("Lee {last}"),
        };
        assert!(is_last, "{vendor}: {there}");
    }
}
