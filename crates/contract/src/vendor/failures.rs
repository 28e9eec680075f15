//! What goes wrong, and what class it then is.

use std::time::{Duration, Instant};

use roster_domain::OutcomeClass;

use super::given::{failure, offered, offers, perform, success};
use super::world::{Call, Reply, VendorWorld};

/// Only a refused token is fetched anew; then the call is made again, once. A key that is refused stays refused.
pub async fn a_refused_token_is_fetched_anew_and_the_call_repeated_once(world: &dyn VendorWorld) {
    for call in offered(world) {
        let tokens_before = world.count(Call::Token);
        world.script(call, success(world, call));
        perform(world, world.target(), call).await.expect("the proof is good");
        world.script(call, Reply::status(401));
        world.script(call, success(world, call));

        let outcome = perform(world, world.target(), call).await;

        let fetched = world.count(Call::Token) - tokens_before;
        if !world.has(Call::Token) {
            let error = outcome.expect_err("the key was refused");
            assert_eq!(error.class, OutcomeClass::Unauthorized, "{call:?}");
            assert_eq!((world.count(call), fetched), (2, 0), "{call:?}");
            continue;
        }
        outcome.expect("the second token is good");
        assert_eq!(world.count(call), 3, "{call:?}");
        assert!(
            (1..=2).contains(&fetched),
            "{call:?}: tokens are kept, and fetched anew only when refused"
        );
    }
}

/// Refused twice, or with nothing else to show, it is the credentials.
pub async fn credentials_that_stay_refused_are_unauthorized(world: &dyn VendorWorld) {
    let times = if world.has(Call::Token) { 2 } else { 1 };
    for call in offered(world) {
        world.script(call, Reply::status(401));

        let error = failure(world, world.target(), call).await;

        assert_eq!(
            (error.class, error.status),
            (OutcomeClass::Unauthorized, Some(401)),
            "{call:?}"
        );
        assert_eq!(world.count(call), times, "{call:?}");
    }
}

/// Without a token nothing was sent, so nothing can have happened to a user. What cannot heal by itself is
/// `Unauthorized`: it pauses the connection and asks nobody about a user.
pub async fn a_failure_to_get_a_token_is_about_the_connection_and_leaves_nothing_unknown(world: &dyn VendorWorld) {
    use OutcomeClass::{RateLimited, Transient, Unauthorized};
    if !world.has(Call::Token) {
        world.script(Call::Create, success(world, Call::Create));
        perform(world, world.target(), Call::Create)
            .await
            .expect("a key is all that it takes");
        assert_eq!(world.count(Call::Token), 0);
        return;
    }
    let replies = [
        (Reply::status(400), Unauthorized),
        (Reply::status(401), Unauthorized),
        (Reply::status(402), Unauthorized),
        (Reply::status(403), Unauthorized),
        (Reply::status(404), Unauthorized),
        (Reply::status(421), Transient { after: None }),
        (
            Reply::Status(302, vec![("location", "/elsewhere".to_owned())]),
            Unauthorized,
        ),
        (Reply::status(429), RateLimited { after: None }),
        (Reply::status(500), Transient { after: None }),
        (
            Reply::Status(503, vec![("retry-after", "7".to_owned())]),
            Transient {
                after: Some(Duration::from_secs(7)),
            },
        ),
        (Reply::Malformed, Transient { after: None }),
        (Reply::WebPage, Transient { after: None }),
        (Reply::CutShort, Transient { after: None }),
        (Reply::Reset, Transient { after: None }),
        (Reply::Silence, Transient { after: None }),
    ];
    for (reply, class) in replies {
        let shown = format!("{reply:?}");
        world.script(Call::Token, reply);

        let error = failure(world, world.target(), Call::Create).await;

        assert_eq!(error.class, class, "{shown}");
    }
    assert_eq!(world.count(Call::Create), 0);
    assert_eq!(world.count(Call::Elsewhere), 0);
}

/// The class follows from the status, and nothing is sent twice.
pub async fn each_status_has_its_class_and_the_call_is_made_once(world: &dyn VendorWorld) {
    use OutcomeClass::{Conflict, RateLimited, Rejected, Transient, Unauthorized};
    let statuses = |call| {
        [
            (400, Rejected),
            (402, Unauthorized),
            (403, world.forbidden(call)),
            (405, Rejected),
            (408, Transient { after: None }),
            (409, Conflict),
            (413, Rejected),
            (415, Rejected),
            (421, Transient { after: None }),
            (422, Rejected),
            (425, Transient { after: None }),
            (429, RateLimited { after: None }),
            (500, Transient { after: None }),
            (502, Transient { after: None }),
            (503, Transient { after: None }),
            (504, Transient { after: None }),
            (520, Transient { after: None }),
        ]
    };
    for call in offered(world) {
        for (made, (status, class)) in statuses(call).into_iter().enumerate() {
            world.script(call, Reply::status(status));

            let error = failure(world, world.target(), call).await;

            assert_eq!((error.class, error.status), (class, Some(status)), "{call:?} {status}");
            assert_eq!(world.count(call), made + 1, "{call:?} {status}: made once");
        }
    }
}

/// A status that the vendor does not document is not a success, however much it looks like one.
pub async fn an_undocumented_success_is_unknown(world: &dyn VendorWorld) {
    for call in offered(world) {
        for status in [203, 206, 226, 299] {
            world.script(call, Reply::status(status));

            let error = failure(world, world.target(), call).await;

            assert_eq!(
                (error.class, error.status),
                (OutcomeClass::Unknown, Some(status)),
                "{call:?}"
            );
        }
    }
}

