//! Changing a resource piece by piece, after RFC 7644 and as identity providers do it.

use roster_domain::scim::schema::{ENTERPRISE_USER, ROSTER_USER};
use roster_domain::scim::{
    Attributes, Filter, MAX_VALUES, Operand, Operator, PatchError, PatchOperation, PatchTarget, ResourceType, Value,
    patch,
};

use super::given::{ENTERPRISE, ROSTER, attributes, equal, path, path_of};

fn at(attribute: &str) -> PatchTarget {
    PatchTarget::Attribute(path(attribute))
}

fn add(target: PatchTarget, value: Value) -> PatchOperation {
    PatchOperation::Add(target, value)
}

fn replace(target: PatchTarget, value: Value) -> PatchOperation {
    PatchOperation::Replace(target, value)
}

fn remove(target: PatchTarget) -> PatchOperation {
    PatchOperation::Remove(target)
}

/// `attribute[filter]` or `attribute[filter].part`.
fn chosen(attribute: &str, filter: Filter, part: Option<&str>) -> PatchTarget {
    let path = path(attribute);
    let part = part.map(|part| path.attribute().part(part).expect(part));
    PatchTarget::Chosen { path, filter, part }
}

fn work(attribute: &str, part: Option<&str>) -> PatchTarget {
    chosen(attribute, equal(&format!("{attribute}.type"), "work"), part)
}

/// Ann, after the operations.
fn ann(operations: &[PatchOperation]) -> Result<Value, PatchError> {
    patched(
        tree!({
            "userName" => "ann",
            "name" => { "givenName" => "Ann", "familyName" => "Lee" },
            "emails" => [{ "value" => "a@x.org", "type" => "work", "primary" => true }, { "value" => "b@x.org", "type" => "home" }],
            ENTERPRISE => { "department" => "Cardiology" },
            "entitlements" => [{ "value" => "Nurse" }],
            ROSTER => { "roles" => "PRACTITIONER" },
        }),
        operations,
    )
}

fn patched(resource: Value, operations: &[PatchOperation]) -> Result<Value, PatchError> {
    patch(ResourceType::User, &attributes(resource), operations).map(Value::Complex)
}

/// What has become of one attribute of Ann's.
fn becomes(attribute: &str, operations: &[PatchOperation]) -> Option<Value> {
    let ann = attributes(ann(operations).expect("a patch that can be"));
    ann.at(&path(attribute).names()).cloned()
}

#[test]
fn a_single_value_is_set_by_add_and_by_replace_and_taken_away_by_remove() {
    for operation in [add, replace] {
        assert_eq!(
            becomes("title", &[operation(at("title"), tree!("Chief"))]),
            Some(tree!("Chief"))
        );
        assert_eq!(
            becomes("userName", &[operation(at("userName"), tree!("bo"))]),
            Some(tree!("bo"))
        );
        let department = format!("{ENTERPRISE}:department");
        assert_eq!(
            becomes(&department, &[operation(at(&department), tree!("ENT"))]),
            Some(tree!("ENT"))
        );
        assert_eq!(
            becomes("active", &[operation(at("active"), tree!(false))]),
            Some(tree!(false))
        );
    }
    assert_eq!(
        becomes("title", &[add(at("title"), tree!("Chief")), remove(at("title"))]),
        None
    );
    let department = format!("{ENTERPRISE}:department");
    let emptied = attributes(ann(&[remove(at(&department))]).expect("possible"));
    assert_eq!(
        emptied.get(ENTERPRISE),
        None,
        "an extension without attributes is not there"
    );
}

#[test]
fn a_complex_value_merges_with_what_is_there() {
    for operation in [add, replace] {
        let given = tree!({ "givenName" => "Anna", "honorificPrefix" => "Dr" });
        let expected = tree!({ "givenName" => "Anna", "familyName" => "Lee", "honorificPrefix" => "Dr" });
        assert_eq!(becomes("name", &[operation(at("name"), given)]), Some(expected));
        let expected = tree!({ "givenName" => "Ann", "familyName" => "Li" });
        assert_eq!(
            becomes("name", &[operation(at("name.familyName"), tree!("Li"))]),
            Some(expected)
        );
    }
    assert_eq!(
        becomes("name", &[remove(at("name.givenName"))]),
        Some(tree!({ "familyName" => "Lee" }))
    );
    assert_eq!(
        becomes("name", &[remove(at("name.givenName")), remove(at("name.familyName"))]),
        None
    );
    assert_eq!(becomes("name", &[remove(at("name"))]), None);
}

