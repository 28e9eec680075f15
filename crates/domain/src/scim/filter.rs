//! Which resources are asked for (RFC 7644, section 3.4.2.2).

use thiserror::Error;

use super::index::fold;
use super::path::Path;
use super::schema::{Attribute, Kind};
use super::value::{Attributes, Value};
use crate::Timestamp;

/// Which resources are asked for. Every path is one that the schema knows, every comparison one that makes sense.
///
/// It is held against what [`super::index_user`] and [`super::index_group`] make of a resource, in which text is folded
/// as the attribute's `caseExact` asks for. Of several values, one that fits is enough. There is no "unequal" among the
/// comparisons: see [`Filter::differs`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All of them hold.
    And(Vec<Filter>),
    /// One of them holds.
    Or(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// The attribute has a value (`pr`).
    Present(Path),
    /// A value of the attribute compares so.
    Compare(Comparison),
    /// One and the same value of the attribute meets the filter, whose paths are parts of the attribute (`emails[…]`).
    Each(Path, Box<Filter>),
}

/// A value of an attribute, compared with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The attribute. Never complex.
    pub path: Path,
    /// How they are compared.
    pub operator: Operator,
    /// What the attribute's value is compared with, of the attribute's type; folded where case is of no account.
    pub operand: Operand,
    /// The same as it was written: what a value has that is made out of the comparison.
    pub written: Operand,
}

/// How two values are compared. Texts are in the order of their code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `eq`
    Equal,
    /// `co`: the text contains the other.
    Contains,
    /// `sw`: the text starts with the other.
    StartsWith,
    /// `ew`: the text ends with the other.
    EndsWith,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
}

/// What is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// Text. In the texts that are kept there is no NUL, and there is none in this.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// A moment.
    DateTime(Timestamp),
}

/// Why a filter cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FilterError {
    /// The attribute has parts, and none of them is its value.
    #[error("{0} has parts: compare one of them")]
    Complex(String),
    /// The attribute's values do not compare so.
    #[error("{attribute} is {kind}, which {operator} does not compare")]
    Operator {
        /// The attribute.
        attribute: String,
        /// The type of its values, with an article.
        kind: &'static str,
        /// The operator, as it is written.
        operator: &'static str,
    },
    /// The value that is compared with is of another type.
    #[error("{attribute} is {kind}, and is compared with {given}")]
    Type {
        /// The attribute.
        attribute: String,
        /// The type of its values, with an article.
        kind: &'static str,
        /// What was given.
        given: String,
    },
    /// The attribute's values have no parts that brackets could ask for.
    #[error("{0} has no parts: write it without brackets")]
    Simple(String),
    /// The attribute is made anew for each answer, and is not kept.
    #[error("{0} cannot be filtered by: it is made for each answer")]
    NotKept(String),
}

impl Operator {
    /// The operator as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::Contains => "co",
            Self::StartsWith => "sw",
            Self::EndsWith => "ew",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
        }
    }

    /// Whether it asks for the order of two values.
    const fn is_ordering(self) -> bool {
        matches!(
            self,
            Self::Greater | Self::GreaterOrEqual | Self::Less | Self::LessOrEqual
        )
    }

    fn holds(self, value: &Operand, operand: &Operand) -> bool {
        match (value, operand) {
            (Operand::Text(value), Operand::Text(operand)) => match self {
                Self::Contains => value.contains(operand.as_str()),
                Self::StartsWith => value.starts_with(operand.as_str()),
                Self::EndsWith => value.ends_with(operand.as_str()),
                _ => self.orders(value.cmp(operand)),
            },
            (Operand::DateTime(value), Operand::DateTime(operand)) => self.orders(value.cmp(operand)),
            (Operand::Boolean(value), Operand::Boolean(operand)) => self == Self::Equal && value == operand,
            _ => false,
        }
    }

    const fn orders(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Contains | Self::StartsWith | Self::EndsWith => false,
        }
    }
}

impl Filter {
    /// The attribute has a value (`pr`).
    pub fn present(path: Path) -> Result<Self, FilterError> {
        Ok(Self::Present(kept(path)?))
    }

    /// A value of the attribute compares so. Of a complex attribute its part `value` is meant (RFC 7644, section 3.5.2, does
    /// so for paths, and identity providers do so in filters).
    pub fn compare(path: Path, operator: Operator, operand: Operand) -> Result<Self, FilterError> {
        let path = kept(path)?;
        let path = match path.leaf().kind {
            Kind::Complex => path
                .then("value")
                .ok_or_else(|| FilterError::Complex(path.to_string()))?,
            _ => path,
        };
        let written = fitting(&path, operator, operand)?;
        let operand = match &written {
            Operand::Text(text) if !path.leaf().is_case_exact => Operand::Text(fold(text)),
            other => other.clone(),
        };
        Ok(Self::Compare(Comparison {
            path,
            operator,
            operand,
            written,
        }))
    }

    /// The attribute is unequal to a value (`ne`): a value of it is, or it has none (RFC 7644, section 3.4.2.2: of several
    /// values, one that fits is enough).
    pub fn differs(path: Path, operand: Operand) -> Result<Self, FilterError> {
        let equal = Self::compare(path, Operator::Equal, operand)?;
        let unequal = Self::Not(Box::new(equal));
        if !path.attribute().is_many {
            return Ok(unequal);
        }
        let all = Path::whole(path);
        let one = Self::Each(all, Box::new(unequal));
        Ok(Self::Or(vec![one, Self::Not(Box::new(Self::Present(all)))]))
    }

