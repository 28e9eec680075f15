//! Base URLs: where credentials are sent, so nothing that could send them elsewhere is taken.

use roster_domain::BaseUrl;

#[test]
fn a_base_url_has_a_scheme_and_a_host_and_may_have_port_and_path() {
    for (given, kept) in [
        (
            "https://us.api.nabla.com/v1/core/server",
            "https://us.api.nabla.com/v1/core/server",
        ),
        ("http://127.0.0.1:8080/nabla/", "http://127.0.0.1:8080/nabla"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://h//", "https://h"),
    ] {
        assert_eq!(BaseUrl::new(given).expect(given).as_str(), kept);
    }
}

#[test]
fn a_base_url_has_no_credentials_query_or_fragment_and_no_other_scheme() {
    for given in [
        "",
        "https://",
        "https:///path",
        "https://:443/",
        "ftp://h/",
        "h/path",
        "//h",
        "https://user:pw@h/",
        "https://h@evil/",
        "https://h/?q=1",
        "https://h/#f",
        "https://h\\@evil/",
        "https://h/a b",
        "https://h/\n",
        "https://bücher.example/",
        " https://h",
        "javascript:alert(1)",
    ] {
        assert!(BaseUrl::new(given).is_err(), "{given:?}");
    }
}

#[test]
fn a_base_url_has_2000_bytes_at_the_most() {
    let of = |bytes: usize| format!("https://h/{}", "p".repeat(bytes - 10));
    assert!(BaseUrl::new(of(2_000)).is_ok());
    assert!(
        BaseUrl::new(of(2_001))
            .expect_err("too long")
            .given
            .to_string()
            .contains("2001 bytes")
    );
}
