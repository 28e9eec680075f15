//! The customer's users, page by page: the vendor has no way to ask for one.

use roster_application::ports::{RemotePage, Sought, Target, VendorError};
use roster_domain::{OutcomeClass, User, Vendor};
use roster_wire::corti::{ReportedUser, ReportedUserPage};

use super::answers::{record, remote};
use super::calls::Customer;
use super::client::{Client, NoId, read};
use crate::outcome;

/// The most pages that are walked, so that a list that never ends keeps nobody waiting: 100,000 users where the vendor
/// gives pages as large as are asked for.
const MAX_PAGES: u32 = 1_000;

/// Where a page is: its number, and how many users were on those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Position {
    page: u32,
    seen: u64,
}

impl Position {
    const FIRST: Self = Self { page: 1, seen: 0 };

    fn read(cursor: &str) -> Option<Self> {
        let (page, seen) = cursor.split_once('-')?;
        let page = page.parse().ok().filter(|page| *page > 0)?;
        Some(Self {
            page,
            seen: seen.parse().ok()?,
        })
    }

    fn at(cursor: Option<&str>) -> Result<Self, VendorError> {
        let position = cursor.map_or(Some(Self::FIRST), Self::read);
        position.ok_or_else(|| VendorError::new(OutcomeClass::Rejected, "the cursor is not one of Corti's"))
    }

    fn cursor(self) -> String {
        format!("{}-{}", self.page, self.seen)
    }
}

/// Looks for one of the customer's users on the page at a cursor. That there is nobody is only said of the last page.
pub(super) async fn find(
    client: &Client,
    target: Target<'_>,
    from: Option<&str>,
    user: &User,
    is_the_one: impl Fn(&ReportedUser) -> bool + Send + Sync,
) -> Result<Sought, VendorError> {
    let (users, next) = page(client, target, Position::at(from)?).await?;
    Ok(match (users.into_iter().find(&is_the_one), next) {
        (Some(found), _) => Sought::Found(remote(found, user)),
        (None, Some(next)) => Sought::Further(next.cursor()),
        (None, None) => Sought::Nobody,
    })
}

/// A page of the customer's users, for who wants them all.
pub(super) async fn list(client: &Client, target: Target<'_>, cursor: Option<&str>) -> Result<RemotePage, VendorError> {
    let (users, next) = page(client, target, Position::at(cursor)?).await?;
    Ok(RemotePage {
        users: users.into_iter().map(record).collect(),
        next: next.map(Position::cursor),
    })
}

async fn page(
    client: &Client,
    target: Target<'_>,
    position: Position,
) -> Result<(Vec<ReportedUser>, Option<Position>), VendorError> {
    if position.page > MAX_PAGES {
        let message = format!(
            "Corti's list of users did not end within {MAX_PAGES} pages, on which there were {} users, and Corti has no other \
             way to find one: check the option customer_id, or spread the users over several customers",
            position.seen
        );
        return Err(VendorError::new(OutcomeClass::Rejected, message));
    }
    let call = Customer::of(&target.connection.options)?.users(position.page)?;
    let answer = client.call_of_customer(target, &call).await?;
    let page: ReportedUserPage = read(&answer)?;
    if page.users.iter().any(|user| user.id.is_empty()) {
        return Err(outcome::of_unreadable(Vendor::Corti, &answer, NoId));
    }
    let seen = position.seen + page.users.len() as u64;
    let has_more = match page.pagination.has_more(seen) {
        // Who is on a page that is kept back would be taken for absent.
        Some(true) if page.users.is_empty() => {
            return Err(outcome::of_unreadable(Vendor::Corti, &answer, KeptBack));
        }
        Some(has_more) => has_more,
        None => !page.users.is_empty(),
    };
    let next = Position {
        page: position.page + 1,
        seen,
    };
    Ok((page.users, has_more.then_some(next)))
}

/// An empty page that is said not to be the last.
#[derive(Debug, thiserror::Error)]
#[error("a page in it is empty although more users are said to follow")]
struct KeptBack;
