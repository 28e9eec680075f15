//! Where a key set may be: what could never be fetched is refused when it is registered.

use std::net::{Ipv4Addr, Ipv6Addr};

use roster_domain::{BaseUrl, Fault, Given, Rule};
use url::{Host, Url};

/// Checks the URL of a key set: `https` to a public host. Where the operator allows private addresses, `http` and any
/// host will do.
///
/// It knows private hosts by what is written in the URL only. What a name leads to is decided when the keys are fetched.
pub(super) fn check(text: &str, private_addresses: bool) -> Result<(), Fault> {
    let refuse = |expected| Fault::new(Rule::Format { expected }, Given::value(text));
    BaseUrl::new(text)?;
    // It also reads addresses that are written oddly, such as 0x7f.1, as whatever fetches them does.
    let url = Url::parse(text).map_err(|_| refuse("an http or https URL with a host that can exist"))?;
    if private_addresses {
        return Ok(());
    }
    if url.scheme() != "https" {
        return Err(refuse(
            "an https URL, unless Roster's operator allows private addresses",
        ));
    }
    if is_private(&url) {
        return Err(refuse(
            "the URL of a public host, unless Roster's operator allows private addresses",
        ));
    }
    Ok(())
}

fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_private_v4(address),
        Some(Host::Ipv6(address)) => is_private_v6(address),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => true,
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let is_carrier_grade_nat = matches!(address.octets(), [100, 64..=127, ..]);
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.octets()[0] == 0
        || address.octets()[0] >= 240
        || is_carrier_grade_nat
}

/// Everything but global unicast is private, or nobody's.
fn is_private_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // NAT64: what counts is the IPv4 address inside.
        [0x64, 0xFF9B, 0, 0, 0, 0, ..] => {
            let [.., a, b, c, d] = address.octets();
            is_private_v4(Ipv4Addr::new(a, b, c, d))
        }
        [first, ..] => !(0x2000..=0x3FFF).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("http://keys.example.org/jwks.json")]
    #[case("https://127.0.0.1/jwks.json")]
    #[case("https://0x7f.1/jwks.json")]
    #[case("https://10.0.0.1:8443")]
    #[case("https://172.16.0.1")]
    #[case("https://169.254.169.254")]
    #[case("https://100.64.0.1")]
    #[case("https://0.0.0.0")]
    #[case("https://[::1]/jwks.json")]
    #[case("https://[fd00::1]")]
    #[case("https://[::ffff:10.0.0.1]")]
    #[case("https://[64:ff9b::10.0.0.1]")]
    #[case("https://localhost/jwks.json")]
    #[case("https://keys.localhost.")]
    fn what_is_not_public_needs_the_operators_word(#[case] url: &str) {
        let refused = check(url, false).expect_err("refused");

        assert!(refused.to_string().contains("operator"), "{refused}");
        assert_eq!(check(url, true), Ok(()));
    }

    #[rstest]
    #[case("https://keys.example.org/jwks.json")]
    #[case("https://8.8.8.8")]
    #[case("https://[2606:4700::1111]")]
    fn what_is_public_needs_nobodys_word(#[case] url: &str) {
        assert_eq!(check(url, false), Ok(()));
    }

    #[rstest]
    #[case("ftp://keys.example.org")]
    #[case("https://")]
    #[case("https://[::1")]
    #[case("https://999.1.1.1")]
    fn what_is_no_url_is_refused_in_any_case(#[case] url: &str) {
        assert!(check(url, true).is_err());
    }
}
