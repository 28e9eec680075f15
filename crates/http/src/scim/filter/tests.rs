//! The text of filters: what is read out of it, and what is refused.

use roster_domain::scim::{Attributes, index_user};
use roster_domain::{Change, OrganizationId, PhiGuard, Timestamp, User, UserChanges, UserId, Violations};
use rstest::rstest;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::super::read as body;
use super::*;

/// Ann Lee, with what a SCIM client sent of her.
fn ann() -> Attributes {
    let sent = json!({
        "userName": "Ann.Lee@Example.org",
        "externalId": "EHR-7",
        "name": {"givenName": "Ann", "familyName": "Lee"},
        "displayName": "Ann \"the\" Lée",
        "title": "Chief ] Physician",
        "active": true,
        "emails": [
            {"value": "ann.lee@example.org", "type": "work", "primary": true},
            {"value": "ann@home.example", "type": "home"},
        ],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "ENT", "manager": {"value": "9"}},
        "urn:ietf:params:scim:schemas:extension:roster:2.0:User": {
            "npi": "1234567893",
            "roles": "PRACTITIONER, ADMINISTRATOR",
            "metadata": "site=North&ward=7B",
        },
    });
    index(&sent)
}

fn index(sent: &Json) -> Attributes {
    let mut violations = Violations::none();
    let resource = body::resource(ResourceType::User, sent, &mut violations);
    let changes = UserChanges {
        active: Change::Set(true),
        ..roster_domain::scim::user_changes(&resource)
    };
    let id = UserId::new(Uuid::from_u128(7));
    let organization = OrganizationId::new(Uuid::from_u128(1));
    let at = "2026-01-31T08:00:00Z".parse::<Timestamp>().unwrap();
    let made = User::create(id, organization, &changes, PhiGuard::Off, at);
    index_user(&made.unwrap_or_else(|violations| panic!("{violations}")).user)
}

fn finds(text: &str) -> bool {
    let filter = read(text, ResourceType::User, &[ResourceType::User]);
    filter
        .unwrap_or_else(|refusal| panic!("{text}: {}", refusal.message))
        .matches(&ann())
}

#[rstest]
#[case(r#"userName eq "ann.lee@example.org""#)]
#[case(r#"USERNAME Eq "ANN.LEE@EXAMPLE.ORG""#)]
#[case(r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ann""#)]
#[case(r#"externalId eq "EHR-7""#)]
#[case(r#"not (externalId eq "ehr-7")"#)]
#[case(r#"externalId ne "ehr-7""#)]
#[case(r#"name.familyName co "EE""#)]
#[case(r#"displayName eq "Ann \"the\" Lée""#)]
#[case(r#"displayName ew "l\u00e9e""#)]
#[case(r#"title eq "Chief ] Physician""#)]
#[case("title pr")]
#[case("title ne null")]
#[case("nickName eq null")]
#[case("not (nickName pr)")]
#[case(r#"nickName ne "Annie""#)]
#[case("active eq true")]
#[case(r#"active eq "True""#)]
#[case("active ne false")]
#[case(r#"emails eq "ann@home.example""#)]
#[case(r#"emails.value sw "ann@""#)]
#[case(r#"emails[type eq "work" and value co "@example.org"]"#)]
#[case(r#"emails[type eq "work"].value eq "ann.lee@example.org""#)]
#[case(r#"emails[type eq "work"].primary eq true"#)]
#[case(r#"not (emails[type eq "work"].value eq "ann@home.example")"#)]
#[case(r#"emails[not (type eq "work")]"#)]
#[case("emails[primary pr]")]
#[case(r#"meta.created ge "2026-01-31T09:00:00+01:00""#)]
#[case(r#"meta.lastModified lt "2026-02-01T00:00:00Z""#)]
#[case(r#"meta.resourceType eq "User""#)]
#[case(r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "ent""#)]
#[case(r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "9""#)]
#[case(r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "9""#)]
#[case(r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:roles eq "administrator,PRACTITIONER""#)]
#[case(r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:roles co "practitioner""#)]
#[case(r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:metadata sw "site=North&""#)]
#[case(r#"id eq "00000000-0000-0000-0000-000000000007""#)]
#[case(r#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:User""#)]
#[case(r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#)]
#[case(r#"schemas ne "urn:example:other""#)]
#[case("schemas pr")]
#[case(r#"not(title eq "x") and not(emails[not(type pr)])"#)]
#[case(r#"emails[NOT(type eq "work")].value eq "ann@home.example""#)]
#[case(r#"emails.value ne "ann@home.example""#)]
#[case(r#"emails ne "ann@home.example""#)]
#[case(r#"photos.value ne "x""#)]
#[case(r#"name[givenName eq "Ann" and not (familyName eq "Ann")]"#)]
#[case(r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager[value eq "9"]"#)]
#[case(r#"title pr or nickName pr and nickName eq "x""#)]
#[case("(title pr or nickName pr) and active eq true")]
#[case("  title   pr  ")]
fn what_is_so_is_found(#[case] text: &str) {
    assert!(finds(text), "{text}");
}

