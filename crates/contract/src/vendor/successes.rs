//! What goes well, and what is wrong before anything is called.

use roster_application::credentials::Credentials;
use roster_domain::{KeyKind, OutcomeClass, VendorKey, VendorUserId};

use super::given::{
    RemoteState, created_id, offered, offers, password, perform, perform_with, remote_id, success, user_of,
};
use super::world::{Call, Reply, VendorWorld};

/// `check` finds nothing wrong with a connection that is as it should be.
pub async fn a_sound_connection_has_nothing_wrong(world: &dyn VendorWorld) {
    let target = world.target();

    let violations = world.gateway().check(target.connection, target.credentials);

    assert!(violations.is_empty(), "{violations}");
}

/// `check` finds credentials of another vendor's kind, and does not repeat what is in them.
pub async fn credentials_of_another_kind_are_a_violation_that_shows_no_secret(world: &dyn VendorWorld) {
    let target = world.target();
    let all = [
        Credentials::OAuthClient {
            client_id: "client".into(),
            private_key: "hunter2".into(),
        },
        Credentials::ApiKey {
            api_key: "hunter2".into(),
        },
        Credentials::ServiceAccount {
            email: "ann@example.org".into(),
            password: "hunter2".into(),
        },
    ];
    let others = all
        .iter()
        .filter(|other| std::mem::discriminant(*other) != std::mem::discriminant(target.credentials));
    for other in others {
        let violations = world.gateway().check(target.connection, other);

        assert!(!violations.is_empty());
        for violation in &violations {
            assert_eq!(violation.field.segments().next(), Some("credentials"));
        }
        assert!(!violations.to_string().contains("hunter2"));
    }
}

/// A create answers with the vendor's id, the state there, and whether all fields are as they should be.
pub async fn a_created_user_comes_back_with_id_state_and_comparison(world: &dyn VendorWorld) {
    world.script(Call::Create, success(world, Call::Create));

    let created = user_of(world, Call::Create).await;

    let (id, left) = (created_id(world), world.left_by_create());
    assert_eq!(
        (created.id, created.active, created.matches),
        (id, true, left.is_empty())
    );
    assert_eq!(created.differing, left);
    assert_eq!(world.count(Call::Create), 1);
}

/// A look-up answers with whom it finds, active or not, and says whether, and which, fields differ.
pub async fn a_look_up_finds_who_is_there_and_compares(world: &dyn VendorWorld) {
    if offers(world, Call::LookUp).await {
        finds_and_compares(world, Call::LookUp).await;
    }
}

/// A read-back says how the user stands, and names the fields that differ.
pub async fn a_read_back_says_how_the_user_stands_and_names_what_differs(world: &dyn VendorWorld) {
    if offers(world, Call::ReadBack).await {
        finds_and_compares(world, Call::ReadBack).await;
    }
}

async fn finds_and_compares(world: &dyn VendorWorld, call: Call) {
    let can = world.gateway().capabilities(world.target().connection);
    world.script(call, Reply::user(RemoteState::in_sync(false, &can)));
    world.script(call, Reply::user(RemoteState::differing(&can)));

    let (same, differing) = (user_of(world, call).await, user_of(world, call).await);

    assert_eq!((same.id, same.active, same.matches), (remote_id(), false, true));
    assert!(same.differing.is_empty(), "{:?}", same.differing);
    assert_eq!(
        (differing.id, differing.active, differing.matches),
        (remote_id(), true, false)
    );
    assert_eq!(differing.differing, world.differing());
    assert!(!differing.differing.is_empty());
}

/// Nobody is `Ok(None)` and not an error.
pub async fn a_look_up_of_nobody_finds_none(world: &dyn VendorWorld) {
    if !offers(world, Call::LookUp).await {
        return;
    }
    world.script(Call::LookUp, Reply::Nobody);

    let found = perform(world, world.target(), Call::LookUp).await;

    assert_eq!(found.expect("the vendor answered"), None);
    assert_eq!(world.count(Call::LookUp), 1);
}

/// A user of another key is never taken for the one who is looked for: either it is passed over, where the vendor shows
/// all its users, or the answer is not understood.
pub async fn a_look_up_that_shows_somebody_else_does_not_find_the_user(world: &dyn VendorWorld) {
    if !offers(world, Call::LookUp).await {
        return;
    }
    let can = world.gateway().capabilities(world.target().connection);
    let other = RemoteState {
        key: VendorKey::new("somebody@else.example"),
        ..RemoteState::in_sync(true, &can)
    };
    world.script(Call::LookUp, Reply::user(other));

    match perform(world, world.target(), Call::LookUp).await {
        Ok(found) => assert_eq!(found, None),
        Err(error) => assert_eq!(error.class, OutcomeClass::Unknown),
    }
}