#[test]
fn add_appends_what_is_not_there_and_replace_replaces_all() {
    let (nurse, chief) = (|| tree!({ "value" => "Nurse" }), || tree!({ "value" => "Chief" }));
    let entitlements = |operation| becomes("entitlements", &[operation]);
    let at = || at("entitlements");
    // The value may stand for the object that it is the value of.
    for three in [
        tree!(["Chief", "Nurse", "Chief"]),
        Value::Many(vec![chief(), nurse(), chief()]),
    ] {
        let expected = Value::Many(vec![nurse(), chief()]);
        assert_eq!(entitlements(add(at(), three)), Some(expected));
    }
    for one in [tree!("Chief"), chief()] {
        let expected = Value::Many(vec![nurse(), chief()]);
        assert_eq!(entitlements(add(at(), one)), Some(expected));
    }
    for one in [tree!(["Chief"]), tree!("Chief"), Value::Many(vec![chief()])] {
        let expected = Value::Many(vec![chief()]);
        assert_eq!(entitlements(replace(at(), one)), Some(expected));
    }
    assert_eq!(entitlements(replace(at(), tree!([]))), None);
    assert_eq!(entitlements(remove(at())), None);
}

#[test]
fn a_list_that_is_one_text_is_replaced_as_one_text() {
    let roles = format!("{ROSTER}:roles");
    for operation in [add, replace] {
        let both = "ADMINISTRATOR,PRACTITIONER";
        assert_eq!(
            becomes(&roles, &[operation(at(&roles), tree!(both))]),
            Some(tree!(both))
        );
    }
    assert_eq!(becomes(&roles, &[remove(at(&roles))]), None);
}

#[test]
fn what_is_there_already_is_not_added() {
    let same = tree!({ "value" => "b@x.org", "type" => "home" });
    assert_eq!(becomes("emails", &[add(at("emails"), same)]), becomes("emails", &[]));
}

#[test]
fn a_new_primary_value_is_the_only_one() {
    let added = add(at("emails"), tree!([{ "value" => "c@x.org", "primary" => true }]));
    let primary = |index: usize| {
        tree!([
            { "value" => "a@x.org", "type" => "work", "primary" => (index == 0) },
            { "value" => "b@x.org", "type" => "home" },
            { "value" => "c@x.org", "primary" => (index == 2) },
        ])
    };
    assert_eq!(becomes("emails", std::slice::from_ref(&added)), Some(primary(2)));
    // What is there already only becomes the primary one again.
    let again = add(
        at("emails"),
        tree!({ "value" => "a@x.org", "type" => "work", "primary" => true }),
    );
    assert_eq!(becomes("emails", &[added, again]), Some(primary(0)));

    let home = chosen("emails", equal("emails.type", "home"), Some("primary"));
    for operation in [add, replace] {
        assert_eq!(
            becomes("emails", &[operation(home.clone(), tree!(true))]),
            Some(tree!([
                { "value" => "a@x.org", "type" => "work", "primary" => false },
                { "value" => "b@x.org", "type" => "home", "primary" => true },
            ]))
        );
    }
    let both = replace(
        at("emails"),
        tree!([{ "value" => "a", "primary" => true }, { "value" => "b", "primary" => true }]),
    );
    assert_eq!(
        becomes("emails", &[both]),
        Some(tree!([{ "value" => "a", "primary" => false }, { "value" => "b", "primary" => true }]))
    );
}

#[test]
fn a_part_of_the_chosen_values_is_set() {
    for operation in [add, replace] {
        assert_eq!(
            becomes(
                "emails",
                &[operation(work("emails", Some("value")), tree!("new@x.org"))]
            ),
            Some(tree!([
                { "value" => "new@x.org", "type" => "work", "primary" => true },
                { "value" => "b@x.org", "type" => "home" },
            ]))
        );
    }
    assert_eq!(
        becomes("emails", &[remove(work("emails", Some("primary")))]),
        Some(tree!([{ "value" => "a@x.org", "type" => "work" }, { "value" => "b@x.org", "type" => "home" }]))
    );
}

