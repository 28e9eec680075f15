//! The order in which users are asked for.

use std::cmp::Ordering;

use proptest::prelude::*;
use roster_domain::scim::{Sort, SortKey, Value, index_user};

use super::given::{ENTERPRISE, ROSTER, attributes, made, path, resources};

fn by(attribute: &str) -> Sort {
    Sort::by(path(attribute), false).unwrap_or_else(|| panic!("{attribute} cannot be sorted by"))
}

fn key(attribute: &str, tree: Value) -> Option<SortKey> {
    let mut resource = attributes(tree);
    resource.set("userName", Value::text("Ann"));
    by(attribute).key(&index_user(&made(&resource)))
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with keys that may be none")]
fn text(text: &str) -> Option<SortKey> {
    Some(SortKey::Text(text.to_owned()))
}

#[test]
fn a_user_is_sorted_by_the_value_as_it_compares() {
    assert_eq!(key("userName", tree!({})), text("ann"));
    assert_eq!(key("externalId", tree!({ "externalId" => "Ehr" })), text("Ehr"));
    assert_eq!(
        key("active", tree!({ "active" => false })),
        Some(SortKey::Boolean(false))
    );
    assert_eq!(
        key("meta.created", tree!({})),
        Some(SortKey::DateTime(crate::given::at(0)))
    );
    let department = format!("{ENTERPRISE}:department");
    assert_eq!(
        key(&department, tree!({ ENTERPRISE => { "department" => "ΟΔΟΣ" } })),
        text("οδοσ")
    );
    let roles = format!("{ROSTER}:roles");
    assert_eq!(
        key(&roles, tree!({ ROSTER => { "roles" => "PRACTITIONER,ADMINISTRATOR" } })),
        text("administrator,practitioner")
    );
    assert_eq!(key("title", tree!({})), None);
    assert_eq!(
        key("name.familyName", tree!({ "name" => { "givenName" => "Ann" } })),
        None
    );
}

#[test]
fn of_several_values_the_primary_one_counts_else_the_first() {
    let emails = |primary: bool| tree!({ "emails" => [{ "value" => "b@x.org" }, { "value" => "a@x.org", "primary" => primary }] });
    for attribute in ["emails", "emails.value"] {
        assert_eq!(key(attribute, emails(true)), text("a@x.org"));
        assert_eq!(key(attribute, emails(false)), text("b@x.org"));
    }
    // The value that counts is not passed over for not having the part.
    assert_eq!(
        key(
            "emails.type",
            tree!({ "emails" => [{ "value" => "b@x.org" }, { "value" => "a@x.org", "type" => "work" }] })
        ),
        None
    );
}

#[test]
fn what_has_no_single_value_or_is_not_the_users_cannot_be_sorted_by() {
    for attribute in [
        "name",
        "addresses",
        "meta",
        "meta.location",
        "groups",
        "groups.value",
        "groups.$ref",
    ] {
        assert_eq!(Sort::by(path(attribute), false), None, "{attribute}");
    }
}

#[test]
fn who_has_no_value_comes_last_and_in_descending_order_first() {
    let (none, some) = (None, text("a"));
    let descending = Sort::by(path("title"), true).expect("possible");
    assert_eq!(by("title").compare(some.as_ref(), none.as_ref()), Ordering::Less);
    assert_eq!(descending.compare(some.as_ref(), none.as_ref()), Ordering::Greater);
    assert_eq!(by("title").compare(none.as_ref(), none.as_ref()), Ordering::Equal);
    assert_eq!(
        by("title").compare(text("a").as_ref(), text("b").as_ref()),
        Ordering::Less
    );
    assert_eq!(
        descending.compare(text("a").as_ref(), text("b").as_ref()),
        Ordering::Greater
    );
    assert_eq!(
        by("active").compare(Some(&SortKey::Boolean(false)), Some(&SortKey::Boolean(true))),
        Ordering::Less
    );
    let beyond_the_first_plane = by("title").compare(text("\u{ffff}").as_ref(), text("😀").as_ref());
    assert_eq!(beyond_the_first_plane, Ordering::Less, "code points, not UTF-16");
}

proptest! {
    #[test]
    fn ascending_and_descending_are_opposites_and_orders(
        users in proptest::collection::vec(resources(), 3),
        attribute in proptest::sample::select(vec!["userName", "emails", "title", "active", "name.familyName"]),
    ) {
        let (ascending, descending) = (by(attribute), Sort::by(path(attribute), true).expect("possible"));
        let keys: Vec<_> = users.iter().map(|user| ascending.key(&index_user(&made(user)))).collect();
        let [a, b, c] = [&keys[0], &keys[1], &keys[2]].map(Option::as_ref);
        prop_assert_eq!(ascending.compare(a, b), descending.compare(b, a));
        prop_assert_eq!(ascending.compare(a, b), ascending.compare(b, a).reverse());
        if ascending.compare(a, b).is_le() && ascending.compare(b, c).is_le() {
            prop_assert!(ascending.compare(a, c).is_le());
        }
    }
}
