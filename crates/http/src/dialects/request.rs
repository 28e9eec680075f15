//! Reading what a dialect is sent: leniently where it is harmless, and with all violations at once.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Uri};
use roster_domain::{Fault, FieldPath, Given, Rule, Violations};
use roster_wire::field::{kind, read_object};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::body;
use crate::refusal::Refusal;

/// Reads a body that must be JSON.
///
/// A request without any `Content-Type` is taken at its word, as vendors' clients are known to leave it out; one
/// with another type is refused.
pub(crate) async fn json(headers: &HeaderMap, body: Body) -> Result<Value, Refusal> {
    parse(headers, &body::bytes(body).await?)
}

/// The same for a body that was read already.
pub(crate) fn parse(headers: &HeaderMap, bytes: &[u8]) -> Result<Value, Refusal> {
    if headers.contains_key(CONTENT_TYPE) {
        body::json(headers, bytes)
    } else {
        body::parse(bytes)
    }
}

/// Reads a body that must be a JSON object, as a request whose fields are looked at later, and all of them.
pub(crate) async fn read<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Refusal> {
    let value = json(headers, body).await?;
    let mut violations = Violations::none();
    read_object(value, &FieldPath::root(), &mut violations).ok_or_else(|| Refusal::invalid(violations))
}

/// Reads a body that may be left out, and else must be a JSON object, whose members do not matter.
pub(crate) async fn empty_object(headers: &HeaderMap, body: Body) -> Result<(), Refusal> {
    let bytes = body::bytes(body).await?;
    if bytes.is_empty() {
        return Ok(());
    }
    object(parse(headers, &bytes)?).map(drop)
}

/// The members of a JSON object; anything else is a violation of the request as a whole.
pub(crate) fn object(value: Value) -> Result<Map<String, Value>, Refusal> {
    match value {
        Value::Object(members) => Ok(members),
        other => {
            let fault = Fault::new(Rule::Type { expected: "an object" }, Given::kind(kind(&other)));
            Err(Refusal::invalid(fault.at(FieldPath::root()).into()))
        }
    }
}

/// Takes a text that must be there. What is given is never repeated: it may be a secret.
pub(crate) fn required_text(
    members: &mut Map<String, Value>,
    name: &'static str,
    violations: &mut Violations,
) -> Option<String> {
    let fault = match members.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => return Some(text),
        None | Some(Value::Null | Value::String(_)) => Fault::new(Rule::Required, Given::nothing()),
        Some(other) => Fault::new(Rule::Type { expected: "a string" }, Given::kind(kind(&other))),
    };
    violations.push(fault.at(FieldPath::of(name)));
    None
}

/// The parameters of a query, or of a form: names and values, percent-decoded, in their order.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Those of a query.
    pub(crate) fn of_query(uri: &Uri) -> Self {
        Self::parse(uri.query().unwrap_or_default().as_bytes())
    }

    /// Those of `name=value&…`.
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// Every value of a name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a name that may be given once at the most.
    pub(crate) fn one(&self, name: &'static str, violations: &mut Violations) -> Option<&str> {
        let mut values = self.all(name);
        let value = values.next()?;
        if values.next().is_some() {
            let rule = Rule::Format { expected: "given once" };
            violations.push(Fault::new(rule, Given::kind("more than one")).at(FieldPath::of(name)));
            return None;
        }
        Some(value)
    }

    /// The value of a name, read; what cannot be read is noted as a violation of the rule.
    pub(crate) fn read<T>(
        &self,
        name: &'static str,
        rule: Rule,
        violations: &mut Violations,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.one(name, violations)?;
        let value = read(text);
        if value.is_none() {
            violations.push(Fault::new(rule, Given::value(text)).at(FieldPath::of(name)));
        }
        value
    }

    /// Those of some names as the members of a JSON object, so that a form is read like one. Each may be given once; others
    /// are passed over, however often they are given.
    pub(crate) fn into_members(self, names: &[&'static str], violations: &mut Violations) -> Map<String, Value> {
        let mut members = Map::new();
        for name in names {
            // One that is given more often is noted, and is not missing besides.
            self.one(name, violations);
            if let Some(value) = self.all(name).last() {
                members.insert((*name).to_owned(), Value::from(value));
            }
        }
        members
    }
}
