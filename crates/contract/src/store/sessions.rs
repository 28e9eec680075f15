//! User sessions.

use roster_application::ports::{Settled, Store, UserSession};
use roster_domain::User;

use super::given::{self, after};

async fn session(store: &dyn Store, user: &User, seconds: i64) -> UserSession {
    let session = UserSession {
        id: given::new_id(),
        organization_id: user.organization_id,
        user_id: user.id,
        expires_at: after(seconds),
    };
    store.create_session(&session).await.expect("created");
    session
}

/// As long as it is extended in time.
pub async fn a_session_lives_as_long_as_it_is_extended(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let session = session(store, &user, 10).await;

    assert!(
        store
            .extend_session(session.id, after(20), after(10))
            .await
            .expect("extended")
    );
    assert!(
        store
            .extend_session(session.id, after(30), after(15))
            .await
            .expect("extended")
    );
    assert!(
        !store
            .extend_session(session.id, after(90), after(31))
            .await
            .expect("asked"),
        "it expired before"
    );
    assert!(
        !store
            .extend_session(given::new_id(), after(90), after(1))
            .await
            .expect("asked"),
        "there is none"
    );
}

/// For good.
pub async fn an_ended_session_is_not_extended_and_not_ended_again(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let ended = session(store, &user, 10).await;
    let other = session(store, &user, 10).await;

    assert!(store.end_session(ended.id).await.expect("ended"));

    assert!(
        !store
            .extend_session(ended.id, after(20), after(1))
            .await
            .expect("asked")
    );
    assert!(!store.end_session(ended.id).await.expect("asked"));
    assert!(
        store
            .extend_session(other.id, after(20), after(1))
            .await
            .expect("extended"),
        "the other one lives"
    );
}

/// Only those that expired before the time.
pub async fn sessions_are_forgotten_once_they_have_expired(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    session(store, &user, 10).await;
    let living = session(store, &user, 20).await;

    assert_eq!(store.purge_sessions(after(20)).await.expect("purged"), 1);
    assert_eq!(store.purge_sessions(after(20)).await.expect("purged"), 0);

    assert!(
        store
            .extend_session(living.id, after(30), after(5))
            .await
            .expect("extended")
    );
}

/// A session stands in nobody's way.
pub async fn a_tombstone_is_forgotten_with_its_sessions(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let session = session(store, &user, 100).await;
    given::delete(store, &user, after(1)).await;
    let claim = given::claim(store, after(2)).await;
    given::record(store, &claim, Settled::Removed, after(2)).await;

    assert_eq!(store.purge_users(after(3)).await.expect("purged"), 1);

    assert!(
        !store
            .extend_session(session.id, after(200), after(4))
            .await
            .expect("asked")
    );
}
