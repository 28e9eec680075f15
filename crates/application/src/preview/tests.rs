//! Previews: the steps that would follow, with the requests that the gateway shows, and nothing sent.

use std::sync::Arc;

use roster_domain::capabilities::RequiredField;
use roster_domain::{
    Account, Capabilities, Change, Known, OnLeave, OutcomeClass, Step, User, UserChanges, VendorKey, VendorUserId,
};

use super::{Preview, Previews};
use crate::error::{Error, Missing};
use crate::ports::{MockAccountStore, MockUserStore, MockVendorGateway, PreviewedRequest, VendorError};
use crate::testing::{
    ABLE, MockConnectionStore, account, ann, ann_changes, connection, organization, secrets, set, stored_credentials,
    user, user_id,
};

/// The request that stands for a step.
fn request(step: &Step, with_password: bool) -> PreviewedRequest {
    PreviewedRequest {
        method: "POST".to_owned(),
        url: format!("https://vendor.example/{step:?}"),
        headers: vec![("authorization".to_owned(), "***".to_owned())],
        body: with_password.then(|| "***".to_owned()),
    }
}

/// A gateway that can do this and shows requests. It allows nothing else, so that whatever is sent fails the test.
fn gateway(can: Capabilities) -> MockVendorGateway {
    let mut gateway = MockVendorGateway::new();
    gateway.expect_capabilities().return_const(can);
    gateway
        .expect_preview()
        .withf(|target, _, _, _| *target.connection == connection())
        .returning(|_, step, _, with_password| Ok(vec![request(step, with_password)]));
    gateway
}

fn previews(user: Option<User>, accounts: Vec<Account>, gateway: MockVendorGateway) -> Previews {
    previews_with(user, accounts, gateway, false)
}

/// The same, of a user with or without an initial password.
fn previews_with(
    user: Option<User>,
    accounts: Vec<Account>,
    gateway: MockVendorGateway,
    has_password: bool,
) -> Previews {
    let (mut users, mut store) = (MockUserStore::new(), MockAccountStore::new());
    users.expect_user().return_once(move |_, _| Ok(user));
    users
        .expect_has_initial_password()
        .returning(move |_, _| Ok(has_password));
    store.expect_accounts_of_user().return_once(move |_, _| Ok(accounts));
    let mut connections = MockConnectionStore::new();
    connections
        .expect_connection()
        .returning(|_, id| Ok((id == connection().id).then(|| (connection(), stored_credentials()))));
    Previews::new(
        Arc::new(users),
        Arc::new(store),
        Arc::new(connections),
        Arc::new(gateway),
        secrets(),
    )
}

/// What would be sent of a user of whom this is known.
async fn preview(user: &User, known: Known, can: Capabilities) -> Preview {
    preview_of(user, account(user, known), can).await
}

async fn preview_of(user: &User, account: Account, can: Capabilities) -> Preview {
    let mut found = previews(Some(user.clone()), vec![account], gateway(can))
        .of_user(&organization(), user.id)
        .await
        .expect("a preview");
    assert_eq!(found.len(), 1, "one for each account");
    found.remove(0)
}

fn operations(preview: &Preview) -> Vec<&'static str> {
    preview.steps.iter().map(|step| step.operation).collect()
}

fn there(active: bool, version: i64) -> Known {
    Known::default().created(VendorUserId::new("theirs"), active, version)
}

fn inactive() -> User {
    user(
        1,
        &UserChanges {
            active: Change::Set(false),
            ..ann_changes()
        },
    )
}

#[tokio::test]
async fn a_new_user_would_be_looked_up_where_the_vendor_takes_one_twice_and_then_created() {
    let lax = Capabilities {
        refuses_duplicates: false,
        ..ABLE
    };

    let shown = preview(&ann(), Known::default(), lax).await;

    assert_eq!(operations(&shown), ["look_up", "create"]);
    let key = VendorKey::new("ehr-1");
    for (step, expected) in shown.steps.iter().zip([Step::LookUp(key.clone()), Step::Create(key)]) {
        let requests = step.requests.as_ref().expect("requests");
        assert_eq!(*requests, [request(&expected, false)]);
    }
    assert_eq!((shown.connection, shown.attention), (connection(), None));
}

#[tokio::test]
async fn a_changed_user_would_be_updated_and_nothing_else() {
    let shown = preview(&ann(), there(true, 0), ABLE).await;

    assert_eq!(operations(&shown), ["update"]);
}

#[tokio::test]
async fn a_user_who_is_up_to_date_has_nothing_to_send() {
    let shown = preview(&ann(), there(true, 1), ABLE).await;

    assert_eq!((operations(&shown), shown.attention), (vec![], None));
}

#[tokio::test]
async fn an_inactive_user_would_be_deactivated_and_then_brought_up_to_date() {
    let shown = preview(&inactive(), there(true, 0), ABLE).await;

    assert_eq!(operations(&shown), ["deactivate", "update"]);
}

#[tokio::test]
async fn a_user_who_is_active_again_would_be_activated_and_then_brought_up_to_date() {
    let shown = preview(&ann(), there(false, 0), ABLE).await;

    assert_eq!(operations(&shown), ["activate", "update"]);
}

