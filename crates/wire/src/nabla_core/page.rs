//! Pages of users.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ArchivedUser, User};

/// A page of users of the current generation, in the order of their creation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NablaCoreUserPage)]
pub struct UserPage {
    /// The users.
    pub data: Vec<User>,
    /// Whether there are more behind this page.
    pub has_more: bool,
    /// What to send as `cursor` for the next page; null on the last one.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// A page of users of the archived generation, in the order of their creation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NablaCoreArchivedUserPage)]
pub struct ArchivedUserPage {
    /// The users.
    pub data: Vec<ArchivedUser>,
    /// Whether there are more behind this page.
    pub has_more: bool,
    /// What to send as `cursor` for the next page; null on the last one.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}
