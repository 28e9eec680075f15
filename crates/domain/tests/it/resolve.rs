//! Which user an upsert means, in every constellation of who is found by which key.

use proptest::prelude::*;
use roster_domain::{Conflict, Email, EmailRule, ExternalId, Identity, Resolution, User, UserChanges, resolve};

use crate::given::{set, user_id, user_numbered};

fn person(number: u128, external_id: Option<&str>, email: Option<&str>) -> User {
    let changes = UserChanges {
        external_id: external_id.map(str::to_owned).into(),
        email: email.map(str::to_owned).into(),
        first_name: set("Ann"),
        ..UserChanges::default()
    };
    user_numbered(number, &changes)
}

fn decide(email: Option<&str>, rule: EmailRule, by_external_id: Option<&User>, by_email: Option<&User>) -> Resolution {
    let external_id = ExternalId::new("ehr-1").expect("valid");
    let email = email.map(|email| Email::new(email).expect("valid"));
    let identity = Identity {
        external_id: &external_id,
        email: email.as_ref(),
        email_rule: rule,
    };
    resolve(identity, by_external_id, by_email)
}

const RULES: [EmailRule; 2] = [EmailRule::MayChange, EmailRule::MustMatch];

#[test]
fn a_user_whom_nobody_knows_is_created() {
    for rule in RULES {
        assert_eq!(decide(Some("ann@example.org"), rule, None, None), Resolution::Create);
        assert_eq!(decide(None, rule, None, None), Resolution::Create);
    }
}

#[test]
fn a_known_external_id_means_its_user() {
    let ann = person(1, Some("ehr-1"), Some("ann@example.org"));
    for rule in RULES {
        assert_eq!(
            decide(Some("ANN@example.org"), rule, Some(&ann), Some(&ann)),
            Resolution::Update(user_id(1))
        );
        assert_eq!(decide(None, rule, Some(&ann), None), Resolution::Update(user_id(1)));
    }
}

#[test]
fn a_known_address_without_external_id_is_linked() {
    let ann = person(1, None, Some("ann@example.org"));
    for rule in RULES {
        assert_eq!(
            decide(Some("ann@example.org"), rule, None, Some(&ann)),
            Resolution::Link(user_id(1))
        );
    }
}

#[test]
fn an_address_that_goes_with_another_external_id_is_a_conflict() {
    let ann = person(1, Some("ehr-2"), Some("ann@example.org"));
    for rule in RULES {
        let expected = Resolution::Conflict(Conflict::EmailTaken { email: user_id(1) });
        assert_eq!(decide(Some("ann@example.org"), rule, None, Some(&ann)), expected);
    }
}

#[test]
fn keys_of_two_users_are_a_conflict_that_names_both() {
    let (ann, bo) = (
        person(1, Some("ehr-1"), Some("ann@example.org")),
        person(2, None, Some("bo@example.org")),
    );
    for rule in RULES {
        let expected = Resolution::Conflict(Conflict::TwoUsers {
            external_id: user_id(1),
            email: user_id(2),
        });
        assert_eq!(decide(Some("bo@example.org"), rule, Some(&ann), Some(&bo)), expected);
    }
}

#[test]
fn another_address_is_taken_over_or_refused_as_the_surface_rules() {
    let ann = person(1, Some("ehr-1"), Some("ann@example.org"));
    let decide = |rule| decide(Some("ann.lee@example.org"), rule, Some(&ann), None);

    assert_eq!(decide(EmailRule::MayChange), Resolution::Update(user_id(1)));
    let expected = Resolution::Conflict(Conflict::EmailDiffers {
        external_id: user_id(1),
    });
    assert_eq!(decide(EmailRule::MustMatch), expected);
}

#[test]
fn a_user_without_an_address_on_file_may_get_one_under_either_rule() {
    let ann = person(1, Some("ehr-1"), None);
    for rule in RULES {
        assert_eq!(
            decide(Some("ann@example.org"), rule, Some(&ann), None),
            Resolution::Update(user_id(1))
        );
    }
}

proptest! {
    #[test]
    fn a_decision_never_touches_a_user_who_was_not_found_and_never_takes_an_address_away(
        found in 0..3_u128, owner in 0..3_u128, owner_has_external_id in any::<bool>(), must_match in any::<bool>(),
    ) {
        // 0 stands for nobody; users 1 and 2 may be found by either key, and one user may be found by both.
        let by_external_id = (found > 0).then(|| person(found, Some("ehr-1"), (owner == found).then_some("ann@example.org")));
        let by_email = (owner > 0).then(|| {
            let external_id = if owner == found { Some("ehr-1") } else { owner_has_external_id.then_some("ehr-2") };
            person(owner, external_id, Some("ann@example.org"))
        });
        let rule = if must_match { EmailRule::MustMatch } else { EmailRule::MayChange };

        let decision = decide(Some("ann@example.org"), rule, by_external_id.as_ref(), by_email.as_ref());

        match decision {
            Resolution::Create => prop_assert_eq!((found, owner), (0, 0)),
            Resolution::Update(id) => {
                prop_assert_eq!(id, user_id(found));
                prop_assert!(owner == 0 || owner == found, "the address is somebody else's");
            }
            Resolution::Link(id) => {
                prop_assert_eq!((id, found), (user_id(owner), 0));
                prop_assert!(!owner_has_external_id, "an external id would be overwritten");
            }
            Resolution::Conflict(_) => prop_assert!(owner > 0 && owner != found),
        }
    }
}
