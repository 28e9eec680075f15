//! The use cases for user sessions: tokens by which a vendor's user API knows one user.

use std::sync::Arc;

use chrono::TimeDelta;
use roster_domain::{Organization, OrganizationId, User, UserId};

use crate::authentication::{Audience, TokenError, Tokens, UserClaims};
use crate::error::{Error, Missing};
use crate::ports::{Clock, Ids, UserSession, UserSessionStore, UserStore};

/// The use cases for user sessions.
#[derive(Clone)]
pub struct Sessions {
    store: Arc<dyn UserSessionStore>,
    users: Arc<dyn UserStore>,
    tokens: Tokens,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

/// A pair of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserTokens {
    /// Valid for 5 minutes, and not revocable.
    pub access_token: String,
    /// Valid for 30 days, or until logout.
    pub refresh_token: String,
}

/// Why no tokens are issued.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The refresh token is not valid, has expired, or its session was ended.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The user is deactivated.
    #[error("the user is deactivated")]
    Deactivated,
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Error),
}

impl Sessions {
    /// Puts the use cases together.
    #[must_use]
    pub fn new(
        store: Arc<dyn UserSessionStore>,
        users: Arc<dyn UserStore>,
        tokens: Tokens,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        Self {
            store,
            users,
            tokens,
            clock,
            ids,
        }
    }

    /// Opens a session for a user who is active.
    pub async fn authenticate(&self, organization: &Organization, user: UserId) -> Result<UserTokens, SessionError> {
        let user = self
            .active_user(organization.id, user)
            .await?
            .ok_or(Error::NotFound(Missing::User))?;
        let session = UserSession {
            id: self.ids.new_id(),
            organization_id: organization.id,
            user_id: user.id,
            expires_at: self.clock.now() + validity(),
        };
        self.store.create_session(&session).await.map_err(Error::from)?;
        self.issue(UserClaims {
            user: user.id,
            organization: organization.id,
            session: session.id,
        })
    }

    /// Exchanges a refresh token for a new pair. The old one stays valid until it expires, so that a client whose
    /// answer is lost is not locked out; logout ends both.
    pub async fn refresh(&self, refresh_token: &str) -> Result<UserTokens, SessionError> {
        let now = self.clock.now();
        let claims = self
            .tokens
            .read_user(refresh_token, Audience::NablaCoreUserRefresh, now)?;
        if self.active_user(claims.organization, claims.user).await?.is_none() {
            return Err(TokenError::Invalid.into());
        }
        let extended = self.store.extend_session(claims.session, now + validity(), now).await;
        if !extended.map_err(Error::from)? {
            return Err(TokenError::Invalid.into());
        }
        self.issue(claims)
    }

    /// Ends the session of a refresh token. One that was ended already is ended.
    pub async fn logout(&self, refresh_token: &str) -> Result<(), SessionError> {
        let claims = self
            .tokens
            .read_user(refresh_token, Audience::NablaCoreUserRefresh, self.clock.now())?;
        self.store.end_session(claims.session).await.map_err(Error::from)?;
        Ok(())
    }

    async fn active_user(&self, organization: OrganizationId, id: UserId) -> Result<Option<User>, SessionError> {
        match self.users.user(organization, id).await.map_err(Error::from)? {
            Some(user) if !user.active => Err(SessionError::Deactivated),
            found => Ok(found),
        }
    }

    fn issue(&self, claims: UserClaims) -> Result<UserTokens, SessionError> {
        let now = self.clock.now();
        Ok(UserTokens {
            access_token: self.tokens.issue_user(claims, Audience::NablaCoreUser, now)?,
            refresh_token: self.tokens.issue_user(claims, Audience::NablaCoreUserRefresh, now)?,
        })
    }
}

fn validity() -> TimeDelta {
    TimeDelta::from_std(Tokens::USER_REFRESH).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests;