#[tokio::test]
async fn a_user_who_is_not_assigned_would_leave_as_the_connection_says() {
    for (on_leave, expected) in [(OnLeave::Deactivate, "deactivate"), (OnLeave::Delete, "delete")] {
        let mut of = connection();
        of.options.on_leave = on_leave;
        let (mut users, mut store) = (MockUserStore::new(), MockAccountStore::new());
        users.expect_user().return_once(|_, _| Ok(Some(ann())));
        users.expect_has_initial_password().return_once(|_, _| Ok(false));
        let taken_off = Account {
            is_assigned: false,
            ..account(&ann(), there(true, 1))
        };
        store
            .expect_accounts_of_user()
            .return_once(move |_, _| Ok(vec![taken_off]));
        let mut connections = MockConnectionStore::new();
        connections
            .expect_connection()
            .return_once(move |_, _| Ok(Some((of, stored_credentials()))));
        let mut gateway = MockVendorGateway::new();
        gateway.expect_capabilities().return_const(ABLE);
        gateway
            .expect_preview()
            .returning(|_, step, _, with_password| Ok(vec![request(step, with_password)]));
        let previews = Previews::new(
            Arc::new(users),
            Arc::new(store),
            Arc::new(connections),
            Arc::new(gateway),
            secrets(),
        );

        let shown = previews.of_user(&organization(), user_id(1)).await.expect("a preview");

        assert_eq!(operations(&shown[0]), [expected]);
    }
}

#[tokio::test]
async fn a_user_who_lacks_what_the_vendor_needs_would_not_be_sent_and_the_field_is_named() {
    let demanding = Capabilities {
        required: &[RequiredField::Email],
        ..ABLE
    };
    let nameless = user(
        1,
        &UserChanges {
            external_id: set("ehr-1"),
            ..UserChanges::default()
        },
    );

    let shown = preview(&nameless, Known::default(), demanding).await;

    assert_eq!(operations(&shown), [""; 0]);
    let attention = shown.attention.expect("a person is asked");
    assert!(
        attention.contains("email") && attention.contains("Nabla Core"),
        "{attention}"
    );
}

#[tokio::test]
async fn what_the_vendor_cannot_do_stands_behind_what_it_can() {
    let fixed = Capabilities { update: false, ..ABLE };

    let shown = preview(&ann(), there(false, 0), fixed).await;

    assert_eq!(operations(&shown), ["activate"]);
    let attention = shown.attention.expect("a person is asked");
    assert!(attention.contains("no way to change the fields"), "{attention}");
}

#[tokio::test]
async fn a_step_whose_requests_cannot_be_made_says_why_and_the_others_are_shown() {
    let mut gateway = MockVendorGateway::new();
    gateway.expect_capabilities().return_const(ABLE);
    gateway
        .expect_preview()
        .returning(|_, step, _, with_password| match step {
            Step::Activate(_) => Err(VendorError::new(OutcomeClass::Rejected, "no project")),
            step => Ok(vec![request(step, with_password)]),
        });

    let shown = previews(Some(ann()), vec![account(&ann(), there(false, 0))], gateway)
        .of_user(&organization(), user_id(1))
        .await
        .expect("a preview");

    assert_eq!(operations(&shown[0]), ["activate", "update"]);
    let refused = shown[0].steps[0].requests.as_ref().expect_err("there can be none");
    assert_eq!(refused.message, "no project");
    assert!(shown[0].steps[1].requests.is_ok());
}

#[tokio::test]
async fn a_create_that_may_have_happened_would_be_looked_up_under_its_own_key_first() {
    let unheard = Known::default().intending(VendorKey::new("former"));

    let shown = preview(&ann(), unheard, ABLE).await;

    assert_eq!(operations(&shown), ["look_up", "create"]);
    let first = shown.steps[0].requests.as_ref().expect("requests");
    assert_eq!(*first, [request(&Step::LookUp(VendorKey::new("former")), false)]);
}

#[tokio::test]
async fn an_initial_password_is_shown_where_it_would_be_sent_once_and_only_to_a_vendor_that_takes_one() {
    let taking = Capabilities {
        initial_password: true,
        ..ABLE
    };
    let other = Capabilities {
        initial_password: false,
        ..ABLE
    };
    let behind = there(false, 0);
    let bodies = async |can: Capabilities, known: Known, has_password: bool| {
        let shown = previews_with(Some(ann()), vec![account(&ann(), known)], gateway(can), has_password)
            .of_user(&organization(), user_id(1))
            .await
            .expect("a preview");
        let steps = shown[0].steps.iter();
        steps
            .map(|step| {
                let request = &step.requests.as_ref().expect("requests")[0];
                (step.operation, request.body.is_some())
            })
            .collect::<Vec<_>>()
    };

    assert_eq!(bodies(taking, Known::default(), true).await, [("create", true)]);
    assert_eq!(bodies(taking, Known::default(), false).await, [("create", false)]);
    assert_eq!(bodies(other, Known::default(), true).await, [("create", false)]);
    let update = bodies(taking, behind, true).await;
    assert_eq!(update.last(), Some(&("update", true)));
}

#[tokio::test]
async fn an_account_whose_connection_was_deleted_meanwhile_is_left_out() {
    let mut elsewhere = account(&ann(), Known::default());
    elsewhere.connection_id = roster_domain::ConnectionId::new(uuid::Uuid::from_u128(6));

    let shown = previews(Some(ann()), vec![elsewhere], gateway(ABLE))
        .of_user(&organization(), user_id(1))
        .await
        .expect("a preview");

    assert!(shown.is_empty(), "{shown:?}");
}

#[tokio::test]
async fn a_user_who_is_not_there_has_no_preview() {
    let failed = previews(None, Vec::new(), gateway(ABLE))
        .of_user(&organization(), user_id(1))
        .await;

    assert!(matches!(failed, Err(Error::NotFound(Missing::User))), "{failed:?}");
}
