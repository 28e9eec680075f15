//! Many requests in one (RFC 7644, section 3.7).

mod order;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use roster_application::authentication::Caller;
use roster_domain::Version;
use roster_domain::scim::ResourceType;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::answer::{Answer, Call, written};
use super::error::{self, ScimType};
use super::patch::member;
use super::project::Projection;
use super::request::ScimBody;
use super::resources;
use crate::Services;
use crate::refusal::{Kind, Refusal};
use crate::v1::etag;

/// The most operations of one request.
pub(super) const MAX_OPERATIONS: usize = 1000;

/// How long operations are begun. What comes later is answered as not done, so that all that was done is told before the
/// request is given up; see [`crate::layers::TIME_LIMIT`].
const TIME: Duration = Duration::from_secs(20);

const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// What stands in front of the name of a resource that is made by another operation.
const REFERENCE: &str = "bulkId:";

/// `POST /Bulk`
pub(super) async fn bulk(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    ScimBody(body): ScimBody,
) -> Result<Response, Refusal> {
    let call = Call {
        services: &services,
        caller: &caller,
    };
    let Some(Json::Array(operations)) = member(&body, "Operations") else {
        return Err(ScimType::InvalidSyntax.refuse("a request in bulk has Operations, which is an array"));
    };
    if operations.len() > MAX_OPERATIONS {
        return Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Kind::TooLarge,
            format!("a request in bulk has at most {MAX_OPERATIONS} operations"),
        ));
    }
    let most_errors = match member(&body, "failOnErrors") {
        None | Some(Json::Null) => None,
        Some(given) => Some(
            given
                .as_u64()
                .filter(|count| *count >= 1)
                .ok_or_else(|| ScimType::InvalidValue.refuse("failOnErrors is a whole number, 1 at the least"))?,
        ),
    };
    let answers = all(call, operations, most_errors).await;
    Ok(written(&json!({"schemas": [RESPONSE], "Operations": answers})))
}

/// Does the operations, each after those that it refers to, until so many have failed. The answers are in the order of the
/// operations; those that were not reached have none.
async fn all(call: Call<'_>, operations: &[Json], most_errors: Option<u64>) -> Vec<Json> {
    let until = Instant::now() + TIME;
    let mut made = HashMap::new();
    let mut errors = 0;
    let mut answers: Vec<Option<Json>> = vec![None; operations.len()];
    for step in order::order(operations) {
        let Some(raw) = operations.get(step.index) else {
            continue;
        };
        let done = match step.obstacle {
            Some(obstacle) => Err(obstacle),
            None if Instant::now() >= until => Err(too_late()),
            None => one(call, raw, &mut made).await,
        };
        errors += u64::from(done.is_err());
        if let Some(answer) = answers.get_mut(step.index) {
            *answer = Some(told(call, raw, done, &made));
        }
        if most_errors.is_some_and(|most| errors >= most) {
            break;
        }
    }
    answers.into_iter().flatten().collect()
}

fn too_late() -> Refusal {
    let message = "the operations before took too long, and this one was not begun: send it again";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, Kind::TimedOut, message)
}

/// One operation.
async fn one(call: Call<'_>, raw: &Json, made: &mut HashMap<String, String>) -> Result<Answer, Refusal> {
    let syntax = |message: &str| ScimType::InvalidSyntax.refuse(message);
    let method =
        order::method(raw).ok_or_else(|| syntax("the method of an operation is POST, PUT, PATCH or DELETE"))?;
    let path = order::text(raw, "path").ok_or_else(|| syntax("an operation has a path"))?;
    let path = resolved_path(path, made)?;
    let (of, id) = place(&path).ok_or_else(|| {
        let message = "the path of an operation is that of a type or of a resource, such as /Users or /Users/{id}";
        ScimType::InvalidPath.refuse(message)
    })?;
    let expected = match member(raw, "version") {
        None | Some(Json::Null) => None,
        Some(version) => versions(version)?,
    };
    let data = match member(raw, "data") {
        Some(data @ Json::Object(_)) => Some(resolved(data, made)?),
        _ => None,
    };
    let data = || {
        data.as_ref()
            .ok_or_else(|| syntax("an operation that does not delete has data, an object"))
    };
    // What was made is told by where it is, and not shown.
    let shown = Projection::Only(vec!["id".to_owned()]);
    match (method, id) {
        ("POST", None) => {
            let bulk_id =
                order::text(raw, "bulkId").ok_or_else(|| syntax("an operation that makes a resource has a bulkId"))?;
            let answer = resources::create(call, of, data()?, &shown).await?;
            let id = answer
                .location
                .as_deref()
                .and_then(|location| location.rsplit('/').next());
            made.insert(bulk_id.to_owned(), id.unwrap_or_default().to_owned());
            Ok(answer)
        }
        ("PUT", Some(id)) => resources::replace(call, of, id, expected.as_deref(), data()?, &shown).await,
        ("PATCH", Some(id)) => resources::patch(call, of, id, expected.as_deref(), data()?, &shown).await,
        ("DELETE", Some(id)) => resources::delete(call, of, id, expected.as_deref()).await,
        ("POST", Some(_)) => Err(syntax("a resource is made by POST to the path of its type")),
        _ => Err(syntax("only POST is for the path of a type")),
    }
}

