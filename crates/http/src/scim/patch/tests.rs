//! The body of a PATCH: what its operations are about.

use rstest::rstest;
use serde_json::json;

use super::super::write;
use super::*;
use crate::refusal::Kind;

/// What the operations of a body are, one in a line.
fn read(operations: &Json) -> Result<String, Refusal> {
    let steps = steps(ResourceType::User, &json!({"Operations": operations}))?;
    let operations = super::operations(&steps)?;
    let lines: Vec<String> = operations.iter().map(told).collect();
    Ok(lines.join("\n"))
}

fn told(operation: &PatchOperation) -> String {
    let value = |value: &Value| {
        write::attributes(&[("value".to_owned(), value.clone())].into_iter().collect())["value"].clone()
    };
    match operation {
        PatchOperation::Add(target, added) => format!("add {} {}", place(target), value(added)),
        PatchOperation::Replace(target, replaced) => format!("replace {} {}", place(target), value(replaced)),
        PatchOperation::Remove(target) => format!("remove {}", place(target)),
    }
}

fn place(target: &PatchTarget) -> String {
    match target {
        PatchTarget::Resource => "the resource".to_owned(),
        PatchTarget::Extension(schema) => schema.name.to_owned(),
        PatchTarget::Attribute(path) => path.to_string(),
        PatchTarget::Chosen { path, filter, part } => {
            let part = part.map_or(String::new(), |part| format!(".{}", part.name));
            let terms = match filter {
                Filter::Or(terms) | Filter::And(terms) => terms.len(),
                _ => 1,
            };
            format!("{path}[{terms}]{part}")
        }
    }
}

#[rstest]
#[case::capitals(json!([{"op": "Replace", "path": "active", "value": "False"}]), "replace active false")]
#[case::okta(
    json!([{"op": "replace", "value": {"id": "7", "active": false, "userName": "ann"}}]),
    "replace active false\nreplace userName \"ann\""
)]
#[case::entra_with_dots_and_urns(
    json!([{"op": "Add", "value": {
        "name.givenName": "Ann",
        "emails[type eq \"work\"].value": "a@b.c",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "ENT",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"division": "North", "manager": {"value": "7"}},
        "colour": "red",
    }}]),
    "add emails[1].value \"a@b.c\"\n\
     add name.givenName \"Ann\"\n\
     add urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division \"North\"\n\
     add urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager {\"value\":\"7\"}\n\
     add urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department \"ENT\""
)]
#[case::a_manager_by_id(
    json!([{"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "7"}]),
    "add urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager {\"value\":\"7\"}"
)]
#[case::a_value_in_an_array(
    json!([{"op": "Replace", "path": "displayName", "value": [{"$ref": null, "value": "Ann"}]}]),
    "replace displayName \"Ann\""
)]
#[case::several_values(
    json!([{"op": "add", "path": "emails", "value": [{"value": "a@b"}]}, {"op": "add", "path": "emails", "value": {"value": "c@d"}}]),
    "add emails [{\"value\":\"a@b\"}]\nadd emails [{\"value\":\"c@d\"}]"
)]
#[case::one_of_several(
    json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "a@b"}}]),
    "replace emails[1] {\"value\":\"a@b\"}"
)]
#[case::nothing_in_place_of_something(
    json!([
        {"op": "replace", "path": "title", "value": null}, {"op": "replace", "path": "emails", "value": []},
        {"op": "replace", "value": {"nickName": null}}, {"op": "add", "path": "title", "value": null},
    ]),
    "remove title\nremove emails\nremove nickName"
)]
#[case::removed(
    json!([
        {"op": "remove", "path": "name.givenName"},
        {"op": "remove", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"},
    ]),
    "remove name.givenName\nremove EnterpriseUser"
)]
#[case::removed_by_value(
    json!([{"op": "Remove", "path": "emails", "value": [{"value": "a@b"}, {"value": "c@d"}]}]),
    "remove emails[2]"
)]
#[case::removed_by_all_that_is_said_of_a_value(
    json!([{"op": "remove", "path": "addresses", "value": [{"type": "work", "streetAddress": "s1"}]}]),
    "remove addresses[1]"
)]
#[case::nothing_removed(
    json!([
        {"op": "remove", "path": "emails", "value": []}, {"op": "remove", "path": "emails", "value": [{}]},
        {"op": "remove", "path": "emails", "value": [{"colour": "red"}]},
    ]),
    "remove emails[0]\nremove emails[0]\nremove emails[0]"
)]
#[case::all_removed(json!([{"op": "remove", "path": "emails", "value": null}]), "remove emails")]
#[case::schemas(json!([{"op": "add", "path": "schemas", "value": ["urn:x"]}, {"op": "remove", "path": "title"}]), "remove title")]
fn operations_are_read_as_identity_providers_write_them(#[case] operations: Json, #[case] expected: &str) {
    let told = read(&operations).unwrap_or_else(|refusal| panic!("{refusal:?}"));

    assert_eq!(told, expected);
}

