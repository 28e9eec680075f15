//! Pages: by index (RFC 7644, section 3.4.2.4) and by cursor (RFC 9865).
//!
//! A cursor is a place in an order, as text that callers pass back unread. It holds a digest of the query that it was given out
//! for, so that it is good for no other, and of the place, so that it is refused when it was changed on the way.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use roster_application::ports::Place;
use roster_domain::scim::SortKey;
use roster_domain::{OrganizationId, Timestamp};
use uuid::Uuid;

use super::error::ScimType;
use crate::refusal::Refusal;

/// How many resources a page has where nothing is said.
pub(super) const DEFAULT_SIZE: u32 = 100;

/// The most resources of a page.
pub(super) const MAX_SIZE: u32 = 200;

/// The largest `startIndex`: that of the whole numbers that every reader of JSON has exactly (RFC 7493, section 2.2).
const MAX_START: i64 = (1 << 53) - 1;

/// Which page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Page {
    /// So many from that one on; the first is 1.
    Index { start: u64, count: u32 },
    /// So many behind a place; the first page is behind none.
    Cursor { after: Option<String>, count: u32 },
}

/// What a request says about the page, as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    pub(super) start: Option<&'a str>,
    pub(super) count: Option<&'a str>,
    pub(super) cursor: Option<&'a str>,
}

impl Page {
    /// Reads what a request says. A start below 1 is 1, and a negative count 0 (RFC 7644); with a cursor, a count is at least 1
    /// (RFC 9865). More than [`MAX_SIZE`] are never given. A start that could not be given back is refused.
    pub(super) fn read(asked: &Asked<'_>) -> Result<Self, Refusal> {
        match asked.cursor {
            Some(_) if asked.start.is_some() => {
                Err(ScimType::InvalidValue.refuse("startIndex and cursor exclude each other: send one of them"))
            }
            Some(cursor) => {
                let refused = || ScimType::InvalidCount.refuse(format!("count is a whole number from 1 to {MAX_SIZE}"));
                let count = match asked.count {
                    None => DEFAULT_SIZE,
                    Some(text) => whole(text)
                        .filter(|count| *count >= 1)
                        .map(clamped)
                        .ok_or_else(refused)?,
                };
                let after = (!cursor.is_empty()).then(|| cursor.to_owned());
                Ok(Self::Cursor {
                    after,
                    count: count.min(MAX_SIZE),
                })
            }
            None => {
                let refused = |what: String| ScimType::InvalidValue.refuse(what);
                let start = |text| {
                    let start = whole(text).filter(|start| *start <= MAX_START);
                    start.ok_or_else(|| refused(format!("startIndex is a whole number of {MAX_START} at the most")))
                };
                let count = |text| whole(text).ok_or_else(|| refused("count is a whole number".to_owned()));
                let start = asked.start.map(start).transpose()?;
                let count = asked.count.map(count).transpose()?;
                Ok(Self::Index {
                    start: start.map_or(1, |start| u64::try_from(start).unwrap_or(1)).max(1),
                    count: count.map_or(DEFAULT_SIZE, clamped).min(MAX_SIZE),
                })
            }
        }
    }
}

/// A whole number of any size; what is too large is the largest.
fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let largest = if digits.len() < text.len() { i64::MIN } else { i64::MAX };
    Some(text.parse().unwrap_or(largest))
}

fn clamped(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// What a cursor is good for: a digest of all that decides which resources there are, and in which order.
pub(super) fn query_digest(organization: OrganizationId, parts: &[Option<&str>]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(organization.uuid().as_bytes());
    for part in parts {
        let length = part.map_or(u64::MAX, |part| u64::try_from(part.len()).unwrap_or(u64::MAX - 1));
        hasher.update(&length.to_le_bytes());
        hasher.update(part.unwrap_or_default().as_bytes());
    }
    shortened(&hasher)
}

/// Where a page ends: among the resources of which type, by number, and behind which of them, if not before the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) kind: u8,
    pub(super) place: Option<Place>,
}

/// The first byte of every cursor. One whose layout changes takes a new number.
const LAYOUT: u8 = 2;

