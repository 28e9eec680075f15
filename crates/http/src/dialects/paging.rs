//! How lists are cut into pages. A dialect picks a style: by cursor, or by number.

use axum::http::Uri;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use roster_domain::{Rule, User, UserId, Violations};
use utoipa::IntoParams;
use uuid::Uuid;

use super::request::Parameters;

/// How many a page has unless the caller says so. Corti documents it; Nabla Core documents none.
const DEFAULT_SIZE: u32 = 20;
/// The most that a page has.
const MAX_SIZE: u32 = 100;

const SIZE: Rule = Rule::Format {
    expected: "a whole number from 1 to 100",
};

fn size(text: &str) -> Option<u32> {
    text.parse().ok().filter(|size| (1..=MAX_SIZE).contains(size))
}

/// A page that begins after the last user of the one before: `cursor` and `limit` of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CursorPage {
    /// The last user of the page before.
    pub(crate) after: Option<UserId>,
    size: u32,
}

impl CursorPage {
    /// Reads what is asked for.
    pub(crate) fn read(parameters: &Parameters, violations: &mut Violations) -> Self {
        let cursor = Rule::Format {
            expected: "the next_cursor of a page",
        };
        let after = parameters.read("cursor", cursor, violations, decode);
        let size = parameters.read("limit", SIZE, violations, size);
        Self {
            after,
            size: size.unwrap_or(DEFAULT_SIZE),
        }
    }

    /// How many to ask the store for: one more than the page has, which tells whether there is a next page.
    pub(crate) fn limit(self) -> u32 {
        self.size + 1
    }

    /// The users of the page, and the cursor of the next one if there is one.
    pub(crate) fn cut(self, mut users: Vec<User>) -> (Vec<User>, Option<String>) {
        let size = self.size as usize;
        let has_more = users.len() > size;
        users.truncate(size);
        let next = users.last().filter(|_| has_more).map(|user| encode(user.id));
        (users, next)
    }
}

/// A cursor is the id of the last user seen, in a form that nobody takes for one: 16 bytes in base64url, of which the last
/// character has only two bits.
fn encode(id: UserId) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(id.uuid())
}

fn decode(cursor: &str) -> Option<UserId> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    Uuid::from_slice(&bytes).ok().map(UserId::new)
}

/// A page by its number: `page`, from 1, and `pageSize` of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageNumbers {
    /// The number of the page, from 1.
    #[param(required = false, minimum = 1, maximum = 5000, default = 1)]
    pub(crate) page: u32,
    /// How many entries it has at the most.
    #[param(rename = "pageSize", required = false, minimum = 1, maximum = 100, default = 20)]
    pub(crate) page_size: u32,
}

impl PageNumbers {
    /// The number of the last page that can be asked for, so that at most 499,900 entries are skipped. A bound that depends on
    /// both parameters could not be said in a specification.
    const MAX_PAGE: u32 = 5_000;

    /// Reads what is asked for, with everything that is wrong.
    pub(crate) fn read(uri: &Uri) -> Result<Self, Violations> {
        let parameters = Parameters::of_query(uri);
        let mut violations = Violations::none();
        let number = Rule::Format {
            expected: "a whole number from 1 to 5000",
        };
        let page = parameters.read("page", number, &mut violations, |text| {
            text.parse().ok().filter(|page| (1..=Self::MAX_PAGE).contains(page))
        });
        let page_size = parameters.read("pageSize", SIZE, &mut violations, size);
        violations.into_result().map(|()| Self {
            page: page.unwrap_or(1),
            page_size: page_size.unwrap_or(DEFAULT_SIZE),
        })
    }

    /// How many entries are before the page.
    pub(crate) fn skip(self) -> u32 {
        (self.page - 1) * self.page_size
    }

    /// How many to ask the store for: one more than the page has, which tells whether there is a next page.
    pub(crate) fn limit(self) -> u32 {
        self.page_size + 1
    }

