//! Query data: the files that sqlx's macros write, one for each query.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// File names and contents.
pub(super) type Queries = BTreeMap<String, String>;

/// The query data in a folder, which need not be there.
pub(super) fn read(folder: &Path) -> Result<Queries> {
    let mut queries = Queries::new();
    if !folder.exists() {
        return Ok(queries);
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("query-") {
            queries.insert(name, fs::read_to_string(entry.path())?);
        }
    }
    Ok(queries)
}

/// One line for each query that is not the same in both.
pub(super) fn differences(committed: &Queries, asked: &Queries) -> Vec<String> {
    let names: BTreeSet<&String> = committed.keys().chain(asked.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| match (committed.get(name), asked.get(name)) {
            (None, _) => Some(format!("{name} is missing")),
            (_, None) => Some(format!("{name} is of a query that is no more")),
            (Some(old), Some(new)) => (old != new).then(|| format!("{name} is out of date")),
        })
        .collect()
}

/// Makes the folder hold what was asked, and leaves alone what is the same already.
pub(super) fn replace(folder: &Path, committed: &Queries, asked: &Queries) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for name in committed.keys().filter(|name| !asked.contains_key(*name)) {
        fs::remove_file(folder.join(name))?;
    }
    for (name, text) in asked {
        if committed.get(name) != Some(text) {
            fs::write(folder.join(name), text)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Queries, differences};

    #[test]
    fn a_query_that_is_missing_changed_or_gone_is_a_difference() {
        let queries = |pairs: &[(&str, &str)]| -> Queries {
            pairs
                .iter()
                .map(|(name, text)| ((*name).into(), (*text).into()))
                .collect()
        };
        let committed = queries(&[("gone", "1"), ("same", "1"), ("changed", "1")]);
        let asked = queries(&[("same", "1"), ("changed", "2"), ("missing", "1")]);

        assert_eq!(
            differences(&committed, &asked),
            [
                "changed is out of date",
                "gone is of a query that is no more",
                "missing is missing"
            ]
        );
    }
}
