//! The signals that end the server.

use tokio::signal;

/// Waits for a signal to stop; returns its name.
#[cfg(unix)]
pub(super) async fn stop() -> std::io::Result<&'static str> {
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = signal::ctrl_c() => interrupted.map(|()| "SIGINT"),
        _ = terminate.recv() => Ok("SIGTERM"),
    }
}

/// Waits for a signal to stop; returns its name.
#[cfg(not(unix))]
pub(super) async fn stop() -> std::io::Result<&'static str> {
    signal::ctrl_c().await.map(|()| "Ctrl-C")
}

/// Ends the process with the next signal. Nothing that was acknowledged is lost by it.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever signals twice does not want to wait for anything"
)]
pub(super) async fn end_at_once() {
    if stop().await.is_ok() {
        std::process::exit(130);
    }
}
