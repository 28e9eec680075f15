//! The use case of previews: what would be sent to each vendor, without sending it.

use std::sync::Arc;

use roster_domain::{Account, Connection, Organization, Presence, Step, User, UserId, VendorKey, VendorUserId, plan};

use crate::credentials::Credentials;
use crate::error::{Error, Missing};
use crate::ports::{
    AccountStore, AtOnce, ConnectionStore, PreviewedRequest, Secrets, Target, UserStore, VendorError, VendorGateway,
};

/// The most steps that are shown of one account; every plan ends well before.
const MAX_STEPS: usize = 10;

/// What would be sent over one connection.
#[derive(Debug)]
pub struct Preview {
    /// The connection.
    pub connection: Connection,
    /// The steps in their order, as they follow if the vendor answers each as usual: that a look-up finds nobody, and that
    /// all else is done.
    pub steps: Vec<PreviewedStep>,
    /// Why nothing, or no more, would be sent, where a person is needed first.
    pub attention: Option<String>,
}

/// One step and its requests.
#[derive(Debug)]
pub struct PreviewedStep {
    /// What is asked of the vendor: the name of the step.
    pub operation: &'static str,
    /// The requests, secrets masked; or why there can be none.
    pub requests: Result<Vec<PreviewedRequest>, VendorError>,
}

/// The use case of previews.
#[derive(Clone)]
pub struct Previews {
    users: Arc<dyn UserStore>,
    accounts: Arc<dyn AccountStore>,
    connections: Arc<dyn ConnectionStore>,
    gateway: Arc<dyn VendorGateway>,
    secrets: Arc<dyn Secrets>,
}

impl Previews {
    /// Puts the use case together.
    #[must_use]
    pub fn new(
        users: Arc<dyn UserStore>,
        accounts: Arc<dyn AccountStore>,
        connections: Arc<dyn ConnectionStore>,
        gateway: Arc<dyn VendorGateway>,
        secrets: Arc<dyn Secrets>,
    ) -> Self {
        Self {
            users,
            accounts,
            connections,
            gateway,
            secrets,
        }
    }

    /// What would be sent for a user as it is now, to each connection at which it has an account.
    pub async fn of_user(&self, organization: &Organization, id: UserId) -> Result<Vec<Preview>, Error> {
        let found = self.users.user(organization.id, id).await?;
        let user = found.ok_or(Error::NotFound(Missing::User))?;
        let has_password = self.users.has_initial_password(organization.id, id).await?;
        let mut previews = Vec::new();
        for account in self.accounts.accounts_of_user(organization.id, id).await? {
            let found = self
                .connections
                .connection(organization.id, account.connection_id)
                .await?;
            // A connection that was deleted meanwhile has no accounts any more.
            let Some((connection, sealed)) = found else { continue };
            previews.push(match Credentials::open(&sealed, connection.id, &*self.secrets) {
                Ok(credentials) => self.of_account((&user, has_password), &account, connection, &credentials),
                Err(error) => Preview {
                    connection,
                    steps: Vec::new(),
                    attention: Some(format!("the connection's credentials cannot be opened: {error}")),
                },
            });
        }
        Ok(previews)
    }

    fn of_account(
        &self,
        (user, has_password): (&User, bool),
        account: &Account,
        connection: Connection,
        credentials: &Credentials,
    ) -> Preview {
        let can = self.gateway.capabilities(&connection);
        let presence = Presence::of(user, account.is_assigned, connection.options.on_leave);
        let mut known = account.known.clone().recalled(user, presence, &can, account.attempts);
        let mut with_password = has_password && can.initial_password;
        let mut steps = Vec::new();
        let mut attention = None;
        for _ in 0..MAX_STEPS {
            let step = plan(user, presence, connection.vendor, &known, &can);
            let Some(operation) = step.operation() else {
                if let Step::Ask { message, .. } = step {
                    attention = Some(message);
                }
                break;
            };
            let target = Target {
                turns: &AtOnce,
                connection: &connection,
                credentials,
            };
            steps.push(PreviewedStep {
                operation,
                requests: self.gateway.preview(target, &step, user, with_password),
            });
            // It goes along once.
            with_password &= !matches!(step, Step::Create(_) | Step::Update(_));
            known = match step {
                Step::LookUp(key) => known.absent(key),
                Step::Create(key) => known.created(unknown_id(&key), true, user.version),
                Step::Update(_) => known.updated(user.version),
                Step::Activate(_) => known.set_active(true),
                Step::Deactivate(_) => known.set_active(false),
                Step::Delete(_) => known.deleted(can.look_up.and_then(|kind| VendorKey::of(user, kind))),
                Step::ReadBack(_) | Step::InSync | Step::Removed | Step::Ask { .. } | Step::Wait { .. } => break,
            };
        }
        Preview {
            connection,
            steps,
            attention,
        }
    }
}

/// Stands for the id that the vendor would give.
fn unknown_id(_: &VendorKey) -> VendorUserId {
    VendorUserId::new("{id}")
}

#[cfg(test)]
mod tests;
