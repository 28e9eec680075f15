//! What was found for many who looked at once.

use std::collections::BTreeMap;

use roster_application::ports::StoreError;

use super::Reply;

/// Gives everybody what was found under the key that they asked for, in the order in which they asked. Several may have
/// asked for the same. Whoever asked for a row that cannot be read hears that when going alone.
pub(crate) fn hand_out<K: Ord, T: Clone>(
    asked: &[K],
    found: impl IntoIterator<Item = (K, Result<T, StoreError>)>,
) -> Vec<Reply<Option<T>>> {
    let found: BTreeMap<K, Result<T, StoreError>> = found.into_iter().collect();
    let reply = |key: &K| match found.get(key) {
        None => Reply::Done(Ok(None)),
        Some(Ok(value)) => Reply::Done(Ok(Some(value.clone()))),
        Some(Err(_)) => Reply::Alone,
    };
    asked.iter().map(reply).collect()
}
