//! What the vendor answers, as a client reads it: an answer is not thrown away over a field that nobody reads, or over
//! a number where the documents say text.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::ErrorCode;

/// What is needed of a [`super::CheckedUser`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedCheck {
    /// Whether a user has the address.
    pub is_user_exists: bool,
    /// Who has it: the vendor's id, as it came.
    #[serde(default)]
    pub user_id: Option<String>,
    /// The address as it is on file.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether the user may work.
    #[serde(default)]
    pub is_active: Option<bool>,
}

/// What is needed of a provider, whether it was made, read or changed, in either version.
///
/// The vendor's own example shows NPI and telephone number as JSON numbers although its schema has text; both are read.
/// So are ids of partners, who often have numbers for them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedProvider {
    /// The vendor's id, as it came.
    pub user_id: String,
    /// The id in the partner's system.
    #[serde(default, deserialize_with = "text_or_number")]
    pub partner_user_id: Option<String>,
    /// The first name.
    #[serde(default)]
    pub first_name: Option<String>,
    /// The last name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// The e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// The page on which the user signs up; only of one who was made just now.
    #[serde(default)]
    pub invite_url: Option<String>,
    /// The provider's own room; only of one who was made just now.
    #[serde(default)]
    pub private_room_link: Option<String>,
    /// The National Provider Identifier.
    #[serde(default, deserialize_with = "text_or_number")]
    pub national_provider_identifier: Option<String>,
    /// The number of the therapist's licence.
    #[serde(default, deserialize_with = "text_or_number")]
    pub therapy_licence: Option<String>,
    /// The telephone number within the country.
    #[serde(default, deserialize_with = "text_or_number")]
    pub phone_number: Option<String>,
    /// The country's calling code, or its two letters.
    #[serde(default, deserialize_with = "text_or_number")]
    pub phone_country_code: Option<String>,
    /// The note templates to begin with; `None` where the answer does not say.
    #[serde(default)]
    pub default_note_template_ids: Option<Vec<String>>,
    /// How notes refer to the provider; also words that are not known yet.
    #[serde(default)]
    pub note_identifier: Option<String>,
    /// The kind of session that notes are written for, under either of its names (V1); also words that are not known
    /// yet.
    #[serde(default, alias = "defaultNotesType")]
    pub default_session_type: Option<String>,
}

/// What is needed of a generic user, in either version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedUser {
    /// The vendor's id, as it came. The vendor documents it without requiring it; a user without one cannot be spoken
    /// of.
    pub user_id: String,
    /// The id in the partner's system.
    #[serde(default, deserialize_with = "text_or_number")]
    pub partner_user_id: Option<String>,
    /// The first name.
    #[serde(default)]
    pub first_name: Option<String>,
    /// The last name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// The e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// The page on which the user signs up.
    #[serde(default)]
    pub invite_url: Option<String>,
    /// The provider's own room.
    #[serde(default)]
    pub private_room_link: Option<String>,
    /// The pronoun; also words that are not known yet.
    #[serde(default)]
    pub pronoun: Option<String>,
    /// The day of birth.
    #[serde(default)]
    pub date_of_birth: Option<String>,
}

/// What an answer to an activation or a deactivation may say. None is documented, so that nothing is needed of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReportedSwitch {
    /// The vendor's id, as it came.
    pub user_id: Option<String>,
    /// Whether the user may work.
    pub is_active: Option<bool>,
}

/// What can be made out of an error body, whatever it is: the vendor documents none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportedError {
    /// What happened, for people: one line, cut short. `None` where the body is empty.
    pub message: Option<String>,
    /// The kind of error, where it is named.
    pub code: Option<String>,
}

impl ReportedError {
    /// Whether the error has the form of an API's at all, which a proxy's or another server's has not.
    #[must_use]
    pub fn is_of_an_api(&self) -> bool {
        self.code.is_some()
    }

    /// Whether it is of a kind that is known.
    #[must_use]
    pub fn is(&self, code: ErrorCode) -> bool {
        self.code.as_deref() == Some(code.name())
    }

    /// The most characters that are kept of a message.
    pub const MAX_MESSAGE_CHARACTERS: usize = 300;
    /// Where messages are found, the best first.
    const MESSAGE_KEYS: [&str; 5] = ["message", "detail", "title", "msg", "error"];
    /// Where the kind of error is found, the best first.
    const CODE_KEYS: [&str; 3] = ["code", "errorCode", "error"];

    /// Reads an error body. It never fails; what cannot be read is kept as text.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let whole = || one_line(&String::from_utf8_lossy(body));
        let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
            return Self {
                message: whole(),
                code: None,
            };
        };
        // An `error` may be an object that holds all the rest.
        let object = match object.get("error") {
            Some(Value::Object(inner)) => inner,
            _ => &object,
        };
        // Frameworks that list every broken rule put an array of texts where the message is.
        let message = |key: &str| match object.get(key)? {
            Value::String(text) => one_line(text),
            Value::Array(entries) => {
                let texts: Vec<&str> = entries.iter().filter_map(Value::as_str).collect();
                one_line(&texts.join("; "))
            }
            _ => None,
        };
        let code = |key: &str| object.get(key)?.as_str().and_then(one_line);
        Self {
            message: Self::MESSAGE_KEYS.into_iter().find_map(message).or_else(whole),
            code: Self::CODE_KEYS.into_iter().find_map(code),
        }
    }
}

/// A text as one line, without control characters, cut after [`ReportedError::MAX_MESSAGE_CHARACTERS`].
fn one_line(text: &str) -> Option<String> {
    let mut characters = text.trim().chars();
    let mut line: String = characters
        .by_ref()
        .take(ReportedError::MAX_MESSAGE_CHARACTERS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if characters.next().is_some() {
        line.push('…');
    }
    (!line.is_empty()).then_some(line)
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Text(String),
        Number(serde_json::Number),
    }
    let given = Option::<Given>::deserialize(deserializer)?;
    Ok(given.map(|given| match given {
        Given::Text(text) => text,
        Given::Number(number) => number.to_string(),
    }))
}
