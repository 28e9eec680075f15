//! Options of a connection: limits, and what goes with which vendor.

use std::time::Duration;

use roster_domain::{ConnectionOptions, DriftMode, ReadBacks, Vendor};

fn wrong(options: &ConnectionOptions, vendor: Vendor) -> String {
    options.check(vendor).to_string()
}

#[test]
fn the_defaults_fit_every_vendor() {
    for vendor in Vendor::ALL {
        assert_eq!(wrong(&ConnectionOptions::default(), vendor), "");
    }
}

#[test]
fn each_number_may_be_at_its_limits() {
    for (read_back_minutes, concurrency, rate, hold_percent, hold_window_minutes) in
        [(5, 1, 0, 0, 1), (43_200, 64, 100_000, 100, 10_080)]
    {
        let options = ConnectionOptions {
            read_back_minutes,
            concurrency,
            requests_per_minute: Some(rate),
            hold_percent,
            hold_window_minutes,
            ..ConnectionOptions::default()
        };
        assert_eq!(wrong(&options, Vendor::NablaCore), "");
    }
}

#[test]
fn everything_beyond_the_limits_is_reported_together() {
    let options = ConnectionOptions {
        read_back_minutes: 4,
        concurrency: 65,
        requests_per_minute: Some(100_001),
        hold_percent: 101,
        hold_window_minutes: 0,
        ..ConnectionOptions::default()
    };
    assert_eq!(
        wrong(&options, Vendor::NablaCore),
        "options.read_back_minutes must be 5 to 43200 minutes; given: \"4\"\n\
         options.concurrency must be 1 to 64; given: \"65\"\n\
         options.requests_per_minute must be 0 to 100000; given: \"100001\"\n\
         options.hold_percent must be 0 to 100 percent; given: \"101\"\n\
         options.hold_window_minutes must be 1 to 10080 minutes; given: \"0\""
    );
}

#[test]
fn an_option_of_another_vendor_is_a_mistake_and_not_passed_over() {
    let options = ConnectionOptions {
        organization_id: Some("o".to_owned()),
        api_key_header: Some("x-key".to_owned()),
        project_id: Some("p".to_owned()),
        customer_id: Some("c".to_owned()),
        create_customer: true,
        ..ConnectionOptions::default()
    };
    let fields = |vendor| -> Vec<String> {
        let violations = options.check(vendor);
        violations.iter().map(|violation| violation.field.to_string()).collect()
    };

    assert_eq!(
        fields(Vendor::Upheal),
        ["options.project_id", "options.customer_id", "options.create_customer"]
    );
    assert_eq!(
        fields(Vendor::Corti),
        ["options.organization_id", "options.api_key_header"]
    );
    assert_eq!(fields(Vendor::NablaConnect).len(), 5);
}

#[test]
fn upheal_is_called_no_more_often_than_it_documents_unless_told() {
    let with = |requests_per_minute| ConnectionOptions {
        requests_per_minute,
        ..ConnectionOptions::default()
    };
    assert_eq!(with(None).rate(Vendor::Upheal), Some(300));
    assert_eq!(with(None).rate(Vendor::Corti), None);
    assert_eq!(with(Some(0)).rate(Vendor::Upheal), None);
    assert_eq!(with(Some(1_000)).rate(Vendor::Upheal), Some(1_000));
}

fn looking(drift: DriftMode, read_back_minutes: u32) -> ConnectionOptions {
    ConnectionOptions {
        drift,
        read_back_minutes,
        ..ConnectionOptions::default()
    }
}

#[test]
fn read_backs_begin_when_somebody_looks_and_end_when_nobody_does() {
    for on in [DriftMode::Report, DriftMode::Repair] {
        let (off, on) = (looking(DriftMode::Off, 60), looking(on, 90));
        assert_eq!(
            on.read_backs_after(&off),
            ReadBacks::Within(Duration::from_mins(90)),
            "{on:?}"
        );
        assert_eq!(off.read_backs_after(&on), ReadBacks::Ended, "{on:?}");
    }
}

#[test]
fn a_shorter_interval_holds_at_once_and_a_longer_one_from_the_next_read_back_on() {
    let daily = looking(DriftMode::Repair, 24 * 60);
    let hourly = looking(DriftMode::Report, 60);

    assert_eq!(
        hourly.read_backs_after(&daily),
        ReadBacks::Within(Duration::from_hours(1))
    );
    assert_eq!(daily.read_backs_after(&hourly), ReadBacks::Kept);
    assert_eq!(daily.read_backs_after(&daily), ReadBacks::Kept);
    let never = looking(DriftMode::Off, 60);
    assert_eq!(looking(DriftMode::Off, 5).read_backs_after(&never), ReadBacks::Kept);
}
