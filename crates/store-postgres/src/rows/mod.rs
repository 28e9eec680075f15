//! Rows as the database gives them, and the way from there to the domain.
//!
//! What was valid when it was written is checked again when it is read: a row that somebody changed by hand, or that a
//! newer Roster wrote, is named and not believed.

mod account;
mod api_client;
mod claim;
mod connection;
mod customer;
mod group;
mod history;
mod user;

use std::fmt::Display;

use roster_application::ports::StoreError;
use roster_domain::{Fault, Violations};

pub(crate) use account::{AccountRow, columns_of_accounts};
pub(crate) use api_client::{
    ApiClientRow, ClientOfOrganizationRow, OrganizationRow, clients_with_organization, organizations,
};
pub(crate) use claim::ClaimRow;
pub(crate) use connection::{ConnectionRow, connections};
pub(crate) use customer::{CustomerRow, customers};
pub(crate) use group::{COLUMNS_OF_GROUPS, GroupRow};
pub(crate) use history::HistoryRow;
pub(crate) use user::{COLUMNS_OF_USERS, UserRow, users, users_from};

/// Which row is being read, for whoever has to mend it.
pub(crate) struct Place {
    table: &'static str,
    id: String,
}

impl Place {
    pub(crate) fn new(table: &'static str, id: impl Display) -> Self {
        Self {
            table,
            id: id.to_string(),
        }
    }

    /// The error for a column. The detail never holds the value.
    pub(crate) fn corrupt(&self, column: &'static str, detail: impl Display) -> StoreError {
        StoreError::Corrupt {
            table: self.table,
            column,
            id: self.id.clone(),
            detail: detail.to_string(),
        }
    }

    /// The value of a column, or the error that names it.
    pub(crate) fn check<T, E: Broken>(&self, column: &'static str, checked: Result<T, E>) -> Result<T, StoreError> {
        checked.map_err(|broken| self.corrupt(column, broken.rules()))
    }

    /// The value of a column that may be null, or the error that names it.
    pub(crate) fn check_optional<T, E: Broken>(
        &self,
        column: &'static str,
        value: Option<String>,
        check: impl FnOnce(String) -> Result<T, E>,
    ) -> Result<Option<T>, StoreError> {
        value.map(|value| self.check(column, check(value))).transpose()
    }
}

/// A failed check that can say which rules were broken without saying by what.
pub(crate) trait Broken {
    /// The rules in words.
    fn rules(&self) -> String;
}

impl Broken for Fault {
    fn rules(&self) -> String {
        self.rule.to_string()
    }
}

impl Broken for Violations {
    fn rules(&self) -> String {
        self.iter()
            .map(|violation| violation.rule.to_string())
            .collect::<Vec<_>>()
            .join("; ")
    }
}
