//! Groups of users.

use std::collections::BTreeSet;

use super::value::{Attributes, Value};
use crate::changes::Change;
use crate::fields::{ExternalId, line};
use crate::ids::{GroupId, OrganizationId, UserId};
use crate::violation::{Fault, FieldPath, Given, Rule, Violations};
use crate::{Timestamp, Version};

line! {
    /// The name of a group: 1 to 256 characters. Two groups may have the same.
    GroupName, 256
}

/// A group of users, as an identity provider keeps it. Tied to connections, it says who is assigned to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Roster's id of the group.
    pub id: GroupId,
    /// The organization that owns the group.
    pub organization_id: OrganizationId,
    /// What people call it.
    pub name: GroupName,
    /// The group's id in the customer's own system; unique in the organization among groups.
    pub external_id: Option<ExternalId>,
    /// When the group was made.
    pub created_at: Timestamp,
    /// When the group, or who is in it, was last changed.
    pub updated_at: Timestamp,
    /// 1 for a new group, one more with each change.
    pub version: Version,
}

/// What a request says about a group, before it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupChanges {
    /// See [`GroupName`]. Cannot be cleared.
    pub name: Change<String>,
    /// See [`ExternalId`].
    pub external_id: Change<String>,
    /// Who comes and goes.
    pub members: MemberChanges,
    /// What the surface already found wrong, so that everything is reported together.
    pub unreadable: Violations,
}

/// Who comes into a group, and who goes. Nobody is in both lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberChanges {
    /// Whether all who are not among the added go.
    pub is_whole: bool,
    /// Who comes, or stays.
    pub added: BTreeSet<UserId>,
    /// Who goes. Empty where all go.
    pub removed: BTreeSet<UserId>,
}

impl MemberChanges {
    /// These, and nobody else.
    #[must_use]
    pub fn replaced(members: impl IntoIterator<Item = UserId>) -> Self {
        Self {
            is_whole: true,
            added: members.into_iter().collect(),
            removed: BTreeSet::new(),
        }
    }

    /// Then these come, too.
    pub fn add(&mut self, members: impl IntoIterator<Item = UserId>) {
        for member in members {
            self.removed.remove(&member);
            self.added.insert(member);
        }
    }

    /// Then these go.
    pub fn remove(&mut self, members: impl IntoIterator<Item = UserId>) {
        for member in members {
            self.added.remove(&member);
            if !self.is_whole {
                self.removed.insert(member);
            }
        }
    }

    /// What is left of it for a group of these members: who is in comes no more, who is not goes no more.
    #[must_use]
    pub fn left_over(&self, members: &BTreeSet<UserId>) -> Self {
        if self.is_whole && self.added == *members {
            return Self::default();
        }
        Self {
            is_whole: self.is_whole,
            // Where all others go, those who stay have to be named.
            added: if self.is_whole {
                self.added.clone()
            } else {
                self.added.difference(members).copied().collect()
            },
            removed: self.removed.intersection(members).copied().collect(),
        }
    }

    /// Whether nobody comes and nobody goes.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl Group {
    /// A new group out of a request, or everything that is wrong with the request.
    pub fn create(
        id: GroupId,
        organization_id: OrganizationId,
        changes: &GroupChanges,
        now: Timestamp,
    ) -> Result<Self, Violations> {
        let (name, external_id) = checked(None, changes)?;
        Ok(Self {
            id,
            organization_id,
            name,
            external_id,
            created_at: now,
            updated_at: now,
            version: 1,
        })
    }

    /// The group after a request, or everything that is wrong with the request. A request that says nothing new leaves version
    /// and time as they are; whether somebody comes or goes is for [`MemberChanges::left_over`] to say before.
    pub fn update(&self, changes: &GroupChanges, now: Timestamp) -> Result<Self, Violations> {
        let (name, external_id) = checked(Some(self), changes)?;
        if changes.members.is_none() && name == self.name && external_id == self.external_id {
            return Ok(self.clone());
        }
        Ok(Self {
            name,
            external_id,
            updated_at: now,
            version: self.version + 1,
            ..self.clone()
        })
    }
}

fn checked(current: Option<&Group>, changes: &GroupChanges) -> Result<(GroupName, Option<ExternalId>), Violations> {
    let mut violations = changes.unreadable.clone();
    let field = FieldPath::of("displayName");
    let name = match (&changes.name, current) {
        (Change::Set(name), _) => violations.check(&field, GroupName::new(name.clone())),
        (Change::Keep, Some(group)) => Some(group.name.clone()),
        // What could not be read is wrong only once.
        (Change::Keep, None)
            if violations
                .iter()
                .any(|it| it.field.segments().last() == Some("displayName")) =>
        {
            None
        }
        (Change::Keep, None) => violations.check(&field, Err(Fault::new(Rule::Required, Given::nothing()))),
        (Change::Clear, _) => violations.check(&field, Err(Fault::new(Rule::NotNull, Given::kind("null")))),
    };
    let external_id = match &changes.external_id {
        Change::Set(id) => violations.check(&FieldPath::of("externalId"), ExternalId::new(id.clone())),
        Change::Keep => current.and_then(|group| group.external_id.clone()),
        Change::Clear => None,
    };
    match name {
        Some(name) if violations.is_empty() => Ok((name, external_id)),
        _ => Err(violations),
    }
}

/// A group as an identity provider sees it, without its members.
#[must_use]
pub fn represent_group(group: &Group) -> Attributes {
    let mut resource = Attributes::new();
    resource.set("id", Value::text(group.id.to_string()));
    resource.set("displayName", Value::text(group.name.as_str()));
    resource.set_some(
        "externalId",
        group.external_id.as_ref().map(|id| Value::text(id.as_str())),
    );
    resource.set(
        "meta",
        super::meta("Group", group.created_at, group.updated_at, group.version),
    );
    resource
}
