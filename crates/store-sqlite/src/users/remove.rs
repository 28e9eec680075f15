//! Users who are deleted.

use roster_application::ports::{StoreError, UserWrite};
use roster_domain::Version;
use sqlx::SqliteConnection;

use super::replace::replace;
use crate::groups::leave_all;
use crate::history::tell_left;

/// Puts a tombstone in place of a user, who leaves all groups.
pub(super) async fn remove(
    transaction: &mut SqliteConnection,
    write: UserWrite<'_>,
    expected: Version,
) -> Result<(), StoreError> {
    let (user, change) = (write.user, write.change);
    let groups = leave_all(&mut *transaction, user).await?;
    replace(&mut *transaction, write, expected, false).await?;
    tell_left(transaction, user, change, groups).await
}
