//! Where attributes are, as SQL.
//!
//! The names are those of Roster's schemas, and no text of a request; none has a character that would need more than quotes.
//! Texts are compared and sorted by code point, whatever the database's locale.

use roster_domain::scim::{Kind, Path, ResourceType};

/// The name that the searched table has in queries.
pub(super) const fn alias(of: ResourceType) -> &'static str {
    match of {
        ResourceType::User => "u",
        ResourceType::Group => "g",
    }
}

/// Whether a value is text, and not another kind of JSON.
pub(super) const fn is_text(path: &Path) -> bool {
    !matches!(path.leaf().kind, Kind::Boolean | Kind::DateTime)
}

/// A value of an attribute that has one at the most: text, or JSON where it is none.
pub(super) fn value(of: ResourceType, path: &Path) -> String {
    let names = path.names().into_iter().chain(path.part().map(|part| part.name));
    steps(&format!("{}.search", alias(of)), names, is_text(path))
}

/// Whatever an attribute has, as JSON.
pub(super) fn json(of: ResourceType, path: &Path) -> String {
    let names = path.names().into_iter().chain(path.part().map(|part| part.name));
    steps(&format!("{}.search", alias(of)), names, false)
}

/// The values of an attribute that has several, as rows of `element`. Where there is none, there are no rows.
pub(super) fn elements(of: ResourceType, path: &Path) -> String {
    let mut way = "$".to_owned();
    for name in path.names() {
        way.push_str(".\"");
        way.push_str(plain(name));
        way.push('"');
    }
    format!("jsonb_path_query({}.search, '{way}[*]')", alias(of))
}

/// The part of one of several values, or the value itself: text, or JSON where it is none.
pub(super) fn of_element(path: &Path) -> String {
    match path.part() {
        Some(part) => steps("e.element", [part.name], is_text(path)),
        None if is_text(path) => "(e.element #>> '{}') COLLATE \"C\"".to_owned(),
        None => "e.element".to_owned(),
    }
}

/// Down into JSON name by name. The way that the migrations write it for their indexes.
fn steps<'n>(from: &str, names: impl IntoIterator<Item = &'n str>, is_text: bool) -> String {
    let names: Vec<_> = names.into_iter().map(plain).collect();
    let mut sql = format!("({from}");
    for (place, name) in names.iter().enumerate() {
        let is_last = place + 1 == names.len();
        sql.push_str(if is_last && is_text { " ->> '" } else { " -> '" });
        sql.push_str(name);
        sql.push('\'');
    }
    sql.push(')');
    if is_text {
        sql.push_str(" COLLATE \"C\"");
    }
    sql
}

fn plain(name: &str) -> &str {
    debug_assert!(
        !name.contains(['"', '\'', '\\']),
        "the names of schemas need no escapes"
    );
    name
}
