//! How a user should stand at a vendor: a pure function of the user's record and of what the connection wants.

use crate::choice::choice;
use crate::user::User;

choice! {
    /// Whom a connection takes.
    #[derive(Default)]
    Assignment {
        /// Every user of the organization.
        #[default]
        All = "all",
        /// Those who are assigned to it one by one.
        Chosen = "chosen",
    }
}

choice! {
    /// What becomes of a user who is deleted, or no longer assigned, at a vendor that offers both.
    #[derive(Default)]
    OnLeave {
        /// The user is deactivated, and can come back as the same one.
        #[default]
        Deactivate = "deactivate",
        /// The user is deleted there.
        Delete = "delete",
    }
}

/// How a user should stand at a vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// There, active, and up to date.
    Active,
    /// Not active. Who is not there need not be sent there.
    Inactive,
    /// Gone: deleted or deactivated, as the connection says and the vendor can.
    Away(OnLeave),
}

impl Presence {
    /// What a user's record, and whether the user is assigned to the connection, demand.
    #[must_use]
    pub fn of(user: &User, is_assigned: bool, on_leave: OnLeave) -> Self {
        if user.deleted_at.is_some() || !is_assigned {
            Self::Away(on_leave)
        } else if user.active {
            Self::Active
        } else {
            Self::Inactive
        }
    }
}
