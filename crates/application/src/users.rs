//! The use cases for users.

use std::future::ready;
use std::sync::Arc;

use roster_domain::{
    Change, Conflict, Deed, Email, EmailRule, ExternalId, Identity, Organization, Profile, Resolution, Revision, User,
    UserChanges, UserId, UserName, Version, changed_fields, resolve,
};

use crate::acting::Acting;
use crate::error::{Conflicting, Error, Missing};
use crate::idempotency::Reserved;
use crate::ports::{
    ChangeRecord, Clock, Ids, Sealed, Secrets, SecretsError, StoreError, UniqueKey, UserQuery, UserStore, UserWrite,
};
use crate::rivals::Rivals;

/// How often a write is decided anew when others change the same user meanwhile. One of them succeeds in each
/// round, so this many writers at once are served.
const ROUNDS: usize = 64;

/// The use cases for users.
#[derive(Clone)]
pub struct Users {
    store: Arc<dyn UserStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    secrets: Option<Arc<dyn Secrets>>,
    rivals: Arc<Rivals>,
}

/// A user after an upsert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upserted {
    /// The user, and what was noticed.
    pub revision: Revision,
    /// Whether the user is new.
    pub created: bool,
}

impl Users {
    /// Puts the use cases together. They take no initial password, which could not be kept sealed.
    #[must_use]
    pub fn new(store: Arc<dyn UserStore>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self {
            store,
            clock,
            ids,
            secrets: None,
            rivals: Arc::default(),
        }
    }

    /// The same, able to keep initial passwords.
    #[must_use]
    pub fn sealing_with(self, secrets: Arc<dyn Secrets>) -> Self {
        Self {
            secrets: Some(secrets),
            ..self
        }
    }

    /// Creates a user, with an account at every connection of the organization.
    ///
    /// A request that was begun before under the same `Idempotency-Key` comes with the id it had then: whoever
    /// has that id is the user it made.
    pub async fn create(
        &self,
        acting: Acting<'_>,
        changes: &UserChanges,
        reserved: Option<Reserved>,
    ) -> Result<Revision, Error> {
        let organization = acting.organization;
        if let Some(Reserved::Resumed(id)) = reserved
            && let Some(user) = self.store.user(organization.id, UserId::new(id)).await?
        {
            return Ok(Revision {
                user,
                changed: false,
                suspicions: Vec::new(),
                password: None,
            });
        }
        let id = UserId::new(reserved.map_or_else(|| self.ids.new_id(), Reserved::id));
        let revision = User::create(id, organization.id, changes, organization.phi_guard, self.clock.now())?;
        let password = self.sealed_password(&revision)?;
        let write = UserWrite {
            user: &revision.user,
            password: password.as_ref(),
            change: &self.record(acting, None, &revision.user),
        };
        self.store.create_user(write).await.map_err(conflicting)?;
        Ok(revision)
    }

    /// The user of an id.
    pub async fn get(&self, organization: &Organization, id: UserId) -> Result<User, Error> {
        self.store
            .user(organization.id, id)
            .await?
            .ok_or(Error::NotFound(Missing::User))
    }

    /// The user of an external id, which may be any text.
    pub async fn get_by_external_id(&self, organization: &Organization, external_id: &str) -> Result<User, Error> {
        let missing = Error::NotFound(Missing::User);
        let Ok(external_id) = ExternalId::new(external_id) else {
            return Err(missing);
        };
        self.store
            .user_by_external_id(organization.id, &external_id)
            .await?
            .ok_or(missing)
    }

