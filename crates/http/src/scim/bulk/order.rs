//! In which order operations are done: as they were sent, but each after those that make what it refers to (RFC 7644,
//! section 3.7). One that comes too early is put off, and only as far as it must be: whatever does not depend on another stays
//! where it was sent.

use std::collections::{BTreeSet, HashMap, HashSet};

use axum::http::StatusCode;
use serde_json::Value as Json;

use super::super::error::ScimType;
use super::super::patch::member;
use super::REFERENCE;
use crate::refusal::{Kind, Refusal};

/// An operation to be done.
#[derive(Debug)]
pub(super) struct Step {
    /// Which of the operations.
    pub(super) index: usize,
    /// Why it cannot be done whatever comes of the others.
    pub(super) obstacle: Option<Refusal>,
}

/// The text of a member.
pub(super) fn text<'a>(raw: &'a Json, name: &str) -> Option<&'a str> {
    member(raw, name).and_then(Json::as_str)
}

/// The method of an operation, in any case.
pub(super) fn method(raw: &Json) -> Option<&'static str> {
    let given = text(raw, "method")?;
    ["POST", "PUT", "PATCH", "DELETE"]
        .into_iter()
        .find(|known| given.eq_ignore_ascii_case(known))
}

/// The order of operations. One that refers to itself, or to one that refers back to it, comes with an obstacle, and so does one
/// whose name another has taken before.
pub(super) fn order(operations: &[Json]) -> Vec<Step> {
    let mut makers = HashMap::new();
    let mut taken = HashSet::new();
    for (index, raw) in operations.iter().enumerate() {
        if let (Some("POST"), Some(name)) = (method(raw), text(raw, "bulkId")) {
            if makers.contains_key(name) {
                taken.insert(index);
            } else {
                makers.insert(name, index);
            }
        }
    }
    let needs = needs(operations, &makers);
    let (order, stuck) = in_order(&needs);
    let in_circles = in_circles(&needs, &stuck);
    let steps = order.into_iter().chain(stuck).map(|index| Step {
        index,
        obstacle: if taken.contains(&index) {
            Some(ScimType::InvalidValue.refuse("another operation of this request has the same bulkId"))
        } else if in_circles.contains(&index) {
            Some(circular())
        } else {
            None
        },
    });
    steps.collect()
}

/// After which others each operation comes: those that make what it refers to, and the one before that is about the same
/// resource.
fn needs(operations: &[Json], makers: &HashMap<&str, usize>) -> Vec<BTreeSet<usize>> {
    let mut latest = HashMap::new();
    let needs = operations.iter().enumerate().map(|(index, raw)| {
        let makers = references(raw).into_iter().filter_map(|name| makers.get(name).copied());
        let mut needs: BTreeSet<usize> = makers.collect();
        if let (Some("PUT" | "PATCH" | "DELETE"), Some(path)) = (method(raw), text(raw, "path")) {
            needs.extend(latest.insert(path.trim_start_matches('/'), index));
        }
        needs
    });
    needs.collect()
}

/// The operations in their order, each put off behind what it needs, and those that wait for ever, as they were sent.
fn in_order(needs: &[BTreeSet<usize>]) -> (Vec<usize>, Vec<usize>) {
    let mut open: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (index, needs) in needs.iter().enumerate() {
        for need in needs {
            needed_by[*need].push(index);
        }
    }
    let mut order = Vec::with_capacity(needs.len());
    for sent in 0..needs.len() {
        // Whoever has waited comes as soon as it can, before what was sent after it.
        let mut ready: BTreeSet<usize> = (open[sent] == 0).then_some(sent).into_iter().collect();
        while let Some(index) = ready.pop_first() {
            order.push(index);
            for waiting in &needed_by[index] {
                open[*waiting] -= 1;
                if open[*waiting] == 0 && *waiting < sent {
                    ready.insert(*waiting);
                }
            }
        }
    }
    let done: HashSet<usize> = order.iter().copied().collect();
    let stuck = (0..needs.len()).filter(|index| !done.contains(index)).collect();
    (order, stuck)
}

/// Those among the stuck that refer in a circle, or are between two: not those that nobody who is stuck waits for.
fn in_circles(needs: &[BTreeSet<usize>], stuck: &[usize]) -> BTreeSet<usize> {
    let mut left: BTreeSet<usize> = stuck.iter().copied().collect();
    let mut waiting = vec![0_usize; needs.len()];
    for need in stuck.iter().flat_map(|index| &needs[*index]) {
        waiting[*need] += 1;
    }
    let mut ends: Vec<usize> = stuck.iter().copied().filter(|index| waiting[*index] == 0).collect();
    while let Some(end) = ends.pop() {
        left.remove(&end);
        for need in &needs[end] {
            waiting[*need] -= 1;
            if waiting[*need] == 0 && left.contains(need) {
                ends.push(*need);
            }
        }
    }
    left
}

