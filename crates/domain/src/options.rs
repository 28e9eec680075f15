//! What a connection leaves to choose.

use std::time::Duration;

use crate::choice::choice;
use crate::mass_change::MassChangePolicy;
use crate::presence::{Assignment, OnLeave};
use crate::vendor::Vendor;
use crate::violation::{Fault, FieldPath, Given, Rule, Violations};

choice! {
    /// What is done about an account that is not, at the vendor, as Roster left it.
    #[derive(Default)]
    DriftMode {
        /// Nobody looks.
        Off = "off",
        /// It is said, and left.
        Report = "report",
        /// It is set right.
        #[default]
        Repair = "repair",
    }
}

/// What becomes of the times at which accounts are read back when a connection's options change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBacks {
    /// They stand.
    Kept,
    /// Every account that is in sync is read back within this time: nobody looked before, or less often.
    Within(Duration),
    /// Nobody looks any more.
    Ended,
}

/// What a connection leaves to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionOptions {
    /// The version of the vendor's API that is used; the client's default where absent. For the Nablas the value of
    /// the versioning header, for Upheal `v1` or `v2`.
    pub api_version: Option<String>,
    /// Whether private, loopback and link-local addresses may be called. Off for anything but a sandbox or a
    /// vendor inside the same network.
    pub allow_private_addresses: bool,
    /// Upheal: the organization in which users are made; without one, that of the API key.
    pub organization_id: Option<String>,
    /// Upheal: the header that the API key goes in. Upheal documents none; `x-api-key` where absent.
    pub api_key_header: Option<String>,
    /// Corti: the project; required there.
    pub project_id: Option<String>,
    /// Corti: the customer whose users these are; required there.
    pub customer_id: Option<String>,
    /// Corti: whether the customer is made if there is none of that id.
    pub create_customer: bool,
    /// Whom the connection takes.
    pub assignment: Assignment,
    /// What becomes of those who leave.
    pub on_leave: OnLeave,
    /// What is done about what somebody changed at the vendor.
    pub drift: DriftMode,
    /// After how many minutes an account is read back, 5 to 43,200 (30 days).
    pub read_back_minutes: u32,
    /// How many calls are under way at once, 1 to 64.
    pub concurrency: u32,
    /// How many calls are made in a minute; 0 for as many as there are, and the vendor's documented limit where absent.
    pub requests_per_minute: Option<u32>,
    /// The share of users, in percent, from which on departures are held: see [`MassChangePolicy`].
    pub hold_percent: u8,
    /// The number of users from which on departures are held.
    pub hold_floor: u32,
    /// How many minutes back departures are counted, 1 to 10,080 (a week).
    pub hold_window_minutes: u32,
}

impl Default for ConnectionOptions {
    fn default() -> Self {
        Self {
            api_version: None,
            allow_private_addresses: false,
            organization_id: None,
            api_key_header: None,
            project_id: None,
            customer_id: None,
            create_customer: false,
            assignment: Assignment::default(),
            on_leave: OnLeave::default(),
            drift: DriftMode::default(),
            read_back_minutes: 24 * 60,
            concurrency: 8,
            requests_per_minute: None,
            hold_percent: 20,
            hold_floor: 20,
            hold_window_minutes: 60,
        }
    }
}

impl ConnectionOptions {
    /// The most characters of a text among the options.
    pub const MAX_TEXT_CHARACTERS: usize = 200;
    /// How many calls a minute Upheal allows to an API key.
    const UPHEAL_REQUESTS_PER_MINUTE: u32 = 300;

    /// Everything that is wrong with the options of a connection to a vendor; fields stand below `options`.
    #[must_use]
    pub fn check(&self, vendor: Vendor) -> Violations {
        let mut violations = Violations::none();
        let options = FieldPath::of("options");
        let mut between = |name: &'static str, value: u32, expected: &'static str, fits: bool| {
            if !fits {
                let fault = Fault::new(Rule::Format { expected }, Given::value(&value.to_string()));
                violations.push(fault.at(options.then(name)));
            }
        };
        let minutes = self.read_back_minutes;
        between(
            "read_back_minutes",
            minutes,
            "5 to 43200 minutes",
            (5..=43_200).contains(&minutes),
        );
        between(
            "concurrency",
            self.concurrency,
            "1 to 64",
            (1..=64).contains(&self.concurrency),
        );
        let rate = self.requests_per_minute.unwrap_or_default();
        between("requests_per_minute", rate, "0 to 100000", rate <= 100_000);
        let percent = u32::from(self.hold_percent);
        between("hold_percent", percent, "0 to 100 percent", percent <= 100);
        let window = self.hold_window_minutes;
        between(
            "hold_window_minutes",
            window,
            "1 to 10080 minutes",
            (1..=10_080).contains(&window),
        );
        let texts = [
            ("organization_id", &self.organization_id, Vendor::Upheal, "upheal"),
            ("api_key_header", &self.api_key_header, Vendor::Upheal, "upheal"),
            ("project_id", &self.project_id, Vendor::Corti, "corti"),
            ("customer_id", &self.customer_id, Vendor::Corti, "corti"),
        ];
        for (name, text, of, value) in texts {
            let Some(text) = text else { continue };
            let checked = if of == vendor {
                crate::fields::text::check_line(text, Self::MAX_TEXT_CHARACTERS)
            } else {
                Err(Fault::new(
                    Rule::OnlyWith { other: "vendor", value },
                    Given::value(vendor.name()),
                ))
            };
            violations.check(&options.then(name), checked);
        }
        if self.create_customer && vendor != Vendor::Corti {
            let rule = Rule::OnlyWith {
                other: "vendor",
                value: "corti",
            };
            let fault = Fault::new(rule, Given::value(vendor.name()));
            violations.push(fault.at(options.then("create_customer")));
        }
        violations
    }

    /// How many calls a minute are made to a vendor; `None` for as many as there are.
    #[must_use]
    pub fn rate(&self, vendor: Vendor) -> Option<u32> {
        match (self.requests_per_minute, vendor) {
            (Some(0), _) => None,
            (Some(rate), _) => Some(rate),
            (None, Vendor::Upheal) => Some(Self::UPHEAL_REQUESTS_PER_MINUTE),
            (None, _) => None,
        }
    }

    /// How long it is from one read-back of an account to the next; `None` where nobody looks.
    #[must_use]
    pub fn read_back_interval(&self) -> Option<Duration> {
        (self.drift != DriftMode::Off).then(|| Duration::from_mins(u64::from(self.read_back_minutes)))
    }

    /// What becomes of the times of read-backs when these options take the place of others. A longer interval holds from
    /// each account's next read-back on; a shorter one must not wait for that.
    #[must_use]
    pub fn read_backs_after(&self, before: &Self) -> ReadBacks {
        match (before.read_back_interval(), self.read_back_interval()) {
            (Some(_), None) => ReadBacks::Ended,
            (None, Some(interval)) => ReadBacks::Within(interval),
            (Some(before), Some(interval)) if interval < before => ReadBacks::Within(interval),
            (Some(_), Some(_)) | (None, None) => ReadBacks::Kept,
        }
    }

    /// When departures are held.
    #[must_use]
    pub fn mass_change(&self) -> MassChangePolicy {
        MassChangePolicy {
            percent: self.hold_percent,
            floor: self.hold_floor,
            window: Duration::from_mins(u64::from(self.hold_window_minutes)),
        }
    }
}
