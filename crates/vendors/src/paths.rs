//! Paths below a vendor's base URL, whatever the ids in them hold.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use roster_application::ports::VendorError;
use roster_domain::{OutcomeClass, Vendor};

/// All but the unreserved characters of RFC 3986 section 2.3.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whether an id can be a segment of a URL: `.` and `..` cannot, however they are escaped (RFC 3986 section 5.2.4 and the
/// WHATWG's URL standard), and would call another route.
pub(crate) fn can_be_named(id: &str) -> bool {
    !matches!(id, "" | "." | "..")
}

/// A path of these segments, each escaped. Fails with [`OutcomeClass::Rejected`] for an id that cannot be one.
pub(crate) fn of(vendor: Vendor, segments: &[&str]) -> Result<String, VendorError> {
    let mut path = String::new();
    for segment in segments {
        if !can_be_named(segment) {
            let vendor = vendor.title();
            let message = format!("{vendor} cannot be asked for the id \"{segment}\": give the user another one");
            return Err(VendorError::new(OutcomeClass::Rejected, message));
        }
        path.push('/');
        path.push_str(&escaped(segment));
    }
    Ok(path)
}

/// A text as it stands in a path or in a query.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_an_id_holds_it_stays_one_segment() {
        let path = of(Vendor::Corti, &["users", "a/b?c#d e%2Fü-._~"]);

        assert_eq!(path.unwrap(), "/users/a%2Fb%3Fc%23d%20e%252F%C3%BC-._~");
    }

    #[test]
    fn an_id_that_would_call_another_route_is_refused_by_name() {
        for id in ["", ".", ".."] {
            let error = of(Vendor::Upheal, &["users", id]).unwrap_err();

            assert_eq!(error.class, OutcomeClass::Rejected);
            assert!(
                error.message.contains("Upheal") && error.message.contains(&format!("\"{id}\"")),
                "{error}"
            );
        }
    }
}
