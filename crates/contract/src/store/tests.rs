//! The list of all cases names every one of them.

/// The sources of the cases, by the name of their port.
const SOURCES: [(&str, &str); 37] = [
    ("organizations", include_str!("organizations.rs")),
    ("api_clients", include_str!("api_clients.rs")),
    ("users", include_str!("users.rs")),
    ("users_updates", include_str!("users_updates.rs")),
    ("users_lists", include_str!("users_lists.rs")),
    ("users_passwords", include_str!("users_passwords.rs")),
    ("restores", include_str!("restores.rs")),
    ("customers", include_str!("customers.rs")),
    ("connections", include_str!("connections.rs")),
    ("assignments", include_str!("assignments.rs")),
    ("groups", include_str!("groups.rs")),
    ("groups_ties", include_str!("groups_ties.rs")),
    ("groups_turns", include_str!("groups_turns.rs")),
    ("groups_races", include_str!("groups_races.rs")),
    ("directory", include_str!("directory.rs")),
    ("directory_filters", include_str!("directory_filters.rs")),
    ("accounts", include_str!("accounts.rs")),
    ("queue", include_str!("queue.rs")),
    ("ownership", include_str!("ownership.rs")),
    ("queue_leases", include_str!("queue_leases.rs")),
    ("queue_records", include_str!("queue_records.rs")),
    ("drift", include_str!("drift.rs")),
    ("read_backs", include_str!("read_backs.rs")),
    ("departures", include_str!("departures.rs")),
    ("departures_held", include_str!("departures_held.rs")),
    ("history", include_str!("history.rs")),
    ("idempotency", include_str!("idempotency.rs")),
    ("sealed", include_str!("sealed.rs")),
    ("sessions", include_str!("sessions.rs")),
    ("wake", include_str!("wake.rs")),
    ("tenants", include_str!("tenants.rs")),
    ("races", include_str!("races.rs")),
    ("races_clients", include_str!("races_clients.rs")),
    ("races_crowds", include_str!("races_crowds.rs")),
    ("races_customers", include_str!("races_customers.rs")),
    ("races_directory", include_str!("races_directory.rs")),
    ("races_queue", include_str!("races_queue.rs")),
];

#[test]
fn every_case_is_in_the_list_that_stores_run() {
    let listed = crate::store_cases!(@each names []);

    for ((port, source), (listed_port, listed)) in SOURCES.into_iter().zip(listed) {
        let written: Vec<_> = source
            .lines()
            .filter_map(|line| {
                line.strip_prefix("pub async fn ")?
                    .split_once('(')
                    .map(|(name, _)| name)
            })
            .collect();
        assert_eq!((port, written.as_slice()), (listed_port, listed));
        assert!(!written.is_empty());
    }
}
