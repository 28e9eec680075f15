//! Names of attributes: in any case, with and without the URN of their schema.

use roster_domain::scim::ResourceType;

use super::given::{ENTERPRISE, ROSTER, path, path_of};

#[test]
fn an_attribute_is_found_in_any_case_and_named_as_its_schema_spells_it() {
    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    for (given, expected) in [
        ("USERNAME", "userName"),
        ("id", "id"),
        ("ExternalID", "externalId"),
        ("Meta.LastModified", "meta.lastModified"),
        ("emails.VALUE", "emails.value"),
        ("groups.$REF", "groups.$ref"),
        (&format!("{core}:name.givenname"), "name.givenName"),
        (&format!("{}:userName", core.to_uppercase()), "userName"),
        (&format!("{}:NPI", ROSTER.to_uppercase()), &format!("{ROSTER}:npi")),
        (
            &format!("{ENTERPRISE}:manager.VALUE"),
            &format!("{ENTERPRISE}:manager.value"),
        ),
        // Roles are in two schemas.
        ("roles.value", "roles.value"),
        (&format!("{ROSTER}:roles"), &format!("{ROSTER}:roles")),
    ] {
        assert_eq!(path(given).to_string(), expected, "{given}");
    }
}

#[test]
fn what_no_schema_has_is_not_found() {
    for given in [
        "",
        "nonsense",
        "npi",
        "members",
        "schemas",
        "userName.value",
        "name.value",
        "name.given",
        "emails.value.value",
        "urn:ietf:params:scim:schemas:core:2.0:Group:displayName",
        "urn:nobody:userName",
        &format!("{ROSTER}:userName"),
        &format!("{ENTERPRISE}:department.value"),
        &format!("{ROSTER}:roles.value"),
    ] {
        assert_eq!(path_of(ResourceType::User, given), None, "{given}");
    }
    assert_eq!(path_of(ResourceType::Group, "userName"), None);
    assert_eq!(path_of(ResourceType::Group, &format!("{ROSTER}:npi")), None);
    assert!(path_of(ResourceType::Group, "members.value").is_some());
}

#[test]
fn a_path_has_one_part_at_the_most() {
    assert_eq!(path("emails.value").then("value"), None);
    assert_eq!(path("emails").then("VALUE"), Some(path("emails.value")));
    assert_eq!(path("title").then("value"), None);
}

#[test]
fn a_path_knows_its_way() {
    let manager = path(&format!("{ENTERPRISE}:manager.value"));
    assert_eq!(manager.names(), [ENTERPRISE, "manager"]);
    assert_eq!(manager.extension().map(|schema| schema.id), Some(ENTERPRISE));
    assert_eq!((manager.attribute().name, manager.leaf().name), ("manager", "value"));
    assert_eq!(path("title").names(), ["title"]);
    assert_eq!((path("title").part(), path("title").leaf().name), (None, "title"));
}

#[test]
fn two_paths_are_the_same_where_they_lead_to_the_same_place() {
    assert_eq!(path("urn:ietf:params:scim:schemas:core:2.0:User:roles"), path("ROLES"));
    assert_ne!(path("roles"), path(&format!("{ROSTER}:roles")));
    assert_ne!(path("emails"), path("emails.value"));
    assert_ne!(path("emails.value"), path("phoneNumbers.value"));
}
