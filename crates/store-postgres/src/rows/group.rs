//! Groups as rows.

use roster_application::ports::StoreError;
use roster_domain::scim::GroupName;
use roster_domain::{ExternalId, Group, GroupId, OrganizationId, Timestamp, Version};
use uuid::Uuid;

use super::Place;

/// The columns of groups; `g` is the group.
pub(crate) const COLUMNS_OF_GROUPS: &str =
    "g.organization_id, g.id, g.name, g.external_id, g.created_at, g.updated_at, g.version";

/// A row of `groups`, without what only serves to search.
#[derive(sqlx::FromRow)]
pub(crate) struct GroupRow {
    pub(crate) organization_id: Uuid,
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) external_id: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) version: Version,
}

impl TryFrom<GroupRow> for Group {
    type Error = StoreError;

    fn try_from(row: GroupRow) -> Result<Self, StoreError> {
        let place = Place::new("groups", row.id);
        Ok(Self {
            id: GroupId::new(row.id),
            organization_id: OrganizationId::new(row.organization_id),
            name: place.check("name", GroupName::new(row.name))?,
            external_id: place.check_optional("external_id", row.external_id, ExternalId::new)?,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        })
    }
}
