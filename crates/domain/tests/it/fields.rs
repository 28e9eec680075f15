//! Each field takes what its rule allows, to the last character, and nothing beyond.

use std::collections::HashSet;

use proptest::prelude::*;
use roster_domain::scim::GroupName;
use roster_domain::{
    DateOfBirth, Email, ExternalId, Fault, Given, Locale, NoteTemplateId, Npi, Password, PersonName, PhoneCountryCode,
    PhoneNumber, Rule, SpecialtyKind, SpeechLocale, TherapyLicence, UserName,
};

use crate::given::text_of;

type Check = fn(&str) -> Result<String, Fault>;

/// The fields that are one line of any text, with their limits in characters.
const LINES: [(&str, usize, Check); 6] = [
    ("external id", 256, |text| {
        ExternalId::new(text).map(|it| it.as_str().to_owned())
    }),
    ("name", 200, |text| {
        PersonName::new(text).map(|it| it.as_str().to_owned())
    }),
    ("therapy licence", 100, |text| {
        TherapyLicence::new(text).map(|it| it.as_str().to_owned())
    }),
    ("note template id", 100, |text| {
        NoteTemplateId::new(text).map(|it| it.as_str().to_owned())
    }),
    ("user name", 256, |text| {
        UserName::new(text).map(|it| it.as_str().to_owned())
    }),
    ("group name", 256, |text| {
        GroupName::new(text).map(|it| it.as_str().to_owned())
    }),
];

#[test]
fn the_documented_limits_are_the_ones_enforced() {
    assert_eq!(ExternalId::MAX_CHARACTERS, 256);
    assert_eq!(PersonName::MAX_CHARACTERS, 200);
    assert_eq!(UserName::MAX_CHARACTERS, 256);
    assert_eq!(GroupName::MAX_CHARACTERS, 256);
    assert_eq!(TherapyLicence::MAX_CHARACTERS, 100);
    assert_eq!(NoteTemplateId::MAX_CHARACTERS, 100);
    assert_eq!(Email::MAX_BYTES, 254);
    assert_eq!((Password::MIN_CHARACTERS, Password::MAX_CHARACTERS), (16, 64));
}

#[test]
fn a_limit_counts_characters_and_not_bytes_or_graphemes() {
    for (name, max, check) in LINES {
        for unit in ["x", "é", "漢", "e\u{301}", "👩🏽\u{200d}⚕\u{fe0f}", "\u{10fffd}"] {
            let fitting: String = unit.chars().cycle().take(max).collect();
            assert_eq!(
                check(&fitting).as_ref(),
                Ok(&fitting),
                "{name}: {max} characters of {unit}"
            );

            let over: String = unit.chars().cycle().take(max + 1).collect();
            let expected = Fault::new(
                Rule::Length {
                    min: 1,
                    max,
                    unit: "characters",
                },
                Given::count(max + 1, "characters"),
            );
            assert_eq!(check(&over), Err(expected), "{name}: {} characters of {unit}", max + 1);
        }
        assert!(check("").is_err(), "{name}: an empty text");
    }
}

