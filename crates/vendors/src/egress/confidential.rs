//! What a call carries that nobody may see, and its masking in what the vendor says: a vendor may repeat what it was sent.

use http::HeaderMap;
use roster_application::credentials::Credentials;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::MASK;

/// A part of a secret that is as long as this is masked too: vendors cut what they repeat, and so does who reads it.
const TELLING_CHARACTERS: usize = 12;

/// What a call carries that nobody may see. Headers that are marked as sensitive are among it by themselves.
#[derive(Clone)]
pub(crate) struct Confidential(Vec<SecretString>);

impl Confidential {
    /// Of a call in nobody's name.
    pub(crate) fn nothing() -> Self {
        Self(Vec::new())
    }

    /// Of a call with these credentials, whichever part of them it carries.
    pub(crate) fn of(credentials: &Credentials) -> Self {
        let secret = match credentials {
            Credentials::OAuthClient { private_key, .. } => private_key,
            Credentials::ApiKey { api_key } => api_key,
            Credentials::ServiceAccount { password, .. } => password,
        };
        Self::nothing().and(secret.expose_secret())
    }

    /// The same with another secret.
    #[must_use]
    pub(crate) fn and(mut self, secret: &str) -> Self {
        let secret = secret.trim();
        if !secret.is_empty() {
            self.0.push(secret.into());
        }
        self
    }

    /// The same with what the headers of the call carry, without the scheme in front.
    pub(super) fn and_of_headers(self, headers: &HeaderMap) -> Self {
        let sensitive = headers.values().filter(|value| value.is_sensitive());
        let texts = sensitive.filter_map(|value| value.to_str().ok());
        texts.fold(self, |all, text| all.and(text.strip_prefix("Bearer ").unwrap_or(text)))
    }

    /// A body in which no secret is whole. Of JSON it masks every text, however it is escaped.
    pub(super) fn masked_body(&self, body: &[u8]) -> Vec<u8> {
        let Ok(mut value) = serde_json::from_slice(body) else {
            return self.without_whole(&String::from_utf8_lossy(body)).into_bytes();
        };
        self.mask_in(&mut value);
        value.to_string().into_bytes()
    }

    /// A text in which there is no secret, nor a telling part of one.
    pub(super) fn masked(&self, text: &str) -> String {
        let secrets = self.0.iter().map(ExposeSecret::expose_secret);
        secrets.fold(self.without_whole(text), |text, secret| without_parts(&text, secret))
    }

    fn without_whole(&self, text: &str) -> String {
        let secrets = self.0.iter().map(ExposeSecret::expose_secret);
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
    }

    fn mask_in(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.without_whole(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_in(item)),
            Value::Object(fields) => {
                let masked = std::mem::take(fields).into_iter().map(|(name, mut value)| {
                    self.mask_in(&mut value);
                    (self.without_whole(&name), value)
                });
                *fields = masked.collect();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// A text without the telling parts of a secret.
fn without_parts(text: &str, secret: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let common = common_length(rest, secret);
        let (taken, shown) = if rest[..common].chars().count() >= TELLING_CHARACTERS {
            (common, MASK)
        } else {
            let first = rest.chars().next().map_or(rest.len(), char::len_utf8);
            (first, &rest[..first])
        };
        masked.push_str(shown);
        rest = &rest[taken..];
    }
    masked
}

/// How much of the beginning of a text is a part of a secret, in bytes.
fn common_length(text: &str, secret: &str) -> usize {
    let mut longest = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if !secret.contains(&text[..end]) {
            break;
        }
        longest = end;
    }
    longest
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use rstest::rstest;

    use super::*;

    const SECRET: &str = "s3cr3t-\"key\"/0123456789";

    fn confidential() -> Confidential {
        Confidential::nothing().and(SECRET)
    }

    #[rstest]
    #[case::as_a_text(serde_json::json!({ "message": format!("bad key {SECRET}!") }).to_string())]
    #[case::as_a_name(serde_json::json!({ SECRET: "unknown" }).to_string())]
    #[case::deep_inside(serde_json::json!({ "errors": [{ "given": [SECRET] }] }).to_string())]
    #[case::escaped(format!(r#"{{"message":"{}"}}"#, SECRET.replace('"', r"\u0022").replace('/', r"\/")))]
    #[case::without_any_form(format!("bad key {SECRET}!"))]
    fn a_secret_in_a_body_is_masked(#[case] body: String) {
        let masked = String::from_utf8(confidential().masked_body(body.as_bytes())).expect("text");

        assert!(masked.contains(MASK), "{masked}");
        assert!(!masked.contains("0123456789"), "{masked}");
    }

    #[test]
    fn a_secret_that_was_cut_is_masked_too_and_all_else_is_kept() {
        let masked = confidential().masked("ü: bad key s3cr3t-\"key\"/01…, key 42");

        assert_eq!(masked, "ü: bad key ***…, key 42");
    }

    #[test]
    fn what_a_sensitive_header_carries_is_masked_without_being_named() {
        let mut headers = HeaderMap::new();
        let mut token = HeaderValue::from_static("Bearer a-token");
        token.set_sensitive(true);
        headers.insert("authorization", token);
        headers.insert("accept", HeaderValue::from_static("everything"));

        let confidential = Confidential::nothing().and_of_headers(&headers);

        assert_eq!(confidential.masked("a-token takes everything"), "*** takes everything");
    }
}
