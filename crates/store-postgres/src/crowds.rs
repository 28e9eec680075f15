//! What this store does for many at once.

use std::sync::Arc;
use std::time::Duration;

use crate::api_clients::ByKey;
use crate::crowd::{Crowd, Limits};
use crate::queue::{Announcements, Records};
use crate::ready::Ready;
use crate::users::{ByExternalId, ById, Creations};
use crate::wake::Signal;

/// As many as are sent at once.
const MEMBERS: usize = 128;
/// So many rows cost about as much as the statement around them, and the commit behind it.
const COMPANY: usize = 48;
/// Much longer than a group takes, and not long for whoever waits.
const PATIENCE: Duration = Duration::from_millis(250);
/// Two where many wait, so that the database works on one group while the other one is committed. Where few do, two would only
/// make groups smaller.
const WRITES: Limits = Limits {
    lanes: 2,
    company: COMPANY,
    members: MEMBERS,
    patience: PATIENCE,
};
/// One: nothing is committed, and with more the groups are smaller.
const READS: Limits = Limits {
    lanes: 1,
    company: 1,
    members: MEMBERS,
    patience: PATIENCE,
};

/// The crowds, by what they ask for.
pub(crate) struct Crowds {
    pub(crate) creations: Crowd<Creations>,
    pub(crate) announcements: Crowd<Announcements>,
    pub(crate) records: Crowd<Records>,
    pub(crate) users_by_id: Crowd<ById>,
    pub(crate) users_by_external_id: Crowd<ByExternalId>,
    pub(crate) clients_by_key: Crowd<ByKey>,
}

impl Crowds {
    pub(crate) fn new(ready: &Ready, signal: &Arc<Signal>) -> Self {
        let ready = || ready.clone();
        let signal = || Arc::clone(signal);
        Self {
            creations: Crowd::new(
                Creations {
                    ready: ready(),
                    signal: signal(),
                },
                WRITES,
            ),
            announcements: Crowd::new(Announcements { ready: ready() }, WRITES),
            records: Crowd::new(
                Records {
                    ready: ready(),
                    signal: signal(),
                },
                WRITES,
            ),
            users_by_id: Crowd::new(ById { ready: ready() }, READS),
            users_by_external_id: Crowd::new(ByExternalId { ready: ready() }, READS),
            clients_by_key: Crowd::new(ByKey { ready: ready() }, READS),
        }
    }

    /// Lets everybody through who waits; from now on everybody goes alone.
    pub(crate) async fn close(&self) {
        tokio::join!(
            self.creations.close(),
            self.announcements.close(),
            self.records.close(),
            self.users_by_id.close(),
            self.users_by_external_id.close(),
            self.clients_by_key.close(),
        );
    }
}
