//! One user through every surface: made through one, seen and changed through the others, and nothing is damaged on the way.

use e2e::nabla::{self, COPILOT};
use e2e::upheal::{V1, V2};
use e2e::{Api, Body, Server, Store, corti};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, with};

/// A caller of each surface, all for the same organization.
struct Surfaces {
    v1: Api,
    core: Api,
    copilot: Api,
    connect: Api,
    upheal_v1: Api,
    upheal_v2: Api,
    /// Below the project.
    corti: Api,
}

impl Surfaces {
    async fn of(server: &Server) -> Self {
        let api = server.api();
        Self {
            core: nabla::core(server, &api).await,
            copilot: api.below(COPILOT),
            connect: nabla::connect(server, &api).await,
            upheal_v1: api.below(V1),
            upheal_v2: api.below(V2),
            corti: corti::project(server, &api).await,
            v1: api,
        }
    }

    async fn canonical(&self, id: &str) -> Value {
        given::canonical(&self.v1, id).await
    }

    /// What each surface that can be read shows of a user, by name.
    async fn views(&self, user: &Value) -> Vec<(&'static str, Value)> {
        let id = given::id(user);
        let customer = user["customer_id"].as_str().unwrap_or("default");
        let users = self
            .corti
            .get(&format!("/customers/{customer}/users?pageSize=100"))
            .await
            .expect(200)
            .json();
        let users = users["users"].as_array().expect("users");
        let in_corti = users.iter().find(|user| user["id"] == id).cloned();
        vec![
            ("core", read(&self.core, &format!("/users/{id}")).await),
            ("copilot", read(&self.copilot, &format!("/users/{id}")).await),
            ("upheal v1", read(&self.upheal_v1, &format!("/users/{id}")).await),
            ("upheal v2", read(&self.upheal_v2, &format!("/users/{id}")).await),
            (
                "upheal v1's provider",
                read(&self.upheal_v1, &format!("/users/providers/{id}")).await,
            ),
            (
                "upheal v2's provider",
                read(&self.upheal_v2, &format!("/users/providers/{id}")).await,
            ),
            (
                "corti",
                in_corti.unwrap_or_else(|| panic!("{id} is not in {customer}: {users:?}")),
            ),
        ]
    }

    /// What each surface must show of a user, out of the canonical record.
    fn expected(user: &Value) -> Vec<(&'static str, Value)> {
        let text = |name: &str| user[name].as_str().unwrap_or_default().to_owned();
        let core = json!({
            "id": user["id"], "activated": user["active"], "external_id": user["external_id"],
            "metadata": user["metadata"], "created_at": created(user, 23),
        });
        let copilot = with(&core, json!({ "email": user["email"], "roles": user["roles"] }));
        let required = json!({
            "userId": user["id"], "firstName": text("first_name"), "lastName": text("last_name"), "email": text("email"),
        });
        let phone = &user["phone"];
        let known = |fields: &[(&str, &Value)]| {
            let known = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(
                known
                    .map(|(name, value)| ((*name).to_owned(), (*value).clone()))
                    .collect(),
            )
        };
        let common = with(
            &required,
            known(&[
                ("partnerUserId", &user["external_id"]),
                ("phoneNumber", &phone["number"]),
                ("phoneCountryCode", &phone["country_code"]),
            ]),
        );
        let session_type = json!({
            "defaultSessionType": user["default_session_type"].as_str().unwrap_or("Standard"),
        });
        let templates = json!({ "defaultNoteTemplateIds": user["default_note_template_ids"] });
        let person = with(
            &with(
                &common,
                known(&[("pronoun", &user["pronoun"]), ("dateOfBirth", &user["date_of_birth"])]),
            ),
            json!({ "userType": "HealthcareProvider" }),
        );
        let provider = with(
            &common,
            known(&[
                ("nationalProviderIdentifier", &user["npi"]),
                ("therapyLicence", &user["therapy_licence"]),
            ]),
        );
        let provider_v2 = with(&provider, known(&[("noteIdentifier", &user["note_identifier"])]));
        let corti = json!({
            "id": user["id"], "email": text("email"), "firstName": text("first_name"), "lastName": text("last_name"),
            "enabled": user["active"], "emailVerified": false, "createdAt": created(user, 19),
        });
        vec![
            ("core", core),
            ("copilot", copilot),
            ("upheal v1", with(&person, session_type.clone())),
            ("upheal v2", with(&person, templates.clone())),
            ("upheal v1's provider", with(&provider, session_type)),
            ("upheal v2's provider", with(&provider_v2, templates)),
            ("corti", corti),
        ]
    }

