//! Users who are deleted.

use roster_application::ports::{StoreError, UserWrite};
use roster_domain::Version;
use sqlx::PgConnection;

use super::replace::{Outcome, replace};
use crate::groups::leave_all;
use crate::history::tell_left;
use crate::locks;

/// Puts a tombstone in place of a user, who leaves all groups.
pub(super) async fn remove(
    transaction: &mut PgConnection,
    write: UserWrite<'_>,
    expected: Version,
) -> Result<Outcome, StoreError> {
    let (user, change) = (write.user, write.change);
    // Users, then groups, then accounts: everybody locks them in this order. Whoever would put the user into another group
    // meanwhile waits here.
    locks::users(&mut *transaction, user.organization_id, &[user.id.uuid()]).await?;
    let groups = leave_all(&mut *transaction, user).await?;
    let outcome = replace(&mut *transaction, write, expected, false).await?;
    if outcome.is_changed {
        tell_left(transaction, user, change, groups).await?;
    }
    Ok(outcome)
}
