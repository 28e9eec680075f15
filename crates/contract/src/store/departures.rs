//! Departures: how many leave a connection.

use roster_application::ports::{Claim, DepartureCount, Settled, Settlement, Store};
use roster_domain::{
    Account, Assignment, Change, Connection, Departures, Known, Timestamp, User, UserChanges, VendorUserId,
};

use super::given::{self, NOW, after, key};

pub(super) async fn departures(store: &dyn Store, connection: &Connection, since: Timestamp) -> (u32, u32) {
    count(store, connection, since, 0).await
}

async fn count(store: &dyn Store, connection: &Connection, since: Timestamp, percent: u8) -> (u32, u32) {
    let count = DepartureCount {
        since,
        percent,
        deletes: false,
    };
    counted(store, connection, count).await
}

async fn counted(store: &dyn Store, connection: &Connection, count: DepartureCount) -> (u32, u32) {
    let counted = store.departures(&key(connection), count).await;
    let Departures { leaving, of } = counted.expect("counted");
    (leaving, of)
}

/// How many there are where who leaves is deleted.
async fn deletions(store: &dyn Store, connection: &Connection, since: Timestamp) -> (u32, u32) {
    let count = DepartureCount {
        since,
        percent: 0,
        deletes: true,
    };
    counted(store, connection, count).await
}

/// Claims the only account that is due, and records what is known then, as a worker does who gives it back.
async fn give_back(store: &dyn Store, now: Timestamp, known: impl FnOnce(Known) -> Known) -> Claim {
    let claim = given::claim(store, now).await;
    let settlement = Settlement {
        known: known(claim.account.known.clone()),
        ..given::settlement(&claim, Settled::GivenBack)
    };
    assert!(store.record(&claim.key, &settlement, now).await.expect("recorded"));
    claim
}

/// In sync, and to be read back at a time.
fn in_sync_until(at: Timestamp) -> Settled {
    Settled::InSync { read_back_at: Some(at) }
}

/// The vendor denies a user whose only account is due, which a worker finds out and stores.
async fn denied(store: &dyn Store, now: Timestamp) -> Claim {
    give_back(store, now, Known::gone).await
}

/// A connection with so many users, all active and in sync.
pub(super) async fn users_in_sync(store: &dyn Store, count: usize) -> (Connection, Vec<User>) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;
    let mut users = Vec::new();
    for number in 0..count {
        users.push(given::user(store, organization, &format!("E-{number}")).await);
        given::settle(store, after(1)).await;
    }
    (connection, users)
}

/// Records that the user left, as a worker does who deactivated it.
pub(super) async fn left(store: &dyn Store, claim: &Claim, now: Timestamp) {
    let settlement = Settlement {
        left: true,
        ..given::settlement(claim, given::IN_SYNC)
    };
    assert!(store.record(&claim.key, &settlement, now).await.expect("recorded"));
}

/// Records that the departure is held.
pub(super) async fn hold(store: &dyn Store, claim: &Claim, now: Timestamp) -> Account {
    given::record(store, claim, Settled::Held, now).await;
    given::account(store, &claim.user).await
}

/// Who was never at the vendor leaves nothing.
pub async fn only_those_at_the_vendor_count(store: &dyn Store) {
    let (connection, users) = users_in_sync(store, 2).await;
    let newcomer = given::user(store, connection.organization_id, "E-new").await;
    assert_eq!(departures(store, &connection, NOW).await, (0, 2));

    given::delete(store, &newcomer, after(2)).await;
    assert_eq!(departures(store, &connection, NOW).await, (0, 2));

    given::rename(store, &users[0], "Ann", after(2)).await;
    assert_eq!(departures(store, &connection, NOW).await, (0, 2), "who changes stays");
}

/// Who is deleted, who is inactive, and who is taken off.
pub async fn whoever_should_not_be_there_leaves(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::choosy_connection(store, organization).await;
    let mut users = Vec::new();
    for number in 0..4 {
        let user = given::user(store, organization, &format!("E-{number}")).await;
        given::assign(store, &user, &connection, true, after(1)).await;
        given::settle(store, after(1)).await;
        users.push(user);
    }

    given::delete(store, &users[0], after(2)).await;
    assert_eq!(departures(store, &connection, NOW).await, (1, 4));
    given::set_active(store, &users[1], false, after(2)).await;
    assert_eq!(departures(store, &connection, NOW).await, (2, 4));
    given::assign(store, &users[2], &connection, false, after(2)).await;
    assert_eq!(departures(store, &connection, NOW).await, (3, 4));

    given::assign(store, &users[2], &connection, true, after(3)).await;
    assert_eq!(departures(store, &connection, NOW).await, (2, 4), "who is back stays");
}

