//! The chores, one file each.

pub(crate) mod postgres;
pub(crate) mod sqlx_prepare;
