//! `roster serve`: the API and the worker, from the first start to the last signal.

mod banner;
mod http;
mod signals;
mod sole;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use roster_domain::Slug;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::http::{Limits, Port, Surface};
use crate::adapters::SystemEntropy;
use crate::cli::Failure;
use crate::sandbox;
use crate::secret_key::{SecretKey, SecretKeyError};
use crate::settings::{Role, Settings};
use crate::wiring::{Desk, GRACE, OpenStore, Wired};

/// A key of fewer characters can be guessed, or is a word.
const SAFE_KEY_CHARACTERS: usize = 32;
/// After how many users that were made searchable progress is told. A multiple of how many are made in one step.
const TOLD_EVERY: u64 = 10_000;
/// How often what has run out is forgotten.
const TIDY_EVERY: Duration = Duration::from_hours(1);

/// Serves until a signal says to stop.
pub(crate) async fn run(settings: Settings) -> Result<(), Failure> {
    let found = SecretKey::find(settings.secret_key.as_ref(), &settings.database)?;
    let _sole = sole::SoleServer::of(&settings.database)?;
    let store = Arc::new(
        OpenStore::open(&settings)
            .await
            .map_err(|error| Failure::store(&error, &settings))?,
    );
    let secret_key = match found {
        Some(key) => key,
        None => new_secret_key(&store, &settings).await?,
    };
    let wired = Arc::new(Wired::new(store.ports(), &secret_key, &settings)?);
    has_all_keys(&wired, &settings).await?;
    let port = Port::open(settings.listen, Limits::default())?;
    let address = port.address();
    let public_urls = public_urls(&settings, address);
    make_searchable(&wired).await?;

    // The key of a new organization is shown this once, so nothing comes between making and showing it, and whatever may
    // well fail has come before.
    let first = wired
        .desk
        .organizations
        .ensure(&Slug::default_organization(), settings.bootstrap_key.clone())
        .await?;
    if banner::print(&settings, &public_urls[0], &first).is_err() {
        warn!("the banner could not be written; `roster clients create api-key` makes an API key");
    }

    if let Some(key) = first
        .key
        .as_ref()
        .filter(|key| key.expose().len() < SAFE_KEY_CHARACTERS)
    {
        let characters = key.expose().len();
        warn!(
            characters,
            "ROSTER_BOOTSTRAP_KEY can be guessed: replace it by a key from `roster clients create api-key`"
        );
    }

    let (surface, serves) = if settings.role == Role::Worker {
        (Surface::Operations, "/healthz and /readyz only")
    } else if settings.sandbox {
        let (organization, url) = (&first.organization, local_url(address));
        let sandbox = sandbox::set_up(&wired, &secret_key, organization, &url, settings.new_secret_key).await?;
        (Surface::Whole(Some(sandbox)), "the API and the sandbox")
    } else {
        (Surface::Whole(None), "the API")
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
    if settings.previous_secret_key.is_some() {
        tokio::spawn(reseal(Arc::clone(&wired)));
    }
    let tidying = tokio::spawn(tidy(Arc::clone(&wired), stop_tidying));
    let serving = port.serve(wired.services(Arc::clone(&store) as _, public_urls), surface);
    info!(%address, serves, database = settings.database.masked(), role = ?settings.role, "roster is running");

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
    serving.stop(GRACE).await?;
    store.close().await;
    info!("stopped");
    Ok(())
}

/// Makes the key beside the database, unless one is lost: the organization `default` is there as soon as a server has
/// run, and what that server sealed could not be opened with another key.
async fn new_secret_key(store: &OpenStore, settings: &Settings) -> Result<SecretKey, Failure> {
    let desk = Desk::new(&store.ports());
    match desk.organizations.get(&Slug::default_organization()).await {
        Err(roster_application::Error::NotFound(_)) => {}
        Ok(_) if settings.new_secret_key => {
            warn!("the old secret key is given up: all vendor credentials must be entered anew");
        }
        Ok(_) => {
            let file = settings.database.key_file().unwrap_or_default();
            return Err(SecretKeyError::Lost(file).into());
        }
        Err(error) => return Err(error.into()),
    }
    Ok(SecretKey::make(&settings.database, &SystemEntropy)?)
}

/// A server that cannot open the credentials of connections would send nothing over them. It does not start, unless the
/// operator has given the missing keys up.
async fn has_all_keys(wired: &Wired, settings: &Settings) -> Result<(), Failure> {
    let missing = wired.rotation.missing_keys().await?;
    if missing.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = missing.keys().cloned().collect();
    let failure = SecretKeyError::Unknown {
        ids: ids.join(", "),
        count: missing.values().sum(),
    };
    if settings.new_secret_key {
        warn!("going on without a secret key that is given up: {failure}");
        return Ok(());
    }
    Err(failure.into())
}

/// The URLs under which callers know this server: those of the settings, else the ones that lead here from this machine.
fn public_urls(settings: &Settings, address: SocketAddr) -> Vec<String> {
    if !settings.public_urls.is_empty() {
        let mut urls = settings.public_urls.clone();
        // The sandbox's own connections lead to where this process listens, wherever others find it.
        let local = local_url(address);
        if settings.sandbox && !urls.contains(&local) {
            urls.push(local);
        }
        return urls;
    }
    let port = address.port();
    if !address.ip().is_loopback() && settings.role != Role::Worker {
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
pub(crate) fn local_url(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => format!("http://127.0.0.1:{}", v4.port()),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => format!("http://[::1]:{}", v6.port()),
        _ => format!("http://{address}"),
    }
}

/// Makes users searchable whom an earlier Roster stored, before anybody can search for them.
async fn make_searchable(wired: &Wired) -> Result<(), Failure> {
    let count = wired.desk.directory.complete(|so_far| {
        if so_far.is_multiple_of(TOLD_EVERY) {
            info!(so_far, "making users searchable who were stored by an earlier version");
        }
    });
    match count.await? {
        0 => {}
        count => info!(count, "made users searchable who were stored by an earlier version"),
    }
    Ok(())
}

/// Seals anew what was sealed with a key that was replaced, so that it can go some day.
async fn reseal(wired: Arc<Wired>) {
    match wired.rotation.run().await {
        Ok(rotated) => info!(
            resealed = rotated.resealed,
            current = rotated.current,
            unreadable = rotated.unreadable,
            "sealed anew what was sealed with a previous secret key"
        ),
        Err(error) => warn!(
            error = &error as &dyn std::error::Error,
            "what was sealed with a previous secret key could not be sealed anew; it is tried again at the next start"
        ),
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
