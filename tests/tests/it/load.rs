//! Work that goes on whatever happens to the servers, and remembers all that was acknowledged.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use e2e::random::Random;
use e2e::server::Setup;
use e2e::{Answer, Api, Body, Server, Store, Vendors, vendors, wait};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::given;

/// How many writes are under way at any moment.
const AT_ONCE: u64 = 4;
/// The most clinicians of one caller: a long storm is to have more writes, not ever larger vendors.
const MOST: usize = 250;
/// The longest time between two writes of one caller, in milliseconds.
const PACE: u64 = 80;
/// How long a write may go without an acknowledgement: longer than anything that a storm does.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often what has to come true is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Servers that come and go, any of which takes a write.
#[derive(Debug, Clone)]
pub(crate) struct Servers(pub(crate) Vec<Api>);

impl Servers {
    /// Sends a request again and again, to one server after the other, until one says what became of it. The answer, and
    /// whether an earlier one may have been lost.
    pub(crate) async fn insist(&self, method: Method, path: &str, body: Value) -> (Answer, bool) {
        let start = Instant::now();
        for attempt in 0.. {
            let api = &self.0[attempt % self.0.len()];
            let seen = match api.try_send(method.clone(), path, Body::Json(body.clone())).await {
                Ok(answer) if answer.status < 500 && answer.json()["type"] != "/problems/contention" => {
                    return (answer, attempt > 0);
                }
                other => format!("{other:?}"),
            };
            assert!(start.elapsed() < PATIENCE, "{method} {path} got no answer: {seen}");
            wait::pause(Duration::from_millis(20)).await;
        }
        unreachable!("it goes on until the answer, or the end of patience");
    }

    /// Makes a clinician, and returns the id.
    pub(crate) async fn create(&self, external_id: &str) -> String {
        let (answer, is_repeated) = self.insist(Method::POST, "/v1/users", new(external_id)).await;
        if answer.status == 409 && is_repeated {
            // It was made just before its answer was lost: it is there.
            let path = format!("/v1/users?external_id={external_id}");
            let (found, _) = self.insist(Method::GET, &path, Value::Null).await;
            return given::id(&found.expect(200).data()[0]).to_owned();
        }
        answer.expect(201).text_at("/id")
    }
}

/// A server that keeps nobody waiting for vendors, connected to four of them.
pub(crate) async fn connected(store: Store, vendors: &Vendors) -> Server {
    started(Server::on(store), vendors).await
}

/// A server as [`connected`], set up further.
pub(crate) async fn started(setup: Setup, vendors: &Vendors) -> Server {
    let server = setup
        .env("ROSTER_ALLOW_PRIVATE_ADDRESSES", "true")
        .env("ROSTER_VENDOR_TIMEOUT", "1")
        .start()
        .await;
    vendors.connect(&server.api()).await;
    server
}

/// A clinician whom each of the vendors takes.
fn new(external_id: &str) -> Value {
    json!({
        "external_id": external_id,
        "email": format!("{external_id}@example.org"),
        "first_name": "Ann",
        "last_name": "Lee",
        "metadata": { "site": "0" },
        "settings": { "speech_locale": LOCALES[0] },
    })
}

/// The speech locales that clinicians have.
const LOCALES: [&str; 2] = ["en-US", "fr-FR"];

/// A clinician, as the last acknowledged writes left the record.
#[derive(Debug, Clone)]
pub(crate) struct Clinician {
    pub(crate) id: String,
    pub(crate) external_id: String,
    last_name: String,
    site: String,
    locale: &'static str,
    pub(crate) active: bool,
    /// How many writes were acknowledged; each changed something.
    writes: u64,
}

impl Clinician {
    async fn made(servers: &Servers, external_id: String) -> Self {
        Self {
            id: servers.create(&external_id).await,
            external_id,
            last_name: "Lee".to_owned(),
            site: "0".to_owned(),
            locale: LOCALES[0],
            active: true,
            writes: 1,
        }
    }

