//! The use case of pulling: adopting users whom a vendor has already.

use std::sync::Arc;

use roster_domain::{
    Change, ConnectionId, Email, EmailRule, ExternalId, Organization, Surface, User, UserId, VendorUserId, Violations,
};

use crate::acting::Acting;
use crate::credentials::Credentials;
use crate::error::{Error, Missing};
use crate::ports::{ConnectionStore, RemoteRecord, Secrets, Target, UserStore, VendorGateway};
use crate::users::Users;

/// The most pages that are read of one vendor: far more than a vendor has, so that one that never ends its list does not
/// keep anybody waiting for ever.
const MAX_PAGES: usize = 100_000;

/// What pulling does, or would do, with one of the vendor's users.
#[derive(Debug)]
pub struct Pulled {
    /// The vendor's id.
    pub vendor_user_id: VendorUserId,
    /// Whether the user is active there.
    pub active: bool,
    /// What identifies the user, for people: the external id, or else the address.
    pub name: Option<String>,
    /// What is done.
    pub outcome: PullOutcome,
}

/// What is done with one of the vendor's users.
#[derive(Debug)]
pub enum PullOutcome {
    /// There is such a user here. Convergence links the two by the same keys.
    Known(UserId),
    /// There is none, and one is made.
    Created(UserId),
    /// There is none, and one would be made.
    WouldCreate,
    /// The vendor tells too little, or what breaks rules, or it cannot be brought together with the users here.
    Skipped(String),
}

/// The use case of pulling.
#[derive(Clone)]
pub struct Pulls {
    users: Users,
    store: Arc<dyn UserStore>,
    connections: Arc<dyn ConnectionStore>,
    gateway: Arc<dyn VendorGateway>,
    secrets: Arc<dyn Secrets>,
}

impl Pulls {
    /// Puts the use case together.
    #[must_use]
    pub fn new(
        users: Users,
        store: Arc<dyn UserStore>,
        connections: Arc<dyn ConnectionStore>,
        gateway: Arc<dyn VendorGateway>,
        secrets: Arc<dyn Secrets>,
    ) -> Self {
        Self {
            users,
            store,
            connections,
            gateway,
            secrets,
        }
    }

    /// Walks the users of a vendor, and tells of each what is done, in the vendor's order. With `dry_run` nothing is.
    ///
    /// Whom the vendor has and Roster has not is made here with what the vendor tells, inactive if inactive there. Then
    /// convergence looks the user up, as it does before every create, and adopts it.
    pub async fn run(
        &self,
        organization: &Organization,
        id: ConnectionId,
        dry_run: bool,
        mut tell: impl FnMut(Pulled) + Send,
    ) -> Result<(), Error> {
        let found = self.connections.connection(organization.id, id).await?;
        let (connection, sealed) = found.ok_or(Error::NotFound(Missing::Connection))?;
        let credentials = Credentials::open(&sealed, id, &*self.secrets)?;
        let target = Target {
            connection: &connection,
            credentials: &credentials,
        };
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let page = self.gateway.list(target, cursor.as_deref()).await?;
            for record in page.users {
                tell(self.adopt(organization, record, dry_run).await?);
            }
            if page.next.is_none() || page.next == cursor {
                return Ok(());
            }
            cursor = page.next;
        }
        Ok(())
    }

    async fn adopt(&self, organization: &Organization, record: RemoteRecord, dry_run: bool) -> Result<Pulled, Error> {
        let RemoteRecord { id, active, fields } = record;
        let name = fields.external_id.as_set().or(fields.email.as_set()).cloned();
        let outcome = self.outcome(organization, active, fields, dry_run).await?;
        Ok(Pulled {
            vendor_user_id: id,
            active,
            name,
            outcome,
        })
    }

    async fn outcome(
        &self,
        organization: &Organization,
        active: bool,
        mut fields: roster_domain::UserChanges,
        dry_run: bool,
    ) -> Result<PullOutcome, Error> {
        if let Some(user) = self.find(organization, &fields).await? {
            return Ok(PullOutcome::Known(user.id));
        }
        if fields.external_id.as_set().is_none() && fields.email.as_set().is_none() {
            let words = "the vendor tells neither an external id nor an e-mail address of it".to_owned();
            return Ok(PullOutcome::Skipped(words));
        }
        fields.active = Change::Set(active);
        if let Err(violations) = roster_domain::Profile::default().apply(&fields) {
            return Ok(PullOutcome::Skipped(in_a_line(&violations)));
        }
        if dry_run {
            return Ok(PullOutcome::WouldCreate);
        }
        let acting = Acting::inside(organization, Surface::Pull);
        let made = if let Some(external_id) = fields.external_id.as_set().cloned() {
            // Somebody else may make the same user at this moment; then it is known.
            let upserted = self
                .users
                .upsert(acting, &external_id, &fields, EmailRule::MustMatch)
                .await;
            upserted.map(|upserted| (upserted.revision.user.id, upserted.created))
        } else {
            let created = self.users.create(acting, &fields, None).await;
            created.map(|revision| (revision.user.id, true))
        };
        match made {
            Ok((id, true)) => Ok(PullOutcome::Created(id)),
            Ok((id, false)) => Ok(PullOutcome::Known(id)),
            Err(Error::Invalid(violations)) => Ok(PullOutcome::Skipped(in_a_line(&violations))),
            Err(Error::Conflict(conflict)) => Ok(PullOutcome::Skipped(conflict.to_string())),
            Err(error) => Err(error),
        }
    }

    /// The user whom the vendor's keys name: by external id, by Roster's own id that stands in its place, or by address.
    async fn find(
        &self,
        organization: &Organization,
        fields: &roster_domain::UserChanges,
    ) -> Result<Option<User>, Error> {
        if let Some(text) = fields.external_id.as_set() {
            if let Ok(external_id) = ExternalId::new(text)
                && let Some(user) = self.store.user_by_external_id(organization.id, &external_id).await?
            {
                return Ok(Some(user));
            }
            if let Ok(id) = text.parse()
                && let Some(user) = self.store.user(organization.id, id).await?
            {
                return Ok(Some(user));
            }
        }
        match fields.email.as_set().map(Email::new) {
            Some(Ok(email)) => Ok(self.store.user_by_email(organization.id, &email).await?),
            _ => Ok(None),
        }
    }
}

fn in_a_line(violations: &Violations) -> String {
    violations.to_string().replace('\n', "; ")
}

#[cfg(test)]
mod tests;
