//! Users who are deleted.

use roster_application::ports::StoreError;
use roster_domain::Version;
use sqlx::SqliteConnection;

use super::columns::Row;
use super::replace::replace;
use crate::groups::leave_all;
use crate::history::tell_left;

/// Puts a tombstone in place of a user, who leaves all groups.
pub(super) async fn remove(writer: &mut SqliteConnection, row: &Row, expected: Version) -> Result<(), StoreError> {
    let groups = leave_all(&mut *writer, &row.user).await?;
    replace(&mut *writer, row, expected, false).await?;
    tell_left(writer, &row.user, &row.change, groups).await
}
