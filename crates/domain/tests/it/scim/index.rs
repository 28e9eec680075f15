//! What users and groups are searched by.

use proptest::prelude::*;
use roster_domain::scim::{GroupReference, Value, index_group, index_user, represent_user};
use roster_domain::{Change, Group, GroupChanges, GroupId, OrganizationId};
use uuid::Uuid;

use super::given::{ENTERPRISE, ROSTER, attributes, made, resources};
use crate::given::at;

#[test]
fn text_is_folded_unless_its_case_is_exact() {
    let user = made(&attributes(tree!({
        "userName" => "Ann.ÉLAN",
        "externalId" => "Ehr-7",
        "active" => false,
        "profileUrl" => "https://x.org/Ann",
        "photos" => [{ "value" => "https://x.org/A.png", "display" => "ME" }],
        ENTERPRISE => { "department" => "ΟΔΟΣ", "manager" => { "value" => "Bo" } },
        ROSTER => { "roles" => "PRACTITIONER", "metadata" => "Ward=A", "defaultNoteTemplateIds" => "Soap" },
    })));
    let expected = tree!({
        "id" => "00000000-0000-0000-0000-000000000001",
        "userName" => "ann.élan",
        "externalId" => "Ehr-7",
        "active" => false,
        "profileUrl" => "https://x.org/Ann",
        "photos" => [{ "value" => "https://x.org/A.png", "display" => "me" }],
        ENTERPRISE => { "department" => "οδοσ", "manager" => { "value" => "Bo" } },
        ROSTER => { "roles" => "practitioner", "metadata" => "Ward=A", "defaultNoteTemplateIds" => "Soap" },
        "meta" => {
            "resourceType" => "User",
            "created" => (at(0)),
            "lastModified" => (at(0)),
            "version" => "W/\"1\"",
        },
    });
    assert_eq!(Value::Complex(index_user(&user)), expected);
}

#[test]
fn a_group_is_searched_by_its_name_and_ids() {
    let changes = GroupChanges {
        name: Change::Set("Cardiology".to_owned()),
        external_id: Change::Set("Group-7".to_owned()),
        ..GroupChanges::default()
    };
    let organization = OrganizationId::new(Uuid::from_u128(9));
    let group = Group::create(GroupId::new(Uuid::from_u128(5)), organization, &changes, at(3)).expect("valid");
    let expected = tree!({
        "id" => "00000000-0000-0000-0000-000000000005",
        "displayName" => "cardiology",
        "externalId" => "Group-7",
        "meta" => {
            "resourceType" => "Group",
            "created" => (at(3)),
            "lastModified" => (at(3)),
            "version" => "W/\"1\"",
        },
    });
    assert_eq!(Value::Complex(index_group(&group)), expected);
}

/// The same tree with all text in lower case, letter by letter.
fn lowered(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(text.to_lowercase().replace('ς', "σ")),
        Value::Complex(parts) => Value::Complex(
            parts
                .iter()
                .map(|(name, value)| (name.to_owned(), lowered(value)))
                .collect(),
        ),
        Value::Many(values) => Value::Many(values.iter().map(lowered).collect()),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn an_index_has_all_that_is_shown_and_differs_in_case_alone(resource in resources()) {
        let user = made(&resource);
        let shown = Value::Complex(represent_user(&user, &[]));
        let index = Value::Complex(index_user(&user));
        prop_assert_eq!(lowered(&index), lowered(&shown));
    }

    #[test]
    fn the_groups_of_a_user_are_no_part_of_it(resource in resources(), name in "[a-z]{1,5}") {
        let user = made(&resource);
        let group = GroupReference { id: GroupId::new(Uuid::from_u128(5)), name };
        let shown = represent_user(&user, &[group]);
        prop_assert!(shown.get("groups").is_some() && index_user(&user).get("groups").is_none());
    }
}