#[rstest]
#[case(r#"userName eq "bob""#)]
#[case(r#"externalId eq "ehr-7""#)]
#[case(r#"userName eq "ann.lee@example.org\" or userName pr or userName eq \"""#)]
#[case(r#"displayName co "%""#)]
#[case(r#"displayName co "_nn""#)]
#[case("title eq null")]
#[case("nickName pr")]
#[case(r#"not (emails.value ne "ann@home.example")"#)]
#[case(r#"emails[type eq "home" and value ne "ann@home.example"]"#)]
#[case(r#"name[givenName eq "Ann" and familyName eq "Ann"]"#)]
#[case("meta.created ne \"2026-01-31T08:00:00Z\"")]
#[case(r#"emails[type eq "work" and value eq "ann@home.example"]"#)]
#[case(r#"emails[type eq "home"].primary eq true"#)]
#[case(r#"schemas eq "urn:example:other""#)]
#[case("(title pr or nickName pr) and nickName pr")]
#[case(r#"meta.created gt "2026-01-31T08:00:00Z""#)]
#[case(r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:roles eq "practitioner""#)]
#[case(r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:metadata co "site=north""#)]
fn what_is_not_so_is_not_found(#[case] text: &str) {
    assert!(!finds(text), "{text}");
}

#[rstest]
#[case::empty("")]
#[case::blank("   ")]
#[case::name_alone("userName")]
#[case::no_operand("userName eq")]
#[case::no_quotation_marks("userName eq ann")]
#[case::apostrophes("userName eq 'ann'")]
#[case::open_quotation(r#"userName eq "ann"#)]
#[case::unknown_operator(r#"userName is "ann""#)]
#[case::unknown_attribute(r#"colour eq "red""#)]
#[case::unknown_part(r#"name.colour eq "red""#)]
#[case::unknown_part_in_brackets(r#"emails[colour eq "red"]"#)]
#[case::extension_without_urn(r#"department eq "ENT""#)]
#[case::unknown_urn(r#"urn:example:User:department eq "ENT""#)]
#[case::complex_without_a_value(r#"name eq "Ann""#)]
#[case::number("userName eq 7")]
#[case::text_and_boolean("userName eq true")]
#[case::boolean_and_text(r#"active eq "yes""#)]
#[case::boolean_in_order("active gt false")]
#[case::moment_and_text(r#"meta.created gt "yesterday""#)]
#[case::moment_contains(r#"meta.created co "2026""#)]
#[case::null_in_order("title gt null")]
#[case::open_bracket(r#"emails[type eq "work""#)]
#[case::open_parenthesis(r#"(userName eq "ann""#)]
#[case::not_without_parentheses(r#"not userName eq "ann""#)]
#[case::brackets_in_brackets(r#"emails[type[value eq "x"]]"#)]
#[case::brackets_around_a_text(r#"userName[value eq "ann"]"#)]
#[case::brackets_around_a_part(r#"name.givenName[value eq "Ann"]"#)]
#[case::not_glued_to_a_name("nottitle pr")]
#[case::of_a_manager_only_the_id_is_kept(
    r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName eq "Bo""#
)]
#[case::the_version_is_made_for_each_answer(r#"meta.version eq "W/\"1\"""#)]
#[case::brackets_around_a_list_in_one_text(
    r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:roles[value eq "PRACTITIONER"]"#
)]
#[case::part_of_a_list_in_one_text(
    r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:roles.value eq "PRACTITIONER""#
)]
#[case::two_filters(r#"userName eq "ann" userName eq "bob""#)]
#[case::dangling_and(r#"userName eq "ann" and"#)]
#[case::semicolon(r#"userName eq "ann"; drop table users"#)]
#[case::made_for_each_answer(r#"meta.location eq "x""#)]
#[case::bad_escape(r#"userName eq "\x""#)]
#[case::half_a_surrogate(r#"userName eq "\ud800""#)]
#[case::nul(r#"userName eq "\u0000""#)]
#[case::schemas_and_number("schemas eq 7")]
fn what_is_no_filter_is_refused(#[case] text: &str) {
    let refusal = read(text, ResourceType::User, &[ResourceType::User]).expect_err(text);

    assert_eq!(
        (refusal.status.as_u16(), refusal.kind),
        (400, crate::refusal::Kind::Scim(ScimType::InvalidFilter))
    );
}

