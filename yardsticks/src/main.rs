//! What Roster's speed is held against: the same work with nothing around it. `cargo xtask bench` runs it.

mod assertion;
mod reading;
mod sending;
mod sink;
mod sqlite;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

/// As Roster's, so that what differs is not the allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The same work as Roster's, with nothing around it; each prints what it did as one JSON object.
#[derive(Parser)]
enum Arguments {
    /// One writer that copies a user into an SQLite file again and again, one durable transaction a user
    SqliteCreate {
        /// The file, in which Roster has made exactly one user
        file: PathBuf,
        #[arg(long)]
        seconds: u64,
        /// The first number that new users are told apart by
        #[arg(long)]
        first: u64,
        /// What stands in the user for the number, as twelve hexadecimal digits
        #[arg(long)]
        token: String,
    },
    /// Copy a user so many times in one transaction
    SqliteFill {
        /// As for `sqlite-create`
        file: PathBuf,
        #[arg(long)]
        count: u64,
        #[arg(long)]
        token: String,
    },
    /// Run SQL on an SQLite file, and print the first column of the last row
    SqliteRun { file: PathBuf, sql: String },
    /// Serve one user, whoever is asked for, until killed
    Reading {
        #[arg(long)]
        listen: SocketAddr,
        /// What is answered
        #[arg(long)]
        body: String,
    },
    /// Play four vendors who take everything, until killed; `GET /calls` tells how many calls there were
    Sink {
        #[arg(long)]
        listen: SocketAddr,
    },
    /// Sign what an OAuth client of Nabla's is given an access token for
    Assertion {
        #[arg(long)]
        client: String,
        #[arg(long)]
        audience: String,
        /// The private key, in PEM
        #[arg(long)]
        key: PathBuf,
    },
    /// Send creates to a URL, so many at once
    Sending {
        url: String,
        #[arg(long)]
        seconds: u64,
        #[arg(long)]
        at_once: usize,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse() {
        Arguments::SqliteCreate {
            file,
            seconds,
            first,
            token,
        } => sqlite::create(&file, seconds, first, &token).await,
        Arguments::SqliteFill { file, count, token } => sqlite::fill(&file, count, &token).await,
        Arguments::SqliteRun { file, sql } => sqlite::run(&file, &sql).await,
        Arguments::Reading { listen, body } => reading::serve(listen, body).await,
        Arguments::Sink { listen } => sink::serve(listen).await,
        Arguments::Assertion { client, audience, key } => assertion::print(&client, &audience, &key),
        Arguments::Sending { url, seconds, at_once } => sending::send(&url, seconds, at_once).await,
    }
}
