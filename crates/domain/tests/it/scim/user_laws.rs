//! What holds for whatever an identity provider says of a user.

use proptest::prelude::*;
use roster_domain::scim::{
    Attributes, PatchOperation, PatchTarget, ResourceType, Value, index_user, patch, patched_user_changes,
    represent_user, user_changes,
};
use roster_domain::{PhiGuard, Profile, User};

use super::given::{ENTERPRISE, ROSTER, made, path, resources, trees, try_made};
use crate::given::at;
use crate::profile::any_changes;

/// A user as an identity provider wrote it: without what Roster adds.
fn written(user: &User) -> Attributes {
    let mut resource = represent_user(user, &[]);
    resource.remove("id");
    resource.remove("meta");
    resource
}

fn updated(user: &User, changes: &roster_domain::UserChanges) -> Option<User> {
    let revision = user.update(changes, PhiGuard::Off, at(60));
    revision.ok().map(|revision| revision.user)
}

proptest! {
    #[test]
    fn what_an_identity_provider_says_it_is_given_back(resource in resources()) {
        prop_assert_eq!(written(&made(&resource)), resource);
    }

    #[test]
    fn what_was_given_back_says_nothing_new(resource in resources()) {
        let user = made(&resource);
        let again = user.update(&user_changes(&represent_user(&user, &[])), PhiGuard::Off, at(60)).expect("valid");
        prop_assert!(!again.changed, "{:?}", again.user);
    }

    #[test]
    fn a_change_from_elsewhere_shows_and_leaves_the_rest_alone(resource in resources(), changes in any_changes()) {
        let before = made(&resource);
        let Some(after) = updated(&before, &changes) else { return Ok(()) };

        let shown = written(&after);
        let was = written(&before);

        let is_field = ["externalId", "userName", "name", "locale", "emails", "phoneNumbers", ROSTER];
        for attribute in ResourceType::User.schema().attributes.iter().map(|it| it.name).chain([ENTERPRISE]) {
            if !is_field.contains(&attribute) {
                prop_assert_eq!(shown.get(attribute), was.get(attribute), "{}", attribute);
            }
        }
        // Whoever reads it by SCIM's rules finds what the record has.
        let read = Profile::default().apply(&user_changes(&shown)).expect("valid");
        if let Some(email) = &after.profile.email {
            let read = read.email.expect("shown");
            prop_assert_eq!(read.as_str(), email.as_str());
        }
        prop_assert_eq!(read.external_id, after.profile.external_id);
        prop_assert_eq!(read.first_name, after.profile.first_name);
        prop_assert_eq!(read.last_name, after.profile.last_name);
        prop_assert_eq!(read.locale, after.profile.locale);
        prop_assert_eq!(read.npi, after.profile.npi);
        prop_assert_eq!(read.roles, after.profile.roles);
        prop_assert_eq!(read.default_note_template_ids, after.profile.default_note_template_ids);
        prop_assert_eq!(read.metadata.unwrap_or_default(), after.profile.metadata.unwrap_or_default());
        prop_assert_eq!(&read.settings, &after.profile.settings);
    }

    #[test]
    fn no_more_than_one_entry_of_a_list_shows_a_change_from_elsewhere(resource in resources(), changes in any_changes()) {
        let before = made(&resource);
        let Some(after) = updated(&before, &changes) else { return Ok(()) };
        for name in ["emails", "phoneNumbers"] {
            let of = |user: &User| written(user).get(name).map_or_else(Vec::new, |it| it.as_many().to_vec());
            let (was, is) = (of(&before), of(&after));
            let stayed = is.iter().filter(|entry| was.contains(entry)).count();
            prop_assert!(stayed + 1 >= is.len().max(was.len()), "{:?} became {:?}", was, is);
        }
    }

    #[test]
    fn showing_a_user_and_putting_it_back_shows_the_same(resource in resources(), changes in any_changes()) {
        let Some(user) = updated(&made(&resource), &changes) else { return Ok(()) };
        let back = updated(&user, &user_changes(&represent_user(&user, &[]))).expect("what is shown is valid");
        prop_assert_eq!(written(&back), written(&user));
    }

    #[test]
    fn a_patch_of_nothing_changes_nothing(resource in resources(), changes in any_changes()) {
        let Some(user) = updated(&made(&resource), &changes) else { return Ok(()) };
        let nothing = patched_user_changes(&user, &represent_user(&user, &[]));
        let after = user.update(&nothing, PhiGuard::Off, at(120)).expect("valid");
        prop_assert!(!after.changed, "{:?}", after.user);
    }

    #[test]
    fn a_patch_of_the_title_changes_the_title(resource in resources(), changes in any_changes()) {
        let Some(user) = updated(&made(&resource), &changes) else { return Ok(()) };
        let title = PatchOperation::Replace(PatchTarget::Attribute(path("title")), Value::text("Head of Sleep"));
        let patched = patch(ResourceType::User, &represent_user(&user, &[]), &[title]).expect("possible");

        let after = updated(&user, &patched_user_changes(&user, &patched)).expect("valid");

        let mut expected = user.profile.clone();
        expected.scim.set("title", Value::text("Head of Sleep"));
        prop_assert_eq!(&after.profile, &expected);
        prop_assert_eq!(format!("{:?}", after.profile.email), format!("{:?}", expected.email));
    }

    #[test]
    fn no_tree_at_all_breaks_anything(mut tree in trees(), other in trees()) {
        tree.set("userName", Value::text("ann"));
        for field in ["name", "emails", "locale", ROSTER] {
            // What is kept is tried with all else, too, although fields are seldom right by chance.
            if try_made(&tree).is_err() {
                tree.remove(field);
            }
        }
        if let Ok(user) = try_made(&tree) {
            let shown = represent_user(&user, &[]);
            let _ = index_user(&user);
            let _ = patched_user_changes(&user, &other);
            let operation = PatchOperation::Replace(PatchTarget::Resource, Value::Complex(other.clone()));
            let _ = patch(ResourceType::User, &shown, &[operation]);
        }
        let operation = PatchOperation::Add(PatchTarget::Resource, Value::Complex(other));
        let _ = patch(ResourceType::User, &tree, &[operation]);
    }
}
