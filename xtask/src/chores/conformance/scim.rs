//! Whether `/scim/v2` is what it says of itself: scim2-tester reads it, and tries every attribute of every resource.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Store;
use crate::postgres::Server;
use crate::process;
use crate::roster::{KEY, Roster};
use crate::workspace::Workspace;

/// What the surface is called among the documents.
pub(super) const NAME: &str = "scim";

/// Attributes whose form no schema can say, with what the tester is to send instead of random text: it takes suggested values
/// where a schema has some, and the schemas that are served suggest nobody's number and nobody's data.
const SAMPLES: &[(&str, &[&str])] = &[
    ("npi", &["1234567893", "1245319599"]),
    ("metadata", &["site=North&ward=7B"]),
];

/// Runs every check. One that fails, or is skipped, fails the run: the tester says which.
pub(super) fn run(workspace: &Workspace, program: &Path, binary: &Path, folder: &Path, store: Store) -> Result<()> {
    let server = store.start(workspace)?;
    let database = server.as_ref().map(Server::url);
    let roster = Roster::start(binary, database.as_deref(), &folder.join("scim.log"))?;
    let schemas = folder.join("scim-schemas.json");
    fs::write(&schemas, with_samples(&roster.get_with_key("/scim/v2/Schemas")?)?)
        .with_context(|| format!("cannot write {}", schemas.display()))?;
    let mut command = Command::new(program);
    command
        .args(["--url", &format!("{}/scim/v2", roster.url()), "--schemas"])
        .arg(&schemas)
        .arg("test")
        // Not as an argument, which every process of the machine could read.
        .env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {KEY}"))
        .env("PYTHONPYCACHEPREFIX", folder.join("pycache"))
        .current_dir(folder);
    process::run(&mut command)
}

/// The schemas that are served, with the samples as suggested values. Nothing else is changed.
fn with_samples(served: &str) -> Result<String> {
    let mut served: Value = serde_json::from_str(served).context("the schemas are no JSON")?;
    let mut left: Vec<&str> = SAMPLES.iter().map(|(name, _)| *name).collect();
    let schemas = served["Resources"].as_array_mut().context("there are no schemas")?;
    for schema in schemas.iter_mut() {
        let is_own = schema["id"]
            .as_str()
            .is_some_and(|id| id.contains(":extension:roster:"));
        for attribute in schema["attributes"]
            .as_array_mut()
            .into_iter()
            .flatten()
            .filter(|_| is_own)
        {
            let Some((name, samples)) = SAMPLES.iter().find(|(name, _)| attribute["name"] == **name) else {
                continue;
            };
            ensure!(
                attribute.get("canonicalValues").is_none(),
                "{name} has suggested values of its own"
            );
            attribute["canonicalValues"] = json!(samples);
            left.retain(|other| other != name);
        }
    }
    ensure!(left.is_empty(), "no schema has {}", left.join(", "));
    Ok(Value::from(std::mem::take(schemas)).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROSTER: &str = "urn:ietf:params:scim:schemas:extension:roster:2.0:User";

    #[test]
    fn samples_are_suggested_where_the_schema_cannot_say_the_form_and_nowhere_else() {
        let other = json!({"id": "urn:x", "attributes": [{"name": "npi"}]});
        let own = json!({"id": ROSTER, "attributes": [{"name": "npi"}, {"name": "pronoun"}, {"name": "metadata"}]});
        let served = json!({"totalResults": 2, "Resources": [other, own]});

        let given: Value = serde_json::from_str(&with_samples(&served.to_string()).unwrap()).unwrap();

        assert_eq!(given[0], other);
        assert_eq!(
            given[1]["attributes"][0]["canonicalValues"],
            json!(["1234567893", "1245319599"])
        );
        assert_eq!(given[1]["attributes"][1], json!({"name": "pronoun"}));
        assert_eq!(
            given[1]["attributes"][2]["canonicalValues"],
            json!(["site=North&ward=7B"])
        );
    }

    #[test]
    fn an_attribute_that_is_gone_or_has_values_of_its_own_is_told() {
        let npi = json!({"name": "npi", "canonicalValues": ["1"]});
        for attributes in [json!([{"name": "npi"}]), json!([npi, {"name": "metadata"}])] {
            let served = json!({"Resources": [{"id": ROSTER, "attributes": attributes}]});
            assert!(with_samples(&served.to_string()).is_err());
        }
    }
}
