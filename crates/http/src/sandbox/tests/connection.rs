//! Closing connections, over a real socket and the real server.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::super::SeverConnections;
use super::super::fault::Effect;
use super::{Given, PLAYER, given};

/// Serves until the test is over.
async fn serve(given: &Given) -> SocketAddr {
    let handle = axum_server::Handle::new();
    let server = axum_server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).handle(handle.clone());
    tokio::spawn(server.serve(SeverConnections::new(given.router.clone()).into_make_service()));
    handle.listening().await.expect("an address")
}

/// Everything that comes back for a request until the connection is closed; a reset closes it, too.
async fn answer_to_post(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!(
        "POST /vendor/users HTTP/1.1\r\nHost: roster\r\nAuthorization: Bearer {PLAYER}\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut received = Vec::new();
    let mut buffer = [0; 1024];
    let closed = async {
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            received.extend_from_slice(&buffer[..count]);
            if received.ends_with(b"done") {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), closed)
        .await
        .expect("an answer, or the end of the connection");
    String::from_utf8(received).expect("UTF-8")
}

#[tokio::test]
async fn without_a_fault_the_answer_arrives() {
    let given = given();
    let address = serve(&given).await;

    assert!(answer_to_post(address).await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_reset_closes_the_connection_without_a_byte_and_without_the_effect() {
    let given = given();
    let address = serve(&given).await;
    given.fault(Effect::Reset);

    assert_eq!(answer_to_post(address).await, "");
    assert_eq!(given.effects(), 0);
}

#[tokio::test]
async fn a_dropped_reply_closes_the_connection_without_a_byte_after_the_effect() {
    let given = given();
    let address = serve(&given).await;
    given.fault(Effect::DropReply);

    assert_eq!(answer_to_post(address).await, "");
    assert_eq!(given.effects(), 1);
}

#[tokio::test]
async fn the_server_serves_on_after_a_severed_connection() {
    let given = given();
    let address = serve(&given).await;
    given.fault(Effect::Reset);
    answer_to_post(address).await;
    given.sandbox.faults().clear(None);

    assert!(answer_to_post(address).await.starts_with("HTTP/1.1 200 OK\r\n"));
}
