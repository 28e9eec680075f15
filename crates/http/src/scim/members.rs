//! Who comes into a group and who goes, out of JSON.

use std::collections::BTreeSet;

use roster_domain::scim::{Filter, Operand, Operator, PatchTarget, Value};
use roster_domain::{Fault, Given, MemberChanges, Rule, UserId, Violations};
use serde_json::Value as Json;

use super::patch::{Op, Step, member};
use super::read::place;

/// Refuses members that do not say who they are. They are looked for in the JSON: what is read of them may be nothing at all.
pub(super) fn refuse_unnamed(members: Option<&Json>, v: &mut Violations) {
    let members = match members {
        Some(Json::Array(members)) => members.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => return,
    };
    for (index, json) in members.iter().enumerate() {
        if json.is_object() && member(json, "value").is_none_or(Json::is_null) {
            let at = place("members").then(index.to_string()).then("value");
            v.push(Fault::new(Rule::Required, Given::nothing()).at(at));
        }
    }
}

/// The users that are named among members.
pub(super) fn named(members: Option<&Value>, v: &mut Violations) -> Vec<UserId> {
    let members = members.map_or(&[][..], Value::as_many);
    let read = members.iter().enumerate().filter_map(|(index, member)| {
        let parts = member.as_complex()?;
        let at = place("members").then(index.to_string());
        if parts
            .text("type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("Group"))
        {
            let rule = Rule::Format {
                expected: "User: groups are in no groups",
            };
            v.push(Fault::new(rule, Given::value("Group")).at(at.then("type")));
            return None;
        }
        let id = parts.text("value")?;
        v.check(
            &at.then("value"),
            id.parse::<UserId>().map_err(|fault| Fault::new(NO_USER, fault.given)),
        )
    });
    read.collect()
}

const NO_USER: Rule = Rule::Format {
    expected: "the id of a user",
};

/// Which of a group's members a filter in brackets chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chosen {
    /// These, if they are in the group.
    These(Vec<UserId>),
    /// Those who meet it, who can be told only from who is in the group.
    Meeting(Filter),
}

/// Which of a group's members a filter chooses. By far the most filters name them by id.
pub(super) fn chosen(filter: &Filter) -> Chosen {
    match ids(filter) {
        // What is no id is nobody's.
        Some(ids) => Chosen::These(ids.iter().filter_map(|id| id.parse().ok()).collect()),
        None => Chosen::Meeting(filter.clone()),
    }
}

fn ids(filter: &Filter) -> Option<Vec<&str>> {
    match filter {
        Filter::Or(some) => some.iter().map(ids).collect::<Option<Vec<_>>>().map(|all| all.concat()),
        Filter::Compare(comparison)
            if comparison.operator == Operator::Equal
                && comparison.path.part().is_some_and(|part| part.name == "value") =>
        {
            match &comparison.operand {
                Operand::Text(id) => Some(vec![id]),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether an operation on a group asks who is in it before it can be understood. To replace a member that there is not is
/// refused, to remove one is done already.
pub(super) fn asks_for_members(step: &Step) -> bool {
    match &step.target {
        PatchTarget::Chosen { filter, .. } => step.op == Op::Replace || matches!(chosen(filter), Chosen::Meeting(_)),
        _ => false,
    }
}

/// Those of the members whom an operation chooses by a filter, out of those who are asked for ([`asks_for_members`]). Who came
/// or went by the operations before counts as well.
pub(super) fn meeting(step: &Step, members: &[UserId], changes: &MemberChanges) -> Vec<UserId> {
    let PatchTarget::Chosen { path, filter, .. } = &step.target else {
        return Vec::new();
    };
    let stayed = members
        .iter()
        .filter(|id| !changes.is_whole && !changes.removed.contains(id) && !changes.added.contains(id));
    let all = stayed.chain(&changes.added).copied();
    match chosen(filter) {
        Chosen::These(ids) if step.op == Op::Replace => {
            let ids: BTreeSet<UserId> = ids.into_iter().collect();
            all.filter(|id| ids.contains(id)).collect()
        }
        Chosen::These(ids) => ids,
        Chosen::Meeting(filter) => all
            .filter(|id| filter.chooses(path.attribute(), &super::write::member(*id)))
            .collect(),
    }
}

/// Those whom the values of a removal name. One that names nobody, or something else than a user, removes nobody.
pub(super) fn going(members: Option<&Value>) -> Vec<UserId> {
    let members = members.map_or(&[][..], Value::as_many).iter();
    let users = members.filter_map(|member| {
        let parts = member.as_complex()?;
        let is_user = parts.text("type").is_none_or(|kind| kind.eq_ignore_ascii_case("User"));
        parts.text("value").filter(|_| is_user)?.parse().ok()
    });
    users.collect()
}
