//! Searching: `GET` of a type or of all, and `POST` to `/.search` (RFC 7644, sections 3.4.2 and 3.4.3).

use roster_application::directory::Found;
use roster_application::ports::{Find, Place};
use roster_domain::scim::{Filter, ResourceType, Sort};
use roster_domain::{Group, User};
use serde_json::{Value as Json, json};

use super::answer::Call;
use super::error::ScimType;
use super::names::{Named, named};
use super::paging::{self, End, Page};
use super::patch::member;
use super::project::Projection;
use super::request::Parameters;
use super::{filter, write};
use crate::refusal::Refusal;

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// What is searched for.
#[derive(Debug, Clone)]
pub(super) struct Search {
    filter: Option<String>,
    sort_by: Option<String>,
    is_descending: bool,
    page: Page,
    shown: Projection,
}

impl Search {
    /// Out of the parameters of a query.
    pub(super) fn of_query(parameters: &Parameters) -> Result<Self, Refusal> {
        Self::new(
            parameters.get("filter")?,
            parameters.get("sortBy")?,
            parameters.get("sortOrder")?,
            &paging::Asked {
                start: parameters.get("startIndex")?,
                count: parameters.get("count")?,
                cursor: parameters.get("cursor")?,
            },
            parameters.projection()?,
        )
    }

    /// Out of the body of a search.
    pub(super) fn of_body(body: &Json) -> Result<Self, Refusal> {
        let number = |name: &str| match member(body, name) {
            None | Some(Json::Null) => None,
            Some(Json::String(text)) => Some(text.clone()),
            // What is no whole number is refused in these words, or the others.
            Some(other) => Some(other.to_string()),
        };
        let (start, count) = (number("startIndex"), number("count"));
        Self::new(
            text(body, "filter")?,
            text(body, "sortBy")?,
            text(body, "sortOrder")?,
            &paging::Asked {
                start: start.as_deref(),
                count: count.as_deref(),
                cursor: text(body, "cursor")?,
            },
            Projection::of(texts(body, "attributes")?, texts(body, "excludedAttributes")?)?,
        )
    }

    fn new(
        filter: Option<&str>,
        sort_by: Option<&str>,
        sort_order: Option<&str>,
        asked: &paging::Asked<'_>,
        shown: Projection,
    ) -> Result<Self, Refusal> {
        let is_descending = match sort_order {
            None => false,
            Some(order) if order.eq_ignore_ascii_case("ascending") => false,
            Some(order) if order.eq_ignore_ascii_case("descending") => true,
            Some(_) => return Err(ScimType::InvalidValue.refuse("sortOrder is ascending or descending")),
        };
        Ok(Self {
            filter: filter.map(str::to_owned),
            sort_by: sort_by.map(str::to_owned),
            is_descending,
            page: Page::read(asked)?,
            shown,
        })
    }

    /// What is asked for of one type, where these types are searched.
    fn of_type(&self, of: ResourceType, among: &[ResourceType]) -> Result<Wanted, Refusal> {
        let filter = self
            .filter
            .as_deref()
            .map(|text| filter::read(text, of, among))
            .transpose()?;
        let sort = match self.sort_by.as_deref() {
            None => None,
            Some(name) => self.sort(name, of, among)?,
        };
        Ok(Wanted { of, filter, sort })
    }

    /// The order; `None` for a type that does not have the attribute where another has.
    fn sort(&self, name: &str, of: ResourceType, among: &[ResourceType]) -> Result<Option<Sort>, Refusal> {
        let sort = |of| match named(of, name) {
            Some(Named::Attribute(path)) => Sort::by(path, self.is_descending),
            _ => None,
        };
        match sort(of) {
            Some(sort) => Ok(Some(sort)),
            None if among.iter().any(|of| sort(*of).is_some()) => Ok(None),
            None => {
                let given = roster_domain::Given::value(name);
                Err(ScimType::InvalidValue
                    .refuse(format!("sortBy is an attribute that can be sorted by; given: {given}")))
            }
        }
    }
}

fn text<'a>(body: &'a Json, name: &str) -> Result<Option<&'a str>, Refusal> {
    match member(body, name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(ScimType::InvalidValue.refuse(format!("{name} is a string"))),
    }
}

fn texts(body: &Json, name: &str) -> Result<Option<Vec<String>>, Refusal> {
    let refused = || ScimType::InvalidValue.refuse(format!("{name} is an array of strings"));
    match member(body, name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Array(names)) => {
            let names = names.iter().map(|name| name.as_str().map(str::to_owned));
            names.collect::<Option<_>>().map(Some).ok_or_else(refused)
        }
        Some(_) => Err(refused()),
    }
}

/// What is asked for of one type.
struct Wanted {
    of: ResourceType,
    filter: Option<Filter>,
    sort: Option<Sort>,
}

