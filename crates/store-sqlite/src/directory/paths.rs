//! Where attributes are, as SQL.
//!
//! The names are those of Roster's schemas, and no text of a request; none has a character that would need more than quotes.

use roster_domain::scim::{Path, ResourceType};

/// The name that the searched table has in queries.
pub(super) const fn alias(of: ResourceType) -> &'static str {
    match of {
        ResourceType::User => "u",
        ResourceType::Group => "g",
    }
}

/// A way of names in JSON, as a literal of SQL.
pub(super) fn way<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut way = "'$".to_owned();
    for name in names {
        debug_assert!(
            !name.contains(['"', '\'', '\\']),
            "the names of schemas need no escapes"
        );
        way.push_str(".\"");
        way.push_str(name);
        way.push('"');
    }
    way.push('\'');
    way
}

/// The way to an attribute, or to the part of it that is meant.
pub(super) fn way_to(path: &Path) -> String {
    way(path.names().into_iter().chain(path.part().map(|part| part.name)))
}

/// The values of an attribute that has several, as rows `e`.
pub(super) fn elements(of: ResourceType, path: &Path) -> String {
    format!("json_each({}.search, {}) AS e", alias(of), way(path.names()))
}

/// The part of one of several values, or the value itself.
pub(super) fn of_element(path: &Path) -> String {
    match path.part() {
        Some(part) => format!(
            "CASE WHEN e.type = 'object' THEN json_extract(e.value, {}) END",
            way([part.name])
        ),
        None => "e.atom".to_owned(),
    }
}
