//! Every fault × every operation × every vendor: each time the account reaches its right end, by itself or as soon as a person
//! did what was asked for, and the vendor has the user once.
//!
//! A fault strikes all four vendors at the same time, with a user of its own. A cell of the matrix is one vendor under it;
//! what is wrong in any of them is told together in the end.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use e2e::{Api, Server, Store, wait};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, SOON};

/// How long a vendor asks to wait, in seconds.
const RETRY_AFTER: i64 = 2;

/// What every cell answers: what it cost, or what is wrong.
type Cell = Result<String, String>;

/// What is to be done at the vendor when it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Create,
    Update,
    Deactivate,
}

/// A vendor that is played by the sandbox, and the connection to it.
#[derive(Debug, Clone)]
struct Vendor {
    name: &'static str,
    title: &'static str,
    connection: String,
}

/// What goes wrong.
#[derive(Debug, Clone)]
struct Fault {
    name: &'static str,
    what: Value,
    /// It is the token endpoint that fails, right after the token was refused once.
    at_token: bool,
}

/// What it takes that an account is as it should be, once the fault is lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Healing {
    /// Nothing.
    ByItself,
    /// A person was asked, and has it tried again.
    Retried,
    /// The connection was paused, and a person tests it.
    Resumed,
}

impl Operation {
    /// What the vendor calls it; `None` where it cannot do it.
    fn at(self, vendor: &Vendor) -> Option<&'static str> {
        match (self, vendor.name) {
            (Self::Deactivate, "nabla_connect") => None,
            (_, "nabla_connect") => Some("upsert"),
            (Self::Create, _) => Some("create"),
            (Self::Deactivate, "corti") | (Self::Update, _) => Some("update"),
            (Self::Deactivate, _) => Some("deactivate"),
        }
    }

    /// Every call that this may lead to, the tests of connections included.
    fn calls(self, vendor: &Vendor) -> Vec<&'static str> {
        let looks: &[&str] = match vendor.name {
            "nabla_core" => &["find", "list"],
            "upheal" => &["check", "get", "find"],
            "corti" => &["list"],
            _ => &[],
        };
        let also: &[&str] = match (self, vendor.name) {
            // The fields of a new version follow, also to those who are inactive.
            (Self::Deactivate, "nabla_core") => &["update"],
            // The first user of all brings the customer along, and a vendor that denies it has it made.
            (Self::Create, "corti") => &["create_customer"],
            _ => &[],
        };
        let known = looks.iter().chain(also).copied();
        known.chain(["token"]).chain(self.at(vendor)).collect()
    }

    /// How often it is done at most, once it succeeds.
    fn times(self, vendor: &Vendor) -> usize {
        // One change switches a user off at Corti, another brings the fields.
        if self == Self::Deactivate && vendor.name == "corti" {
            2
        } else {
            1
        }
    }
}

impl Fault {
    fn all() -> Vec<Self> {
        let fault = |name, what| Self {
            name,
            what,
            at_token: false,
        };
        let status = |name, status: u16| fault(name, json!({ "kind": "status", "status": status }));
        let token = |name, what| Self {
            at_token: true,
            ..fault(name, what)
        };
        vec![
            status("400", 400),
            status("401", 401),
            status("403", 403),
            status("404", 404),
            status("409", 409),
            fault(
                "429",
                json!({ "kind": "status", "status": 429, "retry_after": RETRY_AFTER }),
            ),
            status("500", 500),
            status("503", 503),
            fault(
                "503_retry_after",
                json!({ "kind": "status", "status": 503, "retry_after": RETRY_AFTER }),
            ),
            fault("reset", json!({ "kind": "reset" })),
            fault("drop_reply", json!({ "kind": "drop_reply" })),
            fault("delay", json!({ "kind": "delay", "milliseconds": 1_500 })),
            fault("malformed", json!({ "kind": "malformed" })),
            fault("wrong_content_type", json!({ "kind": "wrong_content_type" })),
            token("token_500", json!({ "kind": "status", "status": 500 })),
            token("token_401", json!({ "kind": "status", "status": 401 })),
        ]
    }

    /// What has to be done about it.
    fn healing(&self, operation: Operation, vendor: &Vendor) -> Healing {
        let names_a_user = operation != Operation::Create && vendor.name != "nabla_connect";
        match self.name {
            "400" | "409" => Healing::Retried,
            "401" | "token_401" => Healing::Resumed,
            // Upheal says 403 of a request, the others of the credentials.
            "403" if vendor.name != "upheal" => Healing::Resumed,
            "403" if !names_a_user => Healing::Retried,
            // Where a user was named, the vendor contradicts itself; where none was, the base URL is wrong.
            "404" if !names_a_user => Healing::Resumed,
            _ => Healing::ByItself,
        }
    }