    /// One and the same value of the attribute meets the filter. Of an attribute that has one value at the most, that one.
    pub fn each(path: Path, filter: Self) -> Result<Self, FilterError> {
        let path = kept(path)?;
        if path.part().is_some() || path.attribute().kind != Kind::Complex {
            Err(FilterError::Simple(path.to_string()))
        } else if path.attribute().is_many {
            Ok(Self::Each(path, Box::new(filter)))
        } else {
            Ok(Self::And(vec![Self::Present(path), filter]))
        }
    }

    /// Whether an indexed resource is one of those that are asked for.
    #[must_use]
    pub fn matches(&self, index: &Attributes) -> bool {
        match self {
            Self::And(all) => all.iter().all(|filter| filter.matches(index)),
            Self::Or(some) => some.iter().any(|filter| filter.matches(index)),
            Self::Not(filter) => !filter.matches(index),
            Self::Present(path) => elements(index, path).iter().any(|element| has(element, path)),
            Self::Compare(comparison) => {
                let mut elements = elements(index, &comparison.path).iter();
                elements.any(|element| comparison.holds(element))
            }
            Self::Each(path, filter) => elements(index, path).iter().any(|element| filter.meets(element)),
        }
    }

    /// Whether one value of an attribute is as the filter, whose paths are parts of the attribute, wants it.
    fn meets(&self, element: &Value) -> bool {
        match self {
            Self::And(all) => all.iter().all(|filter| filter.meets(element)),
            Self::Or(some) => some.iter().any(|filter| filter.meets(element)),
            Self::Not(filter) => !filter.meets(element),
            Self::Present(path) => has(element, path),
            Self::Compare(comparison) => comparison.holds(element),
            // The grammar has no brackets within brackets.
            Self::Each(_, filter) => filter.meets(element),
        }
    }

    /// Whether one value of an attribute, as it is in a resource, is as the filter wants it. For the paths of PATCH, which
    /// choose among the values of an attribute.
    #[must_use]
    pub fn chooses(&self, attribute: &'static Attribute, element: &Value) -> bool {
        self.meets(&super::index::folded(attribute, element))
    }
}

impl Comparison {
    fn holds(&self, element: &Value) -> bool {
        let value = match self.path.part() {
            Some(part) => element.as_complex().and_then(|parts| parts.get(part.name)),
            None => Some(element),
        };
        let value = match value {
            Some(Value::Text(text)) => Operand::Text(text.clone()),
            Some(Value::Boolean(value)) => Operand::Boolean(*value),
            Some(Value::DateTime(moment)) => Operand::DateTime(*moment),
            Some(Value::Complex(_) | Value::Many(_)) | None => return false,
        };
        self.operator.holds(&value, &self.operand)
    }
}

/// The values of the attribute, without regard to the part that is meant.
fn elements<'a>(index: &'a Attributes, path: &Path) -> &'a [Value] {
    index.at(&path.names()).map_or(&[], Value::as_many)
}

fn has(element: &Value, path: &Path) -> bool {
    match path.part() {
        Some(part) => element.as_complex().is_some_and(|parts| parts.get(part.name).is_some()),
        None => true,
    }
}

fn kept(path: Path) -> Result<Path, FilterError> {
    if path.is_made_for_each_answer() {
        Err(FilterError::NotKept(path.to_string()))
    } else {
        Ok(path)
    }
}

/// What is compared with, as the attribute's type wants it.
fn fitting(path: &Path, operator: Operator, operand: Operand) -> Result<Operand, FilterError> {
    let leaf = path.leaf();
    let not_compared = |kind| FilterError::Operator {
        attribute: path.to_string(),
        kind,
        operator: operator.name(),
    };
    let other_type = |kind, given: String| FilterError::Type {
        attribute: path.to_string(),
        kind,
        given,
    };
    match leaf.kind {
        Kind::Complex => Err(FilterError::Complex(path.to_string())),
        Kind::Boolean if operator != Operator::Equal => Err(not_compared("true or false")),
        Kind::Boolean => match operand {
            Operand::Boolean(value) => Ok(Operand::Boolean(value)),
            Operand::Text(text) if text.eq_ignore_ascii_case("true") => Ok(Operand::Boolean(true)),
            Operand::Text(text) if text.eq_ignore_ascii_case("false") => Ok(Operand::Boolean(false)),
            Operand::Text(text) => Err(other_type("true or false", format!("the text {text:?}"))),
            Operand::DateTime(_) => Err(other_type("true or false", "a moment".to_owned())),
        },
        Kind::DateTime if operator != Operator::Equal && !operator.is_ordering() => Err(not_compared("a moment")),
        Kind::DateTime => match operand {
            Operand::DateTime(moment) => Ok(Operand::DateTime(moment)),
            Operand::Text(text) => match chrono::DateTime::parse_from_rfc3339(&text) {
                Ok(moment) => Ok(Operand::DateTime(moment.to_utc())),
                Err(_) => Err(other_type("a moment", format!("the text {text:?}"))),
            },
            Operand::Boolean(value) => Err(other_type("a moment", value.to_string())),
        },
        Kind::Binary if operator.is_ordering() => Err(not_compared("binary")),
        Kind::String | Kind::Reference | Kind::Binary => match operand {
            Operand::Text(text) if text.contains('\0') => Err(other_type(
                "text without control characters",
                "a text with a NUL in it".to_owned(),
            )),
            Operand::Text(text) => Ok(Operand::Text(text)),
            Operand::Boolean(value) => Err(other_type("text", value.to_string())),
            Operand::DateTime(_) => Err(other_type("text", "a moment".to_owned())),
        },
    }
}
