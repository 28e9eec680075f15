//! Requests byte by byte, for what no HTTP library would send.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Answer;

/// Sends bytes to `http://host:port` and reads what comes until the server closes. They must ask for
/// `Connection: close`.
pub async fn send(base: &str, request: &[u8]) -> Answer {
    let address = base.strip_prefix("http://").expect("a plain HTTP URL");
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    // The server may answer and close before it has read all; what it said then still counts.
    let _ = stream.write_all(request).await;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    let first = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    parse(&String::from_utf8_lossy(first), &String::from_utf8_lossy(&bytes))
}

/// A `GET` of a path whose bytes are sent as they are.
pub async fn get(base: &str, path: &str, token: &str) -> Answer {
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: roster\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    send(base, head.as_bytes()).await
}

fn parse(asked: &str, text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|status| status.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(':'));
    Answer {
        asked: asked.to_owned(),
        status: status.unwrap_or_else(|| panic!("{asked} was answered no HTTP: {text:?}")),
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
        text: body.to_owned(),
    }
}
