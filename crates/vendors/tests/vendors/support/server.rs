//! A server of plain TCP, which can misbehave in ways that an HTTP library does not let it.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names, in lower case, and values, in their order.
    pub(crate) headers: Vec<(String, String)>,
    /// The body; `None` where it is empty.
    pub(crate) body: Option<String>,
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Sends these bytes and closes.
    Send(Vec<u8>),
    /// Breaks the connection.
    Reset,
    /// Keeps the connection open and says nothing.
    Silence,
}

/// The server; it ends when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(decide: impl Fn(Request) -> Action + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let decide = Arc::new(decide);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let decide = Arc::clone(&decide);
                tokio::spawn(async move { serve(stream, &*decide).await });
            }
        });
        Self { address, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut stream: TcpStream, decide: &(dyn Fn(Request) -> Action + Send + Sync)) {
    let Some(request) = read(&mut stream).await else { return };
    match decide(request) {
        Action::Send(bytes) => {
            // The client may have had enough before all is sent.
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Action::Reset => stream.set_zero_linger().unwrap(),
        Action::Silence => {
            // Ends when the client gives up.
            let _ = stream.read(&mut [0; 1]).await;
        }
    }
}

/// Reads a whole request, its body included, so that closing afterwards loses nothing.
async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_ends = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_ends].to_vec()).ok()?;
    let headers: Vec<(String, String)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0_usize);
    while bytes.len() < head_ends + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes.split_off(head_ends)).ok()?;
    let mut words = head.split(' ').map(str::to_owned);
    Some(Request {
        method: words.next()?,
        target: words.next()?,
        headers,
        body: (!body.is_empty()).then_some(body),
    })
}
