//! The error envelope: written strictly, read leniently.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The error envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NablaError)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// What happened, for people.
    pub message: String,
    /// The kind of error, as a number.
    pub code: i64,
    /// The kind of error, as a name.
    pub name: String,
    /// What support finds the request by.
    pub trace_id: String,
    /// Hints for developers.
    pub debugging_hints: Vec<String>,
}

impl ErrorBody {
    /// Describes an error of a kind.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>, trace_id: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: kind.code,
            name: kind.name.to_owned(),
            trace_id: trace_id.into(),
            debugging_hints: Vec::new(),
        }
    }
}

/// A kind of error, by number and name.
///
/// Of the vendor's own list one entry is known, [`Self::ENTITY_NOT_FOUND`]. The others are Roster's, in the
/// vendor's style, with numbers from a range in which none of the vendor's has been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorKind {
    /// The number.
    pub code: i64,
    /// The name, in capitals.
    pub name: &'static str,
}

impl ErrorKind {
    /// There is no such thing. The vendor's own; it comes with status 400.
    pub const ENTITY_NOT_FOUND: Self = Self {
        code: 20_000,
        name: "ENTITY_NOT_FOUND",
    };
    /// Another record has what must be unique.
    pub const ENTITY_ALREADY_EXISTS: Self = Self {
        code: 90_001,
        name: "ENTITY_ALREADY_EXISTS",
    };
    /// The request breaks rules.
    pub const INVALID_REQUEST: Self = Self {
        code: 90_002,
        name: "INVALID_REQUEST",
    };
    /// Who calls is not known.
    pub const UNAUTHENTICATED: Self = Self {
        code: 90_003,
        name: "UNAUTHENTICATED",
    };
    /// Who calls may not do this.
    pub const FORBIDDEN: Self = Self {
        code: 90_004,
        name: "FORBIDDEN",
    };
    /// There is no such route.
    pub const ROUTE_NOT_FOUND: Self = Self {
        code: 90_005,
        name: "ROUTE_NOT_FOUND",
    };
    /// The version that is asked for is not one.
    pub const UNSUPPORTED_API_VERSION: Self = Self {
        code: 90_006,
        name: "UNSUPPORTED_API_VERSION",
    };
    /// Too many requests.
    pub const RATE_LIMITED: Self = Self {
        code: 90_007,
        name: "RATE_LIMITED",
    };
    /// The server failed.
    pub const INTERNAL_ERROR: Self = Self {
        code: 90_008,
        name: "INTERNAL_ERROR",
    };
    /// The server cannot serve the request now.
    pub const UNAVAILABLE: Self = Self {
        code: 90_009,
        name: "UNAVAILABLE",
    };

    /// What the names of errors contain that say that a record exists already. The vendor publishes none, so this
    /// is what such names usually look like.
    const DUPLICATE_WORDS: [&str; 5] = [
        "ALREADY_EXIST",
        "ALREADY_IN_USE",
        "ALREADY_USED",
        "DUPLICATE",
        "CONFLICT",
    ];
}

/// What can be made out of an error body, whatever it is: the vendor warns that it may not even be JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportedError {
    /// What happened, for people: one line, cut short. `None` where the body is empty.
    pub message: Option<String>,
    /// The kind of error, as a number.
    pub code: Option<i64>,
    /// The kind of error, as a name.
    pub name: Option<String>,
}

impl ReportedError {
    /// The most characters that are kept of a message.
    pub const MAX_MESSAGE_CHARACTERS: usize = 300;
    /// Where messages are found, the best first.
    const MESSAGE_KEYS: [&str; 5] = ["message", "error_description", "detail", "title", "error"];

    /// Reads an error body. It never fails; what cannot be read is kept as text.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
            return Self {
                message: one_line(&String::from_utf8_lossy(body)),
                ..Self::default()
            };
        };
        // An `error` may be an object that holds the envelope.
        let object = match object.get("error") {
            Some(Value::Object(inner)) => inner,
            _ => &object,
        };
        let text = |key: &str| object.get(key).and_then(Value::as_str).and_then(one_line);
        let code = object.get("code");
        let numeric = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
        Self {
            message: Self::MESSAGE_KEYS
                .into_iter()
                .find_map(text)
                .or_else(|| one_line(&String::from_utf8_lossy(body))),
            code: code.and_then(numeric),
            name: text("name").or_else(|| text("code").filter(|code| code.parse::<i64>().is_err())),
        }
    }

    /// Whether the error has the vendor's form at all, which a proxy's or another server's has not.
    #[must_use]
    pub fn is_of_the_vendor(&self) -> bool {
        self.code.is_some() || self.name.is_some()
    }

    /// Whether the error says that there is no such user.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        let kind = ErrorKind::ENTITY_NOT_FOUND;
        self.code == Some(kind.code) || self.name.as_deref() == Some(kind.name)
    }

    /// Whether the error says, by its name, that a record exists already. The text for people is not looked at.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        let name = self.name.as_deref().unwrap_or_default().to_ascii_uppercase();
        ErrorKind::DUPLICATE_WORDS.iter().any(|word| name.contains(word))
    }
}

/// A text as one line, without control characters, cut after [`ReportedError::MAX_MESSAGE_CHARACTERS`].
fn one_line(text: &str) -> Option<String> {
    let mut line = String::new();
    for (count, c) in text.trim().chars().enumerate() {
        if count == ReportedError::MAX_MESSAGE_CHARACTERS {
            line.push('…');
            break;
        }
        line.push(if c.is_control() { ' ' } else { c });
    }
    (!line.is_empty()).then_some(line)
}
