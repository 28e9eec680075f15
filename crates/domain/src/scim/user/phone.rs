//! Telephone numbers: one line of text in SCIM, a country and a number at Roster.

use super::contacts;
use crate::changes::{Change, PhoneChanges};
use crate::fields::{Phone, PhoneCountryCode, PhoneNumber};
use crate::scim::value::Value;

/// What `phoneNumbers` says about the telephone number. A text that is no number that vendors could be given is kept as it
/// came and stands in nobody's way.
pub(super) fn changes(entries: Option<&Value>) -> Change<PhoneChanges> {
    let Some(phone) = given(entries) else {
        return Change::Clear;
    };
    let text = |text: Option<String>| text.map_or(Change::Clear, Change::Set);
    Change::Set(PhoneChanges {
        country_code: text(phone.country_code.map(|code| code.as_str().to_owned())),
        number: text(phone.number.map(|number| number.as_str().to_owned())),
    })
}

/// `phoneNumbers` as they came, as long as the telephone number is still what they say; else with the one it is now.
pub(super) fn shown(kept: Option<&Value>, phone: Option<&Phone>) -> Vec<Value> {
    if given(kept).as_ref() == phone {
        kept.map_or_else(Vec::new, |kept| kept.as_many().to_vec())
    } else {
        contacts::shown(kept, phone.and_then(written).as_deref())
    }
}

fn given(entries: Option<&Value>) -> Option<Phone> {
    read(contacts::value(entries)?.as_text()?)
}

/// `+1-201-555-0123` or `tel:+1-201-555-0123` (RFC 3966) as country and number; without a plus, the number alone.
fn read(text: &str) -> Option<Phone> {
    let text = text.trim();
    let text = match text.split_at_checked("tel:".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest,
        _ => text,
    };
    let text = text.replace(";ext=", " x");
    let code = text.strip_prefix('+').and_then(calling_code);
    let rest = code.map_or(text.as_str(), |code| {
        text[1 + code.len()..].trim_start_matches([' ', '-', '.', '/'])
    });
    Some(Phone {
        country_code: match code {
            Some(code) => Some(PhoneCountryCode::new(format!("+{code}")).ok()?),
            None => None,
        },
        number: Some(PhoneNumber::new(rest).ok()?),
    })
}

/// The country's calling code at the beginning of an international number. No code is the beginning of another, and the
/// first two digits tell how long it is (ITU-T E.164, list of assigned country codes).
fn calling_code(digits: &str) -> Option<&str> {
    let length = match (digits.get(..1)?, digits.get(..2).unwrap_or_default()) {
        ("1" | "7", _) => 1,
        (
            _,
            "20" | "27" | "30" | "31" | "32" | "33" | "34" | "36" | "39" | "40" | "41" | "43" | "44" | "45" | "46"
            | "47" | "48" | "49" | "51" | "52" | "53" | "54" | "55" | "56" | "57" | "58" | "60" | "61" | "62" | "63"
            | "64" | "65" | "66" | "81" | "82" | "84" | "86" | "90" | "91" | "92" | "93" | "94" | "95" | "98",
        ) => 2,
        (
            _,
            "21" | "22" | "23" | "24" | "25" | "26" | "29" | "35" | "37" | "38" | "42" | "50" | "59" | "67" | "68"
            | "69" | "80" | "85" | "87" | "88" | "96" | "97" | "99",
        ) => 3,
        _ => return None,
    };
    let code = digits.get(..length)?;
    code.bytes().all(|byte| byte.is_ascii_digit()).then_some(code)
}

/// A telephone number as one line. A country of letters has no place in it.
fn written(phone: &Phone) -> Option<String> {
    let number = phone.number.as_ref()?.as_str();
    let code = phone.country_code.as_ref().map(PhoneCountryCode::as_str);
    let digits = code.map(|code| code.trim_start_matches('+'));
    Some(match digits {
        Some(digits) if digits.starts_with(|c: char| c.is_ascii_digit()) && !number.starts_with('+') => {
            format!("+{digits} {number}")
        }
        _ => number.to_owned(),
    })
}
