//! `roster openapi`

use clap::Args;

use super::{Failure, output};

/// The document that is printed unless another is named.
const DEFAULT: &str = "v1";

#[derive(Debug, Args)]
pub(super) struct OpenapiArgs {
    /// The document: v1, or one of a vendor's API [default: v1]
    #[arg(conflicts_with = "list")]
    name: Option<String>,
    /// Print the names of all documents, one a line
    #[arg(long)]
    list: bool,
}

pub(super) fn run(args: &OpenapiArgs) -> Result<(), Failure> {
    let documents = roster_http::openapi_documents();
    if args.list {
        let names: Vec<&str> = documents.iter().map(|(name, _)| *name).collect();
        return output::line(&names.join("\n"));
    }
    let name = args.name.as_deref().unwrap_or(DEFAULT);
    match documents.iter().find(|(known, _)| *known == name) {
        Some((_, document)) => output::json(document),
        None => Err(Failure::usage(format!(
            "there is no document {name:?}: `roster openapi --list` names those that there are"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_that_is_printed_by_itself_is_listed_first_and_each_name_is_one_documents() {
        let documents = roster_http::openapi_documents();

        let mut names: Vec<&str> = documents.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.first(), Some(&DEFAULT));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_document_that_there_is_none_of_is_said_to_be_looked_up_in_the_list() {
        let args = OpenapiArgs {
            name: Some("epic".to_owned()),
            list: false,
        };

        let said = run(&args).expect_err("refused").to_string();

        assert!(
            said.contains("\"epic\"") && said.contains("roster openapi --list"),
            "{said}"
        );
    }
}
