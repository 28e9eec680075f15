//! The text of filters (RFC 7644, section 3.4.2.2) and of the paths of PATCH, resolved against the schema.

use std::cell::Cell;
use std::fmt::Display;
use std::str::FromStr;

use roster_domain::scim::{Filter, FilterError, Operand, Operator, PatchTarget, Path, ResourceType};
use scim_v2::filter as grammar;

use super::error::ScimType;
use super::names::{self, Named};
use super::normalise::normalise;
use crate::refusal::Refusal;

/// The most bytes of a filter. A query has no room for more, and a text that is searched for is shorter.
const MAX_BYTES: usize = 16 * 1024;

/// The most comparisons of a filter: databases bound how much they take at once.
const MAX_TERMS: usize = 256;

/// The filter of a text, for resources of one type. Where resources of several types are searched, an attribute that only the
/// others have has no value at this one.
pub(super) fn read(text: &str, of: ResourceType, among: &[ResourceType]) -> Result<Filter, Refusal> {
    let parsed: grammar::Filter = parsed(text)?;
    Reader::new(of, among).filter(&parsed)
}

/// What a path of PATCH with brackets is about.
pub(super) fn target(text: &str, of: ResourceType) -> Result<PatchTarget, Refusal> {
    let invalid = |refusal: Refusal| ScimType::InvalidPath.refuse(refusal.message);
    let parsed: grammar::PatchPath = parsed(text).map_err(invalid)?;
    let grammar::PatchPath::Value(chosen) = parsed else {
        return Err(ScimType::InvalidPath.refuse(format!("{} is not a path with brackets", shown(text))));
    };
    let among = [of];
    let reader = Reader::new(of, &among);
    let path = reader.path(&chosen.attr).map_err(invalid)?;
    let path = path.ok_or_else(|| invalid(unknown(&chosen.attr, of)))?;
    let filter = reader.inner(&path, &chosen.filter)?;
    // Whether brackets make sense here at all is the filter's to say.
    Filter::each(path, filter.clone()).map_err(|error| refused(&error))?;
    if !path.attribute().is_many {
        return Err(
            ScimType::InvalidPath.refuse(format!("{path} has one value at the most: write it without brackets"))
        );
    }
    let part = match &chosen.sub_attr {
        None => None,
        Some(name) => {
            let part = path.then(name).ok_or_else(|| {
                ScimType::InvalidPath.refuse(format!("{path} has no part that is called {}", shown(name)))
            })?;
            part.part()
        }
    };
    Ok(PatchTarget::Chosen { path, filter, part })
}

/// Parses a text that is not too long, after it was put into the grammar's words.
fn parsed<T: FromStr<Err = grammar::ParseError>>(text: &str) -> Result<T, Refusal> {
    if text.len() > MAX_BYTES {
        return Err(invalid(format!("a filter has at most {MAX_BYTES} bytes")));
    }
    normalise(text)
        .parse()
        .map_err(|error: grammar::ParseError| invalid(why(&error)))
}

/// Why a text is no filter, without the parser's own words for what it expected.
fn why(error: &grammar::ParseError) -> String {
    match error {
        grammar::ParseError::UnrecognizedEof { .. } => "the filter ends too early".to_owned(),
        grammar::ParseError::InvalidToken { .. } => {
            "the filter has characters that are no part of one; texts stand in quotation marks".to_owned()
        }
        grammar::ParseError::UnrecognizedToken {
            token: (_, token, _), ..
        }
        | grammar::ParseError::ExtraToken { token: (_, token, _) } => {
            format!("the filter cannot be read at {}", shown(token.trim()))
        }
        grammar::ParseError::User { error } => format!("the filter cannot be read: {error}"),
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    ScimType::InvalidFilter.refuse(message)
}

fn refused(error: &FilterError) -> Refusal {
    invalid(error.to_string())
}

fn unknown(path: &impl Display, of: ResourceType) -> Refusal {
    invalid(format!(
        "{} is no attribute of a {}",
        shown(&path.to_string()),
        of.name()
    ))
}

/// A text of the caller's, cut where it gets too long to be read.
fn shown(text: &str) -> String {
    roster_domain::Given::value(text).to_string()
}

/// Reads a filter for one type of resources.
struct Reader<'a> {
    of: ResourceType,
    among: &'a [ResourceType],
    terms: Cell<usize>,
}

