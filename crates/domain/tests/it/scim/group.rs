//! Groups: their names and ids, and who comes and goes.

use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use roster_domain::scim::represent_group;
use roster_domain::{
    Change, Fault, FieldPath, Given, Group, GroupChanges, GroupId, MemberChanges, OrganizationId, Rule, UserId,
};
use uuid::Uuid;

use crate::given::{at, pointers, set, user_id};

fn create(changes: &GroupChanges) -> Result<Group, roster_domain::Violations> {
    let organization = OrganizationId::new(Uuid::from_u128(9));
    Group::create(GroupId::new(Uuid::from_u128(5)), organization, changes, at(0))
}

fn named(name: &str) -> GroupChanges {
    GroupChanges {
        name: set(name),
        ..GroupChanges::default()
    }
}

#[test]
fn a_group_must_have_a_name_and_keeps_it() {
    assert_eq!(
        create(&GroupChanges::default()).expect_err("no name").to_string(),
        "displayName is required; given: nothing"
    );
    let group = create(&named("Cardiology")).expect("valid");
    let cleared = GroupChanges {
        name: Change::Clear,
        ..GroupChanges::default()
    };
    assert_eq!(
        group.update(&cleared, at(1)).expect_err("no name").to_string(),
        "displayName must not be null; given: null"
    );
    let kept = group.update(&GroupChanges::default(), at(1)).expect("nothing is said");
    assert_eq!(kept, group);
}

#[test]
fn all_that_is_wrong_with_a_group_is_said_at_once() {
    let changes = GroupChanges {
        external_id: set("\n"),
        ..named("")
    };
    assert_eq!(
        pointers(&create(&changes).expect_err("two faults")),
        ["/displayName", "/externalId"]
    );
}

#[test]
fn a_change_of_name_id_or_members_makes_a_new_version() {
    let group = create(&named("Cardiology")).expect("valid");
    let members = GroupChanges {
        members: MemberChanges::replaced([user_id(1)]),
        ..GroupChanges::default()
    };
    let with_id = GroupChanges {
        external_id: set("7"),
        ..GroupChanges::default()
    };
    for changes in [named("cardiology"), members, with_id] {
        let after = group.update(&changes, at(60)).expect("valid");
        assert_eq!(
            (after.version, after.updated_at, after.created_at),
            (2, at(60), at(0)),
            "{changes:?}"
        );
    }
    assert_eq!(
        group.update(&named("Cardiology"), at(60)),
        Ok(group.clone()),
        "nothing new"
    );
}

#[test]
fn a_name_that_could_not_be_read_is_wrong_only_once() {
    let mut unread = GroupChanges::default();
    let fault = Fault::new(Rule::Type { expected: "a string" }, Given::kind("a number"));
    unread
        .unreadable
        .push(fault.at(FieldPath::of("scim").then("displayName")));
    assert_eq!(create(&unread).expect_err("no name").iter().count(), 1);
    assert_eq!(create(&GroupChanges::default()).expect_err("no name").iter().count(), 1);
}

#[test]
fn a_group_is_shown_with_its_entity_tag() {
    let changes = GroupChanges {
        external_id: set("7"),
        ..named("Cardiology")
    };
    let group = create(&changes)
        .expect("valid")
        .update(&named("Heart"), at(60))
        .expect("valid");
    let expected = tree!({
        "id" => "00000000-0000-0000-0000-000000000005",
        "displayName" => "Heart",
        "externalId" => "7",
        "meta" => {
            "resourceType" => "Group",
            "created" => (at(0)),
            "lastModified" => (at(60)),
            "version" => "W/\"2\"",
        },
    });
    assert_eq!(roster_domain::scim::Value::Complex(represent_group(&group)), expected);
}

/// What a request does with members, one after the other.
#[derive(Debug, Clone)]
enum Act {
    Replace(BTreeSet<UserId>),
    Add(BTreeSet<UserId>),
    Remove(BTreeSet<UserId>),
}

fn members() -> impl Strategy<Value = BTreeSet<UserId>> {
    btree_set((1..9u128).prop_map(user_id), 0..5)
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        1 => members().prop_map(Act::Replace),
        3 => members().prop_map(Act::Add),
        3 => members().prop_map(Act::Remove),
    ];
    vec(act, 0..8)
}

proptest! {
    #[test]
    fn changes_one_after_the_other_are_the_same_at_once(before in members(), acts in acts()) {
        let mut model = before.clone();
        let mut changes = MemberChanges::default();
        for act in acts {
            match act {
                Act::Replace(members) => {
                    model.clone_from(&members);
                    changes = MemberChanges::replaced(members);
                }
                Act::Add(members) => {
                    model.extend(&members);
                    changes.add(members);
                }
                Act::Remove(members) => {
                    model.retain(|member| !members.contains(member));
                    changes.remove(members);
                }
            }
        }

        let stay = before.into_iter().filter(|member| !changes.is_whole && !changes.removed.contains(member));
        let after: BTreeSet<UserId> = stay.chain(changes.added.iter().copied()).collect();
        prop_assert_eq!(after, model);
        prop_assert!(changes.added.is_disjoint(&changes.removed));
        prop_assert!(!changes.is_whole || changes.removed.is_empty());
    }

    #[test]
    fn what_is_left_over_comes_to_the_same_and_is_nothing_where_nothing_changes(before in members(), acts in acts()) {
        let mut changes = MemberChanges::default();
        for act in acts {
            match act {
                Act::Replace(members) => changes = MemberChanges::replaced(members),
                Act::Add(members) => changes.add(members),
                Act::Remove(members) => changes.remove(members),
            }
        }
        let after = |changes: &MemberChanges| -> BTreeSet<UserId> {
            let stay = before.iter().filter(|it| !changes.is_whole && !changes.removed.contains(it));
            stay.chain(&changes.added).copied().collect()
        };

        let left = changes.left_over(&before);

        prop_assert_eq!(after(&left), after(&changes));
        prop_assert_eq!(left.is_none(), after(&changes) == before);
    }

    #[test]
    fn nothing_done_is_nothing_changed(members in members()) {
        let mut changes = MemberChanges::default();
        prop_assert!(changes.is_none());
        changes.add(members.clone());
        prop_assert_eq!(changes.is_none(), members.is_empty());
        prop_assert!(!MemberChanges::replaced([]).is_none());
    }
}
