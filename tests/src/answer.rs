//! What the server answered.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked, for messages: method and path.
    pub asked: String,
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub text: String,
}

impl Answer {
    /// Panics, with all that was answered, unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status, status,
            "{} was answered {}: {}",
            self.asked, self.status, self.text
        );
        self
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{} was answered no JSON ({error}): {:?}", self.asked, self.text))
    }

    /// A text in the JSON body, by its JSON Pointer.
    #[track_caller]
    pub fn text_at(&self, pointer: &str) -> String {
        let json = self.json();
        let found = json.pointer(pointer).and_then(Value::as_str);
        found
            .unwrap_or_else(|| panic!("{} was answered no text at {pointer}: {json}", self.asked))
            .to_owned()
    }

    /// The list in `data` of the JSON body.
    #[track_caller]
    pub fn data(&self) -> Vec<Value> {
        let json = self.json();
        let found = json.get("data").and_then(Value::as_array);
        found
            .unwrap_or_else(|| panic!("{} was answered no list in data: {json}", self.asked))
            .clone()
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Status and body, to be held against a snapshot.
    #[track_caller]
    pub fn shown(&self) -> Value {
        let body = if self.text.is_empty() { Value::Null } else { self.json() };
        json!({ "status": self.status, "body": body })
    }

    /// Whether this is a problem of `/v1` (RFC 9457) whose status is the one that was answered; else, what is wrong
    /// with it.
    pub fn is_problem(&self) -> Result<(), String> {
        let wrong = |what: &str| {
            Err(format!(
                "{} is no problem ({what}): {} {}",
                self.asked, self.status, self.text
            ))
        };
        if !self
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/problem+json"))
        {
            return wrong("its content type");
        }
        let Ok(body) = serde_json::from_str::<Value>(&self.text) else {
            return wrong("its body");
        };
        if body["status"].as_u64() != Some(self.status.into()) {
            return wrong("status");
        }
        for name in ["type", "title", "detail"] {
            if body[name].as_str().is_none_or(str::is_empty) {
                return wrong(name);
            }
        }
        Ok(())
    }

    /// Whether this is an error in Nabla's envelope; else, what is wrong with it.
    pub fn is_envelope(&self) -> Result<(), String> {
        let wrong = |what: &str| {
            Err(format!(
                "{} is no envelope ({what}): {} {}",
                self.asked, self.status, self.text
            ))
        };
        let Ok(Value::Object(body)) = serde_json::from_str::<Value>(&self.text) else {
            return wrong("its body");
        };
        let mut names: Vec<&str> = body.keys().map(String::as_str).collect();
        names.sort_unstable();
        if names != ["code", "debuggingHints", "message", "name", "traceId"] {
            return wrong("its keys");
        }
        if !body["code"].is_i64() || !body["debuggingHints"].is_array() {
            return wrong("its types");
        }
        let trace = body["traceId"].as_str().unwrap_or_default();
        let id = trace.rsplit('/').next().unwrap_or_default();
        if !trace.starts_with("projects/") || id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return wrong("traceId");
        }
        Ok(())
    }

    /// Whether this is an error as the dialect of Upheal writes them; else, what is wrong with it.
    pub fn is_upheal_error(&self) -> Result<(), String> {
        let body = self.error_with(&["code", "errors", "message", "statusCode"])?;
        if body["statusCode"].as_u64() != Some(self.status.into()) {
            return Err(self.wrong("statusCode"));
        }
        let is_name = |code: &str| code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        if body["code"]
            .as_str()
            .is_none_or(|code| code.is_empty() || !is_name(code))
        {
            return Err(self.wrong("code"));
        }
        self.has_message_and_fields(&body)
    }

    /// Whether this is an error as the dialect of Corti writes them; else, what is wrong with it.
    pub fn is_corti_error(&self) -> Result<(), String> {
        let body = self.error_with(&["code", "errors", "message"])?;
        let is_name = |code: &str| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if body["code"]
            .as_str()
            .is_none_or(|code| code.is_empty() || !is_name(code))
        {
            return Err(self.wrong("code"));
        }
        self.has_message_and_fields(&body)
    }

    /// The body, if it is a JSON object of exactly these keys.
    fn error_with(&self, keys: &[&str]) -> Result<Value, String> {
        let Ok(Value::Object(body)) = serde_json::from_str::<Value>(&self.text) else {
            return Err(self.wrong("its body"));
        };
        let mut names: Vec<&str> = body.keys().map(String::as_str).collect();
        names.sort_unstable();
        if names == keys {
            Ok(Value::Object(body))
        } else {
            Err(self.wrong("its keys"))
        }
    }

    /// A message for people, and broken rules that each point at a field.
    fn has_message_and_fields(&self, body: &Value) -> Result<(), String> {
        if body["message"].as_str().is_none_or(str::is_empty) {
            return Err(self.wrong("message"));
        }
        let is_pointer = |field: &str| field.is_empty() || field.starts_with('/');
        let is_fault = |fault: &Value| {
            fault["field"].as_str().is_some_and(is_pointer)
                && fault["message"].as_str().is_some_and(|message| !message.is_empty())
        };
        match body["errors"].as_array() {
            Some(faults) if faults.iter().all(is_fault) => Ok(()),
            _ => Err(self.wrong("errors")),
        }
    }

    fn wrong(&self, what: &str) -> String {
        format!(
            "{} is not in the vendor's shape ({what}): {} {}",
            self.asked, self.status, self.text
        )
    }
}
