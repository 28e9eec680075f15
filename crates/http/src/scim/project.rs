//! Which attributes are part of an answer (RFC 7644, section 3.9).

use roster_domain::scim::{Attributes, ResourceType, Returned, Value};

use super::error::ScimType;
use super::names::{Named, named};
use crate::refusal::Refusal;

/// Which attributes are part of an answer, as the request names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Projection {
    /// These, and those that always are.
    Only(Vec<String>),
    /// All but these, except for those that always are.
    Without(Vec<String>),
}

/// How much of an attribute is meant.
#[derive(Debug, PartialEq, Eq)]
enum Meant<'a> {
    Nothing,
    Parts(Vec<&'a str>),
    Whole,
}

impl Projection {
    /// All attributes.
    pub(super) const fn all() -> Self {
        Self::Without(Vec::new())
    }

    /// What the two parameters say, of which a request has one at the most. Names that nothing has are passed over.
    pub(super) fn of(only: Option<Vec<String>>, without: Option<Vec<String>>) -> Result<Self, Refusal> {
        let asked = |names: Option<Vec<String>>| names.filter(|names| !names.is_empty());
        match (asked(only), asked(without)) {
            (None, None) => Ok(Self::all()),
            (Some(only), None) => Ok(Self::Only(only)),
            (None, Some(without)) => Ok(Self::Without(without)),
            (Some(_), Some(_)) => {
                Err(ScimType::InvalidValue
                    .refuse("attributes and excludedAttributes exclude each other: send one of them"))
            }
        }
    }

    /// Whether anything of an attribute of the resource itself is part of the answer.
    pub(super) fn shows(&self, of: ResourceType, name: &str) -> bool {
        match self {
            Self::Only(names) => meant(of, names, None, name) != Meant::Nothing,
            Self::Without(names) => meant(of, names, None, name) != Meant::Whole,
        }
    }

    /// The part of a resource that is asked for.
    pub(super) fn apply(&self, of: ResourceType, resource: Attributes) -> Attributes {
        let kept = resource.into_iter().filter_map(|(name, value)| {
            let value = match (of.extension(&name), value) {
                (Some(schema), Value::Complex(attributes)) => {
                    let kept = attributes.into_iter().filter_map(|(attribute, value)| {
                        let value = self.kept(of, Some(schema.id), &attribute, value)?;
                        Some((attribute, value))
                    });
                    Value::Complex(kept.collect())
                }
                (_, value) => self.kept(of, None, &name, value)?,
            };
            Some((name, value))
        });
        kept.collect()
    }

    fn kept(&self, of: ResourceType, urn: Option<&str>, name: &str, value: Value) -> Option<Value> {
        let attribute = of.attribute(name).filter(|_| urn.is_none());
        if attribute.is_some_and(|attribute| attribute.returned == Returned::Always) {
            return Some(value);
        }
        match self {
            Self::Only(names) => match meant(of, names, urn, name) {
                Meant::Nothing => None,
                Meant::Whole => Some(value),
                Meant::Parts(parts) => Some(cut(value, &|part| parts.contains(&part))),
            },
            Self::Without(names) => match meant(of, names, urn, name) {
                Meant::Nothing => Some(value),
                Meant::Whole => None,
                Meant::Parts(parts) => Some(cut(value, &|part| !parts.contains(&part))),
            },
        }
    }
}

/// How much of an attribute the names mean.
fn meant<'a>(of: ResourceType, names: &[String], urn: Option<&str>, attribute: &str) -> Meant<'a> {
    let mut parts = Vec::new();
    for name in names {
        match named(of, name) {
            Some(Named::Extension(schema)) if Some(schema.id) == urn => return Meant::Whole,
            Some(Named::Own) if urn.is_none() => return Meant::Whole,
            Some(Named::Attribute(path))
                if path.extension().map(|schema| schema.id) == urn && path.attribute().name == attribute =>
            {
                match path.part() {
                    None => return Meant::Whole,
                    Some(part) => parts.push(part.name),
                }
            }
            _ => {}
        }
    }
    if parts.is_empty() {
        Meant::Nothing
    } else {
        Meant::Parts(parts)
    }
}

