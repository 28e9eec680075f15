//! The PHI guard notices what looks like patient data, and keeps quiet about the rest.

use roster_domain::phi::{Suspicion, inspect};
use roster_domain::{Change, OrganizationId, PhiGuard, Revision, User, UserChanges, Violations};
use uuid::Uuid;

use crate::given::{at, entries, full, pointers, set, user, user_id};

fn suspects(key: &str, value: &str) -> bool {
    !inspect(&entries(&[(key, value)])).is_empty()
}

#[test]
fn keys_that_name_patient_data_are_noticed_in_every_spelling() {
    let keys = [
        "ssn",
        "SSN",
        "patient_ssn",
        "ssn2",
        "SSNValue",
        "social security number",
        "socialSecurityNumber",
        "mrn",
        "MRN-1",
        "medical_record_number",
        "MedicalRecordNumber",
        "patient_id",
        "patientId",
        "patientid",
        "PATIENT_ID",
        "Patient-Name",
        "dob",
        "DOB",
        "dateOfBirth",
        "date_of_birth",
        "dateofbirth",
        "birthdate",
        "birth.date",
        "diagnosis",
        "icd10",
        "ICD-10",
        "icd_10_code",
        "allergies",
        "medicaid_id",
        "insurance",
    ];
    for key in keys {
        assert!(suspects(key, "x"), "{key}");
    }
}

#[test]
fn innocent_keys_are_left_alone() {
    let keys = [
        "department",
        "birdwatching",
        "notes",
        "adobe",
        "impatient",
        "outpatients",
        "birthright",
        "recorder",
        "medical_school",
        "record",
        "social",
        "security_badge",
        "classname",
        "cost_center",
        "mrnx",
        "hedob",
        "",
        "::",
        "科室",
    ];
    for key in keys {
        assert!(!suspects(key, "cardiology"), "{key}");
    }
}

#[test]
fn values_in_the_form_of_patient_numbers_are_noticed_under_any_key() {
    for value in [
        "123-45-6789",
        " 123-45-6789 ",
        "MRN: 00123456",
        "mrn 1234",
        "MRN#123456",
        "mrn-1234",
    ] {
        assert!(suspects("note", value), "{value}");
    }
    for value in [
        "123-456-7890",
        "12-345-6789",
        "12345",
        "mrn",
        "MRN: 12",
        "mrna vaccine",
        "MRN is in the EHR",
        "１２３-45-6789",
    ] {
        assert!(!suspects("note", value), "{value}");
    }
}

#[test]
fn an_entry_is_reported_once_with_what_it_resembles() {
    let found = inspect(&entries(&[
        ("ssn", "123-45-6789"),
        ("ward", "3"),
        ("x", "MRN: 99887766"),
    ]));

    assert_eq!(
        found,
        [
            Suspicion {
                key: "ssn".to_owned(),
                resembles: "a social security number"
            },
            Suspicion {
                key: "x".to_owned(),
                resembles: "a medical record number"
            },
        ]
    );
}

fn create(guard: PhiGuard) -> Result<Revision, Violations> {
    let metadata = Change::Set(entries(&[("badge", "123-45-6789"), ("patient_id", "secret-77")]));
    let changes = UserChanges { metadata, ..full() };
    User::create(
        user_id(1),
        OrganizationId::new(Uuid::from_u128(9)),
        &changes,
        guard,
        at(0),
    )
}

#[test]
fn with_the_guard_off_nothing_is_said() {
    let revision = create(PhiGuard::Off).expect("taken");
    assert_eq!(revision.suspicions, []);
    assert!(revision.user.profile.metadata.is_some());
}

#[test]
fn with_the_guard_at_warn_the_write_goes_through_with_a_warning() {
    let revision = create(PhiGuard::Warn).expect("taken");
    assert_eq!(
        revision
            .suspicions
            .iter()
            .map(|found| found.key.as_str())
            .collect::<Vec<_>>(),
        ["badge", "patient_id"]
    );
    assert!(revision.user.profile.metadata.is_some());
}

#[test]
fn with_the_guard_at_reject_the_write_is_refused_without_repeating_the_data() {
    let wrong = create(PhiGuard::Reject).expect_err("refused");

    assert_eq!(pointers(&wrong), ["/metadata/badge", "/metadata/patient_id"]);
    let shown = format!("{wrong} {wrong:?}");
    assert!(!shown.contains("6789") && !shown.contains("secret-77"), "{shown}");
}

#[test]
fn suspicions_are_reported_together_with_everything_else_that_is_wrong() {
    let metadata = Change::Set(entries(&[("ssn", "x"), ("fine", &"v".repeat(501))]));
    let changes = UserChanges {
        metadata,
        email: set("nobody"),
        ..UserChanges::default()
    };

    let wrong = user(&full())
        .update(&changes, PhiGuard::Reject, at(1))
        .expect_err("refused");

    assert_eq!(pointers(&wrong), ["/email", "/metadata/fine", "/metadata/ssn"]);
}

#[test]
fn metadata_that_a_request_does_not_touch_is_not_inspected_again() {
    let user = create(PhiGuard::Off).expect("taken").user;

    let changes = UserChanges {
        first_name: set("Anna"),
        ..UserChanges::default()
    };
    let revision = user.update(&changes, PhiGuard::Reject, at(1)).expect("taken");

    assert_eq!(revision.suspicions, []);
}