/// However the account was made, and also when the user came back in between.
pub async fn who_is_inactive_from_the_beginning_and_active_at_the_vendor_leaves(store: &dyn Store) {
    let organization = given::organization(store).await;
    let inactive = UserChanges {
        active: Change::Set(false),
        ..UserChanges::default()
    };
    let before = given::connection(store, organization).await;
    let choosy = given::choosy_connection(store, organization).await;
    let widened = given::choosy_connection(store, organization).await;
    let tied = given::choosy_connection(store, organization).await;
    let user = given::new_user(organization, &inactive);
    given::create(store, &user, None).await.expect("created");
    let since = given::connection(store, organization).await;
    given::assign(store, &user, &choosy, true, after(1)).await;
    given::take(store, &widened, Assignment::All, after(1)).await;
    let group = given::group(store, organization, "Ward", &[&user]).await;
    given::tie(store, &group, &tied, true, after(1)).await;

    active_at_the_vendor(store, 5).await;

    let all = [before, choosy, widened, tied, since];
    for connection in &all {
        assert_eq!(departures(store, connection, NOW).await, (1, 1));
    }
    let back = given::set_active(store, &user, true, after(4)).await;
    for connection in &all {
        assert_eq!(departures(store, connection, NOW).await, (0, 1));
    }
    given::set_active(store, &back, false, after(5)).await;
    for connection in &all {
        assert_eq!(departures(store, connection, NOW).await, (1, 1));
    }
}

/// MUST: at the connections where the user was, and at those that were made meanwhile.
pub async fn who_comes_back_inactive_and_is_active_at_the_vendor_leaves(store: &dyn Store) {
    let organization = given::organization(store).await;
    let inactive = UserChanges {
        active: Change::Set(false),
        ..UserChanges::default()
    };
    let before = given::connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;
    let tombstone = given::delete(store, &user, after(1)).await;
    let since = given::connection(store, organization).await;
    let back = given::restored(&tombstone, &inactive, after(1));
    given::restore(store, &back, tombstone.version).await.expect("restored");

    active_at_the_vendor(store, 2).await;

    for connection in [&before, &since] {
        assert_eq!(departures(store, connection, NOW).await, (1, 1));
    }
    given::set_active(store, &back, true, after(4)).await;
    for connection in [&before, &since] {
        assert_eq!(departures(store, connection, NOW).await, (0, 1));
    }
}

/// Claims all accounts that are due, and records that their users are found to be active at the vendor.
async fn active_at_the_vendor(store: &dyn Store, expected: usize) {
    let claims = given::claims(store, after(2), after(60), 10).await;
    assert_eq!(claims.len(), expected);
    for claim in &claims {
        let settlement = given::settlement(claim, given::retry(after(9), None));
        let known = Known {
            vendor_user_id: Some(VendorUserId::new("theirs".to_owned())),
            active: Some(true),
            ..Known::default()
        };
        let settlement = Settlement { known, ..settlement };
        assert!(store.record(&claim.key, &settlement, after(3)).await.expect("recorded"));
    }
}

/// MUST: exact where more leave than the share that is asked about; where fewer do, what is counted says so.
pub async fn all_are_counted_where_so_many_leave_that_it_matters(store: &dyn Store) {
    let (connection, users) = users_in_sync(store, 10).await;
    for (leaving, user) in (1..).zip(&users[..6]) {
        given::set_active(store, user, false, after(2)).await;
        for percent in [1, 9, 10, 11, 33, 50, 59, 60, 61, 99, 100] {
            let (counted, of) = count(store, &connection, NOW, percent).await;
            assert_eq!(counted, leaving);
            if leaving * 10 > u32::from(percent) {
                assert_eq!(of, 10, "{leaving} of ten are more than {percent} percent");
            } else {
                let is_share = counted * 100 > of * u32::from(percent);
                assert!(
                    !is_share && of <= 10,
                    "{leaving} are no more than {percent} percent of {of}"
                );
            }
        }
        assert_eq!(count(store, &connection, NOW, 0).await, (leaving, 10));
    }
}

