//! What is asked of Roster one by one, to set a stage; load is wrk's affair.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// How long one answer may take.
const LIMIT: Duration = Duration::from_secs(30);

/// A caller of one Roster, with an API key.
pub(super) struct Api {
    address: String,
    authorization: String,
}

impl Api {
    pub(super) fn new(url: &str, authorization: &str) -> Self {
        Self {
            address: url.trim_start_matches("http://").to_owned(),
            authorization: authorization.to_owned(),
        }
    }

    /// The JSON of the answer, which must be a success; null where it has no body.
    pub(super) fn call(&self, method: &str, path: &str, body: Option<(&str, &str)>) -> Result<Value> {
        self.ask(method, path, body)
            .with_context(|| format!("{method} {path} of {}", self.address))
    }

    /// As `/v1` is asked.
    pub(super) fn json(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        self.call(method, path, Some(("application/json", &body.to_string())))
    }

    fn ask(&self, method: &str, path: &str, body: Option<(&str, &str)>) -> Result<Value> {
        let mut connection = TcpStream::connect(&self.address)?;
        connection.set_read_timeout(Some(LIMIT))?;
        connection.set_write_timeout(Some(LIMIT))?;
        let (address, authorization) = (&self.address, &self.authorization);
        // HTTP/1.0, so that the answer comes whole and ends with the connection.
        let mut request = format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nAuthorization: {authorization}\r\n");
        if let Some((content_type, body)) = body {
            let length = body.len();
            let _ = write!(
                request,
                "Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
            );
        } else {
            request.push_str("\r\n");
        }
        connection.write_all(request.as_bytes())?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        if !status.starts_with('2') {
            bail!("it answered {status}: {body}");
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(body).with_context(|| format!("it answered what is not JSON: {body}"))
    }
}
