//! An administrator's client of Corti's Admin API.

use serde_json::{Value, json};

use crate::{Answer, Api, Server, clock};

/// Where the API is.
pub const CORTI: &str = "/corti/functions/v1/public";

/// An account that signs in with e-mail address and password.
#[derive(Debug, Clone)]
pub struct Account {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
}

impl Account {
    /// Registers a new account for the organization of a caller.
    pub async fn register(organization: &Api) -> Self {
        let name = clock::fresh();
        let account = Self {
            email: format!("console-{}@example.org", &name[..12]),
            password: format!("P4ss!{}", &name[12..]),
        };
        let description = json!({
            "kind": "service_account", "email": account.email, "password": account.password,
        });
        organization.post("/v1/clients", description).await.expect(201);
        account
    }

    /// Signs in.
    pub async fn sign_in(&self, server: &Server) -> Answer {
        sign_in(server, &self.email, &self.password).await
    }

    /// A caller of the API, signed in.
    pub async fn api(&self, server: &Server) -> Api {
        let token = self.sign_in(server).await.expect(200).text_at("/accessToken");
        Api::new(&server.url()).below(CORTI).bearer(&token)
    }
}

/// Tries to sign in.
pub async fn sign_in(server: &Server, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    Api::new(&server.url()).below(CORTI).post("/auth/token", body).await
}

/// A caller of the API, signed in, for the organization of a caller.
pub async fn admin(server: &Server, organization: &Api) -> Api {
    Account::register(organization).await.api(server).await
}

/// A caller as [`admin`], below the project that is the organization.
pub async fn project(server: &Server, organization: &Api) -> Api {
    let slug = organization.get("/v1/organization").await.expect(200).text_at("/slug");
    admin(server, organization).await.below(&format!("/projects/{slug}"))
}

/// What makes a user, and no more than is required.
pub fn user(email: &str) -> Value {
    json!({ "firstName": "Ann", "lastName": "Moreau", "email": email })
}

/// What makes a customer, and no more than is required.
pub fn customer(id: &str) -> Value {
    json!({ "customerId": id, "displayName": "Clinic" })
}
