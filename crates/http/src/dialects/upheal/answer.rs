//! What answers need beside the user: the two links that are each user's own.

use roster_application::authentication::Caller;
use roster_domain::User;
use roster_wire::upheal::UserUrls;

use super::Upheal;
use crate::refusal::Refusal;

/// What the links begin with, without a slash at the end.
#[derive(Debug, Clone)]
pub(super) struct UrlBases {
    /// Before the invitation.
    pub(super) invite: String,
    /// Before the room.
    pub(super) room: String,
}

impl Upheal {
    /// A user's links. They are made of a secret of the organization and the user's id: whatever else changes, they
    /// stay.
    pub(super) async fn urls_of(&self, caller: &Caller, user: &User) -> Result<UserUrls, Refusal> {
        let links = self.links.of(&caller.organization, user.id).await?;
        Ok(UserUrls {
            invite_url: format!("{}/{}", self.urls.invite, links.invite),
            private_room_link: format!("{}/{}", self.urls.room, links.room),
        })
    }
}