    /// Whether the vendor says when it may be called again.
    fn asks_to_wait(&self) -> bool {
        !self.what["retry_after"].is_null()
    }

    /// Whether a call that it struck took effect all the same.
    fn lets_happen(call: &Value) -> bool {
        match call["fault"].as_str() {
            None => matches!(call["status"].as_u64(), Some(200..=299)),
            Some(kind) => matches!(kind, "drop_reply" | "malformed" | "wrong_content_type"),
        }
    }
}

/// A server with the four vendors, and what is done to them.
struct Matrix {
    api: Api,
    operation: Operation,
    vendors: [Vendor; 4],
}

impl Matrix {
    async fn on(server: &Server, operation: Operation) -> Self {
        let api = server.api();
        let connections = given::all(&api, "/v1/connections").await;
        let vendors = [
            ("nabla_core", "Nabla Core"),
            ("nabla_connect", "Nabla Connect"),
            ("upheal", "Upheal"),
            ("corti", "Corti"),
        ]
        .map(|(name, title)| {
            let connection = connections.iter().find(|connection| connection["vendor"] == name);
            let connection = connection.unwrap_or_else(|| panic!("no connection to {name}: {connections:?}"));
            Vendor {
                name,
                title,
                connection: given::id(connection).to_owned(),
            }
        });
        for vendor in &vendors {
            // However many are deactivated here, nobody wants to be asked.
            api.patch(
                &format!("/v1/connections/{}", vendor.connection),
                json!({ "options": { "hold_percent": 100 } }),
            )
            .await
            .expect(200);
        }
        Self {
            api,
            operation,
            vendors,
        }
    }

    /// A fresh user for a fault.
    async fn user(&self, fault: &Fault) -> Value {
        let body = json!({
            "external_id": format!("ehr-{}", fault.name), "email": format!("{}@example.org", fault.name),
            "first_name": "Ann", "last_name": "Lee", "settings": { "speech_locale": "en-US" },
        });
        self.api.post("/v1/users", body).await.expect(201).json()
    }

    /// What each vendor should have of the user of a fault in the end.
    fn wanted(&self, fault: &Fault, vendor: &Vendor) -> Value {
        let is_updated = self.operation == Operation::Update;
        let external_id = format!("ehr-{}", fault.name);
        let email = format!("{}@example.org", fault.name);
        let first_name = if is_updated { "Beth" } else { "Ann" };
        match vendor.name {
            "nabla_core" if is_updated => json!({ "external_id": external_id, "metadata": { "edit": "2" } }),
            "nabla_core" => json!({ "external_id": external_id, "metadata": null }),
            "nabla_connect" => json!({ "external_id": external_id, "email": email }),
            "upheal" => json!({
                "external_id": external_id, "email": email, "first_name": first_name, "last_name": "Lee",
            }),
            _ => json!({ "email": email, "first_name": first_name, "last_name": "Lee" }),
        }
    }

    /// Strikes all vendors at once.
    async fn strike(&self, fault: &Fault, prepared: Option<&Value>) -> Vec<Cell> {
        let calls = self.api.get("/sandbox/calls").await.expect(200).data();
        let mark = calls.last().and_then(|call| call["id"].as_u64()).unwrap_or(0);
        for vendor in &self.vendors {
            // What cannot be done must not be tried in another way either.
            let operation = self.operation.at(vendor).unwrap_or("upsert");
            let mut faults = vec![json!({ "vendor": vendor.name, "operation": operation, "fault": fault.what })];
            if fault.at_token {
                let refused = json!({ "kind": "unauthorized" });
                faults = vec![
                    json!({ "vendor": vendor.name, "operation": "token", "fault": fault.what }),
                    json!({ "vendor": vendor.name, "operation": operation, "fault": refused, "times": 1 }),
                ];
            }
            // Upheal has no tokens that could fail.
            if !(fault.at_token && vendor.name == "upheal") {
                for body in faults {
                    self.api.post("/sandbox/faults", body).await.expect(201);
                }
            }
        }
        let user = match (self.operation, prepared) {
            (Operation::Update, Some(user)) => {
                let body = json!({
                    "first_name": "Beth", "metadata": { "edit": "2" }, "settings": { "speech_locale": "fr-FR" },
                });
                let path = format!("/v1/users/{}", given::id(user));
                self.api.patch(&path, body).await.expect(200).json()
            }
            (Operation::Deactivate, Some(user)) => {
                let path = format!("/v1/users/{}/deactivate", given::id(user));
                self.api.post(&path, json!({})).await.expect(200).json()
            }
            _ => self.user(fault).await,
        };
        let [core, connect, upheal, corti] = &self.vendors;
        let cell = async |vendor: &Vendor| {
            let start = Instant::now();
            let cell = self.cell(fault, vendor, given::id(&user), mark).await;
            let what = format!("{} × {:?} × {}", fault.name, self.operation, vendor.name);
            if cell.is_err() {
                self.sweep(vendor).await;
            }
            match cell {
                Ok(cost) => Ok(format!("{what}: {cost}, {:.1} s", start.elapsed().as_secs_f32())),
                Err(wrong) => Err(format!("{what}: {wrong}")),
            }
        };
        let (core, connect, upheal, corti) = tokio::join!(cell(core), cell(connect), cell(upheal), cell(corti));
        vec![core, connect, upheal, corti]
    }