/// In doubt is as good as active; inactive is gone already.
pub async fn whoever_is_known_to_be_inactive_leaves_no_more(store: &dyn Store) {
    let (connection, users) = users_in_sync(store, 1).await;
    for (active, expected) in [(Some(true), 1), (None, 1), (Some(false), 0)] {
        let user = store
            .user(users[0].organization_id, users[0].id)
            .await
            .expect("read")
            .expect("the user");
        given::set_active(store, &user, !user.active, after(2)).await;
        let claim = given::claim(store, after(3)).await;
        let known = Known {
            active,
            ..claim.account.known.clone()
        };
        let settlement = Settlement {
            known,
            ..given::settlement(&claim, given::retry(after(3), None))
        };
        assert!(store.record(&claim.key, &settlement, after(3)).await.expect("recorded"));
        if claim.user.active {
            given::set_active(store, &claim.user, false, after(4)).await;
        }

        assert_eq!(departures(store, &connection, NOW).await, (expected, 1), "{active:?}");
    }
}

/// Who is deleted there is no longer the one that was inactive, and counts anew, approved before or not.
pub async fn whoever_is_inactive_and_to_be_deleted_leaves_where_users_are_deleted(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::choosy_connection(store, organization).await;
    let mut users = Vec::new();
    for number in 0..4 {
        let user = given::user(store, organization, &format!("E-{number}")).await;
        given::assign(store, &user, &connection, true, after(1)).await;
        given::settle(store, after(1)).await;
        users.push(given::set_active(store, &user, false, after(2)).await);
        hold(store, &given::claim(store, after(2)).await, after(2)).await;
        store
            .approve(organization, connection.id, after(2))
            .await
            .expect("approved");
        left(store, &given::claim(store, after(2)).await, after(2)).await;
    }
    assert_eq!(
        deletions(store, &connection, after(9)).await,
        (0, 4),
        "who is inactive may stay"
    );

    given::delete(store, &users[0], after(3)).await;
    given::assign(store, &users[1], &connection, false, after(3)).await;
    given::rename(store, &users[2], "Ann", after(3)).await;

    assert_eq!(deletions(store, &connection, after(9)).await, (2, 4));
    assert_eq!(
        departures(store, &connection, after(9)).await,
        (0, 4),
        "where they are not"
    );
    // Once, although they left a while ago
    assert_eq!(
        deletions(store, &connection, NOW).await,
        (3, 4),
        "and who left and was changed"
    );

    // Who is held waits, and is approved like anybody.
    for claim in given::claims(store, after(4), after(60), 10).await {
        given::record(store, &claim, Settled::Held, after(4)).await;
    }
    assert_eq!(deletions(store, &connection, after(9)).await, (2, 4));
    let approved = store.approve(organization, connection.id, after(5)).await;
    assert_eq!(approved.expect("approved"), Some(3));
    assert_eq!(deletions(store, &connection, NOW).await, (0, 4));
}

/// Until something has followed from it.
pub async fn whom_the_vendor_denied_counts_as_leaving_until_something_follows(store: &dyn Store) {
    let (connection, users) = users_in_sync(store, 2).await;
    let user = given::rename(store, &users[0], "Ann", after(2)).await;
    denied(store, after(2)).await;
    let account = given::account(store, &user).await;
    assert!(
        account.known.is_missing && account.known.vendor_user_id.is_some(),
        "{account:?}"
    );
    assert_eq!(departures(store, &connection, after(9)).await, (1, 2));

    // It is tried again; then the user is found,
    let claim = given::claim(store, after(3)).await;
    given::record(store, &claim, given::retry(after(4), None), after(3)).await;
    assert_eq!(departures(store, &connection, after(9)).await, (1, 2));
    given::settle(store, after(4)).await;
    assert_eq!(departures(store, &connection, NOW).await, (0, 2));

    // or made again.
    given::rename(store, &user, "Eve", after(5)).await;
    denied(store, after(5)).await;
    left(store, &given::claim(store, after(6)).await, after(6)).await;
    assert!(!given::account(store, &user).await.known.is_missing);
    assert_eq!(departures(store, &connection, after(6)).await, (1, 2));
    assert_eq!(departures(store, &connection, after(7)).await, (0, 2));
}

