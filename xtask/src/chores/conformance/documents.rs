//! Which OpenAPI documents a running Roster serves, and under which path each is.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::roster::{Documents, Roster};

/// The part of the reference page that says which documents it shows.
const PAGE: &str = "/docs/swagger-initializer.js";

/// The paths of all documents by their names. The reference page says where documents are, and the binary how they are called;
/// every document must be known to both, and be the same, so that none is left out of what is tried and what is committed.
pub(super) fn paths(roster: &Roster, documents: &Documents) -> Result<BTreeMap<String, String>> {
    let mut printed: BTreeMap<String, Value> = BTreeMap::new();
    for name in documents.names()? {
        let document = documents.print(&name)?;
        let document = serde_json::from_str(&document).with_context(|| format!("the document {name} is no JSON"))?;
        printed.insert(name, document);
    }
    let mut paths = BTreeMap::new();
    for path in on_page(&roster.get(PAGE)?) {
        let served: Value = serde_json::from_str(&roster.get(&path)?).with_context(|| format!("{path} is no JSON"))?;
        let Some(name) = printed.iter().find(|(_, document)| **document == served) else {
            bail!("{path} is served and listed on /docs, but `roster openapi` prints no such document");
        };
        paths.insert(name.0.clone(), path);
    }
    if let Some(name) = printed.keys().find(|name| !paths.contains_key(*name)) {
        bail!("`roster openapi` prints {name}, but the document is not listed on /docs");
    }
    Ok(paths)
}

/// Every path in quotes that ends as the documents' paths do.
fn on_page(page: &str) -> Vec<String> {
    let mut paths: Vec<String> = page
        .split('"')
        .filter(|text| text.starts_with('/') && text.ends_with("/openapi.json"))
        .map(str::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

#[cfg(test)]
mod tests {
    use super::on_page;

    #[test]
    fn the_paths_of_documents_are_found_whether_there_is_one_or_several() {
        let one = r#"window.ui = SwaggerUIBundle({ "url": "/v1/openapi.json", "dom_id": "\#swagger-ui" });"#;
        assert_eq!(on_page(one), ["/v1/openapi.json"]);

        let several = r#""urls": [ {"name": "b", "url": "/b/openapi.json"}, {"name": "a", "url": "/a/openapi.json"} ]"#;
        assert_eq!(on_page(several), ["/a/openapi.json", "/b/openapi.json"]);
    }
}