    /// One vendor under the fault: struck, lifted, healed, and looked at.
    async fn cell(&self, fault: &Fault, vendor: &Vendor, user: &str, mark: u64) -> Cell {
        if self.operation.at(vendor).is_none() {
            return self.not_offered(vendor, user, mark).await;
        }
        let mut healing = Healing::ByItself;
        if !(fault.at_token && vendor.name == "upheal") {
            self.has_struck(vendor).await?;
            healing = fault.healing(self.operation, vendor);
            self.fails(vendor, user, healing).await?;
            self.lift(vendor).await;
            self.heal(fault, vendor, user, healing).await?;
        }
        let account = self.account_with(vendor, user, "in_sync").await?;
        if !account["attention"].is_null() || !account["last_error"].is_null() {
            return Err(format!("in sync, and yet: {account}"));
        }
        self.is_right(fault, vendor).await?;
        let calls = self.calls(vendor, mark).await;
        self.are_due(fault, vendor, &calls)?;
        let ids: Vec<&str> = calls.iter().filter_map(|call| call["operation"].as_str()).collect();
        Ok(format!("{healing:?}, {} calls ({})", calls.len(), ids.join(" ")))
    }

    /// The vendor cannot do it, and is not asked to: a person is.
    async fn not_offered(&self, vendor: &Vendor, user: &str, mark: u64) -> Cell {
        let account = self.account_with(vendor, user, "needs_attention").await?;
        self.lift(vendor).await;
        let attention = &account["attention"];
        let message = attention["message"].as_str().unwrap_or_default();
        if attention["cause"] != "unsupported" || attention["remedy"] != "vendor" || !message.contains(vendor.title) {
            return Err(format!("not said what cannot be done: {account}"));
        }
        let calls = self.calls(vendor, mark).await;
        if calls.is_empty() {
            Ok("a person is asked, no calls".to_owned())
        } else {
            Err(format!("called all the same: {calls:?}"))
        }
    }

    /// Waits until every fault that is set at a vendor has struck.
    async fn has_struck(&self, vendor: &Vendor) -> Result<(), String> {
        let path = format!("/sandbox/faults?vendor={}", vendor.name);
        until("every fault has struck", async || {
            let faults = self.api.get(&path).await.expect(200).data();
            let struck = |fault: &Value| fault["fired"].as_u64() > Some(0);
            if !faults.is_empty() && faults.iter().all(struck) {
                Ok(())
            } else {
                Err(format!("{faults:?}"))
            }
        })
        .await
    }

    /// Waits until it is said that something is wrong, where it should be, and by which vendor.
    async fn fails(&self, vendor: &Vendor, user: &str, healing: Healing) -> Result<(), String> {
        let said = match healing {
            Healing::ByItself => self.account_with(vendor, user, "retrying").await?["last_error"].clone(),
            Healing::Retried => {
                let account = self.account_with(vendor, user, "needs_attention").await?;
                account["attention"]["message"].clone()
            }
            Healing::Resumed => {
                self.account_with(vendor, user, "paused").await?;
                let path = format!("/v1/connections/{}", vendor.connection);
                self.api.get(&path).await.expect(200).json()["paused"]["reason"].clone()
            }
        };
        if said.as_str().is_some_and(|said| said.contains(vendor.title)) {
            Ok(())
        } else {
            Err(format!("does not name the vendor: {said}"))
        }
    }

