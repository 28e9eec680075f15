//! Whom the cases are about, and how they make calls.

use roster_application::ports::{RemoteUser, Sought, Subject, Target, VendorError, VendorGateway};
use roster_domain::{
    Capabilities, Change, KeyKind, OrganizationId, OutcomeClass, Password, PhiGuard, PhoneChanges, SettingsChanges,
    SpecialtyChanges, Timestamp, User, UserChanges, UserId, VendorKey, VendorUserId,
};
use uuid::Uuid;

use super::world::{Call, Reply, VendorWorld};

/// A user as the vendor has it.
#[derive(Debug, Clone)]
pub struct RemoteState {
    /// The vendor's id.
    pub id: VendorUserId,
    /// The key that the vendor has.
    pub key: VendorKey,
    /// Whether the user is active there.
    pub active: bool,
    /// The user whose fields the vendor has.
    pub fields: User,
}

impl RemoteState {
    /// The clinician of these cases, exactly as it should be.
    #[must_use]
    pub fn in_sync(active: bool, capabilities: &Capabilities) -> Self {
        let fields = clinician();
        Self {
            id: remote_id(),
            key: key_of(&fields, capabilities),
            active,
            fields,
        }
    }

    /// The clinician of these cases, active, and with other fields than it should have.
    #[must_use]
    pub fn differing(capabilities: &Capabilities) -> Self {
        Self {
            fields: changed_clinician(),
            ..Self::in_sync(true, capabilities)
        }
    }
}

/// The clinician of these cases, who has every field.
#[must_use]
pub fn clinician() -> User {
    user("Ann", &[("ward", "4"), ("site", "東")], "en-US", "Clinician")
}

/// The same with another first name, other metadata, another language and another word for it in notes.
#[must_use]
pub fn changed_clinician() -> User {
    user("Anna", &[("ward", "5")], "de-DE", "Physician")
}

/// The initial password that creates and updates in these cases come with.
#[must_use]
pub fn password() -> Password {
    Password::new("Initial-and-5ecret!").expect("the password of these cases keeps the rules")
}

pub(super) fn remote_id() -> VendorUserId {
    VendorUserId::new("98fce1ef-dbca-41ef-8bc7-4d1621ac07c6")
}

/// The vendor's id of the clinician. A vendor whose answers have no id of its own goes by the one that is sent.
pub(super) fn created_id(world: &dyn VendorWorld) -> VendorUserId {
    let can = world.gateway().capabilities(world.target().connection);
    if can.look_up.is_none() && !can.read_back {
        return VendorUserId::new(RemoteState::in_sync(true, &can).key.as_str());
    }
    remote_id()
}

pub(super) fn key_of(user: &User, capabilities: &Capabilities) -> VendorKey {
    VendorKey::of(user, capabilities.look_up.unwrap_or(KeyKind::ExternalId))
        .expect("the clinician of these cases has every key")
}

fn user(first_name: &str, metadata: &[(&str, &str)], speech_locale: &str, note_identifier: &str) -> User {
    let set = |text: &str| Change::Set(text.to_owned());
    let changes = UserChanges {
        external_id: set("ehr-4711"),
        email: set("ann@example.org"),
        first_name: set(first_name),
        last_name: set("Müller"),
        phone: Change::Set(PhoneChanges {
            country_code: set("+1"),
            number: set("2025550123"),
        }),
        locale: set("en-US"),
        metadata: Change::Set(
            metadata
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        ),
        npi: set("1234567893"),
        therapy_licence: set("LIC-7"),
        note_identifier: set(note_identifier),
        default_note_template_ids: Change::Set(vec!["template-1".to_owned(), "template-2".to_owned()]),
        default_session_type: set("Soap"),
        pronoun: set("FeminineHer"),
        date_of_birth: set("1980-02-29"),
        settings: Change::Set(SettingsChanges {
            specialty: Change::Set(SpecialtyChanges {
                kind: set("OTHER"),
                other_specialty_name: set("Sleep medicine"),
            }),
            speech_locale: set(speech_locale),
            secondary_speech_locale: set("es-MX"),
        }),
        ..UserChanges::default()
    };
    let (id, organization) = (UserId::new(Uuid::from_u128(7)), OrganizationId::new(Uuid::from_u128(1)));
    User::create(id, organization, &changes, PhiGuard::Off, Timestamp::UNIX_EPOCH)
        .expect("the clinician of these cases keeps all rules")
        .user
}

/// The calls that the vendor offers, getting a token aside.
pub(super) fn offered(world: &dyn VendorWorld) -> Vec<Call> {
    let can = world.gateway().capabilities(world.target().connection);
    Call::ALL
        .into_iter()
        .filter(|call| match call {
            Call::LookUp => can.look_up.is_some(),
            Call::Create => true,
            Call::Update => can.update,
            Call::Activate => can.reactivate,
            Call::Deactivate => can.deactivate,
            Call::Delete => can.delete,
            Call::ReadBack => can.read_back,
            Call::List | Call::Read => world.has(*call),
            Call::Token | Call::Elsewhere => false,
        })
        .collect()
}

