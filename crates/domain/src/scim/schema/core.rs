//! The core schemas (RFC 7643, sections 3.1, 4.1 and 4.2).

use super::{Attribute, Schema};

/// The attributes that every resource has; they belong to no schema (RFC 7643, section 3.1).
pub const COMMON: &[Attribute] = &[
    Attribute::text("id", "Roster's id of the resource.")
        .case_exact()
        .read_only()
        .always()
        .unique(),
    Attribute::text("externalId", "The id of the resource in the customer's own system.").case_exact(),
    Attribute::complex(
        "meta",
        "What Roster says about the resource.",
        &[
            Attribute::text("resourceType", "The name of the resource's type.")
                .case_exact()
                .read_only(),
            Attribute::date_time("created", "When the resource was made.").read_only(),
            Attribute::date_time("lastModified", "When the resource was last changed.").read_only(),
            Attribute::reference("location", "The URI of the resource.", &["uri"]).read_only(),
            Attribute::text("version", "The entity tag of the resource.")
                .case_exact()
                .read_only(),
        ],
    )
    .read_only(),
];

/// `urn:ietf:params:scim:schemas:core:2.0:User`. There is no `password`: nobody signs in to Roster.
pub const USER: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    description: "A clinician.",
    attributes: &[
        Attribute::text("userName", "The name by which the identity provider knows the user.").required().unique(),
        Attribute::complex(
            "name",
            "The parts of the user's name.",
            &[
                Attribute::text("formatted", "The whole name, as it is shown."),
                Attribute::text("familyName", "The last name."),
                Attribute::text("givenName", "The first name."),
                Attribute::text("middleName", "The middle names."),
                Attribute::text("honorificPrefix", "The title before the name."),
                Attribute::text("honorificSuffix", "What follows the name."),
            ],
        ),
        Attribute::text("displayName", "The name that is shown."),
        Attribute::text("nickName", "What the user is called."),
        Attribute::reference("profileUrl", "A page about the user.", &["external"]),
        Attribute::text("title", "The user's title, such as Senior Physician."),
        Attribute::text("userType", "How the user relates to the organization, such as Employee."),
        Attribute::text("preferredLanguage", "The languages that the user prefers, as in Accept-Language."),
        Attribute::text("locale", "The language that the user reads: BCP 47.").canonical(LOCALES),
        Attribute::text("timezone", "The user's time zone, by its name in the IANA database."),
        // To leave it out is to say nothing about it; but every user has it, so that it cannot be taken away.
        Attribute::boolean(
            "active",
            "Whether the user may work. Every user has it: a user who is made without it is active, a request that leaves it out \
             leaves it as it is, and it cannot be removed.",
        )
        .required(),
        Attribute::complex(
            "emails",
            "E-mail addresses. The primary one, else the first for work, else the first, is the one that vendors are given.",
            &[
                Attribute::text("value", "The address. The one that vendors are given is no other user's.").unique(),
                Attribute::text("display", "What is shown for it."),
                Attribute::text("type", "What it is for.").canonical(&["work", "home", "other"]),
                Attribute::boolean("primary", "Whether it is the preferred one."),
            ],
        )
        .many(),
        Attribute::complex(
            "phoneNumbers",
            "Telephone numbers. The primary one, else the first for work, else the first, is the one that vendors are given.",
            &[
                Attribute::text("value", "The number."),
                Attribute::text("display", "What is shown for it."),
                Attribute::text("type", "What it is for.").canonical(&[
                    "work", "home", "mobile", "fax", "pager", "other",
                ]),
                Attribute::boolean("primary", "Whether it is the preferred one."),
            ],
        )
        .many(),
        Attribute::complex(
            "ims",
            "Addresses for instant messages.",
            &[
                Attribute::text("value", "The address."),
                Attribute::text("display", "What is shown for it."),
                Attribute::text("type", "The kind of service."),
                Attribute::boolean("primary", "Whether it is the preferred one."),
            ],
        )
        .many(),
        Attribute::complex(
            "photos",
            "Pictures of the user.",
            &[
                Attribute::reference("value", "Where the picture is.", &["external"]),
                Attribute::text("display", "What is shown for it."),
                Attribute::text("type", "What it is for.").canonical(&["photo", "thumbnail"]),
                Attribute::boolean("primary", "Whether it is the preferred one."),
            ],
        )
        .many(),
        Attribute::complex(
            "addresses",
            "Postal addresses.",
            &[
                Attribute::text("formatted", "The whole address, as it is shown."),
                Attribute::text("streetAddress", "Street and number."),
                Attribute::text("locality", "The city."),
                Attribute::text("region", "The state or region."),
                Attribute::text("postalCode", "The postal code."),
                Attribute::text("country", "The country."),
                Attribute::text("type", "What it is for.").canonical(&["work", "home", "other"]),
                Attribute::boolean("primary", "Whether it is the preferred one."),
            ],
        )
        .many(),
        Attribute::complex(
            "groups",
            "The groups that the user is in. Changed through the groups.",
            &[
                Attribute::text("value", "The id of the group.").case_exact().read_only(),
                Attribute::reference("$ref", "The URI of the group.", &["Group"]).read_only(),
                Attribute::text("display", "The name of the group.").read_only(),
                Attribute::text("type", "How the user is in it.").canonical(&["direct"]).read_only(),
            ],
        )
        .many()
        .read_only(),
        Attribute::complex(
            "entitlements",
            "What the user is entitled to.",
            &[
                Attribute::text("value", "The entitlement."),
                Attribute::text("display", "What is shown for it."),
                Attribute::text("type", "What kind it is of."),
                Attribute::boolean("primary", "Whether it is the preferred one."),
            ],
        )
        .many(),
        Attribute::complex(
            "roles",
            "The user's roles in the customer's own words. The roles that vendors are given are those of Roster's extension.",
            &[
                Attribute::text("value", "The role."),
                Attribute::text("display", "What is shown for it."),
                Attribute::text("type", "What kind it is of."),
                Attribute::boolean("primary", "Whether it is the preferred one."),
            ],
        )
        .many(),
        Attribute::complex(
            "x509Certificates",
            "Certificates of the user.",
            &[
                Attribute::binary("value", "The certificate, DER in base64."),
                Attribute::text("display", "What is shown for it."),
                Attribute::text("type", "What it is for."),
                Attribute::boolean("primary", "Whether it is the preferred one."),
            ],
        )
        .many(),
    ],
};

/// Languages that are suggested; any other of BCP 47 is taken as well.
const LOCALES: &[&str] = &["en-US", "en-GB", "de-DE", "es-US", "fr-FR"];

/// `urn:ietf:params:scim:schemas:core:2.0:Group`
pub const GROUP: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    description: "A group of clinicians, which can be tied to connections.",
    attributes: &[
        Attribute::text("displayName", "The name of the group.").required(),
        Attribute::complex(
            "members",
            "Who is in the group: users. Groups are in no groups.",
            &[
                Attribute::text("value", "The id of the user.").case_exact().immutable(),
                Attribute::reference("$ref", "The URI of the user.", &["User"]).immutable(),
                Attribute::text("type", "What the member is.")
                    .canonical(&["User"])
                    .immutable(),
            ],
        )
        .many(),
    ],
};
