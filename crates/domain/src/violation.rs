//! What is wrong with a request: which field, which limit, and what was given.

use std::borrow::Cow;
use std::fmt;

/// Where in a request a value stands, from the outside in: `settings`, then `speech_locale`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FieldPath(Vec<Cow<'static, str>>);

impl FieldPath {
    /// The request as a whole.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// A field at the top of the request.
    #[must_use]
    pub fn of(name: impl Into<Cow<'static, str>>) -> Self {
        Self(vec![name.into()])
    }

    /// A field, key or index inside this one.
    #[must_use]
    pub fn then(&self, name: impl Into<Cow<'static, str>>) -> Self {
        let mut segments = self.0.clone();
        segments.push(name.into());
        Self(segments)
    }

    /// The longest name, in characters, that callers may choose and that is kept whole in a path.
    const LONGEST_CHOSEN: usize = 256;

    /// A key inside this one that the caller chose. It may be of any length, and is cut after 256 characters, so that
    /// what is said about it stays readable.
    #[must_use]
    pub fn then_chosen(&self, name: &str) -> Self {
        self.then(name.chars().take(Self::LONGEST_CHOSEN).collect::<String>())
    }

    /// The path under another name: the first pair whose dotted name the path begins with decides.
    fn renamed(self, names: &[(&str, &'static [&'static str])]) -> Self {
        let matching = names.iter().find_map(|(name, to)| {
            let count = name.split('.').count();
            (self.0.len() >= count && name.split('.').eq(self.segments().take(count))).then_some((count, to))
        });
        let Some((count, to)) = matching else { return self };
        let front = to.iter().copied().map(Cow::Borrowed);
        Self(front.chain(self.0.into_iter().skip(count)).collect())
    }

    /// The names on the way, from the outside in.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The path as a JSON Pointer (RFC 6901); the whole request is the empty string.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.0.iter().fold(String::new(), |mut pointer, segment| {
            pointer.push('/');
            pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
            pointer
        })
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the request");
        }
        for (index, segment) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            // An empty name would not be seen.
            f.write_str(if segment.is_empty() { "\"\"" } else { segment })?;
        }
        Ok(())
    }
}

/// The rule that a value breaks, with the limit it sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// The field must be given.
    Required,
    /// The field may be left out, but not be null.
    NotNull,
    /// The value must be of this JSON type.
    Type {
        /// The type in words, such as `a string`.
        expected: &'static str,
    },
    /// The text must have this many of a unit.
    Length {
        /// The fewest that are accepted.
        min: usize,
        /// The most that are accepted.
        max: usize,
        /// What is counted: `characters` are Unicode scalar values, `bytes` are bytes of UTF-8.
        unit: &'static str,
    },
    /// The collection may have this many entries at the most.
    Entries {
        /// The most that are accepted.
        max: usize,
    },
    /// The text must have this form.
    Format {
        /// The form in words, such as `an e-mail address`.
        expected: &'static str,
    },
    /// The value must be one of these.
    OneOf {
        /// Every accepted value, in the spelling that is accepted.
        allowed: &'static [&'static str],
    },
    /// The value must differ from that of another field.
    DiffersFrom {
        /// The other field.
        other: &'static str,
    },
    /// The field only goes with a certain value of another field.
    OnlyWith {
        /// The other field.
        other: &'static str,
        /// The value it must have.
        value: &'static str,
    },
    /// The value looks like patient data, which does not belong here.
    PatientData {
        /// What it looks like, such as `a social security number`.
        resembles: &'static str,
    },
    /// The surface does not know a field of this name.
    UnknownField,
    /// The surface does not let this field be set, with the reason.
    ReadOnly,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("is required"),
            Self::NotNull => f.write_str("must not be null"),
            Self::Length { min: 0, max, unit } => write!(f, "must have at most {max} {unit}"),
            Self::Length { min, max, unit } => write!(f, "must have {min} to {max} {unit}"),
            Self::Entries { max } => write!(f, "must have at most {max} entries"),
            Self::Type { expected } | Self::Format { expected } => write!(f, "must be {expected}"),
            Self::OneOf { allowed } => write!(f, "must be one of {}", allowed.join(", ")),
            Self::DiffersFrom { other } => write!(f, "must differ from {other}"),
            Self::OnlyWith { other, value } => write!(f, "goes only with {other} {value}"),
            Self::PatientData { resembles } => {
                write!(f, "must not hold patient data, and this looks like {resembles}")
            }
            Self::UnknownField => f.write_str("is not a field of this request"),
            Self::ReadOnly => f.write_str("is set by Roster and cannot be changed"),
        }
    }
}

