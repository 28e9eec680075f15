//! The options of a connection as a store keeps them: one JSON document, the same in every store.

use std::str::FromStr;

use roster_domain::{Assignment, ConnectionOptions, DriftMode, Fault, FieldPath, OnLeave, Vendor, Violations};
use serde::{Deserialize, Serialize};

/// The options of a connection as they are stored. One that is absent, because an older Roster wrote the document, has
/// its default; one that is unknown was written by a newer Roster, and is not passed over.
///
/// Its names are those that the stores' migrations know: `assignment`, `drift` and `read_back_minutes`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoredOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    api_version: Option<String>,
    allow_private_addresses: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<String>,
    create_customer: bool,
    assignment: String,
    on_leave: String,
    drift: String,
    read_back_minutes: u32,
    concurrency: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_per_minute: Option<u32>,
    hold_percent: u8,
    hold_floor: u32,
    hold_window_minutes: u32,
}

impl Default for StoredOptions {
    fn default() -> Self {
        Self::of(&ConnectionOptions::default())
    }
}

impl StoredOptions {
    /// The options as they are stored.
    #[must_use]
    pub fn of(options: &ConnectionOptions) -> Self {
        Self {
            api_version: options.api_version.clone(),
            allow_private_addresses: options.allow_private_addresses,
            organization_id: options.organization_id.clone(),
            api_key_header: options.api_key_header.clone(),
            project_id: options.project_id.clone(),
            customer_id: options.customer_id.clone(),
            create_customer: options.create_customer,
            assignment: options.assignment.name().to_owned(),
            on_leave: options.on_leave.name().to_owned(),
            drift: options.drift.name().to_owned(),
            read_back_minutes: options.read_back_minutes,
            concurrency: options.concurrency,
            requests_per_minute: options.requests_per_minute,
            hold_percent: options.hold_percent,
            hold_floor: options.hold_floor,
            hold_window_minutes: options.hold_window_minutes,
        }
    }

    /// The options of a connection to a vendor.
    ///
    /// # Errors
    ///
    /// Everything in them that breaks a rule, as [`ConnectionOptions::check`] has it: somebody else wrote the document.
    pub fn read(self, vendor: Vendor) -> Result<ConnectionOptions, Violations> {
        let mut violations = Violations::none();
        let options = ConnectionOptions {
            api_version: self.api_version,
            allow_private_addresses: self.allow_private_addresses,
            organization_id: self.organization_id,
            api_key_header: self.api_key_header,
            project_id: self.project_id,
            customer_id: self.customer_id,
            create_customer: self.create_customer,
            assignment: word::<Assignment>("assignment", &self.assignment, &mut violations),
            on_leave: word::<OnLeave>("on_leave", &self.on_leave, &mut violations),
            drift: word::<DriftMode>("drift", &self.drift, &mut violations),
            read_back_minutes: self.read_back_minutes,
            concurrency: self.concurrency,
            requests_per_minute: self.requests_per_minute,
            hold_percent: self.hold_percent,
            hold_floor: self.hold_floor,
            hold_window_minutes: self.hold_window_minutes,
        };
        violations.extend(options.check(vendor));
        violations.into_result().map(|()| options)
    }
}

/// A word out of a few, or, where it is none of them, the violation that says so and any of them.
fn word<T: Default + FromStr<Err = Fault>>(name: &'static str, text: &str, violations: &mut Violations) -> T {
    let field = FieldPath::of("options").then(name);
    violations.check(&field, text.parse()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ConnectionOptions, String> {
        let stored: StoredOptions = serde_json::from_str(json).map_err(|error| error.to_string())?;
        stored
            .read(Vendor::NablaCore)
            .map_err(|violations| violations.to_string())
    }

    #[test]
    fn what_is_absent_has_its_default() {
        assert_eq!(read("{}"), Ok(ConnectionOptions::default()));
    }

    #[test]
    fn what_is_unknown_or_breaks_a_rule_is_named() {
        for (json, name) in [
            (r#"{"drfit":"off"}"#, "drfit"),
            (r#"{"assignment":"some"}"#, "options.assignment"),
            (r#"{"on_leave":"forget"}"#, "options.on_leave"),
            (r#"{"drift":"maybe"}"#, "options.drift"),
            (r#"{"concurrency":0}"#, "options.concurrency"),
        ] {
            let refused = read(json).expect_err(json);
            assert!(refused.contains(name), "{json}: {refused}");
        }
    }

    #[test]
    fn the_names_that_migrations_know_are_the_documents() {
        let stored = serde_json::to_value(StoredOptions::default()).expect("written");
        assert_eq!(stored["assignment"], "all");
        assert_eq!(stored["drift"], "repair");
        assert_eq!(stored["read_back_minutes"], 24 * 60);
        assert_eq!(stored.get("api_version"), None, "what is not set is not named");
    }
}