/// Writes a cursor: base64 without padding, which has unreserved characters only (RFC 9865, section 2).
pub(super) fn encode(digest: [u8; 8], end: &End) -> String {
    let mut place = vec![end.kind];
    if let Some(Place { key, id }) = &end.place {
        place.extend(id.as_bytes());
        match key {
            None => {}
            Some(SortKey::Boolean(value)) => place.extend([b'b', u8::from(*value)]),
            Some(SortKey::DateTime(moment)) => {
                place.push(b'd');
                place.extend(moment.timestamp_micros().to_le_bytes());
            }
            Some(SortKey::Text(text)) => {
                place.push(b't');
                place.extend(text.as_bytes());
            }
        }
    }
    let mut bytes = vec![LAYOUT];
    bytes.extend(sealed(digest, &place));
    bytes.extend(place);
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The digest of a place in what a query finds. It keeps mistakes away, and nobody who means it: a cursor opens nothing that its
/// bearer may not see.
fn sealed(query: [u8; 8], place: &[u8]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&query).update(place);
    shortened(&hasher)
}

fn shortened(hasher: &blake3::Hasher) -> [u8; 8] {
    let mut digest = [0; 8];
    digest.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    digest
}

/// Reads a cursor, if it was given out for this query, which searches so many types.
pub(super) fn decode(digest: [u8; 8], types: usize, text: &str) -> Result<End, Refusal> {
    read(digest, text).filter(|end| usize::from(end.kind) < types).ok_or_else(|| {
        ScimType::InvalidCursor.refuse(
            "the cursor is no nextCursor of this query: filter, sortBy and sortOrder stay as they were for the first page, \
             which is asked for with an empty cursor",
        )
    })
}

fn read(digest: [u8; 8], text: &str) -> Option<End> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let (layout, rest) = bytes.split_first()?;
    let (given, rest) = rest.split_first_chunk::<8>()?;
    if *layout != LAYOUT || *given != sealed(digest, rest) {
        return None;
    }
    let (kind, rest) = rest.split_first()?;
    let place = if rest.is_empty() {
        None
    } else {
        let (id, key) = rest.split_first_chunk::<16>()?;
        Some(Place {
            key: if key.is_empty() { None } else { Some(sort_key(key)?) },
            id: Uuid::from_bytes(*id),
        })
    };
    Some(End { kind: *kind, place })
}

