//! Storms: work on four vendors that fail, while servers are killed or their database is gone. Nothing that was acknowledged
//! is lost, everything converges, and each vendor has each user once.

use std::time::{Duration, Instant};

use e2e::random::Random;
use e2e::{Blow, Cluster, Replica, Server, Store, Vendors, size, vendors, wait};

use crate::load::{self, Clinician, Load, Servers, connected, started};

/// How long a storm lasts in every run of the tests; `cargo xtask storm` has longer ones.
const USUALLY: Duration = Duration::from_secs(12);
/// The time between two blows.
const BLOWS: Duration = Duration::from_secs(2);
/// Until when everything must have converged after the storm. What a killed process was just sending is taken up again when
/// its lease of 11 seconds has run out; a vendor that was down is called again after up to 30 seconds; and both may add up. A
/// long storm leaves more to be done, and gets half of its own length in addition.
const CONVERGED: Duration = Duration::from_secs(90);

/// Says how a storm goes on, now and then.
struct Progress {
    start: Instant,
    said: Instant,
    blows: u64,
}

impl Progress {
    fn begin() -> Self {
        let start = Instant::now();
        Self {
            start,
            said: start,
            blows: 0,
        }
    }

    fn after_a_blow(&mut self, load: &Load) {
        self.blows += 1;
        if self.said.elapsed() >= Duration::from_secs(10) {
            self.said = Instant::now();
            self.say(load.acknowledged());
        }
    }

    fn say(&self, acknowledged: u64) {
        let (seconds, blows) = (self.start.elapsed().as_secs(), self.blows);
        println!("storm: {seconds} s, {blows} blows, {acknowledged} writes acknowledged");
    }
}

/// The storm is over: nothing is lost, everything converges, and everybody is everywhere once.
async fn everything_is_well(servers: &Servers, vendors: &Vendors, mut clinicians: Vec<Clinician>) {
    let api = &servers.0[0];
    let limit = CONVERGED + size::storm(USUALLY) / 2;
    load::nothing_is_lost(api, &clinicians).await;
    let took = load::converge(api, &clinicians, limit).await;
    println!(
        "storm: {} users at {} vendors converged {:.1} s after it",
        clinicians.len(),
        vendors::NAMES.len(),
        took.as_secs_f64()
    );
    load::each_is_there_once(api, vendors, &clinicians).await;
    // And all of them can come to work again.
    for clinician in &mut clinicians {
        clinician.activate(servers).await;
    }
    load::nothing_is_lost(api, &clinicians).await;
    load::converge(api, &clinicians, limit).await;
    load::each_is_there_once(api, vendors, &clinicians).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_kills_on_sqlite_loses_nothing_and_doubles_nobody() {
    let mut random = Random::seeded();
    // Given four vendors that fail in many ways
    let vendors = Vendors::start().await;
    let mut server = connected(Store::Sqlite, &vendors).await;
    load::faults(&vendors, &mut random).await;

    // When users are created, changed and deactivated, and the server is killed every two seconds
    let servers = Servers(vec![server.api()]);
    let load = Load::begin(&servers, &mut random);
    let mut progress = Progress::begin();
    while progress.start.elapsed() < size::storm(USUALLY) && !load.has_failed() {
        wait::pause(BLOWS).await;
        server.kill();
        server.start_again().await;
        progress.after_a_blow(&load);
    }
    progress.say(load.acknowledged());
    let clinicians = load.end().await;
    println!("storm: {} strikes of faults", vendors.mend().await);

    everything_is_well(&servers, &vendors, clinicians).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_kills_of_two_replicas_on_postgres_loses_nothing_and_doubles_nobody() {
    let mut random = Random::seeded();
    // Given four vendors that fail in many ways, and two servers on one database
    let vendors = Vendors::start().await;
    let mut server = connected(Store::Postgres, &vendors).await;
    let mut replica = Replica::of(&server).await;
    load::faults(&vendors, &mut random).await;

    // When users are created, changed and deactivated, and one or the other is killed every two seconds
    let servers = Servers(vec![server.api(), replica.api()]);
    let load = Load::begin(&servers, &mut random);
    let mut progress = Progress::begin();
    while progress.start.elapsed() < size::storm(USUALLY) && !load.has_failed() {
        wait::pause(BLOWS).await;
        if progress.blows.is_multiple_of(2) {
            server.kill();
            server.start_again().await;
        } else {
            replica.kill();
            replica.start_again(&server).await;
        }
        progress.after_a_blow(&load);
    }
    progress.say(load.acknowledged());
    let clinicians = load.end().await;
    println!("storm: {} strikes of faults", vendors.mend().await);

    everything_is_well(&servers, &vendors, clinicians).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_outages_of_postgres_loses_nothing_and_doubles_nobody() {
    let mut random = Random::seeded();
    // Given four vendors that fail in many ways, and two servers on one database
    let vendors = Vendors::start().await;
    let server = connected(Store::Postgres, &vendors).await;
    let replica = Replica::of(&server).await;
    load::faults(&vendors, &mut random).await;

    // When users are created, changed and deactivated, and the database is gone for a second every two seconds
    let servers = Servers(vec![server.api(), replica.api()]);
    let load = Load::begin(&servers, &mut random);
    let mut progress = Progress::begin();
    while progress.start.elapsed() < size::storm(USUALLY) && !load.has_failed() {
        wait::pause(BLOWS).await;
        server.database().as_postgres().cut().await;
        wait::pause(BLOWS / 2).await;
        server.database().as_postgres().mend().await;
        progress.after_a_blow(&load);
    }
    progress.say(load.acknowledged());
    let clinicians = load.end().await;
    println!("storm: {} strikes of faults", vendors.mend().await);

    everything_is_well(&servers, &vendors, clinicians).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_stops_and_starts_of_postgres_loses_nothing_and_doubles_nobody() {
    let mut random = Random::seeded();
    // Given four vendors that fail in many ways, and two servers on a database whose server is the test's own
    let mut cluster = Cluster::start().await;
    let vendors = Vendors::start().await;
    let server = started(Server::on(Store::Postgres).on_cluster(&cluster), &vendors).await;
    let replica = Replica::of(&server).await;
    load::faults(&vendors, &mut random).await;

    // When users are created, changed and deactivated, and PostgreSQL is stopped every two seconds, or killed, and started
    // again
    let servers = Servers(vec![server.api(), replica.api()]);
    let load = Load::begin(&servers, &mut random);
    let mut progress = Progress::begin();
    let mut blows = Blow::ALL.into_iter().cycle();
    while progress.start.elapsed() < size::storm(USUALLY) && !load.has_failed() {
        wait::pause(BLOWS).await;
        cluster.stop(blows.next().expect("one comes after the other")).await;
        wait::pause(BLOWS / 4).await;
        cluster.start_again().await;
        progress.after_a_blow(&load);
    }
    progress.say(load.acknowledged());
    let clinicians = load.end().await;
    println!("storm: {} strikes of faults", vendors.mend().await);

    // Then nothing that was acknowledged is lost.
    everything_is_well(&servers, &vendors, clinicians).await;
}
