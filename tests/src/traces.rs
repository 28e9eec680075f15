//! Looking for secrets where none may be, in every form in which one can be written down without hiding it.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

/// How the header of every JSON Web Token begins, in base64: `{"`.
const TOKENS_BEGIN: &str = "eyJ";
/// So many characters has the shortest header that says how the token is signed, `{"alg":"RS256"}`.
const TOKENS_HEADER: usize = 20;

/// Something secret.
#[derive(Debug, Clone)]
pub struct Secret {
    /// What it is, for messages.
    pub name: String,
    /// What it was issued in: the one answer that may hold it.
    pub issued_in: Option<String>,
    forms: Vec<String>,
}

impl Secret {
    /// A secret, by its bytes.
    ///
    /// Panics if it is so short that it could be found by chance.
    pub fn new(name: &str, secret: impl AsRef<[u8]>) -> Self {
        let secret = secret.as_ref();
        assert!(secret.len() >= 8, "{name} is too short to be looked for");
        Self {
            name: name.to_owned(),
            issued_in: None,
            forms: forms(secret),
        }
    }

    /// The same, which one answer issues.
    #[must_use]
    pub fn issued_in(self, answer: &str) -> Self {
        Self {
            issued_in: Some(answer.to_owned()),
            ..self
        }
    }

    /// What is found of it in a text, if anything is.
    pub fn traces_in<'secret>(&'secret self, place: &Place) -> Option<&'secret str> {
        self.forms
            .iter()
            .find(|form| place.0.contains(form.as_str()))
            .map(String::as_str)
    }
}

/// Where is looked: any bytes.
#[derive(Debug)]
pub struct Place(String);

impl Place {
    /// Bytes to look into.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(one_to_one(bytes.as_ref()))
    }

    /// Whether it holds a text as it is.
    pub fn has(&self, text: &str) -> bool {
        self.0.contains(&one_to_one(text.as_bytes()))
    }

    /// Whether it holds a JSON Web Token, or the beginning of one: `{"` in base64, and much more of the kind, since those
    /// three characters alone are in any large file by chance.
    pub fn has_token(&self) -> bool {
        self.0.match_indices(TOKENS_BEGIN).any(|(at, _)| {
            self.0[at..]
                .chars()
                .take_while(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_'))
                .nth(TOKENS_HEADER - 1)
                .is_some()
        })
    }

    /// How many bytes it has.
    pub fn size(&self) -> usize {
        self.0.chars().count()
    }
}

/// Every byte as the character of its number, so that bytes can be searched as text is.
fn one_to_one(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The bytes as they are, in hexadecimal digits, in percent-encoding, and in base64, wherever in what is encoded they stand.
fn forms(secret: &[u8]) -> Vec<String> {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).expect("a digit");
    let hexadecimal: String = secret
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect();
    let percent: String = secret
        .iter()
        .flat_map(|byte| match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' => vec![char::from(*byte)],
            _ => ['%']
                .into_iter()
                .chain([byte >> 4, byte & 15].map(|value| digit(value).to_ascii_uppercase()))
                .collect(),
        })
        .collect();
    let mut forms = vec![one_to_one(secret), hexadecimal.to_uppercase(), hexadecimal, percent];
    for before in 0..3 {
        for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
            let mut whole = vec![0; before];
            whole.extend(secret);
            let encoded = engine.encode(&whole);
            // What stands before and after the secret has a part in the characters at both ends.
            let first = (before * 8).div_ceil(6);
            let last = encoded.len() - usize::from(whole.len() % 3 != 0);
            forms.push(encoded[first..last].to_owned());
        }
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form_and_nothing_else_is() {
        let secret = Secret::new("a password", "correct horse/é?");
        for (form, text) in [
            ("as it is", "x=correct horse/é?;".to_owned()),
            ("in JSON", "{\"p\":\"correct horse/é?\"}".to_owned()),
            ("in hexadecimal", "\\x636f727265637420686f7273652fc3a93f".to_owned()),
            ("in a URL", "?p=correct%20horse%2F%C3%A9%3F&".to_owned()),
            ("in base64", BASE64_STANDARD.encode("correct horse/é?")),
            (
                "in Basic, as it may stand",
                BASE64_STANDARD.encode("ann:correct horse/é?"),
            ),
            ("shifted by one", BASE64_STANDARD.encode("1correct horse/é?2")),
            (
                "shifted by two, for URLs",
                BASE64_URL_SAFE_NO_PAD.encode("12correct horse/é?345"),
            ),
        ] {
            assert!(secret.traces_in(&Place::of(&text)).is_some(), "{form}: {text}");
        }
        let binary = [&[0xff, 0xc3][..], "correct horse/é?".as_bytes(), &[0x80]].concat();
        assert!(secret.traces_in(&Place::of(binary)).is_some(), "among bytes");
        assert!(secret.traces_in(&Place::of("correct horse, battery staple")).is_none());
    }

    #[test]
    fn a_token_is_found_whole_or_broken_off_and_three_letters_are_none() {
        let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
        let claims = BASE64_URL_SAFE_NO_PAD.encode(r#"{"sub":"x"}"#);
        for text in [
            format!("Bearer {header}.{claims}.c2ln"),
            header.clone(),
            format!("eyJ and later {header}"),
        ] {
            assert!(Place::of(&text).has_token(), "{text}");
        }
        let among_bytes = [&[0xff, 0x00][..], header.as_bytes(), &[0x80]].concat();
        assert!(Place::of(among_bytes).has_token(), "among bytes");
        for bytes in [
            &b"\x8aeyJ\xf0\x11"[..],
            b"eyJ",
            b"heyJude, do not",
            &header.as_bytes()[1..],
        ] {
            assert!(!Place::of(bytes).has_token(), "{bytes:?}");
        }
    }
}
