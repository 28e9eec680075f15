//! A second process on the database of a server, with a port of its own.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::process::Process;
use crate::server::{free_port, shortened};
use crate::{Api, Body, Server, wait};

/// How long it may take until it serves; a loaded machine is slow.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A second process on the database of a server, killed when this is dropped.
#[derive(Debug)]
pub struct Replica {
    process: Option<Process>,
    port: u16,
    starts: usize,
    api: Api,
    folder: PathBuf,
}

impl Replica {
    /// Starts it, and waits until it serves.
    pub async fn of(server: &Server) -> Self {
        let port = free_port();
        let mut replica = Self {
            process: None,
            port,
            starts: 0,
            api: server.api().at(&format!("http://127.0.0.1:{port}")),
            folder: server.folder().to_owned(),
        };
        replica.start_again(server).await;
        replica
    }

    /// A caller with the first API key of the organization `default`.
    pub fn api(&self) -> Api {
        self.api.clone()
    }

    /// `kill -9`, at this very moment.
    pub fn kill(&mut self) {
        drop(self.process.take());
    }

    /// Starts it again, on the same port.
    pub async fn start_again(&mut self, server: &Server) {
        self.starts += 1;
        let (stdout, stderr) = (self.output("stdout", self.starts), self.output("stderr", self.starts));
        let mut command = server.command(&["serve", "--listen", &format!("127.0.0.1:{}", self.port)]);
        self.process = Some(Process::start(&mut command, &stdout, &stderr));
        wait::until("the replica serves", START_LIMIT, async || {
            match self.api.try_send(reqwest::Method::GET, "/readyz", Body::None).await {
                Ok(answer) if answer.status == 200 => Ok(()),
                other => Err(format!(
                    "{other:?}: {}",
                    fs::read_to_string(&stderr).unwrap_or_default()
                )),
            }
        })
        .await;
    }

    fn output(&self, name: &str, start: usize) -> PathBuf {
        self.folder.join(format!("replica-{}-{name}.{start}", self.port))
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let logs =
                (1..=self.starts).map(|start| fs::read_to_string(self.output("stderr", start)).unwrap_or_default());
            println!("what the replica wrote:\n{}", shortened(&logs.collect::<String>()));
        }
    }
}
