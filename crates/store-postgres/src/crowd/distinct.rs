//! Writes of which a group can hold only one each.

use std::collections::{BTreeMap, BTreeSet};

use super::Reply;

/// The first item of each key: of two, the database's answer could not tell which was done.
pub(crate) fn one_each<T, K: Ord>(items: &[T], key: impl Fn(&T) -> K) -> Vec<&T> {
    let mut keys = BTreeSet::new();
    items.iter().filter(|item| keys.insert(key(item))).collect()
}

/// Tells those of [`one_each`] what was done under their keys, and all others to go alone.
pub(crate) fn tell_each<T, K: Ord, A>(
    items: &[T],
    key: impl Fn(&T) -> K,
    done: impl IntoIterator<Item = (K, A)>,
) -> Vec<Reply<A>> {
    let mut done: BTreeMap<K, A> = done.into_iter().collect();
    // Taken out, so that whoever has the same key later finds nothing.
    let reply = |item: &T| {
        done.remove(&key(item))
            .map_or(Reply::Alone, |answer| Reply::Done(Ok(answer)))
    };
    items.iter().map(reply).collect()
}

#[cfg(test)]
mod tests {
    use super::{Reply, one_each, tell_each};

    #[test]
    fn only_the_first_of_a_key_is_sent_and_hears_what_was_done() {
        let items = [(1, 'a'), (2, 'b'), (1, 'c'), (3, 'd')];

        let sent = one_each(&items, |item| item.0);
        let replies = tell_each(&items, |item| item.0, [(1, "one"), (2, "two")]);

        assert_eq!(sent, [&(1, 'a'), &(2, 'b'), &(3, 'd')]);
        let heard: Vec<_> = replies
            .into_iter()
            .map(|reply| match reply {
                Reply::Done(answer) => Some(answer.unwrap()),
                Reply::Alone => None,
            })
            .collect();
        assert_eq!(heard, [Some("one"), Some("two"), None, None]);
    }
}