/// A complex value, or each of several, with some of its parts.
fn cut(value: Value, is_kept: &impl Fn(&str) -> bool) -> Value {
    match value {
        Value::Complex(parts) => Value::Complex(parts.into_iter().filter(|(name, _)| is_kept(name)).collect()),
        Value::Many(values) => {
            let cut = values.into_iter().map(|value| cut(value, is_kept));
            Value::Many(cut.filter(|value| !value.is_empty()).collect())
        }
        simple => simple,
    }
}

#[cfg(test)]
mod tests {
    use roster_domain::Violations;
    use rstest::rstest;
    use serde_json::{Value as Json, json};

    use super::super::{read, write};
    use super::*;

    fn projected(projection: &Projection) -> Json {
        let body = json!({
            "userName": "ann",
            "name": {"givenName": "Ann", "familyName": "Lee"},
            "emails": [{"value": "a@b", "type": "work", "primary": true}, {"value": "c@d"}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "ENT", "division": "North"},
        });
        let mut resource = read::resource(ResourceType::User, &body, &mut Violations::none());
        resource.set("id", Value::text("7"));
        write::attributes(&projection.apply(ResourceType::User, resource))
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[rstest]
    #[case::one(&["username"], json!({"id": "7", "userName": "ann"}))]
    #[case::parts(&["emails.type", "name.givenName"], json!({"id": "7", "emails": [{"type": "work"}], "name": {"givenName": "Ann"}}))]
    #[case::part_and_whole(&["emails.type", "emails"], json!({"id": "7", "emails": [{"value": "a@b", "type": "work", "primary": true}, {"value": "c@d"}]}))]
    #[case::by_urn(
        &["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"],
        json!({"id": "7", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "ENT"}})
    )]
    #[case::extension(
        &["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        json!({"id": "7", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "ENT", "division": "North"}})
    )]
    #[case::own_urn(&["urn:ietf:params:scim:schemas:core:2.0:User:userName"], json!({"id": "7", "userName": "ann"}))]
    #[case::unknown(&["colour"], json!({"id": "7"}))]
    fn only_what_is_asked_for_is_shown_and_what_always_is(#[case] asked: &[&str], #[case] expected: Json) {
        assert_eq!(projected(&Projection::Only(names(asked))), expected);
    }

    #[rstest]
    #[case::what_is_always_there(
        &["id", "emails", "name.givenName", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        json!({"id": "7", "userName": "ann", "name": {"familyName": "Lee"}})
    )]
    #[case::parts(
        &["emails.value", "emails.primary", "userName", "name", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division"],
        json!({"id": "7", "emails": [{"type": "work"}], "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "ENT"}})
    )]
    fn what_is_excluded_is_left_out(#[case] excluded: &[&str], #[case] expected: Json) {
        assert_eq!(projected(&Projection::Without(names(excluded))), expected);
    }

    #[test]
    fn both_parameters_at_once_are_refused() {
        let refusal = Projection::of(Some(names(&["a"])), Some(names(&["b"]))).unwrap_err();

        assert_eq!(refusal.status, 400);
        assert_eq!(Projection::of(Some(Vec::new()), None).unwrap(), Projection::all());
    }

    #[test]
    fn members_that_nobody_asked_for_need_not_be_loaded() {
        let shows = |projection: Projection| projection.shows(ResourceType::Group, "members");

        assert!(shows(Projection::all()) && shows(Projection::Only(names(&["members.value"]))));
        assert!(shows(Projection::Without(names(&["members.value"]))));
        assert!(!shows(Projection::Without(names(&["MEMBERS"]))) && !shows(Projection::Only(names(&["displayName"]))));
    }
}
