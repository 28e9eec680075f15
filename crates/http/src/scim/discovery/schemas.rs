//! Schemas as `/Schemas` shows them (RFC 7643, section 7).

use roster_domain::scim::{Attribute, Kind, Mutability, ResourceType, Returned, Schema, Uniqueness};
use serde_json::{Value as Json, json};

use super::described::{self, Described};

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// Every schema: those of resources, and those of what the server says of itself.
pub(super) fn all(base: &str) -> Vec<Json> {
    let of_resources = ResourceType::ALL
        .iter()
        .flat_map(|of| [of.schema()].into_iter().chain(of.extensions().iter().copied()));
    let of_resources = of_resources.map(|schema| of_resource(schema, base));
    let of_server = described::ALL.iter().map(|described| {
        let attributes: Vec<Json> = described.attributes.iter().map(of_server).collect();
        whole(described.id, described.name, described.description, &attributes, base)
    });
    of_resources.chain(of_server).collect()
}

fn of_resource(schema: &Schema, base: &str) -> Json {
    let attributes: Vec<Json> = schema.attributes.iter().map(attribute).collect();
    whole(schema.id, schema.name, schema.description, &attributes, base)
}

fn whole(id: &str, name: &str, description: &str, attributes: &[Json], base: &str) -> Json {
    json!({
        "schemas": [SCHEMA],
        "id": id,
        "name": name,
        "description": description,
        "attributes": attributes,
        "meta": {"resourceType": "Schema", "location": format!("{base}/Schemas/{id}")},
    })
}

fn attribute(attribute: &Attribute) -> Json {
    let kind = match attribute.kind {
        Kind::String => "string",
        Kind::Boolean => "boolean",
        Kind::DateTime => "dateTime",
        Kind::Binary => "binary",
        Kind::Reference => "reference",
        Kind::Complex => "complex",
    };
    let mut shown = json!({
        "name": attribute.name,
        "type": kind,
        "multiValued": attribute.is_many,
        "description": attribute.description,
        "required": attribute.is_required,
        "mutability": match attribute.mutability {
            Mutability::ReadOnly => "readOnly",
            Mutability::ReadWrite => "readWrite",
            Mutability::Immutable => "immutable",
        },
        "returned": match attribute.returned {
            Returned::Always => "always",
            Returned::Default => "default",
        },
        "uniqueness": match attribute.uniqueness {
            Uniqueness::None => "none",
            Uniqueness::Server => "server",
        },
    });
    if matches!(
        attribute.kind,
        Kind::String | Kind::Reference | Kind::Binary | Kind::DateTime
    ) {
        shown["caseExact"] = Json::from(attribute.is_case_exact);
    }
    if !attribute.canonical.is_empty() {
        shown["canonicalValues"] = attribute.canonical.iter().copied().collect();
    }
    if !attribute.references.is_empty() {
        shown["referenceTypes"] = attribute.references.iter().copied().collect();
    }
    if !attribute.parts.is_empty() {
        shown["subAttributes"] = attribute.parts.iter().map(self::attribute).collect();
    }
    shown
}

/// What the server says of itself nobody else can write.
fn of_server(described: &Described) -> Json {
    let mut shown = json!({
        "name": described.name,
        "type": described.kind,
        "multiValued": described.is_many,
        "description": described.description,
        "required": described.is_required,
        "mutability": "readOnly",
        "returned": "default",
        "uniqueness": "none",
    });
    if matches!(described.kind, "string" | "reference") {
        shown["caseExact"] = Json::from(true);
    }
    if described.kind == "reference" {
        shown["referenceTypes"] = json!([described.reference]);
    }
    if !described.parts.is_empty() {
        shown["subAttributes"] = described.parts.iter().map(of_server).collect();
    }
    shown
}
