//! The names that users are shown with, of which each is one user's only.
//!
//! Some users have no `userName` of their own, and are shown with their address, or the id in the customer's system, in its
//! place. Of those no constraint of the store knows, so that they are looked up.

use roster_application::ports::Find;
use roster_application::{Conflicting, Error};
use roster_domain::scim::{Filter, Operand, Operator, Path, ResourceType, index_user};
use roster_domain::{Change, User, UserChanges, UserId};

use super::super::answer::Call;
use crate::refusal::Refusal;

/// The changes, if the user is shown after them with a name that no other user is shown with, or with the one it has already,
/// whoever else has that.
pub(super) async fn permitted(call: Call<'_>, user: &User, changes: UserChanges) -> Result<UserChanges, Refusal> {
    let (Some(before), Some(after)) = (shown(user), shown_after(user, &changes)) else {
        // What breaks a rule is said by whoever applies it.
        return Ok(changes);
    };
    let is_new = before != after;
    // What is shown in place of a name may be another's own, and cannot become this user's own then.
    let becomes_own = user.profile.user_name.is_none() && changes.user_name.as_set().is_some();
    if !(is_new || becomes_own) || !is_taken(call, &after, Some(user.id)).await? {
        return Ok(changes);
    }
    let unnamed = UserChanges {
        user_name: Change::Keep,
        ..changes
    };
    if !is_new && shown_after(user, &unnamed) == Some(after) {
        return Ok(unnamed);
    }
    Err(Error::Conflict(Conflicting::UserName).into())
}

/// Whether somebody is shown with a name, without regard to case.
pub(super) async fn is_taken(call: Call<'_>, name: &str, besides: Option<UserId>) -> Result<bool, Refusal> {
    let path = Path::resolve(ResourceType::User, None, "userName", None);
    let text = Operand::Text(name.to_owned());
    // What cannot be searched for breaks a rule, which whoever applies it says.
    let Some(Ok(filter)) = path.map(|path| Filter::compare(path, Operator::Equal, text)) else {
        return Ok(false);
    };
    let find = Find {
        filter: Some(filter),
        sort: None,
        after: None,
        skip: 0,
        limit: 2,
    };
    let found = call.services.directory.users(call.organization(), &find).await?;
    Ok(found.records.iter().any(|user| Some(user.id) != besides))
}

/// How a user is shown, as names are compared.
fn shown(user: &User) -> Option<String> {
    index_user(user).text("userName").map(str::to_owned)
}

/// How the user would be shown; `None` if the changes break a rule.
fn shown_after(user: &User, changes: &UserChanges) -> Option<String> {
    let profile = user.profile.apply(changes).ok()?;
    shown(&User {
        profile,
        ..user.clone()
    })
}
