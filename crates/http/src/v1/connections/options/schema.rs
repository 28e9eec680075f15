//! How the specification describes the options: one table, from which the schemas of requests and answers are made, so that
//! they cannot disagree.

use std::borrow::Cow;

use roster_domain::{Assignment, ConnectionOptions, DriftMode, OnLeave, Vendor};
use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use super::super::super::schemas::LINE;
use super::OptionsAnswer;

/// The Nablas: the value of their versioning header.
const NABLA_VERSION: &str = "^([0-9]{4}-[0-9]{2}-[0-9]{2}|x-nabla-next)$";
/// The same, or a version of Upheal's, where the vendor is not known.
const ANY_VERSION: &str = "^([0-9]{4}-[0-9]{2}-[0-9]{2}|x-nabla-next|v1|v2)$";

const NABLA: &[Vendor] = &[Vendor::NablaCore, Vendor::NablaConnect];

/// One option.
struct Described {
    name: &'static str,
    kind: Kind,
    /// The vendors that it means something to.
    of: &'static [Vendor],
    /// What it means. Requests are told in addition that null is the default.
    meaning: &'static str,
}

/// What an option can be.
enum Kind {
    /// The version of a vendor's API; answers may have null.
    Version,
    /// A line of text; answers may have null.
    Text,
    Flag,
    Words(&'static [&'static str]),
    /// A whole number within limits.
    Number(u32, u32),
    /// The same; answers may have null.
    NumberOrNull(u32, u32),
}

/// Every option, in the order of [`ConnectionOptions`], whose limits these are.
const OPTIONS: &[Described] = &[
    Described {
        name: "api_version",
        kind: Kind::Version,
        of: &[Vendor::NablaCore, Vendor::NablaConnect, Vendor::Upheal],
        meaning: "The version of the vendor's API: for the Nablas the value of the versioning header, for Upheal `v1` or \
                  `v2`. Null is the one that Roster was built for.",
    },
    Described {
        name: "allow_private_addresses",
        kind: Kind::Flag,
        of: &Vendor::ALL,
        meaning: "Whether private, loopback and link-local addresses may be called. Roster's operator must allow it.",
    },
    Described {
        name: "organization_id",
        kind: Kind::Text,
        of: &[Vendor::Upheal],
        meaning: "Upheal: the organization in which users are made. Null is that of the API key.",
    },
    Described {
        name: "api_key_header",
        kind: Kind::Text,
        of: &[Vendor::Upheal],
        meaning: "Upheal: the header that the API key goes in. Null is `x-api-key`.",
    },
    Described {
        name: "project_id",
        kind: Kind::Text,
        of: &[Vendor::Corti],
        meaning: "Corti: the project. A connection to Corti needs it.",
    },
    Described {
        name: "customer_id",
        kind: Kind::Text,
        of: &[Vendor::Corti],
        meaning: "Corti: the customer whose users these are. A connection to Corti needs it.",
    },
    Described {
        name: "create_customer",
        kind: Kind::Flag,
        of: &[Vendor::Corti],
        meaning: "Corti: whether the customer is made if there is none of that id.",
    },
    Described {
        name: "assignment",
        kind: Kind::Words(Assignment::NAMES),
        of: &Vendor::ALL,
        meaning: "Whom the connection takes: every user of the organization, or those who are assigned to it one by one.",
    },
    Described {
        name: "on_leave",
        kind: Kind::Words(OnLeave::NAMES),
        of: &Vendor::ALL,
        meaning: "What becomes of users who are deleted or taken off, at a vendor that offers both.",
    },
    Described {
        name: "drift",
        kind: Kind::Words(DriftMode::NAMES),
        of: &Vendor::ALL,
        meaning: "What is done about what somebody changed at the vendor: nobody looks, it is said in the account's `drift`, \
                  or it is set right.",
    },
    Described {
        name: "read_back_minutes",
        kind: Kind::Number(5, 43_200),
        of: &Vendor::ALL,
        meaning: "After how many minutes an account is read back, where the vendor can.",
    },
    Described {
        name: "concurrency",
        kind: Kind::Number(1, 64),
        of: &Vendor::ALL,
        meaning: "How many calls are under way at once.",
    },
    Described {
        name: "requests_per_minute",
        kind: Kind::NumberOrNull(0, 100_000),
        of: &Vendor::ALL,
        meaning: "How many calls are made in a minute: 0 is no limit, and null is the vendor's documented one.",
    },
    Described {
        name: "hold_percent",
        kind: Kind::Number(0, 100),
        of: &Vendor::ALL,
        meaning: "The share of users, in percent, above which departures within the window are held until they are \
                  approved; `hold_floor` must be passed as well.",
    },
    Described {
        name: "hold_floor",
        kind: Kind::Number(0, u32::MAX),
        of: &Vendor::ALL,
        meaning: "The number of users above which departures within the window are held; `hold_percent` must be passed as \
                  well.",
    },
    Described {
        name: "hold_window_minutes",
        kind: Kind::Number(1, 10_080),
        of: &Vendor::ALL,
        meaning: "How many minutes back departures are counted.",
    },
];

/// Whether an option means anything to a vendor.
pub(super) fn goes_with(name: &str, vendor: Vendor) -> bool {
    OPTIONS
        .iter()
        .any(|option| option.name == name && option.of.contains(&vendor))
}