    /// The user whom a text names: by Roster's id as it is given out, or by external id (Upheal: `userId` or
    /// `partnerUserId`).
    ///
    /// Anybody may give a user the external id that is another's id here. Who is meant by it then nobody can say, so that it
    /// is a conflict, and whoever calls must use another name.
    pub async fn find(&self, organization: &Organization, name: &str) -> Result<User, Error> {
        let by_external_id = self.get_by_external_id(organization, name).await;
        let Some(id) = written_id(name) else {
            return by_external_id;
        };
        match (self.store.user(organization.id, id).await?, by_external_id) {
            (Some(user), Ok(other)) if user.id != other.id => Err(Error::Conflict(Conflicting::AmbiguousId)),
            (Some(user), _) => Ok(user),
            (None, found) => found,
        }
    }

    /// The user of an e-mail address, without regard to case.
    pub async fn by_email(&self, organization: &Organization, email: &Email) -> Result<Option<User>, Error> {
        Ok(self.store.user_by_email(organization.id, email).await?)
    }

    /// A page of users.
    pub async fn list(&self, organization: &Organization, query: &UserQuery) -> Result<Vec<User>, Error> {
        Ok(self.store.users(organization.id, query).await?)
    }

    /// Changes a user. With `expected`, only if the user is at one of those versions.
    pub async fn update(
        &self,
        acting: Acting<'_>,
        id: UserId,
        changes: &UserChanges,
        expected: Option<&[Version]>,
    ) -> Result<Revision, Error> {
        self.rewrite(acting, id, expected, |user| ready(self.updated(acting, &user, changes)))
            .await
    }

    /// Changes a user as is decided for the user as it stands, which may be asked more than once. With `expected`, only
    /// if the user is at one of those versions.
    pub async fn revise<E: From<Error>, F: Future<Output = Result<UserChanges, E>>>(
        &self,
        acting: Acting<'_>,
        id: UserId,
        expected: Option<&[Version]>,
        decide: impl Fn(User) -> F,
    ) -> Result<Revision, E> {
        self.rewrite(acting, id, expected, |user| {
            let changes = decide(user.clone());
            async move { Ok(self.updated(acting, &user, &changes.await?)?) }
        })
        .await
    }

    fn updated(&self, acting: Acting<'_>, user: &User, changes: &UserChanges) -> Result<Revision, Error> {
        Ok(user.update(changes, acting.organization.phi_guard, self.clock.now())?)
    }

    /// Creates a user. Somebody who was deleted, and had the same external id or `userName`, comes back as the same user: to the
    /// identity provider that is the same person, and at vendors it is.
    pub async fn create_or_restore(&self, acting: Acting<'_>, changes: &UserChanges) -> Result<Revision, Error> {
        let organization = acting.organization;
        // What breaks a rule names nobody, and is reported by whatever comes next.
        let external_id = changes
            .external_id
            .as_set()
            .and_then(|id| ExternalId::new(id.as_str()).ok());
        let user_name = changes
            .user_name
            .as_set()
            .and_then(|name| UserName::new(name.as_str()).ok());
        for _ in 0..ROUNDS {
            let deleted = self
                .store
                .deleted_user(organization.id, external_id.as_ref(), user_name.as_ref());
            let Some(tombstone) = deleted.await? else {
                return self.create(acting, changes, None).await;
            };
            let revision = tombstone.restore(changes, organization.phi_guard, self.clock.now())?;
            let password = self.sealed_password(&revision)?;
            let write = UserWrite {
                user: &revision.user,
                password: password.as_ref(),
                change: &self.record(acting, Some(&tombstone), &revision.user),
            };
            match self.store.restore_user(write, tombstone.version).await {
                Ok(()) => return Ok(revision),
                // Somebody else brought the user back, or it was forgotten just now.
                Err(StoreError::Stale) => {}
                Err(error) => return Err(conflicting(error)),
            }
        }
        Err(Error::Contention)
    }

    /// Activates or deactivates a user.
    pub async fn set_active(
        &self,
        acting: Acting<'_>,
        id: UserId,
        active: bool,
        expected: Option<&[Version]>,
    ) -> Result<Revision, Error> {
        let changes = UserChanges {
            active: Change::Set(active),
            ..UserChanges::default()
        };
        self.update(acting, id, &changes, expected).await
    }

