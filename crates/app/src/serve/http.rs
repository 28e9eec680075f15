//! The HTTP server: its port, how long it waits for callers who say nothing, and its end.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::time::Duration;

use axum_server::accept::Accept;
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use roster_http::Services;
use roster_http::sandbox::{Sandbox, SeverConnections};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cli::Failure;

/// What every HTTP/2 connection without an upgrade begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long the server waits for a caller. Otherwise whoever opens connections and says nothing could hold them all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For the first bytes of a connection, by which its version of HTTP is known.
    pub(super) opening: Duration,
    /// For the whole head of a request, and between two requests on one connection.
    pub(super) head: Duration,
    /// HTTP/2: between two questions whether the caller is still there, and then for the answer.
    pub(super) ping: Duration,
}

impl Default for Limits {
    /// 30 seconds, 75 seconds, 30 seconds. Load balancers keep idle connections for up to 60 seconds and take it for a
    /// fault if the server ends them first.
    fn default() -> Self {
        Self {
            opening: Duration::from_secs(30),
            head: Duration::from_secs(75),
            ping: Duration::from_secs(30),
        }
    }
}

/// What is served.
pub(super) enum Surface {
    /// Everything; with a sandbox, its vendors too.
    Whole(Option<Sandbox>),
    /// Health and readiness alone.
    Operations,
}

/// An open port. Callers wait until it is served.
pub(super) struct Port {
    address: SocketAddr,
    server: Server<SocketAddr, Prompt>,
    handle: Handle<SocketAddr>,
    stopping: CancellationToken,
}

impl Port {
    /// Opens a port.
    pub(super) fn open(address: SocketAddr, limits: Limits) -> Result<Self, Failure> {
        let listener = TcpListener::bind(address).map_err(|error| Failure::listen(address, &error))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (handle, stopping) = (Handle::new(), CancellationToken::new());
        let acceptor = Prompt {
            limit: limits.opening,
            stopping: stopping.clone(),
        };
        let mut server = axum_server::from_tcp(listener)?
            .acceptor(acceptor)
            .handle(handle.clone());
        let builder = server.http_builder();
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(limits.ping)
            .keep_alive_timeout(limits.ping);
        Ok(Self {
            address,
            server,
            handle,
            stopping,
        })
    }

    /// The address, with the port that the system chose where none was asked for.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to serve.
    pub(super) fn serve(self, services: Services, surface: Surface) -> Serving {
        let router = match surface {
            Surface::Whole(sandbox) => roster_http::router(services, sandbox),
            Surface::Operations => roster_http::operations_router(services),
        };
        let service = SeverConnections::new(router).into_make_service();
        Serving {
            task: tokio::spawn(self.server.serve(service)),
            handle: self.handle,
            stopping: self.stopping,
        }
    }
}

/// A port that is served.
pub(super) struct Serving {
    task: JoinHandle<io::Result<()>>,
    handle: Handle<SocketAddr>,
    stopping: CancellationToken,
}

impl Serving {
    /// Takes no more requests, and lets those under way finish.
    pub(super) async fn stop(self, grace: Duration) -> Result<(), Failure> {
        self.stopping.cancel();
        self.handle.graceful_shutdown(Some(grace));
        Ok(self.task.await.map_err(|error| Failure::internal(&error))??)
    }
}

/// Hands a connection on once its version of HTTP can be told, which happens without any time limit otherwise.
#[derive(Debug, Clone)]
struct Prompt {
    limit: Duration,
    stopping: CancellationToken,
}

impl<S: Send + 'static> Accept<TcpStream, S> for Prompt {
    type Stream = TcpStream;
    type Service = S;
    type Future = Pin<Box<dyn Future<Output = io::Result<(TcpStream, S)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Self { limit, stopping } = self.clone();
        Box::pin(async move {
            stream.set_nodelay(true)?;
            let begun = tokio::select! {
                begun = tokio::time::timeout(limit, begun(&stream)) => begun,
                () = stopping.cancelled() => return Err(io::ErrorKind::ConnectionAborted.into()),
            };
            begun.map_err(|_| io::ErrorKind::TimedOut)??;
            Ok((stream, service))
        })
    }
}

/// Waits for as many bytes as tell HTTP/1.1 from HTTP/2, or for the end.
async fn begun(stream: &TcpStream) -> io::Result<()> {
    /// Bytes that were seen are seen again at once, so there is nothing to wait for but time.
    const LOOK_AGAIN: Duration = Duration::from_millis(20);
    let mut seen = [0; PREFACE.len()];
    loop {
        let count = stream.peek(&mut seen).await?;
        if count == 0 || count == PREFACE.len() || !PREFACE.starts_with(&seen[..count]) {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

#[cfg(test)]
mod tests;