impl<'a> Reader<'a> {
    fn new(of: ResourceType, among: &'a [ResourceType]) -> Self {
        Self {
            of,
            among,
            terms: Cell::new(0),
        }
    }

    fn filter(&self, filter: &grammar::Filter) -> Result<Filter, Refusal> {
        match filter {
            grammar::Filter::And(all) => Ok(Filter::And(
                all.iter().map(|one| self.filter(one)).collect::<Result<_, _>>()?,
            )),
            grammar::Filter::Or(some) => Ok(Filter::Or(
                some.iter().map(|one| self.filter(one)).collect::<Result<_, _>>()?,
            )),
            grammar::Filter::Not(filter) => Ok(not(self.filter(filter)?)),
            grammar::Filter::Attr(expression) => self.expression(expression),
            grammar::Filter::ValuePath(grammar::ValuePath { attr, filter }) => match self.path(attr)? {
                None => Ok(self.never()),
                Some(path) => {
                    let inner = self.inner(&path, filter)?;
                    Filter::each(path, inner).map_err(|error| refused(&error))
                }
            },
        }
    }

    fn expression(&self, expression: &grammar::AttrExp) -> Result<Filter, Refusal> {
        let (grammar::AttrExp::Present(name) | grammar::AttrExp::Comparison(name, ..)) = expression;
        if name.uri.is_none() && name.sub_attr.is_none() && name.name.eq_ignore_ascii_case("schemas") {
            return self.schemas(expression);
        }
        match self.path(name)? {
            Some(path) => self.term(path, expression, Filter::differs),
            None => self.counted().map(|()| match expression {
                // Who has no value is unequal to every value.
                grammar::AttrExp::Comparison(_, grammar::CompareOp::Ne, value)
                    if *value != grammar::CompValue::Null =>
                {
                    not(self.never())
                }
                grammar::AttrExp::Comparison(_, grammar::CompareOp::Eq, grammar::CompValue::Null) => not(self.never()),
                _ => self.never(),
            }),
        }
    }

    /// A filter within brackets: its names are those of parts.
    fn inner(&self, outer: &Path, filter: &grammar::ValFilter) -> Result<Filter, Refusal> {
        match filter {
            grammar::ValFilter::And(all) => Ok(Filter::And(
                all.iter().map(|one| self.inner(outer, one)).collect::<Result<_, _>>()?,
            )),
            grammar::ValFilter::Or(some) => Ok(Filter::Or(
                some.iter()
                    .map(|one| self.inner(outer, one))
                    .collect::<Result<_, _>>()?,
            )),
            grammar::ValFilter::Not(filter) => Ok(not(self.inner(outer, filter)?)),
            grammar::ValFilter::Attr(expression) => {
                let (grammar::AttrExp::Present(name) | grammar::AttrExp::Comparison(name, ..)) = expression;
                let plain = name.uri.is_none() && name.sub_attr.is_none();
                let path = plain.then(|| outer.then(&name.name)).flatten();
                let path = path.ok_or_else(|| {
                    invalid(format!(
                        "{outer} has no part that is called {}",
                        shown(&name.to_string())
                    ))
                })?;
                // Of one value there is no other one that may be unequal.
                self.term(path, expression, |path, operand| {
                    Filter::compare(path, Operator::Equal, operand).map(not)
                })
            }
        }
    }

    fn term(
        &self,
        path: Path,
        expression: &grammar::AttrExp,
        differs: impl Fn(Path, Operand) -> Result<Filter, FilterError>,
    ) -> Result<Filter, Refusal> {
        self.counted()?;
        let read = match expression {
            grammar::AttrExp::Present(_)
            | grammar::AttrExp::Comparison(_, grammar::CompareOp::Ne, grammar::CompValue::Null) => {
                Filter::present(path)
            }
            grammar::AttrExp::Comparison(_, grammar::CompareOp::Eq, grammar::CompValue::Null) => {
                Filter::present(path).map(not)
            }
            grammar::AttrExp::Comparison(_, operator, value) => {
                let operand = operand(&path, operator, value)?;
                match operator_of(operator) {
                    Some(operator) => Filter::compare(path, operator, operand),
                    None => differs(path, operand),
                }
            }
        };
        read.map_err(|error| refused(&error))
    }

