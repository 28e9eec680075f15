//! Tests of what is remembered, in time that passes only where a test waits.

use std::sync::atomic::{AtomicU32, Ordering};

use roster_domain::{ApiClientKind, OrganizationId};
use rstest::rstest;
use uuid::Uuid;

use super::*;
use crate::testing::{at, organization};

const BY_KEY: ClientLookup = ClientLookup::KeyDigest([7; 32]);
const OTHER: ClientLookup = ClientLookup::KeyDigest([8; 32]);

/// What a store holds, where each question takes its time after it was answered.
struct Stored {
    label: AtomicU32,
    questions: AtomicU32,
    takes: Duration,
}

impl Stored {
    fn taking(milliseconds: u64) -> Self {
        Self {
            label: AtomicU32::new(0),
            questions: AtomicU32::new(0),
            takes: Duration::from_millis(milliseconds),
        }
    }

    fn change(&self) -> u32 {
        self.label.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn questions(&self) -> u32 {
        self.questions.load(Ordering::Relaxed)
    }

    async fn find(&self) -> Result<Option<ClientOfOrganization>, StoreError> {
        self.questions.fetch_add(1, Ordering::Relaxed);
        let found = client(self.label.load(Ordering::Relaxed));
        sleep(self.takes).await;
        Ok(Some(found))
    }
}

fn client(label: u32) -> ClientOfOrganization {
    let client = ApiClient {
        id: ApiClientId::new(Uuid::from_u128(1)),
        organization_id: OrganizationId::new(Uuid::from_u128(2)),
        kind: ApiClientKind::ApiKey,
        label: Some(label.to_string()),
        surface: None,
        created_at: at(0),
    };
    (client, organization())
}

fn label(found: Option<ClientOfOrganization>) -> u32 {
    let (client, _) = found.expect("a client");
    client.label.and_then(|label| label.parse().ok()).expect("a number")
}

#[tokio::test(start_paused = true)]
async fn who_was_found_is_not_looked_up_again_for_a_while() {
    let (recent, stored) = (RecentClients::new(), Stored::taking(0));

    for _ in 0..5 {
        let found = recent.get_or_find(BY_KEY, stored.find()).await.expect("found");
        assert_eq!(found, Some(client(0)));
        sleep(RecentClients::KEPT / 6).await;
    }
    assert_eq!(stored.questions(), 1);
    assert!(format!("{recent:?}").contains("remembered: 1"), "{recent:?}");
    // Another one is
    recent.get_or_find(OTHER, stored.find()).await.expect("found");
    assert_eq!(stored.questions(), 2);
    // and the same one after that while.
    sleep(RecentClients::KEPT / 6).await;
    recent.get_or_find(BY_KEY, stored.find()).await.expect("found");
    assert_eq!(stored.questions(), 3);
}

#[tokio::test(start_paused = true)]
async fn nobody_and_failures_are_not_remembered() {
    let (recent, stored) = (RecentClients::new(), Stored::taking(0));

    let nobody = recent.get_or_find(BY_KEY, async { Ok(None) }).await.expect("asked");
    assert_eq!(nobody, None);
    recent
        .get_or_find(BY_KEY, async { Err(StoreError::Unavailable("gone".into())) })
        .await
        .expect_err("a failure");

    let found = recent.get_or_find(BY_KEY, stored.find()).await.expect("found");
    assert_eq!(found, Some(client(0)));
}

/// Two processes: one changes and acknowledges, the other one asks without a pause, and looking up takes longer or shorter
/// than what is found is kept.
#[rstest]
#[tokio::test(start_paused = true)]
async fn nobody_who_heard_of_a_change_finds_what_was_before_it(#[values(0, 1, 30, 99, 100, 101, 250)] takes: u64) {
    let (recent, stored) = (RecentClients::new(), Stored::taking(takes));
    let heard = AtomicU32::new(0);
    let asking = async {
        loop {
            let known = heard.load(Ordering::Relaxed);
            let found = recent.get_or_find(BY_KEY, stored.find()).await.expect("found");
            assert!(label(found) >= known, "found what was before change {known}");
            sleep(Duration::from_millis(1)).await;
        }
    };
    let changing = async {
        for pause in (0..300).step_by(7) {
            sleep(Duration::from_millis(pause)).await;
            let change = stored.change();
            RecentClients::outlived().await;
            heard.store(change, Ordering::Relaxed);
        }
    };

    tokio::select! {
        () = changing => {}
        () = asking => {}
    }

    assert_eq!(heard.load(Ordering::Relaxed), 43);
    assert!(stored.questions() > 20, "{}", stored.questions());
}

#[tokio::test(start_paused = true)]
async fn as_many_as_come_are_found_and_memory_is_bounded() {
    let (recent, stored) = (RecentClients::new(), Stored::taking(0));

    for number in 0..5_000 {
        let by = ClientLookup::Id(ApiClientId::new(Uuid::from_u128(number)));
        let found = recent.get_or_find(by, stored.find()).await.expect("found");
        assert_eq!(found, Some(client(0)));
    }

    assert!(recent.found.len() <= RecentClients::MOST, "{recent:?}");
}
