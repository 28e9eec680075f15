//! What this store does for many at once.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;

use crate::api_clients::ByKey;
use crate::crowd::{Crowd, Limits};
use crate::queue::{Announcements, Records};
use crate::users::{ByExternalId, ById, Creations};
use crate::wake::Signal;

/// As many as are sent at once.
const MEMBERS: usize = 128;
/// Much longer than a group takes, and not long for whoever waits.
const PATIENCE: Duration = Duration::from_millis(250);
/// Two, so that the database works on one group while the other one's members are answered and come back.
const WRITES: Limits = Limits {
    lanes: 2,
    members: MEMBERS,
    patience: PATIENCE,
};
/// As with writes: with one, the database rests between two; with more, groups are smaller.
const READS: Limits = Limits {
    lanes: 2,
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
    pub(crate) fn new(pool: &PgPool, signal: &Arc<Signal>) -> Self {
        let pool = || pool.clone();
        let signal = || Arc::clone(signal);
        Self {
            creations: Crowd::new(
                Creations {
                    pool: pool(),
                    signal: signal(),
                },
                WRITES,
            ),
            announcements: Crowd::new(Announcements { pool: pool() }, WRITES),
            records: Crowd::new(
                Records {
                    pool: pool(),
                    signal: signal(),
                },
                WRITES,
            ),
            users_by_id: Crowd::new(ById { pool: pool() }, READS),
            users_by_external_id: Crowd::new(ByExternalId { pool: pool() }, READS),
            clients_by_key: Crowd::new(ByKey { pool: pool() }, READS),
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