/// What the answer says of one operation.
fn told(call: Call<'_>, raw: &Json, done: Result<Answer, Refusal>, made: &HashMap<String, String>) -> Json {
    let mut told = json!({});
    for name in ["method", "bulkId"] {
        if let Some(text) = order::text(raw, name) {
            told[name] = Json::from(text);
        }
    }
    let mut location = None;
    match done {
        Ok(answer) => {
            told["status"] = Json::from(answer.status.as_str());
            if let Some(version) = answer.version {
                told["version"] = Json::from(version);
            }
            location = answer.location;
        }
        Err(refusal) => {
            told["status"] = Json::from(error::status(&refusal).as_str());
            told["response"] = error::body(&refusal);
        }
    }
    if let Some(location) = location.or_else(|| located(call, raw, made)) {
        told["location"] = Json::from(location);
    }
    told
}

/// Where the resource is that an operation names by its path; `None` where it names one that was not made.
fn located(call: Call<'_>, raw: &Json, made: &HashMap<String, String>) -> Option<String> {
    let path = resolved_path(order::text(raw, "path")?, made).ok()?;
    let (of, id) = place(&path)?;
    id.map(|id| call.location(of, id))
}

/// The type, and the resource of it, that a path names.
fn place(path: &str) -> Option<(ResourceType, Option<&str>)> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let (endpoint, id) = match path.split_once('/') {
        Some((endpoint, id)) => (endpoint, Some(id)),
        None => (path, None),
    };
    let of = ResourceType::ALL
        .into_iter()
        .find(|of| of.endpoint().strip_prefix('/') == Some(endpoint))?;
    let is_id = id.is_none_or(|id| !id.is_empty() && !id.contains('/'));
    is_id.then_some((of, id))
}

fn versions(version: &Json) -> Result<Option<Vec<Version>>, Refusal> {
    let versions = version.as_str().and_then(|text| etag::versions_weakly(text).ok());
    versions.ok_or_else(|| {
        let message = "the version of an operation is an entity tag as it was given out, a string such as W/\"3\"";
        ScimType::InvalidValue.refuse(message)
    })
}

/// A path with the id of what was made in place of a reference to it.
fn resolved_path(path: &str, made: &HashMap<String, String>) -> Result<String, Refusal> {
    match path.split_once(REFERENCE) {
        None => Ok(path.to_owned()),
        Some((front, name)) => Ok(format!("{front}{}", id_of(name, made)?)),
    }
}

/// Data with the ids of what was made in place of references to it.
fn resolved(json: &Json, made: &HashMap<String, String>) -> Result<Json, Refusal> {
    Ok(match json {
        Json::String(text) => match text.strip_prefix(REFERENCE) {
            Some(name) => Json::from(id_of(name, made)?),
            None => json.clone(),
        },
        Json::Array(values) => values
            .iter()
            .map(|value| resolved(value, made))
            .collect::<Result<_, _>>()?,
        Json::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| Ok((name.clone(), resolved(value, made)?)));
            Json::Object(members.collect::<Result<_, Refusal>>()?)
        }
        other => other.clone(),
    })
}

fn id_of<'a>(name: &str, made: &'a HashMap<String, String>) -> Result<&'a str, Refusal> {
    made.get(name).map(String::as_str).ok_or_else(|| {
        let given = roster_domain::Given::value(name);
        ScimType::InvalidValue.refuse(format!("no operation of this request has made the bulkId {given}"))
    })
}
