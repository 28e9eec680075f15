//! The sandbox, in which Roster plays the vendor: what it is told to do wrong, what it was asked, and whom it has.

use serde_json::{Value, json};

use crate::Api;

/// The sandbox of a server, with the organization `default`'s key.
#[derive(Debug, Clone)]
pub struct Sandbox(Api);

impl Sandbox {
    /// The sandbox that a caller may control.
    pub fn new(api: Api) -> Self {
        Self(api)
    }

    /// Has Nabla Core do something wrong, or another `vendor`. `more` says which, how often and where: `vendor`, `times`, `every`,
    /// `operation`.
    pub async fn fault(&self, fault: Value, more: Value) {
        let mut body = json!({ "vendor": "nabla_core", "fault": fault });
        let (Value::Object(body_fields), Value::Object(more)) = (&mut body, more) else {
            panic!("a fault is described by objects")
        };
        body_fields.extend(more);
        self.0.post("/sandbox/faults", body).await.expect(201);
    }

    /// Panics unless every fault that is set has struck, and none is left to strike: a fault that never came proves
    /// nothing.
    pub async fn all_struck(&self) {
        let faults = self.0.get("/sandbox/faults?vendor=nabla_core").await.expect(200).data();
        assert!(!faults.is_empty(), "no fault is set");
        for fault in faults {
            assert!(fault["fired"].as_u64() > Some(0), "a fault never struck: {fault}");
            assert!(
                fault["remaining"].is_null() || fault["remaining"] == 0,
                "a fault has strikes left: {fault}"
            );
        }
    }

    /// Has everything done right again.
    pub async fn mend(&self) {
        self.0.delete("/sandbox/faults").await.expect(204);
    }

    /// The calls that Nabla Core got, in order.
    pub async fn calls(&self) -> Vec<Value> {
        self.calls_of("nabla_core").await
    }

    /// The calls that a vendor got, in order.
    pub async fn calls_of(&self, vendor: &str) -> Vec<Value> {
        let path = format!("/sandbox/calls?vendor={vendor}");
        self.0.get(&path).await.expect(200).data()
    }

    /// The calls for one operation, such as `create`, in order.
    pub async fn calls_for(&self, operation: &str) -> Vec<Value> {
        self.calls()
            .await
            .into_iter()
            .filter(|call| call["operation"] == operation)
            .collect()
    }

    /// Whom Nabla Core has, as canonical users.
    pub async fn users(&self) -> Vec<Value> {
        self.users_at("nabla_core").await
    }

    /// Whom a vendor has, as canonical users.
    pub async fn users_at(&self, vendor: &str) -> Vec<Value> {
        let path = format!("/sandbox/users?vendor={vendor}");
        self.0.get(&path).await.expect(200).data()
    }
}
