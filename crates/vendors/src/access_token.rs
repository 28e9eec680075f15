//! An access token as a token endpoint grants it, and as requests carry it.

use std::time::Duration;

use http::HeaderValue;
use serde::Deserialize;
use serde_json::Value;

/// The longest lifetime that is believed; nothing is kept for longer than that.
const LONGEST: Duration = Duration::from_hours(24);
/// The lifetime of a token that does not say how long it is good for, which is optional (RFC 6749 section 5.1). One that
/// ends before is renewed when it is refused.
const UNTOLD: Duration = Duration::from_mins(1);

/// A token as requests carry it. Whatever a token endpoint answers, this can be sent. It has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AccessToken(HeaderValue);

impl AccessToken {
    /// Takes a token of visible ASCII characters (RFC 6750 section 2.1); `None` for any other, which no request can carry.
    fn new(token: &str) -> Option<Self> {
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
        header.set_sensitive(true);
        Some(Self(header))
    }

    /// Stands for the token in previews.
    pub(crate) fn unknown_yet() -> Self {
        let mut header = HeaderValue::from_static("Bearer unknown");
        header.set_sensitive(true);
        Self(header)
    }

    /// The value of the header `Authorization` (RFC 6750), marked as sensitive.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// A token, and for how long it is good.
pub(crate) struct Granted {
    pub(crate) token: AccessToken,
    pub(crate) lifetime: Duration,
}

/// What a token endpoint answers, in either spelling of the names.
#[derive(Deserialize)]
pub(crate) struct Grant {
    #[serde(alias = "accessToken")]
    access_token: String,
    #[serde(default, alias = "expiresIn")]
    expires_in: Value,
}

impl Grant {
    /// What was granted, if requests can carry it.
    pub(crate) fn read(&self) -> Result<Granted, Unsendable> {
        Ok(Granted {
            token: AccessToken::new(&self.access_token).ok_or(Unsendable)?,
            lifetime: lifetime(&self.expires_in),
        })
    }
}

/// A token that no request can carry.
#[derive(Debug, thiserror::Error)]
#[error("the token in it has characters that no header can carry, or none at all")]
pub(crate) struct Unsendable;

/// The seconds for which a token is good: a number or its digits. Whatever else is there says nothing.
fn lifetime(expires_in: &Value) -> Duration {
    let told = match expires_in {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let believed = told
        .filter(|seconds: &f64| !seconds.is_nan())
        .map(|seconds| seconds.clamp(0.0, LONGEST.as_secs_f64()));
    believed.map_or(UNTOLD, Duration::from_secs_f64)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::seconds(json!(3_600), 3_600.0)]
    #[case::at_once(json!(0), 0.0)]
    #[case::never_believed_for_ever(json!(u64::MAX), 86_400.0)]
    #[case::digits("3600".into(), 3_600.0)]
    #[case::not_a_whole_number(json!(3_599.5), 3_599.5)]
    #[case::over_already(json!(-5), 0.0)]
    #[case::not_told(Value::Null, 60.0)]
    #[case::not_a_time("soon".into(), 60.0)]
    #[case::no_number("NaN".into(), 60.0)]
    #[case::something_else(json!({"seconds": 3_600}), 60.0)]
    fn a_lifetime_is_read_as_far_as_it_can_be(#[case] expires_in: Value, #[case] seconds: f64) {
        assert_eq!(lifetime(&expires_in), Duration::from_secs_f64(seconds));
    }
}
