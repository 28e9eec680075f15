//! Callers who want the same thing at once share one fetch.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};

type Flight<V> = BoxFuture<'static, V>;

/// What is being fetched, by key. Nothing is kept of what has arrived.
///
/// Whoever waits drives the fetch; it ends when nobody waits any more.
pub(crate) struct SingleFlight<K, V: Clone> {
    flights: Mutex<HashMap<K, WeakShared<Flight<V>>>>,
}

impl<K: Eq + Hash, V: Clone> SingleFlight<K, V> {
    pub(crate) fn new() -> Self {
        Self {
            flights: Mutex::default(),
        }
    }

    /// Joins the fetch that is under way for a key, or begins one.
    pub(crate) async fn run(&self, key: K, begin: impl FnOnce() -> Flight<V>) -> V {
        self.board(key, begin).await
    }

    fn board(&self, key: K, begin: impl FnOnce() -> Flight<V>) -> Shared<Flight<V>> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        // A flight that has landed is not boarded, also while others still collect what it brought.
        let under_way = flights
            .get(&key)
            .and_then(WeakShared::upgrade)
            .filter(|flight| flight.peek().is_none());
        if let Some(flight) = under_way {
            return flight;
        }
        // What has landed is forgotten here, and not by those who flew: they might forget a later flight.
        flights.retain(|_, flight| flight.upgrade().is_some());
        let flight = begin().shared();
        if let Some(weak) = flight.downgrade() {
            flights.insert(key, weak);
        }
        flight
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn callers_at_once_share_one_fetch_and_a_later_one_begins_another() {
        let (flights, begun, go) = (
            SingleFlight::new(),
            Arc::new(AtomicU32::new(0)),
            Arc::new(Notify::new()),
        );
        let fetch = || {
            let (begun, go) = (begun.clone(), go.clone());
            async move {
                go.notified().await;
                begun.fetch_add(1, Ordering::SeqCst) + 1
            }
            .boxed()
        };

        let (values, ()) = tokio::join!(join_all((0..50).map(|_| flights.run("key", fetch))), async {
            go.notify_one();
        });
        go.notify_one();
        let later = flights.run("key", fetch).await;

        assert_eq!(values, [1; 50]);
        assert_eq!(later, 2);
    }

    #[tokio::test]
    async fn a_fetch_that_nobody_waits_for_any_more_is_begun_anew() {
        let flights = SingleFlight::new();
        let silent = flights.run("key", || std::future::pending::<u32>().boxed());
        assert_eq!(silent.now_or_never(), None);

        let value = flights.run("key", || async { 7 }.boxed()).await;

        assert_eq!(value, 7);
    }

    #[tokio::test]
    async fn different_keys_do_not_wait_for_each_other() {
        let flights = SingleFlight::new();
        let silent = flights.run("slow", || std::future::pending::<u32>().boxed());
        let quick = flights.run("quick", || async { 7 }.boxed());

        let value = tokio::select! { value = silent => value, value = quick => value };

        assert_eq!(value, 7);
    }
}
