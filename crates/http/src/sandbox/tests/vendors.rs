//! The vendors as the sandbox plays them: each of their operations can be struck, their token endpoints among them.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use roster_application::authentication::{AccessClaims, Audience};
use roster_application::ports::{Clock, Ids};
use roster_domain::{ApiClientId, Organization, Vendor};
use rstest::rstest;
use serde_json::json;
use tower::ServiceExt;

use super::super::Sandbox;
use super::super::sever::Sever;
use crate::dialects::memory::keys::OWN;
use crate::dialects::memory::{Memory, organization};

const UPHEAL_KEY: &str = "key-of-upheal";
const EMAIL: &str = "sandbox@corti.example";
const PASSWORD: &str = "the-password-of-the-account";
const ID: &str = "01970000-0000-7000-8000-00000000ffff";

/// The whole server with a sandbox, in which each vendor is played by an organization.
struct Vendors {
    memory: Arc<Memory>,
    sandbox: Sandbox,
    router: Router,
    core: ApiClientId,
    connect: ApiClientId,
    corti: ApiClientId,
}

fn player(vendor: Vendor) -> Organization {
    organization(10 + vendor as u128)
}

async fn vendors() -> Vendors {
    let memory = Arc::new(Memory::default());
    let core = memory.add_signing_client(&OWN.public_pem, &player(Vendor::NablaCore));
    let connect = memory.add_signing_client(&OWN.public_pem, &player(Vendor::NablaConnect));
    memory.add_api_key(UPHEAL_KEY, &player(Vendor::Upheal));
    let corti = memory
        .add_service_account(EMAIL, PASSWORD, &player(Vendor::Corti))
        .await;
    let players = Vendor::ALL.into_iter().map(|vendor| (vendor, player(vendor)));
    let sandbox = Sandbox::new(organization(1).id, players);
    let router = crate::router(memory.services(), Some(sandbox.clone()));
    Vendors {
        memory,
        sandbox,
        router,
        core,
        connect,
        corti,
    }
}

impl Vendors {
    fn prefix(vendor: Vendor) -> &'static str {
        match vendor {
            Vendor::NablaCore => "/nabla/v1/core/server",
            Vendor::NablaConnect => "/nabla/v1/connect/server",
            Vendor::Upheal => "/upheal/v2",
            Vendor::Corti => "/corti/functions/v1/public",
        }
    }

    /// A call of the organization that plays the vendor.
    async fn call(&self, vendor: Vendor, method: &str, path: &str) -> Response {
        let token = match vendor {
            Vendor::NablaCore => self.token(vendor, self.core, Audience::NablaCoreServer),
            Vendor::NablaConnect => self.token(vendor, self.connect, Audience::NablaConnectServer),
            Vendor::Upheal => UPHEAL_KEY.to_owned(),
            Vendor::Corti => self.token(vendor, self.corti, Audience::Corti),
        };
        let body = if ["POST", "PATCH"].contains(&method) { "{}" } else { "" };
        self.send(method, &format!("{}{path}", Self::prefix(vendor)), Some(&token), body)
            .await
    }

    fn token(&self, vendor: Vendor, client: ApiClientId, audience: Audience) -> String {
        let claims = AccessClaims {
            client,
            organization: player(vendor).id,
        };
        let issued = Memory::tokens().issue_access(claims, audience, self.memory.new_id(), self.memory.now());
        issued.unwrap()
    }

    /// A call for a token, with credentials that are right.
    async fn ask_for_token(&self, vendor: Vendor) -> Response {
        let signed_by = |client: ApiClientId| {
            let url = format!("https://roster.example{}/oauth/token", Self::prefix(vendor));
            let (now, client) = (self.memory.now().timestamp(), client.to_string());
            let assertion = OWN.sign(&json!({"iss": client, "sub": client, "aud": url, "iat": now, "exp": now + 60}));
            json!({
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion,
            })
        };
        let (path, body) = match vendor {
            Vendor::NablaCore => ("/oauth/token", signed_by(self.core)),
            Vendor::NablaConnect => ("/oauth/token", signed_by(self.connect)),
            Vendor::Corti => ("/auth/token", json!({"email": EMAIL, "password": PASSWORD})),
            Vendor::Upheal => unreachable!("Upheal has no token endpoint"),
        };
        let path = format!("{}{path}", Self::prefix(vendor));
        self.send("POST", &path, None, &body.to_string()).await
    }

    async fn send(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> Response {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }
}