/// Nor who is inactive, and is known to be nowhere.
pub async fn whom_the_vendor_denied_and_nobody_misses_counts_no_more(store: &dyn Store) {
    let (connection, users) = users_in_sync(store, 2).await;
    let user = given::set_active(store, &users[0], false, after(2)).await;
    denied(store, after(2)).await;
    assert_eq!(departures(store, &connection, after(9)).await, (1, 2));

    let claim = given::claim(store, after(3)).await;
    let settlement = Settlement {
        known: claim.account.known.clone().updated(claim.user.version),
        ..given::settlement(&claim, given::IN_SYNC)
    };
    assert!(store.record(&claim.key, &settlement, after(3)).await.expect("recorded"));

    assert!(given::account(store, &user).await.known.is_missing);
    assert_eq!(departures(store, &connection, after(9)).await, (0, 2));
}

/// MUST: it is spent when the user is there again, and who is missing another time is judged anew.
pub async fn an_approval_of_somebody_missing_is_for_one_time(store: &dyn Store) {
    let (connection, users) = users_in_sync(store, 1).await;
    given::rename(store, &users[0], "Ann", after(2)).await;
    denied(store, after(2)).await;
    hold(store, &given::claim(store, after(2)).await, after(2)).await;
    let approved = store.approve(connection.organization_id, connection.id, after(3)).await;
    assert_eq!(approved.expect("approved"), Some(1));
    assert_eq!(departures(store, &connection, NOW).await, (0, 1));

    // As long as the user is missing, it holds.
    let claim = give_back(store, after(4), |known| known).await;
    assert!(claim.departure_is_approved);
    let claim = given::claim(store, after(5)).await;
    assert!(claim.departure_is_approved);
    given::record(store, &claim, in_sync_until(after(6)), after(5)).await;
    assert_eq!(departures(store, &connection, NOW).await, (0, 1));

    // The same version of the user is missing once more.
    let claim = denied(store, after(6)).await;
    assert!(!claim.departure_is_approved);
    assert_eq!(departures(store, &connection, NOW).await, (1, 1));
}

/// Who left counts for a while, on both sides; whoever is removed and left before does not.
pub async fn whoever_left_counts_within_the_window(store: &dyn Store) {
    let (connection, users) = users_in_sync(store, 3).await;
    given::set_active(store, &users[0], false, after(2)).await;
    let claim = given::claim(store, after(2)).await;
    left(store, &claim, after(10)).await;
    given::delete(store, &users[1], after(3)).await;
    let claim = given::claim(store, after(3)).await;
    let settlement = Settlement {
        left: true,
        ..given::settlement(&claim, Settled::Removed)
    };
    assert!(
        store
            .record(&claim.key, &settlement, after(20))
            .await
            .expect("recorded")
    );

    assert_eq!(departures(store, &connection, after(10)).await, (2, 3));
    let just_after = after(10) + chrono::TimeDelta::microseconds(1);
    assert_eq!(
        departures(store, &connection, just_after).await,
        (1, 3),
        "who is inactive is there still"
    );
    assert_eq!(departures(store, &connection, after(21)).await, (0, 2));
}

/// Also of a claim whose user was changed meanwhile: the vendor has done it.
pub async fn whoever_left_counts_although_the_user_was_changed_since_the_claim(store: &dyn Store) {
    let (connection, users) = users_in_sync(store, 2).await;
    let user = given::set_active(store, &users[0], false, after(2)).await;
    let claim = given::claim(store, after(2)).await;
    given::set_active(store, &user, true, after(3)).await;

    left(store, &claim, after(4)).await;

    assert_eq!(departures(store, &connection, after(4)).await, (1, 2));
    assert_eq!(departures(store, &connection, after(5)).await, (0, 2));
}

/// Others' departures are others' matter.
pub async fn departures_of_another_connection_do_not_count(store: &dyn Store) {
    let organization = given::organization(store).await;
    let first = given::connection(store, organization).await;
    let second = given::connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;
    let claims = given::claims(store, after(1), after(60), 10).await;
    let claim = claims.iter().find(|claim| claim.connection.id == first.id);
    given::record(store, claim.expect("claimed"), given::IN_SYNC, after(1)).await;

    given::delete(store, &user, after(2)).await;

    assert_eq!(departures(store, &first, NOW).await, (1, 1));
    assert_eq!(departures(store, &second, NOW).await, (0, 0));
}
