//! What a world's server does next, and what it was asked.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use roster_application::ports::PreviewedRequest;
use roster_contract::vendor::{Call, Reply};

use super::server::{Action, Request};

/// A world's script, shared with its server.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    replies: HashMap<Call, VecDeque<(Reply, bool)>>,
    counts: HashMap<Call, usize>,
    received: Vec<Request>,
    making: Option<Call>,
}

impl Script {
    /// Adds a reply to the next call of a kind.
    pub(crate) fn add(&self, call: Call, reply: Reply) {
        let replies = &mut self.0.lock().unwrap().replies;
        replies.entry(call).or_default().push_back((reply, false));
    }

    /// Counts a call, and gives the reply that is next: the first that was not used yet, or the last again. A token that
    /// nobody scripted is handed out; any other call that nobody scripted is answered with a status that no case expects.
    pub(crate) fn next(&self, call: Call) -> Reply {
        let inner = &mut *self.0.lock().unwrap();
        *inner.counts.entry(call).or_default() += 1;
        let replies = inner.replies.entry(call).or_default();
        while replies.len() > 1 && replies.front().is_some_and(|(_, used)| *used) {
            replies.pop_front();
        }
        match replies.front_mut() {
            Some((reply, used)) => {
                *used = true;
                reply.clone()
            }
            None if call == Call::Token => Reply::Done,
            None => Reply::status(418),
        }
    }

    /// How often a call was made.
    pub(crate) fn count(&self, call: Call) -> usize {
        self.0.lock().unwrap().counts.get(&call).copied().unwrap_or_default()
    }

    /// Notes which call is made next.
    pub(crate) fn making(&self, call: Call) {
        self.0.lock().unwrap().making = Some(call);
    }

    /// Which call is being made.
    pub(crate) fn made(&self) -> Option<Call> {
        self.0.lock().unwrap().making
    }

    /// Notes a request.
    pub(crate) fn receive(&self, request: Request) {
        self.0.lock().unwrap().received.push(request);
    }

    /// Every request that was noted, at a server's URL.
    pub(crate) fn received(&self, server: &str) -> Vec<PreviewedRequest> {
        let received = &self.0.lock().unwrap().received;
        let requests = received.iter().map(|request| PreviewedRequest {
            method: request.method.clone(),
            url: format!("{server}{}", request.target),
            headers: request.headers.clone(),
            body: request.body.clone(),
        });
        requests.collect()
    }
}

/// Sends an answer whole.
pub(crate) fn answer(status: u16, headers: &[(&'static str, String)], content_type: &str, body: &str) -> Action {
    let headers: String = headers
        .iter()
        .flat_map(|(name, value)| [*name, ": ", value.as_str(), "\r\n"])
        .collect();
    let length = body.len();
    Action::Send(
        format!(
            "HTTP/1.1 {status} Scripted\r\n{headers}content-type: {content_type}\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
        .into_bytes(),
    )
}

/// What a server does that misbehaves, whatever its vendor; `None` for the replies that a vendor says in its own JSON.
pub(crate) fn misbehave(reply: &Reply) -> Option<Action> {
    match reply {
        Reply::Malformed => Some(answer(200, &[], "application/json", r#"{"id": "98fce1ef-"#)),
        Reply::Unexpected => Some(answer(200, &[], "application/json", r#"{"status": "ok"}"#)),
        Reply::WebPage => Some(answer(
            200,
            &[],
            "text/html",
            "<h1>Welcome to the hospital's Wi-Fi</h1>",
        )),
        Reply::CutShort => Some(Action::Send(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"id\":".to_vec(),
        )),
        Reply::Reset => Some(Action::Reset),
        Reply::Silence => Some(Action::Silence),
        Reply::User(_) | Reply::Page(..) | Reply::Done | Reply::Nobody | Reply::Status(..) => None,
    }
}
