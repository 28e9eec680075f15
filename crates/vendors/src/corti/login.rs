//! Access tokens of an account of the console, known by e-mail address and password.

use std::sync::Arc;

use roster_application::credentials::Credentials;
use roster_application::ports::{Clock, Target, VendorError};
use roster_wire::corti::{Secret, TOKEN_PATH, TokenRequest};
use secrecy::{ExposeSecret, SecretString};

use super::answers::Refusal;
use crate::access_token::Granted;
use crate::egress::{Confidential, Egress};
use crate::tokens::{self, Endpoint, Identity, TokenSource, unusable};

/// The access tokens of accounts.
pub(super) type Tokens = tokens::Tokens<Accounts>;

/// Accounts, which sign in.
pub(super) struct Accounts;

/// An account at the token endpoint.
pub(super) struct Request {
    endpoint: Endpoint,
    email: String,
    password: SecretString,
}

impl Tokens {
    pub(super) fn new(egress: Egress, clock: Arc<dyn Clock>) -> Self {
        Self::from(Accounts, egress, clock)
    }
}

impl TokenSource for Accounts {
    type Request = Request;

    fn request(&self, target: Target<'_>) -> Result<Request, VendorError> {
        let Credentials::ServiceAccount { email, password } = target.credentials else {
            return Err(unusable(
                "Corti needs an account's e-mail address and password: replace the credentials".to_owned(),
            ));
        };
        Ok(Request {
            endpoint: Endpoint::of(target, TOKEN_PATH),
            email: email.clone(),
            password: password.clone(),
        })
    }

    fn identity(request: &Request) -> Identity {
        let password = request.password.expose_secret();
        request.endpoint.identity([&request.email, password])
    }

    async fn fetch(&self, request: &Request, egress: &Egress, clock: &dyn Clock) -> Result<Granted, VendorError> {
        let password = request.password.expose_secret();
        let body = TokenRequest {
            email: request.email.clone(),
            password: Secret::new(password),
        };
        let confidential = Confidential::nothing().and(password);
        let endpoint = &request.endpoint;
        endpoint.ask(egress, clock, (&body, confidential), Refusal::read).await
    }
}
