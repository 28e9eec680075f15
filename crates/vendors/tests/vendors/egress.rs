//! The way out, seen through a client: where it leads, and how much it lets in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use roster_application::ports::VendorGateway;
use roster_domain::{BaseUrl, OutcomeClass, VendorUserId};
use rstest::rstest;

use crate::support::Subject;
use crate::support::server::{Action, Server};

/// Counts what reaches it.
async fn listening() -> (Server, Arc<AtomicUsize>) {
    let reached = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&reached);
    let server = Server::start(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        Action::Reset
    })
    .await;
    (server, reached)
}

#[rstest]
#[case::literal("https://127.0.0.1")]
#[case::literal_v6("https://[::1]")]
#[case::one_number("https://2130706433")]
#[case::mapped("https://[::ffff:127.0.0.1]")]
#[case::a_name_that_leads_there("https://localhost")]
#[tokio::test]
async fn a_private_address_is_not_called_unless_the_connection_allows_it(#[case] host: &str) {
    let (server, reached) = listening().await;
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    let mut subject = Subject::at(&server.url());
    subject.connection.base_url = BaseUrl::new(format!("{host}:{port}")).unwrap();
    subject.connection.options.allow_private_addresses = false;

    let error = subject.client.test(subject.target()).await.unwrap_err();

    assert_eq!(
        error.class,
        OutcomeClass::Unauthorized,
        "the connection is paused: {error}"
    );
    assert!(error.message.contains("private address"), "{error}");
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn plain_http_is_not_called_unless_private_addresses_are_allowed() {
    let (server, reached) = listening().await;
    let mut subject = Subject::at(&server.url());
    subject.connection.options.allow_private_addresses = false;

    let error = subject.client.test(subject.target()).await.unwrap_err();

    assert!(error.message.contains("https"), "{error}");
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_called_where_that_is_allowed() {
    let (server, reached) = listening().await;
    let mut subject = Subject::at(&server.url());
    subject.connection.base_url = BaseUrl::new(server.url().replace("127.0.0.1", "localhost")).unwrap();

    let error = subject.client.test(subject.target()).await.unwrap_err();

    assert_eq!(error.class, OutcomeClass::Transient { after: None });
    assert_eq!(reached.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_transient() {
    let subject = Subject::at("http://no-such-host.invalid");

    let error = subject.client.test(subject.target()).await.unwrap_err();

    assert_eq!(error.class, OutcomeClass::Transient { after: None });
    assert!(error.message.contains("cannot be reached"), "{error}");
}

/// Answers with a token, then with a user whose JSON is padded to a size.
async fn padded(body_bytes: usize, announced: bool) -> Server {
    Server::start(move |request| {
        let json = if request.target == "/oauth/token" {
            r#"{"access_token": "t", "expires_in": 3600}"#.to_owned()
        } else {
            let user = r#"{"id": "1", "activated": true}"#;
            format!("{user}{}", " ".repeat(body_bytes - user.len()))
        };
        let length = if announced {
            format!("content-length: {}\r\n", json.len())
        } else {
            String::new()
        };
        Action::Send(format!("HTTP/1.1 200 OK\r\n{length}connection: close\r\n\r\n{json}").into_bytes())
    })
    .await
}

#[rstest]
#[case::announced(true)]
#[case::not_announced(false)]
#[tokio::test]
async fn an_answer_is_read_up_to_one_mebibyte_and_no_further(#[case] announced: bool) {
    let (fitting, too_large) = (padded(1 << 20, announced).await, padded((1 << 20) + 1, announced).await);
    let activate = async |server: &Server| {
        let subject = Subject::at(&server.url());
        subject.client.activate(subject.target(), &VendorUserId::new("1")).await
    };

    let (read, refused) = (activate(&fitting).await, activate(&too_large).await);

    read.unwrap();
    let error = refused.unwrap_err();
    assert_eq!(error.class, OutcomeClass::Unknown);
    assert!(error.message.contains("larger than Roster accepts"), "{error}");
}