/// What was given instead, in words that are safe to show: shortened, and never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given(String);

impl Given {
    /// The most characters of a value that are repeated back.
    const SHOWN: usize = 64;

    /// Nothing was given.
    #[must_use]
    pub fn nothing() -> Self {
        Self("nothing".to_owned())
    }

    /// The value itself, quoted, its control characters escaped, and cut after 64 characters.
    #[must_use]
    pub fn value(value: &str) -> Self {
        let mut shown: String = value.chars().take(Self::SHOWN).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        Self(format!("{shown:?}"))
    }

    /// A number of something, such as `257 characters`.
    #[must_use]
    pub fn count(count: usize, unit: &str) -> Self {
        Self(format!("{count} {unit}"))
    }

    /// A kind of thing, such as `a number`; for values that must not be repeated, too.
    #[must_use]
    pub fn kind(kind: &str) -> Self {
        Self(kind.to_owned())
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A broken rule that does not yet know which field it stands in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it {rule}; given: {given}")]
pub struct Fault {
    /// The rule that is broken.
    pub rule: Rule,
    /// What was given.
    pub given: Given,
}

impl Fault {
    /// Makes a fault.
    #[must_use]
    pub fn new(rule: Rule, given: Given) -> Self {
        Self { rule, given }
    }

    /// Says which field the fault is in.
    #[must_use]
    pub fn at(self, field: FieldPath) -> Violation {
        Violation {
            field,
            rule: self.rule,
            given: self.given,
        }
    }
}

/// One broken rule, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field that breaks the rule.
    pub field: FieldPath,
    /// The rule that is broken.
    pub rule: Rule,
    /// What was given.
    pub given: Given,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}; given: {}", self.field, self.rule, self.given)
    }
}

/// Every broken rule of one request, in the order of the fields.
#[derive(Debug, Clone, PartialEq, Eq, Default, thiserror::Error)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// None yet.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, violation: Violation) {
        self.0.push(violation);
    }

    /// Adds all of another list.
    pub fn extend(&mut self, others: Violations) {
        self.0.extend(others.0);
    }

    /// Takes a checked value, or notes what is wrong with it and goes on.
    pub fn check<T>(&mut self, field: &FieldPath, checked: Result<T, Fault>) -> Option<T> {
        checked.map_err(|fault| self.push(fault.at(field.clone()))).ok()
    }

    /// The same violations under the names that a surface has for the fields: a path that begins with the first of a
    /// pair begins with the second instead, and all else stays.
    #[must_use]
    pub fn renamed(self, names: &[(&str, &'static [&'static str])]) -> Self {
        let renamed = |mut violation: Violation| {
            violation.field = violation.field.renamed(names);
            violation
        };
        Self(self.0.into_iter().map(renamed).collect())
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The broken rules, one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }

    /// `Ok` where nothing is wrong, else all that is.
    pub fn into_result(self) -> Result<(), Violations> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Self(vec![violation])
    }
}

impl FromIterator<Violation> for Violations {
    fn from_iter<I: IntoIterator<Item = Violation>>(violations: I) -> Self {
        Self(violations.into_iter().collect())
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            violation.fmt(f)?;
        }
        Ok(())
    }
}
