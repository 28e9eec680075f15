//! The use cases for user sessions: tokens for who is active, for as long as the session is.

use std::sync::Arc;

use roster_domain::User;
use uuid::Uuid;

use super::{SessionError, Sessions, UserTokens};
use crate::authentication::{Audience, TokenError, TokenKey, Tokens};
use crate::error::{Error, Missing};
use crate::ports::{MockUserSessionStore, MockUserStore};
use crate::testing::{ann, at, clock_at, ids, organization, user_id};

const DAY: i64 = 24 * 60 * 60;

fn tokens() -> Tokens {
    Tokens::new(&TokenKey::new([1; 32]))
}

fn sessions(store: MockUserSessionStore, users: MockUserStore, seconds: i64) -> Sessions {
    Sessions::new(Arc::new(store), Arc::new(users), tokens(), clock_at(seconds), ids())
}

fn found(user: Option<User>) -> MockUserStore {
    let mut users = MockUserStore::new();
    users
        .expect_user()
        .withf(|of, id| (*of, *id) == (organization().id, user_id(1)))
        .times(1)
        .return_once(move |_, _| Ok(user));
    users
}

fn inactive() -> User {
    User { active: false, ..ann() }
}

/// Tokens of a session that was opened at second 0.
async fn opened() -> UserTokens {
    let mut store = MockUserSessionStore::new();
    store
        .expect_create_session()
        .withf(|session| (session.id, session.expires_at) == (Uuid::from_u128(100), at(30 * DAY)))
        .times(1)
        .return_once(|_| Ok(()));
    sessions(store, found(Some(ann())), 0)
        .authenticate(&organization(), user_id(1))
        .await
        .expect("opened")
}

#[tokio::test]
async fn an_active_user_gets_tokens_that_name_user_organization_and_session() {
    let issued = opened().await;

    let claims = tokens()
        .read_user(&issued.access_token, Audience::NablaCoreUser, at(299))
        .expect("valid");
    assert_eq!(
        (claims.user, claims.organization, claims.session),
        (user_id(1), organization().id, Uuid::from_u128(100))
    );
    let late = tokens().read_user(&issued.access_token, Audience::NablaCoreUser, at(300));
    assert_eq!(late, Err(TokenError::Expired), "after 5 minutes");
}

#[tokio::test]
async fn a_deactivated_user_gets_no_tokens() {
    let refused = sessions(MockUserSessionStore::new(), found(Some(inactive())), 0)
        .authenticate(&organization(), user_id(1))
        .await;
    assert!(matches!(refused, Err(SessionError::Deactivated)), "{refused:?}");
}

#[tokio::test]
async fn a_user_who_is_not_there_gets_no_tokens() {
    let refused = sessions(MockUserSessionStore::new(), found(None), 0)
        .authenticate(&organization(), user_id(1))
        .await;
    assert!(
        matches!(refused, Err(SessionError::Other(Error::NotFound(Missing::User)))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_refresh_extends_the_session_and_issues_a_new_pair() {
    let issued = opened().await;
    let mut store = MockUserSessionStore::new();
    store
        .expect_extend_session()
        .withf(|id, until, now| (*id, *until, *now) == (Uuid::from_u128(100), at(31 * DAY), at(DAY)))
        .times(1)
        .return_once(|_, _, _| Ok(true));

    let refreshed = sessions(store, found(Some(ann())), DAY)
        .refresh(&issued.refresh_token)
        .await
        .expect("refreshed");

    assert_ne!(refreshed, issued);
    assert!(
        tokens()
            .read_user(&refreshed.access_token, Audience::NablaCoreUser, at(DAY))
            .is_ok()
    );
}

#[tokio::test]
async fn a_refresh_for_a_deactivated_user_is_refused_and_extends_nothing() {
    let issued = opened().await;

    let refused = sessions(MockUserSessionStore::new(), found(Some(inactive())), DAY)
        .refresh(&issued.refresh_token)
        .await;

    assert!(matches!(refused, Err(SessionError::Deactivated)), "{refused:?}");
}

#[tokio::test]
async fn a_refresh_for_a_deleted_user_is_refused() {
    let issued = opened().await;

    let refused = sessions(MockUserSessionStore::new(), found(None), DAY)
        .refresh(&issued.refresh_token)
        .await;

    assert!(
        matches!(refused, Err(SessionError::Token(TokenError::Invalid))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_refresh_of_a_session_that_was_ended_is_refused() {
    let issued = opened().await;
    let mut store = MockUserSessionStore::new();
    store.expect_extend_session().times(1).return_once(|_, _, _| Ok(false));

    let refused = sessions(store, found(Some(ann())), DAY)
        .refresh(&issued.refresh_token)
        .await;

    assert!(
        matches!(refused, Err(SessionError::Token(TokenError::Invalid))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_access_token_an_expired_one_and_a_forged_one_refresh_nothing() {
    let issued = opened().await;
    let forged = Tokens::new(&TokenKey::new([2; 32]));
    let claims = tokens()
        .read_user(&issued.refresh_token, Audience::NablaCoreUserRefresh, at(0))
        .expect("valid");
    let forged = forged
        .issue_user(claims, Audience::NablaCoreUserRefresh, at(0))
        .expect("signed");

    for (token, seconds, expected) in [
        (&issued.access_token, 1, TokenError::Invalid),
        (&issued.refresh_token, 30 * DAY, TokenError::Expired),
        (&forged, 1, TokenError::Invalid),
        (&"no token".to_owned(), 1, TokenError::Invalid),
    ] {
        let refused = sessions(MockUserSessionStore::new(), MockUserStore::new(), seconds)
            .refresh(token)
            .await;
        assert!(
            matches!(&refused, Err(SessionError::Token(error)) if *error == expected),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_logout_ends_the_session_and_may_come_twice() {
    let issued = opened().await;
    let mut store = MockUserSessionStore::new();
    let mut answers = vec![false, true];
    store
        .expect_end_session()
        .withf(|id| *id == Uuid::from_u128(100))
        .times(2)
        .returning(move |_| Ok(answers.pop().expect("two answers")));
    let sessions = sessions(store, MockUserStore::new(), DAY);

    sessions.logout(&issued.refresh_token).await.expect("ended");
    sessions.logout(&issued.refresh_token).await.expect("was ended");
}
