//! The options of a connection: what callers say of them, and how they are shown.

mod schema;

use roster_application::connections::OptionsChanges;
use roster_domain::{Change, ConnectionOptions, FieldPath, Vendor, Violations};
use roster_wire::field::Field;
use serde::{Deserialize, Serialize};

use super::super::fields::{self, Others};
pub(super) use schema::{AnyOptions, CortiOptions, NablaOptions, UphealOptions};

/// What is said about a connection's options, as it is read: [`schema`] describes which goes with which vendor.
#[derive(Default, Deserialize)]
#[serde(default)]
struct OptionsRequest {
    api_version: Field,
    allow_private_addresses: Field,
    organization_id: Field,
    api_key_header: Field,
    project_id: Field,
    customer_id: Field,
    create_customer: Field,
    assignment: Field,
    on_leave: Field,
    drift: Field,
    read_back_minutes: Field,
    concurrency: Field,
    requests_per_minute: Field,
    hold_percent: Field,
    hold_floor: Field,
    hold_window_minutes: Field,
    #[serde(flatten)]
    others: Others,
}

/// Reads what a request says about the options. Their limits are the domain's to check.
pub(super) fn read(field: Field, at: &FieldPath, v: &mut Violations) -> Change<OptionsChanges> {
    field.object::<OptionsRequest>(at, v).map(|request| {
        fields::refuse_others(&request.others, &[], at, v);
        OptionsChanges {
            api_version: request.api_version.text(&at.then("api_version"), v),
            allow_private_addresses: request
                .allow_private_addresses
                .flag(&at.then("allow_private_addresses"), v),
            organization_id: request.organization_id.text(&at.then("organization_id"), v),
            api_key_header: request.api_key_header.text(&at.then("api_key_header"), v),
            project_id: request.project_id.text(&at.then("project_id"), v),
            customer_id: request.customer_id.text(&at.then("customer_id"), v),
            create_customer: request.create_customer.flag(&at.then("create_customer"), v),
            assignment: request.assignment.text(&at.then("assignment"), v),
            on_leave: request.on_leave.text(&at.then("on_leave"), v),
            drift: request.drift.text(&at.then("drift"), v),
            read_back_minutes: request.read_back_minutes.integer(&at.then("read_back_minutes"), v),
            concurrency: request.concurrency.integer(&at.then("concurrency"), v),
            requests_per_minute: request.requests_per_minute.integer(&at.then("requests_per_minute"), v),
            hold_percent: request.hold_percent.integer(&at.then("hold_percent"), v),
            hold_floor: request.hold_floor.integer(&at.then("hold_floor"), v),
            hold_window_minutes: request.hold_window_minutes.integer(&at.then("hold_window_minutes"), v),
        }
    })
}

/// The options of a connection. Those that mean nothing to its vendor are left out; the others are always there, null
/// where the vendor's own way holds.
#[derive(Debug, Serialize)]
#[expect(clippy::option_option, reason = "what is left out and what is null are two things")]
pub(super) struct OptionsAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    api_version: Option<Option<String>>,
    allow_private_addresses: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_header: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    create_customer: Option<bool>,
    assignment: &'static str,
    on_leave: &'static str,
    drift: &'static str,
    read_back_minutes: u32,
    concurrency: u32,
    requests_per_minute: Option<u32>,
    hold_percent: u8,
    hold_floor: u32,
    hold_window_minutes: u32,
}

impl OptionsAnswer {
    /// Shows the options of a connection to a vendor.
    pub(super) fn of(options: ConnectionOptions, vendor: Vendor) -> Self {
        // What is set is shown in any case, so that nothing that is stored is hidden.
        let text =
            |name: &str, text: Option<String>| (text.is_some() || schema::goes_with(name, vendor)).then_some(text);
        let create_customer = options.create_customer || schema::goes_with("create_customer", vendor);
        Self {
            api_version: text("api_version", options.api_version),
            allow_private_addresses: options.allow_private_addresses,
            organization_id: text("organization_id", options.organization_id),
            api_key_header: text("api_key_header", options.api_key_header),
            project_id: text("project_id", options.project_id),
            customer_id: text("customer_id", options.customer_id),
            create_customer: create_customer.then_some(options.create_customer),
            assignment: options.assignment.name(),
            on_leave: options.on_leave.name(),
            drift: options.drift.name(),
            read_back_minutes: options.read_back_minutes,
            concurrency: options.concurrency,
            requests_per_minute: options.requests_per_minute,
            hold_percent: options.hold_percent,
            hold_floor: options.hold_floor,
            hold_window_minutes: options.hold_window_minutes,
        }
    }
}

#[cfg(test)]
mod tests;
