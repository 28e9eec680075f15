//! Callers who say nothing are not waited for.

use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::secret_key::SecretKey;
use crate::settings::{Database, ServeArgs, Settings, SettingsArgs};
use crate::wiring::{OpenStore, Wired};

/// So short that a test need not wait, and `LONG` so long that a test would hang.
const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_mins(10);

/// A server with these limits, and the folder that its database is in.
async fn serving(limits: Limits) -> (SocketAddr, Serving, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}/r.db", folder.path().display());
    let settings = Settings {
        database: Database::parse(&url).expect("a database"),
        ..Settings::load(&SettingsArgs::default(), &ServeArgs::default()).expect("settings")
    };
    let store = Arc::new(OpenStore::open(&settings).await.expect("a store"));
    let wired = Wired::new(store.ports(), &SecretKey::from_bytes([1; 32]), &settings).expect("wired");
    let port = Port::open(SocketAddr::from(([127, 0, 0, 1], 0)), limits).expect("a port");
    let address = port.address();
    let services = wired.services(store, vec![format!("http://{address}")]);
    (address, port.serve(services, Surface::Whole(None)), folder)
}

/// What a server says until it closes the connection, if that is soon.
async fn said(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A server that closes with something unread resets the connection, which is an end as well.
    let _ended = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes))
        .await
        .expect("the connection is closed");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_connection_on_which_nothing_or_too_little_is_said_is_closed() {
    let limits = Limits {
        opening: SHORT,
        head: SHORT,
        ping: LONG,
    };
    let (address, serving, _folder) = serving(limits).await;

    for begun in [
        "",
        "PRI * HTTP",
        "GET /healthz HTT",
        "GET /healthz HTTP/1.1\r\nHost: roster\r\n",
    ] {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(begun.as_bytes()).await.expect("written");

        assert!(!said(&mut stream).await.contains("200 OK"), "{begun:?}");
    }
    serving.stop(SHORT).await.expect("stopped");
}

#[tokio::test]
async fn a_connection_that_is_not_used_again_is_closed_after_its_answer() {
    let limits = Limits {
        opening: LONG,
        head: SHORT,
        ping: LONG,
    };
    let (address, serving, _folder) = serving(limits).await;

    let mut stream = TcpStream::connect(address).await.expect("connected");
    // In two pieces, as a slow network brings it.
    for piece in ["GET /healthz HT", "TP/1.1\r\nHost: roster\r\n\r\n"] {
        stream.write_all(piece.as_bytes()).await.expect("written");
        tokio::time::sleep(SHORT / 4).await;
    }

    assert!(said(&mut stream).await.contains("200 OK"));
    serving.stop(SHORT).await.expect("stopped");
}

#[tokio::test]
async fn connections_on_which_nothing_is_said_do_not_hold_up_the_end() {
    let limits = Limits {
        opening: LONG,
        head: LONG,
        ping: LONG,
    };
    let (address, serving, _folder) = serving(limits).await;
    let mut stream = TcpStream::connect(address).await.expect("connected");
    tokio::time::sleep(SHORT).await;

    let start = Instant::now();
    serving.stop(LONG).await.expect("stopped");

    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(said(&mut stream).await, "");
}