fn circular() -> Refusal {
    let message = "the operation refers to one that refers back to it: make the resources first, and then refer";
    Refusal::new(StatusCode::CONFLICT, Kind::Scim(ScimType::InvalidValue), message)
}

/// The names of what an operation refers to.
fn references(raw: &Json) -> Vec<&str> {
    let mut found = Vec::new();
    if let Some((_, name)) = text(raw, "path").and_then(|path| path.split_once(REFERENCE)) {
        found.push(name);
    }
    if let Some(data) = member(raw, "data") {
        collect(data, &mut found);
    }
    found
}

/// A body is nested 127 levels deep at the most, so that this ends.
fn collect<'a>(json: &'a Json, found: &mut Vec<&'a str>) {
    match json {
        Json::String(text) => found.extend(text.strip_prefix(REFERENCE)),
        Json::Array(values) => values.iter().for_each(|value| collect(value, found)),
        Json::Object(members) => members.values().for_each(|value| collect(value, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn post(bulk_id: &str, refers_to: &[&str]) -> Json {
        let members: Vec<Json> = refers_to
            .iter()
            .map(|name| json!({"value": format!("bulkId:{name}")}))
            .collect();
        json!({"method": "post", "path": "/Groups", "bulkId": bulk_id, "data": {"members": members}})
    }

    /// The names in the order in which they are done, with a mark where they cannot be.
    fn done(operations: &[Json]) -> Vec<String> {
        let told = order(operations).into_iter().map(|step| {
            let name = text(&operations[step.index], "bulkId").unwrap_or("-").to_owned();
            if step.obstacle.is_some() { name + "!" } else { name }
        });
        told.collect()
    }

    #[rstest]
    #[case::as_sent(&[post("a", &[]), post("b", &["a"]), post("c", &[])], &["a", "b", "c"])]
    #[case::forward(&[post("a", &["c", "b"]), post("b", &["c"]), post("c", &[])], &["c", "b", "a"])]
    #[case::only_what_refers_is_put_off(&[post("a", &["c"]), post("b", &[]), post("c", &[]), post("d", &[])], &["b", "c", "a", "d"])]
    #[case::in_the_order_sent(&[post("a", &["c"]), post("b", &["c"]), post("c", &[])], &["c", "a", "b"])]
    #[case::unknown(&[post("a", &["x"]), post("b", &[])], &["a", "b"])]
    #[case::itself(&[post("a", &["a"]), post("b", &[])], &["b", "a!"])]
    #[case::twice(&[post("a", &["b", "b"]), post("b", &[])], &["b", "a"])]
    #[case::circle(&[post("a", &["b"]), post("b", &["a"]), post("c", &["a"])], &["a!", "b!", "c"])]
    #[case::behind_a_circle(&[post("d", &["c"]), post("c", &["a"]), post("a", &["b"]), post("b", &["a"])], &["d", "c", "a!", "b!"])]
    #[case::before_a_circle(&[post("a", &["b", "c"]), post("b", &["a"]), post("c", &[])], &["c", "a!", "b!"])]
    #[case::same_name(&[post("a", &[]), post("a", &[])], &["a", "a!"])]
    fn operations_come_after_what_they_refer_to(#[case] operations: &[Json], #[case] expected: &[&str]) {
        assert_eq!(done(operations), expected);
    }

    #[test]
    fn a_path_refers_as_well() {
        let patch = json!({"method": "PATCH", "path": "/Users/bulkId:a", "bulkId": "p", "data": {}});

        assert_eq!(done(&[patch, post("a", &[])]), ["a", "p"]);
    }

    #[test]
    fn what_is_about_one_resource_stays_in_its_order() {
        let change = |name: &str, refers_to: &str| json!({"method": "PATCH", "path": "/Groups/g", "bulkId": name, "data": refers_to});
        let delete = json!({"method": "DELETE", "path": "/Groups/g", "bulkId": "deleted"});

        let operations = [
            change("added", "bulkId:a"),
            change("renamed", "name"),
            delete,
            post("a", &[]),
        ];

        assert_eq!(done(&operations), ["a", "added", "renamed", "deleted"]);
    }

    #[test]
    fn a_long_chain_is_followed_to_its_end() {
        let operations: Vec<Json> = (0..1000)
            .map(|index| post(&index.to_string(), &[&(index + 1).to_string()]))
            .collect();

        let done = done(&operations);

        assert_eq!((done.len(), done[0].as_str(), done[999].as_str()), (1000, "999", "0"));
    }
}
