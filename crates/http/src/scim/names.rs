//! The names that requests have for attributes (RFC 7644, section 3.10).

use roster_domain::scim::{Path, ResourceType, Schema};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// An attribute, or a part of one.
    Attribute(Path),
    /// All attributes of an extension.
    Extension(&'static Schema),
    /// All attributes of the resource's own schema.
    Own,
}

/// What a name stands for at a type of resources: `userName`, `name.givenName`, each with or without the URN of its schema in
/// front, or a URN alone, in any case. `None` if nothing has the name.
pub(super) fn named(of: ResourceType, text: &str) -> Option<Named> {
    let text = text.trim();
    if !is_urn(text) {
        return attribute(of, None, text).map(Named::Attribute);
    }
    if text.eq_ignore_ascii_case(of.schema().id) {
        return Some(Named::Own);
    }
    if let Some(schema) = of.extension(text) {
        return Some(Named::Extension(schema));
    }
    let (urn, name) = text.rsplit_once(':')?;
    attribute(of, Some(urn), name).map(Named::Attribute)
}

/// The attribute of a name, which may have one dot.
fn attribute(of: ResourceType, urn: Option<&str>, name: &str) -> Option<Path> {
    let (attribute, part) = match name.split_once('.') {
        Some((attribute, part)) => (attribute, Some(part)),
        None => (name, None),
    };
    Path::resolve(of, urn, attribute, part)
}

/// Whether a name begins as URNs do.
pub(super) fn is_urn(text: &str) -> bool {
    text.get(..4).is_some_and(|front| front.eq_ignore_ascii_case("urn:"))
}

#[cfg(test)]
mod tests {
    use roster_domain::scim::schema::ENTERPRISE_USER;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("USERNAME", "userName")]
    #[case::part("name.givenname", "name.givenName")]
    #[case::reference("groups.$ref", "groups.$ref")]
    #[case::common("externalId", "externalId")]
    #[case::own_urn("urn:ietf:params:scim:schemas:core:2.0:User:name.familyName", "name.familyName")]
    #[case::extension(
        "URN:ietf:params:scim:schemas:extension:enterprise:2.0:user:Manager.value",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value"
    )]
    fn names_are_read_in_any_case_and_with_or_without_their_urn(#[case] text: &str, #[case] expected: &str) {
        let Some(Named::Attribute(path)) = named(ResourceType::User, text) else {
            panic!("{text} is an attribute")
        };
        assert_eq!(path.to_string(), expected);
    }

    #[test]
    fn a_urn_alone_is_a_whole_schema() {
        assert_eq!(
            named(ResourceType::User, ENTERPRISE_USER.id),
            Some(Named::Extension(&ENTERPRISE_USER))
        );
        assert_eq!(
            named(ResourceType::User, ResourceType::User.schema().id),
            Some(Named::Own)
        );
    }

    #[rstest]
    #[case::unknown("colour")]
    #[case::unknown_part("name.colour")]
    #[case::part_of_a_part("name.givenName.first")]
    #[case::extension_without_its_urn("department")]
    #[case::another_types_schema("urn:ietf:params:scim:schemas:core:2.0:Group")]
    #[case::unknown_urn("urn:example:2.0:User:department")]
    #[case::empty("")]
    #[case::dot(".")]
    fn what_nothing_is_called_is_nothing(#[case] text: &str) {
        assert_eq!(named(ResourceType::User, text), None);
    }
}
