//! Roster's rules inside another program: no server, no database, no runtime.

use std::error::Error;
use std::time::Duration;

use roster_domain::{
    Capabilities, Change, KeyKind, Known, OrganizationId, OutcomeClass, PhiGuard, Presence, RetryPolicy, Step,
    Timestamp, User, UserChanges, UserId, Vendor, VendorUserId, Verdict, plan, retry,
};
use uuid::Uuid;

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    // Time and ids are parameters, so they come from wherever the program has them.
    let now: Timestamp = "2026-07-01T08:00:00Z".parse()?;
    let (id, organization) = (UserId::new(Uuid::from_u128(1)), OrganizationId::new(Uuid::from_u128(2)));

    // A request is raw text. Everything that is wrong with it is said at once, and nothing is half done.
    let request = UserChanges {
        email: Change::Set("ann.lee@".to_owned()),
        npi: Change::Set("1234567890".to_owned()),
        first_name: Change::Set("Ann".to_owned()),
        ..UserChanges::default()
    };
    let Err(violations) = User::create(id, organization, &request, PhiGuard::Warn, now) else {
        return Err("an address without a domain was taken".into());
    };
    println!("{violations}");
    let pointers: Vec<String> = violations.iter().map(|violation| violation.field.pointer()).collect();
    assert_eq!(pointers, ["/email", "/npi"]);

    // What is left out of an update stays as it is.
    let request = UserChanges {
        email: Change::Set("Ann.Lee@example.org".to_owned()),
        npi: Change::Set("1234567893".to_owned()),
        ..request
    };
    let ann = User::create(id, organization, &request, PhiGuard::Warn, now)?.user;
    let request = UserChanges {
        last_name: Change::Set("Lee".to_owned()),
        ..UserChanges::default()
    };
    let ann = ann.update(&request, PhiGuard::Warn, now)?.user;
    assert_eq!(
        (ann.version, ann.profile.first_name.as_ref().map(ToString::to_string)),
        (2, Some("Ann".to_owned()))
    );

    // A vendor is described by what it can do; `plan` says what comes next, `Known` remembers what came of it.
    let vendor = Capabilities {
        look_up: Some(KeyKind::Email),
        refuses_duplicates: false,
        update: true,
        update_inactive: true,
        deactivate: true,
        reactivate: true,
        delete: false,
        read_back: true,
        initial_password: false,
        required: &[],
    };
    let mut known = Known::default();
    let Step::LookUp(key) = plan(&ann, Presence::Active, Vendor::Upheal, &known, &vendor) else {
        return Err("a vendor that may take a user twice is asked first".into());
    };
    known = known.absent(key.clone());
    assert_eq!(
        plan(&ann, Presence::Active, Vendor::Upheal, &known, &vendor),
        Step::Create(key.clone())
    );

    // The create is sent and nothing is heard. It may have happened: wait, then look before it is sent again.
    known = known.intending(key.clone());
    let verdict = retry(OutcomeClass::Unknown, 1, now, 0.25, &RetryPolicy::default());
    assert_eq!(verdict, Verdict::RetryAt(now + Duration::from_millis(500)));
    assert_eq!(
        plan(&ann, Presence::Active, Vendor::Upheal, &known, &vendor),
        Step::LookUp(key)
    );

    // It had happened. The user is adopted instead of created twice, and brought up to date.
    let theirs = VendorUserId::new("f3b0");
    known = known.found(theirs.clone(), true);
    assert_eq!(
        plan(&ann, Presence::Active, Vendor::Upheal, &known, &vendor),
        Step::Update(theirs)
    );
    known = known.updated(ann.version);
    assert_eq!(
        plan(&ann, Presence::Active, Vendor::Upheal, &known, &vendor),
        Step::InSync
    );
    Ok(())
}
