//! `roster organizations`

use clap::Subcommand;
use roster_domain::Slug;
use serde_json::json;

use super::{Failure, output};
use crate::wiring::Desk;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make an organization, and print its first API key
    Create {
        /// Short name: lower-case letters, digits and hyphens
        slug: String,
        /// Answer in JSON, for machines
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(desk: &Desk, command: Command) -> Result<(), Failure> {
    let Command::Create { slug, json: as_json } = command;
    let slug = Slug::new(slug)
        .map_err(|fault| Failure::usage(format!("the short name {}; given: {}", fault.rule, fault.given)))?;
    if slug.as_str().starts_with(crate::sandbox::SLUGS) {
        return Err(Failure::usage(format!(
            "short names that begin with {:?} are the sandbox's: choose another",
            crate::sandbox::SLUGS
        )));
    }
    let ensured = desk.organizations.ensure(&slug, None).await?;
    let Some(key) = ensured.key else {
        return Err(Failure::usage(format!(
            "there is an organization {slug} already: make a key for it with `roster clients create api-key \
             --organization {slug}`"
        )));
    };
    if as_json {
        return output::json(&json!({
            "organization": { "id": ensured.organization.id.to_string(), "slug": slug.as_str() },
            "key": key.expose(),
        }));
    }
    output::done(&format!("made the organization {slug} ({})", ensured.organization.id))?;
    output::line(&format!("\n{}", key.expose()))?;
    output::hint("this is its API key; it is shown only now");
    Ok(())
}
