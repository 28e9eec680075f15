//! Where in a resource an attribute is.

use std::fmt;

use super::schema::{Attribute, ResourceType, Schema};

/// An attribute of a resource, or a part of one, that its schema knows (RFC 7644, section 3.10).
#[derive(Debug, Clone, Copy)]
pub struct Path {
    extension: Option<&'static Schema>,
    attribute: &'static Attribute,
    part: Option<&'static Attribute>,
}

impl Path {
    /// The attribute of a name, or of a part of one, in any case; with a URN, that of the schema which it names. `None` if there is
    /// none.
    #[must_use]
    pub fn resolve(of: ResourceType, urn: Option<&str>, attribute: &str, part: Option<&str>) -> Option<Self> {
        let extension = match urn {
            Some(urn) if !urn.eq_ignore_ascii_case(of.schema().id) => Some(of.extension(urn)?),
            _ => None,
        };
        let attribute = match extension {
            Some(schema) => schema.attribute(attribute)?,
            None => of.attribute(attribute)?,
        };
        let path = Self {
            extension,
            attribute,
            part: None,
        };
        part.map_or(Some(path), |part| path.then(part))
    }

    /// A part of this attribute, in any case.
    #[must_use]
    pub fn then(self, part: &str) -> Option<Self> {
        if self.part.is_some() {
            return None;
        }
        let part = self.attribute.part(part)?;
        Some(Self {
            part: Some(part),
            ..self
        })
    }

    /// The extension that it belongs to; `None` for an attribute of the resource itself.
    #[must_use]
    pub const fn extension(&self) -> Option<&'static Schema> {
        self.extension
    }

    /// The attribute.
    #[must_use]
    pub const fn attribute(&self) -> &'static Attribute {
        self.attribute
    }

    /// The part of the attribute, if a part is meant.
    #[must_use]
    pub const fn part(&self) -> Option<&'static Attribute> {
        self.part
    }

    /// The part, or else the attribute: what has the values.
    #[must_use]
    pub const fn leaf(&self) -> &'static Attribute {
        match self.part {
            Some(part) => part,
            None => self.attribute,
        }
    }

    /// The attribute without the part.
    #[must_use]
    pub const fn whole(self) -> Self {
        Self { part: None, ..self }
    }

    /// Whether nobody keeps it, so that nothing is found by it and nothing is sorted by it: URIs, which only the surface
    /// knows, and the version, of which the groups of a user are a part where it is shown.
    pub(super) fn is_made_for_each_answer(&self) -> bool {
        let name = self.leaf().name;
        name == "$ref" || (self.attribute.name == "meta" && (name == "location" || name == "version"))
    }

    /// The names on the way to the attribute, from the outside in, without that of the part.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.extension
            .map(|schema| schema.id)
            .into_iter()
            .chain([self.attribute.name])
            .collect()
    }
}

impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        self.names() == other.names() && self.part.map(|part| part.name) == other.part.map(|part| part.name)
    }
}

impl Eq for Path {}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = self.extension {
            write!(f, "{}:", schema.id)?;
        }
        f.write_str(self.attribute.name)?;
        self.part.map_or(Ok(()), |part| write!(f, ".{}", part.name))
    }
}