/// `Retry-After` comes in two forms, and one that cannot be read is none.
pub async fn how_long_to_wait_is_passed_on_in_seconds_and_as_a_date(world: &dyn VendorWorld) {
    let date = |seconds: i64| {
        let at = world.now() + chrono::TimeDelta::seconds(seconds);
        at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
    };
    let headers = [
        ("2".to_owned(), Some(2)),
        (date(90), Some(90)),
        (date(-90), Some(0)),
        ("soon".to_owned(), None),
    ];
    for (header, seconds) in headers {
        let after = seconds.map(Duration::from_secs);
        let waits = |status| Reply::Status(status, vec![("retry-after", header.clone())]);
        world.script(Call::Create, waits(429));
        let limited = failure(world, world.target(), Call::Create).await;
        world.script(Call::Create, waits(503));
        let sick = failure(world, world.target(), Call::Create).await;

        assert_eq!(limited.class, OutcomeClass::RateLimited { after }, "{header}");
        assert_eq!(sick.class, OutcomeClass::Transient { after }, "{header}");
        if seconds == Some(2) {
            assert!(
                sick.message.contains("2 s"),
                "people are told how long: {}",
                sick.message
            );
        }
    }
}

/// Who is gone from the vendor is `NotFound`, for every call that names a user by the vendor's id, and for none else.
pub async fn a_user_who_is_gone_is_not_found(world: &dyn VendorWorld) {
    for call in offered(world) {
        let is_about_a_user = world.names_users(call);
        if is_about_a_user || call == Call::ReadBack {
            world.script(call, Reply::Nobody);

            let error = failure(world, world.target(), call).await;

            assert_eq!(error.class, OutcomeClass::NotFound, "{call:?}");
        }
        if call == Call::LookUp {
            // Whether a 404 says that nobody is found is the vendor's to choose.
            continue;
        }
        world.script(call, Reply::status(404));

        let error = failure(world, world.target(), call).await;

        let class = if is_about_a_user {
            OutcomeClass::NotFound
        } else {
            OutcomeClass::Unauthorized
        };
        assert_eq!(error.class, class, "{call:?}");
    }
}

/// A redirect would carry the token, and the user, to whomever it names. It is a matter of the connection's base URL,
/// and so of all users alike.
pub async fn a_redirect_is_not_followed(world: &dyn VendorWorld) {
    for call in offered(world) {
        for status in [301, 302, 303, 307, 308] {
            world.script(call, Reply::Status(status, vec![("location", "/elsewhere".to_owned())]));

            let error = failure(world, world.target(), call).await;

            assert_eq!(
                (error.class, error.status),
                (OutcomeClass::Unauthorized, Some(status)),
                "{call:?}"
            );
        }
    }
    assert_eq!(world.count(Call::Elsewhere), 0);
}

/// Success is what the vendor says, and what cannot be understood says nothing.
pub async fn an_answer_that_cannot_be_understood_is_unknown(world: &dyn VendorWorld) {
    for call in offered(world).into_iter().filter(|call| world.has_body(*call)) {
        for reply in [Reply::Malformed, Reply::Unexpected, Reply::WebPage] {
            let shown = format!("{call:?} {reply:?}");
            world.script(call, reply);

            let error = failure(world, world.target(), call).await;

            assert_eq!(error.class, OutcomeClass::Unknown, "{shown}");
        }
    }
}

/// Once a request was sent, a connection that breaks says nothing about what happened.
pub async fn a_connection_that_breaks_leaves_the_outcome_unknown(world: &dyn VendorWorld) {
    for call in offered(world) {
        for (made, reply) in [Reply::Reset, Reply::CutShort].into_iter().enumerate() {
            world.script(call, reply);

            let error = failure(world, world.target(), call).await;

            assert_eq!((error.class, error.status), (OutcomeClass::Unknown, None), "{call:?}");
            assert_eq!(world.count(call), made + 1, "{call:?}: not sent again");
        }
    }
}

/// A call ends within its time limit, and says nothing about what happened.
pub async fn a_vendor_that_does_not_answer_ends_the_call_in_time(world: &dyn VendorWorld) {
    for call in offered(world) {
        world.script(call, Reply::Silence);
        let begun = Instant::now();

        let error = failure(world, world.target(), call).await;

        assert_eq!((error.class, error.status), (OutcomeClass::Unknown, None), "{call:?}");
        assert!(
            begun.elapsed() < 2 * world.time_limit() + Duration::from_secs(2),
            "{call:?}"
        );
        assert_eq!(world.count(call), 1, "{call:?}: not sent again");
    }
}

/// Where there is no connection, nothing was sent, and trying later may help.
pub async fn a_host_that_refuses_connections_is_transient(world: &dyn VendorWorld) {
    for call in offered(world) {
        let error = failure(world, world.unreachable(), call).await;

        assert_eq!(error.class, OutcomeClass::Transient { after: None }, "{call:?}");
    }
}

/// What the vendor cannot do is refused in words, and the vendor hears nothing of it.
pub async fn what_cannot_be_done_is_refused_without_a_call(world: &dyn VendorWorld) {
    use Call::{Activate, Create, Deactivate, Delete, List, LookUp, ReadBack, Update};
    for call in [LookUp, Create, Update, Activate, Deactivate, Delete, ReadBack, List] {
        offers(world, call).await;
    }

    assert_eq!(Call::ALL.map(|call| world.count(call)), [0; Call::ALL.len()]);
}