/// What a place is sorted by.
fn sort_key(bytes: &[u8]) -> Option<SortKey> {
    let (kind, value) = bytes.split_first()?;
    let key = match (kind, value) {
        (b'b', [value @ (0 | 1)]) => SortKey::Boolean(*value == 1),
        (b'd', micros) => SortKey::DateTime(Timestamp::from_timestamp_micros(i64::from_le_bytes(
            micros.try_into().ok()?,
        ))?),
        (b't', text) => SortKey::Text(
            String::from_utf8(text.to_vec())
                .ok()
                .filter(|text| !text.contains('\0'))?,
        ),
        _ => return None,
    };
    Some(key)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::refusal::Kind;

    fn asked<'a>(start: Option<&'a str>, count: Option<&'a str>, cursor: Option<&'a str>) -> Asked<'a> {
        Asked { start, count, cursor }
    }

    #[rstest]
    #[case::nothing(None, None, (1, 100))]
    #[case::both(Some("11"), Some("10"), (11, 10))]
    #[case::below_one(Some("0"), Some("0"), (1, 0))]
    #[case::negative(Some("-7"), Some("-1"), (1, 0))]
    #[case::too_many(Some("1"), Some("201"), (1, 200))]
    #[case::largest(Some("9007199254740991"), Some("99999999999999999999"), (9_007_199_254_740_991, 200))]
    #[case::enormously_negative(Some("-99999999999999999999"), None, (1, 100))]
    fn an_index_is_read_as_rfc_7644_has_it(
        #[case] start: Option<&str>,
        #[case] count: Option<&str>,
        #[case] (from, size): (u64, u32),
    ) {
        let page = Page::read(&asked(start, count, None)).unwrap();

        assert_eq!(
            page,
            Page::Index {
                start: from,
                count: size
            }
        );
    }

    #[rstest]
    #[case::start_in_words(asked(Some("one"), None, None), ScimType::InvalidValue)]
    #[case::start_with_a_point(asked(Some("1.0"), None, None), ScimType::InvalidValue)]
    #[case::start_too_large(asked(Some("9007199254740992"), None, None), ScimType::InvalidValue)]
    #[case::start_enormous(asked(Some("99999999999999999999"), None, None), ScimType::InvalidValue)]
    #[case::empty_count(asked(None, Some(""), None), ScimType::InvalidValue)]
    #[case::sign_alone(asked(None, Some("-"), None), ScimType::InvalidValue)]
    #[case::both_ways(asked(Some("1"), None, Some("")), ScimType::InvalidValue)]
    #[case::count_of_nothing(asked(None, Some("0"), Some("")), ScimType::InvalidCount)]
    #[case::negative_count(asked(None, Some("-1"), Some("")), ScimType::InvalidCount)]
    #[case::count_in_words(asked(None, Some("ten"), Some("")), ScimType::InvalidCount)]
    fn what_is_no_page_is_refused(#[case] asked: Asked<'_>, #[case] expected: ScimType) {
        let refusal = Page::read(&asked).unwrap_err();

        assert_eq!((refusal.status.as_u16(), refusal.kind), (400, Kind::Scim(expected)));
    }

    #[test]
    fn an_empty_cursor_begins_at_the_first() {
        let read = |cursor| Page::read(&asked(None, Some("500"), Some(cursor))).unwrap();

        assert_eq!(
            read(""),
            Page::Cursor {
                after: None,
                count: 200
            }
        );
        assert_eq!(
            read("x"),
            Page::Cursor {
                after: Some("x".to_owned()),
                count: 200
            }
        );
    }

    const DIGEST: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

    #[rstest]
    #[case::of_a_type(None)]
    #[case::unsorted(Some(Place { key: None, id: Uuid::max() }))]
    #[case::text(Some(Place { key: Some(SortKey::Text("lée".to_owned())), id: Uuid::nil() }))]
    #[case::no_text(Some(Place { key: Some(SortKey::Text(String::new())), id: Uuid::nil() }))]
    #[case::boolean(Some(Place { key: Some(SortKey::Boolean(true)), id: Uuid::nil() }))]
    #[case::moment(Some(Place { key: Some(SortKey::DateTime("2026-01-31T08:00:00.123456Z".parse().unwrap())), id: Uuid::nil() }))]
    fn a_cursor_comes_back_as_the_place_it_was_made_of(#[case] place: Option<Place>) {
        let end = End { kind: 1, place };
        let text = encode(DIGEST, &end);

        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)),
            "{text}"
        );
        assert_eq!(decode(DIGEST, 2, &text).unwrap(), end);
    }

    #[test]
    fn a_cursor_is_good_for_its_own_query_only() {
        let mine = OrganizationId::new(Uuid::from_u128(1));
        let others = OrganizationId::new(Uuid::from_u128(2));
        let digest = query_digest(mine, &[Some("title pr"), None]);
        let text = encode(digest, &End { kind: 0, place: None });

        for other in [
            query_digest(others, &[Some("title pr"), None]),
            query_digest(mine, &[None, Some("title pr")]),
            query_digest(mine, &[Some("title pr"), Some("")]),
            query_digest(mine, &[Some("title p"), Some("r")]),
        ] {
            assert_eq!(
                decode(other, 1, &text).unwrap_err().kind,
                Kind::Scim(ScimType::InvalidCursor)
            );
        }
        assert!(decode(digest, 1, &text).is_ok());
    }

    #[rstest]
    #[case("")]
    #[case("!")]
    #[case("AQ")]
    #[case("%00")]
    fn what_is_no_cursor_is_refused(#[case] text: &str) {
        assert_eq!(
            decode(DIGEST, 1, text).unwrap_err().kind,
            Kind::Scim(ScimType::InvalidCursor)
        );
    }

    #[test]
    fn a_cursor_that_was_changed_on_the_way_is_refused() {
        let place = Place {
            key: Some(SortKey::Text("lee".to_owned())),
            id: Uuid::max(),
        };
        let text = encode(
            DIGEST,
            &End {
                kind: 0,
                place: Some(place),
            },
        );
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&text).unwrap();

        for index in 0..bytes.len() {
            for change in [0x01, 0xff] {
                let mut changed = bytes.clone();
                changed[index] ^= change;
                let changed = BASE64_URL_SAFE_NO_PAD.encode(changed);
                let refusal = decode(DIGEST, 2, &changed).unwrap_err();
                assert_eq!(refusal.kind, Kind::Scim(ScimType::InvalidCursor), "{index}");
            }
        }
        assert!(decode(DIGEST, 2, &text).is_ok());
    }

    #[test]
    fn a_cursor_among_types_that_are_not_searched_is_refused() {
        let text = encode(DIGEST, &End { kind: 1, place: None });

        assert_eq!(
            decode(DIGEST, 1, &text).unwrap_err().kind,
            Kind::Scim(ScimType::InvalidCursor)
        );
    }
}
