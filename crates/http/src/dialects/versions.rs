//! Which version of an API a request asks for, where the vendor has versions within one path.

use axum::http::{HeaderMap, Uri};
use roster_domain::{Fault, FieldPath, Given, Rule, Violations};

use super::request::Parameters;
use crate::refusal::Refusal;

/// Where a request names a version, and which there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Versions {
    /// The header, in lower case.
    pub(crate) header: &'static str,
    /// The query parameter, for where no header can be sent.
    pub(crate) query: &'static str,
    /// Every version: the oldest first, and those not released yet last.
    pub(crate) known: &'static [&'static str],
}

impl Versions {
    /// The version that a request asks for, if it does: that of the header, else that of the query, which is meant for where
    /// no header can be sent.
    ///
    /// A version that does not exist is refused in either place, rather than passed over: the client has a mistake in its base
    /// URL or its configuration. The vendor's answer to that is not known.
    pub(crate) fn asked(self, headers: &HeaderMap, uri: &Uri) -> Result<Option<&'static str>, Refusal> {
        let mut violations = Violations::none();
        let mut given = headers.get_all(self.header).iter();
        let in_header = match (given.next(), given.next()) {
            (None, _) => None,
            (Some(value), None) => {
                let text = String::from_utf8_lossy(value.as_bytes());
                self.find(self.header, &text, &mut violations)
            }
            (Some(_), Some(_)) => {
                let fault = Fault::new(Rule::Format { expected: "given once" }, Given::kind("more than one"));
                violations.push(fault.at(FieldPath::of(self.header)));
                None
            }
        };
        let parameters = Parameters::of_query(uri);
        let in_query = parameters.one(self.query, &mut violations);
        let in_query = in_query.and_then(|text| self.find(self.query, text, &mut violations));
        violations.into_result()?;
        Ok(in_header.or(in_query))
    }

    /// The version that holds for a request: the one that it asks for, else the pinned one.
    pub(crate) fn negotiate(
        self,
        headers: &HeaderMap,
        uri: &Uri,
        pinned: &'static str,
    ) -> Result<&'static str, Refusal> {
        Ok(self.asked(headers, uri)?.unwrap_or(pinned))
    }

    fn find(self, place: &'static str, text: &str, violations: &mut Violations) -> Option<&'static str> {
        let version = self.known.iter().find(|version| **version == text.trim()).copied();
        if version.is_none() {
            let fault = Fault::new(Rule::OneOf { allowed: self.known }, Given::value(text));
            violations.push(fault.at(FieldPath::of(place)));
        }
        version
    }
}
