//! Tests of assertions and tokens, with real keys.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use roster_domain::{ApiClient, ApiClientId, ApiClientKind, ClientKey};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::ports::{KeySetError, MockApiClientStore, MockKeySets};
use crate::testing::{at, clock_at, organization};

mod surfaces;

const AUDIENCE: &str = "https://roster.example.org/token";
const CLIENT: ApiClientId = ApiClientId::new(Uuid::from_u128(7));

struct Key {
    signing: EncodingKey,
    public_pem: String,
}

impl Key {
    fn generate() -> Self {
        Self::of(KeySize::Rsa2048)
    }

    fn of(size: KeySize) -> Self {
        let pair = KeyPair::generate(size).expect("a key");
        let private: Pkcs8V1Der<'_> = pair.as_der().expect("a private key");
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a public key");
        let pem = |label: &str, der: &[u8]| {
            format!(
                "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
                BASE64_STANDARD.encode(der)
            )
        };
        let signing = EncodingKey::from_rsa_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes()).expect("a key");
        Self {
            signing,
            public_pem: pem("PUBLIC KEY", public.as_ref()),
        }
    }
}

static KEY: LazyLock<Key> = LazyLock::new(Key::generate);
static OTHER: LazyLock<Key> = LazyLock::new(Key::generate);

/// Claims that are all right 100 seconds after the beginning of time, with some of them replaced or, by null, removed.
fn claims(changes: &Value) -> Value {
    let mut claims = json!({
        "iss": CLIENT.to_string(), "sub": CLIENT.to_string(), "aud": AUDIENCE,
        "iat": at(100).timestamp(), "exp": at(160).timestamp(), "jti": "one",
    });
    for (name, value) in changes.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    if let Some(claims) = claims.as_object_mut() {
        claims.retain(|_, value| !value.is_null());
    }
    claims
}

fn sign(claims: &Value, key: &Key) -> String {
    encode(&Header::new(Algorithm::RS256), claims, &key.signing).expect("an assertion")
}

/// Authentication with one client, whose assertions were never used, or were.
fn authentication(key: ClientKey, unused: bool, key_sets: MockKeySets) -> Authentication {
    let mut clients = MockApiClientStore::new();
    let client = ApiClient {
        id: CLIENT,
        organization_id: organization().id,
        kind: ApiClientKind::OAuthClient(key),
        label: None,
        surface: None,
        created_at: at(0),
    };
    clients
        .expect_client()
        .returning(move |id| Ok((id == CLIENT).then(|| (client.clone(), organization()))));
    clients.expect_use_assertion().returning(move |_, _, _, _| Ok(unused));
    Authentication::new(Arc::new(clients), Arc::new(key_sets), clock_at(100))
}

fn with_static_key(unused: bool) -> Authentication {
    authentication(ClientKey::PublicKey(KEY.public_pem.clone()), unused, MockKeySets::new())
}

#[rstest]
#[case::as_most_clients_send_it(json!({}))]
#[case::without_jti(json!({"jti": null}))]
#[case::without_iat(json!({"iat": null}))]
#[case::with_the_bare_minimum(json!({"jti": null, "iat": null}))]
#[case::with_the_longest_jti(json!({"jti": "x".repeat(255)}))]
#[case::with_several_audiences(json!({"aud": ["https://elsewhere.example.org", AUDIENCE]}))]
#[case::valid_for_ten_minutes(json!({"exp": at(700).timestamp()}))]
#[case::expired_within_the_leeway(json!({"exp": at(71).timestamp()}))]
#[case::from_a_clock_that_is_a_little_fast(json!({"iat": at(125).timestamp(), "nbf": at(125).timestamp()}))]
#[case::with_fractions_of_seconds(json!({"exp": 1_750_000_160.5}))]
#[tokio::test]
async fn an_assertion_in_order_authenticates_its_client(#[case] changes: Value) {
    let assertion = sign(&claims(&changes), &KEY);

    let caller = with_static_key(true)
        .by_assertion(&assertion, &[AUDIENCE.to_owned()], Surface::NablaCore)
        .await
        .expect("a caller");

    assert_eq!(caller.client.id, CLIENT);
}

