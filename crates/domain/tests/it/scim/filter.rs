//! Which users a filter is about, and which filters cannot be.

use roster_domain::scim::{Attributes, Filter, FilterError, Operand, Operator, Value, index_user};
use roster_domain::{Change, UserChanges};

use super::given::{ENTERPRISE, ROSTER, attributes, compare, equal, made, path};
use crate::given::{at, scim, set, user};

const OPERATORS: [Operator; 8] = [
    Operator::Equal,
    Operator::Contains,
    Operator::StartsWith,
    Operator::EndsWith,
    Operator::Greater,
    Operator::GreaterOrEqual,
    Operator::Less,
    Operator::LessOrEqual,
];

/// A user as it is searched, with some attributes.
fn index(tree: Value) -> Attributes {
    let mut resource = attributes(tree);
    if resource.get("userName").is_none() {
        resource.set("userName", Value::text("x"));
    }
    index_user(&made(&resource))
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

fn each(attribute: &str, filter: Filter) -> Filter {
    Filter::each(path(attribute), filter).expect("an attribute with several values")
}

fn present(attribute: &str) -> Filter {
    Filter::present(path(attribute)).expect("an attribute that is kept")
}

/// Which operators hold, by their names.
fn holding(index: &Attributes, attribute: &str, operand: &Operand) -> String {
    let holds = |operator: &Operator| {
        let filter = Filter::compare(path(attribute), *operator, operand.clone());
        filter.is_ok_and(|filter| filter.matches(index))
    };
    let names: Vec<&str> = OPERATORS.iter().copied().filter(holds).map(Operator::name).collect();
    names.join(" ")
}

#[test]
fn texts_compare_with_every_operator_without_case_unless_it_is_exact() {
    let index = index(tree!({
        "userName" => "Ann.Ölwein", "externalId" => "Ehr-7", "title" => "ΟΔΟΣ", "nickName" => "漢😀字",
        ENTERPRISE => { "department" => "Cardiology" },
    }));
    let department = format!("{ENTERPRISE}:department");
    let cases = [
        ("userName", "ann.ölwein", "eq co sw ew ge le"),
        ("userName", "ANN.ÖLWEIN", "eq co sw ew ge le"),
        ("userName", "ANN", "co sw gt ge"),
        ("userName", "ÖLW", "co lt le"),
        ("userName", "WEIN", "co ew lt le"),
        ("userName", "b", "lt le"),
        ("userName", "Ann.Olwein", "gt ge"),
        ("userName", "", "co sw ew gt ge"),
        ("userName", "an%", "gt ge"),
        ("userName", "Ann_Ölwein", "lt le"),
        // A final sigma is a sigma.
        ("title", "οδος", "eq co sw ew ge le"),
        ("title", "οδοσ", "eq co sw ew ge le"),
        // The order is that of the code points: beyond the first plane comes after all that is in it.
        ("nickName", "漢😀", "co sw gt ge"),
        ("nickName", "漢\u{ffff}", "gt ge"),
        ("externalId", "Ehr-7", "eq co sw ew ge le"),
        ("externalId", "ehr-7", "lt le"),
        ("externalId", "EHR-7", "gt ge"),
        ("externalId", "r-", "co lt le"),
        ("externalId", "R-", "lt le"),
        ("id", "00000000-0000-0000-0000-000000000001", "eq co sw ew ge le"),
        (department.as_str(), "cardiology", "eq co sw ew ge le"),
    ];
    for (attribute, operand, expected) in cases {
        let found = holding(&index, attribute, &Operand::Text(operand.to_owned()));
        assert_eq!(found, expected, "{attribute} and {operand:?}");
    }
}

#[test]
fn truth_compares_with_equal_alone() {
    let index = index(tree!({ "active" => true }));
    for (operand, expected) in [
        (Operand::Boolean(true), "eq"),
        (Operand::Boolean(false), ""),
        (Operand::Text("True".to_owned()), "eq"),
        (Operand::Text("False".to_owned()), ""),
        (Operand::Text("yes".to_owned()), ""),
    ] {
        assert_eq!(holding(&index, "active", &operand), expected, "{operand:?}");
    }
}

#[test]
fn moments_compare_as_moments_in_whatever_time_zone_they_are_written() {
    let index = index(tree!({}));
    let created = at(0);
    let elsewhere = created.with_timezone(&chrono::FixedOffset::east_opt(2 * 3600).expect("an offset"));
    let cases = [
        (Operand::DateTime(created), "eq ge le"),
        (Operand::Text(created.to_rfc3339()), "eq ge le"),
        (Operand::Text(elsewhere.to_rfc3339()), "eq ge le"),
        (Operand::DateTime(at(1)), "lt le"),
        (Operand::DateTime(at(-1)), "gt ge"),
    ];
    for (operand, expected) in cases {
        assert_eq!(holding(&index, "meta.created", &operand), expected, "{operand:?}");
    }
}

#[test]
fn who_has_no_value_is_equal_to_nothing_and_unequal_to_all() {
    let index = index(tree!({}));
    for operator in OPERATORS {
        assert!(!compare("title", operator, "x").matches(&index), "{operator:?}");
        assert!(not(compare("title", operator, "x")).matches(&index), "not {operator:?}");
    }
    assert!(!present("title").matches(&index));
    assert!(not(present("title")).matches(&index));
    assert!(!present("emails").matches(&index));
    assert!(!present("name").matches(&index));
}

#[test]
fn presence_is_that_of_the_attribute_or_of_the_part() {
    let index = index(tree!({
        "name" => { "givenName" => "Ann" },
        "emails" => [{ "value" => "a@x.org" }],
        "title" => "",
        ROSTER => { "npi" => "1234567893" },
    }));
    for (attribute, expected) in [
        ("name", true),
        ("name.givenName", true),
        ("name.familyName", false),
        ("emails", true),
        ("emails.value", true),
        ("emails.type", false),
        ("title", true),
        ("nickName", false),
        ("active", true),
        ("id", true),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", true),
        ("urn:ietf:params:scim:schemas:extension:roster:2.0:User:npi", true),
        ("urn:ietf:params:scim:schemas:extension:roster:2.0:User:roles", false),
    ] {
        assert_eq!(present(attribute).matches(&index), expected, "{attribute}");
    }
}

#[test]
fn of_several_values_one_is_enough_but_brackets_ask_for_one_that_meets_all() {
    let index = index(tree!({ "emails" => [
        { "value" => "ann@hospital.example", "type" => "work", "primary" => true },
        { "value" => "ann@home.example", "type" => "home" },
    ] }));
    let apart = |kind: &str, address: &str| {
        Filter::And(vec![
            equal("emails.type", kind),
            compare("emails.value", Operator::EndsWith, address),
        ])
    };
    for (kind, address, expected) in [
        ("work", "@hospital.example", true),
        ("Work", "@HOSPITAL.example", true),
        ("home", "@home.example", true),
        ("work", "@home.example", false),
        ("other", "@home.example", false),
    ] {
        let within = each("emails", apart(kind, address));
        assert_eq!(within.matches(&index), expected, "emails[{kind} and {address}]");
    }
    assert!(
        apart("work", "@home.example").matches(&index),
        "two values may share it"
    );
    assert!(
        equal("emails", "ann@home.example").matches(&index),
        "the part value is meant"
    );

    // Inside of brackets, a part that is not there is not equal either.
    let primary = Filter::compare(path("emails.primary"), Operator::Equal, Operand::Boolean(true)).expect("possible");
    assert!(each("emails", not(primary.clone())).matches(&index));
    assert!(!not(each("emails", primary.clone())).matches(&index));
    assert!(each("emails", Filter::Or(vec![primary, equal("emails.type", "pager")])).matches(&index));
    assert!(each("emails", present("emails.primary")).matches(&index));
    assert!(!each("emails", present("emails.display")).matches(&index));
}

#[test]
fn a_list_that_is_one_text_is_searched_as_one_text() {
    let index = index(tree!({ ROSTER => {
        "roles" => "PRACTITIONER, ADMINISTRATOR",
        "defaultNoteTemplateIds" => "Soap,dap",
        "metadata" => "ward=7B&site=R%26D",
    } }));
    for (attribute, operand, expected) in [
        ("roles", "administrator,practitioner", "eq co sw ew ge le"),
        ("roles", "practitioner", "co ew lt le"),
        ("roles", "ADMINISTRATOR", "co sw gt ge"),
        ("defaultNoteTemplateIds", "Soap", "co sw gt ge"),
        ("defaultNoteTemplateIds", "soap", "lt le"),
        ("metadata", "site=R%26D&ward=7B", "eq co sw ew ge le"),
        ("metadata", "ward=7B", "co ew lt le"),
        ("metadata", "ward=7b", "lt le"),
    ] {
        let found = holding(
            &index,
            &format!("{ROSTER}:{attribute}"),
            &Operand::Text(operand.to_owned()),
        );
        assert_eq!(found, expected, "{attribute} and {operand:?}");
    }

    let roles = format!("{ROSTER}:roles");
    let refused = Filter::each(path(&roles), equal(&roles, "practitioner")).expect_err("it has one value");
    assert_eq!(
        refused.to_string(),
        format!("{roles} has no parts: write it without brackets")
    );
}

#[test]
fn brackets_around_one_value_ask_for_its_parts() {
    let both = Filter::And(vec![
        equal("name.givenName", "ann"),
        not(equal("name.familyName", "ann")),
    ]);
    let none = not(equal("name.givenName", "bo"));
    let ann = index(tree!({ "name" => { "givenName" => "Ann", "familyName" => "Lee" } }));
    let nobody = index(tree!({ "title" => "Chief" }));

    assert!(each("name", both.clone()).matches(&ann) && each("name", none.clone()).matches(&ann));
    assert!(!each("name", equal("name.givenName", "lee")).matches(&ann));
    assert!(!each("name", both).matches(&nobody) && !each("name", none).matches(&nobody));
}

#[test]
fn of_several_values_one_that_is_unequal_is_enough_and_whoever_has_none_is_unequal() {
    let differs = |attribute, text: &str| {
        Filter::differs(path(attribute), Operand::Text(text.to_owned())).expect("a comparison that can be")
    };
    let two = index(tree!({ "emails" => [{ "value" => "a@x.org", "type" => "work" }, { "value" => "b@x.org" }] }));
    let one = index(tree!({ "emails" => [{ "value" => "a@x.org", "type" => "work" }] }));
    let none = index(tree!({ "title" => "Chief" }));

    for attribute in ["emails.value", "emails"] {
        assert!(differs(attribute, "A@x.org").matches(&two), "{attribute}");
        assert!(!differs(attribute, "A@x.org").matches(&one), "{attribute}");
        assert!(differs(attribute, "c@x.org").matches(&one), "{attribute}");
        assert!(differs(attribute, "a@x.org").matches(&none), "{attribute}");
    }
    assert!(differs("emails.type", "work").matches(&two) && !differs("emails.type", "work").matches(&one));
    assert!(differs("title", "x").matches(&none) && !differs("title", "chief").matches(&none));
    assert!(differs("nickName", "x").matches(&none));
    let complex = Filter::differs(path("name"), Operand::Text("x".to_owned()));
    assert_eq!(complex, Err(FilterError::Complex("name".to_owned())));
}

#[test]
fn what_is_joined_holds_as_logic_has_it() {
    let index = index(tree!({ "title" => "a" }));
    let (yes, no) = (equal("title", "A"), equal("title", "b"));
    for (left, right) in [(true, true), (true, false), (false, true), (false, false)] {
        let pick = |holds: bool| if holds { yes.clone() } else { no.clone() };
        let both = vec![pick(left), pick(right)];
        assert_eq!(Filter::And(both.clone()).matches(&index), left && right);
        assert_eq!(Filter::Or(both.clone()).matches(&index), left || right);
        assert_eq!(
            not(Filter::And(both.clone())).matches(&index),
            Filter::Or(both.into_iter().map(not).collect()).matches(&index),
            "De Morgan"
        );
    }
}

#[test]
fn what_came_through_another_surface_is_found_as_well() {
    let ann = index_user(&user(&UserChanges {
        email: set("Ann@Example.org"),
        scim: Change::Set(scim(&[("title", "Chief")])),
        ..UserChanges::default()
    }));
    assert!(equal("userName", "ann@example.org").matches(&ann));
    assert!(each("emails", equal("emails.type", "work")).matches(&ann));
    assert!(equal("title", "chief").matches(&ann));
}

#[test]
fn a_filter_that_makes_no_sense_cannot_be() {
    let text = || Operand::Text("x".to_owned());
    let said = |filter: Result<Filter, FilterError>| filter.expect_err("no sense in it").to_string();
    let compare = |attribute, operator, operand| said(Filter::compare(path(attribute), operator, operand));

    assert_eq!(
        compare("name", Operator::Equal, text()),
        "name has parts: compare one of them"
    );
    assert_eq!(
        compare("addresses", Operator::Equal, text()),
        "addresses has parts: compare one of them"
    );
    assert_eq!(
        compare("groups.$ref", Operator::Equal, text()),
        "groups.$ref cannot be filtered by: it is made for each answer"
    );
    assert_eq!(
        said(Filter::present(path("meta.location"))),
        "meta.location cannot be filtered by: it is made for each answer"
    );
    assert_eq!(
        said(Filter::present(path("meta.version"))),
        "meta.version cannot be filtered by: it is made for each answer"
    );
    assert_eq!(
        said(Filter::each(path("title"), equal("title", "x"))),
        "title has no parts: write it without brackets"
    );
    assert_eq!(
        said(Filter::each(path("emails.value"), equal("emails.value", "x"))),
        "emails.value has no parts: write it without brackets"
    );
    assert_eq!(
        compare("active", Operator::Equal, text()),
        "active is true or false, and is compared with the text \"x\""
    );
    assert_eq!(
        compare("meta.created", Operator::Less, text()),
        "meta.created is a moment, and is compared with the text \"x\""
    );
    assert_eq!(
        compare("meta.created", Operator::Equal, Operand::Boolean(true)),
        "meta.created is a moment, and is compared with true"
    );
    assert_eq!(
        compare("title", Operator::Equal, Operand::Boolean(true)),
        "title is text, and is compared with true"
    );
    assert_eq!(
        compare("title", Operator::Equal, Operand::DateTime(at(0))),
        "title is text, and is compared with a moment"
    );
    assert_eq!(
        compare("title", Operator::Equal, Operand::Text("\0".to_owned())),
        "title is text without control characters, and is compared with a text with a NUL in it"
    );
    for operator in OPERATORS {
        let is_ordering = matches!(
            operator,
            Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual
        );
        let can = |attribute, operand| Filter::compare(path(attribute), operator, operand).is_ok();
        assert_eq!(
            can("active", Operand::Boolean(true)),
            operator == Operator::Equal,
            "{operator:?}"
        );
        assert_eq!(
            can("meta.created", Operand::DateTime(at(0))),
            is_ordering || operator == Operator::Equal,
            "{operator:?}"
        );
        assert_eq!(can("x509Certificates.value", text()), !is_ordering, "{operator:?}");
        assert!(can("title", text()) && can("photos.value", text()), "{operator:?}");
    }
}

#[test]
fn a_value_that_is_not_yet_indexed_is_chosen_as_if_it_were() {
    let emails = path("emails").attribute();
    let work = equal("emails.type", "work");
    assert!(work.chooses(emails, &tree!({ "type" => "WORK", "value" => "a@x.org" })));
    assert!(!work.chooses(emails, &tree!({ "type" => "home" })));
    assert!(!work.chooses(emails, &tree!({ "value" => "work" })));
}
