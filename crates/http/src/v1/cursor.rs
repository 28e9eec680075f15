//! Cursors: where a page ends, as text that callers pass back unread.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use uuid::Uuid;

/// The lists that have pages. The number is the first byte of their cursors, so that a cursor is good for its own list
/// only; a list whose order changes takes a new number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum List {
    Users = 1,
    Connections = 2,
    Clients = 3,
    Accounts = 4,
    History = 5,
    Groups = 6,
    Members = 7,
}

/// Writes a cursor that ends behind the record of these ids.
pub(crate) fn encode<const N: usize>(list: List, ids: [Uuid; N]) -> String {
    let mut bytes = vec![list as u8];
    for id in ids {
        bytes.extend_from_slice(id.as_bytes());
    }
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a cursor; `None` if it is damaged, or of another list.
pub(crate) fn decode<const N: usize>(list: List, text: &str) -> Option<[Uuid; N]> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let (&first, ids) = bytes.split_first()?;
    let (ids, rest) = ids.as_chunks::<16>();
    let ids: [[u8; 16]; N] = ids.try_into().ok()?;
    (first == list as u8 && rest.is_empty()).then(|| ids.map(Uuid::from_bytes))
}

/// Cuts one record more than a page holds down to the page, and writes the cursor of the next one, if there is one.
pub(crate) fn page<T, const N: usize>(
    mut records: Vec<T>,
    limit: u32,
    list: List,
    ids: impl Fn(&T) -> [Uuid; N],
) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = records.len() > limit;
    records.truncate(limit);
    let next = records.last().filter(|_| more).map(|last| encode(list, ids(last)));
    (records, next)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ID: Uuid = Uuid::from_u128(7);

    #[test]
    fn a_cursor_comes_back_as_the_ids_it_was_made_of() {
        assert_eq!(decode(List::Users, &encode(List::Users, [ID])), Some([ID]));
        let two = [ID, Uuid::max()];
        assert_eq!(decode(List::Accounts, &encode(List::Accounts, two)), Some(two));
    }

    #[rstest]
    #[case::empty("")]
    #[case::no_base64("!")]
    #[case::another_list(&encode(List::Clients, [ID]))]
    #[case::too_many_ids(&encode(List::Users, [ID, ID]))]
    #[case::no_ids(&encode(List::Users, []))]
    #[case::cut(&encode(List::Users, [ID])[..20])]
    #[case::padded(&format!("{}=", encode(List::Users, [ID])))]
    fn a_cursor_that_is_damaged_or_of_another_list_is_none(#[case] text: &str) {
        assert_eq!(decode::<1>(List::Users, text), None);
    }

    #[test]
    fn only_a_page_with_something_behind_it_has_a_next_cursor() {
        let ids = |number: &u128| [Uuid::from_u128(*number)];
        let (full, next) = page(vec![1, 2, 3], 2, List::Users, ids);
        assert_eq!(
            (full, next),
            (vec![1, 2], Some(encode(List::Users, [Uuid::from_u128(2)])))
        );
        assert_eq!(page(vec![1, 2], 2, List::Users, ids), (vec![1, 2], None));
        assert_eq!(page(Vec::new(), 2, List::Users, ids), (Vec::new(), None));
    }
}
