//! In which order operations are done: as they were sent, but each after those that make what it refers to.

use std::collections::{HashMap, HashSet};

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
    let needs: Vec<Vec<usize>> = operations
        .iter()
        .map(|raw| {
            references(raw)
                .iter()
                .filter_map(|name| makers.get(name).copied())
                .collect()
        })
        .collect();
    let mut walk = Walk {
        needs: &needs,
        states: vec![State::New; operations.len()],
        order: Vec::with_capacity(operations.len()),
    };
    for index in 0..operations.len() {
        walk.visit(index);
    }
    let in_circles = walk.in_circles();
    let steps = walk.order.into_iter().map(|index| Step {
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Begun,
    Done,
}

/// A walk through what operations need, depth first.
struct Walk<'a> {
    needs: &'a [Vec<usize>],
    states: Vec<State>,
    order: Vec<usize>,
}

impl Walk<'_> {
    /// Puts an operation into the order, behind what it needs. Without recursion: a chain may be as long as the request.
    fn visit(&mut self, index: usize) {
        let mut stack = vec![(index, 0)];
        while let Some((current, next)) = stack.pop() {
            if self.states[current] == State::Done {
                continue;
            }
            self.states[current] = State::Begun;
            if let Some(&need) = self.needs[current].get(next) {
                stack.push((current, next + 1));
                if self.states[need] == State::New {
                    stack.push((need, 0));
                }
            } else {
                self.states[current] = State::Done;
                self.order.push(current);
            }
        }
    }

    /// Those that need, by however many steps, one that comes no earlier in the order than they do.
    fn in_circles(&self) -> HashSet<usize> {
        let mut places = vec![0; self.order.len()];
        for (place, index) in self.order.iter().enumerate() {
            places[*index] = place;
        }
        let late = self.order.iter().copied().filter(|index| {
            let needs = &self.needs[*index];
            needs.iter().any(|need| places[*need] >= places[*index])
        });
        late.collect()
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
    #[case::unknown(&[post("a", &["x"]), post("b", &[])], &["a", "b"])]
    #[case::itself(&[post("a", &["a"]), post("b", &[])], &["a!", "b"])]
    #[case::circle(&[post("a", &["b"]), post("b", &["a"]), post("c", &["a"])], &["b!", "a", "c"])]
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
    fn a_long_chain_is_followed_to_its_end() {
        let operations: Vec<Json> = (0..1000)
            .map(|index| post(&index.to_string(), &[&(index + 1).to_string()]))
            .collect();

        let done = done(&operations);

        assert_eq!((done.len(), done[0].as_str(), done[999].as_str()), (1000, "999", "0"));
    }
}
