//! `roster serve`: the API and the worker, from the first start to the last signal.

mod banner;
mod sandbox;
mod signals;
mod sole;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use roster_domain::Slug;
use roster_http::sandbox::{Sandbox, SeverConnections};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::cli::Failure;
use crate::secret_key::SecretKey;
use crate::settings::{Role, Settings};
use crate::wiring::{GRACE, OpenStore, Wired};

/// How often what has run out is forgotten.
const TIDY_EVERY: Duration = Duration::from_hours(1);

/// Serves until a signal says to stop.
pub(crate) async fn run(settings: Settings) -> Result<(), Failure> {
    let entropy = crate::adapters::SystemEntropy;
    let secret_key = SecretKey::load(settings.secret_key.as_ref(), &settings.database, &entropy)?;
    let _sole = sole::SoleServer::of(&settings.database)?;
    let store = Arc::new(
        OpenStore::open(&settings)
            .await
            .map_err(|error| Failure::store(&error, &settings))?,
    );
    let wired = Arc::new(Wired::new(store.ports(), &secret_key, &settings)?);
    let first = wired
        .desk
        .organizations
        .ensure(&Slug::default_organization(), settings.bootstrap_key.clone())
        .await?;

    let listener = listen(&settings)?;
    let address = listener.as_ref().map_or(Ok(settings.listen), TcpListener::local_addr)?;
    let public_urls = public_urls(&settings, address);
    let sandbox = if settings.sandbox {
        let organization = &first.organization;
        Some(sandbox::set_up(&wired, organization, &local_url(address)).await?)
    } else {
        None
    };

    let stop_worker = CancellationToken::new();
    let stop_tidying = stop_worker.clone();
    let worker = (settings.role != Role::Api).then(|| {
        let (worker, stop) = (wired.worker(), stop_worker.clone());
        let store = store.ports();
        tokio::spawn(async move {
            reclaim(&*store).await;
            worker.run(stop).await;
        })
    });
    let tidying = tokio::spawn(tidy(Arc::clone(&wired), stop_tidying));
    let handle = Handle::new();
    let server = listener
        .map(|listener| {
            let services = wired.services(Arc::clone(&store) as _, public_urls.clone());
            serve(listener, services, sandbox, handle.clone())
        })
        .transpose()?;
    banner::print(&settings, &public_urls[0], &first);
    info!(%address, database = settings.database.masked(), role = ?settings.role, "roster is running");

    let signal = signals::stop().await?;
    info!(
        signal,
        "stopping: finishing what is under way; another signal ends it at once"
    );
    tokio::spawn(signals::end_at_once());
    // The worker first: while it winds up, the API still answers, and in a sandbox it is the vendor that is called.
    stop_worker.cancel();
    if let Some(worker) = worker {
        worker.await.map_err(|error| Failure::internal(&error))?;
    }
    tidying.abort();
    handle.graceful_shutdown(Some(GRACE));
    if let Some(server) = server {
        server.await.map_err(|error| Failure::internal(&error))??;
    }
    store.close().await;
    info!("stopped");
    Ok(())
}

/// Opens the port, unless this process only works.
fn listen(settings: &Settings) -> Result<Option<TcpListener>, Failure> {
    if settings.role == Role::Worker {
        return Ok(None);
    }
    let listener = TcpListener::bind(settings.listen).map_err(|error| Failure::listen(settings.listen, &error))?;
    listener.set_nonblocking(true)?;
    Ok(Some(listener))
}

fn serve(
    listener: TcpListener,
    services: roster_http::Services,
    sandbox: Option<Sandbox>,
    handle: Handle<SocketAddr>,
) -> Result<tokio::task::JoinHandle<std::io::Result<()>>, Failure> {
    let router = roster_http::router(services, sandbox);
    let service = SeverConnections::new(router).into_make_service();
    let server = axum_server::from_tcp(listener)?
        .acceptor(axum_server::accept::NoDelayAcceptor::new())
        .handle(handle);
    Ok(tokio::spawn(server.serve(service)))
}

/// The URLs under which callers know this server: those of the settings, else the ones that lead here from this machine.
fn public_urls(settings: &Settings, address: SocketAddr) -> Vec<String> {
    if !settings.public_urls.is_empty() {
        return settings.public_urls.clone();
    }
    let port = address.port();
    if !address.ip().is_loopback() {
        warn!("set ROSTER_PUBLIC_URL to the URL that callers use: OAuth clients must make their assertions out to it");
    }
    let mut urls = vec![local_url(address)];
    for url in [format!("http://localhost:{port}"), format!("http://127.0.0.1:{port}")] {
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    urls
}

/// The URL that leads to an address from this machine.
fn local_url(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => format!("http://127.0.0.1:{}", v4.port()),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => format!("http://[::1]:{}", v6.port()),
        _ => format!("http://{address}"),
    }
}

/// A process that owns its store alone need not wait for its own leases from before a crash.
async fn reclaim(store: &dyn roster_application::ports::Store) {
    match store.reclaim().await {
        Ok(0) => {}
        Ok(count) => info!(count, "took up again what an earlier process left"),
        Err(error) => warn!(
            error = &error as &dyn std::error::Error,
            "leases could not be ended; they run out"
        ),
    }
}

async fn tidy(wired: Arc<Wired>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(TIDY_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match wired.tidy_up().await {
            Ok(0) => {}
            Ok(count) => info!(count, "forgot what had run out"),
            Err(error) => warn!(
                error = &error as &dyn std::error::Error,
                "tidying up failed; it is tried again"
            ),
        }
    }
}
