//! Attributes into JSON.

use roster_domain::scim::{
    Attributes, GroupReference, ResourceType, Value, entity_tag, represent_group, represent_user,
};
use roster_domain::{Group, User, UserId};
use serde_json::{Map, Value as Json};

use super::answer::location;
use super::project::Projection;

/// A user as it is shown.
pub(super) fn user(base: &str, user: &User, groups: &[GroupReference], shown: &Projection) -> Json {
    let mut resource = represent_user(user, groups);
    resource.within("meta", |meta| {
        meta.set("location", Value::Text(location(base, ResourceType::User, user.id)));
        meta.set("version", Value::Text(version(user, groups)));
    });
    if let Some(Value::Many(groups)) = resource.remove("groups") {
        let groups = groups
            .into_iter()
            .map(|group| with_reference(base, ResourceType::Group, group));
        resource.set("groups", Value::Many(groups.collect()));
    }
    shaped(ResourceType::User, resource, shown)
}

/// A group as it is shown, with its members if they were asked for.
pub(super) fn group(base: &str, group: &Group, members: Option<&[UserId]>, shown: &Projection) -> Json {
    let mut resource = represent_group(group);
    resource.within("meta", |meta| {
        meta.set("location", Value::Text(location(base, ResourceType::Group, group.id)));
    });
    let members = members
        .unwrap_or_default()
        .iter()
        .map(|id| with_reference(base, ResourceType::User, member(*id)));
    resource.set("members", Value::Many(members.collect()));
    shaped(ResourceType::Group, resource, shown)
}

/// Who is in a group, as one of its values.
pub(super) fn member(id: UserId) -> Value {
    let parts = [("value", id.to_string()), ("type", "User".to_owned())];
    let parts = parts.map(|(name, text)| (name.to_owned(), Value::Text(text)));
    Value::Complex(parts.into_iter().collect())
}

/// The entity tag of a user. The groups that are shown with the user change without it, so that they are part of the tag.
pub(super) fn version(user: &User, groups: &[GroupReference]) -> String {
    match groups_digest(groups) {
        None => entity_tag(user.version),
        Some(digest) => format!("W/\"{}+{digest}\"", user.version),
    }
}

fn groups_digest(groups: &[GroupReference]) -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    for group in groups {
        hasher.update(group.id.uuid().as_bytes());
        hasher.update(&u64::try_from(group.name.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(group.name.as_bytes());
    }
    (!groups.is_empty()).then(|| hasher.finalize().to_hex()[..16].to_owned())
}

/// A reference to a resource, with the URI of it.
fn with_reference(base: &str, of: ResourceType, reference: Value) -> Value {
    let Value::Complex(mut parts) = reference else {
        return reference;
    };
    let uri = parts.text("value").map(|id| Value::Text(location(base, of, id)));
    parts.set_some("$ref", uri);
    Value::Complex(parts)
}

/// A resource with its schemas, cut down to what was asked for.
fn shaped(of: ResourceType, resource: Attributes, shown: &Projection) -> Json {
    let extensions = of.extensions().iter().map(|schema| schema.id);
    let schemas = [of.schema().id]
        .into_iter()
        .chain(extensions.filter(|urn| resource.get(urn).is_some()))
        .map(Json::from)
        .collect();
    let mut members = object(&shown.apply(of, resource));
    members.insert("schemas".to_owned(), Json::Array(schemas));
    Json::Object(members)
}

/// Attributes as a JSON object.
#[cfg(test)]
pub(super) fn attributes(attributes: &Attributes) -> Json {
    Json::Object(object(attributes))
}

fn object(attributes: &Attributes) -> Map<String, Json> {
    attributes
        .iter()
        .map(|(name, value)| (name.to_owned(), json(value)))
        .collect()
}

fn json(value: &Value) -> Json {
    match value {
        Value::Text(text) => Json::from(text.as_str()),
        Value::Boolean(value) => Json::from(*value),
        // Exactly what is kept, so that a moment that was shown finds what it belongs to.
        Value::DateTime(moment) => Json::from(moment.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()),
        Value::Complex(parts) => Json::Object(object(parts)),
        Value::Many(values) => values.iter().map(json).collect(),
    }
}

#[cfg(test)]
mod tests {
    use roster_domain::{GroupId, OrganizationId, PhiGuard, Timestamp, UserChanges};
    use uuid::Uuid;

    use super::*;

    const BASE: &str = "https://roster.example/scim/v2";

    fn someone() -> User {
        let changes = UserChanges {
            user_name: roster_domain::Change::Set("ann".to_owned()),
            npi: roster_domain::Change::Set("1234567893".to_owned()),
            ..UserChanges::default()
        };
        let id = UserId::new(Uuid::from_u128(7));
        let organization = OrganizationId::new(Uuid::from_u128(1));
        let made = User::create(id, organization, &changes, PhiGuard::Off, Timestamp::UNIX_EPOCH);
        made.expect("a user").user
    }

    fn clinic() -> GroupReference {
        GroupReference {
            id: GroupId::new(Uuid::from_u128(9)),
            name: "Clinic".to_owned(),
        }
    }

    #[test]
    fn a_user_says_where_it_is_and_which_schemas_it_has() {
        let shown = user(BASE, &someone(), &[clinic()], &Projection::all());

        insta::assert_snapshot!(format!("{shown:#}"), @r#"
        {
          "active": true,
          "groups": [
            {
              "$ref": "https://roster.example/scim/v2/Groups/00000000-0000-0000-0000-000000000009",
              "display": "Clinic",
              "type": "direct",
              "value": "00000000-0000-0000-0000-000000000009"
            }
          ],
          "id": "00000000-0000-0000-0000-000000000007",
          "meta": {
            "created": "1970-01-01T00:00:00.000000Z",
            "lastModified": "1970-01-01T00:00:00.000000Z",
            "location": "https://roster.example/scim/v2/Users/00000000-0000-0000-0000-000000000007",
            "resourceType": "User",
            "version": "W/\"1+2c677c1e417524e2\""
          },
          "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:roster:2.0:User"
          ],
          "urn:ietf:params:scim:schemas:extension:roster:2.0:User": {
            "npi": "1234567893"
          },
          "userName": "ann"
        }
        "#);
    }

    #[test]
    fn a_users_tag_changes_with_the_groups_that_are_shown() {
        let user = someone();
        let renamed = GroupReference {
            name: "Ward".to_owned(),
            ..clinic()
        };

        let tags = [
            version(&user, &[]),
            version(&user, &[clinic()]),
            version(&user, &[renamed]),
        ];

        assert_eq!(tags[0], "W/\"1\"");
        assert!(
            tags[1].starts_with("W/\"1+") && tags[2].starts_with("W/\"1+"),
            "{tags:?}"
        );
        assert_ne!(tags[1], tags[2]);
    }
}