    /// Changes something, and returns once that is acknowledged.
    async fn change(&mut self, servers: &Servers, what: u64) {
        let path = format!("/v1/users/{}", self.id);
        let number = self.writes.to_string();
        let answer = match what {
            0..3 => {
                self.last_name = format!("Lee {number}");
                servers
                    .insist(Method::PATCH, &path, json!({ "last_name": self.last_name }))
                    .await
            }
            3..6 => {
                self.site = number;
                servers
                    .insist(Method::PATCH, &path, json!({ "metadata": { "site": self.site } }))
                    .await
            }
            6..8 => {
                self.locale = LOCALES[usize::from(self.locale == LOCALES[0])];
                servers
                    .insist(
                        Method::PATCH,
                        &path,
                        json!({ "settings": { "speech_locale": self.locale } }),
                    )
                    .await
            }
            _ => {
                self.active = !self.active;
                let action = if self.active { "activate" } else { "deactivate" };
                servers
                    .insist(Method::POST, &format!("{path}/{action}"), json!({}))
                    .await
            }
        };
        answer.0.expect(200);
        self.writes += 1;
    }

    /// Lets the clinician work again.
    pub(crate) async fn activate(&mut self, servers: &Servers) {
        if !self.active {
            self.change(servers, 8).await;
        }
    }

    /// What is not as it was acknowledged in the canonical record.
    fn lost(&self, record: Option<&Value>) -> Result<(), String> {
        let Some(record) = record else {
            return Err(format!("{} is not there: {self:?}", self.external_id));
        };
        let is_kept = record["id"] == self.id
            && record["last_name"] == self.last_name
            && record["metadata"]["site"] == self.site
            && record["settings"]["speech_locale"] == self.locale
            && record["active"] == self.active
            // Repeating what had its effect changes nothing, so each acknowledged write counts once.
            && record["version"] == self.writes;
        if is_kept {
            Ok(())
        } else {
            Err(format!("acknowledged was {self:?}, and kept is {record}"))
        }
    }

    /// What is not, at a vendor, as it should be: there once, if active, and at most once if not; with the fields that the
    /// vendor takes.
    fn differs(&self, vendor: &str, there: &[&Value]) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{vendor}: {what}: {self:?}, and there {there:?}"));
        let user = match there {
            [] if self.active => return wrong("nobody is there"),
            [] => return Ok(()),
            [user] => user,
            _ => return wrong("more than one is there"),
        };
        // Nabla Connect cannot deactivate, which asks a person; whatever else was to be changed waits for that.
        if vendor == "nabla_connect" {
            let is_right = !self.active || user["settings"]["speech_locale"] == self.locale;
            return if is_right { Ok(()) } else { wrong("settings differ") };
        }
        if user["active"] != self.active {
            return wrong("active differs");
        }
        // What changes while somebody is deactivated follows later at vendors that change active users only.
        if !self.active {
            return Ok(());
        }
        let is_right = match vendor {
            "nabla_core" => user["metadata"]["site"] == self.site,
            _ => user["last_name"] == self.last_name,
        };
        if is_right { Ok(()) } else { wrong("a field differs") }
    }
}

/// Work under way.
pub(crate) struct Load {
    stopped: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
    tasks: JoinSet<Vec<Clinician>>,
}

impl Load {
    /// Begins creates, updates and deactivations, each clinician in one caller's hands.
    pub(crate) fn begin(servers: &Servers, random: &mut Random) -> Self {
        let mut load = Self {
            stopped: Arc::default(),
            acknowledged: Arc::default(),
            tasks: JoinSet::new(),
        };
        for caller in 0..AT_ONCE {
            let mut random = random.split();
            let (servers, stopped, acknowledged) = (
                servers.clone(),
                Arc::clone(&load.stopped),
                Arc::clone(&load.acknowledged),
            );
            load.tasks.spawn(async move {
                let mut clinicians: Vec<Clinician> = Vec::new();
                while !stopped.load(Ordering::Relaxed) {
                    let is_new = random.below(6) == 0 && clinicians.len() < MOST;
                    if clinicians.len() < 4 || is_new {
                        let external_id = format!("ehr-{caller}-{}", clinicians.len());
                        clinicians.push(Clinician::made(&servers, external_id).await);
                    } else {
                        let count = u64::try_from(clinicians.len()).expect("a number");
                        let chosen = usize::try_from(random.below(count)).expect("a number");
                        clinicians[chosen].change(&servers, random.below(10)).await;
                    }
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                    wait::pause(Duration::from_millis(random.below(PACE))).await;
                }
                clinicians
            });
        }
        load
    }

    /// How many writes were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Whether somebody gave up, which is a failure that `end` tells.
    pub(crate) fn has_failed(&self) -> bool {
        self.tasks.len() < usize::try_from(AT_ONCE).expect("a number")
    }

