//! Which addresses are public, and a resolver that knows no others.
//!
//! Names are checked where they are resolved for the connection itself. A check before the call would leave a
//! name the time to change its address in between.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Whether a URL names an address, literally, that is not public.
pub(crate) fn leads_inside(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => !is_public(address.into()),
        Some(Host::Ipv6(address)) => !is_public(address.into()),
        Some(Host::Domain(_)) | None => false,
    }
}

/// Resolves names to public addresses only.
#[derive(Debug, Clone, Copy)]
pub(super) struct PublicOnly;

/// A name that has addresses, none of them public.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to no public address")]
pub(super) struct InsideOnly;

impl InsideOnly {
    /// Whether this is what is behind an error.
    pub(super) fn caused(error: &(dyn Error + 'static)) -> bool {
        error.is::<Self>() || error.source().is_some_and(Self::caused)
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> = found
                .iter()
                .copied()
                .filter(|address| is_public(address.ip()))
                .collect();
            if public.is_empty() && !found.is_empty() {
                return Err(InsideOnly.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public internet, by the special-purpose registries of IANA (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    // In this order: this network, private, loopback, multicast with reserved and broadcast; carrier-grade NAT;
    // link-local; private; protocol assignments and documentation; 6to4 relays; private; benchmarks; documentation.
    !matches!(
        address.octets(),
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // NAT64: what counts is the IPv4 address inside.
        [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Protocol assignments with Teredo, documentation, 6to4, documentation again.
        [0x2001, 0..=0x1FF | 0xDB8, ..] | [0x2002, ..] | [0x3FFF, 0..=0xFFF, ..] => false,
        // All that is assigned as global unicast. What is left out is unspecified, loopback, IPv4-mapped, unique local,
        // link-local, site-local and multicast.
        [first, ..] => (0x2000..=0x3FFF).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::private("10.1.2.3")]
    #[case::private("172.16.0.1")]
    #[case::private("172.31.255.255")]
    #[case::private("192.168.1.1")]
    #[case::loopback("127.0.0.1")]
    #[case::link_local_and_cloud_metadata("169.254.169.254")]
    #[case::carrier_grade_nat("100.64.0.1")]
    #[case::carrier_grade_nat("100.127.255.255")]
    #[case::unspecified("0.0.0.0")]
    #[case::multicast("224.0.0.1")]
    #[case::broadcast("255.255.255.255")]
    #[case::benchmark("198.19.0.1")]
    #[case::loopback("::1")]
    #[case::unspecified("::")]
    #[case::mapped_private("::ffff:10.0.0.1")]
    #[case::mapped_public("::ffff:8.8.8.8")]
    #[case::unique_local("fd00::1")]
    #[case::unique_local("fc00::1")]
    #[case::link_local("fe80::1")]
    #[case::site_local("fec0::1")]
    #[case::multicast("ff02::1")]
    #[case::six_to_four("2002:7f00:1::")]
    #[case::teredo("2001::1")]
    #[case::documentation("2001:db8::1")]
    #[case::nat64_of_private("64:ff9b::10.0.0.1")]
    fn addresses_inside_a_network_are_not_public(#[case] address: &str) {
        assert!(!is_public(address.parse().unwrap()));
    }

    #[rstest]
    #[case("8.8.8.8")]
    #[case("172.15.0.1")]
    #[case("172.32.0.1")]
    #[case("100.63.255.255")]
    #[case("100.128.0.1")]
    #[case("192.0.1.1")]
    #[case("223.255.255.255")]
    #[case("2606:4700::1111")]
    #[case("2a00:1450:4001::1")]
    #[case("64:ff9b::8.8.8.8")]
    fn addresses_of_the_internet_are_public(#[case] address: &str) {
        assert!(is_public(address.parse().unwrap()));
    }

    #[rstest]
    #[case::as_it_is("https://127.0.0.1/")]
    #[case::as_one_number("https://2130706433/")]
    #[case::hexadecimal("https://0x7f.1/")]
    #[case::octal("https://0177.0.0.1/")]
    #[case::with_a_dot_at_its_end("https://127.0.0.1./")]
    #[case::mapped("https://[::ffff:127.0.0.1]/")]
    fn an_address_inside_is_seen_in_every_spelling(#[case] url: &str) {
        assert!(leads_inside(&Url::parse(url).unwrap()));
    }
}
