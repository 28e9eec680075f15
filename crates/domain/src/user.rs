//! One clinician's canonical record.

use crate::changes::{Change, UserChanges};
use crate::fields::Password;
use crate::ids::{OrganizationId, UserId};
use crate::organization::PhiGuard;
use crate::phi::{self, Suspicion};
use crate::profile::Profile;
use crate::violation::Violations;
use crate::{Timestamp, Version};

/// One clinician's canonical record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Roster's id of the user.
    pub id: UserId,
    /// The organization that owns the user.
    pub organization_id: OrganizationId,
    /// Who the clinician is.
    pub profile: Profile,
    /// Whether the clinician may work. Deletion is a separate thing.
    pub active: bool,
    /// When the user was made.
    pub created_at: Timestamp,
    /// When the user was last changed.
    pub updated_at: Timestamp,
    /// When the user was deleted. Surfaces no longer see such a user; it is kept until no vendor has it.
    pub deleted_at: Option<Timestamp>,
    /// 1 for a new user, one more with each change. The `ETag` of `/v1`, and what accounts must catch up with.
    pub version: Version,
}

/// A user as it should be stored, and what was noticed on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The user after the change.
    pub user: User,
    /// Whether anything differs from before. What does not need not be written.
    pub changed: bool,
    /// Metadata that looks like patient data, where the organization only wants to be warned.
    pub suspicions: Vec<Suspicion>,
    /// The initial password that the request set. It is kept sealed until a vendor has it, and is no part of the user.
    pub password: Option<Password>,
}

impl User {
    /// A new user out of a request, or everything that is wrong with the request.
    pub fn create(
        id: UserId,
        organization_id: OrganizationId,
        changes: &UserChanges,
        guard: PhiGuard,
        now: Timestamp,
    ) -> Result<Revision, Violations> {
        let (profile, suspicions) = apply(&Profile::default(), changes, guard)?;
        let active = changes.active.as_set().copied().unwrap_or(true);
        let user = Self {
            id,
            organization_id,
            profile,
            active,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            version: 1,
        };
        Ok(Revision {
            user,
            changed: true,
            suspicions,
            password: changes.password.as_set().cloned(),
        })
    }

    /// The user after a request, or everything that is wrong with the request.
    ///
    /// A request that changes nothing leaves version and time as they are.
    pub fn update(&self, changes: &UserChanges, guard: PhiGuard, now: Timestamp) -> Result<Revision, Violations> {
        let (profile, suspicions) = apply(&self.profile, changes, guard)?;
        let active = changes.active.as_set().copied().unwrap_or(self.active);
        let password = changes.password.as_set().cloned();
        // What a vendor is to be told is a change, although the record looks the same.
        let differs = password.is_some() || !self.is_same(&profile, active);
        let user = if differs {
            Self {
                profile,
                active,
                updated_at: now,
                version: self.version + 1,
                ..self.clone()
            }
        } else {
            self.clone()
        };
        Ok(Revision {
            user,
            changed: differs,
            suspicions,
            password,
        })
    }

    /// The user as a tombstone: no surface sees it any more, accounts are driven to be gone, and it holds no customer.
    #[must_use]
    pub fn delete(&self, now: Timestamp) -> Self {
        let mut tombstone = Self {
            updated_at: now,
            deleted_at: Some(now),
            version: self.version + 1,
            ..self.clone()
        };
        tombstone.profile.customer_id = None;
        tombstone
    }

    /// The user who was deleted, created again out of a request: the same one, with nothing left of what it was before.
    pub fn restore(&self, changes: &UserChanges, guard: PhiGuard, now: Timestamp) -> Result<Revision, Violations> {
        let anew = Self::create(self.id, self.organization_id, changes, guard, now)?;
        let user = Self {
            created_at: self.created_at,
            version: self.version + 1,
            ..anew.user
        };
        Ok(Revision { user, ..anew })
    }

    /// E-mail addresses compare without regard to case, but a changed spelling is a change all the same.
    fn is_same(&self, profile: &Profile, active: bool) -> bool {
        let spelling = |profile: &Profile| profile.email.as_ref().map(|email| email.as_str().to_owned());
        self.active == active && self.profile == *profile && spelling(&self.profile) == spelling(profile)
    }
}

fn apply(current: &Profile, changes: &UserChanges, guard: PhiGuard) -> Result<(Profile, Vec<Suspicion>), Violations> {
    let suspicions = match (&changes.metadata, guard) {
        (Change::Set(entries), PhiGuard::Warn | PhiGuard::Reject) => phi::inspect(entries),
        _ => Vec::new(),
    };
    let mut violations = Violations::none();
    let profile = current.apply(changes).map_err(|found| violations.extend(found)).ok();
    if guard == PhiGuard::Reject {
        violations.extend(suspicions.iter().map(Suspicion::violation).collect());
    }
    match profile {
        Some(profile) if violations.is_empty() => Ok((profile, suspicions)),
        _ => Err(violations),
    }
}
