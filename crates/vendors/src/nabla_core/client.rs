//! Calls with a token, and what their answers mean.

use std::fmt;
use std::sync::Arc;

use http::{Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use roster_application::ports::{Clock, Ids, Target, VendorError};
use roster_domain::OutcomeClass;
use roster_wire::nabla::{ReportedError, Token, VERSION_HEADER};
use roster_wire::nabla_core::{Empty, ReportedUser};
use serde::{Deserialize, Serialize};

use super::DEFAULT_API_VERSION;
use crate::egress::{Answer, Egress};
use crate::oauth::Tokens;
use crate::outcome;

/// All but the unreserved characters of RFC 3986 section 2.3: an external id is one segment, whatever it holds.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Calls Nabla Core.
#[derive(Clone)]
pub(super) struct Client {
    egress: Egress,
    clock: Arc<dyn Clock>,
    tokens: Tokens,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("egress", &self.egress)
            .finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn new(egress: Egress, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let tokens = Tokens::new(egress.clone(), clock.clone(), ids);
        Self { egress, clock, tokens }
    }

    /// Makes a call that answers with a user.
    pub(super) async fn user_of(
        &self,
        target: Target<'_>,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<ReportedUser, VendorError> {
        let vendor = target.connection.vendor;
        let answer = self.call(target, method, path, body).await?;
        let user: ReportedUser = answer
            .json()
            .map_err(|error| outcome::of_unreadable(vendor, &answer, error))?;
        if user.id.is_empty() {
            return Err(outcome::of_unreadable(vendor, &answer, NoId));
        }
        Ok(user)
    }

    /// Reads a page of one user, for nothing but to see whether it can be read.
    pub(super) async fn list_one(&self, target: Target<'_>) -> Result<(), VendorError> {
        #[derive(Deserialize)]
        struct Page {
            #[serde(rename = "data")]
            _data: Vec<serde_json::Value>,
        }
        let answer = self.call(target, Method::GET, "/users?limit=1", None::<&Empty>).await?;
        let page = answer.json::<Page>();
        page.map(|_| ())
            .map_err(|error| outcome::of_unreadable(target.connection.vendor, &answer, error))
    }

    /// Makes a call. A token that is refused is fetched anew, and the call repeated, once.
    async fn call(
        &self,
        target: Target<'_>,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<Answer, VendorError> {
        let mut token = self.tokens.token(target).await?;
        let mut answer = self.send(target, method.clone(), path, body, &token).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            self.tokens.forget(target.connection.id, &token);
            token = self.tokens.token(target).await?;
            answer = self.send(target, method, path, body, &token).await?;
        }
        match answer.status {
            // The vendor documents 200 for everything; 201 for a create is what others would send.
            StatusCode::OK | StatusCode::CREATED => Ok(answer),
            status => {
                if status == StatusCode::UNAUTHORIZED {
                    self.tokens.forget(target.connection.id, &token);
                }
                let reported = ReportedError::read(&answer.body);
                let vendor = target.connection.vendor;
                Err(outcome::of_answer(vendor, &answer, &reported, self.clock.now()))
            }
        }
    }

    async fn send(
        &self,
        target: Target<'_>,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
        token: &Token,
    ) -> Result<Answer, VendorError> {
        let connection = target.connection;
        let version = connection.options.api_version.as_deref().unwrap_or(DEFAULT_API_VERSION);
        let url = format!("{}{path}", connection.base_url);
        let sent = async {
            let mut request = self
                .egress
                .request(method, &url, connection.options.allow_private_addresses)?;
            request = request.header(VERSION_HEADER, version).bearer_auth(token.expose());
            if let Some(body) = body {
                request = request.json(body);
            }
            self.egress.send(request).await
        };
        sent.await
            .map_err(|error| outcome::of_no_answer(connection.vendor, error, self.egress.call_limit()))
    }
}

/// A user without an id.
#[derive(Debug, thiserror::Error)]
#[error("the user in it has no id")]
struct NoId;

/// A path below the base URL, each segment escaped.
///
/// `.` and `..` cannot be segments of a URL, however they are escaped (RFC 3986 section 5.2.4 and the WHATWG's URL
/// standard), and would call another route. A user with such an id cannot be named.
pub(super) fn path(segments: &[&str]) -> Result<String, VendorError> {
    let mut path = String::new();
    for segment in segments {
        if matches!(*segment, "" | "." | "..") {
            let message = format!("Nabla Core cannot be asked for the id \"{segment}\": give the user another one");
            return Err(VendorError::new(OutcomeClass::Rejected, message));
        }
        path.push('/');
        path.extend(utf8_percent_encode(segment, ESCAPED));
    }
    Ok(path)
}
