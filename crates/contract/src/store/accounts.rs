//! Accounts, as people look at them.

use roster_application::ports::{AccountPosition, AccountQuery, Settled, Settlement, Store};
use roster_domain::{Account, AccountStatus, ConnectionId, Known, OrganizationId, UserId, VendorUserId};

use super::given::{self, after};

fn everything() -> AccountQuery {
    AccountQuery {
        after: None,
        limit: 100,
        status: None,
        connection_id: None,
    }
}

/// One account in each of the six states, and in that of being paused for each of its reasons.
async fn one_in_each_state(store: &dyn Store) -> OrganizationId {
    let organization = given::organization(store).await;
    let open = given::connection(store, organization).await;
    let ends = [
        None,
        Some(given::IN_SYNC),
        Some(given::retry(after(600), None)),
        Some(given::attention()),
        Some(Settled::Removed),
        Some(Settled::Held),
    ];
    for (number, end) in ends.into_iter().enumerate() {
        let user = given::user(store, organization, &format!("E-{number}")).await;
        let claims = given::claims(store, after(1), after(60), 10).await;
        let claim = claims
            .iter()
            .find(|claim| claim.user.id == user.id)
            .expect("the new user is due");
        if let Some(end) = end {
            given::record(store, claim, end, after(2)).await;
        }
    }
    let paused = given::connection(store, organization).await;
    given::pause(store, &paused).await;
    let all = store.accounts(organization, &everything()).await.expect("read");
    assert_eq!(all.len(), 12);
    assert!(all.iter().any(|account| account.connection_id == open.id));
    organization
}

/// Of the organization's connection alone; also once it was removed, and then the one that was removed last, unless somebody
/// else has the vendor's id now.
pub async fn a_vendors_id_leads_to_the_account_that_has_it_or_had_it_last(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;
    let id = VendorUserId::new("v-1");
    let whose = async |connection: ConnectionId, id: &VendorUserId| {
        let found = store.account_of_vendor_user(organization, connection, id).await;
        found
            .expect("read")
            .map(|account| (account.user_id, account.connection_id))
    };
    assert_eq!(whose(connection.id, &id).await, None);

    let mut ended = Vec::new();
    for (number, settled) in [Settled::Removed, Settled::Removed, given::IN_SYNC]
        .into_iter()
        .enumerate()
    {
        let user = given::user(store, organization, &format!("E-{number}")).await;
        let begun = after(10 * i64::try_from(number).expect("few"));
        let claim = given::claims(store, begun, after(9_999), 10).await.remove(0);
        let known = Known {
            vendor_user_id: Some(id.clone()),
            applied_version: user.version,
            ..Known::default()
        };
        let settlement = Settlement {
            known,
            ..given::settlement(&claim, settled)
        };
        let recorded = store.record(&claim.key, &settlement, begun).await;
        assert!(recorded.expect("recorded"));
        ended.push(user.id);

        assert_eq!(whose(connection.id, &id).await, Some((user.id, connection.id)));
    }
    given::user(store, organization, "E-9").await;
    let elsewhere = given::connection(store, organization).await;

    assert_eq!(whose(connection.id, &id).await, Some((ended[2], connection.id)));
    assert_eq!(whose(elsewhere.id, &id).await, None);
    assert_eq!(whose(connection.id, &VendorUserId::new("v-2")).await, None);
    let stranger = given::organization(store).await;
    let found = store.account_of_vendor_user(stranger, connection.id, &id).await;
    assert_eq!(found.expect("read"), None);
}

/// In the order of the connections' ids, those of deleted users included.
pub async fn the_accounts_of_a_user_are_all_there_also_after_its_deletion(store: &dyn Store) {
    let organization = given::organization(store).await;
    let first = given::connection(store, organization).await;
    let second = given::connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;

    given::delete(store, &user, after(1)).await;

    let accounts = store.accounts_of_user(organization, user.id).await.expect("read");
    assert_eq!(
        accounts.iter().map(|account| account.connection_id).collect::<Vec<_>>(),
        [first.id, second.id]
    );
    assert!(accounts.iter().all(|account| account.vendor == first.vendor));
}

