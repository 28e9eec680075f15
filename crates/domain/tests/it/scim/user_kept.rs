//! What is kept of a resource beyond the fields of a user, and how much of it.

use roster_domain::scim::{Attributes, MAX_KEPT_BYTES, MAX_VALUES, USER_FIELDS, Value};

use super::given::{ENTERPRISE, attributes, made, try_made};
use crate::given::at;

fn with(name: &str, value: Value) -> Attributes {
    let mut resource = attributes(tree!({ "userName" => "ann" }));
    resource.set(name, value);
    resource
}

fn wrong_with(resource: &Attributes) -> String {
    let violations = try_made(resource).expect_err("too much").renamed(USER_FIELDS);
    violations.to_string()
}

#[test]
fn what_is_made_for_each_answer_is_not_kept() {
    let resource = attributes(tree!({
        "userName" => "ann",
        "id" => "7",
        "schemas" => ["urn:x"],
        "meta" => { "created" => (at(0)) },
        "groups" => [{ "value" => "5" }],
        "password" => "secret",
        "nickName" => "Annie",
        "urn:unknown" => { "x" => "y" },
        ENTERPRISE => { "manager" => { "value" => "26", "displayName" => "Bo" }, "unknown" => "x" },
    }));
    let expected = tree!({ "nickName" => "Annie", ENTERPRISE => { "manager" => { "value" => "26" } } });
    assert_eq!(Value::Complex(made(&resource).profile.scim), expected);
}

#[test]
fn text_is_kept_up_to_a_limit_in_bytes() {
    let half = "é".repeat(MAX_KEPT_BYTES / 4);
    let title = |text: &str| {
        let mut resource = with("title", Value::text(text));
        resource.set("addresses", tree!([{ "formatted" => (half.as_str()) }]));
        resource
    };
    assert!(try_made(&title(&half)).is_ok());
    assert_eq!(
        wrong_with(&title(&format!("{half}x"))),
        "title must have at most 65536 bytes of text, together with all else that is kept of a user; given: 65537 bytes"
    );
}

#[test]
fn an_attribute_has_a_hundred_values_at_the_most() {
    let ims = |count: usize| {
        let values = (0..count).map(|number| tree!({ "value" => (number.to_string().as_str()) }));
        with("ims", Value::Many(values.collect()))
    };
    assert!(try_made(&ims(MAX_VALUES)).is_ok());
    assert_eq!(
        wrong_with(&ims(MAX_VALUES + 1)),
        "ims must have at most 100 entries; given: 101 entries"
    );
}

#[test]
fn one_value_at_the_most_is_primary() {
    let entry = |text: &str, primary: bool| tree!({ "value" => text, "primary" => primary });
    for name in ["emails", "phoneNumbers", "roles"] {
        let two = Value::Many(vec![entry("a@x.org", true), entry("b@x.org", true)]);
        assert_eq!(
            wrong_with(&with(name, two)),
            format!("{name} must be values of which one at the most is primary; given: 2 primary ones")
        );
        let one = Value::Many(vec![entry("a@x.org", true), entry("b@x.org", false)]);
        assert!(try_made(&with(name, one)).is_ok(), "{name}");
    }
}

#[test]
fn of_equal_values_one_is_kept() {
    let entry = |text: &str| tree!({ "value" => text, "type" => "work" });
    for name in ["emails", "phoneNumbers", "entitlements"] {
        let three = Value::Many(vec![entry("a@x.org"), entry("b@x.org"), entry("a@x.org")]);
        let shown = roster_domain::scim::represent_user(&made(&with(name, three)), &[]);
        let two = Value::Many(vec![entry("a@x.org"), entry("b@x.org")]);
        assert_eq!(shown.get(name), Some(&two), "{name}");
    }
    let many: Vec<Value> = (0..=MAX_VALUES).map(|_| entry("a@x.org")).collect();
    assert!(
        try_made(&with("ims", Value::Many(many))).is_ok(),
        "one value, however often it is sent"
    );
}

#[test]
fn no_nul_is_kept() {
    for (name, value, field) in [
        ("title", tree!("a\0"), "title"),
        (
            "photos",
            tree!([{ "value" => "x" }, { "value" => "\0" }]),
            "photos.value",
        ),
        (
            ENTERPRISE,
            tree!({ "manager" => { "value" => "\0" } }),
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.manager.value",
        ),
    ] {
        let wrong = wrong_with(&with(name, value));
        assert!(
            wrong.starts_with(&format!("{field} must be text without NUL characters")),
            "{wrong}"
        );
    }
}
