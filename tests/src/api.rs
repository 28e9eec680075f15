//! Calling the server as a customer does: over HTTP, with credentials, and nothing hidden.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::Value;

use crate::Answer;

/// A caller with credentials.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    bearer: Option<String>,
    headers: Vec<(String, String)>,
    http: Client,
    record: Option<Record>,
}

/// Every answer that a caller got, and all who were made from it.
#[derive(Debug, Clone, Default)]
pub struct Record(Arc<Mutex<Vec<Answer>>>);

impl Record {
    /// The answers so far, in order.
    pub fn answers(&self) -> Vec<Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, answer: Answer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
    }
}

/// What is sent.
#[derive(Debug, Clone)]
pub enum Body {
    /// Nothing, and no content type.
    None,
    /// JSON, said to be so.
    Json(Value),
    /// Any bytes under any content type.
    Raw(&'static str, Vec<u8>),
}

impl Api {
    /// A caller of a base URL, without credentials.
    pub fn new(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            bearer: None,
            headers: Vec::new(),
            http: http(),
            record: None,
        }
    }

    /// The same caller, all of whose answers are kept.
    #[must_use]
    pub fn recorded(&self, record: &Record) -> Self {
        Self {
            record: Some(record.clone()),
            ..self.clone()
        }
    }

    /// The same caller with other credentials.
    #[must_use]
    pub fn bearer(&self, token: &str) -> Self {
        Self {
            bearer: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same caller without credentials.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self {
            bearer: None,
            ..self.clone()
        }
    }

    /// The same caller, who sends one more header with each request.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut caller = self.clone();
        caller.headers.push((name.to_owned(), value.to_owned()));
        caller
    }

    /// The same caller, below a path.
    #[must_use]
    pub fn below(&self, path: &str) -> Self {
        Self {
            base: format!("{}{path}", self.base),
            ..self.clone()
        }
    }

    /// The same caller, from another base URL.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..self.clone()
        }
    }

    /// What this caller sends as `Authorization`.
    pub fn authorization(&self) -> Option<String> {
        self.bearer.as_ref().map(|token| format!("Bearer {token}"))
    }

    /// The token that this caller sends; empty without one.
    pub fn token(&self) -> &str {
        self.bearer.as_deref().unwrap_or_default()
    }

    /// The base URL of this caller.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::None).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Body::Json(body)).await
    }

    /// `PATCH` with JSON.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Body::Json(body)).await
    }

    /// `PUT` of JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Body::Json(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, Body::None).await
    }

    /// Sends anything, and panics if no answer comes.
    pub async fn send(&self, method: Method, path: &str, body: Body) -> Answer {
        let asked = format!("{method} {path}");
        self.try_send(method, path, body)
            .await
            .unwrap_or_else(|error| panic!("{asked} got no answer: {error:?}"))
    }

    /// Sends anything; an error where no whole answer comes, such as from a server that was killed.
    pub async fn try_send(&self, method: Method, path: &str, body: Body) -> Result<Answer, reqwest::Error> {
        let asked = format!("{method} {path}");
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.bearer {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request = match body {
            Body::None => request,
            Body::Json(json) => request.json(&json),
            Body::Raw(kind, bytes) => request.header("content-type", kind).body(bytes),
        };
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        let answer = Answer {
            asked,
            status,
            headers,
            text: response.text().await?,
        };
        if let Some(record) = &self.record {
            record.keep(answer.clone());
        }
        Ok(answer)
    }
}

fn http() -> Client {
    Client::builder()
        .no_proxy()
        // Everything is called over plain HTTP, also where a machine has no root certificates.
        .tls_certs_only([])
        .timeout(Duration::from_mins(1))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("an HTTP client")
}
