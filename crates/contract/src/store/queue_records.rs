//! The queue: what is recorded of a claim.

use roster_application::ports::{Settled, Settlement, Store, StoreError, UniqueKey};
use roster_domain::{Known, VendorKey, VendorUserId};

use super::given::{self, after};

/// Caught up, with nothing left of the failures before.
pub async fn in_sync_stores_what_is_known_and_ends_the_failures(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, given::retry(after(5), Some(after(5))), after(1)).await;
    let claim = given::claim(store, after(10)).await;
    assert_eq!((claim.account.attempts, claim.account.last_error.is_some()), (3, true));

    let known = Known {
        vendor_user_id: Some(VendorUserId::new("vendor's own: Ω")),
        is_missing: true,
        active: Some(false),
        applied_version: user.version,
        intent: Some(VendorKey::new("left over")),
        absent_under: Some(VendorKey::new("not stored")),
        refused_as_duplicate: true,
        is_doubted: true,
    };
    let settlement = Settlement {
        known: known.clone(),
        invite_url: Some("https://vendor.example/invite/1".to_owned()),
        ..given::settlement(&claim, given::IN_SYNC)
    };
    assert!(
        store
            .record(&claim.key, &settlement, after(11))
            .await
            .expect("recorded")
    );

    let account = given::account(store, &user).await;
    assert_eq!(
        account.known,
        Known {
            absent_under: None,
            refused_as_duplicate: false,
            is_doubted: false,
            ..known
        }
    );
    assert_eq!(account.invite_url, settlement.invite_url);
    assert_eq!(
        (account.attempts, account.last_error, account.next_attempt_at),
        (0, None, None)
    );
    assert_eq!((account.removed_at, account.attention), (None, None));
    assert_eq!(account.updated_at, after(11));
}

/// `None` keeps the page on which the user signs up.
pub async fn an_invite_url_is_kept_until_there_is_another(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    for (given, stored) in [
        (Some("https://a.example"), "https://a.example"),
        (None, "https://a.example"),
        (Some("https://b.example"), "https://b.example"),
    ] {
        let claim = given::claim(store, after(1)).await;
        let settlement = Settlement {
            invite_url: given.map(str::to_owned),
            ..given::settlement(&claim, given::retry(after(1), None))
        };
        assert!(store.record(&claim.key, &settlement, after(1)).await.expect("recorded"));

        assert_eq!(
            super::given::account(store, &user).await.invite_url.as_deref(),
            Some(stored)
        );
    }
}

/// When, how often, and why.
pub async fn a_retry_stores_time_attempts_and_cause(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;

    given::record(store, &claim, given::retry(after(30), None), after(2)).await;

    let account = given::account(store, &user).await;
    assert_eq!(account.next_attempt_at, Some(after(30)));
    assert_eq!(
        (account.attempts, account.last_error.as_deref()),
        (3, Some("the vendor answered 503"))
    );
    assert!(given::claims(store, after(29), after(60), 10).await.is_empty());
    assert_eq!(given::claims(store, after(30), after(60), 10).await.len(), 1);
}

/// The floor holds, whatever the time for this version is.
pub async fn a_retry_is_not_due_before_its_floor(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;

    given::record(store, &claim, given::retry(after(30), Some(after(60))), after(2)).await;

    assert_eq!(given::account(store, &user).await.next_attempt_at, Some(after(60)));
}

/// A floor that is past is forgotten with the call that succeeded after it.
pub async fn a_floor_does_not_outlive_the_next_answer(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, given::retry(after(5), Some(after(60))), after(2)).await;
    let claim = given::claim(store, after(60)).await;
    given::record(store, &claim, given::IN_SYNC, after(61)).await;

    given::rename(store, &user, "Ann", after(3)).await;

    assert_eq!(given::account(store, &user).await.next_attempt_at, Some(after(3)));
}

/// Everything that the person needs, and nothing is tried until then.
pub async fn attention_stores_the_question_and_stops(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    let question = given::attention();

    given::record(store, &claim, question.clone(), after(2)).await;

    let account = given::account(store, &user).await;
    assert_eq!(account.attention.map(Settled::Attention), Some(question));
    assert_eq!((account.next_attempt_at, account.last_error), (None, None));
    assert_eq!(given::next_due(store).await, None);
}

/// Gone, and when.
pub async fn removed_stores_since_when(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    given::delete(store, &user, after(1)).await;
    let claim = given::claim(store, after(2)).await;

    given::record(store, &claim, Settled::Removed, after(3)).await;

    let account = given::account(store, &user).await;
    assert_eq!((account.removed_at, account.next_attempt_at), (Some(after(3)), None));
    assert_eq!(account.status(), roster_domain::AccountStatus::Removed);
}

/// Due at once, with the failures before it counted and named as they were.
pub async fn what_is_given_back_is_due_at_once_with_attempts_unchanged(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, given::retry(after(5), None), after(1)).await;
    let claim = given::claim(store, after(10)).await;

    given::record(store, &claim, Settled::GivenBack, after(11)).await;

    let account = given::account(store, &user).await;
    assert_eq!(account.next_attempt_at, Some(after(11)));
    assert_eq!(
        (account.attempts, account.last_error.as_deref()),
        (3, Some("the vendor answered 503"))
    );
    assert_eq!(given::claims(store, after(11), after(60), 10).await.len(), 1);
}

