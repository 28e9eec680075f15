//! Options of connections as JSON.

use std::str::FromStr;

use roster_application::ports::StoreError;
use roster_domain::{Assignment, ConnectionOptions, DriftMode, OnLeave, Vendor};
use serde::{Deserialize, Serialize};

use super::Place;

/// The options of a connection as they are stored. One that is absent, because an older Roster wrote the row, has its
/// default; one that is unknown was written by a newer Roster, and is not passed over.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoredOptions {
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
    pub(crate) fn of(options: &ConnectionOptions) -> Self {
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

    /// The options of a connection to a vendor, or the error that names the row.
    pub(crate) fn read(self, vendor: Vendor, place: &Place) -> Result<ConnectionOptions, StoreError> {
        let options = ConnectionOptions {
            api_version: self.api_version,
            allow_private_addresses: self.allow_private_addresses,
            organization_id: self.organization_id,
            api_key_header: self.api_key_header,
            project_id: self.project_id,
            customer_id: self.customer_id,
            create_customer: self.create_customer,
            assignment: place.check("options", Assignment::from_str(&self.assignment))?,
            on_leave: place.check("options", OnLeave::from_str(&self.on_leave))?,
            drift: place.check("options", DriftMode::from_str(&self.drift))?,
            read_back_minutes: self.read_back_minutes,
            concurrency: self.concurrency,
            requests_per_minute: self.requests_per_minute,
            hold_percent: self.hold_percent,
            hold_floor: self.hold_floor,
            hold_window_minutes: self.hold_window_minutes,
        };
        place.check("options", options.check(vendor).into_result())?;
        Ok(options)
    }
}
