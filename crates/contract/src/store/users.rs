//! Users: creating and finding them.

use std::collections::BTreeMap;

use roster_application::ports::{Store, StoreError, UniqueKey};
use roster_domain::{Change, Email, ExternalId, User, UserChanges, UserId};

use super::given::{self, NOW, after};

/// Every field survives, to the letter and the microsecond.
pub async fn a_user_comes_back_as_it_was_stored(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = given::new_user(organization, &given::every_field());

    given::create(store, &user, None).await.expect("created");

    let found = store.user(organization, user.id).await.expect("read");
    assert_eq!(found.as_ref(), Some(&user));
    let spelling = found.and_then(|user| user.profile.email).map(|email| email.to_string());
    assert_eq!(spelling.as_deref(), Some("Ann.Müller@Example.org"));
}

/// `None` and an empty dictionary are two things.
pub async fn an_empty_profile_comes_back_empty_and_an_empty_dictionary_as_one(store: &dyn Store) {
    let organization = given::organization(store).await;
    let empty = given::new_user(organization, &UserChanges::default());
    let dictionary = UserChanges {
        metadata: Change::Set(BTreeMap::new()),
        ..UserChanges::default()
    };
    let with_dictionary = given::new_user(organization, &dictionary);

    given::create(store, &empty, None).await.expect("created");
    given::create(store, &with_dictionary, None).await.expect("created");

    assert_eq!(store.user(organization, empty.id).await.expect("read"), Some(empty));
    assert_eq!(
        store.user(organization, with_dictionary.id).await.expect("read"),
        Some(with_dictionary)
    );
}

/// Not found is not an error.
pub async fn nobody_is_found_where_nobody_is(store: &dyn Store) {
    let organization = given::organization(store).await;
    let external_id = ExternalId::new("E-1").expect("valid");
    let email = Email::new("ann@example.org").expect("valid");

    assert_eq!(
        store
            .user(organization, UserId::new(given::new_id()))
            .await
            .expect("read"),
        None
    );
    assert_eq!(
        store
            .user_by_external_id(organization, &external_id)
            .await
            .expect("read"),
        None
    );
    assert_eq!(store.user_by_email(organization, &email).await.expect("read"), None);
}

/// External ids exactly, e-mail addresses without regard to case, also beyond ASCII.
pub async fn keys_find_their_user_and_only_as_they_are_compared(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = given::new_user(organization, &given::every_field());
    given::create(store, &user, None).await.expect("created");
    let external_id = |text: &str| ExternalId::new(text).expect("valid");
    let email = |text: &str| Email::new(text).expect("valid");

    let exact = store
        .user_by_external_id(organization, &external_id("EHR-Ω-1"))
        .await
        .expect("read");
    let other_case = store
        .user_by_external_id(organization, &external_id("ehr-ω-1"))
        .await
        .expect("read");
    let by_email = store
        .user_by_email(organization, &email("aNN.mÜLLER@eXAMPLE.ORG"))
        .await
        .expect("read");

    assert_eq!(exact, Some(user.clone()));
    assert_eq!(other_case, None);
    assert_eq!(by_email, Some(user));
}

/// The account is behind from the start.
pub async fn a_new_user_has_an_account_at_every_connection_that_is_due_at_once(store: &dyn Store) {
    let organization = given::organization(store).await;
    let first = given::connection(store, organization).await;
    let second = given::connection(store, organization).await;

    let user = given::user(store, organization, "E-1").await;

    let accounts = store.accounts_of_user(organization, user.id).await.expect("read");
    assert_eq!(
        accounts.iter().map(|account| account.connection_id).collect::<Vec<_>>(),
        [first.id, second.id]
    );
    for account in accounts {
        assert_eq!(account.desired_version, user.version);
        assert_eq!(account.known.applied_version, 0);
        assert_eq!(account.next_attempt_at, Some(NOW));
        assert_eq!(
            (account.attempts, account.attention, account.removed_at),
            (0, None, None)
        );
    }
}

