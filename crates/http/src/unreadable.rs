//! Why JSON that is written correctly cannot be read: it is nested too deeply, or a number or a text has no value.

use serde::de::IgnoredAny;
use serde_json::Number;

/// The most levels of arrays and objects that are read.
const MAX_DEPTH: usize = 127;

/// What stands in the way, in words; `None` where the text is not JSON in the first place.
pub(crate) fn why(text: &[u8]) -> Option<&'static str> {
    // Reading without keeping anything takes any depth, numbers of any size and escapes of any kind: what passes is JSON
    // (RFC 8259), and the tokens below begin and end where they seem to.
    serde_json::from_slice::<IgnoredAny>(text).ok()?;
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(first) = rest.first() {
        let length = match first {
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some("the body is nested more than 127 levels deep");
                }
                1
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                1
            }
            b'"' => string(rest),
            b'-' | b'0'..=b'9' => number(rest),
            _ => 1,
        };
        let (token, after) = rest.split_at_checked(length)?;
        if first == &b'"' && serde_json::from_slice::<String>(token).is_err() {
            return Some("the body has a string with half of a surrogate pair, which is no character");
        }
        if length > 1 && first != &b'"' && serde_json::from_slice::<Number>(token).is_err() {
            return Some("the body has a number that is out of range");
        }
        rest = after;
    }
    None
}

/// The bytes of the string that the text begins with.
fn string(text: &[u8]) -> usize {
    let mut escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let is_end = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 2)
}

/// The bytes of the number that the text begins with.
fn number(text: &[u8]) -> usize {
    let end = text
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::Value;

    use super::*;

    #[rstest]
    #[case::too_deep(&"[".repeat(128).chars().chain("]".repeat(128).chars()).collect::<String>(), Some("127 levels"))]
    #[case::far_too_deep(&format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000)), Some("127 levels"))]
    #[case::number_out_of_range(r#"{"a": [1, -1e400]}"#, Some("out of range"))]
    #[case::lone_surrogate(r#"{"a\\": "x", "b": "\ud800"}"#, Some("surrogate"))]
    #[case::lone_surrogate_in_a_key(r#"{"\udc00": 1}"#, Some("surrogate"))]
    #[case::no_json("{'a': 1}", None)]
    #[case::no_json_that_looks_deep(&"[".repeat(1_000), None)]
    #[case::no_json_with_a_large_number("1e400x", None)]
    fn what_cannot_be_read_is_said_to_be_what_it_is(#[case] text: &str, #[case] expected: Option<&str>) {
        assert!(serde_json::from_str::<Value>(text).is_err());

        let found = why(text.as_bytes());

        match (found, expected) {
            (Some(found), Some(expected)) => assert!(found.contains(expected), "{found}"),
            (found, expected) => assert_eq!(found, expected),
        }
    }

    #[rstest]
    #[case::as_deep_as_can_be(&"[".repeat(127).chars().chain("]".repeat(127).chars()).collect::<String>())]
    #[case::wide(&format!("[{}[]]", "[],".repeat(1_000)))]
    #[case::brackets_in_a_string(&format!(r#""\"{}""#, "[".repeat(1_000)))]
    #[case::the_largest_number("[1.7976931348623157e308, 18446744073709551615, -0]")]
    #[case::a_surrogate_pair(r#"["\ud83d\ude00\\", "\\\"", 1]"#)]
    fn in_what_can_be_read_nothing_is_found(#[case] text: &str) {
        assert!(serde_json::from_str::<Value>(text).is_ok());
        assert_eq!(why(text.as_bytes()), None);
    }
}
