//! What a preview shows, held against what is then sent.

use roster_application::ports::PreviewedRequest;
use roster_domain::{Cause, OutcomeClass, Remedy, Step};

use super::given::{clinician, created_id, key_of, offered, password, perform_with, remote_id, secrets, success};
use super::world::{Call, Reply, VendorWorld};

/// Headers that belong to the connection, and are no part of what a client asks for.
const OF_THE_CONNECTION: [&str; 6] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "user-agent",
];

/// A preview shows the very requests that are then sent, with secrets masked, and sends nothing.
pub async fn a_preview_shows_the_very_requests_that_are_then_sent(world: &dyn VendorWorld) {
    previewed_and_sent(world, false).await;
}

/// So it does where an initial password goes along, which it masks like any other secret.
pub async fn a_preview_shows_that_an_initial_password_would_be_sent_and_not_which(world: &dyn VendorWorld) {
    previewed_and_sent(world, true).await;
}

async fn previewed_and_sent(world: &dyn VendorWorld, with_password: bool) {
    let password = with_password.then(password);
    for (call, step) in steps(world) {
        if !offered(world).contains(&call) {
            continue;
        }
        let before = (world.received().len(), world.count(Call::Token));
        world.making(call);
        let previewed = world
            .gateway()
            .preview(world.target(), &step, &clinician(), with_password);
        let previewed = previewed.expect("the step can be previewed");
        assert_eq!(
            (world.received().len(), world.count(Call::Token)),
            before,
            "{call:?}: nothing was sent"
        );
        // What follows a look-up that finds somebody depends on whom it finds.
        let reply = if call == Call::LookUp {
            Reply::Nobody
        } else {
            success(world, call)
        };
        world.script(call, reply);

        perform_with(world, world.target(), call, password.as_ref())
            .await
            .expect("the vendor did as asked");

        let sent: Vec<PreviewedRequest> = world.received()[before.0..]
            .iter()
            .map(|request| masked(world, request))
            .collect();
        assert_eq!(sorted(previewed), sorted(sent), "{call:?}");
    }
}

/// What the vendor cannot do has no preview, and what sends nothing has an empty one.
pub async fn a_preview_of_what_sends_nothing_is_empty_and_of_what_cannot_be_done_is_refused(world: &dyn VendorWorld) {
    let preview = |step: &Step| world.gateway().preview(world.target(), step, &clinician(), false);
    let ask = Step::Ask {
        cause: Cause::MissingField,
        message: "a field is missing".to_owned(),
        remedy: Remedy::Customer,
    };
    for step in [Step::InSync, Step::Removed, ask] {
        let previewed = preview(&step).expect("nothing can go wrong");

        assert!(previewed.is_empty(), "{step:?}");
    }
    for (call, step) in steps(world) {
        let previewed = preview(&step);

        match previewed {
            Ok(requests) => {
                assert!(offered(world).contains(&call), "{call:?} cannot be done");
                assert!(!requests.is_empty(), "{call:?}");
            }
            Err(error) => {
                assert!(!offered(world).contains(&call), "{call:?}: {error}");
                assert_eq!(error.class, OutcomeClass::Rejected, "{call:?}");
            }
        }
    }
    assert!(world.received().is_empty());
}

/// Every step that calls a vendor.
fn steps(world: &dyn VendorWorld) -> Vec<(Call, Step)> {
    let can = world.gateway().capabilities(world.target().connection);
    let key = key_of(&clinician(), &can);
    vec![
        (Call::LookUp, Step::LookUp(key.clone())),
        (Call::Create, Step::Create(key)),
        (Call::Update, Step::Update(created_id(world))),
        (Call::Activate, Step::Activate(remote_id())),
        (Call::Deactivate, Step::Deactivate(remote_id())),
        (Call::Delete, Step::Delete(remote_id())),
        (Call::ReadBack, Step::ReadBack(remote_id())),
    ]
}

/// A request as a preview would show it.
fn masked(world: &dyn VendorWorld, request: &PreviewedRequest) -> PreviewedRequest {
    let mask = |text: &str| {
        let secrets = secrets(world);
        secrets
            .iter()
            .fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    };
    PreviewedRequest {
        method: request.method.clone(),
        url: mask(&request.url),
        headers: request
            .headers
            .iter()
            .filter(|(name, _)| !OF_THE_CONNECTION.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), mask(value)))
            .collect(),
        body: request.body.as_deref().map(mask),
    }
}

/// HTTP keeps no order of headers of different names.
fn sorted(mut requests: Vec<PreviewedRequest>) -> Vec<PreviewedRequest> {
    for request in &mut requests {
        request.headers.sort();
    }
    requests
}