    /// The URNs of a resource are no attribute that is kept: they follow from what it has.
    fn schemas(&self, expression: &grammar::AttrExp) -> Result<Filter, Refusal> {
        use grammar::{CompValue, CompareOp};
        self.counted()?;
        let (operator, urn) = match expression {
            grammar::AttrExp::Present(_) | grammar::AttrExp::Comparison(_, CompareOp::Ne, CompValue::Null) => {
                return Ok(not(self.never()));
            }
            grammar::AttrExp::Comparison(_, CompareOp::Eq, CompValue::Null) => return Ok(self.never()),
            grammar::AttrExp::Comparison(_, operator, CompValue::Str(urn)) => (operator, urn.to_ascii_lowercase()),
            grammar::AttrExp::Comparison(..) => return Err(invalid("schemas is text, and is compared with text")),
        };
        let fits = |id: &str| {
            let id = id.to_ascii_lowercase();
            match operator {
                CompareOp::Eq | CompareOp::Ne => id == urn,
                CompareOp::Co => id.contains(&urn),
                CompareOp::Sw => id.starts_with(&urn),
                CompareOp::Ew => id.ends_with(&urn),
                CompareOp::Gt => id > urn,
                CompareOp::Ge => id >= urn,
                CompareOp::Lt => id < urn,
                CompareOp::Le => id <= urn,
            }
        };
        let has = if fits(self.of.schema().id) {
            not(self.never())
        } else {
            let fitting = self.of.extensions().iter().filter(|schema| fits(schema.id));
            let attributes = fitting.flat_map(|schema| {
                let path = |name| Path::resolve(self.of, Some(schema.id), name, None);
                schema
                    .attributes
                    .iter()
                    .filter_map(move |attribute| path(attribute.name))
            });
            let any: Vec<Filter> = attributes.filter_map(|path| Filter::present(path).ok()).collect();
            if any.is_empty() { self.never() } else { Filter::Or(any) }
        };
        Ok(if *operator == CompareOp::Ne { not(has) } else { has })
    }

    /// The attribute of a name; `None` if only other types that are searched have it.
    fn path(&self, name: &grammar::AttrPath) -> Result<Option<Path>, Refusal> {
        let text = name.to_string();
        let found = |of| match names::named(of, &text) {
            Some(Named::Attribute(path)) => Some(path),
            _ => None,
        };
        match found(self.of) {
            Some(path) => Ok(Some(path)),
            None if self.among.iter().any(|of| found(*of).is_some()) => Ok(None),
            None => Err(unknown(name, self.of)),
        }
    }

    fn counted(&self) -> Result<(), Refusal> {
        self.terms.set(self.terms.get() + 1);
        if self.terms.get() > MAX_TERMS {
            return Err(invalid(format!("a filter has at most {MAX_TERMS} comparisons")));
        }
        Ok(())
    }

    /// What holds for nobody: everybody has an id.
    fn never(&self) -> Filter {
        let id = Path::resolve(self.of, None, "id", None);
        not(id.map_or(Filter::And(Vec::new()), Filter::Present))
    }
}

fn not(filter: Filter) -> Filter {
    match filter {
        Filter::Not(filter) => *filter,
        filter => Filter::Not(Box::new(filter)),
    }
}

/// The operator; `None` for "unequal", which is made of "equal".
const fn operator_of(operator: &grammar::CompareOp) -> Option<Operator> {
    match operator {
        grammar::CompareOp::Eq => Some(Operator::Equal),
        grammar::CompareOp::Ne => None,
        grammar::CompareOp::Co => Some(Operator::Contains),
        grammar::CompareOp::Sw => Some(Operator::StartsWith),
        grammar::CompareOp::Ew => Some(Operator::EndsWith),
        grammar::CompareOp::Gt => Some(Operator::Greater),
        grammar::CompareOp::Ge => Some(Operator::GreaterOrEqual),
        grammar::CompareOp::Lt => Some(Operator::Less),
        grammar::CompareOp::Le => Some(Operator::LessOrEqual),
    }
}

fn operand(path: &Path, operator: &grammar::CompareOp, value: &grammar::CompValue) -> Result<Operand, Refusal> {
    match value {
        grammar::CompValue::True => Ok(Operand::Boolean(true)),
        grammar::CompValue::False => Ok(Operand::Boolean(false)),
        grammar::CompValue::Str(text) => Ok(Operand::Text(text.clone())),
        grammar::CompValue::Null => Err(invalid(format!(
            "null is compared by eq and ne only, and not by {operator}"
        ))),
        grammar::CompValue::Number(_) => Err(invalid(format!("{path} is not a number, and is compared with one"))),
    }
}

#[cfg(test)]
mod tests;
