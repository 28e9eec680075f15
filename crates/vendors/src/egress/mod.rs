//! The way out: every call to a vendor or for a key set goes through here.
//!
//! Redirects are never followed, answers are bounded in time and size, no cookie is kept, nothing is sent twice, and
//! no proxy is taken from the environment: behind one, the address that is called would be the proxy's to choose.

mod addresses;
mod answer;
mod confidential;
mod preview;
mod retry_after;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::Method;
use reqwest::{Client, ClientBuilder, RequestBuilder, redirect, retry};
use url::Url;

pub(crate) use addresses::leads_inside;
use addresses::{InsideOnly, PublicOnly};
pub(crate) use answer::Answer;
pub(crate) use confidential::Confidential;
pub(crate) use preview::{MASK, preview};

/// How long a call may take, and how much it may bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EgressLimits {
    /// The longest wait for a connection.
    pub connect: Duration,
    /// The longest wait for the whole answer, connecting included.
    pub call: Duration,
    /// The most bytes of an answer's body.
    pub body: usize,
}

impl Default for EgressLimits {
    /// 5 s to connect, 10 s for all, 1 MiB.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            call: Duration::from_secs(10),
            body: 1024 * 1024,
        }
    }
}

/// The HTTP client that is set up badly; the machine's TLS is broken.
#[derive(Debug, thiserror::Error)]
#[error("outgoing HTTP cannot be set up")]
pub struct EgressError(#[source] reqwest::Error);

/// The way out. Cloning it shares its connections.
///
/// There are two clients: one that calls public addresses over `https` only, one for connections that allow private
/// addresses. They share no connection, so what the one opened the other cannot use.
#[derive(Clone)]
pub struct Egress {
    public: Client,
    anywhere: Client,
    limits: EgressLimits,
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Egress {
    /// Sets the way out up. Certificates are checked against the machine's own roots, so that an operator's own
    /// authority works; a machine that has none can still call `http` inside its network.
    pub fn new(limits: EgressLimits) -> Result<Self, EgressError> {
        let public = || builder(&limits).https_only(true).dns_resolver(PublicOnly);
        let anywhere = || builder(&limits);
        Ok(Self {
            public: build(public)?,
            anywhere: build(anywhere)?,
            limits,
        })
    }

    /// The longest that a call takes.
    pub(crate) fn call_limit(&self) -> Duration {
        self.limits.call
    }

    /// Begins a request, if the address may be called at all.
    pub(crate) fn request(
        &self,
        method: Method,
        url: &str,
        allow_private_addresses: bool,
    ) -> Result<RequestBuilder, CallError> {
        let url = Url::parse(url).map_err(|error| CallError::Malformed(error.into()))?;
        if allow_private_addresses {
            return Ok(self.anywhere.request(method, url));
        }
        if url.scheme() != "https" {
            return Err(CallError::Insecure);
        }
        // A literal address never reaches the resolver that checks names.
        if leads_inside(&url) {
            return Err(CallError::Inside);
        }
        Ok(self.public.request(method, url))
    }

    /// Sends a request, once, and reads the answer, which repeats nothing that is confidential to whoever asks for its words.
    pub(crate) async fn send(&self, request: RequestBuilder, confidential: Confidential) -> Result<Answer, CallError> {
        let (client, request) = request.build_split();
        let request = request.map_err(CallError::of)?;
        let confidential = confidential.and_of_headers(request.headers());
        let response = client.execute(request).await.map_err(CallError::of)?;
        Answer::read(response, self.limits.body, confidential).await
    }
}

fn builder(limits: &EgressLimits) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("roster/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(limits.connect)
        .timeout(limits.call)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_proxy()
}

fn build(builder: impl Fn() -> ClientBuilder) -> Result<Client, EgressError> {
    builder().build().or_else(|error| {
        tracing::warn!(
            error = &error as &dyn Error,
            "no root certificates were found on this machine: calls over https will fail"
        );
        builder().tls_certs_only([]).build().map_err(EgressError)
    })
}

/// A call that brought no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The URL or a header cannot be written. Nothing was sent.
    #[error("the request cannot be written")]
    Malformed(#[source] Box<dyn Error + Send + Sync>),
    /// `http` to where only `https` is allowed. Nothing was sent.
    #[error("the URL is not https")]
    Insecure,
    /// The address is not public, and only public ones are allowed. Nothing was sent.
    #[error("the address is not a public one")]
    Inside,
    /// There is no connection: no such name, refused, or no agreement on TLS. Nothing was sent.
    #[error("no connection")]
    Unreachable(#[source] reqwest::Error),
    /// The time ran out after the request may have been sent.
    #[error("no answer in time")]
    TimedOut(#[source] reqwest::Error),
    /// The connection broke after the request may have been sent.
    #[error("the connection broke")]
    Broken(#[source] reqwest::Error),
}

impl CallError {
    fn of(error: reqwest::Error) -> Self {
        // Addresses of calls hold external ids, which do not belong in logs.
        let error = error.without_url();
        if InsideOnly::caused(&error) {
            Self::Inside
        } else if error.is_builder() {
            Self::Malformed(error.into())
        } else if error.is_connect() {
            Self::Unreachable(error)
        } else if error.is_timeout() {
            Self::TimedOut(error)
        } else {
            Self::Broken(error)
        }
    }
}