#[rstest]
#[case::for_another_audience(json!({"aud": "https://us.api.nabla.com/v1/core/server/oauth/token"}), "Audience")]
#[case::for_an_audience_that_only_begins_alike(json!({"aud": format!("{AUDIENCE}/")}), "Audience")]
#[case::without_audience(json!({"aud": null}), "Malformed")]
#[case::expired(json!({"exp": at(70).timestamp()}), "Expired")]
#[case::expired_long_ago(json!({"exp": 0}), "Expired")]
#[case::too_far_ahead(json!({"exp": at(731).timestamp()}), "TooLong")]
#[case::beyond_every_calendar(json!({"exp": 1e300}), "TooLong")]
#[case::before_every_calendar(json!({"exp": -5}), "Malformed")]
#[case::without_exp(json!({"exp": null}), "Malformed")]
#[case::with_exp_as_text(json!({"exp": "soon"}), "Malformed")]
#[case::issued_in_the_future(json!({"iat": at(131).timestamp()}), "NotYet")]
#[case::not_valid_yet(json!({"nbf": at(131).timestamp()}), "NotYet")]
#[case::for_somebody_else(json!({"sub": Uuid::from_u128(8).to_string()}), "UnknownClient")]
#[case::from_nobody_known(json!({"iss": Uuid::from_u128(8).to_string(), "sub": Uuid::from_u128(8).to_string()}), "UnknownClient")]
#[case::from_no_uuid(json!({"iss": "me", "sub": "me"}), "UnknownClient")]
#[case::with_a_jti_that_is_too_long(json!({"jti": "x".repeat(256)}), "JtiLength")]
#[case::with_an_empty_jti(json!({"jti": ""}), "JtiLength")]
#[tokio::test]
async fn an_assertion_that_is_not_in_order_is_refused(#[case] changes: Value, #[case] expected: &str) {
    let assertion = sign(&claims(&changes), &KEY);

    let refused = with_static_key(true)
        .by_assertion(&assertion, &[AUDIENCE.to_owned()], Surface::NablaCore)
        .await
        .expect_err("refused");

    assert!(format!("{refused:?}").starts_with(expected), "{refused:?}");
}

#[tokio::test]
async fn an_assertion_that_was_used_is_refused() {
    let assertion = sign(&claims(&json!({})), &KEY);

    let refused = with_static_key(false)
        .by_assertion(&assertion, &[AUDIENCE.to_owned()], Surface::NablaCore)
        .await
        .expect_err("refused");

    assert!(matches!(refused, AssertionError::Replayed), "{refused:?}");
}

#[tokio::test]
async fn a_signature_by_another_key_is_refused() {
    let assertion = sign(&claims(&json!({})), &OTHER);

    let refused = with_static_key(true)
        .by_assertion(&assertion, &[AUDIENCE.to_owned()], Surface::NablaCore)
        .await
        .expect_err("refused");

    assert!(matches!(refused, AssertionError::Signature), "{refused:?}");
}

#[tokio::test]
async fn no_algorithm_but_rs256_goes_with_a_static_key() {
    let audiences = [AUDIENCE.to_owned()];
    let with_public_key_as_secret = encode(
        &Header::new(Algorithm::HS256),
        &claims(&json!({})),
        &EncodingKey::from_secret(KEY.public_pem.as_bytes()),
    )
    .expect("an assertion");
    let stronger = encode(&Header::new(Algorithm::RS512), &claims(&json!({})), &KEY.signing).expect("an assertion");
    let part = |value: &Value| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = format!("{}.{}.", part(&json!({"alg": "none"})), part(&claims(&json!({}))));

    for assertion in [
        with_public_key_as_secret,
        stronger,
        unsigned,
        String::new(),
        "a.b.c".to_owned(),
    ] {
        let refused = with_static_key(true)
            .by_assertion(&assertion, &audiences, Surface::NablaCore)
            .await
            .expect_err("refused");
        assert!(
            matches!(refused, AssertionError::Algorithm(_) | AssertionError::Malformed),
            "{refused:?}"
        );
    }
}

/// A key set with one key.
fn key_set(key: &Key, kid: &str) -> String {
    let mut jwk = json!(jsonwebtoken::jwk::Jwk::from_encoding_key(&key.signing, Algorithm::RS256).expect("a JWK"));
    jwk["kid"] = json!(kid);
    json!({ "keys": [jwk] }).to_string()
}