    /// Deletes a user: no surface sees it any more, and its accounts are driven to be gone.
    pub async fn delete(&self, acting: Acting<'_>, id: UserId, expected: Option<&[Version]>) -> Result<(), Error> {
        self.rewrite(acting, id, expected, |user| {
            ready(Ok::<_, Error>(Revision {
                user: user.delete(self.clock.now()),
                changed: true,
                suspicions: Vec::new(),
                password: None,
            }))
        })
        .await
        .map(drop)
    }

    /// Creates the user of an external id, or changes it; a user who has the e-mail address and no external id
    /// yet is given this one. Fields that are left out stay as they are.
    pub async fn upsert(
        &self,
        acting: Acting<'_>,
        external_id: &str,
        changes: &UserChanges,
        email_rule: EmailRule,
    ) -> Result<Upserted, Error> {
        let changes = UserChanges {
            external_id: Change::Set(external_id.to_owned()),
            ..changes.clone()
        };
        let (Ok(external_id), Ok(email)) = (
            ExternalId::new(external_id),
            changes.email.as_set().map(Email::new).transpose(),
        ) else {
            // A key that breaks its rule names nobody; applying the request says what else is wrong.
            let found = Profile::default().apply(&changes).err().unwrap_or_default();
            return Err(Error::Invalid(found));
        };
        for _ in 0..ROUNDS {
            let done = self
                .upsert_once(acting, &external_id, email.as_ref(), &changes, email_rule)
                .await?;
            if let Some(upserted) = done {
                return Ok(upserted);
            }
        }
        Err(Error::Contention)
    }

    /// One round; `None` if somebody was faster: who they are decides what this request means.
    async fn upsert_once(
        &self,
        acting: Acting<'_>,
        external_id: &ExternalId,
        email: Option<&Email>,
        changes: &UserChanges,
        email_rule: EmailRule,
    ) -> Result<Option<Upserted>, Error> {
        let organization = acting.organization;
        let by_external_id = self.store.user_by_external_id(organization.id, external_id).await?;
        let by_email = match email {
            Some(email) => self.store.user_by_email(organization.id, email).await?,
            None => None,
        };
        let identity = Identity {
            external_id,
            email,
            email_rule,
        };
        let found = match resolve(identity, by_external_id.as_ref(), by_email.as_ref()) {
            Resolution::Create => {
                return match self.create(acting, changes, None).await {
                    Ok(revision) => Ok(Some(Upserted {
                        revision,
                        created: true,
                    })),
                    Err(Error::Conflict(Conflicting::ExternalId | Conflicting::Email)) => Ok(None),
                    Err(error) => Err(error),
                };
            }
            // Whoever was found by address has come by this external id since it was looked up: look again.
            Resolution::Conflict(Conflict::EmailTaken { .. })
                if by_email.as_ref().and_then(|owner| owner.profile.external_id.as_ref()) == Some(external_id) =>
            {
                return Ok(None);
            }
            Resolution::Conflict(conflict) => return Err(Error::Conflict(refused(conflict))),
            Resolution::Update(_) => by_external_id,
            Resolution::Link(_) => by_email,
        };
        let user = found.ok_or(Error::Contention)?;
        let kept;
        let changes = match email_rule {
            // The address is the one on file, which stays as it is spelt there.
            EmailRule::MustMatch if user.profile.email.is_some() => {
                kept = UserChanges {
                    email: Change::Keep,
                    ..changes.clone()
                };
                &kept
            }
            _ => changes,
        };
        let revision = user.update(changes, organization.phi_guard, self.clock.now())?;
        if revision.changed {
            match self.write(acting, &user, &revision).await? {
                Ok(()) => {}
                Err(
                    StoreError::Stale
                    | StoreError::Reference
                    | StoreError::Conflict(UniqueKey::ExternalId | UniqueKey::Email),
                ) => return Ok(None),
                Err(error) => return Err(conflicting(error)),
            }
        }
        Ok(Some(Upserted {
            revision,
            created: false,
        }))
    }

