//! A partner's client of Upheal.

use serde_json::{Value, json};

use crate::{Api, Server};

/// Where the endpoints with session types are.
pub const V1: &str = "/upheal/v1";
/// Where the endpoints with note templates are.
pub const V2: &str = "/upheal/v2";

/// A caller whose API key is in the vendor's header and nowhere else.
pub fn with_key(server: &Server, prefix: &str, key: &str) -> Api {
    Api::new(&server.url()).below(prefix).with("x-api-key", key)
}

/// What makes a provider, and no more than is required.
pub fn provider(email: &str) -> Value {
    json!({ "firstName": "Ann", "lastName": "Moreau", "email": email })
}

/// What makes a provider with an id of the partner's.
pub fn partners_provider(partner_user_id: &str, email: &str) -> Value {
    json!({ "partnerUserId": partner_user_id, "firstName": "Ann", "lastName": "Moreau", "email": email })
}
