//! What callers see of a refusal.

use axum::http::StatusCode;
use roster_application::{Error, Missing};
use roster_domain::{Fault, FieldPath, Given, Violations};
use rstest::rstest;

use super::*;

/// Status, telling headers and body, as they go out.
async fn written(refusal: &Refusal) -> String {
    use std::fmt::Write;

    let response = render(refusal, "3f2a");
    let mut text = format!("{}\n", response.status());
    for (name, value) in response.headers() {
        writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
    }
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
    text + &serde_json::to_string_pretty(&json).unwrap()
}

fn two_violations() -> Violations {
    let length = Rule::Length {
        min: 1,
        max: 256,
        unit: "characters",
    };
    Violations::from_iter([
        Fault::new(length, Given::count(257, "characters")).at(FieldPath::of("external_id")),
        Fault::new(Rule::Type { expected: "a string" }, Given::kind("a number"))
            .at(FieldPath::of("metadata").then("a/b")),
    ])
}

#[tokio::test]
async fn broken_rules_are_all_named_with_field_limit_and_what_was_given() {
    insta::assert_snapshot!(written(&Refusal::invalid(two_violations())).await, @r#"
    422 Unprocessable Entity
    content-type: application/problem+json
    cache-control: no-store
    {
      "detail": "2 rules are broken; see errors",
      "errors": [
        {
          "code": "length",
          "detail": "external_id must have 1 to 256 characters",
          "given": "257 characters",
          "pointer": "/external_id"
        },
        {
          "code": "type",
          "detail": "metadata.a/b must be a string",
          "given": "a number",
          "pointer": "/metadata/a~1b"
        }
      ],
      "instance": "3f2a",
      "status": 422,
      "title": "Fields break rules",
      "type": "/problems/invalid-fields"
    }
    "#);
}

#[tokio::test]
async fn broken_rules_of_a_query_name_the_parameter() {
    let unknown = Fault::new(Rule::UnknownField, Given::value("colour")).at(FieldPath::of("colour"));
    insta::assert_snapshot!(written(&Refusal::invalid_query(unknown.into())).await, @r#"
    400 Bad Request
    content-type: application/problem+json
    cache-control: no-store
    {
      "detail": "colour is not a parameter of this request",
      "errors": [
        {
          "code": "unknown_parameter",
          "detail": "colour is not a parameter of this request",
          "given": "\"colour\"",
          "parameter": "colour"
        }
      ],
      "instance": "3f2a",
      "status": 400,
      "title": "Query parameters break rules",
      "type": "/problems/invalid-parameters"
    }
    "#);
}

#[tokio::test]
async fn a_conflict_points_at_the_field_that_is_taken() {
    let refusal = Refusal::from(Error::Conflict(Conflicting::ExternalId));
    insta::assert_snapshot!(written(&refusal).await, @r#"
    409 Conflict
    content-type: application/problem+json
    cache-control: no-store
    {
      "detail": "another user has this external_id",
      "errors": [
        {
          "code": "taken",
          "detail": "another user has this external_id",
          "pointer": "/external_id"
        }
      ],
      "instance": "3f2a",
      "status": 409,
      "title": "Another record stands against the request",
      "type": "/problems/conflict"
    }
    "#);
}

#[tokio::test]
async fn a_version_mismatch_says_which_version_is_current() {
    let refusal = Refusal::from(Error::VersionMismatch { current: 4 });
    insta::assert_snapshot!(written(&refusal).await, @r#"
    412 Precondition Failed
    content-type: application/problem+json
    cache-control: no-store
    etag: "4"
    {
      "detail": "the record is at version 4, not at the one expected",
      "instance": "3f2a",
      "status": 412,
      "title": "The record is at another version",
      "type": "/problems/version-mismatch"
    }
    "#);
}

#[tokio::test]
async fn a_fault_of_roster_shows_nothing_of_its_cause() {
    let refusal = Refusal::from(Error::Internal("the secret cause".to_owned()));
    let text = written(&refusal).await;
    assert!(text.starts_with("500"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[rstest]
#[case::unauthorized(Refusal::unauthorized("no"), "www-authenticate: Bearer realm=\"roster\"")]
#[case::contention(Error::Contention.into(), "retry-after: 1")]
#[case::in_progress(Refusal::new(StatusCode::CONFLICT, Kind::KeyInProgress, "wait"), "retry-after: 1")]
#[case::not_found(Error::NotFound(Missing::User).into(), "content-type: application/problem+json")]
#[tokio::test]
async fn the_headers_say_what_to_do(#[case] refusal: Refusal, #[case] expected: &str) {
    let text = written(&refusal).await;
    assert!(text.lines().any(|line| line == expected), "{text}");
}

#[test]
fn every_type_has_a_path_of_its_own() {
    let mut paths: Vec<_> = problem_types::ALL.iter().map(|kind| kind.path).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), problem_types::ALL.len());
}

#[test]
fn every_code_is_documented() {
    let rules = [
        Rule::Required,
        Rule::NotNull,
        Rule::Type { expected: "" },
        Rule::Length {
            min: 0,
            max: 0,
            unit: "",
        },
        Rule::Entries { max: 0 },
        Rule::Format { expected: "" },
        Rule::OneOf { allowed: &[] },
        Rule::DiffersFrom { other: "" },
        Rule::OnlyWith { other: "", value: "" },
        Rule::PatientData { resembles: "" },
        Rule::UnknownField,
        Rule::ReadOnly,
    ];
    for rule in rules {
        assert!(CODES.contains(&code(&rule)), "{rule:?}");
    }
}
