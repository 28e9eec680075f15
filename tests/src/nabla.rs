//! A customer's client of Nabla's APIs: it signs assertions as real ones do, and as attackers would.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};

use crate::{Answer, Api, Server, clock};

/// Where the current generation's server API is.
pub const CORE: &str = "/nabla/v1/core/server";
/// Where the current generation's user API is.
pub const CORE_USER: &str = "/nabla/v1/core/user";
/// Where Nabla Connect's API is.
pub const CONNECT: &str = "/nabla/v1/connect/server";
/// Where the archived generation's server API is.
pub const COPILOT: &str = "/nabla/v1/copilot-api/server";
/// Where the archived generation's user API is.
pub const COPILOT_USER: &str = "/nabla/v1/copilot-api/user";

/// An RSA key pair, in PEM. Made for these tests, and good for nothing else.
#[derive(Debug, Clone, Copy)]
pub struct Keys {
    /// The private key.
    pub private: &'static str,
    /// The public key.
    pub public: &'static str,
}

/// The client's own key.
pub const OWN: Keys = Keys {
    private: include_str!("../fixtures/client.pem"),
    public: include_str!("../fixtures/client.pub.pem"),
};
/// Somebody else's key.
pub const OTHER: Keys = Keys {
    private: include_str!("../fixtures/other.pem"),
    public: include_str!("../fixtures/other.pub.pem"),
};
/// A key to rotate to.
pub const NEXT: Keys = Keys {
    private: include_str!("../fixtures/third.pem"),
    public: include_str!("../fixtures/third.pub.pem"),
};

/// An assertion (RFC 7523) before it is signed.
#[derive(Debug, Clone)]
pub struct Assertion {
    header: Header,
    claims: Map<String, Value>,
}

impl Assertion {
    /// What a correct client says of itself, all optional parts included, valid for a minute.
    pub fn new(client_id: &str, audience: &str) -> Self {
        let now = clock::now().timestamp();
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": audience,
            "exp": now + 60, "iat": now, "jti": clock::fresh(),
        });
        let Value::Object(claims) = claims else {
            unreachable!("claims are an object")
        };
        Self {
            header: Header::new(Algorithm::RS256),
            claims,
        }
    }

    /// With another value for a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// With a claim that is a time, so many seconds from now.
    #[must_use]
    pub fn at(self, name: &str, seconds: i64) -> Self {
        self.claim(name, clock::now().timestamp() + seconds)
    }

    /// Without a claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Without `typ` in the header.
    #[must_use]
    pub fn without_typ(mut self) -> Self {
        self.header.typ = None;
        self
    }

    /// Naming the key that it is signed with.
    #[must_use]
    pub fn kid(mut self, id: &str) -> Self {
        self.header.kid = Some(id.to_owned());
        self
    }

    /// Signed with a private key (RS256).
    pub fn sign(&self, keys: Keys) -> String {
        self.sign_with_pem(keys.private)
    }

    /// Signed with a private key in PEM (RS256).
    pub fn sign_with_pem(&self, private: &str) -> String {
        let key = EncodingKey::from_rsa_pem(private.as_bytes()).expect("a private key in PEM");
        jsonwebtoken::encode(&self.header, &self.claims, &key).expect("an assertion is signed")
    }

    /// Signed with a shared secret (HS256), which an attacker chooses.
    pub fn sign_with_secret(&self, secret: &[u8]) -> String {
        let header = Header::new(Algorithm::HS256);
        jsonwebtoken::encode(&header, &self.claims, &EncodingKey::from_secret(secret)).expect("it is signed")
    }

    /// Not signed at all (`alg` is `none`).
    pub fn unsigned(&self) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "none", "typ": "JWT" });
        format!("{}.{}.", part(&header), part(&Value::Object(self.claims.clone())))
    }
}

/// The body of a token request.
pub fn token_request(assertion: &str) -> Value {
    json!({
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    })
}

/// An OAuth client that is registered with a Roster.
#[derive(Debug, Clone)]
pub struct OauthClient {
    /// The client's id: `iss` and `sub` of its assertions.
    pub id: String,
    /// The server API, without credentials.
    pub api: Api,
}

impl OauthClient {
    /// Registers a client with its own static key, for the organization of a caller.
    pub async fn register(server: &Server, organization: &Api) -> Self {
        Self::register_as(
            server,
            organization,
            json!({ "kind": "oauth_client", "public_key": OWN.public }),
        )
        .await
    }

    /// Registers a client as described.
    pub async fn register_as(server: &Server, organization: &Api, description: Value) -> Self {
        let made = organization.post("/v1/clients", description).await.expect(201);
        Self {
            id: made.text_at("/id"),
            api: Api::new(&server.url()).below(CORE),
        }
    }

    /// The same client, at another of Nabla's APIs.
    pub fn at(&self, server: &Server, prefix: &str) -> Self {
        Self {
            id: self.id.clone(),
            api: Api::new(&server.url()).below(prefix),
        }
    }

    /// The audience of its assertions: the exact URL of the token endpoint.
    pub fn audience(&self) -> String {
        format!("{}/oauth/token", self.api.base())
    }

    /// A correct assertion, not signed yet.
    pub fn assertion(&self) -> Assertion {
        Assertion::new(&self.id, &self.audience())
    }

    /// Asks for a token.
    pub async fn ask(&self, assertion: &str) -> Answer {
        self.api.post("/oauth/token", token_request(assertion)).await
    }

    /// A caller of the server API with a token.
    pub async fn connect(&self) -> Api {
        let token = self
            .ask(&self.assertion().sign(OWN))
            .await
            .expect(200)
            .text_at("/access_token");
        self.api.bearer(&token)
    }
}

/// A caller of the current generation's server API, with a token, for the organization of a caller.
pub async fn core(server: &Server, organization: &Api) -> Api {
    OauthClient::register(server, organization).await.connect().await
}

/// A caller of Nabla Connect, with a token, for the organization of a caller.
pub async fn connect(server: &Server, organization: &Api) -> Api {
    OauthClient::register(server, organization)
        .await
        .at(server, CONNECT)
        .connect()
        .await
}