#[test]
fn chosen_values_are_replaced_but_for_what_they_were_chosen_by_and_added_to() {
    let given = || tree!({ "value" => "new@x.org" });
    let home = tree!({ "value" => "b@x.org", "type" => "home" });
    assert_eq!(
        becomes("emails", &[replace(work("emails", None), given())]),
        Some(Value::Many(vec![
            tree!({ "value" => "new@x.org", "type" => "work" }),
            home.clone()
        ]))
    );
    assert_eq!(
        becomes("emails", &[add(work("emails", None), given())]),
        Some(Value::Many(vec![
            tree!({ "value" => "new@x.org", "type" => "work", "primary" => true }),
            home.clone()
        ]))
    );
    assert_eq!(
        becomes("emails", &[remove(work("emails", None))]),
        Some(Value::Many(vec![home]))
    );
    let nurse = || chosen("entitlements", equal("entitlements", "nurse"), None);
    let chief = || tree!([{ "value" => "Chief" }]);
    for value in [tree!("Chief"), tree!({ "value" => "Chief" })] {
        assert_eq!(becomes("entitlements", &[replace(nurse(), value)]), Some(chief()));
    }
    assert_eq!(becomes("entitlements", &[remove(nurse())]), None);
}

#[test]
fn a_value_that_the_filter_describes_is_made_where_there_is_none() {
    for operation in [add, replace] {
        assert_eq!(
            becomes(
                "phoneNumbers",
                &[operation(work("phoneNumbers", Some("value")), tree!("201"))]
            ),
            Some(tree!([{ "type" => "work", "value" => "201" }]))
        );
        assert_eq!(
            becomes(
                "addresses",
                &[operation(work("addresses", None), tree!({ "locality" => "Ulm" }))]
            ),
            Some(tree!([{ "type" => "work", "locality" => "Ulm" }]))
        );
        // Entra ID: `roles[primary eq "True"].value`.
        let primary = Filter::compare(path("roles.primary"), Operator::Equal, Operand::Text("True".to_owned()));
        let target = chosen("roles", primary.expect("possible"), Some("value"));
        assert_eq!(
            becomes("roles", &[operation(target, tree!("Nurse"))]),
            Some(tree!([{ "primary" => true, "value" => "Nurse" }]))
        );
        let both = Filter::And(vec![equal("ims.type", "x"), equal("ims.display", "d")]);
        assert_eq!(
            becomes("ims", &[operation(chosen("ims", both, Some("value")), tree!("@ann"))]),
            Some(tree!([{ "type" => "x", "display" => "d", "value" => "@ann" }]))
        );
    }
}

#[test]
fn a_value_that_the_filter_would_not_choose_is_not_made() {
    let targets = [
        chosen("ims", Filter::Not(Box::new(equal("ims.value", "@ann"))), Some("value")),
        chosen(
            "ims",
            Filter::Or(vec![equal("ims.type", "x"), equal("ims.type", "y")]),
            Some("value"),
        ),
        chosen("ims", equal("ims.value", "@bo"), Some("value")),
        chosen(
            "ims",
            Filter::And(vec![equal("ims.type", "x"), equal("ims.type", "y")]),
            Some("value"),
        ),
    ];
    for target in targets {
        for operation in [add, replace] {
            let refused = ann(&[operation(target.clone(), tree!("@ann"))]);
            assert!(
                matches!(refused, Err(PatchError::NoTarget(_))),
                "{target:?}: {refused:?}"
            );
        }
    }
}

#[test]
fn what_is_made_of_a_filter_is_as_the_filter_was_written() {
    for operation in [add, replace] {
        for (attribute, text) in [
            ("entitlements.value", "License-ABC"),
            ("roles.type", "WindowsAzureActiveDirectoryRole"),
            ("phoneNumbers.type", "Pager"),
        ] {
            let (attribute, chosen_by) = attribute.split_once('.').expect("a part");
            let target = chosen(
                attribute,
                equal(&format!("{attribute}.{chosen_by}"), text),
                Some("display"),
            );
            let shown = becomes(attribute, &[operation(target, tree!("Shown"))]).expect("made");
            let made = shown.as_many().last().and_then(Value::as_complex).expect("a value");
            assert_eq!(made.text(chosen_by), Some(text), "{attribute}");
            assert_eq!(made.text("display"), Some("Shown"), "{attribute}");
        }
    }
}

#[test]
fn removing_what_is_not_there_is_done_already() {
    for target in [
        at("title"),
        at("name.middleName"),
        at("phoneNumbers"),
        at("phoneNumbers.value"),
        chosen("emails", equal("emails.value", "z@x.org"), None),
        work("phoneNumbers", Some("value")),
        PatchTarget::Attribute(path(&format!("{ROSTER}:npi"))),
    ] {
        assert_eq!(ann(&[remove(target.clone())]), ann(&[]), "{target:?}");
    }
}

