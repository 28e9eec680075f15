//! Everything that handlers work with, over what is in memory.

use async_trait::async_trait;
use roster_application::accounts::Accounts;
use roster_application::api_clients::ApiClients;
use roster_application::connections::Connections;
use roster_application::directory::Directory;
use roster_application::groups::Groups;
use roster_application::history::Histories;
use roster_application::idempotency::Idempotency;
use roster_application::organizations::Organizations;
use roster_application::preview::Previews;

use super::links::LinkKeys;
use super::{Arc, Memory};
use crate::{DialectSettings, Readiness, Services};

impl Memory {
    /// Everything that handlers work with.
    pub(crate) fn services(self: &Arc<Self>) -> Services {
        let memory = || self.clone();
        let keys = Arc::new(LinkKeys::default());
        Services {
            users: self.users(),
            accounts: Accounts::new(memory(), memory(), memory(), memory(), memory()),
            histories: Histories::new(memory(), memory()),
            previews: Previews::new(memory(), memory(), memory(), memory(), memory()),
            connections: Connections::new(memory(), memory(), memory(), memory(), memory()),
            api_clients: ApiClients::new(memory(), memory(), memory(), keys.clone()),
            organizations: Organizations::new(keys.clone(), memory(), memory(), keys),
            authentication: self.authentication(),
            tokens: Self::tokens(),
            sessions: self.sessions(),
            customers: self.customers(),
            directory: Directory::new(memory()),
            groups: Groups::new(memory(), memory(), memory()),
            links: Self::links(),
            idempotency: Idempotency::new(memory(), memory(), memory(), memory()),
            ids: memory(),
            clock: memory(),
            readiness: memory(),
            public_urls: vec!["https://roster.example".to_owned()],
            dialects: DialectSettings::default(),
        }
    }
}

#[async_trait]
impl Readiness for Memory {
    async fn check(&self) -> Result<(), String> {
        Ok(())
    }
}