proptest! {
    #[test]
    fn a_line_is_taken_exactly_when_its_length_allows(text in text_of(0..400)) {
        for (name, max, check) in LINES {
            let count = text.chars().count();
            prop_assert_eq!(check(&text).is_ok(), (1..=max).contains(&count), "{} of {} characters", name, count);
        }
    }

    #[test]
    fn a_control_character_is_refused_wherever_it_stands(
        before in text_of(0..9), control in proptest::char::ranges(vec!['\0'..='\u{1f}', '\u{7f}'..='\u{9f}'].into()),
        after in text_of(0..9),
    ) {
        let text = format!("{before}{control}{after}");
        for (name, _, check) in LINES {
            let fault = check(&text).expect_err(name);
            prop_assert_eq!(fault.rule, Rule::Format { expected: "text without control characters" });
            prop_assert!(!fault.given.to_string().contains(control), "{} repeats it raw", name);
        }
    }

    #[test]
    fn no_text_at_all_makes_a_field_panic(text in any::<String>()) {
        for (_, _, check) in LINES {
            let _ = check(&text);
        }
        let taken = [
            Email::new(text.as_str()).is_ok(), Locale::new(&text).is_ok(), Npi::new(text.as_str()).is_ok(),
            Password::new(text.as_str()).is_ok(), PhoneNumber::new(text.as_str()).is_ok(),
            PhoneCountryCode::new(text.as_str()).is_ok(), SpecialtyKind::new(text.as_str()).is_ok(),
        ];
        prop_assert!(!text.chars().any(char::is_control) || taken.iter().all(|taken| !taken));
    }

    #[test]
    fn an_npi_whose_check_digit_fits_is_taken_and_no_other(first_nine in "[0-9]{9}") {
        let valid: Vec<String> =
            (0..10).map(|check| format!("{first_nine}{check}")).filter(|npi| Npi::new(npi.as_str()).is_ok()).collect();
        prop_assert_eq!(valid.len(), 1, "one check digit fits: {:?}", valid);
    }

    #[test]
    fn an_npi_with_any_one_digit_mistyped_is_refused(first_nine in "[0-9]{9}", position in 0..10_usize, add in 1..10_u8) {
        let npi = (0..10).map(|check| format!("{first_nine}{check}")).find(|npi| Npi::new(npi.as_str()).is_ok());
        let mut mistyped = npi.expect("one check digit fits").into_bytes();
        mistyped[position] = b'0' + (mistyped[position] - b'0' + add) % 10;
        let mistyped = String::from_utf8(mistyped).expect("digits");

        prop_assert!(Npi::new(mistyped.as_str()).is_err(), "{}", mistyped);
    }

    #[test]
    fn an_email_compares_without_case_and_is_kept_as_given(
        local in "[a-zA-ZÀ-ÖØ-Þα-ωΑ-ΡΣ-Ω][a-zA-Z0-9ΑΒΣσς]{0,9}", domain in "[a-zA-Z]{1,9}\\.[a-zA-Z]{2,3}", capitals in any::<u16>(),
    ) {
        let given = format!("{local}@{domain}");
        let other: String = given.chars().enumerate()
            .map(|(index, c)| if capitals >> (index % 16) & 1 == 1 { c.to_uppercase().to_string() } else { c.to_lowercase().to_string() })
            .collect();

        let (email, other_email) = (Email::new(given.as_str()).expect("valid"), Email::new(other.as_str()).expect("valid"));

        prop_assert_eq!(email.as_str(), given.as_str());
        prop_assert_eq!(other_email.as_str(), other.as_str());
        prop_assert_eq!(&email, &other_email);
        prop_assert_eq!(email.folded(), other_email.folded());
        prop_assert_eq!(HashSet::from([email, other_email]).len(), 1);
    }

    #[test]
    fn a_password_is_taken_when_it_is_16_to_64_of_the_documented_characters(text in "[!-~]{10,70}") {
        prop_assert_eq!(Password::new(text.as_str()).is_ok(), (16..=64).contains(&text.len()));
    }

    #[test]
    fn a_password_is_never_shown_and_never_repeated(text in "[ -~é]{1,80}") {
        prop_assume!(text.len() >= 3);
        let shown = match Password::new(text.as_str()) {
            Ok(password) => {
                prop_assert_eq!(password.expose(), text.as_str());
                format!("{password:?}")
            }
            Err(fault) => {
                let violation = fault.at(roster_domain::FieldPath::of("secret"));
                format!("{violation} {violation:?}")
            }
        };
        // The sentences are the same whatever is given, save for the count; so no part of the text is in them.
        let count = text.chars().count().to_string();
        let known = [
            "Password(…)".to_owned(),
            too_long_or_short(&count),
            other_characters(),
        ];
        prop_assert!(known.contains(&shown), "{}", shown);
    }
}

fn too_long_or_short(count: &str) -> String {
    format!(
        "secret must have 16 to 64 characters; given: {count} characters Violation {{ field: FieldPath([\"secret\"]), \
         rule: Length {{ min: 16, max: 64, unit: \"characters\" }}, given: Given(\"{count} characters\") }}"
    )
}

fn other_characters() -> String {
    "secret must be ASCII letters, digits and punctuation; given: other characters Violation { field: \
     FieldPath([\"secret\"]), rule: Format { expected: \"ASCII letters, digits and punctuation\" }, given: \
     Given(\"other characters\") }"
        .to_owned()
}

#[test]
fn a_password_of_other_than_ascii_is_refused() {
    for text in [
        "пароль-пароль-пароль",
        "correct horse battery",
        "sixteen-chars-\t\n",
        "sixteen chars 🐎🐎🐎",
    ] {
        assert!(Password::new(text).is_err(), "{text}");
    }
}

#[test]
fn a_name_of_white_space_is_no_name() {
    for text in [" ", "\u{a0}\u{2003}", "   "] {
        assert!(PersonName::new(text).is_err(), "{text:?}");
    }
    for text in ["Ng", "d'Artagnan", "María José", "王", "O’Neill-Ó Briain"] {
        assert_eq!(PersonName::new(text).expect(text).as_str(), text);
    }
}

#[test]
fn an_email_is_one_address_and_nothing_else() {
    for text in [
        "a@b.org",
        "ann.lee+x@example.org",
        "\"ann lee\"@example.org",
        "ann@localhost",
        "анна@пример.рф",
        "o'neil@x.ie",
    ] {
        assert_eq!(Email::new(text).expect(text).as_str(), text);
    }
    let refused = [
        "",
        "ann",
        "@example.org",
        "ann@",
        "ann@@example.org",
        "ann@example..org",
        ".ann@example.org",
        "ann.@example.org",
        "Ann <ann@example.org>",
        " <ann@example.org>",
        "<ann@example.org>",
        " ann@example.org",
        "ann@example.org ",
        "ann@[127.0.0.1]",
        "ann@-example.org",
        "ann@exam_ple.org",
        "ann@exa!mple.org",
        "ann lee@example.org",
        "ann@example.org\r\nBcc: eve@example.org",
        "\"ann\tlee\"@example.org",
        "ann@example.org, eve@example.org",
    ];
    for text in refused {
        let fault = Email::new(text).expect_err(text);
        assert_eq!(
            fault,
            Fault::new(
                Rule::Format {
                    expected: "an e-mail address"
                },
                Given::value(text)
            ),
            "{text:?}"
        );
    }
}