    /// Ends the work, and returns who was made.
    pub(crate) async fn end(self) -> Vec<Clinician> {
        self.stopped.store(true, Ordering::Relaxed);
        self.tasks.join_all().await.into_iter().flatten().collect()
    }
}

/// Has every vendor do everything wrong that heals by itself, each kind at every so-many-th call.
pub(crate) async fn faults(vendors: &Vendors, random: &mut Random) {
    for vendor in vendors::NAMES {
        for fault in [
            json!({ "kind": "drop_reply" }),
            json!({ "kind": "reset" }),
            json!({ "kind": "status", "status": 503 }),
            json!({ "kind": "delay", "milliseconds": 1_500 }),
            json!({ "kind": "malformed" }),
        ] {
            vendors
                .fault(vendor, fault, json!({ "every": 9 + random.below(15) }))
                .await;
        }
    }
}

/// Panics unless everything that was acknowledged is there, and nobody else is.
pub(crate) async fn nothing_is_lost(api: &Api, clinicians: &[Clinician]) {
    let records = given::users(api).await;
    let by_external_id: BTreeMap<&str, &Value> = records
        .iter()
        .filter_map(|record| Some((record["external_id"].as_str()?, record)))
        .collect();
    for clinician in clinicians {
        let record = by_external_id.get(clinician.external_id.as_str()).copied();
        if let Err(lost) = clinician.lost(record) {
            panic!("{lost}\n{}", history(api, &clinician.id).await);
        }
    }
    assert_eq!(
        records.len(),
        clinicians.len(),
        "users who are there, and who were acknowledged"
    );
}

/// Waits until each account is in sync, or asks the person whom it should ask, and returns how long that took.
pub(crate) async fn converge(api: &Api, clinicians: &[Clinician], limit: Duration) -> Duration {
    let is_active: BTreeMap<&str, bool> = clinicians
        .iter()
        .map(|clinician| (clinician.id.as_str(), clinician.active))
        .collect();
    let is_settled = |account: &Value| match account["status"].as_str() {
        Some("in_sync") => true,
        // It cannot deactivate, and says so.
        Some("needs_attention") => {
            account["vendor"] == "nabla_connect"
                && account["attention"]["cause"] == "unsupported"
                && account["user_id"].as_str().and_then(|id| is_active.get(id)) == Some(&false)
        }
        _ => false,
    };
    let start = Instant::now();
    loop {
        let accounts = given::all(api, "/v1/accounts").await;
        assert_eq!(accounts.len(), clinicians.len() * vendors::NAMES.len(), "accounts");
        let behind: Vec<&Value> = accounts.iter().filter(|account| !is_settled(account)).collect();
        let Some(one) = behind.first() else {
            return start.elapsed();
        };
        if start.elapsed() > limit {
            let id = one["user_id"].as_str().unwrap_or_default();
            panic!(
                "{} of {} accounts did not converge within {limit:?}: {behind:?}\n{}",
                behind.len(),
                accounts.len(),
                history(api, id).await
            );
        }
        wait::pause(LOOK).await;
    }
}

/// Panics unless each vendor has each clinician once, as the record says, and nobody else.
pub(crate) async fn each_is_there_once(api: &Api, vendors: &Vendors, clinicians: &[Clinician]) {
    for vendor in vendors::NAMES {
        let there = vendors.users(vendor).await;
        let mut by_key: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for user in &there {
            // Corti knows people by their addresses alone.
            let key = match vendor {
                "corti" => user["email"]
                    .as_str()
                    .and_then(|email| email.strip_suffix("@example.org")),
                _ => user["external_id"].as_str(),
            };
            let key = key.unwrap_or_else(|| panic!("{vendor} has somebody without a key: {user}"));
            by_key.entry(key).or_default().push(user);
        }
        for clinician in clinicians {
            let found = by_key.remove(clinician.external_id.as_str()).unwrap_or_default();
            if let Err(differs) = clinician.differs(vendor, &found) {
                panic!("{differs}\n{}", history(api, &clinician.id).await);
            }
        }
        assert!(by_key.is_empty(), "{vendor} has others as well: {by_key:?}");
    }
}

/// What happened to a user, to be read when a test fails.
async fn history(api: &Api, id: &str) -> String {
    let mut told = format!("the history of {id}, the newest first:\n");
    for entry in given::all(api, &format!("/v1/users/{id}/history")).await {
        let _ = writeln!(told, "{entry}");
    }
    let _ = writeln!(told, "{}", api.get(&format!("/v1/users/{id}/accounts")).await.text);
    told
}
