//! What one process changes of clients and organizations while another one is busy with requests of theirs.

use std::sync::Arc;

use roster_application::ports::{ClientDeletion, ClientSecret, Store};
use roster_domain::{ApiClient, ApiClientKind, ConnectVersion, Organization, OrganizationId, PhiGuard};
use tokio::task::JoinSet;

use super::given;
use super::races::Stores;

const TIMES: u8 = 5;

/// How many look clients up without a pause, at each store.
const BUSY: usize = 2;

/// A stored API key's client, and the digest of its key.
async fn client(stores: &Stores, organization: OrganizationId, number: u8) -> (ApiClient, [u8; 32]) {
    let client = given::new_client(organization, ApiClientKind::ApiKey);
    let digest = [number; 32];
    stores[0]
        .create_client(&client, &ClientSecret::KeyDigest(digest))
        .await
        .expect("created");
    (client, digest)
}

/// Looks a client up without a pause through both stores, until what is returned is dropped.
async fn keep_looking(stores: &Stores, client: &ApiClient, digest: [u8; 32]) -> JoinSet<()> {
    let mut busy = JoinSet::new();
    for store in stores.iter().flat_map(|store| std::iter::repeat_n(store, BUSY)) {
        assert!(found(&**store, client, digest).await.iter().all(Option::is_some));
        let (store, client) = (Arc::clone(store), client.clone());
        busy.spawn(async move {
            loop {
                found(&*store, &client, digest).await;
            }
        });
    }
    busy
}

/// What both ways to look a client up find.
async fn found(store: &dyn Store, client: &ApiClient, digest: [u8; 32]) -> [Option<(ApiClient, Organization)>; 2] {
    [
        store.client(client.id).await.expect("read"),
        store.client_by_key_digest(&digest).await.expect("read"),
    ]
}

/// MUST: through whichever store, and also by whom somebody else was faster than.
pub async fn a_client_that_one_heard_is_deleted_is_found_by_nobody(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    for number in 0..TIMES {
        let (client, digest) = client(stores, organization, number).await;
        let busy = keep_looking(stores, &client, digest).await;

        let mut deletions = JoinSet::new();
        for store in stores.clone() {
            let (stores, client) = (stores.clone(), client.clone());
            deletions.spawn(async move {
                let deleted = store.delete_client(organization, client.id).await.expect("asked");
                for store in &stores {
                    assert_eq!(found(&**store, &client, digest).await, [None, None]);
                }
                deleted
            });
        }

        let deleted = deletions.join_all().await;
        assert_eq!(deleted.iter().filter(|deleted| **deleted).count(), 1);
        drop(busy);
    }
}

/// MUST: of two that delete each other at once, whether both were known a moment ago or not, one is left; and one that is gone
/// deletes nobody.
pub async fn of_two_clients_that_delete_each_other_one_is_left(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    for number in 0..TIMES {
        let ((one, one_digest), (two, two_digest)) = (
            client(stores, organization, number * 2).await,
            client(stores, organization, number * 2 + 1).await,
        );
        let mut busy = keep_looking(stores, &one, one_digest).await;
        busy.spawn({
            let mut other = keep_looking(stores, &two, two_digest).await;
            async move { while other.join_next().await.is_some() {} }
        });

        let mut deletions = JoinSet::new();
        for (store, id, by) in [(&stores[0], two.id, one.id), (&stores[1], one.id, two.id)] {
            let store = Arc::clone(store);
            deletions.spawn(async move { store.delete_client_for(organization, id, by).await.expect("asked") });
        }

        let mut became = deletions.join_all().await;
        became.sort_by_key(|deletion| *deletion == ClientDeletion::ByNobody);
        assert_eq!(became, [ClientDeletion::Deleted, ClientDeletion::ByNobody]);
        for store in stores {
            let left = [
                found(&**store, &one, one_digest).await,
                found(&**store, &two, two_digest).await,
            ];
            assert_eq!(left.iter().flatten().flatten().count(), 2, "{left:?}");
        }
        drop(busy);
    }
}

/// MUST: what was set is what comes with every client.
pub async fn what_one_heard_is_set_comes_with_every_client(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let (client, digest) = client(stores, organization, 1).await;
    let busy = keep_looking(stores, &client, digest).await;
    let everywhere = async |is_set: &dyn Fn(&Organization) -> bool| {
        for store in stores {
            for found in found(&**store, &client, digest).await {
                let (_, organization) = found.expect("the client");
                assert!(is_set(&organization), "{organization:?}");
            }
        }
    };

    for (number, guard) in [PhiGuard::Reject, PhiGuard::Off, PhiGuard::Warn]
        .into_iter()
        .enumerate()
    {
        let store = &stores[number % 2];
        assert!(store.set_phi_guard(organization, guard).await.expect("set"));
        everywhere(&|organization| organization.phi_guard == guard).await;
    }
    for (number, version) in ConnectVersion::ALL.iter().enumerate() {
        let store = &stores[number % 2];
        let set = store.set_nabla_connect_version(organization, *version).await;
        assert!(set.expect("set"));
        everywhere(&|organization| organization.nabla_connect_version == Some(*version)).await;
    }
    drop(busy);
}
