//! What a request says about a connection's options, and how it is applied.

use std::str::FromStr;

use roster_domain::{Change, ConnectionOptions, Fault, FieldPath, Given, Rule, Violations};

/// What a request says about a connection's options, each named as in [`ConnectionOptions`].
#[derive(Debug, Clone, Default)]
pub struct OptionsChanges {
    /// See [`ConnectionOptions::api_version`].
    pub api_version: Change<String>,
    /// See [`ConnectionOptions::allow_private_addresses`].
    pub allow_private_addresses: Change<bool>,
    /// See [`ConnectionOptions::organization_id`].
    pub organization_id: Change<String>,
    /// See [`ConnectionOptions::api_key_header`].
    pub api_key_header: Change<String>,
    /// See [`ConnectionOptions::project_id`].
    pub project_id: Change<String>,
    /// See [`ConnectionOptions::customer_id`].
    pub customer_id: Change<String>,
    /// See [`ConnectionOptions::create_customer`].
    pub create_customer: Change<bool>,
    /// See [`ConnectionOptions::assignment`].
    pub assignment: Change<String>,
    /// See [`ConnectionOptions::on_leave`].
    pub on_leave: Change<String>,
    /// See [`ConnectionOptions::drift`].
    pub drift: Change<String>,
    /// See [`ConnectionOptions::read_back_minutes`].
    pub read_back_minutes: Change<i64>,
    /// See [`ConnectionOptions::concurrency`].
    pub concurrency: Change<i64>,
    /// See [`ConnectionOptions::requests_per_minute`].
    pub requests_per_minute: Change<i64>,
    /// See [`ConnectionOptions::hold_percent`].
    pub hold_percent: Change<i64>,
    /// See [`ConnectionOptions::hold_floor`].
    pub hold_floor: Change<i64>,
    /// See [`ConnectionOptions::hold_window_minutes`].
    pub hold_window_minutes: Change<i64>,
}

/// The options after a request. Null means the default. What numbers and texts may be is checked by
/// [`ConnectionOptions::check`]; here only what cannot be expressed at all is noted.
pub(super) fn apply(
    current: &ConnectionOptions,
    changes: &Change<OptionsChanges>,
    violations: &mut Violations,
) -> ConnectionOptions {
    let changes = match changes {
        Change::Keep => return current.clone(),
        Change::Clear => return ConnectionOptions::default(),
        Change::Set(changes) => changes,
    };
    let usual = ConnectionOptions::default();
    let mut reading = Reading(violations);
    ConnectionOptions {
        api_version: text(current.api_version.as_ref(), &changes.api_version),
        allow_private_addresses: value(
            current.allow_private_addresses,
            &changes.allow_private_addresses,
            usual.allow_private_addresses,
        ),
        organization_id: text(current.organization_id.as_ref(), &changes.organization_id),
        api_key_header: text(current.api_key_header.as_ref(), &changes.api_key_header),
        project_id: text(current.project_id.as_ref(), &changes.project_id),
        customer_id: text(current.customer_id.as_ref(), &changes.customer_id),
        create_customer: value(current.create_customer, &changes.create_customer, usual.create_customer),
        assignment: reading.word("assignment", current.assignment, &changes.assignment, usual.assignment),
        on_leave: reading.word("on_leave", current.on_leave, &changes.on_leave, usual.on_leave),
        drift: reading.word("drift", current.drift, &changes.drift, usual.drift),
        read_back_minutes: reading.number(
            "read_back_minutes",
            current.read_back_minutes,
            &changes.read_back_minutes,
            usual.read_back_minutes,
        ),
        concurrency: reading.number(
            "concurrency",
            current.concurrency,
            &changes.concurrency,
            usual.concurrency,
        ),
        requests_per_minute: match changes.requests_per_minute {
            Change::Keep => current.requests_per_minute,
            Change::Clear => None,
            Change::Set(_) => Some(reading.number("requests_per_minute", 0, &changes.requests_per_minute, 0)),
        },
        hold_percent: reading.number(
            "hold_percent",
            current.hold_percent,
            &changes.hold_percent,
            usual.hold_percent,
        ),
        hold_floor: reading.number("hold_floor", current.hold_floor, &changes.hold_floor, usual.hold_floor),
        hold_window_minutes: reading.number(
            "hold_window_minutes",
            current.hold_window_minutes,
            &changes.hold_window_minutes,
            usual.hold_window_minutes,
        ),
    }
}

fn text(current: Option<&String>, change: &Change<String>) -> Option<String> {
    match change {
        Change::Keep => current.cloned(),
        Change::Clear => None,
        Change::Set(text) => Some(text.clone()),
    }
}

fn value<T: Copy>(current: T, change: &Change<T>, usual: T) -> T {
    match change {
        Change::Keep => current,
        Change::Clear => usual,
        Change::Set(value) => *value,
    }
}

struct Reading<'a>(&'a mut Violations);

impl Reading<'_> {
    fn word<T: Copy + FromStr<Err = Fault>>(
        &mut self,
        name: &'static str,
        current: T,
        change: &Change<String>,
        usual: T,
    ) -> T {
        match change {
            Change::Keep => current,
            Change::Clear => usual,
            Change::Set(text) => {
                let field = FieldPath::of("options").then(name);
                self.0.check(&field, text.parse()).unwrap_or(current)
            }
        }
    }

    fn number<T: Copy + TryFrom<i64>>(&mut self, name: &'static str, current: T, change: &Change<i64>, usual: T) -> T {
        match change {
            Change::Keep => current,
            Change::Clear => usual,
            Change::Set(number) => T::try_from(*number).unwrap_or_else(|_| {
                let expected = "a whole number within its limits";
                let fault = Fault::new(Rule::Format { expected }, Given::value(&number.to_string()));
                self.0.push(fault.at(FieldPath::of("options").then(name)));
                current
            }),
        }
    }
}
