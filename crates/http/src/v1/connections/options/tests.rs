//! What is read, what is shown, and that the specification says the same.

use rstest::rstest;
use serde_json::{Value, json};
use utoipa::PartialSchema;

use super::*;

fn schema<T: PartialSchema>() -> Value {
    serde_json::to_value(T::schema()).unwrap()
}

fn names(object: &Value) -> Vec<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

fn shown(vendor: Vendor) -> Value {
    serde_json::to_value(OptionsAnswer::of(ConnectionOptions::default(), vendor)).unwrap()
}

fn read_from(options: Value) -> (Change<OptionsChanges>, Violations) {
    let mut violations = Violations::none();
    let changes = read(options.into(), &FieldPath::of("options"), &mut violations);
    (changes, violations)
}

#[test]
fn the_defaults_are_shown_with_their_values() {
    insta::assert_snapshot!(format!("{:#}", shown(Vendor::NablaCore)), @r#"
    {
      "allow_private_addresses": false,
      "api_version": null,
      "assignment": "all",
      "concurrency": 8,
      "drift": "repair",
      "hold_floor": 20,
      "hold_percent": 20,
      "hold_window_minutes": 60,
      "on_leave": "deactivate",
      "read_back_minutes": 1440,
      "requests_per_minute": null
    }
    "#);
}

#[rstest]
#[case::nabla_core(Vendor::NablaCore, schema::<NablaOptions>())]
#[case::nabla_connect(Vendor::NablaConnect, schema::<NablaOptions>())]
#[case::upheal(Vendor::Upheal, schema::<UphealOptions>())]
#[case::corti(Vendor::Corti, schema::<CortiOptions>())]
fn what_is_shown_of_a_vendors_options_is_what_may_be_said_of_them(#[case] vendor: Vendor, #[case] requested: Value) {
    assert_eq!(names(&shown(vendor)), names(&requested["properties"]));
}

#[test]
fn an_option_that_is_set_is_shown_also_where_it_means_nothing() {
    let options = ConnectionOptions {
        project_id: Some("clinic".to_owned()),
        create_customer: true,
        ..ConnectionOptions::default()
    };

    let shown = serde_json::to_value(OptionsAnswer::of(options, Vendor::Upheal)).unwrap();

    assert_eq!(
        (&shown["project_id"], &shown["create_customer"]),
        (&json!("clinic"), &json!(true))
    );
    assert_eq!(shown.get("customer_id"), None);
}

#[test]
fn every_option_can_be_said_and_cleared() {
    let said = json!({
        "api_version": "v1", "allow_private_addresses": true, "organization_id": "o", "api_key_header": "h",
        "project_id": "p", "customer_id": "c", "create_customer": true, "assignment": "chosen", "on_leave": "delete",
        "drift": "report", "read_back_minutes": 5, "concurrency": 1, "requests_per_minute": 0, "hold_percent": 1,
        "hold_floor": 2, "hold_window_minutes": 3,
    });
    assert_eq!(
        names(&said),
        names(&schema::<AnyOptions>()["properties"]),
        "the list is whole"
    );
    let nulls: Value = names(&said).into_iter().map(|name| (name, Value::Null)).collect();

    let (said, first) = read_from(said);
    let (nulls, second) = read_from(nulls);

    assert!(first.is_empty() && second.is_empty(), "{first} {second}");
    let said = format!("{:?}", said.as_set().unwrap());
    let nulls = format!("{:?}", nulls.as_set().unwrap());
    assert_eq!((said.matches("Set(").count(), nulls.matches("Clear").count()), (16, 16));
}

#[test]
fn options_of_wrong_types_and_unknown_ones_are_named_together() {
    let (_, violations) = read_from(json!({
        "assignment": 1, "concurrency": "8", "hold_percent": 1.5, "create_customer": "yes", "colour": "red",
    }));

    insta::assert_snapshot!(violations, @r#"
    options.colour is not a field of this request; given: "colour"
    options.create_customer must be true or false; given: a string
    options.assignment must be a string; given: a number
    options.concurrency must be a whole number; given: a string
    options.hold_percent must be a whole number; given: a number
    "#);
}

/// The limits that the specification names are those that the domain checks.
#[rstest]
#[case("read_back_minutes", |options: &mut ConnectionOptions, value| options.read_back_minutes = value)]
#[case("concurrency", |options: &mut ConnectionOptions, value| options.concurrency = value)]
#[case("requests_per_minute", |options: &mut ConnectionOptions, value| options.requests_per_minute = Some(value))]
#[case("hold_percent", |options: &mut ConnectionOptions, value| options.hold_percent = u8::try_from(value).unwrap())]
#[case("hold_window_minutes", |options: &mut ConnectionOptions, value| options.hold_window_minutes = value)]
fn numbers_are_limited_as_they_are_described(#[case] name: &str, #[case] set: fn(&mut ConnectionOptions, u32)) {
    let schema = schema::<AnyOptions>()["properties"][name].clone();
    let limit = |which: &str| u32::try_from(schema[which].as_u64().unwrap()).unwrap();
    let is_fine = |value| {
        let mut options = ConnectionOptions::default();
        set(&mut options, value);
        options.check(Vendor::NablaCore).is_empty()
    };

    assert!(is_fine(limit("minimum")) && is_fine(limit("maximum")));
    assert!(!is_fine(limit("maximum") + 1));
    assert!(limit("minimum") == 0 || !is_fine(limit("minimum") - 1));
}

#[test]
fn a_change_may_have_null_for_every_option_and_a_new_connection_to_corti_not_for_what_it_needs() {
    let any = schema::<AnyOptions>();
    for (name, property) in any["properties"].as_object().unwrap() {
        let types = property["type"]
            .as_array()
            .unwrap_or_else(|| panic!("{name}: {property}"));
        assert!(types.contains(&json!("null")), "{name}");
        assert!(
            property["enum"]
                .as_array()
                .is_none_or(|values| values.contains(&Value::Null)),
            "{name}"
        );
    }

    let corti = schema::<CortiOptions>();
    assert_eq!(corti["required"], json!(["project_id", "customer_id"]));
    assert_eq!(corti["properties"]["project_id"]["type"], "string");
}