/// An update answers with the user as the vendor has it then.
pub async fn an_update_comes_back_with_the_vendors_user(world: &dyn VendorWorld) {
    if !offers(world, Call::Update).await {
        return;
    }
    world.script(Call::Update, success(world, Call::Update));

    let updated = user_of(world, Call::Update).await;

    let id = created_id(world);
    assert_eq!((updated.id, updated.active, updated.matches), (id, true, true));
    assert_eq!(world.count(Call::Update), 1);
}

/// Activating who is active, and deactivating who is not, succeeds.
pub async fn activating_and_deactivating_succeed_also_when_nothing_changes(world: &dyn VendorWorld) {
    for call in [Call::Activate, Call::Deactivate] {
        if !offers(world, call).await {
            continue;
        }
        world.script(call, success(world, call));

        for _ in 0..2 {
            perform(world, world.target(), call)
                .await
                .expect("the vendor did as asked");
        }

        assert_eq!(world.count(call), 2);
    }
}

/// A vendor that answers with success, and with a user in the other state, did not do as asked.
pub async fn a_state_other_than_the_one_asked_for_is_not_success(world: &dyn VendorWorld) {
    let can = world.gateway().capabilities(world.target().connection);
    for (call, active) in [(Call::Activate, false), (Call::Deactivate, true)] {
        if !offers(world, call).await || !world.has_body(call) {
            continue;
        }
        world.script(call, Reply::user(RemoteState::in_sync(active, &can)));

        let error = perform(world, world.target(), call).await.expect_err("not as asked");

        assert_eq!(error.class, OutcomeClass::Unknown, "{call:?}");
    }
}

/// `test` reads, and changes nothing. Where there is nothing to read, a token proves enough.
pub async fn a_test_succeeds_where_reading_does(world: &dyn VendorWorld) {
    let proof = if world.has(Call::Read) { Call::Read } else { Call::Token };
    world.script(proof, Reply::Done);

    perform(world, world.target(), Call::Read)
        .await
        .expect("the vendor could be read");

    assert_eq!(world.count(proof), 1);
    for call in Call::ALL {
        if ![Call::Token, proof].contains(&call) {
            assert_eq!(world.count(call), 0, "{call:?}");
        }
    }
}

/// An initial password goes along with a create and an update, to vendors that take one.
pub async fn an_initial_password_goes_to_vendors_that_take_one_and_to_nobody_else(world: &dyn VendorWorld) {
    let can = world.gateway().capabilities(world.target().connection);
    let initial = password();
    let calls = offered(world)
        .into_iter()
        .filter(|call| [Call::Create, Call::Update].contains(call));
    for call in calls {
        world.script(call, success(world, call));
        for (given, is_sent) in [(Some(&initial), can.initial_password), (None, false)] {
            let before = world.received().len();

            perform_with(world, world.target(), call, given)
                .await
                .expect("the vendor did as asked");

            let sent = format!("{:?}", &world.received()[before..]);
            assert_eq!(sent.contains(initial.expose()), is_sent, "{call:?}");
        }
    }
}

/// A list comes in pages; what comes after a page is asked for with what the page gave.
pub async fn a_list_comes_in_pages_until_the_last(world: &dyn VendorWorld) {
    if !offers(world, Call::List).await {
        return;
    }
    let can = world.gateway().capabilities(world.target().connection);
    let state = |id: &str, active| RemoteState {
        id: VendorUserId::new(id),
        ..RemoteState::in_sync(active, &can)
    };
    world.script(
        Call::List,
        Reply::Page(vec![state("u-1", true), state("u-2", false)], true),
    );
    world.script(Call::List, Reply::Page(vec![state("u-3", true)], false));
    let page = async |cursor: Option<&str>| {
        world.making(Call::List);
        let page = world.gateway().list(world.target(), cursor).await;
        page.expect("the vendor answered")
    };

    let first = page(None).await;
    let second = page(first.next.as_deref()).await;

    assert!(first.next.is_some(), "there is another page");
    assert_eq!(second.next, None, "there is none");
    assert_eq!(world.count(Call::List), 2);
    let users: Vec<_> = [first.users, second.users].concat();
    let told: Vec<(&str, bool)> = users.iter().map(|user| (user.id.as_str(), user.active)).collect();
    assert_eq!(told, [("u-1", true), ("u-2", false), ("u-3", true)]);
    let key = state("u-1", true).key;
    for user in users {
        let told = match can.look_up {
            Some(KeyKind::Email) => user.fields.email,
            Some(KeyKind::ExternalId) | None => user.fields.external_id,
        };
        assert_eq!(told.as_set().map(String::as_str), Some(key.as_str()));
    }
}
