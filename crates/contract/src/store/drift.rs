//! The queue: what was found at the vendor that is not as Roster left it.

use roster_application::ports::{Settled, Settlement, Store};
use roster_domain::{Account, AccountStatus, Drift, Timestamp, User};

use super::given::{self, IN_SYNC, after};

fn drift(message: &str, since: Timestamp) -> Drift {
    Drift {
        message: message.to_owned(),
        since,
    }
}

/// Claims the account of a user who is changed so that it is due, and records what was found.
async fn find(store: &dyn Store, user: &User, settled: Settled, drift: Option<Drift>) -> Account {
    let current = store.user(user.organization_id, user.id).await.expect("read");
    let current = current.expect("the user");
    let name = format!("Ann {}", current.version);
    given::rename(store, &current, &name, after(1)).await;
    let claim = given::claim(store, after(1)).await;
    let settlement = Settlement {
        drift,
        ..given::settlement(&claim, settled)
    };
    assert!(store.record(&claim.key, &settlement, after(1)).await.expect("recorded"));
    given::account(store, user).await
}

/// In words and since when, while the account is in sync; replaced by what is found next.
pub async fn what_differs_at_the_vendor_is_kept_beside_the_account(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    assert_eq!(given::account(store, &user).await.drift, None);
    let read_back = Settled::InSync {
        read_back_at: Some(after(60)),
    };

    let found = find(store, &user, read_back.clone(), Some(drift("e-mail", after(1)))).await;
    assert_eq!(found.drift, Some(drift("e-mail", after(1))));
    assert_eq!(
        (found.status(), found.next_attempt_at),
        (AccountStatus::InSync, Some(after(60)))
    );
    assert_eq!(given::claim(store, after(60)).await.account.drift, found.drift);

    let found = find_again(store, &user, read_back, Some(drift("e-mail, name", after(1)))).await;
    assert_eq!(found.drift, Some(drift("e-mail, name", after(1))));
}

/// The same, of an account that another claim has in hand: that claim's time is over.
async fn find_again(store: &dyn Store, user: &User, settled: Settled, drift: Option<Drift>) -> Account {
    let claim = given::claim(store, after(500)).await;
    let settlement = Settlement {
        drift,
        ..given::settlement(&claim, settled)
    };
    assert!(
        store
            .record(&claim.key, &settlement, after(500))
            .await
            .expect("recorded")
    );
    given::account(store, user).await
}

/// As soon as the vendor was seen to be as it should be, or the user is gone from it.
pub async fn what_no_longer_differs_is_forgotten(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    for settled in [IN_SYNC, Settled::Removed] {
        find(store, &user, IN_SYNC, Some(drift("e-mail", after(1)))).await;

        assert_eq!(find(store, &user, settled, None).await.drift, None);
    }
}

/// Who could not look has nothing to say.
pub async fn what_differs_is_kept_while_nobody_could_look(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    find(store, &user, IN_SYNC, Some(drift("e-mail", after(1)))).await;

    for settled in [
        given::retry(after(1), None),
        given::attention(),
        Settled::Held,
        Settled::GivenBack,
    ] {
        let found = find(store, &user, settled.clone(), None).await;
        assert_eq!(found.drift, Some(drift("e-mail", after(1))), "{settled:?}");
    }
}