#[test]
fn an_email_has_254_bytes_at_the_most() {
    // Labels of a domain have 63 bytes at the most, a local part 64.
    let address = |local: usize| {
        let label = "d".repeat(63);
        format!("{}@{label}.{label}.{}.org", "l".repeat(local), "d".repeat(57))
    };
    assert_eq!(address(64).len(), 254);
    assert!(Email::new(address(64)).is_ok());

    let over = address(64).replacen("d.", "dd.", 1);
    let expected = Fault::new(
        Rule::Length {
            min: 3,
            max: 254,
            unit: "bytes",
        },
        Given::count(255, "bytes"),
    );
    assert_eq!(Email::new(over), Err(expected));

    let of_two_bytes_each = format!("{}@example.org", "é".repeat(33));
    assert!(
        Email::new(of_two_bytes_each).is_err(),
        "a local part of 66 bytes, though of 33 characters"
    );
}

#[test]
fn a_greek_address_in_capitals_is_the_same_address() {
    let capitals = Email::new("ΝΙΚΟΣ@example.org").expect("valid");

    assert_eq!(capitals, Email::new("νικος@example.org").expect("valid"));
    assert_eq!(capitals, Email::new("νικοσ@example.org").expect("valid"));
    assert_ne!(
        Email::new("ı@example.org").expect("valid"),
        Email::new("i@example.org").expect("valid"),
        "look-alikes"
    );
}

#[test]
fn an_npi_has_ten_digits_and_a_check_digit() {
    assert_eq!(
        Npi::new("1234567893").expect("CMS's own example").as_str(),
        "1234567893"
    );
    for text in [
        "1234567890",
        "123456789",
        "12345678930",
        "",
        "123456789３",
        " 1234567893",
        "+123456789",
        "12345６7893",
    ] {
        let fault = Npi::new(text).expect_err(text);
        assert!(fault.rule.to_string().contains("NPI"), "{text}: {}", fault.rule);
    }
}

#[test]
fn a_language_tag_is_bcp_47_and_is_brought_into_canonical_spelling() {
    for (given, canonical) in [
        ("en-us", "en-US"),
        ("EN", "en"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("haw", "haw"),
    ] {
        assert_eq!(Locale::new(given).expect(given).as_str(), canonical);
        assert_eq!(SpeechLocale::new(given).expect(given).as_str(), canonical);
    }
    for given in [
        "",
        "e",
        "en-",
        "-US",
        "en--US",
        "english language",
        "en-US\n",
        "1en",
        "en-U",
        "ünglisch",
    ] {
        assert!(Locale::new(given).is_err(), "{given:?}");
    }
}

#[test]
fn a_vendors_name_for_a_language_is_no_language_tag() {
    for given in ["ENGLISH_US", "FRENCH_FR", "en_US", "ENGLISH", "RUSSIAN_RU"] {
        assert!(SpeechLocale::new(given).is_err(), "{given}");
        assert!(Locale::new(given).is_err(), "{given}");
    }
}

#[test]
fn a_telephone_number_is_digits_and_the_usual_separators() {
    for text in ["5550100199", "(555) 010-0199", "555.010.0199", "555 0100 x12", "1"] {
        assert_eq!(PhoneNumber::new(text).expect(text).as_str(), text);
    }
    for text in ["", "-", "call me", "555-CALL", "５５５", &"1".repeat(41)] {
        assert!(PhoneNumber::new(text).is_err(), "{text:?}");
    }
    assert!(PhoneNumber::new("1".repeat(40)).is_ok());
    for text in ["+1", "1", "420", "+420", "US"] {
        assert_eq!(PhoneCountryCode::new(text).expect(text).as_str(), text);
    }
    for text in ["", "+", "+1234", "us", "USA", "++1", "１"] {
        assert!(PhoneCountryCode::new(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_day_of_birth_is_a_day_that_the_calendar_has() {
    for text in ["1900-01-01", "1980-02-29", "2999-12-31"] {
        assert_eq!(DateOfBirth::new(text).expect(text).to_string(), text);
    }
    for text in [
        "1899-12-31",
        "3000-01-01",
        "1981-02-29",
        "1980-13-01",
        "1980-1-1",
        "1980-01-01T00:00:00Z",
        "+980-01-01",
        "１980-01-0",
        "01/02/1980",
        "",
    ] {
        let fault = DateOfBirth::new(text).expect_err(text);
        assert!(fault.to_string().contains("YYYY-MM-DD"), "{fault}");
    }
}