/// MUST: due now, nobody asked, and what is known is stored all the same; however it ended.
pub async fn an_account_whose_user_was_changed_since_the_claim_stays_due(store: &dyn Store) {
    for settled in [
        given::IN_SYNC,
        given::attention(),
        Settled::GivenBack,
        Settled::Held,
        given::retry(after(600), None),
    ] {
        let (_, user) = given::due_account(store).await;
        let claim = given::claim(store, after(1)).await;
        let renamed = given::rename(store, &user, "Ann", after(2)).await;

        let known = Known {
            vendor_user_id: Some(VendorUserId::new("v-1")),
            applied_version: 1,
            ..Known::default()
        };
        let settlement = Settlement {
            known: known.clone(),
            ..given::settlement(&claim, settled.clone())
        };
        assert!(
            store.record(&claim.key, &settlement, after(3)).await.expect("recorded"),
            "{settled:?}"
        );

        let account = given::account(store, &user).await;
        assert_eq!(account.next_attempt_at, Some(after(3)), "{settled:?}");
        assert_eq!(
            (account.attention, account.attempts, account.last_error),
            (None, 0, None),
            "{settled:?}"
        );
        assert_eq!(
            (account.known, account.desired_version),
            (known, renamed.version),
            "{settled:?}"
        );
        let claim = given::claim(store, after(3)).await;
        assert_eq!(claim.user, renamed);
        given::record(store, &claim, given::IN_SYNC, after(4)).await;
    }
}

/// MUST: at the floor, where the vendor set one.
pub async fn an_account_whose_user_was_changed_since_the_claim_waits_for_the_floor(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    let user = given::rename(store, &user, "Ann", after(2)).await;

    given::record(store, &claim, given::retry(after(600), Some(after(60))), after(3)).await;

    assert_eq!(given::account(store, &user).await.next_attempt_at, Some(after(60)));
    given::rename(store, &user, "Bea", after(4)).await;
    assert_eq!(
        given::account(store, &user).await.next_attempt_at,
        Some(after(60)),
        "the floor is remembered"
    );
}

/// MUST: `Conflict(VendorUserId)`, and nothing is stored: the claim holds still.
pub async fn a_vendor_user_id_that_another_user_has_is_a_conflict(store: &dyn Store) {
    let (_, first) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    let settlement = given::settlement(&claim, given::IN_SYNC);
    assert!(store.record(&claim.key, &settlement, after(1)).await.expect("recorded"));
    let second = given::user(store, first.organization_id, "E-2").await;
    let claim = given::claim(store, after(2)).await;
    let before = given::account(store, &second).await;

    let adopted = Settlement {
        known: settlement.known.clone(),
        ..given::settlement(&claim, given::IN_SYNC)
    };
    let refused = store.record(&claim.key, &adopted, after(3)).await;

    assert!(
        matches!(refused, Err(StoreError::Conflict(UniqueKey::VendorUserId))),
        "{refused:?}"
    );
    assert_eq!(given::account(store, &second).await, before);
    given::record(store, &claim, given::attention(), after(4)).await;
}

/// The vendor's ids are the vendor's: another connection may have the same.
pub async fn two_connections_may_know_users_by_the_same_id(store: &dyn Store) {
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    given::connection(store, organization).await;
    given::user(store, organization, "E-1").await;

    for claim in given::claims(store, after(1), after(60), 10).await {
        let known = Known {
            vendor_user_id: Some(VendorUserId::new("7")),
            applied_version: 1,
            ..Known::default()
        };
        let settlement = Settlement {
            known,
            ..given::settlement(&claim, given::IN_SYNC)
        };
        assert!(store.record(&claim.key, &settlement, after(2)).await.expect("recorded"));
    }
}

/// A clinician who comes back may be given the id that they had.
pub async fn a_user_who_is_gone_from_the_vendor_does_not_keep_its_id_from_others(store: &dyn Store) {
    let (_, gone) = given::due_account(store).await;
    given::delete(store, &gone, after(1)).await;
    let claim = given::claim(store, after(2)).await;
    let settlement = given::settlement(&claim, Settled::Removed);
    assert!(store.record(&claim.key, &settlement, after(2)).await.expect("recorded"));
    given::user(store, gone.organization_id, "E-1").await;
    let claim = given::claim(store, after(3)).await;

    let adopted = Settlement {
        known: settlement.known.clone(),
        ..given::settlement(&claim, given::IN_SYNC)
    };

    assert!(store.record(&claim.key, &adopted, after(4)).await.expect("recorded"));
}

/// A vendor may say anything; what it said must not keep its account from being recorded.
pub async fn words_of_a_vendor_with_control_characters_are_stored(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    let settled = Settled::Retry {
        at: after(5),
        floor: None,
        attempts: 1,
        error: "it said: \0\u{1}\u{7f}é".to_owned(),
    };

    given::record(store, &claim, settled, after(2)).await;

    let error = given::account(store, &user).await.last_error.expect("an error");
    assert!(
        error.starts_with("it said: ") && error.ends_with("\u{1}\u{7f}é"),
        "{error:?}"
    );
}