#[rstest]
#[case::nested(&format!("{}title pr{}", "not (".repeat(100), ")".repeat(100)))]
#[case::many(&vec!["title pr"; 257].join(" or "))]
#[case::long(&format!("title eq {:?}", "x".repeat(20_000)))]
fn a_filter_that_is_too_much_is_refused(#[case] text: &str) {
    let refusal = read(text, ResourceType::User, &[ResourceType::User]).expect_err("too much");

    assert_eq!(refusal.kind, crate::refusal::Kind::Scim(ScimType::InvalidFilter));
}

#[test]
fn a_hundred_ids_at_once_are_no_more_than_one() {
    let text: Vec<String> = (0..100).map(|id| format!("id eq \"{id}\"")).collect();

    assert!(!finds(&text.join(" or ")));
}

#[test]
fn where_several_types_are_searched_an_attribute_of_another_has_no_value() {
    let both = ResourceType::ALL;
    let of_users = |text: &str| read(text, ResourceType::User, &both).expect(text).matches(&ann());

    assert!(!of_users("members pr") && !of_users(r#"members eq "7""#) && !of_users(r#"members[value eq "7"]"#));
    assert!(of_users(r#"members ne "7""#) && of_users("members eq null") && of_users("not (members pr)"));
    assert!(!of_users("members ne null"));
    assert!(read("colour pr", ResourceType::User, &both).is_err());
}

#[rstest]
#[case(r#"emails[type eq "work"].value"#, Some("value"))]
#[case(r#"emails[type eq "work"]"#, None)]
#[case(r#"emails[not(type eq "work")]"#, None)]
#[case(
    r#"addresses[type eq "work" and country eq "DE"].streetAddress"#,
    Some("streetAddress")
)]
#[case(
    r#"urn:ietf:params:scim:schemas:core:2.0:User:roles[primary eq "True"].value"#,
    Some("value")
)]
fn paths_choose_values_or_parts_of_them(#[case] text: &str, #[case] expected: Option<&str>) {
    let Ok(PatchTarget::Chosen { part, .. }) = target(text, ResourceType::User) else {
        panic!("{text} chooses values")
    };

    assert_eq!(part.map(|part| part.name), expected);
}

#[rstest]
#[case::unknown_attribute(r#"colours[value eq "x"]"#, ScimType::InvalidPath)]
#[case::unknown_part(r#"emails[type eq "work"].colour"#, ScimType::InvalidPath)]
#[case::malformed(r#"emails[type eq "work""#, ScimType::InvalidPath)]
#[case::unknown_part_in_brackets(r#"emails[colour eq "x"]"#, ScimType::InvalidFilter)]
#[case::one_value_only(r#"name[givenName eq "x"]"#, ScimType::InvalidPath)]
#[case::one_text(
    r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:npi[value eq "x"]"#,
    ScimType::InvalidFilter
)]
fn what_is_no_path_is_refused(#[case] text: &str, #[case] expected: ScimType) {
    let refusal = target(text, ResourceType::User).expect_err(text);

    assert_eq!(refusal.kind, crate::refusal::Kind::Scim(expected));
}
