//! The sandbox is the same however often, and by however many at once, it is set up; and what is said to open it does.

use std::sync::Arc;

use roster_application::credentials::Credentials;
use roster_application::ports::Entropy;
use secrecy::ExposeSecret;

use super::*;
use crate::adapters::SystemEntropy;
use crate::settings::{Database, ServeArgs, Settings, SettingsArgs};
use crate::wiring::OpenStore;

const URL: &str = "http://127.0.0.1:8080";

/// A database, and the operator's key.
struct World {
    store: Arc<OpenStore>,
    settings: Settings,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/r.db", folder.path().display());
        let settings = Settings {
            database: Database::parse(&url).expect("a database"),
            ..Settings::load(&SettingsArgs::default(), &ServeArgs::default()).expect("settings")
        };
        let store = Arc::new(OpenStore::open(&settings).await.expect("a store"));
        Self {
            store,
            settings,
            _folder: folder,
        }
    }

    /// What a process with this secret key works with.
    fn process(&self, secret_key: &SecretKey) -> Wired {
        Wired::new(self.store.ports(), secret_key, &self.settings).expect("wired")
    }

    /// A start of a server with this secret key.
    async fn start(&self, secret_key: &SecretKey, old_key_is_given_up: bool) {
        let wired = self.process(secret_key);
        let default = wired
            .desk
            .organizations
            .ensure(&Slug::default_organization(), None)
            .await
            .expect("an organization")
            .organization;
        set_up(&wired, secret_key, &default, URL, old_key_is_given_up)
            .await
            .expect("set up");
    }

    /// What the command line says to somebody with this secret key.
    async fn ask(&self, secret_key: &SecretKey, public_url: Option<&str>) -> Result<Accesses, Failure> {
        let finder = Finder {
            wired: &self.process(secret_key),
            secret_key,
            public_url,
            local_url: "http://127.0.0.1:9999",
            database: "the database",
        };
        finder.find().await
    }

    /// Everything secret that stays the same from one start to the next.
    async fn secrets(&self, secret_key: &SecretKey) -> Vec<String> {
        let found = self.ask(secret_key, None).await.expect("found");
        assert_eq!(found.shut, Vec::<Vendor>::new());
        let secret = |access: &Access| match &access.opener {
            Opener::AccessToken { private_key, .. } => {
                let key = private_key.as_ref().expect("a private key");
                key.expose_secret().to_owned()
            }
            Opener::ApiKey { api_key, .. } => api_key.expose_secret().to_owned(),
            Opener::ServiceAccount { password, .. } => password.expose_secret().to_owned(),
        };
        found.open.iter().map(secret).collect()
    }
}

fn key(byte: u8) -> SecretKey {
    SecretKey::from_bytes([byte; 32])
}

#[tokio::test]
async fn every_vendor_has_an_organization_and_everything_that_opens_its_apis_is_known() {
    let world = World::new().await;
    world.start(&key(1), false).await;

    let found = world.ask(&key(1), None).await.expect("found");

    let shown: Vec<_> = found
        .open
        .iter()
        .map(|access| (access.title, access.organization, access.base_url.strip_prefix(URL)))
        .collect();
    assert_eq!(
        shown,
        [
            ("Nabla Core", "sandbox-nabla-core", Some("/nabla/v1/core/server")),
            (
                "Nabla Core, archived generation",
                "sandbox-nabla-core",
                Some("/nabla/v1/copilot-api/server")
            ),
            (
                "Nabla Connect",
                "sandbox-nabla-connect",
                Some("/nabla/v1/connect/server")
            ),
            ("Upheal, version 1", "sandbox-upheal", Some("/upheal/v1")),
            ("Upheal, version 2", "sandbox-upheal", Some("/upheal/v2")),
            ("Corti", "sandbox-corti", Some("/corti/functions/v1/public")),
        ]
    );
}

#[tokio::test]
async fn whoever_has_the_credentials_acts_for_the_organization_that_plays_the_vendor() {
    let world = World::new().await;
    world.start(&key(1), false).await;
    let wired = world.process(&key(1));

    for access in world.ask(&key(1), None).await.expect("found").open {
        let opening = access.vendor.into();
        let caller = match &access.opener {
            Opener::AccessToken {
                client_id,
                access_token,
                ..
            } => {
                let audience = match access.vendor {
                    Vendor::NablaConnect => roster_application::authentication::Audience::NablaConnectServer,
                    _ => roster_application::authentication::Audience::NablaCoreServer,
                };
                let now = wired.clock.now();
                let claims = wired.tokens.read_access(access_token.expose_secret(), audience, now);
                assert_eq!(claims.expect("a token").client, *client_id);
                wired.authentication.by_client_id(*client_id, opening).await
            }
            Opener::ApiKey { api_key, .. } => {
                let key = api_key.expose_secret();
                wired.authentication.by_api_key(key, opening).await
            }
            Opener::ServiceAccount { email, password, .. } => {
                let password = password.clone();
                wired.authentication.by_service_account(email, password, opening).await
            }
        };
        let caller = caller.expect("looked up").expect("a caller");
        assert_eq!(
            caller.organization.slug.as_str(),
            access.organization,
            "{}",
            access.title
        );
    }
}