/// A page of what is found among resources of these types: the first type's first, each in the order that is asked for.
pub(super) async fn list(call: Call<'_>, types: &[ResourceType], search: &Search) -> Result<Json, Refusal> {
    let wanted = types.iter().map(|of| search.of_type(*of, types));
    let wanted = wanted.collect::<Result<Vec<_>, _>>()?;
    let mut totals = Vec::with_capacity(wanted.len());
    for wanted in &wanted {
        totals.push(count(call, wanted).await?);
    }
    let total: u64 = totals.iter().sum();
    let mut answer = json!({"schemas": [LIST], "totalResults": total});
    let resources = match &search.page {
        Page::Index { start, count } => {
            answer["startIndex"] = Json::from(*start);
            by_index(call, search, &wanted, &totals, *start, *count).await?
        }
        Page::Cursor { after, count } => {
            let digest = digest(call, types, search);
            let begin = match after {
                None => End { kind: 0, place: None },
                Some(cursor) => paging::decode(digest, types.len(), cursor)?,
            };
            let (resources, end) = by_cursor(call, search, &wanted, begin, *count).await?;
            if let Some(end) = end {
                answer["nextCursor"] = Json::from(paging::encode(digest, &end));
            }
            resources
        }
    };
    answer["itemsPerPage"] = Json::from(resources.len());
    answer["Resources"] = Json::Array(resources);
    Ok(answer)
}

async fn by_index(
    call: Call<'_>,
    search: &Search,
    wanted: &[Wanted],
    totals: &[u64],
    start: u64,
    count: u32,
) -> Result<Vec<Json>, Refusal> {
    let mut resources = Vec::new();
    let mut skip = start.saturating_sub(1);
    let mut limit = count;
    for (wanted, total) in wanted.iter().zip(totals) {
        if limit > 0 && skip < *total {
            let here = Part {
                after: None,
                skip: u32::try_from(skip).unwrap_or(u32::MAX),
                limit,
            };
            let (found, _) = part(call, search, wanted, here).await?;
            limit = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            resources.extend(found);
        }
        skip = skip.saturating_sub(*total);
    }
    Ok(resources)
}

async fn by_cursor(
    call: Call<'_>,
    search: &Search,
    wanted: &[Wanted],
    begin: End,
    count: u32,
) -> Result<(Vec<Json>, Option<End>), Refusal> {
    let mut resources = Vec::new();
    let mut limit = count;
    let mut after = begin.place;
    for (kind, wanted) in (0_u8..).zip(wanted).skip(usize::from(begin.kind)) {
        if limit == 0 {
            // The page is full, and this type has not been begun.
            return Ok((resources, Some(End { kind, place: None })));
        }
        let here = Part {
            after: after.take(),
            skip: 0,
            limit,
        };
        let (found, next) = part(call, search, wanted, here).await?;
        limit = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        resources.extend(found);
        if next.is_some() {
            return Ok((resources, Some(End { kind, place: next })));
        }
    }
    Ok((resources, None))
}

/// What a cursor of this search is good for.
fn digest(call: Call<'_>, types: &[ResourceType], search: &Search) -> [u8; 8] {
    let names: Vec<&str> = types.iter().map(|of| of.name()).collect();
    let order = if search.is_descending {
        "descending"
    } else {
        "ascending"
    };
    paging::query_digest(
        call.organization().id,
        &[
            Some(&names.join(",")),
            search.filter.as_deref(),
            search.sort_by.as_deref(),
            Some(order),
        ],
    )
}

async fn count(call: Call<'_>, wanted: &Wanted) -> Result<u64, Refusal> {
    let directory = &call.services.directory;
    let filter = wanted.filter.as_ref();
    Ok(match wanted.of {
        ResourceType::User => directory.count_users(call.organization(), filter).await?,
        ResourceType::Group => directory.count_groups(call.organization(), filter).await?,
    })
}

/// Which part of what is found.
struct Part {
    after: Option<Place>,
    skip: u32,
    limit: u32,
}

async fn part(
    call: Call<'_>,
    search: &Search,
    wanted: &Wanted,
    Part { after, skip, limit }: Part,
) -> Result<(Vec<Json>, Option<Place>), Refusal> {
    let find = Find {
        filter: wanted.filter.clone(),
        sort: wanted.sort.clone(),
        after,
        skip,
        limit,
    };
    let directory = &call.services.directory;
    match wanted.of {
        ResourceType::User => users(call, search, directory.users(call.organization(), &find).await?).await,
        ResourceType::Group => groups(call, search, directory.groups(call.organization(), &find).await?).await,
    }
}

async fn users(call: Call<'_>, search: &Search, found: Found<User>) -> Result<(Vec<Json>, Option<Place>), Refusal> {
    let ids: Vec<_> = found.records.iter().map(|user| user.id).collect();
    let groups = call.services.directory.groups_of(call.organization(), &ids).await?;
    let base = call.base();
    let written = found.records.iter().map(|user| {
        let groups = groups.get(&user.id).map_or(&[][..], Vec::as_slice);
        write::user(&base, user, groups, &search.shown)
    });
    Ok((written.collect(), found.next))
}

async fn groups(call: Call<'_>, search: &Search, found: Found<Group>) -> Result<(Vec<Json>, Option<Place>), Refusal> {
    let members = if search.shown.shows(ResourceType::Group, "members") {
        let ids: Vec<_> = found.records.iter().map(|group| group.id).collect();
        call.services.groups.members(call.organization(), &ids).await?
    } else {
        std::collections::HashMap::new()
    };
    let base = call.base();
    let written = found.records.iter().map(|group| {
        let members = members.get(&group.id).map(Vec::as_slice);
        write::group(&base, group, members, &search.shown)
    });
    Ok((written.collect(), found.next))
}
