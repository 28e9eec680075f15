//! OAuth 2.0 client credentials with a signed assertion (RFC 6749 section 4.4, RFC 7523), as both of Nabla's APIs ask for it.

mod assertion;

use std::sync::Arc;

use roster_application::credentials::Credentials;
use roster_application::ports::{Clock, Ids, Target, VendorError};
use roster_wire::nabla::{ReportedError, TOKEN_PATH, TokenRequest};
use secrecy::{ExposeSecret, SecretString};

pub(crate) use self::assertion::can_sign;
use crate::access_token::Granted;
use crate::egress::{Confidential, Egress};
use crate::tokens::{self, Endpoint, Identity, TokenSource, unusable};

/// The access tokens of OAuth clients.
pub(crate) type Tokens = tokens::Tokens<OAuthClients>;

/// OAuth clients, who sign that they are who they are.
pub(crate) struct OAuthClients {
    ids: Arc<dyn Ids>,
}

/// A client at its token endpoint.
pub(crate) struct Request {
    endpoint: Endpoint,
    client_id: String,
    private_key: SecretString,
}

impl Tokens {
    pub(crate) fn new(egress: Egress, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self::from(OAuthClients { ids }, egress, clock)
    }
}

impl TokenSource for OAuthClients {
    type Request = Request;

    fn request(&self, target: Target<'_>) -> Result<Request, VendorError> {
        let Credentials::OAuthClient { client_id, private_key } = target.credentials else {
            let name = target.connection.vendor.title();
            return Err(unusable(format!(
                "{name} needs an OAuth client's credentials: replace them"
            )));
        };
        Ok(Request {
            endpoint: Endpoint::of(target, TOKEN_PATH),
            client_id: client_id.clone(),
            private_key: private_key.clone(),
        })
    }

    fn identity(request: &Request) -> Identity {
        let key = request.private_key.expose_secret();
        request.endpoint.identity([&request.client_id, key])
    }

    async fn fetch(&self, request: &Request, egress: &Egress, clock: &dyn Clock) -> Result<Granted, VendorError> {
        let Request {
            endpoint,
            client_id,
            private_key,
        } = request;
        // The audience is the exact URL of the token endpoint.
        let signed = assertion::sign(client_id, private_key, &endpoint.url, self.ids.new_id(), clock.now());
        let assertion = signed.map_err(|error| {
            let name = endpoint.vendor.title();
            VendorError {
                source: Some(Box::new(error)),
                ..unusable(format!(
                    "the private key for {name} is not an RSA key that can sign: replace it"
                ))
            }
        })?;
        let confidential = Confidential::nothing()
            .and(assertion.expose())
            .and(private_key.expose_secret());
        let body = TokenRequest::new(assertion);
        endpoint
            .ask(egress, clock, (&body, confidential), ReportedError::read)
            .await
    }
}