#[rstest]
#[case(Vendor::NablaCore, "create", "POST", "/users")]
#[case(Vendor::NablaCore, "list", "GET", "/users")]
#[case(Vendor::NablaCore, "get", "GET", "/users/{id}")]
#[case(Vendor::NablaCore, "find", "GET", "/users/find_by_external_id/e")]
#[case(Vendor::NablaCore, "update", "PATCH", "/users/{id}")]
#[case(Vendor::NablaCore, "activate", "POST", "/users/{id}/activate")]
#[case(Vendor::NablaCore, "deactivate", "POST", "/users/{id}/deactivate")]
#[case(Vendor::NablaCore, "authenticate", "POST", "/jwt/authenticate/{id}")]
#[case(Vendor::NablaConnect, "upsert", "POST", "/users")]
#[case(Vendor::Upheal, "check", "POST", "/users/check")]
#[case(Vendor::Upheal, "create", "POST", "/users/providers")]
#[case(Vendor::Upheal, "create", "POST", "/organizations/o/users/providers")]
#[case(Vendor::Upheal, "get", "GET", "/users/providers/{id}")]
#[case(Vendor::Upheal, "get", "GET", "/users/{id}")]
#[case(Vendor::Upheal, "update", "PATCH", "/users/providers/{id}")]
#[case(Vendor::Upheal, "update", "PATCH", "/users/{id}")]
#[case(Vendor::Upheal, "activate", "POST", "/users/{id}/activate")]
#[case(Vendor::Upheal, "deactivate", "DELETE", "/users/{id}")]
#[case(Vendor::Corti, "list_customers", "GET", "/projects/default/customers")]
#[case(Vendor::Corti, "create_customer", "POST", "/projects/default/customers")]
#[case(Vendor::Corti, "update_customer", "PATCH", "/projects/default/customers/c")]
#[case(Vendor::Corti, "delete_customer", "DELETE", "/projects/default/customers/c")]
#[case(Vendor::Corti, "list", "GET", "/projects/default/customers/default/users")]
#[case(Vendor::Corti, "create", "POST", "/projects/default/customers/default/users")]
#[case(Vendor::Corti, "update", "PATCH", "/projects/default/customers/default/users/{id}")]
#[case(Vendor::Corti, "delete", "DELETE", "/projects/default/customers/default/users/{id}")]
#[tokio::test]
async fn every_operation_can_be_struck_alone(
    #[case] vendor: Vendor,
    #[case] operation: &str,
    #[case] method: &str,
    #[case] path: &str,
) {
    let vendors = vendors().await;
    let path = path.replace("{id}", ID);
    // The one set first is for another operation, and lets the call through.
    let another = if operation == "create" { "list" } else { "create" };
    for (operation, status) in [(another, 502), (operation, 504)] {
        vendors.sandbox.set_fault_for_test(json!({
            "vendor": vendor.name(), "operation": operation, "times": 1,
            "fault": {"kind": "status", "status": status},
        }));
    }

    let struck = vendors.call(vendor, method, &path).await;
    let after = vendors.call(vendor, method, &path).await;

    assert_eq!(struck.status(), StatusCode::GATEWAY_TIMEOUT);
    assert!(!after.status().is_server_error(), "{after:?}");
    let noted = vendors.sandbox.noted_for_test();
    assert!(
        noted[0].ends_with("504 status") && noted[1].ends_with(" -"),
        "{noted:?}"
    );
}

#[rstest]
#[tokio::test]
async fn every_token_endpoint_can_be_struck(
    #[values(Vendor::NablaCore, Vendor::NablaConnect, Vendor::Corti)] vendor: Vendor,
) {
    let vendors = vendors().await;
    for fault in [
        json!({"kind": "status", "status": 503, "retry_after": 3}),
        json!({"kind": "unauthorized"}),
        json!({"kind": "malformed"}),
        json!({"kind": "wrong_content_type"}),
        json!({"kind": "reset"}),
        json!({"kind": "drop_reply"}),
    ] {
        let fault = json!({"vendor": vendor.name(), "operation": "token", "times": 1, "fault": fault});
        vendors.sandbox.set_fault_for_test(fault);
    }

    let unavailable = vendors.ask_for_token(vendor).await;
    assert_eq!(
        (unavailable.status().as_u16(), &unavailable.headers()["retry-after"]),
        (503, &"3".parse().unwrap())
    );
    assert_eq!(vendors.ask_for_token(vendor).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        super::text(vendors.ask_for_token(vendor).await).await,
        r#"{"id": "0198"#
    );
    assert_eq!(
        vendors.ask_for_token(vendor).await.headers()["content-type"],
        "text/html"
    );
    assert!(Sever::is_on(&vendors.ask_for_token(vendor).await));
    assert!(Sever::is_on(&vendors.ask_for_token(vendor).await));

    let after = vendors.ask_for_token(vendor).await;
    assert_eq!(after.status(), StatusCode::OK, "{}", super::text(after).await);
}

/// Upheal documents 300 requests a minute; a storm of faults must not run into that, or into a limit of another vendor.
#[rstest]
#[case(Vendor::NablaCore, "GET", "/users")]
#[case(Vendor::NablaConnect, "POST", "/users")]
#[case(Vendor::Upheal, "POST", "/users/check")]
#[case(Vendor::Corti, "GET", "/projects/default/customers/default/users")]
#[tokio::test]
async fn whoever_plays_a_vendor_may_be_called_as_often_as_one_likes(
    #[case] vendor: Vendor,
    #[case] method: &str,
    #[case] path: &str,
) {
    let vendors = vendors().await;

    for _ in 0..301 {
        let answer = vendors.call(vendor, method, path).await;
        assert_ne!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    }
}