/// The value that holds where none is given, where that is not null.
fn default_of(name: &str) -> Option<Value> {
    let usual = ConnectionOptions::default();
    Some(match name {
        "allow_private_addresses" => json!(usual.allow_private_addresses),
        "create_customer" => json!(usual.create_customer),
        "assignment" => json!(usual.assignment.name()),
        "on_leave" => json!(usual.on_leave.name()),
        "drift" => json!(usual.drift.name()),
        "read_back_minutes" => json!(usual.read_back_minutes),
        "concurrency" => json!(usual.concurrency),
        "hold_percent" => json!(usual.hold_percent),
        "hold_floor" => json!(usual.hold_floor),
        "hold_window_minutes" => json!(usual.hold_window_minutes),
        _ => return None,
    })
}

impl Described {
    /// The schema in a request: null is the default, except where there is none.
    fn requested(&self, vendors: &[Vendor], is_required: bool) -> Object {
        let (value_type, schema) = self.bare(vendors);
        let schema = match default_of(self.name) {
            Some(usual) => schema
                .description(Some(format!("{} Null is the default.", self.meaning)))
                .default(Some(usual)),
            None => schema.description(Some(self.meaning)),
        };
        let mut schema = schema.schema_type(type_of(value_type, !is_required)).build();
        if let Some(values) = schema.enum_values.as_mut().filter(|_| !is_required) {
            values.push(Value::Null);
        }
        schema
    }

    /// The schema in an answer.
    fn answered(&self) -> Object {
        let (value_type, schema) = self.bare(&Vendor::ALL);
        let may_be_null = matches!(self.kind, Kind::Version | Kind::Text | Kind::NumberOrNull(..));
        schema
            .schema_type(type_of(value_type, may_be_null))
            .description(Some(self.meaning))
            .build()
    }

    fn bare(&self, vendors: &[Vendor]) -> (Type, ObjectBuilder) {
        let schema = ObjectBuilder::new();
        match self.kind {
            Kind::Version if vendors == [Vendor::Upheal] => (Type::String, schema.enum_values(Some(["v1", "v2"]))),
            Kind::Version => {
                let pattern = if vendors == NABLA { NABLA_VERSION } else { ANY_VERSION };
                let format = SchemaFormat::Custom("calendar-date".to_owned());
                (
                    Type::String,
                    schema
                        .pattern(Some(pattern))
                        .format(Some(format))
                        .examples([json!("2026-06-12")]),
                )
            }
            Kind::Text => {
                let most = ConnectionOptions::MAX_TEXT_CHARACTERS;
                (
                    Type::String,
                    schema.min_length(Some(1)).max_length(Some(most)).pattern(Some(LINE)),
                )
            }
            Kind::Flag => (Type::Boolean, schema),
            Kind::Words(words) => (Type::String, schema.enum_values(Some(words.iter().copied()))),
            Kind::Number(least, most) | Kind::NumberOrNull(least, most) => {
                (Type::Integer, schema.minimum(Some(least)).maximum(Some(most)))
            }
        }
    }
}

fn type_of(value: Type, may_be_null: bool) -> SchemaType {
    if may_be_null {
        SchemaType::from_iter([value, Type::Null])
    } else {
        SchemaType::Type(value)
    }
}

/// What a request may say to the vendors of a group, and what it must.
fn request(vendors: &[Vendor], required: &[&str]) -> RefOr<Schema> {
    let options = OPTIONS
        .iter()
        .filter(|option| vendors.iter().any(|vendor| option.of.contains(vendor)));
    let schema = options.fold(ObjectBuilder::new(), |schema, option| {
        let is_required = required.contains(&option.name);
        let schema = schema.property(option.name, option.requested(vendors, is_required));
        if is_required {
            schema.required(option.name)
        } else {
            schema
        }
    });
    RefOr::T(schema.build().into())
}

macro_rules! requests {
    ($($(#[$doc:meta])* $type:ident, $name:literal, $vendors:expr, $required:expr;)*) => {
        $(
            $(#[$doc])*
            pub(in super::super) struct $type;

            impl PartialSchema for $type {
                fn schema() -> RefOr<Schema> {
                    request($vendors, $required)
                }
            }

            impl ToSchema for $type {
                fn name() -> Cow<'static, str> {
                    $name.into()
                }
            }
        )*
    };
}

requests! {
    /// The options in a change, whose vendor is known from before.
    AnyOptions, "ConnectionOptionsRequest", &Vendor::ALL, &[];
    /// The options of a new connection to one of the Nablas.
    NablaOptions, "NablaOptionsRequest", NABLA, &[];
    /// The options of a new connection to Upheal.
    UphealOptions, "UphealOptionsRequest", &[Vendor::Upheal], &[];
    /// The options of a new connection to Corti.
    CortiOptions, "CortiOptionsRequest", &[Vendor::Corti], &["project_id", "customer_id"];
}

impl PartialSchema for OptionsAnswer {
    fn schema() -> RefOr<Schema> {
        let schema = OPTIONS.iter().fold(ObjectBuilder::new(), |schema, option| {
            let schema = schema.property(option.name, option.answered());
            if option.of == Vendor::ALL {
                schema.required(option.name)
            } else {
                schema
            }
        });
        let meaning = "What a connection leaves to choose. What means nothing to its vendor is left out.";
        RefOr::T(schema.description(Some(meaning)).build().into())
    }
}

impl ToSchema for OptionsAnswer {
    fn name() -> Cow<'static, str> {
        "ConnectionOptions".into()
    }
}