#[tokio::test]
async fn a_key_set_is_fetched_anew_for_a_key_that_it_lacks() {
    let mut key_sets = MockKeySets::new();
    key_sets
        .expect_key_set()
        .withf(|_, fresh| !fresh)
        .times(1)
        .returning(|_, _| Ok(key_set(&OTHER, "old")));
    key_sets
        .expect_key_set()
        .withf(|_, fresh| *fresh)
        .times(1)
        .returning(|_, _| Ok(key_set(&KEY, "new")));
    let authentication = authentication(
        ClientKey::JwksUrl("https://keys.example.org".to_owned()),
        true,
        key_sets,
    );
    let header = Header {
        kid: Some("new".to_owned()),
        ..Header::new(Algorithm::RS256)
    };
    let assertion = encode(&header, &claims(&json!({})), &KEY.signing).expect("an assertion");

    let caller = authentication
        .by_assertion(&assertion, &[AUDIENCE.to_owned()], Surface::NablaCore)
        .await
        .expect("a caller");

    assert_eq!(caller.client.id, CLIENT);
}

#[tokio::test]
async fn a_key_set_that_cannot_be_had_or_read_is_said_so() {
    for answer in [Err(KeySetError("it is away".to_owned())), Ok("<html>".to_owned())] {
        let mut key_sets = MockKeySets::new();
        key_sets.expect_key_set().returning(move |_, _| answer.clone());
        let authentication = authentication(
            ClientKey::JwksUrl("https://keys.example.org".to_owned()),
            true,
            key_sets,
        );
        let assertion = sign(&claims(&json!({})), &KEY);

        let refused = authentication
            .by_assertion(&assertion, &[AUDIENCE.to_owned()], Surface::NablaCore)
            .await
            .expect_err("refused");

        assert!(matches!(refused, AssertionError::KeySet(_)), "{refused:?}");
    }
}

#[rstest]
#[case::of_its_kind(Audience::NablaCoreServer, 100, None)]
#[case::in_its_last_second(Audience::NablaCoreServer, 3_699, None)]
#[case::an_hour_later(Audience::NablaCoreServer, 3_700, Some(TokenError::Expired))]
#[case::for_something_else(Audience::NablaCoreUser, 100, Some(TokenError::Invalid))]
fn an_access_token_opens_what_it_is_for_while_it_lasts(
    #[case] audience: Audience,
    #[case] now: i64,
    #[case] refused: Option<TokenError>,
) {
    let tokens = Tokens::new(&TokenKey::new([1; 32]));
    let claims = AccessClaims {
        client: CLIENT,
        organization: organization().id,
    };
    let token = tokens
        .issue_access(claims, Audience::NablaCoreServer, Uuid::from_u128(1), at(100))
        .expect("a token");

    assert_eq!(
        tokens.read_access(&token, audience, at(now)),
        refused.map_or(Ok(claims), Err)
    );
    let other = Tokens::new(&TokenKey::new([2; 32]));
    assert_eq!(
        other.read_access(&token, Audience::NablaCoreServer, at(100)),
        Err(TokenError::Invalid)
    );
}

/// A key in PEM with a modulus of so many bits, all of them set.
fn public_key_of(bits: usize) -> String {
    let integer = |number: &[u8]| [&[0x02][..], &length(number.len()), number].concat();
    let length_of = |content: Vec<u8>, tag: u8| [&[tag][..], &length(content.len()), &content].concat();
    let mut modulus = vec![0xFF; bits.div_ceil(8)];
    if bits.is_multiple_of(8) {
        modulus.insert(0, 0);
    } else {
        modulus[0] = (1 << (bits % 8)) - 1;
    }
    let key = length_of([integer(&modulus), integer(&[1, 0, 1])].concat(), 0x30);
    let algorithm = [0x30, 13, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0];
    let bit_string = length_of([vec![0], key].concat(), 0x03);
    let der = length_of([&algorithm[..], &bit_string].concat(), 0x30);
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        BASE64_STANDARD.encode(der)
    )
}

/// A length in DER.
fn length(length: usize) -> Vec<u8> {
    let [.., high, low] = length.to_be_bytes();
    match length {
        0..0x80 => vec![low],
        0x80..0x100 => vec![0x81, low],
        _ => vec![0x82, high, low],
    }
}

