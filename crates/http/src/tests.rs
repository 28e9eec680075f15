//! What holds of all surfaces together: a client that is limited to one of them opens no other.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use roster_application::authentication::{AccessClaims, Audience};
use roster_application::ports::{Clock, Ids};
use roster_domain::{ApiClientId, Surface};
use serde_json::json;
use tower::ServiceExt;

use crate::dialects::memory::{Memory, keys, organization};
use crate::sandbox::Sandbox;

const EMAIL: &str = "it@example.org";
const PASSWORD: &str = "correct-horse-battery";

/// What is sent to prove who one is.
enum Proof {
    /// A key, in a header, with what stands before it.
    Key(&'static str, &'static str),
    /// An access token that was issued to the OAuth client.
    Token(Audience),
    /// The assertion that the OAuth client exchanges for a token, made out to the API at a prefix.
    Assertion(&'static str),
    /// An access token that was issued to the service account.
    AccountsToken,
    /// The service account's address and password.
    Login,
}

/// A way into a surface.
struct Door {
    surface: Surface,
    path: &'static str,
    proof: Proof,
}

const BEARER: Proof = Proof::Key("authorization", "Bearer ");

const fn door(surface: Surface, path: &'static str, proof: Proof) -> Door {
    Door { surface, path, proof }
}

/// Every way into every surface.
const DOORS: &[Door] = &[
    door(Surface::V1, "GET /v1/users", BEARER),
    // The sandbox is operated with what operates the organization.
    door(Surface::V1, "GET /sandbox/calls", BEARER),
    door(Surface::Scim, "GET /scim/v2/Users", BEARER),
    door(Surface::NablaCore, "GET /nabla/v1/copilot-api/server/users", BEARER),
    door(
        Surface::NablaCore,
        "GET /nabla/v1/core/server/users",
        Proof::Token(Audience::NablaCoreServer),
    ),
    door(
        Surface::NablaCore,
        "POST /nabla/v1/core/server/oauth/token",
        Proof::Assertion("/nabla/v1/core/server"),
    ),
    door(
        Surface::NablaConnect,
        "POST /nabla/v1/connect/server/users",
        Proof::Token(Audience::NablaConnectServer),
    ),
    door(
        Surface::NablaConnect,
        "POST /nabla/v1/connect/server/oauth/token",
        Proof::Assertion("/nabla/v1/connect/server"),
    ),
    door(Surface::Upheal, "GET /upheal/v1/users/nobody", BEARER),
    door(
        Surface::Upheal,
        "GET /upheal/v2/users/nobody",
        Proof::Key("x-api-key", ""),
    ),
    door(
        Surface::Corti,
        "GET /corti/functions/v1/public/projects/default/customers",
        Proof::AccountsToken,
    ),
    door(
        Surface::Corti,
        "POST /corti/functions/v1/public/auth/token",
        Proof::Login,
    ),
];

/// The server, and a client of each kind.
struct Given {
    memory: Arc<Memory>,
    router: Router,
    clients: [ApiClientId; 3],
}

impl Given {
    async fn new() -> Self {
        let memory = Arc::new(Memory::default());
        let organization = organization(1);
        let key = memory.add_api_key("right", &organization);
        let oauth = memory.add_signing_client(&keys::OWN.public_pem, &organization);
        let account = memory.add_service_account(EMAIL, PASSWORD, &organization).await;
        let sandbox = Sandbox::new(organization.id, []);
        Self {
            router: crate::router(memory.services(), Some(sandbox)),
            memory,
            clients: [key, oauth, account],
        }
    }

    fn token(&self, client: ApiClientId, audience: Audience) -> String {
        let claims = AccessClaims {
            client,
            organization: organization(1).id,
        };
        let token = Memory::tokens().issue_access(claims, audience, self.memory.new_id(), self.memory.now());
        format!("Bearer {}", token.expect("a token"))
    }

    /// Knocks at a door, with a key or with another.
    async fn knock(&self, door: &Door, key: &str) -> (StatusCode, String) {
        let [_, oauth, account] = self.clients;
        let (method, path) = door.path.split_once(' ').expect("a method and a path");
        let request = Request::builder()
            .method(method.parse::<Method>().expect("a method"))
            .uri(path)
            .header("content-type", "application/json")
            .header("x-request-id", "the-same");
        let (request, body) = match door.proof {
            Proof::Key(header, before) => (request.header(header, format!("{before}{key}")), String::new()),
            Proof::Token(audience) => (
                request.header("authorization", self.token(oauth, audience)),
                String::new(),
            ),
            Proof::AccountsToken => {
                let token = self.token(account, Audience::Corti);
                (request.header("authorization", token), String::new())
            }
            Proof::Assertion(prefix) => {
                let audience = format!("https://roster.example{prefix}/oauth/token");
                let claims = json!({
                    "iss": oauth.to_string(), "sub": oauth.to_string(), "aud": audience,
                    "exp": self.memory.now().timestamp() + 60,
                });
                let body = json!({
                    "grant_type": "client_credentials",
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    "client_assertion": keys::OWN.sign(&claims),
                });
                (request, body.to_string())
            }
            Proof::Login => (request, json!({"email": EMAIL, "password": PASSWORD}).to_string()),
        };
        let request = request.body(Body::from(body)).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("a body");
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[tokio::test]
async fn a_client_that_is_not_limited_opens_every_surface() {
    let given = Given::new().await;

    for door in DOORS {
        let (status, body) = given.knock(door, "right").await;
        assert_ne!(status, StatusCode::UNAUTHORIZED, "{}: {body}", door.path);
    }
}

#[tokio::test]
async fn a_client_that_is_limited_opens_its_surface_and_no_other() {
    let given = Given::new().await;

    for limit in Surface::CALLABLE {
        for client in given.clients {
            given.memory.limit(client, *limit);
        }
        for door in DOORS {
            let (status, body) = given.knock(door, "right").await;
            let is_in = status != StatusCode::UNAUTHORIZED;
            assert_eq!(is_in, door.surface == *limit, "{limit}, {}: {status} {body}", door.path);
        }
    }
}

#[tokio::test]
async fn a_key_that_opens_another_surface_is_answered_like_one_that_nobody_has() {
    let given = Given::new().await;
    let doors = DOORS.iter().filter(|door| matches!(door.proof, Proof::Key(..)));

    for door in doors {
        let other = Surface::CALLABLE.iter().find(|surface| **surface != door.surface);
        given.memory.limit(given.clients[0], *other.expect("another surface"));
        let limited = given.knock(door, "right").await;
        assert_eq!(limited, given.knock(door, "nobodys").await, "{}", door.path);
    }
}
