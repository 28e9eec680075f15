//! The use case behind the `Idempotency-Key` header: one effect and one answer, however often a request comes.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use roster_domain::OrganizationId;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::ports::{Begun, Clock, IdempotencyKey, IdempotencyStore, Ids, Secrets};

/// The id that a new record gets when its request carries an `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// The request came for the first time.
    Fresh(Uuid),
    /// The request came before, and whoever began it fell silent: whoever has this id is what it made.
    Resumed(Uuid),
}

impl Reserved {
    /// The id itself.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Fresh(id) | Self::Resumed(id) => id,
        }
    }
}

/// What is to be done with a request that carries an `Idempotency-Key`.
pub enum Admission {
    /// Do it, with this id for what it makes; then call [`Idempotency::finish`] or [`Idempotency::abandon`].
    Proceed(Reserved),
    /// It was done: give this answer again.
    Replay(Zeroizing<Vec<u8>>),
    /// It is being done elsewhere at this moment.
    InProgress,
    /// The key was used for another request.
    Mismatch,
}

/// The use case behind the `Idempotency-Key` header. Answers are sealed, since they may hold a new API key.
#[derive(Clone)]
pub struct Idempotency {
    store: Arc<dyn IdempotencyStore>,
    secrets: Arc<dyn Secrets>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl Idempotency {
    /// The most bytes of a key.
    pub const MAX_KEY_BYTES: usize = 255;
    /// For how long an answer is given again.
    pub const KEPT: Duration = Duration::from_hours(24);
    /// After how long a request that was begun and not answered counts as fallen silent. Longer than any request
    /// may take.
    pub const SILENT_AFTER: Duration = Duration::from_mins(1);

    /// Puts the use case together.
    #[must_use]
    pub fn new(
        store: Arc<dyn IdempotencyStore>,
        secrets: Arc<dyn Secrets>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        Self {
            store,
            secrets,
            clock,
            ids,
        }
    }

    /// Begins a request. The fingerprint is a digest of everything that makes it the request it is.
    pub async fn begin(
        &self,
        organization_id: OrganizationId,
        key: &str,
        fingerprint: [u8; 32],
    ) -> Result<(IdempotencyKey, Admission), Error> {
        let key = IdempotencyKey {
            organization_id,
            key: key.to_owned(),
            fingerprint,
        };
        let now = self.clock.now();
        let silent_before = now - TimeDelta::from_std(Self::SILENT_AFTER).unwrap_or_default();
        let admission = match self.store.begin(&key, self.ids.new_id(), now, silent_before).await? {
            Begun::Now(id) => Admission::Proceed(Reserved::Fresh(id)),
            Begun::Resumed(id) => Admission::Proceed(Reserved::Resumed(id)),
            Begun::InProgress => Admission::InProgress,
            Begun::Mismatch => Admission::Mismatch,
            Begun::Answered(sealed) => Admission::Replay(self.secrets.open(&sealed, &context(&key))?),
        };
        Ok((key, admission))
    }

    /// Stores the answer, to be given again.
    pub async fn finish(&self, key: &IdempotencyKey, answer: &[u8]) -> Result<(), Error> {
        let sealed = self.secrets.seal(answer, &context(key))?;
        Ok(self.store.answer(key, &sealed, self.clock.now()).await?)
    }

    /// Frees the key of a request that had no effect.
    pub async fn abandon(&self, key: &IdempotencyKey) -> Result<(), Error> {
        Ok(self.store.abandon(key).await?)
    }
}

fn context(key: &IdempotencyKey) -> String {
    format!("idempotency {} {}", key.organization_id, key.key)
}

#[cfg(test)]
mod tests;