/// Whether the vendor offers a call. If it does not, the call is refused in words, and the vendor hears nothing of it.
pub(super) async fn offers(world: &dyn VendorWorld, call: Call) -> bool {
    if offered(world).contains(&call) {
        return true;
    }
    let before = Call::ALL.map(|call| world.count(call));

    let error = failure(world, world.target(), call).await;

    assert_eq!(
        (error.class, error.status),
        (OutcomeClass::Rejected, None),
        "{call:?} is not among what the vendor can do"
    );
    assert_eq!(Call::ALL.map(|call| world.count(call)), before, "{call:?}: no call");
    false
}

/// Makes a call, with a password where it takes a subject, and gives the user that it brings, if it brings one.
pub(super) async fn perform(
    world: &dyn VendorWorld,
    target: Target<'_>,
    call: Call,
) -> Result<Option<RemoteUser>, VendorError> {
    perform_with(world, target, call, Some(&password())).await
}

/// Whom a vendor has under a key, on however many pages that is looked for.
///
/// # Errors
///
/// As the vendor's client fails; on whichever page.
pub async fn look_up(
    gateway: &dyn VendorGateway,
    target: Target<'_>,
    key: &VendorKey,
    user: &User,
) -> Result<Option<RemoteUser>, VendorError> {
    let mut from: Option<String> = None;
    loop {
        match gateway.look_up(target, key, user, from.as_deref()).await? {
            Sought::Found(found) => return Ok(Some(found)),
            Sought::Nobody => return Ok(None),
            Sought::Further(next) => from = Some(next),
        }
    }
}

/// How a vendor has a user, on however many pages that is looked for.
///
/// # Errors
///
/// As the vendor's client fails; on whichever page.
///
/// # Panics
///
/// Where the client says that nobody is there, and not that the user is not found.
pub async fn read_back(
    gateway: &dyn VendorGateway,
    target: Target<'_>,
    id: &VendorUserId,
    user: &User,
) -> Result<RemoteUser, VendorError> {
    let mut from: Option<String> = None;
    loop {
        match gateway.read_back(target, id, user, from.as_deref()).await? {
            Sought::Found(found) => return Ok(found),
            Sought::Nobody => panic!("who is read back and not there is not found"),
            Sought::Further(next) => from = Some(next),
        }
    }
}

pub(super) async fn perform_with(
    world: &dyn VendorWorld,
    target: Target<'_>,
    call: Call,
    password: Option<&Password>,
) -> Result<Option<RemoteUser>, VendorError> {
    world.making(call);
    let (gateway, user, id) = (world.gateway(), &clinician(), created_id(world));
    let key = key_of(user, &gateway.capabilities(target.connection));
    let subject = Subject { user, password };
    match call {
        Call::LookUp => look_up(gateway, target, &key, user).await,
        Call::Create => gateway.create(target, &key, subject).await.map(Some),
        Call::Update => gateway.update(target, &id, subject).await.map(Some),
        Call::ReadBack => read_back(gateway, target, &id, user).await.map(Some),
        Call::Activate => gateway.activate(target, &id).await.map(|()| None),
        Call::Deactivate => gateway.deactivate(target, &id).await.map(|()| None),
        Call::Delete => gateway.delete(target, &id).await.map(|()| None),
        Call::List => gateway.list(target, None).await.map(|_| None),
        Call::Read => gateway.test(target).await.map(|()| None),
        Call::Token | Call::Elsewhere => unreachable!("no client is asked for {call:?} by itself"),
    }
}

/// Makes a call that must succeed and bring a user.
pub(super) async fn user_of(world: &dyn VendorWorld, call: Call) -> RemoteUser {
    let answered = perform(world, world.target(), call).await;
    answered
        .expect("the vendor did as asked")
        .expect("the vendor has the user")
}

/// What the vendor answers to a call that goes well.
pub(super) fn success(world: &dyn VendorWorld, call: Call) -> Reply {
    let can = world.gateway().capabilities(world.target().connection);
    match call {
        Call::Read | Call::Delete | Call::Token | Call::Elsewhere => Reply::Done,
        Call::Deactivate => Reply::user(RemoteState::in_sync(false, &can)),
        Call::List => Reply::Page(vec![RemoteState::in_sync(true, &can)], false),
        Call::LookUp | Call::Create | Call::Update | Call::Activate | Call::ReadBack => {
            Reply::user(RemoteState::in_sync(true, &can))
        }
    }
}

/// Makes a call that must fail, and checks what holds for every failure.
pub(super) async fn failure(world: &dyn VendorWorld, target: Target<'_>, call: Call) -> VendorError {
    let error = perform(world, target, call)
        .await
        .expect_err("the call must not succeed");
    assert!(!error.message.is_empty(), "{call:?}: people are told what happened");
    assert!(error.message.chars().count() < 600, "{call:?}: the message is short");
    let shown = format!("{error:?} {error}");
    for secret in secrets(world) {
        assert!(!shown.contains(&secret), "{call:?}: no secret is shown");
    }
    error
}

/// Everything that nobody may see.
pub(super) fn secrets(world: &dyn VendorWorld) -> Vec<String> {
    let mut secrets = world.secrets();
    secrets.push(password().expose().to_owned());
    secrets
}
