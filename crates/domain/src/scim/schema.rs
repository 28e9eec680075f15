//! The attributes that resources have, as `/Schemas` shows them (RFC 7643, sections 4, 7 and 8.7).

mod core;
mod enterprise;
mod roster;

pub use self::core::{COMMON, GROUP, USER};
pub use enterprise::ENTERPRISE_USER;
pub use roster::ROSTER_USER;

/// A schema: a URN and the attributes that it defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// The URN.
    pub id: &'static str,
    /// The name that people read.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Its attributes.
    pub attributes: &'static [Attribute],
}

/// An attribute and its characteristics (RFC 7643, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// The name, as it is spelt in answers. Requests may spell it in any case.
    pub name: &'static str,
    /// What it is, for people.
    pub description: &'static str,
    /// The type of its values.
    pub kind: Kind,
    /// Whether it has several values (`multiValued`).
    pub is_many: bool,
    /// Whether it must be there.
    pub is_required: bool,
    /// Whether two values that differ in case alone are different values (`caseExact`).
    pub is_case_exact: bool,
    /// Whether it can be written.
    pub mutability: Mutability,
    /// When it is part of an answer.
    pub returned: Returned,
    /// Among whom a value is unique.
    pub uniqueness: Uniqueness,
    /// Values that are suggested (`canonicalValues`).
    pub canonical: &'static [&'static str],
    /// What a reference refers to (`referenceTypes`).
    pub references: &'static [&'static str],
    /// The parts of a complex value (`subAttributes`).
    pub parts: &'static [Attribute],
}

/// The type of an attribute's values (RFC 7643, section 2.3). Of the numbers, no attribute here has need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `string`
    String,
    /// `boolean`
    Boolean,
    /// `dateTime`
    DateTime,
    /// `binary`: base64.
    Binary,
    /// `reference`: a URI.
    Reference,
    /// `complex`
    Complex,
}

/// Whether an attribute can be written (RFC 7643, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    /// `readOnly`: what a request says of it is ignored.
    ReadOnly,
    /// `readWrite`
    ReadWrite,
    /// `immutable`: set once, with the value that it is a part of.
    Immutable,
}

/// When an attribute is part of an answer (RFC 7643, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// `always`, also when it was not asked for.
    Always,
    /// `default`: unless it is excluded, or others are asked for.
    Default,
}

/// Among whom a value is unique (RFC 7643, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uniqueness {
    /// `none`
    None,
    /// `server`: in the organization.
    Server,
}

impl Attribute {
    /// A single text that may be left out, in whatever case.
    const fn text(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            description,
            kind: Kind::String,
            is_many: false,
            is_required: false,
            is_case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical: &[],
            references: &[],
            parts: &[],
        }
    }

    const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self {
            kind: Kind::Boolean,
            ..Self::text(name, description)
        }
    }

    const fn date_time(name: &'static str, description: &'static str) -> Self {
        Self {
            kind: Kind::DateTime,
            is_case_exact: true,
            ..Self::text(name, description)
        }
    }

    const fn binary(name: &'static str, description: &'static str) -> Self {
        Self {
            kind: Kind::Binary,
            is_case_exact: true,
            ..Self::text(name, description)
        }
    }

    const fn reference(name: &'static str, description: &'static str, references: &'static [&'static str]) -> Self {
        Self {
            kind: Kind::Reference,
            is_case_exact: true,
            references,
            ..Self::text(name, description)
        }
    }

    const fn complex(name: &'static str, description: &'static str, parts: &'static [Self]) -> Self {
        Self {
            kind: Kind::Complex,
            parts,
            ..Self::text(name, description)
        }
    }

    const fn many(self) -> Self {
        Self { is_many: true, ..self }
    }

    const fn required(self) -> Self {
        Self {
            is_required: true,
            ..self
        }
    }

    const fn case_exact(self) -> Self {
        Self {
            is_case_exact: true,
            ..self
        }
    }

    const fn read_only(self) -> Self {
        Self {
            mutability: Mutability::ReadOnly,
            ..self
        }
    }

    const fn immutable(self) -> Self {
        Self {
            mutability: Mutability::Immutable,
            ..self
        }
    }

    const fn always(self) -> Self {
        Self {
            returned: Returned::Always,
            ..self
        }
    }

    const fn unique(self) -> Self {
        Self {
            uniqueness: Uniqueness::Server,
            ..self
        }
    }

    const fn canonical(self, canonical: &'static [&'static str]) -> Self {
        Self { canonical, ..self }
    }

    /// The part of a name, in any case.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&'static Self> {
        self.parts.iter().find(|part| part.name.eq_ignore_ascii_case(name))
    }

    /// Whether requests may set it.
    #[must_use]
    pub const fn is_writable(&self) -> bool {
        !matches!(self.mutability, Mutability::ReadOnly)
    }
}

impl Schema {
    /// The attribute of a name, in any case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

/// What resources there are (RFC 7643, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceType {
    /// A clinician.
    User,
    /// A group of them.
    Group,
}

impl ResourceType {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::User, Self::Group];

    /// The name: `User`, `Group`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// Where they are, relative to `/scim/v2`: `/Users`, `/Groups`.
    #[must_use]
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    /// The schema of its own attributes.
    #[must_use]
    pub const fn schema(self) -> &'static Schema {
        match self {
            Self::User => &USER,
            Self::Group => &GROUP,
        }
    }

    /// The schemas that add to it. None is required.
    #[must_use]
    pub const fn extensions(self) -> &'static [&'static Schema] {
        match self {
            Self::User => &[&ENTERPRISE_USER, &ROSTER_USER],
            Self::Group => &[],
        }
    }

    /// The extension of a URN, in any case.
    #[must_use]
    pub fn extension(self, urn: &str) -> Option<&'static Schema> {
        self.extensions()
            .iter()
            .copied()
            .find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// An attribute that is no extension's: of the resource's own schema, or one that all resources have.
    #[must_use]
    pub fn attribute(self, name: &str) -> Option<&'static Attribute> {
        let common = COMMON
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name));
        self.schema().attribute(name).or(common)
    }
}
