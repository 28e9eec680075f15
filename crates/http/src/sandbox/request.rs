//! Reading what `POST /sandbox/faults` is sent, with all violations at once.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use roster_domain::{Change, Fault, FieldPath, Given, Rule, Vendor, Violations};
use roster_wire::field::{Field, read_object, refuse_unknown};
use serde::Deserialize;
use serde_json::Value;

use super::fault::{Effect, Operation};
use super::faults::Aim;
use crate::layers::TIME_LIMIT;

/// A range of whole numbers, with its words.
struct Bounds {
    min: u32,
    max: u32,
    words: &'static str,
}

const COUNT: Bounds = Bounds {
    min: 1,
    max: 1_000_000,
    words: "a whole number from 1 to 1000000",
};
const STATUS: Bounds = Bounds {
    min: 200,
    max: 599,
    words: "a status from 200 to 599",
};
/// Up to a day.
const RETRY_AFTER: Bounds = Bounds {
    min: 0,
    max: 86_400,
    words: "a whole number of seconds from 0 to 86400",
};
/// A little less than any request is given: beyond that it would be the time limit that answers.
const SECONDS: Bounds = Bounds {
    min: 0,
    max: 29,
    words: "a whole number from 0 to 29",
};
const MILLISECONDS: Bounds = Bounds {
    min: 0,
    max: 29_000,
    words: "a whole number from 0 to 29000",
};
const _: () = assert!((SECONDS.max as u64) < TIME_LIMIT.as_secs() && MILLISECONDS.max == 1_000 * SECONDS.max);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FaultRequest {
    vendor: Field,
    operation: Field,
    fault: Field,
    every: Field,
    times: Field,
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EffectRequest {
    kind: Field,
    status: Field,
    retry_after: Field,
    seconds: Field,
    milliseconds: Field,
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

/// Reads a fault, or everything that is wrong with it.
pub(super) fn read(body: Value) -> Result<Aim, Violations> {
    let mut violations = Violations::none();
    let v = &mut violations;
    let Some(request) = read_object::<FaultRequest>(body, &FieldPath::root(), v) else {
        return Err(violations);
    };
    let vendor = required(request.vendor, &FieldPath::of("vendor"), v)
        .and_then(|name| v.check(&FieldPath::of("vendor"), name.parse::<Vendor>()));
    let operation = operation(request.operation, v);
    let every = whole(request.every, &FieldPath::of("every"), &COUNT, v);
    let times = whole(request.times, &FieldPath::of("times"), &COUNT, v);
    let fault = effect(request.fault, v);
    refuse_unknown(request.unknown.keys(), &FieldPath::root(), v);
    match (vendor, fault) {
        (Some(vendor), Some(fault)) if violations.is_empty() => Ok(Aim {
            vendor,
            operation,
            fault,
            every: every.unwrap_or(1),
            times,
        }),
        _ => Err(violations),
    }
}

fn operation(field: Field, violations: &mut Violations) -> Option<Operation> {
    let at = FieldPath::of("operation");
    let name = field.text(&at, violations).as_set().cloned()?;
    let rule = Rule::OneOf {
        allowed: Operation::NAMES,
    };
    violations.check(
        &at,
        Operation::named(&name).ok_or_else(|| Fault::new(rule, Given::value(&name))),
    )
}

fn effect(field: Field, violations: &mut Violations) -> Option<Effect> {
    let at = FieldPath::of("fault");
    if field.is_absent() {
        violations.push(Fault::new(Rule::Required, Given::nothing()).at(at));
        return None;
    }
    let request = match field.object::<EffectRequest>(&at, violations) {
        Change::Set(request) => request,
        Change::Clear => {
            violations.push(Fault::new(Rule::NotNull, Given::kind("null")).at(at));
            return None;
        }
        Change::Keep => return None,
    };
    refuse_unknown(request.unknown.keys(), &at, violations);
    let kind = required(request.kind, &at.then("kind"), violations)?;
    for (name, field, of) in [
        ("status", &request.status, "status"),
        ("retry_after", &request.retry_after, "status"),
        ("seconds", &request.seconds, "delay"),
        ("milliseconds", &request.milliseconds, "delay"),
    ] {
        if !field.is_absent() && kind != of {
            let rule = Rule::OnlyWith {
                other: "kind",
                value: of,
            };
            violations.push(Fault::new(rule, Given::value(&kind)).at(at.then(name)));
        }
    }
    match kind.as_str() {
        "status" => status(request.status, request.retry_after, &at, violations),
        "delay" => delay(request.seconds, request.milliseconds, &at, violations),
        "reset" => Some(Effect::Reset),
        "drop_reply" => Some(Effect::DropReply),
        "malformed" => Some(Effect::Malformed),
        "wrong_content_type" => Some(Effect::WrongContentType),
        "unauthorized" => Some(Effect::Unauthorized),
        other => {
            let rule = Rule::OneOf { allowed: Effect::KINDS };
            violations.push(Fault::new(rule, Given::value(other)).at(at.then("kind")));
            None
        }
    }
}

fn status(status: Field, retry_after: Field, at: &FieldPath, violations: &mut Violations) -> Option<Effect> {
    if status.is_absent() {
        violations.push(Fault::new(Rule::Required, Given::nothing()).at(at.then("status")));
    }
    let number = whole(status, &at.then("status"), &STATUS, violations);
    let retry_after = whole(retry_after, &at.then("retry_after"), &RETRY_AFTER, violations);
    let status = StatusCode::from_u16(u16::try_from(number?).ok()?).ok()?;
    Some(Effect::Status { status, retry_after })
}

fn delay(seconds: Field, milliseconds: Field, at: &FieldPath, violations: &mut Violations) -> Option<Effect> {
    if seconds.is_absent() == milliseconds.is_absent() {
        let (rule, given) = if seconds.is_absent() {
            (Rule::Required, Given::nothing())
        } else {
            (
                Rule::OnlyWith {
                    other: "seconds",
                    value: "left out",
                },
                Given::kind("both"),
            )
        };
        violations.push(Fault::new(rule, given).at(at.then("milliseconds")));
    }
    let seconds = whole(seconds, &at.then("seconds"), &SECONDS, violations);
    let milliseconds = whole(milliseconds, &at.then("milliseconds"), &MILLISECONDS, violations);
    let delay = seconds
        .map(|seconds| Duration::from_secs(seconds.into()))
        .or_else(|| milliseconds.map(|milliseconds| Duration::from_millis(milliseconds.into())))?;
    Some(Effect::Delay(delay))
}

fn required(field: Field, at: &FieldPath, violations: &mut Violations) -> Option<String> {
    let fault = if field.is_absent() {
        Fault::new(Rule::Required, Given::nothing())
    } else {
        match field.text(at, violations) {
            Change::Set(text) => return Some(text),
            Change::Clear => Fault::new(Rule::NotNull, Given::kind("null")),
            Change::Keep => return None,
        }
    };
    violations.push(fault.at(at.clone()));
    None
}

/// A whole number within bounds; left out and null are the same.
fn whole(field: Field, at: &FieldPath, bounds: &Bounds, violations: &mut Violations) -> Option<u32> {
    let number = field.integer(at, violations).as_set().copied()?;
    let within = u32::try_from(number)
        .ok()
        .filter(|number| (bounds.min..=bounds.max).contains(number));
    let fault = || {
        Fault::new(
            Rule::Format { expected: bounds.words },
            Given::value(&number.to_string()),
        )
    };
    violations.check(at, within.ok_or_else(fault))
}
