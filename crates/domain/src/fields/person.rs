//! What Upheal's records of a person hold beside name and contact.

use std::fmt;

use chrono::{Datelike, NaiveDate};

use crate::choice::choice;
use crate::violation::{Fault, Given, Rule};

choice! {
    /// How a person is referred to. The values and their spelling are Upheal's.
    Pronoun {
        /// He, him.
        MasculineHim = "MasculineHim",
        /// She, her.
        FeminineHer = "FeminineHer",
        /// They, them.
        NeutralThem = "NeutralThem",
    }
}

/// A day of birth, written `YYYY-MM-DD` (RFC 3339, full-date), from 1900 to 2999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateOfBirth(NaiveDate);

impl DateOfBirth {
    /// The first year that is taken for one.
    const FIRST_YEAR: i32 = 1900;
    /// The last year that is taken for one. A rule that knew today's date could not be checked twice with one outcome.
    const LAST_YEAR: i32 = 2999;

    /// Checks a date. A day that the calendar does not have is refused.
    pub fn new(text: impl AsRef<str>) -> Result<Self, Fault> {
        let text = text.as_ref();
        let fault = || {
            let expected = "a date from 1900-01-01 on, written YYYY-MM-DD";
            Fault::new(Rule::Format { expected }, Given::value(text))
        };
        let digits = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
        let written = text.len() == "YYYY-MM-DD".len()
            && text.bytes().enumerate().all(|(index, byte)| match index {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let read = || NaiveDate::from_ymd_opt(i32::try_from(digits(0..4)?).ok()?, digits(5..7)?, digits(8..10)?);
        let date = written.then(read).flatten().ok_or_else(fault)?;
        if (Self::FIRST_YEAR..=Self::LAST_YEAR).contains(&date.year()) {
            Ok(Self(date))
        } else {
            Err(fault())
        }
    }

    /// The day.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        self.0
    }
}

impl fmt::Display for DateOfBirth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
