//! The descriptions of `/v1` and of the dialects, and their reference page.

use e2e::{Server, Store, documents};
use serde_json::Value;

/// The names of all documents, as the command line lists them.
fn names(server: &Server) -> Vec<String> {
    let listed = server.cli(&["openapi", "--list"]).ok().stdout;
    listed.lines().map(str::to_owned).collect()
}

/// A document by its name, as the command line prints it.
fn printed(server: &Server, name: &str) -> Value {
    server.cli(&["openapi", name]).ok().json()
}

#[tokio::test]
async fn every_served_description_is_openapi_3_1_and_one_that_is_committed() {
    let server = Server::on(Store::Sqlite).start().await;
    let names = names(&server);
    let paths = documents::listed(&server).await;
    assert_eq!(
        names.len(),
        paths.len(),
        "{names:?} are printed, and served are {paths:?}"
    );

    let mut documents = Vec::new();
    for path in &paths {
        let document = server.api().anonymous().get(path).await.expect(200).json();
        assert!(
            document["openapi"]
                .as_str()
                .is_some_and(|version| version.starts_with("3.1")),
            "{path}: {}",
            document["openapi"]
        );
        documents.push(document);
    }

    for name in &names {
        let printed = printed(&server, name);
        assert!(documents.contains(&printed), "{name} is not served");
        let file = format!("{}/../docs/openapi/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let committed = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let committed: Value = serde_json::from_str(&committed).expect("the committed description is JSON");
        assert!(
            printed == committed,
            "docs/openapi/{name}.json is stale: run `cargo xtask openapi`"
        );
    }
    assert_eq!(server.cli(&["openapi"]).ok().json(), printed(&server, "v1"));
    let unknown = server.cli(&["openapi", "acme"]);
    assert!(
        unknown.code != Some(0) && unknown.stderr.contains("acme"),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn every_reference_inside_a_description_leads_somewhere() {
    let server = Server::on(Store::Sqlite).start().await;
    for path in documents::listed(&server).await {
        let document = server.api().anonymous().get(&path).await.expect(200).json();

        let mut references = Vec::new();
        collect(&document, &mut references);

        assert!(!references.is_empty(), "{path}");
        for reference in references {
            let pointer = reference
                .strip_prefix('#')
                .unwrap_or_else(|| panic!("{reference} leads outside"));
            assert!(document.pointer(pointer).is_some(), "{path}: {reference} leads nowhere");
        }
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

#[tokio::test]
async fn the_reference_page_needs_nothing_from_elsewhere() {
    let server = Server::on(Store::Sqlite).start().await;
    let anyone = server.api().anonymous();

    // Whichever way the page is reached, and whatever it loads
    let mut path = "/docs".to_owned();
    let mut page = anyone.get(&path).await;
    for _ in 0..3 {
        let Some(next) = page.header("location").map(str::to_owned) else {
            break;
        };
        path = next.strip_prefix(&server.url()).unwrap_or(&next).to_owned();
        page = anyone.get(&path).await;
    }
    let page = page.expect(200);
    assert!(
        page.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html")),
        "{page:?}"
    );
    let loaded = loads(&page.text);
    assert!(!loaded.is_empty(), "{}", page.text);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    for source in loaded {
        assert!(!source.contains("//"), "{source} is elsewhere");
        let file = source.trim_start_matches("./");
        let file = if file.starts_with('/') {
            file.to_owned()
        } else {
            format!("{folder}/{file}")
        };
        let loaded = anyone.get(&file).await.expect(200);
        if file.ends_with("initializer.js") {
            let elsewhere = loaded
                .text
                .split(['"', '\''])
                .find(|text| text.starts_with("http") || text.starts_with("//"));
            assert_eq!(elsewhere, None, "{file}");
            assert!(loaded.text.contains("/v1/openapi.json"), "{}", loaded.text);
        }
    }
}

/// What a page loads: the values of its `src` attributes and of the `href` attributes of its links.
fn loads(html: &str) -> Vec<&str> {
    [" src=\"", " href=\""]
        .iter()
        .flat_map(|attribute| html.split(attribute).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .filter(|value| !value.is_empty() && !value.starts_with('#'))
        .collect()
}