    async fn lift(&self, vendor: &Vendor) {
        let path = format!("/sandbox/faults?vendor={}", vendor.name);
        self.api.delete(&path).await.expect(204);
    }

    /// Does what an operator would.
    async fn heal(&self, fault: &Fault, vendor: &Vendor, user: &str, healing: Healing) -> Result<(), String> {
        // Impatience must not break into the wait that the vendor asked for.
        if healing == Healing::Retried || fault.asks_to_wait() {
            let retry = format!("/v1/users/{user}/accounts/{}/retry", vendor.connection);
            let answer = self.api.post(&retry, json!({})).await;
            if !matches!(answer.status, 200 | 202) {
                return Err(format!("cannot be tried again: {answer:?}"));
            }
        }
        if healing == Healing::Resumed {
            let test = format!("/v1/connections/{}/test", vendor.connection);
            let tested = self.api.post(&test, json!({})).await.expect(200).json();
            if tested["ok"] != true {
                return Err(format!("the connection does not pass its test: {tested}"));
            }
        }
        Ok(())
    }

    /// Makes the vendor well for the next fault, after a cell that failed.
    async fn sweep(&self, vendor: &Vendor) {
        self.lift(vendor).await;
        let path = format!("/v1/connections/{}/test", vendor.connection);
        self.api.post(&path, json!({})).await;
    }

    async fn account(&self, vendor: &Vendor, user: &str) -> Value {
        let path = format!("/v1/users/{user}/accounts");
        let accounts = self.api.get(&path).await.expect(200).data();
        let account = accounts
            .into_iter()
            .find(|account| account["connection_id"] == vendor.connection);
        account.unwrap_or_default()
    }

    async fn account_with(&self, vendor: &Vendor, user: &str, status: &str) -> Result<Value, String> {
        until(&format!("the account is {status}"), async || {
            let account = self.account(vendor, user).await;
            if account["status"] == status {
                Ok(account)
            } else {
                Err(account.to_string())
            }
        })
        .await
    }

    /// Whether the vendor has the user of a fault once, as it should be.
    async fn is_right(&self, fault: &Fault, vendor: &Vendor) -> Result<(), String> {
        let path = format!("/sandbox/users?vendor={}", vendor.name);
        let wanted = self.wanted(fault, vendor);
        let there = self.api.get(&path).await.expect(200).data();
        let key = if wanted["email"].is_null() {
            "external_id"
        } else {
            "email"
        };
        let found: Vec<&Value> = there.iter().filter(|user| user[key] == wanted[key]).collect();
        let [user] = found.as_slice() else {
            return Err(format!("there {} times: {found:?}", found.len()));
        };
        let fields = wanted.as_object().expect("wanted fields are an object");
        for (name, value) in fields {
            if user[name] != *value {
                return Err(format!("{name} is {}, not {value}", user[name]));
            }
        }
        let locale = if self.operation == Operation::Update {
            "fr-FR"
        } else {
            "en-US"
        };
        if vendor.name == "nabla_connect" && user["settings"]["speech_locale"] != locale {
            return Err(format!("the speech locale is not {locale}: {user}"));
        }
        let should_be_active = self.operation != Operation::Deactivate || vendor.name == "nabla_connect";
        if user["active"] == should_be_active {
            Ok(())
        } else {
            Err(format!("active is not {should_be_active}: {user}"))
        }
    }

    /// The calls to a vendor since a mark, in order.
    async fn calls(&self, vendor: &Vendor, mark: u64) -> Vec<Value> {
        let path = format!("/sandbox/calls?vendor={}", vendor.name);
        let mut calls = self.api.get(&path).await.expect(200).data();
        calls.retain(|call| call["id"].as_u64() > Some(mark));
        calls
    }

