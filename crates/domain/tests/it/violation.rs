//! What a caller reads about a broken rule: where, which limit, and what was given.

use proptest::prelude::*;
use roster_domain::{Fault, FieldPath, Given, Rule, Violation, Violations};

#[test]
fn a_value_is_shown_up_to_64_characters() {
    let fits: String = "漢".repeat(64);
    assert_eq!(Given::value(&fits).to_string(), format!("\"{fits}\""));
    assert_eq!(Given::value(&"漢".repeat(65)).to_string(), format!("\"{fits}…\""));
}

#[test]
fn what_would_break_a_line_or_the_quotes_is_escaped() {
    assert_eq!(
        Given::value("a\nb\0\u{7f}\u{1b}[31m").to_string(),
        r#""a\nb\0\u{7f}\u{1b}[31m""#
    );
    assert_eq!(Given::value(r#"say "hi" \ bye"#).to_string(), r#""say \"hi\" \\ bye""#);
    assert_eq!(Given::value("Siobhán O'Neill 王").to_string(), "\"Siobhán O'Neill 王\"");
    assert_eq!(
        Given::value("abc\u{202e}def").to_string(),
        r#""abc\u{202e}def""#,
        "a right-to-left override"
    );
}

#[test]
fn an_empty_name_is_seen_in_a_path() {
    let path = FieldPath::of("metadata").then("");

    assert_eq!(path.to_string(), "metadata.\"\"");
    assert_eq!(path.pointer(), "/metadata/");
    assert_eq!(FieldPath::of("").then("a").to_string(), "\"\".a");
}

#[test]
fn a_name_that_the_caller_chose_is_kept_whole_up_to_256_characters() {
    let fits = "漢".repeat(256);
    let metadata = FieldPath::of("metadata");
    assert_eq!(metadata.then_chosen(&fits).pointer(), format!("/metadata/{fits}"));
    assert_eq!(
        metadata.then_chosen(&"漢".repeat(257)).pointer(),
        format!("/metadata/{fits}")
    );
}

#[test]
fn a_path_is_shown_with_dots_and_pointed_to_by_rfc_6901() {
    let path = FieldPath::of("metadata").then("a/b~c~1");

    assert_eq!(path.to_string(), "metadata.a/b~c~1");
    assert_eq!(path.pointer(), "/metadata/a~1b~0c~01");
    assert_eq!(
        (FieldPath::root().pointer(), FieldPath::root().to_string()),
        (String::new(), "the request".to_owned())
    );
}

#[test]
fn every_rule_reads_as_the_rest_of_a_sentence() {
    let rules = [
        (Rule::Required, "is required"),
        (Rule::NotNull, "must not be null"),
        (Rule::Type { expected: "a string" }, "must be a string"),
        (
            Rule::Length {
                min: 0,
                max: 5,
                unit: "characters",
            },
            "must have at most 5 characters",
        ),
        (
            Rule::Length {
                min: 1,
                max: 5,
                unit: "bytes",
            },
            "must have 1 to 5 bytes",
        ),
        (Rule::Entries { max: 50 }, "must have at most 50 entries"),
        (Rule::Format { expected: "a UUID" }, "must be a UUID"),
        (Rule::OneOf { allowed: &["A", "B"] }, "must be one of A, B"),
        (Rule::DiffersFrom { other: "x" }, "must differ from x"),
        (
            Rule::OnlyWith {
                other: "kind",
                value: "OTHER",
            },
            "goes only with kind OTHER",
        ),
        (
            Rule::PatientData {
                resembles: "a diagnosis",
            },
            "must not hold patient data, and this looks like a diagnosis",
        ),
        (Rule::UnknownField, "is not a field of this request"),
        (Rule::ReadOnly, "is set by Roster and cannot be changed"),
    ];
    for (rule, sentence) in rules {
        assert_eq!(rule.to_string(), sentence);
    }
}

#[test]
fn a_list_of_violations_has_one_line_for_each() {
    let mut all = Violations::none();
    assert!(all.is_empty() && all.clone().into_result().is_ok());

    assert_eq!(all.check(&FieldPath::of("fine"), Ok(7)), Some(7));
    let missing = Fault::new(Rule::Required, Given::nothing());
    assert_eq!(all.check::<u8>(&FieldPath::of("first"), Err(missing.clone())), None);
    all.extend(Violation::from_parts(missing, "second"));

    assert_eq!(
        all.to_string(),
        "first is required; given: nothing\nsecond is required; given: nothing"
    );
    assert_eq!(all.iter().count(), 2);
    assert_eq!(all.clone().into_result(), Err(all));
}

/// Reads better than the three steps at the place of use.
trait FromParts {
    fn from_parts(fault: Fault, field: &'static str) -> Violations;
}

impl FromParts for Violation {
    fn from_parts(fault: Fault, field: &'static str) -> Violations {
        fault.at(FieldPath::of(field)).into()
    }
}

proptest! {
    #[test]
    fn a_pointer_read_back_by_rfc_6901_gives_the_names(names in proptest::collection::vec(any::<String>(), 0..5)) {
        let path = names.iter().fold(FieldPath::root(), |path, name| path.then(name.clone()));

        let read_back: Vec<String> =
            path.pointer().split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect();

        prop_assert_eq!(&read_back, &names);
        prop_assert_eq!(path.segments().collect::<Vec<_>>(), names);
    }

    #[test]
    fn no_shown_value_has_control_characters_or_grows_without_bound(text in any::<String>()) {
        let shown = Given::value(&text).to_string();

        prop_assert!(!shown.chars().any(char::is_control));
        // The longest escape is `\u{10ffff}`.
        prop_assert!(shown.chars().count() <= 64 * 10 + 3);
        prop_assert_eq!(shown.ends_with("…\""), text.chars().count() > 64 || text.ends_with('…'));
    }
}

#[test]
fn a_surface_has_its_own_names_for_fields_and_all_else_stays() {
    let at = |path: FieldPath| Fault::new(Rule::Required, Given::nothing()).at(path);
    let phone = FieldPath::of("phone");
    let violations: Violations = [
        FieldPath::of("email"),
        phone.then("country_code"),
        phone.then("number"),
        phone.clone(),
        FieldPath::of("settings").then("email"),
        FieldPath::of("emails"),
        FieldPath::of("default_note_template_ids").then("3"),
    ]
    .map(at)
    .into_iter()
    .collect();

    let renamed = violations.renamed(&[
        ("email", &["provider_email"]),
        ("phone.country_code", &["phoneCountryCode"]),
        ("phone.number", &["contact", "phone"]),
        ("default_note_template_ids", &["defaultNoteTemplateIds"]),
    ]);

    let pointers: Vec<String> = renamed.iter().map(|violation| violation.field.pointer()).collect();
    assert_eq!(
        pointers,
        [
            "/provider_email",
            "/phoneCountryCode",
            "/contact/phone",
            "/phone",
            "/settings/email",
            "/emails",
            "/defaultNoteTemplateIds/3"
        ]
    );
}