    /// Reads, decides and writes, and begins again when somebody else wrote in between.
    async fn rewrite<E: From<Error>, F: Future<Output = Result<Revision, E>>>(
        &self,
        acting: Acting<'_>,
        id: UserId,
        expected: Option<&[Version]>,
        decide: impl Fn(User) -> F,
    ) -> Result<Revision, E> {
        let mut turn = None;
        for _ in 0..ROUNDS {
            let user = self.get(acting.organization, id).await?;
            if expected.is_some_and(|versions| !versions.contains(&user.version)) {
                return Err(Error::VersionMismatch { current: user.version }.into());
            }
            let revision = decide(user.clone()).await?;
            if !revision.changed {
                return Ok(revision);
            }
            match self.write(acting, &user, &revision).await? {
                Ok(()) => return Ok(revision),
                // The customer that the user was read with may just have been given another id.
                Err(StoreError::Stale | StoreError::Reference) => {}
                Err(error) => return Err(conflicting(error).into()),
            }
            self.rivals.stand_in_line(&mut turn, id.uuid()).await;
        }
        Err(Error::Contention.into())
    }

    /// Stores a revision in place of the user that it was made of.
    async fn write(
        &self,
        acting: Acting<'_>,
        user: &User,
        revision: &Revision,
    ) -> Result<Result<(), StoreError>, Error> {
        let password = self.sealed_password(revision)?;
        let write = UserWrite {
            user: &revision.user,
            password: password.as_ref(),
            change: &self.record(acting, Some(user), &revision.user),
        };
        Ok(self.store.update_user(write, user.version).await)
    }

    /// What the history is told of a change.
    fn record(&self, acting: Acting<'_>, before: Option<&User>, after: &User) -> ChangeRecord {
        let fields = changed_fields(before, after);
        ChangeRecord {
            id: self.ids.new_id(),
            at: after.updated_at,
            actor: acting.actor,
            deed: Deed::of(before, after),
            fields: fields.into_iter().map(str::to_owned).collect(),
            connection_id: None,
            version: after.version,
        }
    }

    /// The initial password of a revision as it is stored.
    fn sealed_password(&self, revision: &Revision) -> Result<Option<Sealed>, Error> {
        let Some(password) = &revision.password else {
            return Ok(None);
        };
        let secrets = self.secrets.as_ref().ok_or(SecretsError::UnknownKey)?;
        let context = password_context(revision.user.id);
        Ok(Some(secrets.seal(password.expose().as_bytes(), &context)?))
    }
}

/// An id in the form in which it is given out, in upper or lower case; other forms of a UUID are none of ours.
fn written_id(name: &str) -> Option<UserId> {
    let id: UserId = name.parse().ok()?;
    id.to_string().eq_ignore_ascii_case(name).then_some(id)
}

/// What an initial password is sealed for.
pub(crate) fn password_context(user: UserId) -> String {
    format!("password of user {user}")
}

fn conflicting(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(UniqueKey::ExternalId) => Error::Conflict(Conflicting::ExternalId),
        StoreError::Conflict(UniqueKey::Email) => Error::Conflict(Conflicting::Email),
        StoreError::Conflict(UniqueKey::UserName) => Error::Conflict(Conflicting::UserName),
        StoreError::Conflict(UniqueKey::Id) => Error::Conflict(Conflicting::Id),
        StoreError::Reference => Error::NotFound(Missing::Customer),
        other => Error::Store(other),
    }
}

fn refused(conflict: Conflict) -> Conflicting {
    match conflict {
        Conflict::TwoUsers { external_id, email } => Conflicting::TwoUsers { external_id, email },
        Conflict::EmailTaken { .. } => Conflicting::Email,
        Conflict::EmailDiffers { .. } => Conflicting::EmailDiffers,
    }
}

#[cfg(test)]
mod tests;