    /// The entries of the page, and whether there is a next one.
    pub(crate) fn cut<T>(self, mut entries: Vec<T>) -> (Vec<T>, bool) {
        let size = self.page_size as usize;
        let has_next = entries.len() > size;
        entries.truncate(size);
        (entries, has_next)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn uri(query: &str) -> Uri {
        Uri::try_from(format!("/users?{query}")).expect("a URI")
    }

    fn cursor_page(query: &str) -> Result<CursorPage, Violations> {
        let mut violations = Violations::none();
        let page = CursorPage::read(&Parameters::of_query(&uri(query)), &mut violations);
        violations.into_result().map(|()| page)
    }

    #[test]
    fn a_cursor_leads_back_to_the_user_it_was_made_of() {
        let id = UserId::new(Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_00ff));

        let cursor = encode(id);

        assert_eq!(decode(&cursor), Some(id));
        assert!(!cursor.contains(&id.to_string()), "a cursor is opaque");
        let page = cursor_page(&format!("cursor={cursor}&limit=5")).expect("a page");
        assert_eq!((page.after, page.limit()), (Some(id), 6));
    }

    #[test]
    fn every_text_of_the_form_of_a_cursor_is_one_and_no_other() {
        for last in "AQgw".chars() {
            assert!(decode(&format!("{}{last}", "z".repeat(21))).is_some(), "{last}");
        }
        for wrong in [
            "z".repeat(22),
            "z".repeat(21),
            "A".repeat(23),
            format!("{}==", "A".repeat(22)),
        ] {
            assert_eq!(decode(&wrong), None, "{wrong}");
        }
    }

    #[rstest]
    #[case("limit=0")]
    #[case("limit=-1")]
    #[case("limit=101")]
    #[case("limit=")]
    #[case("limit=1.5")]
    #[case("limit=99999999999999999999")]
    #[case("limit=5&limit=6")]
    #[case("cursor=")]
    #[case("cursor=AAAA")]
    fn a_cursor_or_a_limit_out_of_its_bounds_is_refused(#[case] query: &str) {
        assert!(cursor_page(query).is_err());
    }

    #[rstest]
    #[case::nothing("", (1, 20, 0, 21))]
    #[case::both("page=3&pageSize=50", (3, 50, 100, 51))]
    #[case::others("sort=x&page=2", (2, 20, 20, 21))]
    #[case::the_last_that_can_be_reached("page=5000&pageSize=100", (5_000, 100, 499_900, 101))]
    fn a_page_is_found_by_its_number(#[case] query: &str, #[case] expected: (u32, u32, u32, u32)) {
        let page = PageNumbers::read(&uri(query)).expect("a page");
        assert_eq!((page.page, page.page_size, page.skip(), page.limit()), expected);
    }

    #[rstest]
    #[case::zero("page=0", "page")]
    #[case::negative("page=-1", "page")]
    #[case::no_number("page=x", "page")]
    #[case::empty("page=", "page")]
    #[case::twice("page=1&page=2", "page")]
    #[case::size_zero("pageSize=0", "pageSize")]
    #[case::size_over("pageSize=101", "pageSize")]
    #[case::too_far("page=5001", "page")]
    #[case::largest("page=4294967295&pageSize=100", "page")]
    #[case::larger("page=4294967296", "page")]
    fn a_page_out_of_its_bounds_is_refused(#[case] query: &str, #[case] field: &str) {
        let violations = PageNumbers::read(&uri(query)).expect_err("a violation");
        let fields: Vec<_> = violations.iter().map(|violation| violation.field.to_string()).collect();
        assert_eq!(fields, [field]);
    }

    #[rstest]
    #[case::more(3, 2, true)]
    #[case::just_full(2, 2, false)]
    #[case::fewer(1, 1, false)]
    #[case::none(0, 0, false)]
    fn one_entry_more_than_the_page_tells_that_there_is_a_next(
        #[case] found: usize,
        #[case] shown: usize,
        #[case] has_next: bool,
    ) {
        let page = PageNumbers { page: 1, page_size: 2 };
        let (entries, more) = page.cut(vec![(); found]);
        assert_eq!((entries.len(), more), (shown, has_next));
    }
}