#[test]
fn a_part_without_a_filter_is_that_of_each_value() {
    for operation in [add, replace] {
        assert_eq!(
            becomes("emails", &[operation(at("emails.display"), tree!("Ann"))]),
            Some(tree!([
                { "value" => "a@x.org", "type" => "work", "primary" => true, "display" => "Ann" },
                { "value" => "b@x.org", "type" => "home", "display" => "Ann" },
            ]))
        );
        assert_eq!(
            becomes("phoneNumbers", &[operation(at("phoneNumbers.value"), tree!("201"))]),
            Some(tree!([{ "value" => "201" }]))
        );
    }
    let bare = becomes("emails", &[remove(at("emails.type")), remove(at("emails.value"))]);
    assert_eq!(bare, Some(tree!([{ "primary" => true }])), "what is empty is not there");
}

#[test]
fn without_a_path_each_attribute_of_the_value_is_meant() {
    let given = tree!({
        "title" => "Chief",
        "name" => { "givenName" => "Anna" },
        "emails" => [{ "value" => "c@x.org" }],
        ENTERPRISE => { "costCenter" => "7" },
        ROSTER => { "npi" => "1234567893" },
    });
    let expected = |emails| {
        Ok(tree!({
            "userName" => "ann",
            "title" => "Chief",
            "name" => { "givenName" => "Anna", "familyName" => "Lee" },
            "emails" => emails,
            ENTERPRISE => { "department" => "Cardiology", "costCenter" => "7" },
            "entitlements" => [{ "value" => "Nurse" }],
            ROSTER => { "roles" => "PRACTITIONER", "npi" => "1234567893" },
        }))
    };
    let replaced = ann(&[replace(PatchTarget::Resource, given.clone())]);
    assert_eq!(replaced, expected(tree!([{ "value" => "c@x.org" }])));
    let added = ann(&[add(PatchTarget::Resource, given)]);
    assert_eq!(
        added,
        expected(tree!([
            { "value" => "a@x.org", "type" => "work", "primary" => true },
            { "value" => "b@x.org", "type" => "home" },
            { "value" => "c@x.org" },
        ]))
    );
}

#[test]
fn an_extension_is_changed_as_a_whole() {
    let extension = || PatchTarget::Extension(&ENTERPRISE_USER);
    for operation in [add, replace] {
        assert_eq!(
            becomes(
                &format!("{ENTERPRISE}:department"),
                &[operation(extension(), tree!({ "costCenter" => "7" }))]
            ),
            Some(tree!("Cardiology"))
        );
    }
    assert_eq!(
        attributes(ann(&[remove(extension())]).expect("possible")).get(ENTERPRISE),
        None
    );
    assert_eq!(
        ann(&[
            remove(PatchTarget::Extension(&ROSTER_USER)),
            remove(PatchTarget::Extension(&ROSTER_USER))
        ])
        .map(|ann| attributes(ann).get(ROSTER).cloned()),
        Ok(None)
    );
}

#[test]
fn what_is_read_only_is_refused_where_it_is_named_and_passed_over_in_a_value() {
    for name in ["id", "meta", "meta.created", "groups", "groups.value"] {
        for operation in [
            add(at(name), tree!("x")),
            replace(at(name), tree!("x")),
            remove(at(name)),
        ] {
            assert_eq!(ann(&[operation]), Err(PatchError::ReadOnly(name.to_owned())), "{name}");
        }
    }
    let groups = chosen("groups", equal("groups.value", "5"), None);
    assert_eq!(ann(&[remove(groups)]), Err(PatchError::ReadOnly("groups".to_owned())));

    let value =
        tree!({ "id" => "7", "meta" => { "version" => "8" }, "groups" => [{ "value" => "5" }], "unknown" => "x" });
    assert_eq!(ann(&[replace(PatchTarget::Resource, value)]), ann(&[]));
    let manager = format!("{ENTERPRISE}:manager");
    let given = tree!({ "value" => "26", "displayName" => "Bo" });
    assert_eq!(
        becomes(&manager, &[add(at(&manager), given)]),
        Some(tree!({ "value" => "26" }))
    );
}

