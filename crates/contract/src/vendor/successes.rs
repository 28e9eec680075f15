//! What goes well, and what is wrong before anything is called.

use roster_application::credentials::Credentials;
use roster_domain::{OutcomeClass, VendorKey};

use super::world::{
    Call, RemoteState, Reply, VendorWorld, changed_clinician, clinician, failure, key_of, offered, perform, remote_id,
    success,
};

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
    let (target, user) = (world.target(), clinician());
    let can = world.gateway().capabilities(target.connection);
    world.script(Call::Create, success(world, Call::Create));

    let created = world.gateway().create(target, &key_of(&user, &can), &user).await;

    let created = created.expect("the vendor created the user");
    assert_eq!((created.id, created.active, created.matches), (remote_id(), true, true));
    assert_eq!(world.count(Call::Create), 1);
}

/// A look-up answers with whom it finds, active or not, and says whether the fields differ.
pub async fn a_look_up_finds_who_is_there_and_compares(world: &dyn VendorWorld) {
    let (target, user) = (world.target(), clinician());
    let can = world.gateway().capabilities(target.connection);
    if can.look_up.is_none() {
        return;
    }
    let differing = RemoteState {
        fields: changed_clinician(),
        ..RemoteState::in_sync(true, &can)
    };
    world.script(Call::LookUp, Reply::user(RemoteState::in_sync(false, &can)));
    world.script(Call::LookUp, Reply::user(differing));
    let look_up = async || {
        let found = world.gateway().look_up(target, &key_of(&user, &can), &user).await;
        found.expect("the vendor answered").expect("the vendor has the user")
    };

    let (same, differing) = (look_up().await, look_up().await);

    assert_eq!((same.id, same.active, same.matches), (remote_id(), false, true));
    assert_eq!(
        (differing.id, differing.active, differing.matches),
        (remote_id(), true, false)
    );
}

/// Nobody is `Ok(None)` and not an error.
pub async fn a_look_up_of_nobody_finds_none(world: &dyn VendorWorld) {
    let (target, user) = (world.target(), clinician());
    let can = world.gateway().capabilities(target.connection);
    if can.look_up.is_none() {
        return;
    }
    world.script(Call::LookUp, Reply::Nobody);

    let found = world.gateway().look_up(target, &key_of(&user, &can), &user).await;

    assert_eq!(found.expect("the vendor answered"), None);
    assert_eq!(world.count(Call::LookUp), 1);
}

/// A user of another key is never taken for the one who is looked for.
pub async fn a_look_up_that_answers_with_somebody_else_finds_nobody_and_fails(world: &dyn VendorWorld) {
    let can = world.gateway().capabilities(world.target().connection);
    if can.look_up.is_none() {
        return;
    }
    let other = RemoteState {
        key: VendorKey::new("somebody@else"),
        ..RemoteState::in_sync(true, &can)
    };
    world.script(Call::LookUp, Reply::user(other));

    let error = failure(world, world.target(), Call::LookUp).await;

    assert_eq!(error.class, OutcomeClass::Unknown);
}

/// An update answers with the user as the vendor has it then.
pub async fn an_update_comes_back_with_the_vendors_user(world: &dyn VendorWorld) {
    let (target, user) = (world.target(), clinician());
    let can = world.gateway().capabilities(target.connection);
    if !can.update {
        return;
    }
    world.script(Call::Update, success(world, Call::Update));

    let updated = world
        .gateway()
        .update(target, &remote_id(), &user)
        .await
        .expect("the vendor updated");

    assert_eq!((updated.id, updated.active, updated.matches), (remote_id(), true, true));
    assert_eq!(world.count(Call::Update), 1);
}

/// Activating who is active, and deactivating who is not, succeeds.
pub async fn activating_and_deactivating_succeed_also_when_nothing_changes(world: &dyn VendorWorld) {
    for call in [Call::Activate, Call::Deactivate] {
        if !offered(world).contains(&call) {
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
        if !offered(world).contains(&call) {
            continue;
        }
        world.script(call, Reply::user(RemoteState::in_sync(active, &can)));

        let error = failure(world, world.target(), call).await;

        assert_eq!(error.class, OutcomeClass::Unknown, "{call:?}");
    }
}

/// `test` reads, and changes nothing.
pub async fn a_test_succeeds_where_reading_does(world: &dyn VendorWorld) {
    world.script(Call::Read, Reply::Done);

    perform(world, world.target(), Call::Read)
        .await
        .expect("the vendor could be read");

    assert_eq!(world.count(Call::Read), 1);
    for call in [
        Call::Create,
        Call::Update,
        Call::Activate,
        Call::Deactivate,
        Call::Delete,
    ] {
        assert_eq!(world.count(call), 0, "{call:?}");
    }
}
