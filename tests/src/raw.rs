//! Requests byte by byte, for what no HTTP library would send.

use std::time::Duration;

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

/// Sends requests over one connection, each head on its own, then a pause, and then its body, as Python's HTTP client does.
/// Returns the statuses; shorter than the list of requests if the server closed the connection without announcing it.
pub async fn in_two_packets(base: &str, requests: &[(String, &str)]) -> Vec<u16> {
    let address = base.strip_prefix("http://").expect("a plain HTTP URL");
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("an option of TCP");
    let mut statuses = Vec::new();
    for (head, body) in requests {
        let head = format!("{head}\r\nHost: roster\r\nContent-Length: {}\r\n\r\n", body.len());
        let sent = async {
            stream.write_all(head.as_bytes()).await?;
            tokio::time::sleep(Duration::from_millis(5)).await;
            stream.write_all(body.as_bytes()).await
        };
        if sent.await.is_err() {
            break;
        }
        let mut bytes = Vec::new();
        let answer = loop {
            let mut chunk = [0; 4096];
            match stream.read(&mut chunk).await {
                Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
                _ => break None,
            }
            let text = String::from_utf8_lossy(&bytes);
            if let Some((head, rest)) = text.split_once("\r\n\r\n") {
                let answer = parse(head.lines().next().unwrap_or_default(), &text);
                let length = answer
                    .headers
                    .get("content-length")
                    .and_then(|length| length.parse().ok());
                if rest.len() >= length.unwrap_or(0) {
                    break Some(answer);
                }
            }
        };
        let Some(answer) = answer else { break };
        statuses.push(answer.status);
        if answer.headers.get("connection").is_some_and(|value| value == "close") {
            break;
        }
    }
    statuses
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
