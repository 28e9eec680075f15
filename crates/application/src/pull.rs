//! The use case of pulling: adopting users whom a vendor has already.

use std::collections::HashSet;
use std::sync::Arc;

use roster_domain::{
    Change, ConnectionId, Email, EmailRule, ExternalId, Organization, OutcomeClass, Surface, User, UserChanges, UserId,
    VendorUserId, Violations,
};

use crate::acting::Acting;
use crate::credentials::Credentials;
use crate::error::{Error, Missing};
use crate::ports::{
    AccountStore, AtOnce, ConnectionStore, RemoteRecord, Secrets, Target, UserStore, VendorError, VendorGateway,
};
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
    /// There is such a user here: one who is linked to this one, or whom convergence links by the same keys.
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
    accounts: Arc<dyn AccountStore>,
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
        accounts: Arc<dyn AccountStore>,
        connections: Arc<dyn ConnectionStore>,
        gateway: Arc<dyn VendorGateway>,
        secrets: Arc<dyn Secrets>,
    ) -> Self {
        Self {
            users,
            store,
            accounts,
            connections,
            gateway,
            secrets,
        }
    }

    /// Walks the users of a vendor, and tells of each what is done, in the vendor's order. With `dry_run` nothing is.
    ///
    /// Whom the vendor has and Roster has not is made here with what the vendor tells, inactive if inactive there. Then
    /// convergence looks the user up, as it does for everybody who is new, and adopts it. Who was deleted here is not made
    /// again, as long as the tombstone is kept. A vendor whose list goes in circles fails with
    /// [`OutcomeClass::Unknown`]; users on the pages before are adopted by then.
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
            turns: &AtOnce,
            connection: &connection,
            credentials: &credentials,
        };
        let vendor = connection.vendor.title();
        let mut cursor: Option<String> = None;
        let mut seen = HashSet::new();
        for _ in 0..MAX_PAGES {
            let page = self.gateway.list(target, cursor.as_deref()).await?;
            for record in page.users {
                tell(self.adopt(organization, id, record, dry_run).await?);
            }
            let Some(next) = page.next else {
                return Ok(());
            };
            if !seen.insert(next.clone()) {
                return Err(endless(format!(
                    "{vendor}'s list of users goes in circles: after {} pages it names one as the next that was read before",
                    seen.len() + 1
                )));
            }
            cursor = Some(next);
        }
        Err(endless(format!(
            "{vendor}'s list of users did not end within {MAX_PAGES} pages"
        )))
    }

    async fn adopt(
        &self,
        organization: &Organization,
        connection: ConnectionId,
        record: RemoteRecord,
        dry_run: bool,
    ) -> Result<Pulled, Error> {
        let RemoteRecord { id, active, fields } = record;
        let name = fields.external_id.as_set().or(fields.email.as_set()).cloned();
        let outcome = match self.linked(organization, connection, &id, &fields).await? {
            Some(outcome) => outcome,
            None => self.outcome(organization, active, fields, dry_run).await?,
        };
        Ok(Pulled {
            vendor_user_id: id,
            active,
            name,
            outcome,
        })
    }

    /// What follows from whom the vendor's user is, or was, linked to; `None` where that is nobody. Keys may differ by now:
    /// not every vendor can change them.
    async fn linked(
        &self,
        organization: &Organization,
        connection: ConnectionId,
        id: &VendorUserId,
        fields: &UserChanges,
    ) -> Result<Option<PullOutcome>, Error> {
        let found = self
            .accounts
            .account_of_vendor_user(organization.id, connection, id)
            .await?;
        let Some(account) = found else { return Ok(None) };
        if self.store.user(organization.id, account.user_id).await?.is_some() {
            return Ok(Some(PullOutcome::Known(account.user_id)));
        }
        // Who came back is known by the same keys, and is another user here.
        Ok(Some(match self.find(organization, fields).await? {
            Some(user) => PullOutcome::Known(user.id),
            None => PullOutcome::Skipped(format!(
                "it is the user {}, who was deleted here: make a new one if it is to come back",
                account.user_id
            )),
        }))
    }

    async fn outcome(
        &self,
        organization: &Organization,
        active: bool,
        mut fields: UserChanges,
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
    async fn find(&self, organization: &Organization, fields: &UserChanges) -> Result<Option<User>, Error> {
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

/// A list that has no end.
fn endless(message: String) -> Error {
    VendorError::new(OutcomeClass::Unknown, message).into()
}

fn in_a_line(violations: &Violations) -> String {
    violations.to_string().replace('\n', "; ")
}

#[cfg(test)]
mod tests;
