//! Query parameters: read strictly, so that a misspelt filter is refused and not passed over.

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use roster_domain::{Fault, FieldPath, Given, Rule, Violations};
use utoipa::IntoParams;
use uuid::Uuid;

use super::cursor::{self, List};
use crate::refusal::Refusal;

/// The most parameters of one query. No path knows more than a handful.
const MAX_PARAMETERS: usize = 32;

/// The parameters of a query, taken one by one; what is left over at the end is refused.
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
    violations: Violations,
}

/// Which page of a list is asked for.
#[derive(Debug, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page<const N: usize> {
    /// The most records of a page.
    #[param(minimum = 1, maximum = 200, default = 50, required = false)]
    pub(crate) limit: u32,
    /// Where the page begins: `next_cursor` of the page before, unchanged.
    #[param(rename = "cursor", value_type = Option<String>, min_length = 23, max_length = 44, pattern = "^[A-Za-z0-9_-]+$")]
    pub(crate) after: Option<[Uuid; N]>,
}

impl<const N: usize> Page<N> {
    const DEFAULT_LIMIT: u32 = 50;
    const MAX_LIMIT: u32 = 200;

    /// How many records to ask for: one more than the page holds shows whether there is another page.
    pub(crate) fn asked(&self) -> u32 {
        self.limit + 1
    }
}

impl Query {
    /// Splits and decodes a query (WHATWG form encoding, but strict about what is no UTF-8).
    pub(crate) fn parse(uri: &Uri) -> Result<Self, Refusal> {
        let pairs: Vec<&str> = uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .collect();
        if pairs.len() > MAX_PARAMETERS {
            return Err(Refusal::malformed(format!(
                "the query has more than {MAX_PARAMETERS} parameters"
            )));
        }
        let decoded: Option<Vec<_>> = pairs
            .into_iter()
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((decode(name)?, decode(value)?))
            })
            .collect();
        let pairs = decoded.ok_or_else(|| Refusal::malformed("the query is not percent-encoded UTF-8"))?;
        Ok(Self {
            pairs,
            violations: Violations::none(),
        })
    }

    /// The parameters as they were given, for surfaces that pass over those that they do not know.
    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.pairs
    }

    /// A parameter, read; `None` if it is not given, or wrong, which is noted.
    pub(crate) fn take<T>(&mut self, name: &'static str, read: impl FnOnce(&str) -> Result<T, Fault>) -> Option<T> {
        let (values, others): (Vec<_>, Vec<_>) = self.pairs.drain(..).partition(|(given, _)| given == name);
        self.pairs = others;
        let read = match values.as_slice() {
            [] => return None,
            [(_, value)] => read(value),
            _ => Err(Fault::new(
                Rule::Format { expected: "given once" },
                Given::count(values.len(), "times"),
            )),
        };
        self.violations.check(&FieldPath::of(name), read)
    }

    /// A parameter that is `true` or `false`.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.take(name, |value| {
            let rule = Rule::OneOf {
                allowed: &["true", "false"],
            };
            value.parse().map_err(|_| Fault::new(rule, Given::value(value)))
        })
    }

    /// The page that is asked for.
    pub(crate) fn page<const N: usize>(&mut self, list: List) -> Page<N> {
        let limit = self.take("limit", |value| {
            let number = value
                .parse()
                .ok()
                .filter(|number| (1..=Page::<N>::MAX_LIMIT).contains(number));
            let rule = Rule::Format {
                expected: "a whole number from 1 to 200",
            };
            number.ok_or_else(|| Fault::new(rule, Given::value(value)))
        });
        let after = self.take("cursor", |value| {
            let rule = Rule::Format {
                expected: "next_cursor of the page before, unchanged",
            };
            cursor::decode(list, value).ok_or_else(|| Fault::new(rule, Given::value(value)))
        });
        Page {
            limit: limit.unwrap_or(Page::<N>::DEFAULT_LIMIT),
            after,
        }
    }

    /// Refuses everything that was noted, and every parameter that nobody took.
    pub(crate) fn finish(mut self) -> Result<(), Refusal> {
        for (name, _) in &self.pairs {
            let shown: String = name.chars().take(64).collect();
            self.violations
                .push(Fault::new(Rule::UnknownField, Given::value(name)).at(FieldPath::of(shown)));
        }
        self.violations.into_result().map_err(Refusal::invalid_query)
    }
}

/// Takes a query if the path knows no parameters: the extractor for every handler that reads none.
pub(crate) struct NoQuery;

impl<S: Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        Query::parse(&parts.uri)?.finish().map(|()| Self)
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        Self::parse(&parts.uri)
    }
}

/// Undoes percent-encoding; `None` for an incomplete escape and for what is no UTF-8 afterwards.
fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || {
                    char::from(bytes.next()?)
                        .to_digit(16)
                        .and_then(|digit| u8::try_from(digit).ok())
                };
                digit()? * 16 + digit()?
            }
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn query(text: &str) -> Query {
        Query::parse(&format!("/v1/users?{text}").parse().unwrap())
            .map_err(|refusal| refusal.message)
            .unwrap()
    }

    #[expect(clippy::unnecessary_wraps, reason = "what reads a parameter may refuse it")]
    fn text(value: &str) -> Result<String, Fault> {
        Ok(value.to_owned())
    }

    #[test]
    fn parameters_are_decoded() {
        let mut query = query("external_id=a%2Fb+c%26%C3%A9&&active=false");
        assert_eq!(query.take("external_id", text).as_deref(), Some("a/b c&é"));
        assert_eq!(query.flag("active"), Some(false));
        assert!(query.finish().is_ok());
    }

    #[rstest]
    #[case::incomplete_escape("a=%4")]
    #[case::no_hexadecimal("a=%zz")]
    #[case::no_utf8("a=%ff")]
    #[case::no_utf8_in_a_name("%ff=a")]
    fn a_query_that_is_no_text_is_refused(#[case] text: &str) {
        let refusal = Query::parse(&format!("/?{text}").parse().unwrap()).err().unwrap();
        assert_eq!(refusal.status, 400);
    }

    #[test]
    fn everything_that_is_wrong_is_named_together() {
        let mut query = query("limit=0&cursor=x&active=yes&colour=red&email=a&email=b");
        let page = query.page::<1>(List::Users);
        assert_eq!(query.flag("active"), None);
        assert_eq!(query.take("email", text), None);
        assert_eq!(page, Page { limit: 50, after: None });

        let refusal = query.finish().unwrap_err();

        assert_eq!(refusal.status, 400);
        insta::assert_snapshot!(refusal.violations, @r#"
        limit must be a whole number from 1 to 200; given: "0"
        cursor must be next_cursor of the page before, unchanged; given: "x"
        active must be one of true, false; given: "yes"
        email must be given once; given: 2 times
        colour is not a field of this request; given: "colour"
        "#);
    }

    #[rstest]
    #[case("limit=1", 1)]
    #[case("limit=200", 200)]
    #[case("", 50)]
    fn the_limit_of_a_page_is_1_to_200_and_50_by_default(#[case] text: &str, #[case] limit: u32) {
        let mut query = query(text);
        assert_eq!(query.page::<1>(List::Users).limit, limit);
        assert!(query.finish().is_ok());
    }
}
