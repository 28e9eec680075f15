//! The habits of the sources, as far as they can be told from the text.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// The length from which on something wants to move out of a file.
const LONGEST: usize = 500;
/// Tests repeat themselves so that each can be read alone.
const LONGEST_TEST: usize = 800;

/// What no Rust source has in it, why, and what to do. In two parts, so that this file is tidy itself.
const BANNED_IN_RUST: &[(&str, &str, &str)] = &[
    (
        "#[",
        "allow(",
        "write `#[expect(…, reason = \"…\")]`, which says why and ends with its cause",
    ),
    (
        "#![",
        "allow(",
        "write `#![expect(…, reason = \"…\")]`, which says why and ends with its cause",
    ),
    (
        "#[",
        "ignore",
        "a test that is not run proves nothing: repair it or take it out",
    ),
    ("todo", "!(", "finish it, or leave it out"),
    ("unimplemented", "!(", "finish it, or leave it out"),
    ("dbg", "!(", "take it out, or trace an event that stays useful"),
];

/// What no file has in it: folders of one person's machine.
const BANNED_EVERYWHERE: &[(&str, &str)] = &[("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/")];

/// One file under version control, or about to be.
pub(super) struct SourceFile {
    pub(super) path: String,
    pub(super) text: String,
}

/// Every text file that Git knows or would add.
pub(super) fn files(workspace: &Workspace) -> Result<Vec<SourceFile>> {
    let mut git = Command::new("git");
    git.current_dir(workspace.root())
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listing = process::output(&mut git).context("cannot list the files of the checkout")?;
    let mut files = Vec::new();
    for path in listing.split('\0').filter(|path| !path.is_empty()) {
        // Deleted but not committed yet, or no text: neither can be untidy.
        if let Ok(text) = fs::read_to_string(workspace.root().join(path)) {
            files.push(SourceFile {
                path: path.to_owned(),
                text,
            });
        }
    }
    Ok(files)
}

/// What is wrong with one file.
pub(super) fn complaints(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let place = format!("{path}:{}", number + 1);
        for (start, end) in BANNED_EVERYWHERE {
            let word = format!("{start}{end}");
            if line.contains(&word) {
                found.push(format!(
                    "{place} names {word}, which is a folder of one machine: take it out"
                ));
            }
        }
        if is_rust(path) {
            for (start, end, advice) in BANNED_IN_RUST {
                let word = format!("{start}{end}");
                if line.contains(&word) {
                    found.push(format!("{place} has `{word}`: {advice}"));
                }
            }
        }
    }
    if is_rust(path) {
        if !text.starts_with("//!") {
            found.push(format!(
                "{path} does not begin with `//!`: say what the file is for, in a sentence"
            ));
        }
        let (length, longest) = (text.lines().count(), longest(path));
        if length > longest {
            found.push(format!(
                "{path} has {length} lines, more than {longest}: something wants to move out"
            ));
        }
    }
    found
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

fn longest(path: &str) -> usize {
    let is_test = path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("tests.rs");
    if is_test { LONGEST_TEST } else { LONGEST }
}

#[cfg(test)]
mod tests {
    use super::{BANNED_EVERYWHERE, BANNED_IN_RUST, complaints};

    const PATH: &str = "crates/domain/src/email.rs";

    #[test]
    fn a_tidy_file_passes() {
        assert_eq!(
            complaints(PATH, "//! E-mail addresses.\n\nfn main() {}\n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_banned_word_is_found_with_its_line() {
        for (start, end, _) in BANNED_IN_RUST {
            let text = format!("//! Why.\n    {start}{end}\n");
            let found = complaints(PATH, &text);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with("crates/domain/src/email.rs:2 "), "{found:?}");
            assert!(complaints("docs/a.md", &text).is_empty());
        }
    }

    #[test]
    fn folders_of_a_machine_are_found_in_any_file() {
        for (start, end) in BANNED_EVERYWHERE {
            assert_eq!(complaints("README.md", &format!("see {start}{end}a")).len(), 1);
        }
    }

    #[test]
    fn a_file_says_what_it_is_for() {
        assert_eq!(complaints(PATH, "fn main() {}\n").len(), 1);
    }

    #[test]
    fn long_files_are_reported_and_tests_may_be_longer() {
        let text = format!("//! Why.\n{}", "fn a() {}\n".repeat(500));
        assert_eq!(complaints(PATH, &text).len(), 1);
        assert_eq!(complaints("tests/tests/users.rs", &text).len(), 0);
    }
}