#[test]
fn what_must_be_there_cannot_be_removed() {
    assert_eq!(
        ann(&[remove(at("userName"))]),
        Err(PatchError::Required("userName".to_owned()))
    );
    for patched in [vec![], vec![replace(at("active"), tree!(false))]] {
        let operations: Vec<_> = patched.into_iter().chain([remove(at("active"))]).collect();
        assert_eq!(ann(&operations), Err(PatchError::Required("active".to_owned())));
    }
    let group = attributes(tree!({ "displayName" => "Cardiology" }));
    let name = PatchTarget::Attribute(path_of(ResourceType::Group, "displayName").expect("there"));
    let refused = patch(ResourceType::Group, &group, &[remove(name)]);
    assert_eq!(refused, Err(PatchError::Required("displayName".to_owned())));
}

#[test]
fn a_value_of_another_type_is_refused() {
    let extension = format!("{ENTERPRISE}:manager");
    let (roles, metadata) = (format!("{ROSTER}:roles"), format!("{ROSTER}:metadata"));
    let cases = [
        (at("title"), tree!(true), "title", "a text"),
        (at("title"), tree!(["a"]), "title", "a text"),
        (at("active"), tree!("true"), "active", "true or false"),
        (at(&roles), tree!(["PRACTITIONER"]), &roles, "a text"),
        (at(&metadata), tree!({ "ward" => "7" }), &metadata, "a text"),
        (at("name"), tree!("Ann"), "name", "an object"),
        (at("name"), tree!({ "givenName" => true }), "name.givenName", "a text"),
        (at("emails"), tree!([true]), "emails", "an object"),
        (
            at("emails"),
            tree!([{ "primary" => "true" }]),
            "emails.primary",
            "true or false",
        ),
        (work("emails", Some("value")), tree!({}), "emails.value", "a text"),
        (
            work("phoneNumbers", Some("primary")),
            tree!("x"),
            "phoneNumbers.primary",
            "true or false",
        ),
        (at("photos.value"), tree!(false), "photos.value", "a URI"),
        (
            at("x509Certificates.value"),
            tree!(false),
            "x509Certificates.value",
            "a text in base64",
        ),
        (at(&extension), tree!(true), &extension, "an object"),
        (
            PatchTarget::Resource,
            tree!("x"),
            "an operation without a path",
            "an object of attributes",
        ),
        (
            PatchTarget::Extension(&ENTERPRISE_USER),
            tree!("x"),
            ENTERPRISE,
            "an object of attributes",
        ),
        (PatchTarget::Resource, tree!({ "title" => true }), "title", "a text"),
    ];
    for (target, value, attribute, expected) in cases {
        let error = PatchError::Value {
            attribute: attribute.to_owned(),
            expected,
        };
        for operation in [add, replace] {
            assert_eq!(
                ann(&[operation(target.clone(), value.clone())]),
                Err(error.clone()),
                "{target:?}"
            );
        }
    }
    assert_eq!(
        ann(&[remove(PatchTarget::Resource)]),
        Err(PatchError::NoTarget("no path".to_owned()))
    );
}

#[test]
fn no_more_values_are_taken_than_are_kept() {
    let many = |count: usize| {
        let values = (0..count).map(|number| tree!({ "value" => (number.to_string().as_str()) }));
        Value::Many(values.collect())
    };
    for operation in [add, replace] {
        assert!(ann(&[operation(at("ims"), many(MAX_VALUES))]).is_ok());
        let refused = ann(&[operation(at("ims"), many(MAX_VALUES + 1))]);
        assert_eq!(
            refused.expect_err("one too many").to_string(),
            format!("ims takes {MAX_VALUES} values at the most")
        );
    }
}

#[test]
fn a_value_may_stand_for_the_object_that_it_is_the_value_of() {
    let manager = format!("{ENTERPRISE}:manager");
    for operation in [add, replace] {
        assert_eq!(
            becomes(&manager, &[operation(at(&manager), tree!("26"))]),
            Some(tree!({ "value" => "26" }))
        );
    }
}

#[test]
fn operations_are_done_one_after_the_other_and_all_or_none() {
    let resource = Attributes::new();
    let operations = [add(at("title"), tree!("a")), remove(at("id"))];
    assert!(patch(ResourceType::User, &resource, &operations).is_err());
    assert_eq!(resource, Attributes::new());
    assert_eq!(
        becomes(
            "title",
            &[
                add(at("title"), tree!("a")),
                remove(at("title")),
                add(at("title"), tree!("b"))
            ]
        ),
        Some(tree!("b"))
    );
}