    /// Whether only those calls were made that had to be, and none too early.
    fn are_due(&self, fault: &Fault, vendor: &Vendor, calls: &[Value]) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{what}: {calls:?}"));
        let mut allowed = self.operation.calls(vendor);
        // Somebody who is said not to be there is asked for by the vendor's id, before that is believed.
        if fault.name == "404" && vendor.name == "nabla_core" && self.operation != Operation::Create {
            allowed.push("get");
        }
        let is_allowed = |call: &Value| call["operation"].as_str().is_some_and(|name| allowed.contains(&name));
        if !calls.iter().all(is_allowed) {
            return wrong("a call that nothing asked for");
        }
        // Each attempt at Upheal is up to four calls, and one that is contradicted two attempts.
        let most = if vendor.name == "upheal" { 32 } else { 16 };
        if calls.len() > most {
            return wrong(&format!("more than {most} calls"));
        }
        let struck = self.operation.at(vendor).unwrap_or_default();
        let of_it = || calls.iter().filter(|call| call["operation"] == struck);
        let done = of_it().filter(|call| call["fault"].is_null() && Fault::lets_happen(call));
        if done.count() > self.operation.times(vendor) {
            return wrong("done again after it was done");
        }
        let is_repeatable = self.operation != Operation::Create || vendor.name == "nabla_connect";
        let effects = of_it().filter(|call| Fault::lets_happen(call)).count();
        if effects == 0 || (!is_repeatable && effects > 1) {
            return wrong(&format!("{effects} calls took effect"));
        }
        if !is_repeatable && of_it().next_back().is_some_and(|last| !Fault::lets_happen(last)) {
            return wrong("a create after one that had succeeded");
        }
        if fault.asks_to_wait() {
            for (index, _) in calls.iter().enumerate().filter(|(_, call)| !call["fault"].is_null()) {
                let Some(next) = calls.get(index + 1) else {
                    return wrong("nothing after the wait");
                };
                if time(next) - time(&calls[index]) < TimeDelta::seconds(RETRY_AFTER) {
                    return wrong("called before Retry-After was over");
                }
            }
        }
        Ok(())
    }

    /// How many calls were made in all, as the number of the last one.
    async fn last_call(&self) -> Option<u64> {
        let calls = self.api.get("/sandbox/calls").await.expect(200).data();
        calls.last().and_then(|call| call["id"].as_u64())
    }
}

fn time(call: &Value) -> DateTime<Utc> {
    let text = call["time"].as_str().unwrap_or_default();
    text.parse().unwrap_or_else(|error| panic!("{error}: {call}"))
}

/// Looks again and again until `look` finds what it wants; an error with what was seen last when it takes too long.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> Result<T, String> {
    let start = Instant::now();
    loop {
        match look().await {
            Ok(found) => return Ok(found),
            Err(seen) if start.elapsed() > SOON => return Err(format!("{what}: not in time; last seen: {seen}")),
            Err(_) => wait::pause(Duration::from_millis(40)).await,
        }
    }
}

#[rstest]
#[tokio::test]
async fn every_account_reaches_its_end_once_the_fault_is_lifted(
    #[values(Store::Sqlite, Store::Postgres)] store: Store,
    #[values(Operation::Create, Operation::Update, Operation::Deactivate)] operation: Operation,
) {
    // Given a user for each fault, whom every vendor has already where one is to be changed
    let setup = Server::on(store).sandbox().env("ROSTER_VENDOR_TIMEOUT", "1");
    let mut server = setup.start().await;
    let matrix = Matrix::on(&server, operation).await;
    let faults = Fault::all();
    let mut prepared = Vec::new();
    if operation != Operation::Create {
        for fault in &faults {
            prepared.push(matrix.user(fault).await);
        }
        assert_eq!(given::all_in_sync(&matrix.api, SOON).await, 4 * faults.len());
    }

    // When all vendors are struck by one after the other
    let mut cells = Vec::new();
    for (index, fault) in faults.iter().enumerate() {
        cells.extend(matrix.strike(fault, prepared.get(index)).await);
    }

    // Then every cell is as it should be,
    let wrong: Vec<&String> = cells.iter().filter_map(|cell| cell.as_ref().err()).collect();
    for right in cells.iter().filter_map(|cell| cell.as_ref().ok()) {
        println!("{right}");
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cells:\n{}",
        wrong.len(),
        cells.len(),
        wrong.iter().map(|text| text.as_str()).collect::<Vec<_>>().join("\n")
    );
    // stays so, also when answers come late that nobody waits for any more,
    let last = matrix.last_call().await;
    wait::pause(Duration::from_secs(2)).await;
    assert_eq!(matrix.last_call().await, last, "called with nothing left to do");
    for vendor in &matrix.vendors {
        let path = format!("/sandbox/users?vendor={}", vendor.name);
        let there = matrix.api.get(&path).await.expect(200).data();
        assert_eq!(there.len(), faults.len(), "{}: {there:?}", vendor.name);
        for fault in &faults {
            let right = matrix.is_right(fault, vendor).await;
            assert_eq!(right, Ok(()), "{} at {}", fault.name, vendor.name);
        }
    }
    // and nothing waits for anybody, but where Nabla Connect cannot deactivate: its accounts are left to a person.
    if operation == Operation::Deactivate {
        server.leaves_accounts();
    }
}
