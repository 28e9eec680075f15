//! What holds for whatever is patched.

use proptest::prelude::*;
use proptest::sample::select;
use roster_domain::scim::{
    Attributes, PatchError, PatchOperation, PatchTarget, ResourceType, Value, patch, represent_user,
};

use super::given::{ENTERPRISE, ROSTER, equal, made, path, resources};

fn apply(resource: &Attributes, operation: PatchOperation) -> Result<Attributes, PatchError> {
    patch(ResourceType::User, resource, &[operation])
}

/// The attributes that can be patched: where they are.
fn places() -> impl Strategy<Value = String> {
    let own = ResourceType::User.schema().attributes.iter();
    let mut places: Vec<String> = own.filter(|it| it.is_writable()).map(|it| it.name.to_owned()).collect();
    for urn in [ENTERPRISE, ROSTER] {
        let schema = ResourceType::User.extension(urn).expect("an extension");
        places.extend(schema.attributes.iter().map(|it| format!("{urn}:{}", it.name)));
    }
    select(places)
}

fn at(resource: &Attributes, place: &str) -> Option<Value> {
    resource.at(&path(place).names()).cloned()
}

/// The resource without one attribute.
fn without(resource: &Attributes, place: &str) -> Attributes {
    let mut rest = resource.clone();
    match path(place).extension() {
        Some(schema) => drop(rest.within(schema.id, |parts| parts.remove(path(place).attribute().name))),
        None => drop(rest.remove(path(place).attribute().name)),
    }
    rest
}

fn is_primary(value: &Value) -> bool {
    value.as_complex().and_then(|parts| parts.get("primary")) == Some(&Value::Boolean(true))
}

fn primaries(value: Option<&Value>) -> usize {
    value.map_or(0, |value| {
        value.as_many().iter().filter(|value| is_primary(value)).count()
    })
}

fn any_operation(place: &str, value: Value, which: usize) -> PatchOperation {
    let target = PatchTarget::Attribute(path(place));
    match which {
        0 => PatchOperation::Add(target, value),
        1 => PatchOperation::Replace(target, value),
        _ => PatchOperation::Remove(target),
    }
}

proptest! {
    #[test]
    fn what_was_not_there_and_is_added_is_gone_once_it_is_removed(
        resource in resources(), other in resources(), place in places(),
    ) {
        let Some(value) = at(&other, &place) else { return Ok(()) };
        let before = without(&resource, &place);
        let target = PatchTarget::Attribute(path(&place));
        let added = apply(&before, PatchOperation::Add(target.clone(), value)).expect("possible");
        match apply(&added, PatchOperation::Remove(target)) {
            Ok(after) => prop_assert_eq!(after, before),
            Err(error) => {
                prop_assert!(["userName", "active"].contains(&place.as_str()));
                prop_assert_eq!(error, PatchError::Required(place));
            }
        }
    }

    #[test]
    fn replacing_twice_is_as_good_as_once(resource in resources(), other in resources(), place in places()) {
        let Some(value) = at(&other, &place) else { return Ok(()) };
        let operation = PatchOperation::Replace(PatchTarget::Attribute(path(&place)), value);
        let once = apply(&resource, operation.clone()).expect("possible");
        prop_assert_eq!(apply(&once, operation).expect("possible"), once);
    }

    #[test]
    fn adding_twice_is_as_good_as_once(resource in resources(), other in resources(), place in places()) {
        let Some(value) = at(&other, &place) else { return Ok(()) };
        let operation = PatchOperation::Add(PatchTarget::Attribute(path(&place)), value);
        let once = apply(&resource, operation.clone()).expect("possible");
        prop_assert_eq!(apply(&once, operation).expect("possible"), once);
    }

    #[test]
    fn an_operation_touches_its_attribute_alone(
        resource in resources(), other in resources(), place in places(), which in 0..3usize,
    ) {
        let value = at(&other, &place).unwrap_or_else(|| Value::Many(Vec::new()));
        let Ok(after) = apply(&resource, any_operation(&place, value, which)) else { return Ok(()) };
        prop_assert_eq!(without(&after, &place), without(&resource, &place));
    }

    #[test]
    fn no_patch_makes_a_second_value_primary(
        resource in resources(), other in resources(), which in 0..3usize,
        place in select(vec!["emails", "phoneNumbers", "addresses", "roles", "photos"]),
    ) {
        let value = at(&other, place).unwrap_or_else(|| Value::Many(Vec::new()));
        let after = apply(&resource, any_operation(place, value, which)).expect("possible");
        let (was, is) = (primaries(at(&resource, place).as_ref()), primaries(at(&after, place).as_ref()));
        prop_assert!(is <= was.max(1), "{} primaries became {}", was, is);
    }

    #[test]
    fn a_chosen_part_is_what_it_was_set_to_and_other_values_stay(
        resource in resources(), address in "[a-z]{3}@x[.]org",
        kind in select(vec!["work", "home", "pager"]), is_added in any::<bool>(),
    ) {
        let emails = path("emails");
        let target = PatchTarget::Chosen {
            path: emails,
            filter: equal("emails.type", kind),
            part: emails.attribute().part("value"),
        };
        let value = Value::text(address.as_str());
        let operation = if is_added { PatchOperation::Add(target, value) } else { PatchOperation::Replace(target, value) };

        let after = apply(&resource, operation).expect("possible");

        let is_kind = |value: &&Value| {
            let text = value.as_complex().and_then(|parts| parts.text("type"));
            text.is_some_and(|text| text.eq_ignore_ascii_case(kind))
        };
        let split = |resource: &Attributes| -> (Vec<Value>, Vec<Value>) {
            let emails = at(resource, "emails").unwrap_or_else(|| Value::Many(Vec::new()));
            emails.as_many().iter().cloned().partition(|value| is_kind(&value))
        };
        let ((chosen, others), (_, were)) = (split(&after), split(&resource));
        prop_assert!(!chosen.is_empty());
        for entry in chosen {
            prop_assert_eq!(entry.as_complex().and_then(|parts| parts.text("value")), Some(address.as_str()));
        }
        prop_assert!(others.iter().all(|other| were.contains(other)), "{:?} became {:?}", were, others);
        prop_assert!(were.iter().all(|were| others.contains(were)), "{:?} became {:?}", were, others);
    }

    #[test]
    fn replacing_a_user_with_what_is_shown_of_it_changes_nothing_but_equal_values(resource in resources()) {
        let shown = represent_user(&made(&resource), &[]);
        let operation = PatchOperation::Replace(PatchTarget::Resource, Value::Complex(shown.clone()));
        let after = apply(&shown, operation).expect("possible");
        for (name, value) in shown.iter() {
            let distinct: Vec<&Value> = value.as_many().iter().collect();
            let is_plain = primaries(Some(value)) <= 1 && distinct.iter().enumerate().all(|(index, one)| {
                distinct[index + 1..].iter().all(|other| without_primary(one) != without_primary(other))
            });
            if is_plain {
                prop_assert_eq!(after.get(name), Some(value), "{}", name);
            }
        }
    }
}

fn without_primary(value: &Value) -> Value {
    match value {
        Value::Complex(parts) => {
            let mut parts = parts.clone();
            parts.remove("primary");
            Value::Complex(parts)
        }
        other => other.clone(),
    }
}
