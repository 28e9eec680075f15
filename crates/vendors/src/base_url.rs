//! What can be wrong with a base URL, whatever the vendor.

use roster_domain::{Connection, Fault, Given, Rule};
use url::Url;

use crate::egress::leads_inside;

/// Refuses what would not be called anyway: anything but `https` to a public address, unless the connection allows private
/// addresses. Names are only looked up when they are called.
pub(crate) fn check(connection: &Connection) -> Result<(), Fault> {
    let given = connection.base_url.as_str();
    let fault = |expected| Err(Fault::new(Rule::Format { expected }, Given::value(given)));
    let Ok(url) = Url::parse(given) else {
        return fault("a URL");
    };
    if connection.options.allow_private_addresses {
        return Ok(());
    }
    if url.scheme() != "https" {
        return fault("an https URL, unless private addresses are allowed");
    }
    if leads_inside(&url) {
        return fault("the URL of a public address, unless private addresses are allowed");
    }
    Ok(())
}