/// In the order of user and connection, a page at a time.
pub async fn accounts_are_listed_page_by_page(store: &dyn Store) {
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    given::connection(store, organization).await;
    for number in 0..3 {
        given::user(store, organization, &format!("E-{number}")).await;
    }

    let mut seen: Vec<Account> = Vec::new();
    let mut query = AccountQuery {
        limit: 2,
        ..everything()
    };
    loop {
        let page = store.accounts(organization, &query).await.expect("read");
        let Some(last) = page.last() else { break };
        query.after = Some(AccountPosition {
            user_id: last.user_id,
            connection_id: last.connection_id,
        });
        assert!(page.len() <= 2);
        seen.extend(page);
    }

    let positions: Vec<_> = seen
        .iter()
        .map(|account| (account.user_id, account.connection_id))
        .collect();
    assert_eq!(positions.len(), 6);
    assert!(positions.is_sorted());
}

/// MUST: exactly those whose status it is.
pub async fn the_status_filter_selects_exactly_those_that_stand_so(store: &dyn Store) {
    let organization = one_in_each_state(store).await;
    let all = store.accounts(organization, &everything()).await.expect("read");

    for status in AccountStatus::ALL {
        let query = AccountQuery {
            status: Some(status),
            ..everything()
        };
        let selected = store.accounts(organization, &query).await.expect("read");
        let expected: Vec<_> = all
            .iter()
            .filter(|account| account.status() == status)
            .cloned()
            .collect();
        assert_eq!(selected, expected, "{status}");
        assert!(!selected.is_empty(), "{status} is among them");
    }
}

/// One connection's only.
pub async fn the_connection_filter_selects_the_accounts_of_one_connection(store: &dyn Store) {
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    let connection = given::connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;

    let query = AccountQuery {
        connection_id: Some(connection.id),
        ..everything()
    };
    let selected = store.accounts(organization, &query).await.expect("read");

    let positions: Vec<_> = selected
        .iter()
        .map(|account| (account.user_id, account.connection_id))
        .collect();
    assert_eq!(positions, [(user.id, connection.id)]);
}

/// Due now, with failed attempts starting anew and nobody asked.
pub async fn a_retry_makes_an_account_that_is_behind_due(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    for end in [given::retry(after(600), None), given::attention()] {
        let claim = given::claim(store, after(5)).await;
        given::record(store, &claim, end, after(5)).await;

        let retried = store
            .retry_account(user.organization_id, user.id, connection.id, after(5))
            .await
            .expect("retried");

        let account = given::account(store, &user).await;
        assert_eq!(retried.as_ref(), Some(&account));
        assert_eq!(account.next_attempt_at, Some(after(5)));
        assert_eq!(
            (account.attempts, account.last_error, account.attention),
            (0, None, None)
        );
    }
}

/// `Retry-After` is a floor for people, too.
pub async fn a_retry_waits_for_the_floor_that_the_vendor_set(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, given::retry(after(90), Some(after(60))), after(1)).await;

    let retried = store
        .retry_account(user.organization_id, user.id, connection.id, after(2))
        .await
        .expect("retried");

    assert_eq!(retried.and_then(|account| account.next_attempt_at), Some(after(60)));
}

/// Nothing to do, nothing done.
pub async fn a_retry_leaves_an_account_alone_that_is_not_behind(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, given::IN_SYNC, after(1)).await;
    let before = given::account(store, &user).await;

    let retried = store
        .retry_account(user.organization_id, user.id, connection.id, after(2))
        .await
        .expect("retried");

    assert_eq!(retried, Some(before.clone()));
    assert_eq!(given::account(store, &user).await, before);
    assert!(given::claims(store, after(3), after(60), 10).await.is_empty());
}

/// Not found is not an error.
pub async fn a_retry_of_an_absent_account_finds_none(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    let nobody = UserId::new(given::new_id());
    let nowhere = ConnectionId::new(given::new_id());

    let of_nobody = store
        .retry_account(user.organization_id, nobody, connection.id, after(1))
        .await
        .expect("asked");
    let at_nowhere = store
        .retry_account(user.organization_id, user.id, nowhere, after(1))
        .await
        .expect("asked");

    assert_eq!((of_nobody, at_nowhere), (None, None));
}
