//! Pages by number.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Customer, ReportedCustomer, ReportedUser, User};

/// Which page this is, and whether there is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CortiPagination)]
pub struct Pagination {
    /// The number of the page; the first is 1.
    #[schema(minimum = 1, example = 1)]
    pub page: u32,
    /// How many entries a page has at the most.
    #[schema(minimum = 1, maximum = 100, example = 20)]
    pub page_size: u32,
    /// Whether there are more behind this page.
    pub has_next_page: bool,
}

/// A page of customers, in the order of their creation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CortiCustomerPage)]
pub struct CustomerPage {
    /// The customers.
    pub customers: Vec<Customer>,
    /// Which page this is.
    pub pagination: Pagination,
}

/// A page of users of one customer, in the order of their creation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CortiUserPage)]
pub struct UserPage {
    /// The users.
    pub users: Vec<User>,
    /// Which page this is.
    pub pagination: Pagination,
}

/// What a client needs to walk pages. The vendor says `hasNextPage`; before that it said `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReportedPagination {
    /// Whether there are more behind this page.
    pub has_next_page: Option<bool>,
    /// How many entries there are on all pages together.
    pub total: Option<u64>,
}

impl ReportedPagination {
    /// Whether there is a page behind this one, after so many entries on this page and those before it. `None` where the
    /// vendor says neither: then only an empty page is known to be the last.
    #[must_use]
    pub fn has_more(&self, seen: u64) -> Option<bool> {
        self.has_next_page.or_else(|| self.total.map(|total| seen < total))
    }
}

/// A page of users as a client reads it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReportedUserPage {
    /// The users.
    pub users: Vec<ReportedUser>,
    /// How to go on.
    #[serde(default)]
    pub pagination: ReportedPagination,
}

/// A page of customers as a client reads it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReportedCustomerPage {
    /// The customers.
    pub customers: Vec<ReportedCustomer>,
    /// How to go on.
    #[serde(default)]
    pub pagination: ReportedPagination,
}