    /// Asserts that every surface shows a user as the canonical record is.
    async fn agree(&self, id: &str, after: &str) -> Value {
        let user = self.canonical(id).await;
        for ((name, seen), (_, expected)) in self.views(&user).await.into_iter().zip(Self::expected(&user)) {
            assert_eq!(seen, expected, "{name}, after {after}");
        }
        user
    }
}

/// When a user was made, cut after so many characters: a vendor writes milliseconds or seconds.
fn created(user: &Value, characters: usize) -> String {
    format!("{}Z", &user["created_at"].as_str().expect("a time")[..characters])
}

/// What is read of a user, without what is not in the canonical record: the organization, and Upheal's links, which are
/// looked at elsewhere.
async fn read(api: &Api, path: &str) -> Value {
    let mut user = api.get(path).await.expect(200).json();
    for name in ["organizationId", "inviteUrl", "privateRoomLink"] {
        user.as_object_mut().expect("an object").remove(name);
    }
    user
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_user_who_is_made_through_any_surface_is_seen_through_all(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let all = Surfaces::of(&server).await;
    all.corti
        .post("/customers", corti::customer("clinic"))
        .await
        .expect(201);

    // When somebody is made through each surface, with all that it takes
    let metadata = json!({ "site": "Lyon", "floor": "3" });
    let settings = json!({
        "specialty": { "kind": "CARDIOLOGY" }, "speech_locale": "FRENCH_FR", "secondary_speech_locale": "ENGLISH_US",
    });
    let provider = |name: &str| {
        json!({
            "partnerUserId": name, "firstName": "Ann", "lastName": "Moreau", "email": format!("{name}@example.org"),
            "phoneNumber": "5550100", "phoneCountryCode": "US", "locale": "en-US", "therapyLicence": "PSY 1",
            "nationalProviderIdentifier": "1234567893", "defaultSessionType": "Mse",
            "defaultNoteTemplateIds": ["t-1", "t-2"], "noteIdentifier": "Coach",
        })
    };
    let doctor = json!({
        "email": "corti@example.org", "firstName": "Ann", "lastName": "Moreau", "password": "My$ecureP@ssw0rd123!",
    });
    let users = "/users".to_owned();
    let providers = "/users/providers".to_owned();
    let canonical = json!({
        "external_id": "v1", "email": "v1@example.org", "first_name": "Ann", "pronoun": "FeminineHer",
        "date_of_birth": "1980-02-29", "roles": ["ADMINISTRATOR"], "metadata": metadata,
    });
    for (what, caller, path, body) in [
        ("v1", &all.v1, "/v1/users".to_owned(), canonical),
        (
            "core",
            &all.core,
            users.clone(),
            json!({ "external_id": "core", "metadata": metadata }),
        ),
        ("core, with nothing", &all.core, users.clone(), json!({})),
        (
            "copilot",
            &all.copilot,
            users.clone(),
            json!({
                "external_id": "copilot", "email": "copilot@example.org", "roles": ["PRACTITIONER"], "metadata": metadata,
            }),
        ),
        (
            "connect",
            &all.connect,
            users.clone(),
            json!({
                "provider_email": "connect@example.org", "external_provider_id": "connect", "settings": settings,
            }),
        ),
        ("upheal v1", &all.upheal_v1, providers.clone(), provider("upheal-1")),
        ("upheal v2", &all.upheal_v2, providers.clone(), provider("upheal-2")),
        (
            "corti",
            &all.corti,
            "/customers/clinic/users".to_owned(),
            doctor.clone(),
        ),
        (
            "corti's default customer",
            &all.corti,
            "/customers/default/users".to_owned(),
            with(&doctor, json!({ "email": "corti-2@example.org" })),
        ),
    ] {
        let made = caller.post(&path, body).await;
        assert!(made.status == 200 || made.status == 201, "{what}: {made:?}");
        let made = made.json();

        // Then every surface has the same user, with all that it can show,
        let id = match (
            made["id"].as_str(),
            made["userId"].as_str(),
            made["external_provider_id"].as_str(),
        ) {
            (Some(id), _, _) | (_, Some(id), _) => id.to_owned(),
            (_, _, Some(external_id)) => given::id(&given::by_external_id(&all.v1, external_id).await).to_owned(),
            _ => panic!("{what} has no id: {made}"),
        };
        let user = all.agree(&id, what).await;
        // Nabla Connect, which cannot be read, by saying of somebody who has both keys what is known already.
        if let (Some(email), Some(external_id)) = (user["email"].as_str(), user["external_id"].as_str()) {
            let keys = json!({ "provider_email": email, "external_provider_id": external_id });
            let seen = all.connect.post("/users", keys).await.expect(200).json();
            assert_eq!(seen["created_at"], created(&user, 23), "{what}");
            assert_eq!(seen["settings"].is_null(), what != "connect", "{what}: {seen}");
            assert_eq!(all.canonical(&id).await, user, "{what}");
        }
    }
    assert_eq!(given::users(&all.v1).await.len(), 9);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_change_through_any_surface_leaves_what_the_others_keep(#[case] store: Store) {
    // Given a user of whom everything is known, in a customer
    let server = Server::on(store).start().await;
    let all = Surfaces::of(&server).await;
    all.corti
        .post("/customers", corti::customer("clinic"))
        .await
        .expect(201);
    let made = all
        .corti
        .post("/customers/clinic/users", corti::user("ann@example.org"))
        .await
        .expect(201)
        .json();
    let id = given::id(&made).to_owned();
    let rest = json!({
        "external_id": "ehr-1", "phone": { "country_code": "+33", "number": "123456789" }, "locale": "fr-FR",
        "roles": ["PRACTITIONER"], "metadata": { "site": "Lyon" }, "npi": "1234567893", "therapy_licence": "PSY 1",
        "note_identifier": "Clinician", "default_note_template_ids": ["t-1", "t-2"], "default_session_type": "Soap",
        "pronoun": "FeminineHer", "date_of_birth": "1980-02-29", "settings": {
            "specialty": { "kind": "OTHER", "other_specialty_name": "Sleep medicine" },
            "speech_locale": "fr-FR", "secondary_speech_locale": "en-GB",
        },
    });
    all.v1.patch(&format!("/v1/users/{id}"), rest).await.expect(200);
    let mut expected = all.agree(&id, "everything was set").await;
    for (name, value) in expected.as_object().expect("a record") {
        assert!(!value.is_null() || name == "warnings", "{name} is not set: {expected}");
    }
    let (user, provider) = (format!("/users/{id}"), format!("/users/providers/{id}"));
    let doctor = format!("/customers/clinic/users/{id}");
    let keys = json!({ "provider_email": "ANN@example.org", "external_provider_id": "ehr-1" });
    let settings = &expected["settings"];
    let german = with(settings, json!({ "speech_locale": "de-DE" }));
    let unspecialized = with(&german, json!({ "specialty": null }));

    let v1 = format!("/v1/users/{id}");
    let upsert = |more: Value| with(&keys, more);
    let (post, patch) = (Method::POST, Method::PATCH);
    let nothing = json!({});
    for (what, caller, method, path, body, changed) in [
        (
            "core",
            &all.core,
            &patch,
            user.as_str(),
            json!({ "metadata": { "a": "b" } }),
            json!({ "metadata": { "a": "b" } }),
        ),
        (
            "core, with nothing",
            &all.core,
            &patch,
            &user,
            nothing.clone(),
            nothing.clone(),
        ),
        (
            "copilot",
            &all.copilot,
            &patch,
            &user,
            json!({ "metadata": { "c": "d" } }),
            json!({ "metadata": { "c": "d" } }),
        ),
        (
            "connect, with nothing",
            &all.connect,
            &post,
            "/users",
            upsert(nothing.clone()),
            nothing.clone(),
        ),
        (
            "connect",
            &all.connect,
            &post,
            "/users",
            upsert(json!({ "settings": { "speech_locale": "GERMAN_DE" } })),
            json!({ "settings": german }),
        ),
        (
            "connect, with null",
            &all.connect,
            &post,
            "/users",
            upsert(json!({ "settings": { "specialty": null } })),
            json!({ "settings": unspecialized }),
        ),
        (
            "upheal v1's provider",
            &all.upheal_v1,
            &patch,
            &provider,
            json!({ "defaultSessionType": "Dap" }),
            json!({ "default_session_type": "Dap" }),
        ),
        (
            "upheal v2's provider",
            &all.upheal_v2,
            &patch,
            &provider,
            json!({ "noteIdentifier": "Author", "therapyLicence": "PSY 2" }),
            json!({ "note_identifier": "Author", "therapy_licence": "PSY 2" }),
        ),
        (
            "upheal v1's user",
            &all.upheal_v1,
            &patch,
            &user,
            json!({ "firstName": "Bea", "pronoun": "NeutralThem" }),
            json!({ "first_name": "Bea", "pronoun": "NeutralThem" }),
        ),
        (
            "upheal v2's user",
            &all.upheal_v2,
            &patch,
            &user,
            json!({ "lastName": "Lee", "defaultNoteTemplateIds": ["t-3"] }),
            json!({ "last_name": "Lee", "default_note_template_ids": ["t-3"] }),
        ),
        (
            "corti",
            &all.corti,
            &patch,
            &doctor,
            json!({ "firstName": "Cem" }),
            json!({ "first_name": "Cem" }),
        ),
        (
            "corti's password",
            &all.corti,
            &patch,
            &doctor,
            json!({ "password": "An0ther-P4ssw0rd" }),
            nothing.clone(),
        ),
        (
            "corti's e-mail",
            &all.corti,
            &patch,
            &doctor,
            json!({ "email": "eve@example.org" }),
            nothing.clone(),
        ),
        (
            "corti's customer",
            &all.corti,
            &patch,
            "/customers/clinic",
            json!({ "customerId": "hospital" }),
            json!({ "customer_id": "hospital" }),
        ),
        (
            "v1",
            &all.v1,
            &patch,
            &v1,
            json!({ "email": "dora@example.org" }),
            json!({ "email": "dora@example.org" }),
        ),
    ] {
        // When it is changed through a surface
        let answer = caller.send(method.clone(), path, Body::Json(body)).await;
        assert_eq!(answer.status, 200, "{what}: {answer:?}");

        // Then that is all that changes, and everybody sees it.
        let now = all.agree(&id, what).await;
        let moved = json!({ "version": now["version"], "updated_at": now["updated_at"] });
        expected = with(&with(&expected, changed), moved);
        assert_eq!(now, expected, "{what}");
    }
    // What only one surface can say, another refuses rather than passing it over.
    all.v1.patch(&v1, json!({ "customer_id": "clinic" })).await.expect(422);
    assert_eq!(all.canonical(&id).await, expected);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn who_is_deactivated_through_one_surface_is_inactive_on_all(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let all = Surfaces::of(&server).await;
    let body = json!({ "external_id": "ehr-1", "email": "ann@example.org" });
    let id = all.v1.post("/v1/users", body).await.expect(201).text_at("/id");
    let user = format!("/users/{id}");
    let (on, off) = (format!("{user}/activate"), format!("{user}/deactivate"));
    let in_corti = format!("/customers/default/users/{id}");

    for way in ["v1", "core", "copilot", "upheal v1", "upheal v2", "corti"] {
        for active in [false, true] {
            let verb = if active { &on } else { &off };
            let answer = match (way, active) {
                ("v1", _) => all.v1.post(&format!("/v1{verb}"), json!({})).await,
                ("core", _) => all.core.post(verb, json!({})).await,
                ("copilot", _) => all.copilot.post(verb, json!({})).await,
                ("upheal v1", true) => all.upheal_v1.post(&on, json!({})).await,
                ("upheal v1", false) => all.upheal_v1.delete(&user).await,
                ("upheal v2", true) => all.upheal_v2.post(&on, json!({})).await,
                ("upheal v2", false) => all.upheal_v2.delete(&user).await,
                (_, enabled) => all.corti.patch(&in_corti, json!({ "enabled": enabled })).await,
            };
            assert!(answer.status == 200 || answer.status == 202, "{way}: {answer:?}");

            assert_eq!(all.agree(&id, way).await["active"], active, "{way}");
            let checked = all
                .upheal_v2
                .post("/users/check", json!({ "email": "ann@example.org" }))
                .await
                .expect(200);
            assert_eq!(checked.json()["isActive"], active, "{way}");
            // Nabla Connect says nothing of it, and does not change it.
            let keys = json!({ "provider_email": "ann@example.org", "external_provider_id": "ehr-1" });
            all.connect.post("/users", keys).await.expect(200);
            assert_eq!(all.canonical(&id).await["active"], active, "{way}");
        }
    }

    // And who is deleted through one is gone from all.
    all.corti.delete(&in_corti).await.expect(204);
    all.v1.get(&format!("/v1{user}")).await.expect(404);
    all.core.get(&user).await.expect(400);
    all.copilot.get(&user).await.expect(400);
    all.upheal_v1.get(&user).await.expect(403);
    all.upheal_v2.get("/users/ehr-1").await.expect(403);
    let checked = all
        .upheal_v2
        .post("/users/check", json!({ "email": "ann@example.org" }))
        .await
        .expect(200);
    assert_eq!(checked.json(), json!({ "isUserExists": false }));
    assert_eq!(
        all.corti.get("/customers/default/users").await.expect(200).json()["users"],
        json!([])
    );
}