#[rstest]
#[case(1024, false)]
#[case(2047, false)]
#[case(2048, true)]
#[case(8192, true)]
#[case(8193, false)]
fn a_key_that_no_signature_could_be_checked_with_is_refused_by_its_size(#[case] bits: usize, #[case] taken: bool) {
    let expected = (!taken).then(|| {
        format!(
            "it must be an RSA key of 2048 to 8192 bits, as signatures are checked with no other; given: {bits} bits"
        )
    });

    let refused = check_public_key(&public_key_of(bits)).err();

    assert_eq!(refused.map(|fault| fault.to_string()), expected);
}

#[tokio::test]
async fn a_key_of_more_bits_than_most_checks_signatures() {
    let key = Key::of(KeySize::Rsa4096);
    assert_eq!(check_public_key(&key.public_pem), Ok(()));
    let authentication = authentication(ClientKey::PublicKey(key.public_pem.clone()), true, MockKeySets::new());

    let caller = authentication
        .by_assertion(
            &sign(&claims(&json!({})), &key),
            &[AUDIENCE.to_owned()],
            Surface::NablaCore,
        )
        .await;

    assert_eq!(caller.expect("a caller").client.id, CLIENT);
}

#[test]
fn only_public_rsa_keys_are_taken_and_private_ones_never_repeated() {
    assert_eq!(check_public_key(&KEY.public_pem), Ok(()));
    let private = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----";
    let fault = check_public_key(private).expect_err("refused");
    assert!(!fault.to_string().contains("c2VjcmV0"), "{fault}");
    for wrong in [
        "",
        "hello",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        &"x".repeat(9_000),
    ] {
        assert!(check_public_key(wrong).is_err(), "{wrong}");
    }
}

/// An authentication that knows one service account.
async fn with_service_account() -> Authentication {
    let password = roster_domain::Password::new("correct-horse-battery").expect("valid");
    let hash = hash_password(password, [7; 32]).await.expect("a hash");
    let mut clients = MockApiClientStore::new();
    clients.expect_service_account().returning(move |folded_email| {
        let known = folded_email == "it@example.org";
        Ok(known.then(|| {
            let client = ApiClient {
                id: CLIENT,
                organization_id: organization().id,
                kind: ApiClientKind::ServiceAccount {
                    email: Email::new("it@example.org").expect("valid"),
                },
                label: None,
                surface: None,
                created_at: at(0),
            };
            (client, ClientSecret::PasswordHash(hash.clone()), organization())
        }))
    });
    Authentication::new(Arc::new(clients), Arc::new(MockKeySets::new()), clock_at(100))
}

#[tokio::test]
async fn a_service_account_signs_in_with_its_password_in_any_case_of_its_address() {
    let authentication = with_service_account().await;

    for email in ["it@example.org", "IT@Example.org"] {
        let caller = authentication
            .by_service_account(email, "correct-horse-battery".into(), Surface::Corti)
            .await
            .expect("an answer");
        assert_eq!(caller.map(|caller| caller.client.id), Some(CLIENT), "{email}");
    }
}

#[rstest]
#[case::another_password("it@example.org", "correct-horse-batterY")]
#[case::no_password("it@example.org", "")]
#[case::an_unknown_address("who@example.org", "correct-horse-battery")]
#[case::the_password_of_nobody("who@example.org", "the-password-of-nobody")]
#[case::no_address("it", "correct-horse-battery")]
#[tokio::test]
async fn every_wrong_login_has_the_same_answer(#[case] email: &str, #[case] password: &str) {
    let found = with_service_account()
        .await
        .by_service_account(email, password.into(), Surface::Corti)
        .await;

    assert!(matches!(found, Ok(None)), "{found:?}");
}

#[test]
fn a_token_of_a_key_that_was_replaced_is_taken_while_that_key_is_live() {
    let (old, new) = (TokenKey::new([1; 32]), TokenKey::new([2; 32]));
    let claims = AccessClaims {
        client: CLIENT,
        organization: organization().id,
    };
    let token = Tokens::new(&old)
        .issue_access(claims, Audience::Corti, Uuid::from_u128(1), at(100))
        .expect("a token");
    let read = |tokens: &Tokens| tokens.read_access(&token, Audience::Corti, at(101));

    assert_eq!(read(&Tokens::new(&new).also_taking(&old)), Ok(claims));
    assert_eq!(read(&Tokens::new(&new)), Err(TokenError::Invalid));
}
