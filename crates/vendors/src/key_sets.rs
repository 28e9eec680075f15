//! The key sets of OAuth clients, fetched and kept for a while.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::TimeDelta;
use futures::FutureExt;
use http::{Method, StatusCode};
use roster_application::ports::{Clock, KeySetError, KeySets};
use roster_domain::Timestamp;
use serde::Deserialize;

use crate::egress::{CallError, Confidential, Egress};
use crate::single_flight::SingleFlight;

/// How long a key set is used. A key that is withdrawn is accepted for that long.
const KEPT: TimeDelta = TimeDelta::minutes(5);
/// How long a URL is left alone after it was fetched, whatever came of it.
const LEFT_ALONE: TimeDelta = TimeDelta::seconds(10);
/// The most URLs that are remembered; beyond that the one fetched longest ago is forgotten.
const MAX_REMEMBERED: usize = 1_000;

type Fetched = Result<Arc<str>, KeySetError>;

/// Key sets over HTTP. Clones share what was fetched.
#[derive(Clone)]
pub struct HttpKeySets(Arc<Inner>);

struct Inner {
    egress: Egress,
    clock: Arc<dyn Clock>,
    allow_private_addresses: bool,
    remembered: Mutex<HashMap<String, Remembered>>,
    flights: SingleFlight<String, Fetched>,
}

/// What came of fetching, failures included, so that they are not repeated at every request either.
struct Remembered {
    fetched: Fetched,
    at: Timestamp,
}

impl fmt::Debug for HttpKeySets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpKeySets")
            .field("allow_private_addresses", &self.0.allow_private_addresses)
            .finish_non_exhaustive()
    }
}

impl HttpKeySets {
    /// Fetches through an egress. Private addresses, and plain `http`, only where they are allowed.
    #[must_use]
    pub fn new(egress: Egress, clock: Arc<dyn Clock>, allow_private_addresses: bool) -> Self {
        Self(Arc::new(Inner {
            egress,
            clock,
            allow_private_addresses,
            remembered: Mutex::default(),
            flights: SingleFlight::new(),
        }))
    }
}

#[async_trait]
impl KeySets for HttpKeySets {
    async fn key_set(&self, url: &str, fresh: bool) -> Result<String, KeySetError> {
        if let Some(fetched) = self.0.remembered(url, fresh) {
            return fetched.map(|json| json.to_string());
        }
        let (inner, owned) = (Arc::clone(&self.0), url.to_owned());
        let fetch = async move {
            let fetched = inner.fetch(&owned).await;
            inner.remember(owned, fetched.clone());
            fetched
        };
        let fetched = self.0.flights.run(url.to_owned(), || fetch.boxed()).await;
        fetched.map(|json| json.to_string())
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Remembered>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remembered(&self, url: &str, fresh: bool) -> Option<Fetched> {
        let now = self.clock.now();
        let remembered = self.lock();
        let Remembered { fetched, at } = remembered.get(url)?;
        let good_for = if fresh || fetched.is_err() { LEFT_ALONE } else { KEPT };
        // A clock that was set back makes the age negative; fetching then is better than keeping for ever.
        let age = now - at;
        (age >= TimeDelta::zero() && age < good_for).then(|| fetched.clone())
    }

    fn remember(&self, url: String, fetched: Fetched) {
        let at = self.clock.now();
        let mut remembered = self.lock();
        if remembered.len() >= MAX_REMEMBERED && !remembered.contains_key(&url) {
            let oldest = remembered
                .iter()
                .min_by_key(|(_, entry)| entry.at)
                .map(|(url, _)| url.clone());
            oldest.and_then(|oldest| remembered.remove(&oldest));
        }
        remembered.insert(url, Remembered { fetched, at });
    }

    async fn fetch(&self, url: &str) -> Fetched {
        /// As much of a key set as tells it from something else.
        #[derive(Deserialize)]
        struct KeySet {
            #[serde(rename = "keys")]
            _keys: Vec<serde_json::Value>,
        }

        let failed = |why: String| KeySetError(why);
        let answer = async {
            let request = self.egress.request(Method::GET, url, self.allow_private_addresses)?;
            self.egress.send(request, Confidential::nothing()).await
        }
        .await
        .map_err(|error| failed(self.in_words(&error)))?;
        if answer.status != StatusCode::OK {
            return Err(failed(format!("its URL answered {}", answer.status.as_u16())));
        }
        // Key sets often lie on plain file servers, so the content type does not matter.
        let json = answer
            .text()
            .map_err(|error| failed(format!("its URL's answer cannot be used: {error}")))?;
        serde_json::from_str::<KeySet>(json)
            .map_err(|_| failed("its URL's answer is not a JSON Web Key Set".to_owned()))?;
        Ok(json.into())
    }

    fn in_words(&self, error: &CallError) -> String {
        match error {
            CallError::Malformed(_) => "its URL is not one that can be called".to_owned(),
            CallError::Insecure => "its URL is not https".to_owned(),
            CallError::Inside => "its URL leads to a private address, which is not allowed".to_owned(),
            CallError::Unreachable(_) => "there is no connection to the host of its URL".to_owned(),
            CallError::TimedOut(_) => {
                format!("its URL did not answer within {} s", self.egress.call_limit().as_secs())
            }
            CallError::Broken(_) => "the connection to its URL broke".to_owned(),
        }
    }
}
