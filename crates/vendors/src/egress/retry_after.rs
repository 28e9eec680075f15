//! `Retry-After` (RFC 9110 section 10.2.3): seconds or a date.

use std::time::{Duration, SystemTime};

use roster_domain::Timestamp;

/// What a server asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetryAfter {
    In(Duration),
    At(Timestamp),
}

impl RetryAfter {
    /// Reads the header's value; one that is neither form is passed over.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            // More seconds than can be counted are as many as can be.
            return Some(Self::In(Duration::from_secs(text.parse().unwrap_or(u64::MAX))));
        }
        http_date(text).map(Self::At)
    }

    /// How long that is from now. A date that is past is no wait.
    pub(super) fn from(self, now: Timestamp) -> Duration {
        match self {
            Self::In(wait) => wait,
            Self::At(at) => (at - now).to_std().unwrap_or_default(),
        }
    }
}

/// Reads a date in any of the three forms that HTTP allows.
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    httpdate::parse_http_date(text)
        .ok()
        .map(<Timestamp as From<SystemTime>>::from)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("120", 120)]
    #[case(" 0 ", 0)]
    #[case("99999999999999999999999999", u64::MAX)]
    #[case("Sun, 06 Nov 1994 08:49:39 GMT", 2)]
    #[case("Sunday, 06-Nov-94 08:49:39 GMT", 2)]
    #[case("Sun Nov  6 08:49:39 1994", 2)]
    #[case("Sun, 06 Nov 1994 08:49:30 GMT", 0)]
    fn both_forms_say_how_long_to_wait(#[case] text: &str, #[case] seconds: u64) {
        let now = "1994-11-06T08:49:37Z".parse().unwrap();

        let wait = RetryAfter::parse(text).map(|asked| asked.from(now));

        assert_eq!(wait, Some(Duration::from_secs(seconds)));
    }

    #[rstest]
    #[case("")]
    #[case("-1")]
    #[case("1.5")]
    #[case("soon")]
    #[case("2026-07-01T00:00:00Z")]
    fn anything_else_asks_for_nothing(#[case] text: &str) {
        assert_eq!(RetryAfter::parse(text), None);
    }
}
