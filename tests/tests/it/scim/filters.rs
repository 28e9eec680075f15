//! Filters: who is found, and what is no filter.

use std::collections::BTreeSet;

use e2e::{Api, Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use super::{ENTERPRISE, ROSTER, USER, found, provider, query, refused, user};

/// The clinic that is searched. Each user is named by a letter below, which is the nickname.
async fn clinic(server: &Server) -> Api {
    let scim = provider(server).await;
    let barbara = json!({
        "schemas": [USER, ENTERPRISE, ROSTER],
        "userName": "bjensen@example.org",
        "externalId": "E-701984",
        "nickName": "b",
        "name": { "givenName": "Barbara", "familyName": "Jensen", "honorificPrefix": "Ms." },
        "displayName": "Babs Jensen",
        "title": "Tour Guide",
        "userType": "Employee",
        "locale": "en-US",
        "timezone": "America/Los_Angeles",
        "active": true,
        "emails": [
            { "value": "bjensen@example.org", "type": "work", "primary": true },
            { "value": "babs@jensen.example", "type": "home" },
        ],
        "phoneNumbers": [{ "value": "+1-201-555-0123", "type": "mobile" }],
        "addresses": [{ "type": "work", "locality": "Hollywood", "country": "US" }],
        ENTERPRISE: { "department": "Cardiology", "employeeNumber": "701984", "manager": { "value": "26118915" } },
        ROSTER: {
            "npi": "1234567893",
            "roles": "PRACTITIONER",
            "specialty": "CARDIOLOGY",
            "speechLocales": "en-US,es-US",
            "metadata": "site=North&ward=7B",
        },
    });
    let john = json!({
        "schemas": [USER, ENTERPRISE],
        "userName": "JSmith",
        "externalId": "e-701984",
        "nickName": "j",
        "name": { "givenName": "John", "familyName": "Smith" },
        "userType": "Contractor",
        "locale": "de-DE",
        "active": false,
        "emails": [
            { "value": "jsmith@example.com", "type": "home", "primary": true },
            { "value": "smith@example.org", "type": "work" },
        ],
        ENTERPRISE: { "department": "Oncology" },
    });
    let juergen = json!({
        "schemas": [USER],
        "userName": "Jürgen.MÜLLER",
        "nickName": "m",
        "name": { "givenName": "Jürgen", "familyName": "Müller" },
        "displayName": "100% \\ under_score",
        "title": "Oberarzt \"Chef\"",
        "emails": [{ "value": "mueller@klinik.example", "type": "work" }],
    });
    let robert = json!({
        "schemas": [USER],
        "userName": "o'brien",
        "nickName": "o",
        "name": { "familyName": "O'Brien" },
        "displayName": "Robert'); DROP TABLE users;--",
        "title": "日本語 🩺",
        "emails": [{ "value": "robert@example.com", "type": "work" }],
        ROSTER: { "metadata": "ward=North" },
    });
    let nobody = json!({ "schemas": [USER], "userName": "minimal", "nickName": "n" });
    for resource in [barbara, john, juergen, robert, nobody] {
        user(&scim, resource).await;
    }
    let group = json!({ "displayName": "Cardiologists" });
    let group = scim.post("/Groups", group).await.expect(201).text_at("/id");
    let barbara = query(&scim, "/Users", &[("filter", "nickName eq \"b\"")]).await;
    let member = barbara.text_at("/Resources/0/id");
    let patch = json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": member }] }] });
    scim.patch(&format!("/Groups/{group}"), patch).await.expect(200);
    scim
}

/// What is asked for, and the nicknames of all who are found.
const FINDS: &[(&str, &str)] = &[
    // Equal, without regard to case unless the attribute's case is exact.
    (r#"userName eq "bjensen@example.org""#, "b"),
    (r#"userName eq "BJENSEN@EXAMPLE.ORG""#, "b"),
    (r#"username EQ "jsmith""#, "j"),
    (r#"USERNAME eq "jürgen.müller""#, "m"),
    (r#"userName eq "JÜRGEN.MÜLLER""#, "m"),
    (r#"userName eq "o'brien""#, "o"),
    (r#"userName eq "nobody""#, ""),
    (r#"externalId eq "E-701984""#, "b"),
    (r#"externalId eq "e-701984""#, "j"),
    (r#"externalId eq "E-701985""#, ""),
    (
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "minimal""#,
        "n",
    ),
    (
        r#"URN:IETF:params:scim:schemas:core:2.0:user:USERNAME eq "minimal""#,
        "n",
    ),
    (r#"name.familyName eq "JENSEN""#, "b"),
    (r#"name.familyName eq "O'Brien""#, "o"),
    (r#"name.familyName eq "müller""#, "m"),
    (r#"name.givenName eq "JÜRGEN""#, "m"),
    (r#"displayName eq "babs jensen""#, "b"),
    (r#"displayName eq "100% \\ under_score""#, "m"),
    (r#"displayName eq "Robert'); DROP TABLE users;--""#, "o"),
    (r#"title eq "Oberarzt \"Chef\"""#, "m"),
    (r#"title eq "日本語 🩺""#, "o"),
    (r#"title eq "\u65e5\u672c\u8a9e \ud83e\ude7a""#, "o"),
    (r#"title eq """#, ""),
    (r#"locale eq "EN-us""#, "b"),
    ("active eq true", "bmon"),
    ("active eq false", "j"),
    (r#"active eq "True""#, "bmon"),
    (r#"active eq "false""#, "j"),
    (r#"nickName eq "b" "#, "b"),
    // Unequal is also who has no value, and of several values one is enough.
    (r#"userType ne "Employee""#, "jmon"),
    (r#"userName ne "minimal""#, "bjmo"),
    ("active ne true", "j"),
    (r#"emails.type ne "work""#, "bjn"),
    (r#"emails.value ne "bjensen@example.org""#, "bjmon"),
    (r#"emails ne "robert@example.com""#, "bjmn"),
    (r#"not (emails.type ne "work")"#, "mo"),
    (r#"emails[type ne "work"]"#, "bj"),
    (r#"groups.display ne "cardiologists""#, "jmon"),
    (r#"groups.display ne "oncologists""#, "bjmon"),
    (r#"phoneNumbers.type ne "mobile""#, "jmon"),
    // Parts of texts.
    (r#"userName co "jensen""#, "b"),
    (r#"userName co "J""#, "bjm"),
    (r#"name.familyName co "'""#, "o"),
    (r#"displayName co "%""#, "m"),
    (r#"displayName co "_""#, "m"),
    (r#"displayName co "\\""#, "m"),
    (r#"displayName co "ER_SC""#, "m"),
    (r#"displayName co "er-sc""#, ""),
    (r#"title co "\"chef\"""#, "m"),
    (r#"title co "🩺""#, "o"),
    (r#"title co "語""#, "o"),
    (r#"displayName co "DROP TABLE""#, "o"),
    (r#"displayName co "');""#, "o"),
    (r#"name.familyName co "ü""#, "m"),
    (r#"name.familyName co "Ü""#, "m"),
    (r#"userName sw "o'""#, "o"),
    (r#"userName sw "JÜR""#, "m"),
    (r#"userName sw "%""#, ""),
    (r#"userName sw "j""#, "jm"),
    (r#"userName ew "EXAMPLE.ORG""#, "b"),
    (r#"userName ew "müller""#, "m"),
    (r#"title ew "🩺""#, "o"),
    (r#"displayName sw "100%""#, "m"),
    (r#"displayName ew "--""#, "o"),
    (r#"userName co """#, "bjmon"),
    // The order of texts is that of their code points, after folding.
    (r#"userName gt "jsmith""#, "mno"),
    (r#"userName ge "jsmith""#, "jmno"),
    (r#"userName lt "jsmith""#, "b"),
    (r#"userName le "JSMITH""#, "bj"),
    (r#"userType gt "a""#, "bj"),
    (r#"title lt "z""#, "bm"),
    // Moments.
    (r#"meta.created gt "2020-01-01T00:00:00Z""#, "bjmon"),
    (r#"meta.created lt "2020-01-01T00:00:00Z""#, ""),
    (r#"meta.lastModified ge "2020-01-01T00:00:00.000+02:00""#, "bjmon"),
    (r#"meta.created eq "2020-01-01T00:00:00Z""#, ""),
    (r#"meta.created ne "2020-01-01T00:00:00Z""#, "bjmon"),
    (r#"meta.resourceType eq "User""#, "bjmon"),
    // Whether there is a value.
    ("title pr", "bmo"),
    ("not (title pr)", "jn"),
    ("name pr", "bjmo"),
    ("name.honorificPrefix pr", "b"),
    ("emails pr", "bjmo"),
    ("emails.value pr", "bjmo"),
    ("phoneNumbers pr", "b"),
    ("photos pr", ""),
    ("externalId pr", "bj"),
    ("active pr", "bjmon"),
    (
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department pr",
        "bj",
    ),
    ("title eq null", "jn"),
    ("title ne null", "bmo"),
    // Several values: one that fits is enough.
    (r#"emails eq "bjensen@example.org""#, "b"),
    (r#"emails.value eq "BABS@jensen.example""#, "b"),
    (r#"emails.value ew "example.org""#, "bj"),
    (r#"emails.value co "@example""#, "bjo"),
    (r#"emails.type eq "home""#, "bj"),
    (r#"emails.type eq "work" and emails.value co "example.com""#, "jo"),
    (r#"emails[type eq "work" and value co "example.com"]"#, "o"),
    (r#"emails[type eq "home" and value co "jensen"]"#, "b"),
    (r#"emails[type eq "work"]"#, "bjmo"),
    (r#"emails[not (type eq "work")]"#, "bj"),
    ("emails[primary eq true]", "bj"),
    (r#"emails[primary eq true and type eq "work"]"#, "b"),
    (r#"emails[type eq "home" or value sw "robert"]"#, "bjo"),
    (r#"not (emails[type eq "home"])"#, "mon"),
    (r#"emails[type eq "work"].value eq "smith@example.org""#, "j"),
    (r#"emails[type eq "work"].value co "] eq""#, ""),
    (r#"addresses.locality eq "hollywood""#, "b"),
    (r#"addresses[type eq "work" and country eq "us"]"#, "b"),
    (r#"phoneNumbers.value co "555""#, "b"),
    (r#"groups.display eq "cardiologists""#, "b"),
    ("groups pr", "b"),
    ("not (groups pr)", "jmon"),
    (r#"groups[display sw "Card" and type eq "direct"]"#, "b"),
    // Extensions.
    (
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "cardiology""#,
        "b",
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "26118915""#,
        "b",
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "26118915""#,
        "b",
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department co "olog""#,
        "bj",
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:npi eq "1234567893""#,
        "b",
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:roles eq "practitioner""#,
        "b",
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:metadata co "ward=North""#,
        "o",
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:metadata co "North""#,
        "bo",
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:metadata co "north""#,
        "",
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:roster:2.0:User:speechLocales eq "EN-us,es-US""#,
        "b",
    ),
    // And, or, not, and what is in brackets.
    (r#"userName eq "jsmith" or userName eq "minimal""#, "jn"),
    ("title pr and active eq true", "bmo"),
    (r#"title pr or userName eq "jsmith" and active eq true"#, "bmo"),
    (r#"(title pr or userName eq "jsmith") and active eq false"#, "j"),
    ("not (title pr) and active eq true", "n"),
    ("not (title pr and active eq true)", "jn"),
    ("not (not (title pr))", "bmo"),
    ("not(title pr) and active eq true", "n"),
    ("not(not(title pr))", "bmo"),
    (r#"emails[not(type eq "work")]"#, "bj"),
    (r#"not(emails[NOT(type eq "home")])"#, "n"),
    (r#"displayName co "not(" or title co "not(""#, ""),
    // Brackets around an attribute that has one value.
    (r#"name[familyName eq "jensen" and givenName sw "bar"]"#, "b"),
    ("name[not (givenName pr)]", "o"),
    ("name[familyName pr] and not(name[givenName pr])", "o"),
    (
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager[value eq "26118915"]"#,
        "b",
    ),
    ("NOT (title PR) AND active EQ true", "n"),
    (r#"((((userName eq "minimal"))))"#, "n"),
    (
        r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
        "b",
    ),
    (
        r#"userName eq "a" or userName eq "b" or userName eq "c" or userName eq "minimal""#,
        "n",
    ),
    (r#"userName eq "minimal" and userName eq "jsmith""#, ""),
    // What looks like something else in quotes is text.
    (r#"userName eq "minimal\" or title pr or userName eq \"""#, ""),
    (r#"userName eq "' OR '1'='1""#, ""),
    (r#"userName eq "minimal'; DELETE FROM users; --""#, ""),
    (r#"displayName eq "$1 ?1 :a @b""#, ""),
    (r#"displayName co "$.userName""#, ""),
    (r#"title eq "a and b or (c)""#, ""),
];

/// What is no filter, or asks what nobody can answer.
const INVALID: &[&str] = &[
    "",
    " ",
    "userName",
    "userName eq",
    "eq \"a\"",
    "userName \"a\"",
    "userName == \"a\"",
    "userName like \"a\"",
    "userName eq 'a'",
    "userName eq a",
    "userName eq \"a",
    "userName eq a\"",
    "userName eq \"a\" and",
    "and userName eq \"a\"",
    "userName eq \"a\" or or title pr",
    "userName eq \"a\" title pr",
    "(userName eq \"a\"",
    "userName eq \"a\")",
    "not userName eq \"a\"",
    "not title pr",
    "()",
    "userName eq \"\\x\"",
    "userName eq \"\\u12\"",
    "userName eq \"\\u0000\"",
    "userName pr \"a\"",
    "userName eq {}",
    "userName eq [\"a\"]",
    // There is no such attribute.
    "shoeSize eq 42",
    "shoeSize pr",
    "password eq \"secret\"",
    "name.shoeSize eq \"a\"",
    "emails.shoeSize eq \"a\"",
    "emails[shoeSize eq \"a\"]",
    "userName.value eq \"a\"",
    "name.familyName.first eq \"a\"",
    "urn:ietf:params:scim:schemas:core:2.0:Group:displayName eq \"a\"",
    "urn:ietf:params:scim:schemas:core:2.0:User:department eq \"a\"",
    "urn:example:2.0:User:userName eq \"a\"",
    "$.userName eq \"a\"",
    "users.email_folded eq \"a\"",
    "members eq \"a\"",
    "_id eq \"a\"",
    // The comparison makes no sense.
    "active eq TRUE",
    "active eq \"maybe\"",
    "active eq 1",
    "active gt true",
    "active co \"t\"",
    "active sw true",
    "userName eq true",
    "userName eq 5",
    "userName gt null",
    "userName co null",
    "name eq \"a\"",
    "addresses eq \"a\"",
    "meta eq \"a\"",
    "meta.created eq \"yesterday\"",
    "meta.created eq \"2020-13-01T00:00:00Z\"",
    "meta.created co \"2020\"",
    "meta.created gt true",
    "meta.location eq \"a\"",
    "groups.$ref eq \"a\"",
    "meta.version eq \"W/\\\"1\\\"\"",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName eq \"a\"",
    "nottitle pr",
    "knot(title pr)",
    // Brackets are for attributes with parts, and are not nested.
    "userName[value eq \"a\"]",
    "emails[]",
    "emails[type eq \"work\"",
    "emails[type eq \"work\" and emails[type eq \"home\"]]",
    "emails[type eq \"work\"].shoeSize eq \"a\"",
    "emails[type eq \"work\"].value",
    "userName eq \"a\"; DROP TABLE users",
    "userName eq \"a\" -- comment",
    "userName eq \"a\" /* comment */",
    "1 eq 1",
    "true",
];

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_filter_finds_exactly_who_is_meant_whichever_way_it_is_sent(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let scim = clinic(&server).await;
    let mut wrong = Vec::new();
    for (filter, nicknames) in FINDS {
        let expected: BTreeSet<String> = nicknames.chars().map(String::from).collect();
        let answer = query(&scim, "/Users", &[("filter", filter)]).await;
        let search = scim.post("/Users/.search", json!({ "filter": filter })).await;
        for answer in [answer, search] {
            if answer.status != 200 || found(&answer, "nickName") != expected {
                wrong.push(format!(
                    "{filter}: expected {nicknames:?}, {} {}",
                    answer.status, answer.text
                ));
            } else if answer.json()["totalResults"] != expected.len() {
                wrong.push(format!("{filter}: {}", answer.text));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        FINDS.len(),
        wrong.join("\n")
    );
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn what_is_no_filter_is_refused_and_never_answered_with_an_empty_list(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let scim = clinic(&server).await;
    let deep = format!("{}title pr{}", "not (".repeat(200), ")".repeat(200));
    let long = vec![r#"userName eq "a""#; 5_000].join(" or ");
    let mut wrong = Vec::new();
    for filter in INVALID.iter().copied().chain([deep.as_str()]) {
        let answer = query(&scim, "/Users", &[("filter", filter)]).await;
        let is_refused = answer.status == 400 && answer.json()["scimType"] == "invalidFilter";
        if !is_refused {
            wrong.push(format!("{filter:?}: {} {}", answer.status, answer.text));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        INVALID.len(),
        wrong.join("\n")
    );
    let answer = scim.post("/Users/.search", json!({ "filter": long })).await;
    refused(answer, 400, Some("invalidFilter"));
    // And everybody is still there.
    let all = query(&scim, "/Users", &[]).await.expect(200);
    assert_eq!(all.json()["totalResults"], json!(5), "{}", all.text);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn users_made_elsewhere_are_found_by_what_stands_for_their_names(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let scim = provider(&server).await;
    let api = server.api();
    let ann = json!({ "email": "Ann@Example.org", "external_id": "emp-1", "first_name": "Ann" });
    api.post("/v1/users", ann).await.expect(201);
    let bob = json!({ "external_id": "EMP-2" });
    api.post("/v1/users", bob).await.expect(201);
    for (filter, external_id) in [
        (r#"userName eq "ann@example.org""#, "emp-1"),
        (r#"emails[type eq "work"].value eq "ann@example.ORG""#, "emp-1"),
        ("emails.primary eq true", "emp-1"),
        (r#"name.givenName sw "an""#, "emp-1"),
        (r#"userName eq "emp-2""#, "EMP-2"),
        (r#"externalId eq "EMP-2""#, "EMP-2"),
    ] {
        let answer = query(&scim, "/Users", &[("filter", filter)]).await.expect(200);
        assert_eq!(
            found(&answer, "externalId"),
            BTreeSet::from([external_id.to_owned()]),
            "{filter}"
        );
    }
    // What is changed elsewhere is found as it is then.
    let id = query(&scim, "/Users", &[("filter", r#"externalId eq "emp-1""#)]).await;
    let id = id.text_at("/Resources/0/id");
    let change = json!({ "email": "other@example.org" });
    api.patch(&format!("/v1/users/{id}"), change).await.expect(200);
    let old = query(&scim, "/Users", &[("filter", r#"emails eq "ann@example.org""#)]).await;
    assert_eq!(old.expect(200).json()["totalResults"], json!(0));
    let new = query(&scim, "/Users", &[("filter", r#"userName eq "OTHER@example.org""#)]).await;
    assert_eq!(new.text_at("/Resources/0/id"), id);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn groups_are_filtered_by_name_id_and_members(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let scim = provider(&server).await;
    let ann = super::id(&user(&scim, super::named("ann")).await);
    let bob = super::id(&user(&scim, super::named("bob")).await);
    let mut groups = Vec::new();
    for (name, members) in [("North", vec![&ann]), ("South", vec![&ann, &bob]), ("Empty", vec![])] {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let group = json!({ "displayName": name, "externalId": format!("x-{name}"), "members": members });
        groups.push(scim.post("/Groups", group).await.expect(201).text_at("/id"));
    }
    for (filter, names) in [
        (r#"displayName eq "north""#.to_owned(), vec!["North"]),
        (r#"displayName co "T""#.to_owned(), vec!["North", "South", "Empty"]),
        (format!(r#"id eq "{}""#, groups[1]), vec!["South"]),
        (r#"externalId eq "x-Empty""#.to_owned(), vec!["Empty"]),
        (format!(r#"members eq "{ann}""#), vec!["North", "South"]),
        (format!(r#"members.value eq "{bob}""#), vec!["South"]),
        (format!(r#"members[value eq "{bob}"]"#), vec!["South"]),
        (format!(r#"id eq "{}" and members eq "{bob}""#, groups[0]), vec![]),
        ("members pr".to_owned(), vec!["North", "South"]),
        ("not (members pr)".to_owned(), vec!["Empty"]),
    ] {
        let answer = query(&scim, "/Groups", &[("filter", &filter)]).await.expect(200);
        let expected: BTreeSet<String> = names.into_iter().map(str::to_owned).collect();
        assert_eq!(found(&answer, "displayName"), expected, "{filter}");
    }
    for filter in [
        "userName eq \"a\"",
        "members.$ref pr",
        "members.display eq \"a\"",
        "members.display pr",
        "members[display eq \"a\"]",
        "meta.version pr",
        "displayName gt 1",
        "members[type]",
    ] {
        refused(
            query(&scim, "/Groups", &[("filter", filter)]).await,
            400,
            Some("invalidFilter"),
        );
    }
}
