//! The surfaces that users are reached through: who may call them, and how they write errors.

use crate::nabla::{self, CONNECT, COPILOT, CORE};
use crate::{Answer, Api, Server, corti, upheal};

/// A surface: one way to write errors, one kind of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Surface {
    /// The canonical API.
    V1,
    /// Nabla Core, its current generation.
    NablaCore,
    /// Nabla Core, its archived generation.
    NablaCopilotApi,
    /// Nabla Connect.
    NablaConnect,
    /// Upheal.
    Upheal,
    /// Corti.
    Corti,
}

impl Surface {
    /// The surface that a path belongs to. A new one has to be told here, or every test that goes through all of them fails.
    #[track_caller]
    pub fn of(path: &str) -> Self {
        let prefixes = [
            ("/v1/", Self::V1),
            ("/nabla/v1/core/", Self::NablaCore),
            ("/nabla/v1/copilot-api/", Self::NablaCopilotApi),
            ("/nabla/v1/connect/", Self::NablaConnect),
            ("/upheal/v1/", Self::Upheal),
            ("/upheal/v2/", Self::Upheal),
            ("/corti/functions/v1/public/", Self::Corti),
        ];
        let found = prefixes.iter().find(|(prefix, _)| path.starts_with(prefix));
        found
            .unwrap_or_else(|| panic!("{path} is on no surface that the tests know"))
            .1
    }

    /// A caller of the server's root with credentials for this surface, for the organization of a caller.
    pub async fn caller(self, server: &Server, organization: &Api) -> Api {
        let caller = match self {
            Self::V1 | Self::NablaCopilotApi | Self::Upheal => organization.clone(),
            Self::NablaCore => nabla::core(server, organization).await,
            Self::NablaConnect => nabla::connect(server, organization).await,
            Self::Corti => corti::admin(server, organization).await,
        };
        caller.at(&server.url())
    }

    /// Whether an answer is an error in the shape of this surface; else, what is wrong with it.
    pub fn check(self, answer: &Answer) -> Result<(), String> {
        match self {
            Self::V1 => answer.is_problem(),
            Self::NablaCore | Self::NablaCopilotApi | Self::NablaConnect => answer.is_envelope(),
            Self::Upheal => answer.is_upheal_error(),
            Self::Corti => answer.is_corti_error(),
        }
    }

    /// Asserts that an answer is an error in the shape of this surface.
    #[track_caller]
    pub fn is_error(self, answer: &Answer) {
        self.check(answer).unwrap_or_else(|wrong| panic!("{wrong}"));
    }

    /// The endpoint that makes users, where one path makes them for everybody.
    pub fn creation(self) -> String {
        match self {
            Self::V1 => "/v1/users".to_owned(),
            Self::NablaCore => format!("{CORE}/users"),
            Self::NablaCopilotApi => format!("{COPILOT}/users"),
            Self::NablaConnect => format!("{CONNECT}/users"),
            Self::Upheal => format!("{}/users/providers", upheal::V2),
            Self::Corti => format!("{}/projects/default/customers/default/users", corti::CORTI),
        }
    }
}