#[rstest]
#[case::no_op(json!([{"path": "title", "value": "x"}]), ScimType::InvalidSyntax)]
#[case::unknown_op(json!([{"op": "move", "path": "title"}]), ScimType::InvalidSyntax)]
#[case::no_operation(json!([]), ScimType::InvalidSyntax)]
#[case::no_array(json!({"op": "remove", "path": "title"}), ScimType::InvalidSyntax)]
#[case::path_of_another_type(json!([{"op": "remove", "path": 7}]), ScimType::InvalidSyntax)]
#[case::unknown_path(json!([{"op": "remove", "path": "colour"}]), ScimType::InvalidPath)]
#[case::malformed_path(json!([{"op": "remove", "path": "emails["}]), ScimType::InvalidPath)]
#[case::removing_nothing(json!([{"op": "remove"}]), ScimType::NoTarget)]
#[case::read_only(json!([{"op": "replace", "path": "id", "value": "x"}]), ScimType::Mutability)]
#[case::read_only_part(json!([{"op": "replace", "path": "meta.created", "value": "x"}]), ScimType::Mutability)]
#[case::no_object(json!([{"op": "add", "value": "x"}]), ScimType::InvalidValue)]
#[case::replaced_by_no_value(json!([{"op": "replace", "path": "emails"}]), ScimType::InvalidValue)]
#[case::added_without_a_value(json!([{"op": "add", "path": "title"}]), ScimType::InvalidValue)]
#[case::part_replaced_by_no_value(json!([{"op": "replace", "path": "emails[type eq \"work\"].value"}]), ScimType::InvalidValue)]
#[case::no_value_and_no_path(json!([{"op": "replace"}]), ScimType::InvalidValue)]
fn what_is_no_operation_is_refused(#[case] operations: Json, #[case] expected: ScimType) {
    let refusal = read(&operations).unwrap_err();

    assert_eq!((refusal.status.as_u16(), refusal.kind), (400, Kind::Scim(expected)));
}

#[test]
fn a_patch_has_a_bounded_number_of_operations() {
    let operations = |count| json!(vec![json!({"op": "remove", "path": "title"}); count]);

    assert!(read(&operations(1000)).is_ok());
    let refusal = read(&operations(1001)).unwrap_err();
    assert_eq!((refusal.status.as_u16(), refusal.kind), (413, Kind::TooLarge));
}

#[test]
fn every_value_of_another_type_is_named() {
    let operations = json!([
        {"op": "add", "path": "active", "value": 7},
        {"op": "add", "path": "emails[type eq \"work\"].value", "value": {"value": "x"}},
        {"op": "replace", "value": {"name": "Ann"}},
    ]);

    let refusal = read(&operations).unwrap_err();

    assert_eq!(
        (refusal.kind, refusal.violations.iter().count()),
        (Kind::Invalid, 3),
        "{refusal:?}"
    );
}
