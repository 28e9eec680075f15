//! Who acts, and for which organization.

use roster_domain::{Actor, Organization, Surface};

use crate::authentication::Caller;

/// Who acts, and for which organization: what every use case that changes users wants to know, for their history.
#[derive(Debug, Clone, Copy)]
pub struct Acting<'a> {
    /// The organization that is acted for.
    pub organization: &'a Organization,
    /// Who acts.
    pub actor: Actor,
}

impl<'a> Acting<'a> {
    /// Somebody without an API client: whoever has the command line, or Roster itself.
    #[must_use]
    pub fn inside(organization: &'a Organization, surface: Surface) -> Self {
        let actor = Actor { surface, client: None };
        Self { organization, actor }
    }
}

impl Caller {
    /// The caller, acting through a surface.
    #[must_use]
    pub fn acting(&self, surface: Surface) -> Acting<'_> {
        let actor = Actor {
            surface,
            client: Some(self.client.id),
        };
        Acting {
            organization: &self.organization,
            actor,
        }
    }
}
