//! The schemas of what the server says of itself (RFC 7643, sections 5 to 7; RFC 9865, section 4). Unlike those of resources, they
//! are read by nothing but clients.

/// A schema.
pub(super) struct DescribedSchema {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) attributes: &'static [Described],
}

/// An attribute that nobody can write.
#[derive(Clone, Copy)]
pub(super) struct Described {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) description: &'static str,
    pub(super) is_many: bool,
    pub(super) is_required: bool,
    /// What a reference refers to.
    pub(super) reference: &'static str,
    pub(super) parts: &'static [Described],
}

const fn of(kind: &'static str, name: &'static str, description: &'static str) -> Described {
    Described {
        name,
        kind,
        description,
        is_many: false,
        is_required: true,
        reference: "",
        parts: &[],
    }
}

const fn string(name: &'static str, description: &'static str) -> Described {
    of("string", name, description)
}

const fn boolean(name: &'static str, description: &'static str) -> Described {
    of("boolean", name, description)
}

const fn integer(name: &'static str, description: &'static str) -> Described {
    of("integer", name, description)
}

const fn reference(to: &'static str, name: &'static str, description: &'static str) -> Described {
    Described {
        reference: to,
        ..of("reference", name, description)
    }
}

const fn complex(name: &'static str, description: &'static str, parts: &'static [Described]) -> Described {
    Described {
        parts,
        ..of("complex", name, description)
    }
}

impl Described {
    const fn optional(self) -> Self {
        Self {
            is_required: false,
            ..self
        }
    }

    const fn many(self) -> Self {
        Self { is_many: true, ..self }
    }
}

const SUPPORTED: Described = boolean("supported", "Whether it is supported.");

/// All of them.
pub(super) const ALL: &[DescribedSchema] = &[SERVICE_PROVIDER_CONFIG, RESOURCE_TYPE, SCHEMA];

const SERVICE_PROVIDER_CONFIG: DescribedSchema = DescribedSchema {
    id: super::CONFIG,
    name: "ServiceProviderConfig",
    description: "What the server supports.",
    attributes: &[
        reference("external", "documentationUri", "Where people read about the server.").optional(),
        complex("patch", "Changing resources piece by piece.", &[SUPPORTED]),
        complex(
            "bulk",
            "Many requests in one.",
            &[
                SUPPORTED,
                integer("maxOperations", "The most operations of one request."),
                integer("maxPayloadSize", "The most bytes of one request."),
            ],
        ),
        complex(
            "filter",
            "Filters.",
            &[SUPPORTED, integer("maxResults", "The most resources of one answer.")],
        ),
        complex("changePassword", "Changing passwords.", &[SUPPORTED]),
        complex("sort", "Sorting.", &[SUPPORTED]),
        complex("etag", "Entity tags.", &[SUPPORTED]),
        complex(
            "pagination",
            "Pages.",
            &[
                boolean("cursor", "Whether pages are found by cursor."),
                boolean("index", "Whether pages are found by index."),
                string(
                    "defaultPaginationMethod",
                    "How they are found where the request does not say it.",
                )
                .optional(),
                integer(
                    "defaultPageSize",
                    "How many resources a page has where the request does not say it.",
                )
                .optional(),
                integer("maxPageSize", "The most resources of a page.").optional(),
                integer("cursorTimeout", "For how many seconds a cursor is good.").optional(),
            ],
        )
        .optional(),
        complex(
            "authenticationSchemes",
            "How callers prove who they are.",
            &[
                string("type", "The kind of scheme."),
                string("name", "The name of the scheme."),
                string("description", "What the scheme is."),
                reference("external", "specUri", "Where the scheme is specified.").optional(),
                reference("external", "documentationUri", "Where people read about the scheme.").optional(),
                boolean("primary", "Whether it is the preferred one.").optional(),
            ],
        )
        .many(),
    ],
};

const RESOURCE_TYPE: DescribedSchema = DescribedSchema {
    id: super::RESOURCE_TYPE,
    name: "ResourceType",
    description: "A type of resources.",
    attributes: &[
        string("id", "The id of the type.").optional(),
        string("name", "The name of the type."),
        string("description", "What the resources are.").optional(),
        reference("uri", "endpoint", "Where the resources are."),
        reference("uri", "schema", "The schema of the resources."),
        complex(
            "schemaExtensions",
            "The schemas that add to it.",
            &[
                reference("uri", "schema", "The schema."),
                boolean("required", "Whether every resource has it."),
            ],
        )
        .many()
        .optional(),
    ],
};

const SCHEMA: DescribedSchema = DescribedSchema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Schema",
    name: "Schema",
    description: "A schema: the attributes of resources.",
    attributes: &[
        string("id", "The URN of the schema."),
        string("name", "The name that people read.").optional(),
        string("description", "What the schema is for.").optional(),
        complex(
            "attributes",
            "The attributes.",
            &[
                NAME,
                TYPE,
                complex(
                    "subAttributes",
                    "The parts of a complex value.",
                    &[
                        NAME,
                        TYPE,
                        MULTI_VALUED,
                        DESCRIPTION,
                        REQUIRED,
                        CANONICAL_VALUES,
                        CASE_EXACT,
                        MUTABILITY,
                        RETURNED,
                        UNIQUENESS,
                        REFERENCE_TYPES,
                    ],
                )
                .many()
                .optional(),
                MULTI_VALUED,
                DESCRIPTION,
                REQUIRED,
                CANONICAL_VALUES,
                CASE_EXACT,
                MUTABILITY,
                RETURNED,
                UNIQUENESS,
                REFERENCE_TYPES,
            ],
        )
        .many(),
    ],
};

const NAME: Described = string("name", "The name of the attribute.");
const TYPE: Described = string("type", "The type of its values.");
const MULTI_VALUED: Described = boolean("multiValued", "Whether it has several values.");
const DESCRIPTION: Described = string("description", "What it is.").optional();
const REQUIRED: Described = boolean("required", "Whether it must be there.").optional();
const CANONICAL_VALUES: Described = string("canonicalValues", "Values that are suggested.")
    .many()
    .optional();
const CASE_EXACT: Described = boolean("caseExact", "Whether case is of account.").optional();
const MUTABILITY: Described = string("mutability", "Whether it can be written.").optional();
const RETURNED: Described = string("returned", "When it is part of an answer.").optional();
const UNIQUENESS: Described = string("uniqueness", "Among whom a value is unique.").optional();
const REFERENCE_TYPES: Described = string("referenceTypes", "What a reference refers to.")
    .many()
    .optional();