/// Without connections there is nothing to provision.
pub async fn a_user_without_connections_has_no_accounts(store: &dyn Store) {
    let organization = given::organization(store).await;

    let user = given::user(store, organization, "E-1").await;

    assert_eq!(store.accounts_of_user(organization, user.id).await.expect("read"), []);
}

/// MUST: `Conflict(Id)`.
pub async fn an_id_that_is_taken_is_a_conflict_and_nothing_is_written(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = given::user(store, organization, "E-1").await;

    let same_id = User {
        id: user.id,
        ..given::new_user(organization, &given::external_id("E-2"))
    };
    let refused = given::create(store, &same_id, None).await;

    assert!(
        matches!(refused, Err(StoreError::Conflict(UniqueKey::Id))),
        "{refused:?}"
    );
    assert_eq!(store.user(organization, user.id).await.expect("read"), Some(user));
}

/// MUST: `Conflict(ExternalId)`, and all or nothing.
pub async fn an_external_id_that_is_taken_is_a_conflict_and_nothing_is_written(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;

    let same = given::new_user(user.organization_id, &given::external_id("E-1"));
    let refused = given::create(store, &same, None).await;

    assert!(
        matches!(refused, Err(StoreError::Conflict(UniqueKey::ExternalId))),
        "{refused:?}"
    );
    assert_eq!(store.user(user.organization_id, same.id).await.expect("read"), None);
    assert_eq!(
        store
            .accounts_of_user(user.organization_id, same.id)
            .await
            .expect("read"),
        []
    );
    assert_eq!(given::account(store, &user).await.connection_id, connection.id);
}

/// MUST: `Conflict(Email)`, without regard to case, also beyond ASCII.
pub async fn an_email_that_is_taken_in_another_case_is_a_conflict(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = given::new_user(organization, &given::email("Ann.Müller@example.org"));
    given::create(store, &user, None).await.expect("created");

    let same = given::new_user(organization, &given::email("ANN.MÜLLER@EXAMPLE.ORG"));
    let refused = given::create(store, &same, None).await;

    assert!(
        matches!(refused, Err(StoreError::Conflict(UniqueKey::Email))),
        "{refused:?}"
    );
    assert_eq!(store.user(organization, same.id).await.expect("read"), None);
}

/// Null is no key.
pub async fn any_number_of_users_have_no_external_id_and_no_email(store: &dyn Store) {
    let organization = given::organization(store).await;

    for _ in 0..3 {
        let user = given::new_user(organization, &UserChanges::default());
        given::create(store, &user, None).await.expect("created");
    }
}

/// MUST: deleted users do not stand against external id and e-mail.
pub async fn a_deleted_user_frees_its_external_id_and_email(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = given::new_user(organization, &given::every_field());
    given::create(store, &user, None).await.expect("created");
    given::delete(store, &user, after(1)).await;

    let successor = given::new_user(organization, &given::every_field());
    given::create(store, &successor, None).await.expect("the keys are free");

    let external_id = ExternalId::new("EHR-Ω-1").expect("valid");
    let found = store
        .user_by_external_id(organization, &external_id)
        .await
        .expect("read");
    assert_eq!(found.map(|user| user.id), Some(successor.id));
}

/// Deleted users are invisible to every method that reads.
pub async fn a_deleted_user_is_not_found_in_any_way(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = given::new_user(organization, &given::every_field());
    given::create(store, &user, None).await.expect("created");

    given::delete(store, &user, after(1)).await;

    let external_id = user.profile.external_id.as_ref().expect("it has one");
    let email = user.profile.email.as_ref().expect("it has one");
    assert_eq!(store.user(organization, user.id).await.expect("read"), None);
    assert_eq!(
        store
            .user_by_external_id(organization, external_id)
            .await
            .expect("read"),
        None
    );
    assert_eq!(store.user_by_email(organization, email).await.expect("read"), None);
    let all = store
        .users(organization, &roster_application::ports::UserQuery::first(10))
        .await
        .expect("read");
    assert_eq!(all, []);
}