#[tokio::test]
async fn credentials_are_the_same_after_every_start() {
    let world = World::new().await;
    world.start(&key(1), false).await;
    let first = world.secrets(&key(1)).await;

    world.start(&key(1), false).await;

    assert_eq!(world.secrets(&key(1)).await, first);
}

#[tokio::test]
async fn a_new_secret_key_makes_other_credentials_and_those_before_open_nothing() {
    let world = World::new().await;
    world.start(&key(1), false).await;
    let before = world.secrets(&key(1)).await;

    assert!(
        world.ask(&key(2), None).await.is_err(),
        "nothing is set up for this key"
    );
    world.start(&key(2), true).await;

    let after = world.secrets(&key(2)).await;
    assert_eq!(before.len(), after.len());
    assert!(before.iter().zip(&after).all(|(before, after)| before != after));
    let said = world.ask(&key(1), None).await.err().expect("refused").to_string();
    assert!(said.contains("another secret key"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_set_it_up_at_once() {
    let world = Arc::new(World::new().await);
    // A restart with another key while there are clients of the one before, and the very first start.
    for (byte, given_up) in [(1, false), (2, true)] {
        let starts: Vec<_> = (0..6)
            .map(|_| {
                let world = Arc::clone(&world);
                tokio::spawn(async move { world.start(&key(byte), given_up).await })
            })
            .collect();
        for start in starts {
            start.await.expect("set up");
        }

        assert_eq!(world.secrets(&key(byte)).await.len(), 6);
    }
}

#[tokio::test]
async fn an_address_that_somebody_else_has_shuts_corti_and_nothing_else() {
    let world = World::new().await;
    let wired = world.process(&key(1));
    let default = wired
        .desk
        .organizations
        .ensure(&Slug::default_organization(), None)
        .await;
    let default = default.expect("an organization").organization;
    let other = Registration {
        wired: &wired,
        organization: &default,
        vendor: Vendor::Corti,
        id: ApiClientId::new(Uuid::from_bytes(
            SystemEntropy.bytes()[..16].try_into().expect("16 bytes"),
        )),
        credentials: Credentials::ServiceAccount {
            email: credentials::SERVICE_ACCOUNT.to_owned(),
            password: credentials::password(),
        },
    };
    other.make().await.expect("made");

    world.start(&key(1), false).await;

    let found = world.ask(&key(1), None).await.expect("found");
    assert_eq!(found.shut, [Vendor::Corti]);
    assert_eq!(found.open.len(), 5);
}

#[tokio::test]
async fn a_sandbox_that_was_never_set_up_is_said_to_be_set_up_first() {
    let world = World::new().await;

    let said = world.ask(&key(1), None).await.err().expect("refused").to_string();

    assert!(said.contains("`roster serve --sandbox`"), "{said}");
}

#[tokio::test]
async fn urls_begin_as_the_operator_says_or_lead_to_the_server_that_set_it_up() {
    let world = World::new().await;
    world.start(&key(1), false).await;

    let by_itself = world.ask(&key(1), None).await.expect("found");
    let by_word = world
        .ask(&key(1), Some("https://roster.example.org"))
        .await
        .expect("found");

    for (found, url) in [(by_itself, URL), (by_word, "https://roster.example.org")] {
        for access in found.open {
            assert!(access.base_url.starts_with(url), "{}", access.base_url);
            if let Opener::AccessToken { token_url, .. } | Opener::ServiceAccount { token_url, .. } = &access.opener {
                assert!(token_url.starts_with(&access.base_url), "{token_url}");
            }
        }
    }
}

#[tokio::test]
async fn every_api_that_a_dialect_speaks_to_clients_is_where_it_is_said_to_be() {
    let world = World::new().await;
    world.start(&key(1), false).await;
    let found = world.ask(&key(1), Some("")).await.expect("found");
    let mut said: Vec<&str> = found.open.iter().map(|access| access.base_url.as_str()).collect();
    said.sort_unstable();

    // Those of users are opened by what a client's API hands out.
    let documents = roster_http::openapi_documents();
    let of_clients = documents
        .iter()
        .filter(|(name, _)| *name != "v1" && !name.ends_with("-user"));
    let mut spoken: Vec<&str> = of_clients
        .flat_map(|(_, document)| document.servers.iter().flatten())
        .map(|server| server.url.as_str())
        .collect();
    spoken.sort_unstable();

    assert_eq!(said, spoken);
    for access in &found.open {
        let (Opener::AccessToken { token_url, .. } | Opener::ServiceAccount { token_url, .. }) = &access.opener else {
            continue;
        };
        let is_spoken = documents.iter().any(|(_, document)| {
            let mut servers = document.servers.iter().flatten();
            servers.any(|server| {
                let path = token_url.strip_prefix(&server.url);
                path.is_some_and(|path| document.paths.paths.contains_key(path))
            })
        });
        assert!(is_spoken, "{token_url}");
    }
}
